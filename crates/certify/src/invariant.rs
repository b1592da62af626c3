//! Invariants decided again, and the cores of their anomalies.
//!
//! An invariant speaks of the whole history, so a verdict on it is decided again over all of it. A
//! core makes a stronger claim: its few operations break the invariant, whatever the others did. Two
//! histories show that:
//!
//! - **Alone**: the core by itself, required operations as recorded, optional ones without an answer
//!   (so they may have happened or not).
//! - **Closed**: the required operations as recorded, and *every* other operation that may have
//!   changed something without an answer, so that it may have happened or not (if it returned, then
//!   before it did). That is all that
//!   could excuse what is required; so nothing that the core leaves out excuses it. Where something that was read is required, an
//!   invariant may instead need to know that the changes were answered ("at rest", "the queue was
//!   empty"); then all changes stand as recorded, and only what else was read is left out.

use crate::part::Part;
use crate::recorded::{self, Recorded, Typed};
use crate::{Again, Rejected};
use std::collections::BTreeSet;
use testimony_history::{History, OpId, Operation, Outcome, Rank};
use testimony_model::Model;
use testimony_verdict::{Anomaly, Assurance, Property, Verdict};

type Op<M> = Operation<<M as Model>::Op, <M as Model>::Ret>;

/// Verifies a verdict on an invariant of the whole history. Where there is no second way to decide it,
/// of an anomaly only that its operations exist.
pub(crate) fn verify<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    property: &Property,
    again: Option<Again<'_, M>>,
    verdict: &mut Verdict,
) -> Result<(), Rejected> {
    let decided = again.map(|again| again(model, history));
    let anomalies = match verdict {
        Verdict::Unknown(_) => return Ok(()),
        Verdict::Valid(_) => {
            let undecided = || Rejected::Undecided(property.to_string());
            return decided.ok_or_else(undecided)?.map_err(Rejected::Broken);
        }
        Verdict::Invalid(anomalies) => anomalies,
    };
    if anomalies.is_empty() {
        return Err(Rejected::NoAnomaly);
    }
    if decided.is_some_and(|decided| decided.is_ok()) {
        return Err(Rejected::Consistent);
    }
    for anomaly in anomalies {
        if anomaly.property != *property {
            return Err(Rejected::OtherProperty(anomaly.property.to_string()));
        }
        anomaly.assurance = match again {
            Some(again) => {
                verify_core(model, history, anomaly, again)?;
                Assurance::Reproved
            }
            None => {
                Part::whole(&Typed::new(model, history)).members(&anomaly.core)?;
                Assurance::EngineOnly
            }
        };
    }
    Ok(())
}

/// Verifies the core of an anomaly of an invariant that the whole history breaks. It decides the
/// invariant up to three times.
fn verify_core<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    anomaly: &Anomaly,
    again: Again<'_, M>,
) -> Result<(), Rejected> {
    let untyped = Typed::new(model, history);
    let members = Part::whole(&untyped).members(&anomaly.core)?;
    if members.required.is_empty() {
        return Err(Rejected::Empty);
    }
    let ids = |operations: &[&recorded::Op]| -> BTreeSet<OpId> {
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
    let observed = |operation: &Op<M>| {
        let ret = operation.outcome.answer();
        ret.is_some_and(|ret| model.is_observation(&operation.op, ret))
    };
    let others_open = |operation: &Op<M>| match required.contains(&operation.id) {
        true => Some(operation.clone()),
        false if operation.is_fail() || observed(operation) => None,
        false => Some(Op::<M> { ret: operation.ret, ..open::<M>(operation) }),
    };
    if broken(&others_open) {
        return Ok(());
    }
    let changes = |operation: &Op<M>| {
        let kept = required.contains(&operation.id) || !observed(operation);
        kept.then(|| operation.clone())
    };
    let reads = members.required.iter().any(|operation| untyped.is_observation(operation));
    if reads && broken(&changes) { Ok(()) } else { Err(Rejected::Excused) }
}

/// The same operation when nobody knows what became of it.
fn open<M: Model>(operation: &Op<M>) -> Op<M> {
    let outcome = Outcome::Info("not part of the core".to_owned());
    Op::<M> { outcome, ret: Rank::NEVER, ..operation.clone() }
}
