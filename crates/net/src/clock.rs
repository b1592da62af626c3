//! A node's wall clock.

use crate::platform;

/// The wall clock of a node: the system's, or in a simulation virtual time plus the skew that the
/// plan gives to the node, and whatever a fault of its clock does.
///
/// Wall clocks of different nodes disagree. Code that orders writes of different nodes by them
/// loses some; a simulation with skew shows it. Timers and [`time::Instant`](crate::time::Instant)
/// are another clock, which no fault of this one touches.
///
/// ```
/// let clock = testimony_net::Clock::new();
/// let skewed = testimony_net::Clock::skewed(-5_000_000);
/// assert!(skewed.now_ns() <= clock.now_ns());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Clock {
    skew_ns: i64,
    /// The simulated host whose faults it shows.
    host: Option<u16>,
}

impl Clock {
    /// A clock without skew.
    pub fn new() -> Clock {
        Clock::default()
    }

    /// A clock that is so many nanoseconds ahead (behind, when negative).
    pub fn skewed(skew_ns: i64) -> Clock {
        Clock { skew_ns, host: None }
    }

    /// The clock of a simulated host.
    #[cfg(feature = "sim")]
    pub fn of_host(host: u16, skew_ns: i64) -> Clock {
        Clock { skew_ns, host: Some(host) }
    }

    /// Nanoseconds since 1970 by this clock. It may stand still, jump and go backwards.
    pub fn now_ns(&self) -> u64 {
        platform::clock_ns(self.host).saturating_add_signed(self.skew_ns)
    }
}
