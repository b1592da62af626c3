//! Whether the evidence of a verdict is what it must be, by the oracle.

use testimony_check::{Budget, Checker, Linearizable};
use testimony_history::{History, OpId, Operation, Outcome, Rank};
use testimony_model::Model;
use testimony_verdict::{
    Anomaly, AnomalyKind, Assurance, Certificate, Core, Explanation, Property, Verdict,
};

/// Checks the certificate or the cores of a checker.
///
/// # Errors
///
/// Says what is wrong with them.
pub fn evidence_of<M: Model>(
    checker: &Linearizable,
    model: &M,
    history: &History<M::Op, M::Ret>,
) -> Result<(), String> {
    match checker.check(model, history, &Budget::default()).verdict {
        Verdict::Valid(certificate) => replays(model, history, certificate),
        Verdict::Unknown(why) => Err(why.to_string()),
        Verdict::Invalid(anomalies) if anomalies.is_empty() => Err("no anomaly".to_owned()),
        Verdict::Invalid(anomalies) => {
            anomalies.iter().try_for_each(|anomaly| minimal(model, history, &anomaly.core))
        }
    }
}

/// Whether the verifier proves a claim that these operations contradict each other.
pub fn is_believed<M: Model>(model: &M, history: &History<M::Op, M::Ret>, core: Core) -> bool {
    let property = Property::LINEARIZABLE;
    let claim = Anomaly {
        kind: AnomalyKind::Contradiction,
        property: property.clone(),
        key: None,
        core,
        edges: Vec::new(),
        refusal: None,
        assurance: Assurance::EngineOnly,
        explanation: Explanation::default(),
    };
    let mut verdict = Verdict::Invalid(vec![claim]);
    let said = testimony_certify::verify(model, history, &property, None, &mut verdict);
    let Verdict::Invalid(anomalies) = verdict else { return false };
    said.is_ok() && anomalies.iter().all(|anomaly| anomaly.assurance != Assurance::EngineOnly)
}

/// Checks that a core contradicts itself, and no longer when any required operation is relaxed.
///
/// # Errors
///
/// Says which operation is too many, or that there is no contradiction.
pub fn minimal<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    core: &Core,
) -> Result<(), String> {
    let with = |relaxed: Option<OpId>| {
        let counted = history.operations.iter().filter_map(|one| {
            let required = core.required.contains(&one.id) && relaxed != Some(one.id);
            let observed =
                one.outcome.answer().is_some_and(|ret| model.is_observation(&one.op, ret));
            match core.optional.contains(&one.id) || relaxed == Some(one.id) {
                true if observed => None,
                true => Some(Operation {
                    outcome: Outcome::Info("relaxed".to_owned()),
                    ret: Rank::NEVER,
                    ..one.clone()
                }),
                false => required.then(|| one.clone()),
            }
        });
        crate::oracle::linearizable(model, &crate::show::history(counted.collect()))
    };
    if with(None) {
        return Err(format!("{core:?} does not contradict itself"));
    }
    match core.required.iter().find(|&&id| !with(Some(id))) {
        Some(id) => Err(format!("{core:?} does not need {id}")),
        None => Ok(()),
    }
}

/// Checks that a certificate shows an order, key by key where it says so.
///
/// # Errors
///
/// Says where it is wrong.
pub fn replays<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    certificate: Certificate,
) -> Result<(), String> {
    match certificate {
        Certificate::Order(order) => crate::oracle::replays(model, history, &order),
        Certificate::ByKey(parts) => {
            let of = |order: &[OpId]| {
                let operations = history.operations.iter();
                let on_key = operations.filter(|one| order.contains(&one.id)).cloned();
                crate::show::history(on_key.collect::<Vec<_>>())
            };
            let mut placed = 0;
            for part in parts.into_values() {
                let Certificate::Order(order) = part else { return Err("no order".to_owned()) };
                let part = of(&order);
                placed += part.ok_count();
                crate::oracle::replays(model, &part, &order)?;
            }
            if placed == history.ok_count() { Ok(()) } else { Err("not all placed".to_owned()) }
        }
        Certificate::Checked | Certificate::Views(_) => {
            Err("a certificate that shows nothing".to_owned())
        }
    }
}
