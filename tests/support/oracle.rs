//! Linearizability, straight from its definition, by enumerating orders.
//!
//! A history is linearizable when some order of all its `ok` operations, some of its `info` ones
//! and none of its `fail` ones respects real time and is accepted by the model step by step
//! (Herlihy and Wing, 1990). Exponential, without a memo and without any cleverness.

use testimony_history::{History, Operation};
use testimony_model::{Model, Step};

/// Whether a history is linearizable. For a dozen operations at most.
pub fn linearizable<M: Model>(model: &M, history: &History<M::Op, M::Ret>) -> bool {
    let counted: Vec<_> =
        history.operations.iter().filter(|operation| !operation.is_fail()).collect();
    assert!(counted.len() <= 16, "the oracle enumerates orders of few operations only");
    extend(model, &counted, &mut vec![false; counted.len()], &model.init())
}

/// Whether an order of the operations that are not placed yet exists, from this state on.
fn extend<M: Model>(
    model: &M,
    all: &[&Operation<M::Op, M::Ret>],
    placed: &mut [bool],
    state: &M::State,
) -> bool {
    let done =
        |(operation, placed): (&&Operation<M::Op, M::Ret>, &bool)| *placed || operation.is_info();
    if all.iter().zip(placed.iter()).all(done) {
        return true;
    }
    for next in 0..all.len() {
        if placed[next] || !may_be_next(all, placed, next) {
            continue;
        }
        let states = match model.step(state, &all[next].op, all[next].outcome.answer()) {
            Step::Refuse(_) => continue,
            Step::To(state) => vec![state],
            Step::Any(states) => states,
        };
        placed[next] = true;
        if states.iter().any(|state| extend(model, all, placed, state)) {
            return true;
        }
        placed[next] = false;
    }
    false
}

/// Whether no operation that is not placed returned before this one was called.
fn may_be_next<O, R>(all: &[&Operation<O, R>], placed: &[bool], next: usize) -> bool {
    all.iter().zip(placed).all(|(operation, placed)| {
        *placed || operation.is_info() || operation.ret >= all[next].call
    })
}

/// Whether an order shows that a history is linearizable: every `ok` once, each `info` at most
/// once, nothing else, in real time, and accepted by the model.
pub fn replays<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    order: &[testimony_history::OpId],
) -> Result<(), String> {
    let mut states = vec![model.init()];
    let mut seen = std::collections::BTreeSet::new();
    let mut latest_call = None;
    for id in order {
        let operation = history.get(*id).ok_or_else(|| format!("{id} is not in the history"))?;
        if operation.is_fail() || !seen.insert(*id) {
            return Err(format!("{id} has no place in the order, or two"));
        }
        if operation.is_ok() && latest_call.is_some_and(|call| operation.ret < call) {
            return Err(format!("{id} returned before an operation in front of it was called"));
        }
        latest_call = latest_call.max(Some(operation.call));
        let mut next = Vec::new();
        for state in &states {
            match model.step(state, &operation.op, operation.outcome.answer()) {
                Step::To(state) => next.push(state),
                Step::Any(states) => next.extend(states),
                Step::Refuse(_) => {}
            }
        }
        if next.is_empty() {
            return Err(format!("the model refuses {id}"));
        }
        states = next;
    }
    match history.operations.iter().find(|one| one.is_ok() && !seen.contains(&one.id)) {
        Some(missing) => Err(format!("{} is missing", missing.id)),
        None => Ok(()),
    }
}
