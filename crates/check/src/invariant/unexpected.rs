//! `no-unexpected-elements`: a set shows only what somebody may have put there, and once.

use super::parts::{Timed, Touched, parts};
use super::registers::shown;
use super::scene::{self, Case, at};
use crate::subject::{Subject, Typed};
use crate::{Budget, Checker};
use std::collections::BTreeMap;
use testimony_history::{History, Rank};
use testimony_model::{Access, Atom, Element, Model, Object};
use testimony_verdict::{AnomalyKind, Finding, Property};

/// No read of a set shows an element of which no add that may have happened was called before the
/// read returned, and none shows one twice. Adds without an answer may have happened; failed ones
/// did not. The `:unexpected` of Jepsen's `set`, and what its `:duplicated` means to find.
/// O(s log s) for s elements in all reads together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NoUnexpectedElements;

impl NoUnexpectedElements {
    /// The name of the property.
    pub const PROPERTY: Property = Property::invariant("no-unexpected-elements");
}

impl<M: Model> Checker<M> for NoUnexpectedElements {
    fn property(&self) -> Property {
        NoUnexpectedElements::PROPERTY
    }

    fn check(&self, model: &M, history: &History<M::Op, M::Ret>, _budget: &Budget<'_>) -> Finding {
        let subject = Typed::new(model, history);
        let sets = match parts(&subject, &[Object::Set]) {
            Ok(sets) => sets,
            Err(why) => return scene::not_applicable(&why),
        };
        let mut cases = Vec::new();
        for set in &sets {
            let sightings = sightings(set);
            let strange = sightings.iter().find(|sighting| sighting.is_strange);
            let twice = sightings.iter().find(|sighting| sighting.is_twice);
            cases.extend(
                strange.map(|one| case(&subject, set, one, AnomalyKind::UnexpectedElement)),
            );
            cases.extend(twice.map(|one| case(&subject, set, one, AnomalyKind::DuplicateElement)));
        }
        // One of each kind tells enough.
        cases.sort_by_key(|case| case.kind);
        cases.dedup_by_key(|case| case.kind);
        scene::findings(cases)
    }
}

/// An element in a read, when it should not be there.
struct Sighting<'h> {
    read: Timed,
    element: Atom<'h>,
    is_strange: bool,
    is_twice: bool,
}

/// What reads show and should not, by return.
fn sightings<'h>(set: &Touched<'h>) -> Vec<Sighting<'h>> {
    let mut added: BTreeMap<Atom<'h>, Rank> = BTreeMap::new();
    let mut reads: Vec<(Timed, Vec<Atom<'h>>)> = Vec::new();
    for &(operation, access) in &set.accesses {
        match access {
            Access::Element(Element::Add { element, .. }) => {
                let call = added.entry(element).or_insert(operation.call);
                *call = operation.call.min(*call);
            }
            Access::Element(Element::Contains { element, there: Some(true) }) => {
                reads.push((operation, vec![element]));
            }
            Access::Element(Element::All(Some(elements))) => {
                let mut elements: Vec<_> = elements.iter().map(|element| element.atom()).collect();
                elements.sort_unstable();
                reads.push((operation, elements));
            }
            _ => {}
        }
    }
    reads.sort_by_key(|(read, _)| (read.ret, read.id));
    let mut sightings = Vec::new();
    for (read, elements) in reads {
        for (place, element) in elements.iter().enumerate() {
            let is_strange = added.get(element).is_none_or(|call| *call > read.ret);
            let is_twice = place > 0 && elements[place - 1] == *element;
            if is_strange || is_twice {
                sightings.push(Sighting { read, element: *element, is_strange, is_twice });
            }
        }
    }
    sightings
}

fn case<'c>(
    subject: &'c dyn Subject,
    set: &Touched<'c>,
    sighting: &Sighting<'c>,
    kind: AnomalyKind,
) -> Case<'c> {
    let Sighting { read, element, .. } = sighting;
    let (element, of) = (shown(*element), set.of());
    let adds = |access: &Access<'_>| matches!(access, Access::Element(Element::Add { element, .. }) if *element == sighting.element);
    let (what, why) = match kind {
        AnomalyKind::DuplicateElement => ("twice", "a set has an element once".to_owned()),
        _ => (
            "although nobody can have added it",
            set.nobody(&format!("add of {element}"), *read, adds),
        ),
    };
    Case {
        subject,
        kind,
        property: NoUnexpectedElements::PROPERTY,
        key: set.key.clone(),
        culprit: read.id,
        required: Vec::new(),
        optional: Vec::new(),
        headline: format!("{}{of}: {element}", kind.title()),
        sentence: format!(
            "{} saw {element} in the set{of} ({}){} {what}.",
            read.client(),
            read.id,
            at(read.call_ns)
        ),
        why: vec![format!("{} shows {element}", read.id), why],
    }
}
