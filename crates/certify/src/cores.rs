//! Cores of anomalies of linearizability: they exist, are closed, and contradict themselves.

use crate::contradiction::Answer;
use crate::part::{Members, Part, Parts};
use crate::recorded::Recorded;
use crate::{Limits, Rejected, apart, closed, contradiction, elements, places, sums};
use testimony_verdict::{Anomaly, Assurance, Level, Property};

/// Verifies the core of each anomaly.
pub(crate) fn verify(
    history: &dyn Recorded,
    level: Level,
    anomalies: &mut [Anomaly],
    limits: &Limits<'_>,
) -> Result<(), Rejected> {
    if anomalies.is_empty() {
        return Err(Rejected::NoAnomaly);
    }
    // Made once, however many keys have an anomaly.
    let mut parts: Option<Parts<'_>> = None;
    let mut whole: Option<Part<'_>> = None;
    for anomaly in anomalies {
        if anomaly.property != Property::Level(level) {
            return Err(Rejected::OtherProperty(anomaly.property.to_string()));
        }
        let part = match &anomaly.key {
            None => whole.get_or_insert_with(|| Part::whole(history)),
            Some(key) => {
                let parts = match &mut parts {
                    Some(parts) => parts,
                    none => none.insert(Part::by_key(history)?),
                };
                parts.get_mut(key).ok_or_else(|| Rejected::StrayKey(key.clone()))?
            }
        };
        anomaly.assurance = decide(history, part, &part.members(&anomaly.core)?, limits)?;
    }
    Ok(())
}

/// Decides one core again.
fn decide(
    history: &dyn Recorded,
    part: &Part<'_>,
    core: &Members<'_>,
    limits: &Limits<'_>,
) -> Result<Assurance, Rejected> {
    if part.single && sums::contradict_since(history, part, core) {
        return Ok(Assurance::Reproved);
    }
    closed::verify(history, part, core)?;
    let contradict = || {
        apart::contradict(history, core)
            || places::contradict(history, core)
            || sums::contradict(history, core)
    };
    if part.single && contradict() {
        return Ok(Assurance::Reproved);
    }
    let by_element = if part.single { elements::decide(history, core, limits) } else { None };
    let decided = by_element.filter(|answer| *answer != Answer::TooLarge);
    match decided.unwrap_or_else(|| contradiction::decide(history, core, limits)) {
        Answer::Contradictory => Ok(Assurance::Reproved),
        Answer::TooLarge => Ok(Assurance::EngineOnly),
        Answer::Consistent => Err(Rejected::Consistent),
    }
}
