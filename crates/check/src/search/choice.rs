//! A choice of a walk: what may be placed next.

use super::tables::{NONE, State};

/// What may be placed next.
#[derive(Clone, Copy)]
pub(super) struct Choice {
    /// Its slot, or [`NONE`] for a member of a class.
    pub(super) slot: u32,
    /// Its class, [`NONE`] for a required operation, or [`DROP`].
    pub(super) class: u32,
    /// Where it leads.
    pub(super) state: State,
}

impl Choice {
    /// A required operation, with where it leads.
    pub(super) fn required(slot: u32, state: State) -> Choice {
        Choice { slot, class: NONE, state }
    }

    /// The next member of a class, with where it leads.
    pub(super) fn optional(class: u32, state: State) -> Choice {
        Choice { slot: NONE, class, state }
    }

    /// Lets the operation that must return next pass, which is settled.
    pub(super) fn pass(slot: u32, state: State) -> Choice {
        Choice { slot, class: DROP, state }
    }
}

/// The operation that must return next is settled: it passes without being placed any more.
pub(super) const DROP: u32 = NONE - 1;
