//! The one module that reads the wall clock: for timings that are shown and for the safety net of
//! long judgements. Nothing that is compared depends on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// A monotonic stopwatch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    started: Instant,
}

impl Stopwatch {
    #[expect(
        clippy::disallowed_methods,
        reason = "timings are shown apart and never reach a history, verdict or report"
    )]
    pub(crate) fn start() -> Stopwatch {
        Stopwatch { started: Instant::now() }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Milliseconds since the start, with their fraction.
    pub(crate) fn ms(&self) -> f64 {
        self.elapsed().as_secs_f64() * 1_000.0
    }
}

/// A duration for people: `45.6 ms`, `12.3 s`.
pub(crate) fn show_ms(ms: f64) -> String {
    if ms < 1_000.0 { format!("{ms:.1} ms") } else { format!("{:.1} s", ms / 1_000.0) }
}

/// Sets a flag when the wall clock runs out, unless it is dropped before.
///
/// The safety net behind the counted budgets: what it stops becomes Unknown (`Stopped`), which is
/// not reproducible and never compared.
#[derive(Debug)]
pub(crate) struct Watchdog {
    /// Dropping it wakes the thread, which then ends.
    _leash: mpsc::Sender<()>,
}

impl Watchdog {
    pub(crate) fn new(after: Duration, flag: Arc<AtomicBool>) -> Watchdog {
        let (leash, wait) = mpsc::channel();
        // Without a thread there is no safety net; the counted budgets still hold.
        let _ = thread::Builder::new().name("watchdog".into()).spawn(move || {
            if wait.recv_timeout(after) == Err(mpsc::RecvTimeoutError::Timeout) {
                flag.store(true, Ordering::Relaxed);
            }
        });
        Watchdog { _leash: leash }
    }
}
