//! `total-queue`: what goes in comes out, once.

use super::parts::{Timed, Touched, ids, parts};
use super::registers::shown;
use super::scene::{self, Case, at, counted};
use crate::subject::{Subject, Typed};
use crate::{Budget, Checker};
use std::collections::BTreeMap;
use testimony_history::{History, Rank};
use testimony_model::{Access, Atom, Element, Model, Object};
use testimony_verdict::{AnomalyKind, Finding, Property};

/// What goes in comes out, once, in any order: for queues, stacks and priority queues.
///
/// - *Unexpected*: an element comes out (or is seen next) although no insert of it that may have
///   happened was called by then.
/// - *Duplicated*: by some moment an element has come out more often than inserts of it that may
///   have happened were called.
/// - *Lost*: somebody found it empty although more elements had gone in for certain and never came
///   out, not even later, than takes without an answer were called by then; each of those may have
///   taken one.
///
/// Jepsen's `total-queue`, which needs the queue drained at the end; here every "empty" counts, and
/// takes without an answer are allowed. Nothing is lost for certain unless somebody found it empty.
/// O(n log n).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TotalQueue;

impl TotalQueue {
    /// The name of the property.
    pub const PROPERTY: Property = Property::invariant("total-queue");
}

const OBJECTS: [Object; 3] = [Object::Queue, Object::Stack, Object::PriorityQueue];

impl<M: Model> Checker<M> for TotalQueue {
    fn property(&self) -> Property {
        TotalQueue::PROPERTY
    }

    fn check(&self, model: &M, history: &History<M::Op, M::Ret>, _budget: &Budget<'_>) -> Finding {
        let subject = Typed::new(model, history);
        let queues = match parts(&subject, &OBJECTS) {
            Ok(queues) => queues,
            Err(why) => return scene::not_applicable(&why),
        };
        let mut cases = Vec::new();
        for queue in &queues {
            let flow = Flow::of(queue);
            let shared = Shared { subject: &subject, queue };
            cases.extend(flow.lost().map(|lost| shared.lost(&lost)));
            cases.extend(flow.duplicated().map(|duplicated| shared.duplicated(&duplicated)));
            cases.extend(flow.unexpected().map(|(out, element)| shared.unexpected(out, element)));
        }
        // One of each kind tells enough.
        cases.sort_by_key(|case| case.kind);
        cases.dedup_by_key(|case| case.kind);
        scene::findings(cases)
    }
}

/// What went in and came out.
struct Flow<'h> {
    /// Inserts that may have happened, by call.
    inserts: BTreeMap<Atom<'h>, Vec<Timed>>,
    /// Answered takes of an element, by return.
    takes: BTreeMap<Atom<'h>, Vec<Timed>>,
    /// Answered takes and peeks of an element, by return.
    seen: Vec<(Timed, Atom<'h>)>,
    /// Those who found it empty, by call.
    empty: Vec<Timed>,
    /// Takes without an answer, by call.
    open: Vec<Timed>,
}

/// Elements that are lost: who found it empty, what had gone in (no more than it takes), and the
/// takes that may have taken some.
struct Lost<'h> {
    empty: Timed,
    inserts: Vec<(Timed, Atom<'h>)>,
    open: Vec<Timed>,
    /// How many elements are missing in all.
    missing: usize,
}

/// An element that came out once too often, as far as it had gone in by then.
struct Duplicated<'h> {
    element: Atom<'h>,
    takes: Vec<Timed>,
    inserts: Vec<Timed>,
}

impl<'h> Flow<'h> {
    fn of(queue: &Touched<'h>) -> Flow<'h> {
        let (inserts, takes) = (BTreeMap::new(), BTreeMap::new());
        let mut flow = Flow { inserts, takes, seen: vec![], empty: vec![], open: vec![] };
        let mut by_call = queue.accesses.clone();
        by_call.sort_by_key(|(operation, _)| (operation.call, operation.id));
        for &(operation, access) in &by_call {
            let Access::Element(access) = access else { continue };
            match access {
                Element::Insert(element) => {
                    flow.inserts.entry(element).or_default().push(operation);
                }
                Element::Take(None) => flow.open.push(operation),
                Element::Take(Some(None)) | Element::Peek(Some(None)) => flow.empty.push(operation),
                Element::Take(Some(Some(element))) => {
                    flow.takes.entry(element).or_default().push(operation);
                    flow.seen.push((operation, element));
                }
                Element::Peek(Some(Some(element))) => flow.seen.push((operation, element)),
                _ => {}
            }
        }
        for takes in flow.takes.values_mut() {
            takes.sort_by_key(|take| (take.ret, take.id));
        }
        flow.seen.sort_by_key(|(operation, _)| (operation.ret, operation.id));
        flow
    }

    /// Inserts of an element that may have happened and were called by this rank.
    fn inserted(&self, element: Atom<'h>, by: Rank) -> &[Timed] {
        let inserts = self.inserts.get(&element).map_or(&[][..], Vec::as_slice);
        &inserts[..inserts.partition_point(|insert| insert.call <= by)]
    }

    fn unexpected(&self) -> Option<(Timed, Atom<'h>)> {
        let mut seen = self.seen.iter();
        seen.find(|(out, element)| self.inserted(*element, out.ret).is_empty()).copied()
    }

    fn duplicated(&self) -> Option<Duplicated<'h>> {
        let too_often = self.takes.iter().filter_map(|(element, takes)| {
            let inserted = |take: &Timed| self.inserted(*element, take.ret);
            let mut counted = takes.iter().enumerate();
            let last = counted.position(|(before, take)| inserted(take).len() <= before)?;
            let (takes, inserts) = (takes[..=last].to_vec(), inserted(&takes[last]).to_vec());
            // One that came out before it went in is unexpected, and tells nothing of the others.
            let strange = inserts.is_empty();
            (!strange).then_some(Duplicated { element: *element, takes, inserts })
        });
        too_often.min_by_key(|duplicated| duplicated.takes.last().map(|take| (take.ret, take.id)))
    }

    fn lost(&self) -> Option<Lost<'h>> {
        let mut missing: Vec<(Timed, Atom<'h>)> = Vec::new();
        for (element, inserts) in &self.inserts {
            // The earliest that came in may be those that came out.
            let mut answered: Vec<_> = inserts.iter().filter(|insert| insert.is_ok()).collect();
            answered.sort_by_key(|insert| (insert.ret, insert.id));
            let out = self.takes.get(element).map_or(0, Vec::len);
            missing.extend(answered.iter().skip(out).map(|insert| (**insert, *element)));
        }
        missing.sort_by_key(|(insert, _)| (insert.ret, insert.id));
        self.empty.iter().find_map(|empty| {
            let before = missing.partition_point(|(insert, _)| insert.ret < empty.call);
            let open = self.open.partition_point(|take| take.call <= empty.ret);
            let open = self.open[..open].to_vec();
            let inserts = missing[..before].get(..=open.len())?.to_vec();
            Some(Lost { empty: *empty, inserts, open, missing: before })
        })
    }
}

/// What the cases of one queue share.
struct Shared<'c, 'q> {
    subject: &'c dyn Subject,
    queue: &'q Touched<'c>,
}

impl<'c> Shared<'c, '_> {
    fn case(
        &self,
        kind: AnomalyKind,
        culprit: Timed,
        (headline, sentence, why): (String, String, Vec<String>),
    ) -> Case<'c> {
        let (required, optional) = (Vec::new(), Vec::new());
        let (subject, key) = (self.subject, self.queue.key.clone());
        let property = TotalQueue::PROPERTY;
        let culprit = culprit.id;
        Case { subject, kind, property, key, culprit, required, optional, headline, sentence, why }
    }

    fn lost(&self, lost: &Lost<'c>) -> Case<'c> {
        let empty = lost.empty;
        let (first, element) = lost.inserts[0];
        let element = shown(element);
        let mut why = vec![
            format!("{} had gone in: {} was answered", element, first.id),
            format!("{} found it empty after that", empty.id),
            "no answered take ever brought it out".to_owned(),
        ];
        if !lost.open.is_empty() {
            why.push(match lost.open.len() {
                1 => format!(
                    "one take was never answered and may have taken one, but {} elements are missing",
                    lost.missing
                ),
                open => format!(
                    "{open} takes were never answered and may have taken one each, but {} elements \
                     are missing",
                    lost.missing
                ),
            });
        } else if lost.missing > 1 {
            why.push(format!("{} elements are missing in all", lost.missing));
        }
        let sentence = format!(
            "{} found it empty ({}){}, but {element} had gone in ({}) and never came out.",
            empty.client(),
            empty.id,
            at(empty.call_ns),
            first.id
        );
        let headline = format!("lost element{}: {element}", self.queue.of());
        let mut case = self.case(AnomalyKind::LostElement, empty, (headline, sentence, why));
        case.required = lost.inserts.iter().map(|(insert, _)| insert.id).collect();
        case.optional = ids(&lost.open);
        case
    }

    fn duplicated(&self, duplicated: &Duplicated<'c>) -> Case<'c> {
        let Duplicated { element, takes, inserts } = duplicated;
        let (element, last) = (shown(*element), takes[takes.len() - 1]);
        let why = vec![
            format!("by {} {element} had come out {}", last.id, counted(takes.len())),
            match inserts.len() {
                1 => "by then only one insert of it had been called".to_owned(),
                many => format!("by then only {many} inserts of it had been called"),
            },
        ];
        let sentence = format!(
            "{} took {element} ({}){}: it had gone in {} at most, and came out {}.",
            last.client(),
            last.id,
            at(last.ret_ns),
            counted(inserts.len()),
            counted(takes.len())
        );
        let headline = format!("duplicate element{}: {element}", self.queue.of());
        let mut case = self.case(AnomalyKind::DuplicateElement, last, (headline, sentence, why));
        case.required = ids(takes);
        case.optional = ids(inserts);
        case
    }

    fn unexpected(&self, out: Timed, atom: Atom<'c>) -> Case<'c> {
        let element = shown(atom);
        let inserts = |access: &Access<'_>| matches!(access, Access::Element(Element::Insert(inserted)) if *inserted == atom);
        let why = vec![
            format!("{} got {element}", out.id),
            self.queue.nobody(&format!("insert of {element}"), out, inserts),
        ];
        let (who, at) = (out.client(), at(out.ret_ns));
        let sentence = format!("{who} got {element} ({}){at}, which nobody had put in.", out.id);
        let headline = format!("unexpected element{}: {element}", self.queue.of());
        self.case(AnomalyKind::UnexpectedElement, out, (headline, sentence, why))
    }
}
