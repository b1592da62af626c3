//! Invariants of registers and maps, decided again: how old a read may be, and that versions rise.

use std::collections::BTreeMap;
use testimony_history::{History, Operation};
use testimony_model::{Access, Atom, Keys, Model, Object};

type Op<M> = Operation<<M as Model>::Op, <M as Model>::Ret>;

/// The operations that did not fail, by the key that they touch. Keys with an operation that is no
/// access to a register are left out, as nobody knows their values.
fn registers<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
) -> BTreeMap<Option<String>, Vec<Op<M>>> {
    if model.object() != Object::Register {
        return BTreeMap::new();
    }
    let mut by_key: BTreeMap<Option<String>, Vec<Op<M>>> = BTreeMap::new();
    let mut unknown = Vec::new();
    for operation in history.operations.iter().filter(|operation| !operation.is_fail()) {
        let key = match model.keys(&operation.op) {
            Keys::One(key) => Some(key.to_string()),
            Keys::All => None,
            Keys::Many(_) => return BTreeMap::new(),
        };
        let access = model.access(&operation.op, operation.outcome.answer());
        if !matches!(access, Access::Read(_) | Access::Write(_) | Access::Cas { .. }) {
            unknown.push(key.clone());
        }
        by_key.entry(key).or_default().push(operation.clone());
    }
    // Operations on everything and operations on one key cannot be told apart by key.
    if by_key.contains_key(&None) && by_key.len() > 1 {
        return BTreeMap::new();
    }
    unknown.iter().for_each(|key| drop(by_key.remove(key)));
    by_key
}

/// The value that the operation put there, or may have put there.
fn written<'h, M: Model>(model: &M, operation: &'h Op<M>) -> Option<Atom<'h>> {
    match model.access(&operation.op, operation.outcome.answer()) {
        Access::Write(value) => Some(value),
        Access::Cas { to, swapped, .. } if swapped != Some(false) => Some(to),
        _ => None,
    }
}

fn read<'h, M: Model>(model: &M, operation: &'h Op<M>) -> Option<Atom<'h>> {
    match model.access(&operation.op, operation.outcome.answer()) {
        Access::Read(value) => value,
        _ => None,
    }
}

/// `bounded-staleness`: no read answers a value that had been replaced for longer than `max_ns`
/// when the read was called.
///
/// A value had been replaced when every operation that may have put it there had returned before
/// another write was called, and that one was answered.
///
/// # Errors
///
/// The first read that is too old. O(r w²) for r reads and w writes of a key in the worst case, O(r
/// w) where values are unique.
pub fn bounded_staleness<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    max_ns: u64,
) -> Result<(), String> {
    for operations in registers(model, history).values() {
        for late in operations {
            let Some(value) = read(model, late) else { continue };
            let sources: Vec<_> = operations
                .iter()
                .filter(|source| source.call <= late.ret)
                .filter(|source| written(model, source) == Some(value))
                .collect();
            if sources.is_empty() && value != model.initial() {
                continue;
            }
            let newer = operations.iter().find(|newer| {
                written(model, newer).is_some()
                    && newer.is_ok()
                    && newer.precedes(late)
                    && newer.ret_ns.saturating_add(max_ns) < late.call_ns
                    && sources.iter().all(|source| source.is_ok() && source.precedes(newer))
            });
            if let Some(newer) = newer {
                let (late, newer) = (late.id, newer.id);
                return Err(format!("{late} does not know of {newer} after more than {max_ns} ns"));
            }
        }
    }
    Ok(())
}

/// `monotonic-versions`: no client reads a smaller number than it has read or written before.
///
/// # Errors
///
/// The first such read. O(n²) for each client and key.
pub fn monotonic_versions<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
) -> Result<(), String> {
    for operations in registers(model, history).values() {
        let text = |atom: Atom<'_>| matches!(atom, Atom::Text(_));
        let shown = operations.iter().filter(|operation| operation.is_ok());
        let mut shown = shown.filter_map(|one| written(model, one).or_else(|| read(model, one)));
        if shown.any(text) {
            continue;
        }
        for (at, late) in operations.iter().enumerate() {
            let Some(now) = read(model, late) else { continue };
            let before = operations[..at].iter().filter(|one| one.process == late.process);
            for early in before.filter(|operation| operation.is_ok()) {
                match written(model, early).or_else(|| read(model, early)) {
                    Some(then) if now < then => {
                        let (early, late) = (early.id, late.id);
                        return Err(format!("{early} saw {then:?}, {late} only {now:?}"));
                    }
                    _ => {}
                }
            }
        }
    }
    Ok(())
}
