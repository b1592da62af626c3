//! Mutual exclusion and fencing, decided again.

use std::collections::BTreeMap;
use testimony_history::{History, Operation, Rank};
use testimony_model::{
    Access, Atom, FencedLock, FencedOp, FencedRet, Keys, Locking, Model, Object,
};

/// An operation that did not fail with what it did to the lock.
type Touch<'h, M> = (&'h Operation<<M as Model>::Op, <M as Model>::Ret>, Locking<'h>);

/// `mutual-exclusion`: never do two owners certainly hold a lock at the same time.
///
/// An owner certainly holds it from the answer of its acquire to the call of its next release, and
/// not at all when a release of its own was still under way when the acquire was called.
///
/// # Errors
///
/// The first two holds that overlap. O(n²) in the holds of a lock.
pub fn mutual_exclusion<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
) -> Result<(), String> {
    if model.object() != Object::Lock {
        return Ok(());
    }
    let mut locks: BTreeMap<Option<String>, Vec<Touch<'_, M>>> = BTreeMap::new();
    let mut mixed = [false; 2];
    for operation in history.operations.iter().filter(|operation| !operation.is_fail()) {
        let key = match model.keys(&operation.op) {
            Keys::One(key) => Some(key.to_string()),
            Keys::All => None,
            Keys::Many(_) => return Ok(()),
        };
        mixed[usize::from(key.is_some())] = true;
        if let Access::Lock(locking) = model.access(&operation.op, operation.outcome.answer()) {
            locks.entry(key).or_default().push((operation, locking));
        }
    }
    if mixed == [true; 2] {
        return Ok(());
    }
    for lock in locks.values() {
        let mut holds: Vec<(Atom<'_>, Rank, Rank)> = Vec::new();
        for (acquire, locking) in lock {
            let Locking::Acquire { by, granted: Some(true), .. } = *locking else { continue };
            let releases = lock.iter().filter(|(_, locking)| match locking {
                Locking::Release { by: owner, granted } => *owner == by && *granted != Some(false),
                Locking::Acquire { .. } => false,
            });
            let (mut end, mut settled) = (Rank::NEVER, true);
            for (release, _) in releases {
                match release.call < acquire.call {
                    true => settled &= release.ret < acquire.call,
                    false => end = end.min(release.call),
                }
            }
            if settled && acquire.ret < end {
                holds.push((by, acquire.ret, end));
            }
        }
        for (at, (by, begin, end)) in holds.iter().enumerate() {
            let overlaps = |(other, since, until): &&(Atom<'_>, Rank, Rank)| {
                other != by && since.max(begin) < until.min(end)
            };
            if let Some((other, ..)) = holds[..at].iter().find(overlaps) {
                return Err(format!("{other:?} and {by:?} both hold the lock"));
            }
        }
    }
    Ok(())
}

/// `fencing`: the resource accepts no token below one that it had accepted before.
///
/// # Errors
///
/// The first token that it should have refused. O(n²) in the writes.
pub fn fencing(_model: &FencedLock, history: &History<FencedOp, FencedRet>) -> Result<(), String> {
    let accepted: Vec<_> = history
        .operations
        .iter()
        .filter_map(|write| match (&write.op, write.outcome.answer()) {
            (FencedOp::Write(token), Some(FencedRet::Done)) => Some((write, *token)),
            _ => None,
        })
        .collect();
    for (late, token) in &accepted {
        let higher = accepted.iter().find(|(write, higher)| higher > token && write.precedes(late));
        if let Some((write, higher)) = higher {
            return Err(format!("{} accepted {higher}, then {} {token}", write.id, late.id));
        }
    }
    Ok(())
}
