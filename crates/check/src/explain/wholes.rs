//! Reads of a whole set: which element is wrong, and why, in words.
//!
//! Such a read names every element, so that neither its label nor the model's refusal of it says
//! which of them matters.

use super::Case;
use super::words::shown;
use crate::name::Named;
use crate::part::Part;
use std::collections::BTreeSet;
use testimony_model::{Access, Atom, Element, Value};
use testimony_verdict::{AnomalyKind, Edge, EdgeKind, Reason};

/// What is wrong with a read of a whole set.
enum Wrong<'h> {
    /// It shows an element that nobody added.
    ThinAir(Atom<'h>),
    /// It shows an element that this operation was the first to add, too late.
    Future(Atom<'h>, usize),
    /// It shows an element twice.
    Twice(Atom<'h>),
    /// It shows the one and not the other element, this read the other way round.
    Incomparable(Atom<'h>, Atom<'h>, usize),
    /// It lacks an element that was there since this operation.
    Lacks(Atom<'h>, usize),
    /// It lacks an element that was there since the first operation, and shows one that is there
    /// only since the second, which was called after that.
    Overtaken(Atom<'h>, usize, Atom<'h>, usize),
}

/// Whether a core with this name is told here.
pub(crate) fn tells(part: &Part<'_>, named: &Named) -> bool {
    let access = part.access(&part.operations[named.culprit]);
    let told = matches!(
        named.kind,
        AnomalyKind::ThinAirElement
            | AnomalyKind::FutureElement
            | AnomalyKind::DuplicateElement
            | AnomalyKind::IncomparableReads
            | AnomalyKind::MissingElement
    );
    told && matches!(access, Access::Element(Element::All(_)))
}

/// What is wrong, where the culprit is a read of a whole set.
fn wrong<'h>(case: &Case<'_, 'h>) -> Option<Wrong<'h>> {
    let culprit = case.named.culprit;
    let all = elements(case, culprit)?;
    let shows: BTreeSet<Atom<'h>> = all.iter().map(Value::atom).collect();
    Some(match (case.named.kind, case.named.against.as_slice()) {
        (AnomalyKind::ThinAirElement, _) => {
            let added: BTreeSet<Atom<'h>> =
                (0..case.part.operations.len()).filter_map(|at| added(case, at)).collect();
            Wrong::ThinAir(*shows.iter().find(|element| !added.contains(element))?)
        }
        (AnomalyKind::FutureElement, &[put]) => Wrong::Future(added(case, put)?, put),
        (AnomalyKind::DuplicateElement, []) => {
            let mut seen = BTreeSet::new();
            Wrong::Twice(all.iter().map(Value::atom).find(|element| !seen.insert(*element))?)
        }
        (AnomalyKind::IncomparableReads, &[other]) => {
            let others: BTreeSet<Atom<'h>> =
                elements(case, other)?.iter().map(Value::atom).collect();
            let (one, two) = (shows.difference(&others).next()?, others.difference(&shows).next()?);
            Wrong::Incomparable(*one, *two, other)
        }
        (AnomalyKind::MissingElement, &[known]) => {
            Wrong::Lacks(lacking(case, known, &shows)?, known)
        }
        (AnomalyKind::MissingElement, &[known, later]) => {
            Wrong::Overtaken(lacking(case, known, &shows)?, known, added(case, later)?, later)
        }
        _ => return None,
    })
}

fn access<'h>(case: &Case<'_, 'h>, at: usize) -> Option<Element<'h>> {
    match case.part.access(&case.part.operations[at]) {
        Access::Element(element) => Some(element),
        _ => None,
    }
}

/// What a read of the whole set shows.
fn elements<'h>(case: &Case<'_, 'h>, at: usize) -> Option<&'h [Value]> {
    match access(case, at)? {
        Element::All(all) => all,
        _ => None,
    }
}

fn added<'h>(case: &Case<'_, 'h>, at: usize) -> Option<Atom<'h>> {
    match access(case, at)? {
        Element::Add { element, new: Some(true) | None } => Some(element),
        _ => None,
    }
}

/// An element that an operation added or saw, and that is not among these.
fn lacking<'h>(case: &Case<'_, 'h>, known: usize, shows: &BTreeSet<Atom<'h>>) -> Option<Atom<'h>> {
    match access(case, known)? {
        Element::Add { element, .. }
        | Element::Remove { element, .. }
        | Element::Contains { element, .. } => Some(element),
        Element::All(all) => all?.iter().map(Value::atom).find(|element| !shows.contains(element)),
        _ => None,
    }
}

/// A sentence, where the culprit is a read of a whole set.
pub(crate) fn sentence(case: &Case<'_, '_>) -> Option<String> {
    let words = &case.words;
    let culprit = &words.get(case.named.culprit);
    let did = |at: usize| words.did(&words.get(at));
    let returned = |at: usize| words.did_by(&words.get(at));
    let subject = words.did_from(culprit);
    Some(match wrong(case)? {
        Wrong::ThinAir(element) => {
            format!("{subject} shows {}, which no operation ever added.", shown(element))
        }
        Wrong::Future(element, put) => format!(
            "{} shows {}, but {}, the first that adds it, was called{}, after that answer.",
            returned(case.named.culprit),
            shown(element),
            did(put),
            words.called(&words.get(put)),
        ),
        Wrong::Twice(element) => format!("{subject} shows {} twice.", shown(element)),
        Wrong::Incomparable(one, two, other) => format!(
            "{subject} shows {one} and not {two}, {} shows {two} and not {one}, although nothing \
             was removed.",
            returned(other),
            one = shown(one),
            two = shown(two),
        ),
        Wrong::Lacks(element, known) => format!(
            "{subject} does not show {}: {} had returned {}before, and nothing removed it.",
            shown(element),
            returned(known),
            words.between(&words.get(known), culprit),
        ),
        Wrong::Overtaken(lacks, known, shows, later) => format!(
            "{subject} does not show {} although it shows {}: {} had returned before {} was \
             called{}, and nothing removed it.",
            shown(lacks),
            shown(shows),
            returned(known),
            did(later),
            words.called(&words.get(later)),
        ),
    })
}

/// The steps of the contradiction, where the culprit is a read of a whole set.
pub(crate) fn why(case: &Case<'_, '_>) -> Option<Vec<Reason>> {
    let culprit = case.named.culprit;
    let numbered = |at: usize| case.words.numbered(&case.words.get(at));
    let id = |at: usize| case.words.get(at).id;
    let told = |text: String| Reason { text, edge: None };
    let before = |first: usize, second: usize, text: String| {
        let edge = Edge { before: id(first), after: id(second), kind: EdgeKind::RealTime };
        Reason { text, edge: Some(edge) }
    };
    let first = |one: usize, two: usize| {
        let text =
            format!("{} must come before {}: it returned first", numbered(one), numbered(two));
        before(one, two, text)
    };
    let stays = |element: Atom<'_>| {
        let element = shown(element);
        [
            told(format!(
                "so {element} is there by then, and nothing that may remove it was called in time"
            )),
            told(format!("but {} does not show {element}.", id(culprit))),
        ]
    };
    let mut steps = Vec::new();
    match wrong(case)? {
        Wrong::ThinAir(element) => {
            let element = shown(element);
            steps.push(told(format!("{} needs an add of {element}", numbered(culprit))));
            steps.push(told("the history has none.".to_owned()));
        }
        Wrong::Future(element, put) => {
            let element = shown(element);
            steps.push(told(format!("{} needs an add of {element}", numbered(culprit))));
            let (put_id, read) = (numbered(put), id(culprit));
            let text = format!(
                "the first one is {put_id}, and it was called only after {read} had returned."
            );
            steps.push(before(culprit, put, text));
        }
        Wrong::Twice(element) => {
            let text =
                format!("{} shows {} twice: no set does.", numbered(culprit), shown(element));
            steps.push(told(text));
        }
        Wrong::Incomparable(one, two, other) => {
            let (one, two) = (shown(one), shown(two));
            steps.push(told(format!("{} shows {one} and not {two}", numbered(culprit))));
            steps.push(told(format!("{} shows {two} and not {one}", numbered(other))));
            let text = "nothing is removed, so whichever comes later has to show what both show.";
            steps.push(told(text.to_owned()));
        }
        Wrong::Lacks(element, known) => {
            steps.push(first(known, culprit));
            steps.extend(stays(element));
        }
        Wrong::Overtaken(lacks, known, shows, later) => {
            steps.push(first(known, later));
            steps.push(told(format!(
                "{} shows {}, which nobody added before {}",
                numbered(culprit),
                shown(shows),
                id(later)
            )));
            steps.extend(stays(lacks));
        }
    }
    Some(steps)
}
