//! Which simulated host a task belongs to (and which client, on the host of all clients), whether that
//! host is frozen, and how often tasks were polled in a step.
//!
//! For the simulator. Turmoil tells none of it: without the first a panic could not be attributed,
//! without the second no node could be paused, without the third a task that yields for ever would
//! stop virtual time, and with it the run, without a word.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

/// How often the guarded tasks of all hosts may be polled within one millisecond of virtual time.
/// A busy node needs some hundreds.
pub const POLLS_MAX: u64 = 1_000_000;

/// How many messages the tasks of one host may send within one millisecond of virtual time. What a task
/// sends without ever waiting would else fill the memory before time goes on.
pub const SENDS_MAX: u64 = 10_000;

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
    static PROCESS: Cell<Option<u32>> = const { Cell::new(None) };
    static POLLS: Cell<u64> = const { Cell::new(0) };
    /// The host that sent last within this step, and how many messages in a row: the hosts of a
    /// simulation work in turn.
    static SENDS: Cell<(Option<u16>, u64)> = const { Cell::new((None, 0)) };
    /// The hosts that are frozen, each with the tasks that wait for the thaw.
    static FROZEN: RefCell<BTreeMap<u16, Vec<Waker>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Freezes a host: none of its guarded tasks is polled until it thaws. What wakes them meanwhile is
/// not forgotten.
pub fn freeze(host: u16) {
    FROZEN.with_borrow_mut(|frozen| _ = frozen.entry(host).or_default());
}

/// Thaws a host that was frozen.
pub fn thaw(host: u16) {
    let waiting = FROZEN.with_borrow_mut(|frozen| frozen.remove(&host));
    waiting.into_iter().flatten().for_each(Waker::wake);
}

/// Thaws all hosts: a run begins.
pub fn thaw_all() {
    FROZEN.with_borrow_mut(BTreeMap::clear);
}

/// Whether the host is frozen; then the task with this waker waits for the thaw.
fn waits_for_thaw(host: Option<u16>, parked: &mut bool, waker: &Waker) -> bool {
    let Some(host) = host else { return false };
    FROZEN.with_borrow_mut(|frozen| {
        let Some(waiting) = frozen.get_mut(&host) else {
            *parked = false;
            return false;
        };
        if !*parked {
            waiting.push(waker.clone());
            *parked = true;
        }
        true
    })
}

/// The number of the host whose task is being polled, where it is known. Tasks that were started
/// with `tokio::spawn` instead of [`crate::spawn`] are not known.
pub fn current_host() -> Option<u16> {
    HOST.get()
}

/// The client process that the task that is being polled works for, where it works for one.
pub fn current_process() -> Option<u32> {
    PROCESS.get()
}

/// From now on this task works for a client process, and so do the tasks that it starts.
pub fn work_for(process: u32) {
    PROCESS.set(Some(process));
}

/// Begins a step of the simulation: polls and messages are counted from zero.
pub fn begin_step() {
    POLLS.set(0);
    SENDS.set((None, 0));
}

/// Counts a message of the current task.
///
/// # Panics
/// When its host has sent too many within this step; the simulator reports the panic as a finding, and
/// the task is the one that dies.
pub(crate) fn count_send() {
    let host = current_host();
    let (last, sends) = SENDS.get();
    let sends = if host == last { sends + 1 } else { 1 };
    SENDS.set((host, sends));
    assert!(
        sends <= SENDS_MAX,
        "a task floods the network: {SENDS_MAX} messages within one millisecond of virtual time"
    );
}

/// Restores the host and the process that were current before, also when the task panics.
struct Restore(Option<u16>, Option<u32>);

impl Drop for Restore {
    fn drop(&mut self) {
        HOST.set(self.0);
        PROCESS.set(self.1);
    }
}

/// A task of a simulated host.
pub struct Guarded<F> {
    host: Option<u16>,
    /// The client process that it works for.
    process: Option<u32>,
    /// It waits for the thaw of its host.
    parked: bool,
    inner: Pin<Box<F>>,
}

impl<F> Guarded<F> {
    /// A task of the host that is current.
    pub fn new(future: F) -> Guarded<F> {
        let (host, process) = (HOST.get(), PROCESS.get());
        Guarded { host, process, parked: false, inner: Box::pin(future) }
    }

    /// A task of this host.
    pub fn of_host(host: u16, future: F) -> Guarded<F> {
        Guarded { host: Some(host), process: None, parked: false, inner: Box::pin(future) }
    }
}

impl<F: Future> Future for Guarded<F> {
    type Output = F::Output;

    /// Panics when the budget of polls of this step is spent; the simulator reports the panic as
    /// a finding about the run, and virtual time goes on.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let host = self.host;
        if waits_for_thaw(host, &mut self.parked, context.waker()) {
            return Poll::Pending;
        }
        let _restore = Restore(HOST.replace(host), PROCESS.replace(self.process));
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
        let polled = self.inner.as_mut().poll(context);
        self.process = PROCESS.get();
        polled
    }
}
