//! Splits a history into the parts that may be judged apart.
//!
//! Linearizability is local (Herlihy and Wing, 1990, theorem 1): a history has it exactly when its
//! part for each object has it. So where every operation touches exactly one key, every key is an
//! object of its own.

use crate::part::{OperationOf, Part};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use testimony_history::History;
use testimony_model::{Keys, Model};

/// The parts of a history.
pub(crate) enum Split<'h, M: Model> {
    /// Everything is judged together.
    Whole(Part<'h, M>),
    /// One part for each key, in the order of the keys.
    ByKey(Vec<Part<'h, M>>),
}

/// Splits by key if every operation touches exactly one. O(n log n).
///
/// # Errors
///
/// Names an operation that returned before it was called: such a history was not recorded.
pub(crate) fn split<'h, M: Model>(
    model: &'h M,
    history: &'h History<M::Op, M::Ret>,
) -> Result<Split<'h, M>, String> {
    let mut counted: Vec<&OperationOf<M>> = Vec::with_capacity(history.operations.len());
    for operation in &history.operations {
        if operation.is_ok() && operation.ret < operation.call {
            return Err(format!("operation {} returned before it was called", operation.id));
        }
        let silent = !operation.is_ok() && model.is_observer(&operation.op);
        if !operation.is_fail() && !silent {
            counted.push(operation);
        }
    }
    counted.sort_by_key(|operation| (operation.call, operation.id));
    Ok(match by_key(model, &counted) {
        None => Split::Whole(Part { model, key: None, operations: counted }),
        Some(parts) => Split::ByKey(parts),
    })
}

/// The parts by key; `None` when some operation touches more than one key.
fn by_key<'h, M: Model>(
    model: &'h M,
    operations: &[&'h OperationOf<M>],
) -> Option<Vec<Part<'h, M>>> {
    let mut numbers: FxHashMap<M::Key, usize> = FxHashMap::default();
    let mut parts: Vec<(M::Key, Vec<&'h OperationOf<M>>)> = Vec::new();
    for operation in operations {
        let Keys::One(key) = model.keys(&operation.op) else { return None };
        let number = numbers.get(&key).copied().unwrap_or_else(|| {
            numbers.insert(key.clone(), parts.len());
            parts.push((key, Vec::new()));
            parts.len() - 1
        });
        parts[number].1.push(operation);
    }
    if parts.is_empty() {
        return None;
    }
    parts.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    // Keys that look the same could not be told apart in a certificate.
    let names: BTreeSet<String> = parts.iter().map(|(key, _)| key.to_string()).collect();
    if names.len() < parts.len() {
        return None;
    }
    let part = |(key, operations): (M::Key, _)| {
        let key = Some(key.to_string());
        Part { model, key, operations }
    };
    Some(parts.into_iter().map(part).collect())
}
