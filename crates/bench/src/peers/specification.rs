//! The sequential specification of a cell of numbers, as quick as a peer could wish.

use crate::make::Flat;

/// The state after an operation with its answer, or `None` where it cannot have been given.
pub(super) fn step(state: Option<i64>, op: &Flat) -> Option<Option<i64>> {
    match *op {
        Flat::Read(Some(answer)) => (answer == state).then_some(state),
        Flat::Read(None) => Some(state),
        Flat::Write(value) => Some(Some(value)),
        Flat::Cas { from, to, swapped } => match (from == state, swapped) {
            (true, Some(false)) | (false, Some(true)) => None,
            (true, _) => Some(Some(to)),
            (false, _) => Some(state),
        },
    }
}
