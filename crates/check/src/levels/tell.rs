//! An anomaly of a level in words: who read what, and what it contradicts.

use super::Case;
use super::name::Named;
use super::story::Story;
use crate::invariant::scene;
use crate::subject::Interval;
use std::collections::BTreeMap;
use testimony_history::OpId;
use testimony_model::Access;
use testimony_verdict::{Anomaly, AnomalyKind, Level, Property};

/// Operations that a sentence lists at most.
const LISTED_MAX: usize = 6;

/// Names and explains a core.
pub(crate) fn anomaly(case: &Case<'_>, core: &Story, named: &Named) -> Anomaly {
    let telling = Telling { case };
    let ids = |certain: bool| {
        core.acts.iter().filter(move |act| act.certain == certain).map(|act| act.id)
    };
    let all = |certain| ids(certain).filter_map(|id| case.subject.find(id));
    let fallback = ids(true).next_back().unwrap_or(OpId(0));
    let culprit = case.subject.find(named.culprit).or_else(|| case.subject.find(fallback));
    let culprit = culprit.unwrap_or_else(|| case.subject.interval(0));
    let required: Vec<_> = all(true).filter(|operation| operation.id != culprit.id).collect();
    let sentence = telling.sentence(&culprit, named, &required);
    let mut keys: Vec<&Option<String>> =
        core.acts.iter().filter(|act| act.certain).map(|act| &core.keys[act.key]).collect();
    keys.sort_unstable();
    keys.dedup();
    let key = match keys.as_slice() {
        [key] => (*key).clone(),
        _ => None,
    };
    let of = key.as_ref().map_or_else(String::new, |key| format!(" of {key:?}"));
    let told = scene::Case {
        subject: case.subject,
        kind: named.kind,
        property: Property::Level(case.level),
        key: key.filter(|_| case.level.is_local()),
        culprit: culprit.id,
        optional: ids(false).collect(),
        headline: format!("{}{of}", named.kind.title()),
        sentence,
        why: telling.why(core, &culprit, &required, named),
        required: required.iter().map(|operation| operation.id).collect(),
    };
    told.anomaly()
}

struct Telling<'c, 'h> {
    case: &'c Case<'h>,
}

impl Telling<'_, '_> {
    /// `read x = 1`, `write x 2`.
    fn label(&self, operation: &Interval) -> String {
        let subject = self.case.subject;
        let asked = subject.describe(operation);
        let Some(answer) = subject.answer(operation) else { return asked };
        match subject.access(operation) {
            Access::Read(Some(_)) => format!("{asked} = {answer}"),
            Access::Write(_) | Access::Cas { swapped: Some(true), .. } => asked,
            _ => format!("{asked}: {answer}"),
        }
    }

    /// `read x = 1 (#131)`, with the time of its call where it has one.
    fn numbered(&self, operation: &Interval) -> String {
        let at = scene::at(self.case.subject.call_ns(operation));
        format!("{} ({}){at}", self.label(operation), operation.id)
    }

    /// `client 2: read x = 1 (#131) at 412 ms`.
    fn whose(&self, operation: &Interval) -> String {
        format!("{}: {}", operation.client(), self.numbered(operation))
    }

    fn sentence(&self, culprit: &Interval, named: &Named, required: &[Interval]) -> String {
        let against: Vec<_> =
            named.against.iter().filter_map(|id| self.case.subject.find(*id)).collect();
        let who = format!("{}: {}", culprit.client(), self.numbered(culprit));
        match (named.kind, against.as_slice()) {
            (AnomalyKind::MissedOwnWrite, [write]) => {
                format!("{who}, although the same client had done {} before.", self.numbered(write))
            }
            (AnomalyKind::BackwardRead, [newer]) => format!(
                "{who}, although the same client had done {} before, which saw a newer version.",
                self.numbered(newer)
            ),
            (AnomalyKind::ReorderedWrites, [seen, missed]) => format!(
                "{who}, although its {} saw a write of {}, who had done {} before that write.",
                self.numbered(seen),
                missed.client(),
                self.numbered(missed)
            ),
            (AnomalyKind::MissedCause, [seen, cause]) => format!(
                "{who}, although its {} saw a write of {}, who had done {} before that write.",
                self.numbered(seen),
                cause.client(),
                self.numbered(cause)
            ),
            (AnomalyKind::CausalStaleRead, [newer]) => format!(
                "{who}, although {} of {} is in its causal past and newer.",
                self.numbered(newer),
                newer.client()
            ),
            (AnomalyKind::StaleRead, [newer]) => format!(
                "{who}, although {} of {} had been acknowledged{} before.",
                self.numbered(newer),
                newer.client(),
                scene::at(self.case.subject.ret_ns(newer))
            ),
            (AnomalyKind::FutureRead, [late]) => {
                format!("{who}, but that was first written after it: {}.", self.whose(late))
            }
            (AnomalyKind::AbortedRead, [failed]) => format!(
                "{who}, but {} of {}, which would have written it, certainly had no effect, and \
                 nobody else wrote it.",
                self.numbered(failed),
                failed.client()
            ),
            (AnomalyKind::ThinAirRead, _) => format!("{who}, but nobody ever wrote that."),
            (AnomalyKind::Divergence, [other]) => {
                format!("After the faults and the last write, {who}, but {}.", self.whose(other))
            }
            _ => self.contradiction(culprit, required),
        }
    }

    fn contradiction(&self, culprit: &Interval, required: &[Interval]) -> String {
        let mut all: Vec<_> = required.to_vec();
        all.push(*culprit);
        all.sort_by_key(|operation| operation.id);
        let mut listed: Vec<String> =
            all.iter().take(LISTED_MAX).map(|operation| self.whose(operation)).collect();
        if all.len() > LISTED_MAX {
            listed.push(format!("and {} more", all.len() - LISTED_MAX));
        }
        let order = match self.case.level {
            Level::Sequential => "no order of all operations that keeps each session",
            Level::Pram => "no order of the writes that keeps each session",
            Level::CausalConvergence => "no order of the writes, the same for everybody,",
            Level::CausalMemory => "no order of the writes that keeps causality",
            _ => "no order of the writes of a key",
        };
        format!("{} explains these {} answers: {}.", capital(order), all.len(), listed.join("; "))
    }

    /// The sessions of the core, what happened in each, and the conclusion.
    fn why(
        &self,
        core: &Story,
        culprit: &Interval,
        required: &[Interval],
        named: &Named,
    ) -> Vec<String> {
        let mut sessions: BTreeMap<u32, Vec<Interval>> = BTreeMap::new();
        for operation in required.iter().copied().chain([*culprit]) {
            sessions.entry(operation.process.0).or_default().push(operation);
        }
        let mut why: Vec<String> = Vec::new();
        let many = sessions.len() > scene::REASONS_MAX;
        for (client, mut operations) in sessions.into_iter().take(scene::REASONS_MAX) {
            operations.sort_by_key(|operation| operation.id);
            let labels = operations.iter().take(LISTED_MAX);
            let mut labels: Vec<_> = labels
                .map(|operation| format!("{} ({})", self.label(operation), operation.id))
                .collect();
            if operations.len() > LISTED_MAX {
                labels.push(format!("{} more", operations.len() - LISTED_MAX));
            }
            why.push(format!("client {client} did {}", labels.join(", then ")));
        }
        if many {
            why.push("(more sessions follow)".to_owned());
        }
        let unsure = core.acts.iter().filter(|act| !act.certain).count();
        let unsure = if unsure == 0 { "" } else { ", whatever else may have happened" };
        let definition = named.kind.definition().trim_end_matches('.').to_lowercase();
        // PRAM knows no causality, only sessions.
        let definition = match self.case.level {
            Level::Pram => definition.replace("keeps causality", "keeps each session"),
            _ => definition,
        };
        why.push(format!("{definition}, so there is no {}{unsure}", self.case.level.title()));
        why
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
