//! A node's wall clock.

use crate::platform;

/// The wall clock of a node: the system's, or in a simulation virtual time plus the skew that the
/// plan gives to the node.
///
/// Wall clocks of different nodes disagree. Code that orders writes of different nodes by them
/// loses some; a simulation with skew shows it.
///
/// ```
/// let clock = testimony_net::Clock::new();
/// let skewed = testimony_net::Clock::skewed(-5_000_000);
/// assert!(skewed.now_ns() <= clock.now_ns());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Clock {
    skew_ns: i64,
}

impl Clock {
    /// A clock without skew.
    pub fn new() -> Clock {
        Clock { skew_ns: 0 }
    }

    /// A clock that is so many nanoseconds ahead (behind, when negative).
    pub fn skewed(skew_ns: i64) -> Clock {
        Clock { skew_ns }
    }

    /// Nanoseconds since 1970 by this clock.
    pub fn now_ns(&self) -> u64 {
        platform::now_ns().saturating_add_signed(self.skew_ns)
    }
}
