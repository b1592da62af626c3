//! What became of every element of a set.

use super::parts::{Timed, Touched};
use std::collections::BTreeMap;
use testimony_history::Rank;
use testimony_model::{Access, Atom, Element, Value};

/// What became of an element, in the terms of Jepsen's `set-full`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// No read tells whether it stayed.
    NeverRead,
    /// The last read shows it, and none since it was known misses it.
    Stable,
    /// The last read shows it, but one since it was known does not.
    Stale,
    /// The last read does not show it.
    Lost,
}

/// What is known of one element.
pub(super) struct Fate<'h> {
    pub(super) element: Atom<'h>,
    /// The first to return of those that show that it is in: its adds and what read it.
    pub(super) known: Option<Timed>,
    /// The last read, by call, that shows it.
    pub(super) present: Option<Timed>,
    /// The last read, by call, that does not.
    pub(super) absent: Option<Timed>,
}

impl<'h> Fate<'h> {
    pub(super) fn outcome(&self) -> Outcome {
        let missed = match (self.known, self.absent) {
            (Some(known), Some(absent)) => known.ret < absent.call,
            _ => false,
        };
        let call = |read: Option<Timed>| read.map(|read| read.call);
        let shown_last = call(self.present) >= call(self.absent);
        match (missed, shown_last && self.present.is_some()) {
            (true, true) => Outcome::Stale,
            (true, false) => Outcome::Lost,
            (false, true) => Outcome::Stable,
            (false, false) => Outcome::NeverRead,
        }
    }

    /// How long it took to become stable, or was seen until it was lost; nanoseconds from when it
    /// was known.
    pub(super) fn latency_ns(&self) -> u64 {
        let read = match self.outcome() {
            Outcome::Lost => self.present,
            _ => self.absent,
        };
        let since = self.known.map_or(0, |known| known.ret_ns);
        read.map_or(0, |read| read.call_ns.saturating_sub(since))
    }

    /// How long after it was known it was missing at last, in nanoseconds.
    pub(super) fn missing_ns(&self) -> u64 {
        let (known, absent) = (self.known, self.absent);
        known.zip(absent).map_or(0, |(known, absent)| absent.call_ns.saturating_sub(known.ret_ns))
    }

    /// What shows that it is lost or stale: who knew it, and who missed it. Only for those.
    pub(super) fn evidence(&self) -> Option<(Timed, Timed)> {
        self.known.zip(self.absent)
    }
}

/// The fates of all elements that anybody added or saw, by element.
pub(super) struct Fates<'h> {
    pub(super) list: Vec<Fate<'h>>,
}

/// What happened to one element.
struct Seen {
    /// The first call of a remove that may have happened.
    removed: Rank,
    /// Answered adds, and reads that show it.
    known: Vec<Timed>,
    /// Places of the whole reads that show it, rising.
    shown_by: Vec<usize>,
    /// Answers to whether it is there.
    asked: Vec<(Timed, bool)>,
}

impl Default for Seen {
    fn default() -> Self {
        let (known, shown_by, asked) = (Vec::new(), Vec::new(), Vec::new());
        Seen { removed: Rank::NEVER, known, shown_by, asked }
    }
}

impl<'h> Fates<'h> {
    pub(super) fn of(set: &Touched<'h>) -> Fates<'h> {
        let mut seen: BTreeMap<Atom<'h>, Seen> = BTreeMap::new();
        let mut reads: Vec<(Timed, &'h [Value])> = Vec::new();
        for &(operation, access) in &set.accesses {
            match access {
                Access::Element(Element::Add { element, .. }) => {
                    let seen = seen.entry(element).or_default();
                    seen.known.extend(operation.is_ok().then_some(operation));
                }
                Access::Element(Element::Remove { element, .. }) => {
                    let seen = seen.entry(element).or_default();
                    seen.removed = seen.removed.min(operation.call);
                }
                Access::Element(Element::Contains { element, there: Some(there) }) => {
                    seen.entry(element).or_default().asked.push((operation, there));
                }
                Access::Element(Element::All(Some(elements))) => reads.push((operation, elements)),
                _ => {}
            }
        }
        reads.sort_by_key(|(read, _)| (read.call, read.id));
        for (place, (_, elements)) in reads.iter().enumerate() {
            for element in *elements {
                seen.entry(element.atom()).or_default().shown_by.push(place);
            }
        }
        let list = seen.into_iter().map(|(element, seen)| seen.fate(element, &reads));
        Fates { list: list.collect() }
    }
}

impl Seen {
    fn fate<'h>(mut self, element: Atom<'h>, reads: &[(Timed, &'h [Value])]) -> Fate<'h> {
        let by_call = |read: &Timed| (read.call, read.id);
        let in_time = |read: &Timed| read.ret < self.removed;
        let told = |wanted: bool| {
            let asked = self.asked.iter().filter(move |(_, there)| *there == wanted);
            asked.map(|(read, _)| *read).filter(in_time)
        };
        let shown = self.shown_by.iter().map(|place| reads[*place].0).filter(in_time);
        let present = shown.clone().chain(told(true)).max_by_key(by_call);
        // The last whole read in time that does not show it: every one that does is passed once.
        let mut showing = self.shown_by.iter().rev().peekable();
        let end = reads.partition_point(|(read, _)| read.call < self.removed);
        let absent = (0..end).rev().find(|place| {
            while showing.next_if(|shown| *shown > place).is_some() {}
            showing.peek() != Some(&place) && in_time(&reads[*place].0)
        });
        let absent = absent.map(|place| reads[place].0).into_iter();
        let absent = absent.chain(told(false)).max_by_key(by_call);
        let seen: Vec<_> = shown.chain(told(true)).collect();
        self.known.extend(seen);
        let known = self.known.into_iter().min_by_key(|operation| (operation.ret, operation.id));
        Fate { element, known, present, absent }
    }
}
