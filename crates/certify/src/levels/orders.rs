//! One order of everything that keeps every session, replayed by the model.

use crate::Rejected;
use crate::part::Part;
use crate::recorded::Recorded;
use std::collections::BTreeMap;
use testimony_history::{OpId, Process};

/// Replays an order: every answered operation once, unanswered ones at most once, each after those
/// before it in its session.
pub(crate) fn sequential(history: &dyn Recorded, order: &[OpId]) -> Result<(), Rejected> {
    let part = Part::whole(history);
    let mut placed = vec![false; part.operations.len()];
    let mut last: BTreeMap<Process, OpId> = BTreeMap::new();
    let mut state = history.follower();
    for &id in order {
        let at = part.position(id)?;
        let operation = part.operations[at];
        if std::mem::replace(&mut placed[at], true) {
            return Err(Rejected::Repeated(id));
        }
        if operation.is_fail() {
            return Err(Rejected::Failed(id));
        }
        if let Some(before) = last.insert(operation.process, id).filter(|before| *before > id) {
            return Err(Rejected::Session { before: id, after: before });
        }
        state.step(operation)?;
        // Registers have one state after each operation.
        if !state.is_certain() {
            return Err(Rejected::NoRegister(id));
        }
    }
    let missing =
        part.operations.iter().zip(&placed).find(|(one, placed)| one.is_ok() && !**placed);
    missing.map_or(Ok(()), |(operation, _)| Err(Rejected::Missing(operation.id)))
}
