//! A history as the registers that its operations touch, one for each key.

use crate::part::OperationOf;
use std::collections::BTreeMap;
use testimony_history::History;
use testimony_model::{Access, Atom, Keys, Model, Object};

/// The operations on one register that did not fail, in the order of the history.
pub(super) struct Cell<'h, M: Model> {
    /// The key in its display form, where there are keys.
    pub(super) key: Option<String>,
    pub(super) accesses: Vec<(&'h OperationOf<M>, Access<'h>)>,
}

/// The registers, or why the history is not one of registers. Those with an operation that is no
/// access to a register are left out, with the first such key beside.
pub(super) fn registers<'h, M: Model>(
    model: &M,
    history: &'h History<M::Op, M::Ret>,
) -> Result<(Vec<Cell<'h, M>>, Option<String>), &'static str> {
    if model.object() != Object::Register {
        return Err("only registers and maps of them have values to compare");
    }
    let mut by_key: BTreeMap<Option<String>, Vec<_>> = BTreeMap::new();
    for operation in history.operations.iter().filter(|operation| !operation.is_fail()) {
        let key = match model.keys(&operation.op) {
            Keys::One(key) => Some(key.to_string()),
            Keys::All => None,
            Keys::Many(_) => return Err("an operation touches several keys"),
        };
        let access = model.access(&operation.op, operation.outcome.answer());
        by_key.entry(key).or_default().push((operation, access));
    }
    if by_key.contains_key(&None) && by_key.len() > 1 {
        return Err("some operations touch one key, some all of them");
    }
    let mut left_out = None;
    by_key.retain(|key, accesses| {
        let known = accesses.iter().all(|(_, access)| *access != Access::Other);
        if !known && left_out.is_none() {
            left_out = Some(key.clone().unwrap_or_else(|| "the register".to_owned()));
        }
        known
    });
    let cells = by_key.into_iter().map(|(key, accesses)| Cell { key, accesses });
    Ok((cells.collect(), left_out))
}

/// The value that an access put there, or may have put there.
pub(super) fn written<'h>(access: &Access<'h>) -> Option<Atom<'h>> {
    match access {
        Access::Write(value) => Some(*value),
        Access::Cas { to, swapped: Some(true) | None, .. } => Some(*to),
        _ => None,
    }
}

/// The value that a read answered.
pub(super) fn read<'h>(access: &Access<'h>) -> Option<Atom<'h>> {
    match access {
        Access::Read(value) => *value,
        _ => None,
    }
}

/// A value in words.
pub(super) fn shown(atom: Atom<'_>) -> String {
    match atom {
        Atom::Nil => "nothing".to_owned(),
        Atom::Int(number) => number.to_string(),
        Atom::Text(text) => format!("{text:?}"),
    }
}
