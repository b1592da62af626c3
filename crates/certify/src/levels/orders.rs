//! One order of everything that keeps every session, replayed by the model.

use crate::Rejected;
use crate::part::Part;
use std::collections::BTreeMap;
use testimony_history::{History, OpId, Process};
use testimony_model::{Model, Step};

/// Replays an order: every answered operation once, unanswered ones at most once, each after those
/// before it in its session.
pub(crate) fn sequential<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    order: &[OpId],
) -> Result<(), Rejected> {
    let part = Part::whole(model, history);
    let mut placed = vec![false; part.operations.len()];
    let mut last: BTreeMap<Process, OpId> = BTreeMap::new();
    let mut state = model.init();
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
        state = match model.step(&state, &operation.op, operation.outcome.answer()) {
            Step::To(state) => state,
            // Registers have one state after each operation.
            Step::Any(_) => return Err(Rejected::NoRegister(id)),
            Step::Refuse(why) => return Err(Rejected::Refused { id, why }),
        };
    }
    let missing =
        part.operations.iter().zip(&placed).find(|(one, placed)| one.is_ok() && !**placed);
    missing.map_or(Ok(()), |(operation, _)| Err(Rejected::Missing(operation.id)))
}
