//! From a core to an anomaly that a person understands: its name, a sentence, a scene, and why.

mod collection;
mod exhaust;
mod ordered;
mod scene;
mod sentence;
mod sums;
mod wholes;
mod why;
mod words;

use crate::core::{self, Reduced, Values};
use crate::graph;
use crate::name::{Named, name};
use crate::part::{Hint, Part, Probe};
use exhaust::Exhausted;
use testimony_verdict::{Anomaly, AnomalyKind, Assurance, Explanation, Property};
use words::Words;

/// Everything that is known of one core.
struct Case<'c, 'h> {
    /// What positions are positions in.
    part: &'c Part<'h>,
    /// What it is taken from: the same, or more.
    whole: &'c Part<'h>,
    core: &'c Reduced,
    named: Named,
    words: Words<'c, 'h>,
}

/// The anomalies of a part that has no order: at least one, each with a reduced core.
pub(crate) fn anomalies<'h>(part: &Part<'h>, hint: &Hint, probe: &mut Probe<'_>) -> Vec<Anomaly> {
    let values = Values::of(part);
    let core = core::of_two(part, &hint.suspects)
        .unwrap_or_else(|| core::shortened(part, core::reduce(part, values.as_ref(), hint, probe)));
    vec![anomaly(part, part, values.as_ref(), &core)]
}

/// The same of a part whose core is known.
pub(crate) fn anomalies_of(part: &Part<'_>, core: &Reduced) -> Vec<Anomaly> {
    let values = Values::of(part);
    vec![anomaly(part, part, values.as_ref(), core)]
}

/// The same, found among the few operations that matter to these suspects
/// ([`crate::fast::Fast::near`]), which are positions among them. `None` when they do not contradict
/// each other after all.
pub(crate) fn anomalies_near<'h>(
    whole: &Part<'h>,
    near: &Part<'h>,
    suspects: &[usize],
    probe: &mut Probe<'_>,
) -> Option<Vec<Anomaly>> {
    let values = Values::of(near);
    let core = core::reduce_suspects(near, values.as_ref(), suspects, probe)?;
    let core = core::shortened(near, core);
    Some(vec![anomaly(whole, near, values.as_ref(), &core)])
}

/// Names and explains one core.
fn anomaly<'h>(
    whole: &Part<'h>,
    part: &Part<'h>,
    values: Option<&Values<'h>>,
    core: &Reduced,
) -> Anomaly {
    let mut named = name(whole, part, values, core);
    let circle = values.and_then(|values| graph::circle(part, values, core));
    let exhausted = match circle {
        None if named.beside.is_none() && named.sum.is_none() && !wholes::tells(part, &named) => {
            exhaust::exhaust(part, core)
        }
        _ => None,
    };
    if named.kind == AnomalyKind::Contradiction {
        let last = circle.as_ref().and_then(|circle| why::conclusion(part, core, circle));
        let stuck = exhausted.as_ref().map(|exhausted: &Exhausted| exhausted.stuck);
        named.culprit = last.or(stuck).unwrap_or(named.culprit);
    }
    let words = Words::new(part, core);
    let case = Case { part, whole, core, named, words };
    let why = wholes::why(&case).or_else(|| sums::why(&case)).unwrap_or_else(|| {
        match (&circle, &exhausted) {
            (Some(circle), _) => why::of_circle(&case, circle),
            (None, Some(exhausted)) => why::of_exhausted(&case, exhausted),
            (None, None) => why::of_name(&case),
        }
    });
    let edges = why.iter().filter_map(|reason| reason.edge).collect();
    Anomaly {
        kind: case.named.kind,
        property: Property::LINEARIZABLE,
        key: part.key.clone(),
        core: core.core(part),
        edges,
        refusal: exhausted.as_ref().map(|exhausted| exhausted.refusal.clone()),
        assurance: Assurance::EngineOnly,
        explanation: Explanation {
            headline: sentence::headline(&case),
            sentence: sentence::sentence(&case, exhausted.as_ref()),
            scene: scene::scene(&case),
            why,
        },
    }
}

#[cfg(test)]
mod tests;
