//! What faults do to a node.

use crate::Fault;

/// What one fault does to a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NodeEffect {
    /// Its software does not run.
    Down,
}

impl NodeEffect {
    /// What a fault does to each of its nodes; `None` for faults of links.
    pub(super) fn of(fault: &Fault) -> Option<NodeEffect> {
        match fault {
            Fault::Crash { .. } => Some(NodeEffect::Down),
            _ => None,
        }
    }
}
