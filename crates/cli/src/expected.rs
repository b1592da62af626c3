//! What the header of a history expects: whether it says something that exists, and what of it was
//! not found.

use crate::judging;
use testimony::history::{Header, Problems};
use testimony::verdict::{AnomalyKind, Judgement, VerdictName};
use testimony::{AnyModel, Registry};

/// The header is the first line of a file.
const LINE: u32 = 1;

/// Names in a header that nobody knows: a slip of the pen there must not look like a history that is
/// as it is expected. A property of another model is known, though it cannot be judged here.
pub(crate) fn problems(header: &Header, model: &dyn AnyModel, registry: &Registry) -> Problems {
    let mut problems = Problems::default();
    let everywhere = judging::known_properties(registry);
    for (name, verdict) in &header.expect {
        let here = model.property(name).is_some();
        let known = here || everywhere.iter().any(|property| property.name() == name);
        if !known && registry.models.iter().all(|model| model.property(name).is_none()) {
            let known = judging::names(&model.properties());
            problems
                .push(LINE, format!("header: expect: unknown property `{name}`; known: {known}"));
        }
        let verdicts = [VerdictName::Valid, VerdictName::Invalid, VerdictName::Unknown];
        if verdicts.iter().all(|known| known.name() != verdict) {
            let what = format!("`{verdict}` is no verdict; known: valid, invalid, unknown");
            problems.push(LINE, format!("header: expect: {name}: {what}"));
        }
    }
    for name in &header.anomalies {
        if let Err(why) = name.parse::<AnomalyKind>() {
            problems.push(LINE, format!("header: anomalies: {why}"));
        }
    }
    problems
}

/// What was expected and found where no anomaly that the header names was found. Anomalies of
/// properties of which it expects nothing are none of its business.
pub(crate) fn other_anomalies(header: &Header, judgement: &Judgement) -> Option<String> {
    let concerned =
        |property: &str| header.expect.is_empty() || header.expect.contains_key(property);
    let found: Vec<&str> = judgement
        .anomalies()
        .filter(|anomaly| concerned(anomaly.property.name()))
        .map(|anomaly| anomaly.kind.id())
        .collect();
    let promised = |id: &&str| header.anomalies.iter().any(|wanted| wanted == id);
    if header.anomalies.is_empty() || found.iter().any(promised) {
        return None;
    }
    let wanted = header.anomalies.join(" or ");
    if !found.is_empty() {
        return Some(format!("expected {wanted}, found {}", found.join(", ")));
    }
    // Where something is expected to be invalid, its verdict says already that it is not.
    let told = header.expect.values().any(|verdict| verdict == VerdictName::Invalid.name());
    let valid = judgement.merged() == Some(VerdictName::Valid);
    (valid && !told).then(|| format!("expected {wanted}, found no anomaly"))
}
