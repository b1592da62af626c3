//! A history, or a core of one, as reads and writes of keys by sessions.

use crate::Rejected;
use crate::recorded::{Recorded, Touches};
use std::collections::{BTreeMap, BTreeSet};
use testimony_history::{OpId, Process, Rank};
use testimony_model::{Access, Atom};
use testimony_verdict::{Core, Level};

/// What an answer says about the value that was there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answered<'h> {
    /// It was this one.
    With(Atom<'h>),
    /// It was any but this one.
    Without(Atom<'h>),
}

impl Answered<'_> {
    /// Whether this value explains the answer.
    pub(crate) fn fits(self, value: Atom<'_>) -> bool {
        match self {
            Answered::With(seen) => seen == value,
            Answered::Without(missed) => missed != value,
        }
    }
}

/// One operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'h> {
    pub(crate) id: OpId,
    pub(crate) process: Process,
    pub(crate) key: usize,
    /// What its answer says; `None` where nothing is known or nothing counts.
    pub(crate) read: Option<Answered<'h>>,
    pub(crate) wrote: Option<Atom<'h>>,
    /// What an unanswered compare-and-set compares with.
    pub(crate) compares: Option<Atom<'h>>,
    /// Whether it counts as recorded.
    pub(crate) required: bool,
    pub(crate) call: Rank,
    pub(crate) ret: Rank,
}

/// Operations by id.
pub(crate) struct Record<'h> {
    pub(crate) entries: Vec<Entry<'h>>,
    pub(crate) initial: Atom<'h>,
    pub(crate) keys: usize,
}

impl<'h> Record<'h> {
    /// Reads a history; failed operations and reads without an answer say nothing.
    pub(crate) fn read(history: &'h dyn Recorded) -> Result<Record<'h>, Rejected> {
        let mut keys: BTreeMap<Touches, usize> = BTreeMap::new();
        let mut entries = Vec::new();
        for (operation, touches) in history.operations().iter().zip(&history.keyed().touches) {
            let required = operation.is_ok();
            if operation.is_fail() || (!required && history.is_observer(operation)) {
                continue;
            }
            if *touches == Touches::Many {
                return Err(Rejected::SeveralKeys(operation.id));
            }
            let next = keys.len();
            let key = *keys.entry(*touches).or_insert(next);
            let (mut read, mut wrote, mut compares) = (None, None, None);
            match history.access(operation) {
                Access::Read(seen) => read = seen.map(Answered::With),
                Access::Write(to) => wrote = Some(to),
                Access::Cas { from, swapped: Some(false), .. } => {
                    read = Some(Answered::Without(from));
                }
                Access::Cas { from, to, swapped: Some(true) } => {
                    (read, wrote) = (Some(Answered::With(from)), Some(to));
                }
                Access::Cas { from, to, swapped: None } => {
                    (wrote, compares) = (Some(to), Some(from));
                }
                Access::Lock(_) | Access::Place(_) | Access::Element(_) | Access::Other => {
                    return Err(Rejected::NoRegister(operation.id));
                }
            }
            let ret = if required { operation.ret } else { Rank::NEVER };
            let (id, process, call) = (operation.id, operation.process, operation.call);
            entries.push(Entry { id, process, key, read, wrote, compares, required, call, ret });
        }
        let several = keys.len() > 1 && keys.contains_key(&Touches::All);
        match entries.first() {
            Some(first) if several => Err(Rejected::SeveralKeys(first.id)),
            _ => Ok(Record { entries, initial: history.initial(), keys: keys.len() }),
        }
    }

    /// Places of each session, in its order.
    pub(crate) fn sessions(&self) -> BTreeMap<Process, Vec<usize>> {
        let mut sessions: BTreeMap<Process, Vec<usize>> = BTreeMap::new();
        for (at, entry) in self.entries.iter().enumerate() {
            sessions.entry(entry.process).or_default().push(at);
        }
        sessions
    }

    /// Each operation of a session returned before the next one was called.
    pub(crate) fn check_sessions(&self) -> Result<(), Rejected> {
        for places in self.sessions().values() {
            for pair in places.windows(2) {
                if self.entries[pair[0]].ret >= self.entries[pair[1]].call {
                    return Err(Rejected::Overlap(self.entries[pair[1]].id));
                }
            }
        }
        Ok(())
    }

    /// Where the operation with this id stands.
    pub(crate) fn place(&self, id: OpId) -> Result<usize, Rejected> {
        let found = self.entries.binary_search_by_key(&id, |entry| entry.id);
        found.map_err(|_| Rejected::Unknown(id))
    }

    /// Only the operations of a core; of those that are not required only the effect counts.
    pub(crate) fn core(&self, core: &Core) -> Record<'h> {
        let (required, optional): (BTreeSet<_>, BTreeSet<_>) =
            (core.required.iter().collect(), core.optional.iter().collect());
        let entries = self.entries.iter().filter_map(|entry| {
            if required.contains(&entry.id) {
                return Some(*entry);
            }
            let compares = match entry.read {
                Some(Answered::With(value)) => Some(value),
                Some(Answered::Without(_)) | None => entry.compares,
            };
            let relaxed = Entry { read: None, compares, required: false, ..*entry };
            (optional.contains(&entry.id) && entry.wrote.is_some()).then_some(relaxed)
        });
        Record { entries: entries.collect(), initial: self.initial, keys: self.keys }
    }

    /// Whether every write that a required answer of the core could have seen is inside (for
    /// sequential consistency: and what compare-and-sets without an answer could have found).
    pub(crate) fn check_closed(&self, core: &Record<'_>, level: Level) -> Result<(), Rejected> {
        let inside: BTreeSet<OpId> = core.entries.iter().map(|entry| entry.id).collect();
        let mut values: BTreeSet<(usize, Atom<'_>)> = BTreeSet::new();
        let mut misses: Vec<(usize, Answered<'_>)> = Vec::new();
        for entry in &core.entries {
            match entry.read {
                Some(Answered::With(value)) => {
                    values.insert((entry.key, value));
                }
                Some(missed @ Answered::Without(_)) => misses.push((entry.key, missed)),
                None => {}
            }
            let compares = entry.compares.filter(|_| level == Level::Sequential);
            values.extend(compares.map(|value| (entry.key, value)));
        }
        for entry in self.entries.iter().filter(|entry| !inside.contains(&entry.id)) {
            let Some(wrote) = entry.wrote else { continue };
            let missed =
                |(key, missed): &(usize, Answered<'_>)| *key == entry.key && missed.fits(wrote);
            if values.contains(&(entry.key, wrote)) || misses.iter().any(missed) {
                return Err(Rejected::NotClosed(entry.id));
            }
        }
        Ok(())
    }
}
