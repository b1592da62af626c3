//! The one module that reads the wall clock.

use std::time::{Duration, Instant};

/// A monotonic stopwatch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    started: Instant,
}

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
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

/// The function whose instructions are counted: `callgrind` collects between its entry and return.
#[inline(never)]
pub(crate) fn counted_section(work: &mut dyn FnMut()) {
    work();
    // Kept from being a tail call, after which the function would be left before the work.
    std::hint::black_box(());
}

/// The name of [`counted_section`] as `callgrind` is to find it.
pub(crate) const COUNTED_SECTION: &str = "*counted_section*";

/// What this process took of the processor so far, in milliseconds; `None` where the system does not
/// say so. Its grain is 10 ms.
pub(crate) fn cpu_ms() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name before the parenthesis may contain anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u32>().ok();
    Some(f64::from(ticks(11)?.checked_add(ticks(12)?)?) * 10.0)
}
