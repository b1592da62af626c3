//! The anomaly of an invariant: its core, the operations to draw, and how to speak of them.

use crate::subject::Subject;
use std::collections::BTreeMap;
use testimony_history::{OpId, Operation};
use testimony_verdict::{
    Anomaly, AnomalyKind, Assurance, Certificate, Core, DrawnOp, Engine, Explanation, Finding,
    Property, Reason, Role, Unknown, Verdict,
};

/// Operations that are drawn at most.
const DRAWN_MAX: usize = 12;

/// Reasons that are listed at most, beside a last one.
pub(crate) const REASONS_MAX: usize = 8;

/// What an invariant found to be wrong.
pub(crate) struct Case<'c> {
    pub(crate) subject: &'c dyn Subject,
    pub(crate) kind: AnomalyKind,
    pub(crate) property: Property,
    pub(crate) key: Option<String>,
    /// The operation that cannot be.
    pub(crate) culprit: OpId,
    /// The others without which it could, by call; it may be among them.
    pub(crate) required: Vec<OpId>,
    /// Those that may have happened and do not help.
    pub(crate) optional: Vec<OpId>,
    pub(crate) headline: String,
    pub(crate) sentence: String,
    pub(crate) why: Vec<String>,
}

impl Case<'_> {
    /// The finding that shows this case alone.
    pub(crate) fn finding(self) -> Finding {
        finding(Verdict::Invalid(vec![self.anomaly()]))
    }

    /// The anomaly that shows this case.
    pub(crate) fn anomaly(self) -> Anomaly {
        let sorted = |mut ids: Vec<OpId>| {
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let scene = self.scene();
        let required = [self.required.as_slice(), &[self.culprit]].concat();
        let core = Core { required: sorted(required), optional: sorted(self.optional) };
        let why = self.why.into_iter().map(|text| Reason { text, edge: None }).collect();
        let explanation =
            Explanation { headline: self.headline, sentence: self.sentence, scene, why };
        Anomaly {
            kind: self.kind,
            property: self.property,
            key: self.key,
            core,
            edges: Vec::new(),
            refusal: None,
            assurance: Assurance::EngineOnly,
            explanation,
        }
    }

    /// The culprit, the latest of the required ones, then the latest optional ones. By call.
    fn scene(&self) -> Vec<DrawnOp> {
        let mut drawn = BTreeMap::new();
        let mut add = |id: OpId, role| {
            let operation = self.subject.find(id).filter(|_| drawn.len() < DRAWN_MAX);
            if let Some(operation) = operation {
                let key = (operation.call, operation.id);
                drawn.entry(key).or_insert_with(|| self.subject.drawn(&operation, role));
            }
        };
        add(self.culprit, Role::Culprit);
        self.required.iter().rev().for_each(|&id| add(id, Role::Required));
        self.optional.iter().rev().for_each(|&id| add(id, Role::Optional));
        drawn.into_values().collect()
    }
}

/// A verdict as an invariant's finding.
pub(crate) fn finding(verdict: Verdict) -> Finding {
    Finding { verdict, engine: Engine::Invariant }
}

/// The finding when an invariant cannot be judged.
pub(crate) fn not_applicable(why: &str) -> Finding {
    finding(Verdict::Unknown(Unknown::NotApplicable(why.to_owned())))
}

/// ` at 412 ms`, or nothing for a history without times.
pub(crate) fn at(ns: u64) -> String {
    match ns / 1_000 {
        0 => String::new(),
        _ => format!(" at {}", milliseconds(ns)),
    }
}

/// `412.5 ms`.
pub(crate) fn milliseconds(ns: u64) -> String {
    match (ns / 1_000_000, ns / 1_000 % 1_000) {
        (whole, 0) => format!("{whole} ms"),
        (whole, micro) => {
            let fraction = format!("{micro:03}");
            format!("{whole}.{} ms", fraction.trim_end_matches('0'))
        }
    }
}

/// Which operations these are.
pub(crate) fn ids<O, R>(operations: &[&Operation<O, R>]) -> Vec<OpId> {
    operations.iter().map(|operation| operation.id).collect()
}

/// `once`, `3 times`.
pub(crate) fn counted(times: usize) -> String {
    match times {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        _ => format!("{times} times"),
    }
}

/// `client 2`.
pub(crate) fn client<O, R>(operation: &Operation<O, R>) -> String {
    format!("client {}", operation.process.0)
}

/// The finding that shows these cases; without any, the property holds.
pub(crate) fn findings(cases: Vec<Case<'_>>) -> Finding {
    finding(match cases.is_empty() {
        true => Verdict::Valid(Certificate::Checked),
        false => Verdict::Invalid(cases.into_iter().map(Case::anomaly).collect()),
    })
}
