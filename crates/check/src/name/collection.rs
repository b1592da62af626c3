//! The names of what can go wrong with a set, a queue, a stack or a priority queue.

use super::Named;
use crate::core::Reduced;
use crate::part::Part;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::OnceCell;
use std::collections::BTreeSet;
use testimony_model::{Access, Atom, Element, Object};
use testimony_verdict::AnomalyKind;

/// A name, when the part is a collection and one of the predicates holds. O(n) for each value of the
/// core.
pub(crate) fn named<'h>(part: &Part<'h>, core: &Reduced) -> Option<Named> {
    let object = part.subject.object();
    if !matches!(object, Object::Set | Object::Queue | Object::Stack | Object::PriorityQueue) {
        return None;
    }
    let case = Case { part, core, of: OnceCell::new() };
    case.without_source()
        .or_else(|| case.shown_twice())
        .or_else(|| case.duplicated())
        .or_else(|| case.resurrected())
        .or_else(|| case.incomparable())
        .or_else(|| case.empty())
        .or_else(|| match object {
            Object::Queue => case.queue(),
            Object::Stack => case.stack(),
            Object::PriorityQueue => case.priority(),
            _ => case.missing(),
        })
}

struct Case<'c, 'h> {
    part: &'c Part<'h>,
    core: &'c Reduced,
    /// What was done with each value, once anybody asks.
    of: OnceCell<FxHashMap<Atom<'h>, Done>>,
}

/// What was done with a value, by position.
#[derive(Default)]
struct Done {
    /// May have put it in.
    puts: Vec<usize>,
    /// Answered that they took it.
    takes: Vec<usize>,
    /// May have removed it from a set.
    removes: Vec<usize>,
}

impl<'h> Case<'_, 'h> {
    fn element(&self, at: usize) -> Option<Element<'h>> {
        let operation = self.part.operations[at];
        match self.part.access(&operation) {
            // The model lives as long as the operations do.
            Access::Element(element) => Some(element),
            _ => None,
        }
    }

    fn precedes(&self, first: usize, second: usize) -> bool {
        let (first, second) = (self.part.operations[first], self.part.operations[second]);
        first.is_ok() && first.precedes(&second)
    }

    fn required(&self) -> impl Iterator<Item = (usize, Element<'h>)> {
        self.core.required.iter().filter_map(|&at| Some((at, self.element(at)?)))
    }

    /// Positions of the whole part with what they do.
    fn everything(&self) -> impl Iterator<Item = (usize, Element<'h>)> {
        (0..self.part.operations.len()).filter_map(|at| Some((at, self.element(at)?)))
    }

    /// What was done with a value in the whole part. O(n) for the first one, then O(1).
    fn done(&self, value: Atom<'h>) -> Option<&Done> {
        let gather = || {
            let mut all: FxHashMap<Atom<'h>, Done> = FxHashMap::default();
            for (at, element) in self.everything() {
                if let Some(value) = put(&element) {
                    all.entry(value).or_default().puts.push(at);
                }
                if let Some(value) = took(&element) {
                    all.entry(value).or_default().takes.push(at);
                }
                if let Element::Remove { element, there: Some(true) | None } = element {
                    all.entry(element).or_default().removes.push(at);
                }
            }
            all
        };
        self.of.get_or_init(gather).get(&value)
    }

    /// Operations that may have put a value in.
    fn puts(&self, value: Atom<'h>) -> &[usize] {
        self.done(value).map_or(&[], |done| &done.puts)
    }

    /// Required operations that found a value next, by call.
    fn found(&self) -> Vec<(usize, Atom<'h>)> {
        let next = |(at, element)| match element {
            Element::Take(Some(Some(value))) | Element::Peek(Some(Some(value))) => {
                Some((at, value))
            }
            _ => None,
        };
        self.required().filter_map(next).collect()
    }

    /// Values that required operations put in, with those, by call.
    fn inserted(&self) -> Vec<(usize, Atom<'h>)> {
        self.required().filter_map(|(at, element)| Some((at, put(&element)?))).collect()
    }

    /// The operations that answered that they took a value.
    fn takes(&self, value: Atom<'h>) -> &[usize] {
        self.done(value).map_or(&[], |done| &done.takes)
    }

    fn without_source(&self) -> Option<Named> {
        for (at, element) in self.required() {
            for value in saw(&element) {
                let puts = self.puts(value);
                let Some(&first) = puts.first() else {
                    return Some(Named::new(AnomalyKind::ThinAirElement, at, Vec::new()));
                };
                // By call, so that the first is the only one that matters.
                if self.precedes(at, first) {
                    return Some(Named::new(AnomalyKind::FutureElement, at, vec![first]));
                }
            }
        }
        None
    }

    fn duplicated(&self) -> Option<Named> {
        let twice = |(at, element): (usize, Element<'h>)| {
            let shown = saw(&element);
            let different: FxHashSet<_> = shown.iter().collect();
            (different.len() < shown.len()).then_some(at)
        };
        if let Some(at) = self.required().find_map(twice) {
            return Some(Named::new(AnomalyKind::DuplicateElement, at, Vec::new()));
        }
        let takes: Vec<_> =
            self.required().filter_map(|(at, element)| Some((at, took(&element)?))).collect();
        takes.iter().find_map(|&(_, value)| {
            let mut same: Vec<usize> =
                takes.iter().filter(|(_, other)| *other == value).map(|(at, _)| *at).collect();
            // Somebody put it in: else it has a name already.
            if same.len() <= self.puts(value).len() {
                return None;
            }
            same.sort_by_key(|&at| (self.part.operations[at].ret, at));
            let culprit = same.pop()?;
            Some(Named::new(AnomalyKind::DuplicateElement, culprit, same))
        })
    }

    /// A read of a set that shows an element twice.
    fn shown_twice(&self) -> Option<Named> {
        let twice = |element: &Element<'h>| {
            let mut values = FxHashSet::default();
            let all = if let Element::All(Some(_)) = element { saw(element) } else { Vec::new() };
            all.into_iter().any(|value| !values.insert(value))
        };
        let (read, _) = self.required().find(|(_, element)| twice(element))?;
        Some(Named::new(AnomalyKind::DuplicateElement, read, Vec::new()))
    }

    /// What an operation certainly took out: it says so, or it removed what had gone in before.
    fn certainly_took(&self, at: usize, element: &Element<'h>) -> Option<Atom<'h>> {
        took(element).or_else(|| match element {
            Element::Remove { element, there: None } if self.part.operations[at].is_ok() => {
                let before = self.puts(*element).iter().all(|&put| self.precedes(put, at));
                before.then_some(*element)
            }
            _ => None,
        })
    }

    fn resurrected(&self) -> Option<Named> {
        let gone: Vec<_> = self
            .required()
            .filter_map(|(at, element)| Some((at, self.certainly_took(at, &element)?)))
            .collect();
        self.required().find_map(|(at, element)| {
            let values = saw(&element);
            let before = gone
                .iter()
                .find(|(take, value)| values.contains(value) && self.precedes(*take, at));
            let (take, value) = before?;
            let again = self.puts(*value).len() > 1;
            (!again).then(|| Named::new(AnomalyKind::ResurrectedElement, at, vec![*take]))
        })
    }

    fn incomparable(&self) -> Option<Named> {
        let removes = |(_, element): (usize, Element<'h>)| {
            matches!(element, Element::Remove { there: Some(true) | None, .. })
        };
        let reads: Vec<(usize, BTreeSet<Atom<'h>>)> = self
            .required()
            .filter(|(_, element)| matches!(element, Element::All(Some(_))))
            .map(|(at, element)| (at, saw(&element).into_iter().collect()))
            .collect();
        let lacking = reads.iter().enumerate().find_map(|(number, (at, one))| {
            let apart = |two: &BTreeSet<_>| !one.is_subset(two) && !two.is_subset(one);
            let (other, _) = reads[..number].iter().find(|(_, two)| apart(two))?;
            Some(Named::new(AnomalyKind::IncomparableReads, *at, vec![*other]))
        });
        lacking.filter(|_| !self.everything().any(removes))
    }

    fn empty(&self) -> Option<Named> {
        let nothing = |element: &Element<'_>| {
            matches!(element, Element::Take(Some(None)) | Element::Peek(Some(None)))
        };
        let (culprit, _) = self.required().find(|(_, element)| nothing(element))?;
        let there = self.inserted().into_iter().map(|(at, _)| at).collect();
        Some(Named::new(AnomalyKind::FalseEmpty, culprit, there))
    }

    /// Whether a value that was put in before an operation was taken only after it, or never.
    fn still_there(&self, value: Atom<'h>, culprit: usize) -> Option<&[usize]> {
        let takes = self.takes(value);
        takes.iter().all(|&take| self.precedes(culprit, take)).then_some(takes)
    }

    /// A name for a value that was still there, or that nobody took at all.
    fn wrong(&self, kind: AnomalyKind, culprit: usize, puts: &[usize], takes: &[usize]) -> Named {
        let kind = if takes.is_empty() { AnomalyKind::LostElement } else { kind };
        Named::new(kind, culprit, [puts, takes].concat())
    }

    fn queue(&self) -> Option<Named> {
        self.found().into_iter().find_map(|(culprit, value)| {
            let puts = self.puts(value);
            let earlier = self.inserted().into_iter().filter(|&(_, other)| other != value);
            earlier.into_iter().find_map(|(first, other)| {
                // By call: before the first is before all of them.
                let before = puts.first().is_none_or(|&put| self.precedes(first, put));
                let takes = self.still_there(other, culprit).filter(|_| before)?;
                Some(self.wrong(AnomalyKind::ReorderedElement, culprit, &[first], takes))
            })
        })
    }

    fn stack(&self) -> Option<Named> {
        self.found().into_iter().find_map(|(culprit, value)| {
            let puts = self.puts(value);
            let later = self.inserted().into_iter().filter(|&(_, other)| other != value);
            later.into_iter().find_map(|(above, other)| {
                let on_it = puts.iter().all(|&put| self.precedes(put, above));
                let before = on_it && self.precedes(above, culprit);
                let takes = self.still_there(other, culprit).filter(|_| before)?;
                Some(self.wrong(AnomalyKind::StackOrder, culprit, &[above], takes))
            })
        })
    }

    fn priority(&self) -> Option<Named> {
        self.found().into_iter().find_map(|(culprit, value)| {
            let greater = self.inserted().into_iter().filter(|&(_, other)| other > value);
            greater.into_iter().find_map(|(put, other)| {
                let before = self.precedes(put, culprit);
                let takes = self.still_there(other, culprit).filter(|_| before)?;
                Some(self.wrong(AnomalyKind::PriorityOrder, culprit, &[put], takes))
            })
        })
    }

    fn missing(&self) -> Option<Named> {
        let mut known = self.inserted();
        let seen = self
            .required()
            .flat_map(|(at, element)| saw(&element).into_iter().map(move |value| (at, value)));
        known.extend(seen);
        self.required().find_map(|(culprit, element)| {
            let shown: FxHashSet<Atom<'h>> = match element {
                Element::All(Some(_)) => saw(&element).into_iter().collect(),
                _ => FxHashSet::default(),
            };
            let lacks = |value: &Atom<'h>| match element {
                Element::Contains { element, there: Some(false) }
                | Element::Remove { element, there: Some(false) } => element == *value,
                Element::All(Some(_)) => !shown.contains(value),
                _ => false,
            };
            let mut lacking = known.iter().filter(|(_, value)| {
                let removes = self.done(*value).map_or(&[][..], |done| &done.removes);
                lacks(value) && removes.iter().all(|&remove| self.precedes(culprit, remove))
            });
            let before = lacking.clone().find(|(known, _)| self.precedes(*known, culprit));
            let against = before.map(|&(known, _)| vec![known]).or_else(|| {
                let latest = self.latest(&shown)?;
                let (known, _) = lacking.find(|(known, _)| self.precedes(*known, latest))?;
                Some(vec![*known, latest])
            })?;
            Some(Named::new(AnomalyKind::MissingElement, culprit, against))
        })
    }

    /// Of the first operations that may have put these values in, the one that was called last.
    fn latest(&self, values: &FxHashSet<Atom<'h>>) -> Option<usize> {
        values.iter().filter_map(|&value| self.puts(value).first().copied()).max()
    }
}

/// The value that an operation put in.
fn put<'h>(element: &Element<'h>) -> Option<Atom<'h>> {
    match element {
        Element::Insert(value) => Some(*value),
        Element::Add { element, new: Some(true) | None } => Some(*element),
        _ => None,
    }
}

/// The value that an operation answered that it took.
fn took<'h>(element: &Element<'h>) -> Option<Atom<'h>> {
    match element {
        Element::Take(Some(Some(value))) => Some(*value),
        Element::Remove { element, there: Some(true) } => Some(*element),
        _ => None,
    }
}

/// The values that an operation saw.
fn saw<'h>(element: &Element<'h>) -> Vec<Atom<'h>> {
    match element {
        Element::Take(Some(Some(value))) | Element::Peek(Some(Some(value))) => vec![*value],
        Element::Add { element, new: Some(false) }
        | Element::Remove { element, there: Some(true) }
        | Element::Contains { element, there: Some(true) } => vec![*element],
        Element::All(Some(elements)) => elements.iter().map(testimony_model::Value::atom).collect(),
        _ => Vec::new(),
    }
}
