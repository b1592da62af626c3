//! Invariants decided again, and the cores of their anomalies.
//!
//! An invariant speaks of the whole history, so a verdict on it is decided again over all of it. A
//! core makes a stronger claim: its few operations break the invariant, whatever the others did. Two
//! histories show that:
//!
//! - **Alone**: the core by itself, required operations as recorded, optional ones without an answer
//!   (so they may have happened or not).
//! - **Closed**: the required operations as recorded and *every* other operation without an answer,
//!   so that it may have happened or not (if it returned, then before it did). That is all that
//!   could excuse what is required; so nothing that the core leaves out excuses it. Where something that was read is required, an
//!   invariant may instead need to know that the changes were answered ("at rest", "the queue was
//!   empty"); then all changes stand as recorded, and only what else was read is left out.

use crate::part::{Op, Part};
use crate::{Again, Rejected};
use std::collections::BTreeSet;
use testimony_history::{History, OpId, Outcome, Rank};
use testimony_model::Model;
use testimony_verdict::Anomaly;

/// Verifies the core of an anomaly of an invariant that the whole history breaks. It decides the
/// invariant up to three times.
pub(crate) fn verify_core<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    anomaly: &Anomaly,
    again: Again<'_, M>,
) -> Result<(), Rejected> {
    let members = Part::whole(model, history).members(&anomaly.core)?;
    if members.required.is_empty() {
        return Err(Rejected::Empty);
    }
    let ids = |operations: &[&Op<M>]| -> BTreeSet<OpId> {
        operations.iter().map(|operation| operation.id).collect()
    };
    let (required, optional) = (ids(&members.required), ids(&members.optional));
    let broken = |keep: &dyn Fn(&Op<M>) -> Option<Op<M>>| {
        let operations = history.operations.iter().filter_map(keep).collect();
        let (quiet_from, observations) = (history.quiet_from, history.observations.clone());
        again(model, &History { operations, quiet_from, observations }).is_err()
    };
    let alone = |operation: &Op<M>| match operation.id {
        id if required.contains(&id) => Some(operation.clone()),
        id if optional.contains(&id) => Some(open::<M>(operation)),
        _ => None,
    };
    if !broken(&alone) {
        return Err(Rejected::Consistent);
    }
    let others_open = |operation: &Op<M>| match required.contains(&operation.id) {
        false if !operation.is_fail() => {
            Some(Op::<M> { ret: operation.ret, ..open::<M>(operation) })
        }
        _ => Some(operation.clone()),
    };
    if broken(&others_open) {
        return Ok(());
    }
    let observed = |operation: &Op<M>| {
        let ret = operation.outcome.answer();
        ret.is_some_and(|ret| model.is_observation(&operation.op, ret))
    };
    let changes = |operation: &Op<M>| {
        let kept = required.contains(&operation.id) || !observed(operation);
        kept.then(|| operation.clone())
    };
    let reads = members.required.iter().any(|operation| observed(operation));
    if reads && broken(&changes) { Ok(()) } else { Err(Rejected::Excused) }
}

/// The same operation when nobody knows what became of it.
fn open<M: Model>(operation: &Op<M>) -> Op<M> {
    let outcome = Outcome::Info("not part of the core".to_owned());
    Op::<M> { outcome, ret: Rank::NEVER, ..operation.clone() }
}
