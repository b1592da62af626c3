//! What faults do to a node.

use crate::Fault;

/// What one fault does to a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NodeEffect {
    /// Its software does not run.
    Down,
    /// Its software is frozen.
    Paused,
    /// Its software runs in one of so many milliseconds.
    Slow { one_in: u32 },
}

impl NodeEffect {
    /// What a fault does to each of its nodes; `None` for faults of links.
    pub(super) fn of(fault: &Fault) -> Option<NodeEffect> {
        match fault {
            Fault::Crash { .. }
            | Fault::PowerLoss { .. }
            | Fault::Amnesia { .. }
            | Fault::Stop { .. }
            | Fault::Correlated { .. } => Some(NodeEffect::Down),
            Fault::Pause { .. } => Some(NodeEffect::Paused),
            Fault::SlowCpu { one_in, .. } => Some(NodeEffect::Slow { one_in: *one_in }),
            _ => None,
        }
    }
}
