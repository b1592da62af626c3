//! Which simulated host a task belongs to, and how often tasks were polled in a step.
//!
//! For the simulator. Turmoil tells neither: without the first a panic could not be attributed,
//! without the second a task that yields for ever would stop virtual time, and with it the run,
//! without a word.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

/// How often the guarded tasks of all hosts may be polled within one millisecond of virtual time.
/// A busy node needs some hundreds.
pub const POLLS_MAX: u64 = 1_000_000;

/// No host: what a beacon shows before any task was polled.
const NOBODY: u32 = u32::MAX;

/// Shows other threads which host's task this thread is polling: what a watchdog looks at.
#[derive(Clone, Debug)]
pub struct Beacon(Arc<AtomicU32>);

impl Default for Beacon {
    fn default() -> Beacon {
        Beacon(Arc::new(AtomicU32::new(NOBODY)))
    }
}

impl Beacon {
    /// Lights it for this thread, until another one is lit.
    pub fn light(&self) {
        BEACON.set(Some(self.clone()));
    }

    /// The number of the host whose task was polled last, where it is known.
    pub fn host(&self) -> Option<u16> {
        u16::try_from(self.0.load(Ordering::Relaxed)).ok()
    }
}

thread_local! {
    static BEACON: RefCell<Option<Beacon>> = const { RefCell::new(None) };
    static HOST: Cell<Option<u16>> = const { Cell::new(None) };
    static POLLS: Cell<u64> = const { Cell::new(0) };
}

/// The number of the host whose task is being polled, where it is known. Tasks that were started
/// with `tokio::spawn` instead of [`crate::spawn`] are not known.
pub fn current_host() -> Option<u16> {
    HOST.get()
}

/// Begins a step of the simulation: the polls are counted from zero.
pub fn begin_step() {
    POLLS.set(0);
}

/// Restores the host that was current before, also when the task panics.
struct Restore(Option<u16>);

impl Drop for Restore {
    fn drop(&mut self) {
        HOST.set(self.0);
    }
}

/// A task of a simulated host.
pub struct Guarded<F> {
    host: Option<u16>,
    inner: Pin<Box<F>>,
}

impl<F> Guarded<F> {
    /// A task of the host that is current.
    pub fn new(future: F) -> Guarded<F> {
        Guarded { host: HOST.get(), inner: Box::pin(future) }
    }

    /// A task of this host.
    pub fn of_host(host: u16, future: F) -> Guarded<F> {
        Guarded { host: Some(host), inner: Box::pin(future) }
    }
}

impl<F: Future> Future for Guarded<F> {
    type Output = F::Output;

    /// Panics when the budget of polls of this step is spent; the simulator reports the panic as
    /// a finding about the run, and virtual time goes on.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _restore = Restore(HOST.replace(self.host));
        BEACON.with_borrow(|beacon| {
            if let Some(Beacon(shown)) = beacon {
                shown.store(self.host.map_or(NOBODY, u32::from), Ordering::Relaxed);
            }
        });
        let polls = POLLS.get() + 1;
        if polls > POLLS_MAX {
            // The others start afresh: this task is the one that dies.
            POLLS.set(0);
            panic!(
                "a task is busy without end: {POLLS_MAX} polls within one millisecond of virtual time"
            );
        }
        POLLS.set(polls);
        self.inner.as_mut().poll(context)
    }
}
