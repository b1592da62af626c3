//! Splits a history into the parts that may be judged apart.
//!
//! Linearizability is local (Herlihy and Wing, 1990, theorem 1): a history has it exactly when its
//! part for each object has it. So where every operation touches exactly one key, every key is an
//! object of its own.

use crate::part::Part;
use crate::subject::{Interval, Keyed, Subject, Touches};
use std::collections::BTreeSet;

/// The parts of a history: one for each key, in the order of the keys, if every operation touches
/// exactly one; otherwise everything is judged together. O(n log n).
///
/// # Errors
///
/// Names an operation that returned before it was called: such a history was not recorded.
pub(crate) fn split<'h>(subject: &'h dyn Subject) -> Result<Vec<Part<'h>>, String> {
    let counted = subject
        .counted()
        .map_err(|operation| format!("operation {} returned before it was called", operation.id));
    let (mut counted, by_call) = counted?;
    // What was recorded in order need not be sorted.
    if !by_call {
        counted.sort_by_key(|operation| (operation.call, operation.id));
    }
    Ok(match by_key(subject, &counted) {
        None => vec![Part { subject, key: None, operations: counted }],
        Some(parts) => parts,
    })
}

/// The parts by key; `None` when some operation touches more than one key, or when two keys look the
/// same: they could not be told apart in a certificate.
fn by_key<'h>(subject: &'h dyn Subject, operations: &[Interval]) -> Option<Vec<Part<'h>>> {
    let first = operations.first()?;
    if subject.is_on_all(first) {
        return None;
    }
    let Keyed { touches, names } = subject.keyed();
    let mut parts: Vec<Vec<Interval>> = vec![Vec::new(); names.len()];
    for operation in operations {
        let Touches::One(key) = touches[operation.at as usize] else { return None };
        parts[key as usize].push(*operation);
    }
    let parts: Vec<(String, Vec<Interval>)> =
        names.into_iter().zip(parts).filter(|(_, operations)| !operations.is_empty()).collect();
    let looks: BTreeSet<&String> = parts.iter().map(|(name, _)| name).collect();
    if looks.len() < parts.len() {
        return None;
    }
    let part = |(key, operations)| Part { subject, key: Some(key), operations };
    Some(parts.into_iter().map(part).collect())
}
