//! `exactly-once`: every effect that was asked for shows once, in order.

use super::parts::{Timed, Touched, ids, parts};
use super::registers::shown;
use super::scene::{self, Case, at, counted};
use crate::subject::{Subject, Typed};
use crate::{Budget, Checker};
use std::collections::{BTreeMap, BTreeSet};
use testimony_history::{History, OpId, Rank};
use testimony_model::{Access, Atom, Model, Object, Placing, places};
use testimony_verdict::{AnomalyKind, Finding, Property};

/// Every entry of a log is the effect of an append, and each append has its effect once:
///
/// - *Unexpected*: a read shows an entry of which no append that may have happened was called by its
///   return. What else such a read shows is not judged: nobody knows what it is worth.
/// - *Duplicate*: by the return of a read that shows it, reads have shown an entry at more places
///   than appends of it that may have happened were called.
/// - *Lost*: a read that covers their places and was called after they were answered shows an entry
///   less often than appends of it were answered; or the place itself, read alone, holds another.
/// - *Reordered*: an entry stands before another, although its append was called after that of the
///   other had been answered (for entries that are appended once and seen at one place).
///
/// An append without an answer may have happened, once, at any time; a failed one did not. Not
/// applicable to models without readable entries. After the "exactly-once" of message brokers and
/// the order errors of Jepsen's `kafka`; O(s log s + r a) for s entries in r reads and a appends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ExactlyOnce;

impl ExactlyOnce {
    /// The name of the property.
    pub const PROPERTY: Property = Property::invariant("exactly-once");
}

impl<M: Model> Checker<M> for ExactlyOnce {
    fn property(&self) -> Property {
        ExactlyOnce::PROPERTY
    }

    fn check(&self, model: &M, history: &History<M::Op, M::Ret>, _budget: &Budget<'_>) -> Finding {
        let subject = Typed::new(model, history);
        let logs = match parts(&subject, &[Object::Sequence]) {
            Ok(logs) => logs,
            Err(why) => return scene::not_applicable(&why),
        };
        let effects: Vec<_> = logs.iter().map(|log| (log, Effects::of(log))).collect();
        if effects.iter().all(|(_, effects)| effects.is_silent()) {
            return scene::not_applicable("nothing was appended that can be read");
        }
        let mut cases = Vec::new();
        for (log, effects) in &effects {
            let shared = Shared { subject: &subject, log, effects };
            cases.extend(effects.unexpected.map(|(read, entry)| shared.unexpected(read, entry)));
            cases.extend(effects.lost().map(|lost| shared.lost(&lost)));
            cases.extend(effects.duplicate().map(|duplicate| shared.duplicate(&duplicate)));
            cases.extend(effects.reordered().map(|reordered| shared.reordered(&reordered)));
        }
        // One of each kind tells enough.
        cases.sort_by_key(|case| case.kind);
        cases.dedup_by_key(|case| case.kind);
        scene::findings(cases)
    }
}

/// An append that may have happened, with its place where it was answered.
type Append<'h> = (Timed, Option<i64>);

/// The appends of a log and what its reads show.
struct Effects<'h> {
    /// By entry, each list by call.
    appends: BTreeMap<Atom<'h>, Vec<Append<'h>>>,
    /// Reads of everything from a place on, by return.
    suffixes: Vec<(Timed, i64, Vec<Atom<'h>>)>,
    /// Reads of one place, by return.
    places: Vec<(Timed, i64, Atom<'h>)>,
    /// The first read that shows what nobody can have appended by its return. It and its like are
    /// not among the reads above.
    unexpected: Option<(Timed, Atom<'h>)>,
}

struct Duplicate<'h> {
    entry: Atom<'h>,
    /// The reads that show it, the last of which is one too many.
    reads: Vec<Timed>,
    appends: Vec<Timed>,
    places: Vec<i64>,
}

struct Lost<'h> {
    entry: Atom<'h>,
    read: Timed,
    appends: Vec<Timed>,
    /// How often the read shows it.
    shown: usize,
}

struct Reordered<'h> {
    first: (Atom<'h>, Timed, i64),
    second: (Atom<'h>, Timed, i64),
    /// Who saw the places.
    seen: Vec<Timed>,
}

impl<'h> Effects<'h> {
    fn of(log: &Touched<'h>) -> Effects<'h> {
        let (appends, suffixes, places) = (BTreeMap::new(), Vec::new(), Vec::new());
        let mut effects = Effects { appends, suffixes, places, unexpected: None };
        for &(operation, access) in &log.accesses {
            match access {
                Access::Place(Placing::Take { at, size: 1, entry: Some(entry) }) => {
                    effects.appends.entry(entry).or_default().push((operation, at));
                }
                Access::Place(Placing::Suffix { from, entries }) => {
                    let entries = entries.iter().map(|entry| entry.atom()).collect();
                    effects.suffixes.push((operation, from, entries));
                }
                Access::Place(Placing::Entry { at, entry }) => {
                    effects.places.push((operation, at, entry));
                }
                _ => {}
            }
        }
        for appends in effects.appends.values_mut() {
            appends.sort_by_key(|(append, _)| (append.call, append.id));
        }
        effects.suffixes.sort_by_key(|(read, ..)| (read.ret, read.id));
        effects.places.sort_by_key(|(read, ..)| (read.ret, read.id));
        effects.set_apart();
        effects
    }

    /// Takes out the reads that show what nobody can have appended.
    fn set_apart(&mut self) {
        let sightings = self.sightings();
        let strange = sightings.iter().filter(|(read, _, entry)| {
            let appends = self.appends.get(entry).and_then(|appends| appends.first());
            appends.is_none_or(|(first, _)| first.call > read.ret)
        });
        let strange: Vec<_> = strange.map(|(read, _, entry)| (*read, *entry)).collect();
        let apart: BTreeSet<OpId> = strange.iter().map(|(read, _)| read.id).collect();
        self.suffixes.retain(|(read, ..)| !apart.contains(&read.id));
        self.places.retain(|(read, ..)| !apart.contains(&read.id));
        self.unexpected = strange.first().copied();
    }

    /// Whether there is nothing to judge.
    fn is_silent(&self) -> bool {
        self.appends.is_empty() && self.unexpected.is_none()
    }

    /// The appends that may have put there what these operations show, but for these themselves.
    fn behind(&self, operations: &[Timed]) -> Vec<Timed> {
        let mut shown: BTreeSet<(OpId, Rank, Atom<'h>)> = BTreeSet::new();
        for (read, _, entry) in self.sightings() {
            if operations.iter().any(|one| one.id == read.id) {
                shown.insert((read.id, read.ret, entry));
            }
        }
        let mut behind: Vec<_> =
            shown.into_iter().flat_map(|(_, by, entry)| self.called(entry, by)).collect();
        behind.retain(|append| operations.iter().all(|one| one.id != append.id));
        behind
    }

    /// Every place at which a read shows an entry, by return of the read.
    fn sightings(&self) -> Vec<(Timed, i64, Atom<'h>)> {
        let mut sightings = self.places.clone();
        sightings.retain(|(.., entry)| *entry != Atom::Nil);
        for (read, from, entries) in &self.suffixes {
            sightings.extend(places(*from).zip(entries).map(|(at, entry)| (*read, at, *entry)));
        }
        sightings.sort_by_key(|(read, at, _)| (read.ret, read.id, *at));
        sightings
    }

    fn called(&self, entry: Atom<'h>, by: Rank) -> Vec<Timed> {
        let appends = self.appends.get(&entry).map_or(&[][..], Vec::as_slice);
        let called = appends.partition_point(|(append, _)| append.call <= by);
        appends[..called].iter().map(|(append, _)| *append).collect()
    }

    fn duplicate(&self) -> Option<Duplicate<'h>> {
        let mut seen: BTreeMap<Atom<'h>, BTreeMap<i64, Timed>> = BTreeMap::new();
        for (read, at, entry) in self.sightings() {
            let places = seen.entry(entry).or_default();
            places.entry(at).or_insert(read);
            let appends = self.called(entry, read.ret);
            if places.len() > appends.len() {
                let mut ids: BTreeSet<_> = places.values().map(|read| read.id).collect();
                ids.insert(read.id);
                let (places, reads) =
                    fewest(&ids, &self.sightings(), entry, (read.id, appends.len()));
                return Some(Duplicate { entry, reads, appends, places });
            }
        }
        None
    }

    fn lost(&self) -> Option<Lost<'h>> {
        let in_suffix = self.suffixes.iter().find_map(|(read, from, entries)| {
            let mut shown: BTreeMap<Atom<'h>, usize> = BTreeMap::new();
            entries.iter().for_each(|entry| *shown.entry(*entry).or_default() += 1);
            self.appends.iter().find_map(|(entry, appends)| {
                let known = appends.iter().filter(|(append, at)| {
                    append.ret < read.call && at.is_some_and(|at| at >= *from)
                });
                let known: Vec<_> = known.map(|(append, _)| *append).collect();
                let shown = shown.get(entry).copied().unwrap_or(0);
                let appends = known.get(..=shown)?.to_vec();
                Some(Lost { entry: *entry, read: *read, appends, shown })
            })
        });
        let mut by_place: BTreeMap<i64, Vec<(Atom<'h>, Timed)>> = BTreeMap::new();
        for (entry, appends) in &self.appends {
            for (append, at) in appends {
                at.map(|at| by_place.entry(at).or_default().push((*entry, *append)));
            }
        }
        let at_place = self.places.iter().find_map(|(read, at, there)| {
            let known = by_place.get(at)?.iter();
            let mut known =
                known.filter(|(entry, append)| append.ret < read.call && entry != there);
            let (entry, append) = known.next()?;
            Some(Lost { entry: *entry, read: *read, appends: vec![*append], shown: 0 })
        });
        in_suffix.or(at_place)
    }

    fn reordered(&self) -> Option<Reordered<'h>> {
        // Entries that were appended once and seen at one place, with who saw them there first.
        let mut placed: BTreeMap<Atom<'h>, BTreeMap<i64, Timed>> = BTreeMap::new();
        for (read, at, entry) in self.sightings() {
            placed.entry(entry).or_default().entry(at).or_insert(read);
        }
        let mut entries = Vec::new();
        for (entry, appends) in &self.appends {
            let [(append, answered)] = appends[..] else { continue };
            let mut places = placed.remove(entry).unwrap_or_default();
            if let Some(at) = answered {
                places.insert(at, append);
            }
            if let (1, Some((at, seen))) = (places.len(), places.pop_first()) {
                entries.push((*entry, append, at, seen));
            }
        }
        let mut by_ret: Vec<_> = entries.iter().filter(|(_, append, ..)| append.is_ok()).collect();
        by_ret.sort_by_key(|(_, append, ..)| (append.ret, append.id));
        let mut by_call: Vec<_> = entries.iter().collect();
        by_call.sort_by_key(|(_, append, ..)| (append.call, append.id));
        let mut before = by_ret.into_iter().peekable();
        let mut last: Option<&(Atom<'h>, Timed, i64, Timed)> = None;
        for second in by_call {
            while let Some(one) = before.next_if(|(_, append, ..)| append.ret < second.1.call) {
                last = last.filter(|last| last.2 >= one.2).or(Some(one));
            }
            if let Some(first) = last.filter(|last| last.2 > second.2) {
                return Some(Reordered {
                    first: (first.0, first.1, first.2),
                    second: (second.0, second.1, second.2),
                    seen: vec![first.3, second.3],
                });
            }
        }
        None
    }
}

/// So few of these reads as show an entry at more than `many` places, the last of them included (only
/// by its return were so many appends called): each is dropped that the others can do without. The
/// places that they show with them.
fn fewest<'h>(
    ids: &BTreeSet<OpId>,
    sightings: &[(Timed, i64, Atom<'h>)],
    entry: Atom<'h>,
    (last, many): (OpId, usize),
) -> (Vec<i64>, Vec<Timed>) {
    let mut shows: BTreeMap<_, (Timed, BTreeSet<i64>)> = BTreeMap::new();
    for (read, at, seen) in sightings {
        if *seen == entry && ids.contains(&read.id) {
            shows
                .entry((read.ret, read.id))
                .or_insert_with(|| (*read, BTreeSet::new()))
                .1
                .insert(*at);
        }
    }
    let mut kept: Vec<_> = shows.into_values().collect();
    let all = |kept: &[(Timed, BTreeSet<i64>)]| -> BTreeSet<i64> {
        kept.iter().flat_map(|(_, places)| places.iter().copied()).collect()
    };
    let mut next = 0;
    while next < kept.len() {
        let mut without = kept.clone();
        without.remove(next);
        let enough = kept[next].0.id != last && all(&without).len() > many;
        if enough { kept = without } else { next += 1 }
    }
    (all(&kept).into_iter().collect(), kept.into_iter().map(|(read, _)| read).collect())
}

/// What the cases of one log share.
struct Shared<'c, 'l> {
    subject: &'c dyn Subject,
    log: &'l Touched<'c>,
    effects: &'l Effects<'c>,
}

impl<'c> Shared<'c, '_> {
    fn case(
        &self,
        kind: AnomalyKind,
        (culprit, required): (Timed, Vec<Timed>),
        optional: &[Timed],
        (headline, sentence, why): (String, String, Vec<String>),
    ) -> Case<'c> {
        let (subject, key, property) = (self.subject, self.log.key.clone(), ExactlyOnce::PROPERTY);
        // What the required reads show beside is explained by these, so the core stands alone.
        let judged = [required.as_slice(), &[culprit]].concat();
        let optional = [optional, &self.effects.behind(&judged)].concat();
        let (required, optional) = (ids(&required), ids(&optional));
        let culprit = culprit.id;
        Case { subject, kind, property, key, culprit, required, optional, headline, sentence, why }
    }

    fn unexpected(&self, read: Timed, atom: Atom<'c>) -> Case<'c> {
        let (entry, of) = (shown(atom), self.log.of());
        let appends = |access: &Access<'_>| matches!(access, Access::Place(Placing::Take { entry: Some(entry), .. }) if *entry == atom);
        let why = vec![
            format!("{} shows {entry}", read.id),
            self.log.nobody(&format!("append of {entry}"), read, appends),
        ];
        let sentence = format!(
            "{} read the log{of} ({}){}: {entry} is there, and nobody can have appended it.",
            read.client(),
            read.id,
            at(read.ret_ns)
        );
        let told = (format!("unexpected effect{of}: {entry}"), sentence, why);
        self.case(AnomalyKind::UnexpectedEffect, (read, Vec::new()), &[], told)
    }

    fn lost(&self, lost: &Lost<'c>) -> Case<'c> {
        let Lost { read, appends, .. } = lost;
        let (entry, of) = (shown(lost.entry), self.log.of());
        let (asked, times) = (appends.len(), lost.shown);
        let why = vec![
            match asked {
                1 => format!("the append of {entry} ({}) had been answered", appends[0].id),
                _ => format!(
                    "{asked} appends of {entry} had been answered, the first is {}",
                    appends[0].id
                ),
            },
            match times {
                0 => format!("{} was called after that, and does not show it", read.id),
                _ => format!("{} was called after that, and shows it {}", read.id, counted(times)),
            },
        ];
        let sentence = format!(
            "{} read the log{of} ({}){}: {entry} was appended ({}), and is {}.",
            read.client(),
            read.id,
            at(read.call_ns),
            appends[appends.len() - 1].id,
            if times == 0 { "not there" } else { "there less often" }
        );
        let told = (format!("lost effect{of}: {entry}"), sentence, why);
        self.case(AnomalyKind::LostEffect, (*read, appends.clone()), &[], told)
    }

    fn duplicate(&self, duplicate: &Duplicate<'c>) -> Case<'c> {
        let Duplicate { reads, appends, places, .. } = duplicate;
        let (entry, of) = (shown(duplicate.entry), self.log.of());
        let last = reads[reads.len() - 1];
        let (asked, places) =
            (appends.len(), places.iter().map(i64::to_string).collect::<Vec<_>>().join(", "));
        let why = vec![
            format!("by {} {entry} was seen at {places}", last.id),
            match asked {
                1 => "by then only one append of it had been called".to_owned(),
                _ => format!("by then only {asked} appends of it had been called"),
            },
        ];
        let sentence = format!(
            "{} read the log{of} ({}){}: {entry} is there more often than it was appended.",
            last.client(),
            last.id,
            at(last.ret_ns)
        );
        let told = (format!("duplicate effect{of}: {entry}"), sentence, why);
        self.case(AnomalyKind::DuplicateEffect, (last, reads.clone()), appends, told)
    }

    fn reordered(&self, reordered: &Reordered<'c>) -> Case<'c> {
        let (first, append, there) = reordered.first;
        let (second, later, here) = reordered.second;
        let (first, second, of) = (shown(first), shown(second), self.log.of());
        let (before, after) = (reordered.seen[0], reordered.seen[1]);
        let why = vec![
            format!("the append of {first} ({}) had been answered", append.id),
            format!("then the append of {second} ({}) was called", later.id),
            format!("yet {second} stands at {here} ({})", after.id),
            format!("and {first} at {there} ({})", before.id),
        ];
        let sentence = format!(
            "{second} was appended after {first} ({}, {}), but stands before it in the log{of}.",
            append.id, later.id
        );
        let told = (format!("reordered effects{of}: {second} before {first}"), sentence, why);
        let optional = if later.id == after.id { Vec::new() } else { vec![later] };
        let required = vec![append, before];
        self.case(AnomalyKind::ReorderedEffect, (after, required), &optional, told)
    }
}
