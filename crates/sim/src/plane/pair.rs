//! What faults do to a directed pair of hosts.

use crate::Fault;

/// What one fault does to a pair.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Effect {
    Cut,
    Lose { per_mille: u32 },
    Slow { per_mille: u32, min_ms: u64, max_ms: u64 },
    Tail { per_mille: u32, min_ms: u64, max_ms: u64 },
    Duplicate { per_mille: u32, min_ms: u64, max_ms: u64 },
    Corrupt { per_mille: u32 },
    Reorder { per_mille: u32, overtaken_by: u32, max_ms: u64 },
    Cap { bytes_per_s: u32, queue_bytes: u32 },
    Jam,
    Reset,
    HalfOpen,
    Refuse,
    Hang,
    Resegment { max_bytes: u32 },
}

/// The share of one fault in what is broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Share<E> {
    pub(crate) fault: u32,
    pub(crate) effect: E,
}

impl Effect {
    /// What a fault does to each of its pairs; `None` for faults of nodes.
    pub(super) fn of(fault: &Fault) -> Option<Effect> {
        let effect = match *fault {
            Fault::Cut { .. } => Effect::Cut,
            Fault::Lose { per_mille, .. } => Effect::Lose { per_mille },
            Fault::Slow { per_mille, min_ms, max_ms, .. } => {
                Effect::Slow { per_mille, min_ms: min_ms.into(), max_ms: max_ms.into() }
            }
            Fault::Tail { per_mille, min_ms, max_ms, .. } => {
                Effect::Tail { per_mille, min_ms: min_ms.into(), max_ms: max_ms.into() }
            }
            Fault::Duplicate { per_mille, min_ms, max_ms, .. } => {
                Effect::Duplicate { per_mille, min_ms: min_ms.into(), max_ms: max_ms.into() }
            }
            Fault::Corrupt { per_mille, .. } => Effect::Corrupt { per_mille },
            Fault::Reorder { per_mille, overtaken_by, max_ms, .. } => {
                Effect::Reorder { per_mille, overtaken_by, max_ms: max_ms.into() }
            }
            Fault::Cap { bytes_per_s, queue_bytes, .. } => Effect::Cap { bytes_per_s, queue_bytes },
            Fault::Jam { .. } => Effect::Jam,
            Fault::Reset { .. } => Effect::Reset,
            Fault::HalfOpen { .. } => Effect::HalfOpen,
            Fault::Refuse { .. } => Effect::Refuse,
            Fault::Hang { .. } => Effect::Hang,
            Fault::Resegment { max_bytes, .. } => Effect::Resegment { max_bytes },
            _ => return None,
        };
        Some(effect)
    }
}
