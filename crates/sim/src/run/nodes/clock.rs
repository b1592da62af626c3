//! The faults of a node's wall clock.

use crate::Fault;
use testimony_net::clocks::Wrong;

const NS: u64 = 1_000_000;

/// What a fault that begins now (nanoseconds since 1970) does to a clock; `None` for others.
pub(super) fn wrong(fault: &Fault, now_ns: u64) -> Option<Wrong> {
    let ns = |ms: i64| ms.saturating_mul(1_000_000);
    Some(match *fault {
        Fault::Skew { ms, .. } => Wrong::Offset { ns: ns(ms) },
        Fault::Drift { per_mille, .. } => Wrong::Drift { since_ns: now_ns, per_mille },
        Fault::Strobe { ms, every_ms, .. } => {
            let every_ns = u64::from(every_ms) * NS;
            Wrong::Strobe { since_ns: now_ns, ns: ns(ms), every_ns }
        }
        Fault::Frozen { .. } => Wrong::Frozen { at_ns: now_ns },
        _ => return None,
    })
}
