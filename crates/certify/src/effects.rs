//! Exactly-once effects of a log, decided again.

use std::collections::{BTreeMap, BTreeSet};
use testimony_history::{History, Operation};
use testimony_model::{Access, Atom, Keys, Model, Object, Placing};

type Op<M> = Operation<<M as Model>::Op, <M as Model>::Ret>;

/// `exactly-once`: no effect shows more often than it was asked for (so none that nobody asked for),
/// none that was acknowledged is missing, and none stands before one that had been acknowledged when it was asked for.
///
/// # Errors
///
/// What is duplicated, lost or reordered. O(r (s + a)) for a appends, r reads, s entries in them,
/// and O(a²).
pub fn exactly_once<M: Model>(model: &M, history: &History<M::Op, M::Ret>) -> Result<(), String> {
    if model.object() != Object::Sequence {
        return Ok(());
    }
    let mut logs: BTreeMap<Option<String>, Vec<(&Op<M>, Placing<'_>)>> = BTreeMap::new();
    for operation in history.operations.iter().filter(|operation| !operation.is_fail()) {
        let key = match model.keys(&operation.op) {
            Keys::One(key) => Some(key.to_string()),
            Keys::All => None,
            Keys::Many(_) => return Ok(()),
        };
        let log = logs.entry(key).or_default();
        if let Access::Place(placing) = model.access(&operation.op, operation.outcome.answer()) {
            log.push((operation, placing));
        }
    }
    if logs.len() > 1 && logs.contains_key(&None) {
        return Ok(());
    }
    logs.values().try_for_each(|log| {
        let log = Log::<M>::of(log);
        log.lost()?;
        log.duplicate()?;
        log.reordered()
    })
}

/// Appends with the place that they answered, and what reads show from a place on.
struct Log<'h, M: Model> {
    appends: Vec<(&'h Op<M>, Atom<'h>, Option<i64>)>,
    reads: Vec<Read<'h, M>>,
}

struct Read<'h, M: Model> {
    read: &'h Op<M>,
    from: i64,
    entries: Vec<Atom<'h>>,
    /// Whether it shows everything to the end.
    to_the_end: bool,
}

impl<'h, M: Model> Log<'h, M> {
    fn of(touched: &[(&'h Op<M>, Placing<'h>)]) -> Log<'h, M> {
        let mut log = Log { appends: Vec::new(), reads: Vec::new() };
        for (operation, placing) in touched {
            let (from, entries, to_the_end) = match placing {
                Placing::Take { at, size: 1, entry: Some(entry) } => {
                    log.appends.push((operation, *entry, *at));
                    continue;
                }
                Placing::Entry { at, entry } => (*at, vec![*entry], false),
                Placing::Suffix { from, entries } => {
                    (*from, entries.iter().map(|entry| entry.atom()).collect(), true)
                }
                _ => continue,
            };
            log.reads.push(Read { read: operation, from, entries, to_the_end });
        }
        log
    }

    fn lost(&self) -> Result<(), String> {
        for Read { read, from, entries, to_the_end } in &self.reads {
            let mut owed: BTreeMap<Atom<'h>, usize> = BTreeMap::new();
            for (append, entry, at) in &self.appends {
                let Some(at) = at.filter(|_| append.precedes(read)) else { continue };
                if *to_the_end && at >= *from {
                    *owed.entry(*entry).or_default() += 1;
                } else if !to_the_end && at == *from && entries[..] != [*entry] {
                    return Err(format!("{} does not show {entry:?} at {at}", read.id));
                }
            }
            for (entry, owed) in owed {
                let shown = entries.iter().filter(|shown| **shown == entry).count();
                if shown < owed {
                    return Err(format!("{} shows {entry:?} {shown} times, not {owed}", read.id));
                }
            }
        }
        Ok(())
    }

    /// The places at which reads show each entry, of reads that had returned by then if asked.
    fn places(&self, by: Option<&Op<M>>) -> BTreeMap<Atom<'h>, BTreeSet<i64>> {
        let mut places: BTreeMap<Atom<'h>, BTreeSet<i64>> = BTreeMap::new();
        for Read { read, from, entries, .. } in &self.reads {
            if by.is_some_and(|by| read.ret > by.ret) {
                continue;
            }
            for (at, entry) in testimony_model::places(*from)
                .zip(entries)
                .filter(|(_, entry)| **entry != Atom::Nil)
            {
                places.entry(*entry).or_default().insert(at);
            }
        }
        places
    }

    fn duplicate(&self) -> Result<(), String> {
        for Read { read, entries, .. } in &self.reads {
            let places = self.places(Some(read)).into_iter();
            for (entry, places) in places.filter(|(entry, _)| entries.contains(entry)) {
                let appends = self.appends.iter().filter(|(_, appended, _)| *appended == entry);
                let asked = appends.filter(|(append, ..)| append.call <= read.ret).count();
                if places.len() > asked {
                    return Err(format!("{entry:?} at {places:?}, appended {asked} times"));
                }
            }
        }
        Ok(())
    }

    fn reordered(&self) -> Result<(), String> {
        let mut places = self.places(None);
        let mut once: BTreeMap<Atom<'h>, usize> = BTreeMap::new();
        for (_, entry, at) in &self.appends {
            *once.entry(*entry).or_default() += 1;
            if let Some(at) = at {
                places.entry(*entry).or_default().insert(*at);
            }
        }
        let mut placed = Vec::new();
        for (append, entry, _) in self.appends.iter().filter(|(_, entry, _)| once[entry] == 1) {
            if let Some(places) = places.get(entry)
                && let (1, Some(at)) = (places.len(), places.first())
            {
                placed.push((append, entry, at));
            }
        }
        for (first, entry, at) in placed.iter().filter(|(append, ..)| append.is_ok()) {
            let overtaken =
                placed.iter().find(|(second, _, here)| first.precedes(second) && here < at);
            if let Some((_, second, _)) = overtaken {
                return Err(format!("{second:?} stands before {entry:?}"));
            }
        }
        Ok(())
    }
}
