//! `set-full` and `no-stale-elements`: what was added stays, and is seen at once.

use super::elements::{Fate, Fates, Outcome};
use super::parts::{Timed, Touched, parts};
use super::registers::shown;
use super::scene::{self, Case, at, milliseconds};
use crate::subject::{Subject, Typed};
use crate::{Budget, Checker};
use testimony_history::History;
use testimony_model::{Model, Object};
use testimony_verdict::{AnomalyKind, Certificate, Finding, Property, Verdict};

/// No element is lost: one that is known to be in (its add was answered, or a read showed it) and
/// that nobody may have removed is in the last read that was called afterwards.
///
/// Elements are judged up to the first remove of them that may have happened. An add without an
/// answer makes nothing known, a failed one neither. Not applicable when no element was read after
/// it was known. Jepsen's `set-full`, whose terms [`SetSummary`] has; O(s log s) for s elements in
/// all reads together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SetFull;

/// No read misses an element that was known when it was called, not even for a while: Jepsen's
/// `set-full` with `:linearizable? true`. Otherwise as [`SetFull`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NoStaleElements;

impl SetFull {
    /// The name of the property.
    pub const PROPERTY: Property = Property::invariant("set-full");

    /// What became of the elements; `None` for a history that is not one of sets.
    pub fn summary<M: Model>(model: &M, history: &History<M::Op, M::Ret>) -> Option<SetSummary> {
        let subject = Typed::new(model, history);
        let sets = parts(&subject, &[Object::Set]).ok()?;
        let fates: Vec<_> = sets.iter().map(Fates::of).collect();
        Some(SetSummary::of(&fates))
    }
}

impl NoStaleElements {
    /// The name of the property.
    pub const PROPERTY: Property = Property::invariant("no-stale-elements");
}

/// What became of the elements of a history, in the terms of Jepsen's `set-full`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SetSummary {
    /// Known, and in the last read.
    pub stable: usize,
    /// Known, and missing in the last read.
    pub lost: usize,
    /// Stable in the end, but missing in some read after they were known.
    pub stale: usize,
    /// Never known, or not read afterwards.
    pub never_read: usize,
    /// How long after they were known stable elements were missing at last, in nanoseconds, rising.
    pub stable_ns: Vec<u64>,
    /// How long after they were known lost elements were seen at last, in nanoseconds, rising.
    pub lost_ns: Vec<u64>,
}

impl SetSummary {
    fn of(sets: &[Fates<'_>]) -> SetSummary {
        let mut summary = SetSummary::default();
        sets.iter().for_each(|fates| summary.add(&fates.list));
        summary.stable_ns.sort_unstable();
        summary.lost_ns.sort_unstable();
        summary
    }

    fn add(&mut self, fates: &[Fate<'_>]) {
        for fate in fates {
            let (outcome, ns) = (fate.outcome(), fate.latency_ns());
            match outcome {
                Outcome::NeverRead => self.never_read += 1,
                Outcome::Lost => {
                    self.lost += 1;
                    self.lost_ns.push(ns);
                }
                Outcome::Stable | Outcome::Stale => {
                    self.stable += 1;
                    self.stale += usize::from(outcome == Outcome::Stale);
                    self.stable_ns.push(ns);
                }
            }
        }
    }

    /// Counts and latencies in words.
    fn told(&self) -> Vec<String> {
        let latencies = |name: &str, ns: &[u64]| {
            let (half, last) = (ns.get(ns.len() / 2)?, ns.last()?);
            let (half, last) = (milliseconds(*half), milliseconds(*last));
            Some(format!("{name}: {half} in the median, {last} at most"))
        };
        let SetSummary { stable, lost, stale, never_read, .. } = self;
        let mut told = vec![format!(
            "of all elements {stable} are stable ({stale} of them were stale for a while), {lost} \
             lost, {never_read} never read"
        )];
        told.extend(latencies("elements became stable after", &self.stable_ns));
        told.extend(latencies("lost elements were seen for", &self.lost_ns));
        told
    }
}

impl<M: Model> Checker<M> for SetFull {
    fn property(&self) -> Property {
        SetFull::PROPERTY
    }

    fn check(&self, model: &M, history: &History<M::Op, M::Ret>, _budget: &Budget<'_>) -> Finding {
        judge(&Typed::new(model, history), &[Outcome::Lost], SetFull::PROPERTY)
    }
}

impl<M: Model> Checker<M> for NoStaleElements {
    fn property(&self) -> Property {
        NoStaleElements::PROPERTY
    }

    fn check(&self, model: &M, history: &History<M::Op, M::Ret>, _budget: &Budget<'_>) -> Finding {
        let wrong = [Outcome::Lost, Outcome::Stale];
        judge(&Typed::new(model, history), &wrong, NoStaleElements::PROPERTY)
    }
}

fn judge(subject: &dyn Subject, wrong: &[Outcome], property: Property) -> Finding {
    let sets = match parts(subject, &[Object::Set]) {
        Ok(sets) => sets,
        Err(why) => return scene::not_applicable(&why),
    };
    let fates: Vec<_> = sets.iter().map(Fates::of).collect();
    let summary = SetSummary::of(&fates);
    let found = sets.iter().zip(&fates).flat_map(|(set, fates)| {
        let wrong = fates.list.iter().filter(|fate| wrong.contains(&fate.outcome()));
        wrong.filter_map(move |fate| Some((set, fate, fate.evidence()?)))
    });
    // What is lost weighs more than what was late; then the longest, then the first.
    let worst = found.max_by_key(|(_, fate, (_, absent))| {
        (fate.outcome() == Outcome::Lost, fate.missing_ns(), std::cmp::Reverse(absent.id))
    });
    match worst {
        Some((set, fate, evidence)) => {
            case(subject, set, fate, evidence, &summary, property).finding()
        }
        // What is lost is always found.
        None if summary.stable == 0 => scene::not_applicable(
            "no element was read after it was known to be in and before anybody may have \
                 removed it",
        ),
        None => scene::finding(Verdict::Valid(Certificate::Checked)),
    }
}

fn case<'c>(
    subject: &'c dyn Subject,
    set: &Touched<'c>,
    fate: &Fate<'c>,
    (known, absent): (Timed, Timed),
    summary: &SetSummary,
    property: Property,
) -> Case<'c> {
    let (element, lost) = (shown(fate.element), fate.outcome() == Outcome::Lost);
    let (kind, word) = match lost {
        true => (AnomalyKind::LostElement, "lost"),
        false => (AnomalyKind::StaleElement, "stale"),
    };
    let mut why = vec![
        format!("{} made it known that {element} is in", known.id),
        format!("{} was called after that, and does not show it", absent.id),
    ];
    match fate.present {
        Some(present) if lost && present.id != known.id => {
            why.push(format!("{} was the last to see it", present.id));
        }
        Some(present) if !lost => why.push(format!("{} saw it again", present.id)),
        _ => {}
    }
    why.extend(summary.told());
    let late = milliseconds(fate.missing_ns());
    Case {
        subject,
        kind,
        property,
        key: set.key.clone(),
        culprit: absent.id,
        required: vec![known.id],
        optional: Vec::new(),
        headline: format!("{word} element{}: {element}", set.of()),
        sentence: format!(
            "{} read the set ({}){} without {element}, {late} after it was known to be in ({}).",
            absent.client(),
            absent.id,
            at(absent.call_ns),
            known.id
        ),
        why,
    }
}
