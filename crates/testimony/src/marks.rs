//! Operations as the message journal needs them: their model is forgotten, key and values are kept.

use testimony_history::{History, Operation, Outcome};
use testimony_journal::{Ended, Mark};
use testimony_model::{Access, Atom, Keys, Model, Object};

/// The operations of a history for a journal. O(operations).
pub(crate) fn marks<M: Model>(model: &M, history: &History<M::Op, M::Ret>) -> Vec<Mark> {
    history.operations.iter().map(|operation| mark(model, operation)).collect()
}

fn mark<M: Model>(model: &M, operation: &Operation<M::Op, M::Ret>) -> Mark {
    let (wrote, read) = values(model, operation);
    let key = match model.keys(&operation.op) {
        Keys::One(key) => Some(key.to_string()),
        Keys::Many(_) | Keys::All => None,
    };
    let ended = match &operation.outcome {
        Outcome::Ok(ret) => Ended::Ok(model.describe_ret(&operation.op, ret)),
        Outcome::Fail(why) => Ended::Fail(why.clone()),
        Outcome::Info(why) => Ended::Info(why.clone()),
    };
    let Operation { id, process, call, ret, call_ns, ret_ns, .. } = *operation;
    let words = model.describe(&operation.op);
    Mark { id, process, call, ret, call_ns, ret_ns, words, ended, key, wrote, read }
}

/// What an operation writes to a register and what it read from it, as JSON texts.
fn values<M: Model>(
    model: &M,
    operation: &Operation<M::Op, M::Ret>,
) -> (Option<String>, Option<String>) {
    if model.object() != Object::Register {
        return (None, None);
    }
    match model.access(&operation.op, operation.outcome.answer()) {
        Access::Write(to) => (Some(json(to)), None),
        Access::Cas { to, swapped, .. } if swapped != Some(false) => (Some(json(to)), None),
        Access::Read(read) => (None, read.map(json)),
        _ => (None, None),
    }
}

fn json(atom: Atom<'_>) -> String {
    match atom {
        Atom::Nil => "null".to_owned(),
        Atom::Int(number) => number.to_string(),
        // A text has only strings in it, which are always written.
        Atom::Text(text) => serde_json::to_string(text).unwrap_or_default(),
    }
}
