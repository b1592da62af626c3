//! Cores of logs: what is seen at a place must have been put there.
//!
//! A place that a required answer saw, or that a required operation stands behind, was taken. Where
//! no required operation took it, an optional one did: one that answered that place, or one without
//! an answer; one that put the entry that was seen there, where one was; and one that was called
//! before the first of those who stand behind the place had returned, its *deadline*. The deadlines
//! rise with the places, as whoever stands behind a place stands behind those before it.
//!
//! So it is a question of counting, answered by handing out operations: one that answered a place
//! can take no other and takes its own. Of those without an answer, places whose entry was seen
//! choose first, from the earliest deadline on, and always the latest call that is in time. If one
//! finds none, all that put this entry and are in time for it were given to places with deadlines no
//! later: there are too few. No other way to serve these places leaves more of the early calls, so
//! if then a place of which nothing was seen finds nothing that was called in time, there are too
//! few for all of them.
//!
//! This is about places of size one; where more is taken at once, it says nothing. Unlike the search it does not care how many may have been appended beside. It relies on what
//! the accesses of the model promise ([`Placing`]), and on that the core is closed.

use crate::part::Members;
use crate::recorded::{Op, Recorded};
use std::collections::{BTreeMap, BTreeSet};
use testimony_history::Rank;
use testimony_model::{Access, Atom, Object, Placing, places};

/// What is known of the places of a core.
#[derive(Default)]
struct Places<'h> {
    /// The entry at a place, as a required operation put it or saw it.
    facts: BTreeMap<i64, Atom<'h>>,
    /// Places that required operations took.
    taken: BTreeSet<i64>,
    /// Who stands behind: up to before which place, and when they returned.
    behind: Vec<(i64, Rank)>,
    /// What answered optional operations put at their places: entries, and when they were called.
    answered: BTreeMap<i64, Vec<(Option<Atom<'h>>, Rank)>>,
    /// Calls of optional operations without an answer, by the entry that they put.
    open: BTreeMap<Option<Atom<'h>>, Vec<Rank>>,
}

/// Whether what is seen contradicts itself, or something must have been put by more operations than
/// there are. (`false` says nothing.)
pub(crate) fn contradict(history: &dyn Recorded, core: &Members<'_>) -> bool {
    let (Object::Sequence, Atom::Int(begin)) = (history.object(), history.initial()) else {
        return false;
    };
    let mut places = Places::default();
    for &operation in &core.required {
        match placing(history, operation) {
            Some(Placing::Take { size: 2.., .. } | Placing::Rise(_)) | None => return false,
            Some(placing) if !places.require(placing, operation.ret) => return true,
            Some(_) => {}
        }
    }
    for &operation in &core.optional {
        match placing(history, operation) {
            Some(Placing::Take { at, size: 1, entry }) => match at {
                Some(at) => places.answered.entry(at).or_default().push((entry, operation.call)),
                None => places.open.entry(entry).or_default().push(operation.call),
            },
            Some(Placing::Take { .. } | Placing::Rise(_)) | None => return false,
            Some(_) => {}
        }
    }
    places.facts.keys().next().is_some_and(|&at| at < begin) || places.runs_short(begin)
}

fn placing<'h>(history: &'h dyn Recorded, operation: &Op) -> Option<Placing<'h>> {
    match history.access(operation) {
        Access::Place(placing) => Some(placing),
        _ => None,
    }
}

impl<'h> Places<'h> {
    /// Adds what a required operation says; `false` where somebody says that there is another entry.
    fn require(&mut self, placing: Placing<'h>, ret: Rank) -> bool {
        match placing {
            Placing::Take { at: Some(at), entry, .. } => {
                self.taken.insert(at);
                self.behind.push((at, ret));
                entry.is_none_or(|entry| self.see(at, entry))
            }
            Placing::End(Some(end)) => {
                self.behind.push((end, ret));
                true
            }
            Placing::Entry { at, entry } if entry != Atom::Nil => {
                self.behind.push((at.saturating_add(1), ret));
                self.see(at, entry)
            }
            Placing::Suffix { from, entries } if !entries.is_empty() => {
                let mut seen = places(from).zip(entries);
                let agree = seen.all(|(at, entry)| self.see(at, entry.atom()));
                let length = i64::try_from(entries.len()).unwrap_or(i64::MAX);
                self.behind.push((from.saturating_add(length), ret));
                agree
            }
            _ => true,
        }
    }

    fn see(&mut self, at: i64, entry: Atom<'h>) -> bool {
        *self.facts.entry(at).or_insert(entry) == entry
    }

    /// Whether there are too few optional operations for the places that nobody required took.
    fn runs_short(mut self, begin: i64) -> bool {
        self.behind.sort_unstable();
        for at in (0..self.behind.len().saturating_sub(1)).rev() {
            self.behind[at].1 = self.behind[at].1.min(self.behind[at + 1].1);
        }
        let behind = std::mem::take(&mut self.behind);
        let end = behind.last().map_or(begin, |&(end, _)| end);
        let deadline = |at: i64| {
            let first = behind.partition_point(|&(end, _)| end <= at);
            behind.get(first).map_or(Rank::NEVER, |&(_, ret)| ret)
        };
        self.open.values_mut().for_each(|calls| calls.sort_unstable());
        let facts: Vec<(i64, Atom<'h>)> =
            self.facts.iter().map(|(&at, &seen)| (at, seen)).collect();
        let mut served: BTreeMap<Atom<'h>, Serving> = BTreeMap::new();
        for (at, seen) in facts {
            let by = deadline(at);
            if self.taken.contains(&at) || self.is_answered(at, Some(seen), by) {
                continue;
            }
            let calls = self.open.get(&Some(seen)).map_or(&[][..], Vec::as_slice);
            if !served.entry(seen).or_default().serve(calls, by) {
                return true;
            }
        }
        let mut left: Vec<Rank> = Vec::new();
        for (entry, calls) in &self.open {
            match entry.and_then(|entry| served.get(&entry)) {
                Some(serving) => left.extend(serving.left(calls)),
                None => left.extend(calls),
            }
        }
        left.sort_unstable();
        let mut left = left.into_iter();
        // Every place is taken by somebody else, so this ends before the operations do.
        (begin..end).any(|at| {
            let by = deadline(at);
            let known = self.taken.contains(&at)
                || self.facts.contains_key(&at)
                || self.is_answered(at, None, by);
            !known && left.next().is_none_or(|call| call > by)
        })
    }

    /// Whether somebody optional can have taken the place as it answered.
    fn is_answered(&self, at: i64, seen: Option<Atom<'h>>, by: Rank) -> bool {
        let answered = self.answered.get(&at).map_or(&[][..], Vec::as_slice);
        answered.iter().any(|&(entry, call)| call <= by && (seen.is_none() || entry == seen))
    }
}

/// Handing out the calls with one entry, the latest in time first, to deadlines that rise.
#[derive(Default)]
struct Serving {
    /// So many calls were looked at.
    looked_at: usize,
    /// In time and not handed out, by call.
    waiting: Vec<Rank>,
}

impl Serving {
    fn serve(&mut self, calls: &[Rank], by: Rank) -> bool {
        let in_time = calls[self.looked_at..].iter().take_while(|call| **call <= by);
        let in_time = in_time.copied().collect::<Vec<_>>();
        self.looked_at += in_time.len();
        self.waiting.extend(in_time);
        self.waiting.pop().is_some()
    }

    /// What nobody was given.
    fn left(&self, calls: &[Rank]) -> Vec<Rank> {
        [self.waiting.as_slice(), &calls[self.looked_at..]].concat()
    }
}
