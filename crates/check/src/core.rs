//! The core of a part that has no order: relaxes one operation after the other. The full reduction,
//! with names and words, takes its place.
use crate::part::{Hint, Part, Probe, Standing};
use testimony_history::{History, OpId};
use testimony_model::Model;
use testimony_verdict::{Anomaly, AnomalyKind, Assurance, Core, Explanation, Property};

#[expect(clippy::needless_pass_by_value, reason = "the full reduction consumes it")]
pub(crate) fn anomalies<M: Model>(
    part: &Part<M>,
    _history: &History<M::Op, M::Ret>,
    hint: Hint,
    probe: &mut Probe,
) -> Vec<Anomaly> {
    let n = part.operations.len();
    let mut standings = vec![Standing::Required; n];
    if !hint.suspects.is_empty() {
        standings.fill(Standing::Optional);
        for &s in &hint.suspects {
            standings[s] = Standing::Required;
        }
    }
    if let Some(stuck) = hint.stuck {
        let end = part.operations[stuck].ret;
        for (at, op) in part.operations.iter().enumerate() {
            if op.call > end {
                standings[at] = Standing::Dropped;
            }
        }
    }
    debug_assert_ne!(probe(&standings), Some(true));
    for at in (0..n).rev() {
        if standings[at] == Standing::Required {
            standings[at] = Standing::Optional;
            if probe(&standings) != Some(false) {
                standings[at] = Standing::Required;
            }
        }
    }
    let ids = |wanted: Standing| -> Vec<OpId> {
        let all = part.operations.iter().zip(&standings);
        all.filter(|(_, s)| **s == wanted).map(|(op, _)| op.id).collect()
    };
    vec![Anomaly {
        kind: AnomalyKind::Contradiction,
        property: Property::LINEARIZABLE,
        key: part.key.clone(),
        core: Core { required: ids(Standing::Required), optional: ids(Standing::Optional) },
        edges: Vec::new(),
        refusal: None,
        assurance: Assurance::EngineOnly,
        explanation: Explanation::default(),
    }]
}
