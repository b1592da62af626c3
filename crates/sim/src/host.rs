//! The one module that owns turmoil: hosts, steps, links.
//!
//! Nothing outside names its types. What it is asked for is narrow: hosts that can be crashed and
//! started, steps of one millisecond, and messages that are delivered when *we* say so. Turmoil's
//! own latency, loss, partitions and holds are single values for each link and draw from a shared
//! stream; here every link is on hold from the first step and the [`network`] delivers each
//! message at a time of its own.

mod escapes;
mod network;
mod panics;
mod world;

pub(crate) use network::StableKey;
pub(crate) use panics::capture;
#[cfg(feature = "interpose")]
pub(crate) use world::EPOCH;
pub(crate) use world::{End, HostFuture, World};

/// Virtual nanoseconds since the run began, as the host sees it whose code is running.
pub(crate) fn now_ns() -> u64 {
    let elapsed = turmoil::sim_elapsed().unwrap_or_default();
    u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
}

/// Virtual milliseconds since the run began.
pub(crate) fn now_ms() -> u64 {
    now_ns() / 1_000_000
}
