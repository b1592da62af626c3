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
