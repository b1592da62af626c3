//! What the verifier may spend on deciding a core again.

use std::fmt;

/// Limits of one core. What does not need a search is not limited: it takes linear time, or gives up
/// by itself.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    /// Operations that a search may try to place.
    pub tries_max: u64,
    /// Bytes that a search may remember, about.
    pub bytes_max: usize,
    /// Asked now and then; `true` ends the search.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

impl Limits<'_> {
    /// Tries of [`Limits::default`]: a fraction of a second of one core.
    pub const TRIES_MAX: u64 = 1_000_000;
    /// Bytes of [`Limits::default`]: 256 MiB.
    pub const BYTES_MAX: usize = 1 << 28;
}

fn never() -> bool {
    false
}

impl Default for Limits<'static> {
    fn default() -> Self {
        let (tries_max, bytes_max) = (Limits::TRIES_MAX, Limits::BYTES_MAX);
        Limits { tries_max, bytes_max, stop: &never }
    }
}

impl fmt::Debug for Limits<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Limits");
        shown.field("tries_max", &self.tries_max).field("bytes_max", &self.bytes_max);
        shown.finish_non_exhaustive()
    }
}

/// What a search has spent.
pub(crate) struct Spent<'l> {
    limits: &'l Limits<'l>,
    tries: u64,
    bytes: usize,
    ask_at: u64,
}

/// How many tries may pass between two questions to `stop`.
const STOP_EVERY: u64 = 1 << 14;

impl<'l> Spent<'l> {
    pub(crate) fn new(limits: &'l Limits<'l>) -> Spent<'l> {
        Spent { limits, tries: 0, bytes: 0, ask_at: STOP_EVERY }
    }

    /// Counts so many tries, and says whether they were too many.
    pub(crate) fn tries(&mut self, tries: u64) -> bool {
        self.tries = self.tries.saturating_add(tries);
        if self.tries >= self.ask_at {
            self.ask_at = self.tries + STOP_EVERY;
            if (self.limits.stop)() {
                return true;
            }
        }
        self.tries > self.limits.tries_max
    }

    /// Counts bytes that are kept, and says whether they are too many.
    pub(crate) fn bytes(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        self.bytes > self.limits.bytes_max
    }
}
