//! Replaying the order that a valid verdict shows, in linear time.

use crate::Rejected;
use crate::part::{Op, Part};
use std::collections::BTreeMap;
use testimony_history::{History, OpId, Rank};
use testimony_model::{Model, Step};
use testimony_verdict::Certificate;

/// How many states of a nondeterministic model are followed at once.
const STATES_MAX: usize = 4096;

/// Replays one order.
///
/// Real time: an order contradicts it exactly when some operation stands after one that was called
/// later than it returned. The latest call so far is enough to see that, because if any earlier
/// call is later than this return, the latest one is.
pub(crate) fn replay<M: Model>(
    model: &M,
    part: &Part<'_, M>,
    order: &[OpId],
) -> Result<(), Rejected> {
    let mut placed = vec![false; part.operations.len()];
    let mut states = vec![model.init()];
    let mut latest: Option<(Rank, OpId)> = None;
    let mut position = 0;
    for &id in order {
        position = part.position_near(id, position)?;
        let operation = part.operations[position];
        if std::mem::replace(&mut placed[position], true) {
            return Err(Rejected::Repeated(id));
        }
        if operation.is_fail() {
            return Err(Rejected::Failed(id));
        }
        if let Some((_, after)) = latest.filter(|&(call, _)| returned(operation) < call) {
            return Err(Rejected::RealTime { before: id, after });
        }
        latest = latest.max(Some((operation.call, id)));
        match states.as_mut_slice() {
            [state] => match model.step(state, &operation.op, operation.outcome.answer()) {
                Step::To(after) => *state = after,
                Step::Any(_) | Step::Refuse(_) => states = step_all(model, &states, operation)?,
            },
            _ => states = step_all(model, &states, operation)?,
        }
    }
    let missing = part.operations.iter().zip(&placed).find(|(op, placed)| op.is_ok() && !**placed);
    missing.map_or(Ok(()), |(operation, _)| Err(Rejected::Missing(operation.id)))
}

/// Replays an order for each key. Sound for local levels: a history is linearizable exactly when
/// its part for each key is (Herlihy and Wing, 1990, theorem 1).
pub(crate) fn by_key<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    certificates: &BTreeMap<String, Certificate>,
) -> Result<(), Rejected> {
    let parts = Part::by_key(model, history)?;
    if let Some(stray) = certificates.keys().find(|key| !parts.contains_key(*key)) {
        return Err(Rejected::StrayKey(stray.clone()));
    }
    for (key, part) in &parts {
        let replayed = match certificates.get(key) {
            Some(Certificate::Order(order)) => replay(model, part, order),
            Some(_) => return Err(Rejected::StrayKey(key.clone())),
            None if part.operations.iter().any(|operation| operation.is_ok()) => {
                return Err(Rejected::MissingKey(key.clone()));
            }
            None => Ok(()),
        };
        replayed.map_err(|why| Rejected::InKey(key.clone(), Box::new(why)))?;
    }
    Ok(())
}

/// When an operation returned; one without an answer never did, whatever its history says.
pub(crate) fn returned<O, R>(operation: &testimony_history::Operation<O, R>) -> Rank {
    if operation.is_ok() { operation.ret } else { Rank::NEVER }
}

/// Every state in which `operation` can leave the object, or the model's refusal.
fn step_all<M: Model>(
    model: &M,
    states: &[M::State],
    operation: &Op<M>,
) -> Result<Vec<M::State>, Rejected> {
    let mut after: Vec<M::State> = Vec::with_capacity(states.len());
    let mut refusal = String::new();
    for state in states {
        match model.step(state, &operation.op, operation.outcome.answer()) {
            Step::To(state) => add(&mut after, state)?,
            Step::Any(several) => {
                several.into_iter().try_for_each(|state| add(&mut after, state))?;
            }
            Step::Refuse(why) => refusal = why,
        }
    }
    if after.is_empty() {
        return Err(Rejected::Refused { id: operation.id, why: refusal });
    }
    Ok(after)
}

fn add<S: Eq>(states: &mut Vec<S>, state: S) -> Result<(), Rejected> {
    if !states.contains(&state) {
        states.push(state);
    }
    if states.len() > STATES_MAX { Err(Rejected::TooManyStates(STATES_MAX)) } else { Ok(()) }
}
