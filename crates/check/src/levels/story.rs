//! A history as sessions of reads and writes of keys: all that the levels below linearizability
//! look at.
//!
//! Of an operation without an answer only its effect counts: it is a write that may have happened at
//! its place in its session, or never. A compare-and-set that swapped is a read and a write in one;
//! one that did not match is a read of any other value.

use crate::subject::{Interval, Keyed, Subject, Touches};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use testimony_history::{OpId, Process, Rank};
use testimony_model::{Access, Atom};

/// What an answer says about the value that was there. Values are numbered for each key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Saw {
    /// This value.
    Value(usize),
    /// Any but this value.
    Not(usize),
}

/// One operation that counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Act {
    /// The operation.
    pub(crate) id: OpId,
    /// Whose it is, numbered.
    pub(crate) session: usize,
    /// The key, numbered.
    pub(crate) key: usize,
    /// What its answer says.
    pub(crate) saw: Option<Saw>,
    /// The value that it wrote, or may have written.
    pub(crate) wrote: Option<usize>,
    /// The value that a compare-and-set without an answer must find to take effect. Only sequential
    /// consistency asks: other levels do not say what unanswered operations saw.
    pub(crate) needs: Option<usize>,
    /// Whether it certainly took effect.
    pub(crate) certain: bool,
    pub(crate) call: Rank,
    pub(crate) ret: Rank,
}

/// No place.
const NO_PLACE: usize = usize::MAX;

/// The beginning, as something that a read saw.
pub(crate) const BEGINNING: usize = usize::MAX;

/// A history, or a core of one. A *place* is an index into `acts`.
pub(crate) struct Story {
    /// By id, so that those of one session stand in its order.
    pub(crate) acts: Vec<Act>,
    /// Places by session.
    pub(crate) sessions: Vec<Vec<usize>>,
    /// For each place the one before it in its session, or [`NO_PLACE`].
    before: Vec<usize>,
    /// Who each session is.
    pub(crate) processes: Vec<Process>,
    /// For each key the number of its value at the beginning.
    pub(crate) initial: Vec<usize>,
    /// Keys in words; `None` for the only register.
    pub(crate) keys: Vec<Option<String>>,
    /// Places of the writes of each value. Looked up only.
    writers: FxHashMap<usize, Vec<usize>>,
    /// Places of the writes of each key, by session.
    by_key: FxHashMap<usize, Vec<(usize, Vec<usize>)>>,
}

impl Story {
    /// Reads a history.
    ///
    /// # Errors
    ///
    /// Says why the levels do not apply: an operation that is no read, write or compare-and-set of
    /// one key, or, where `sessions` matter, a session whose operations have no order.
    pub(crate) fn read(subject: &dyn Subject, sessions: bool) -> Result<Story, String> {
        let mut reading = Reading::new(subject);
        for at in 0..subject.len() {
            let operation = subject.interval(at);
            if operation.is_fail() {
                continue;
            }
            if operation.is_ok() && operation.ret < operation.call {
                return Err(format!("operation {} returned before it was called", operation.id));
            }
            if !operation.is_ok() && subject.is_observer(&operation) {
                continue;
            }
            let mut act = reading.act(&operation)?;
            act.session = reading.session(operation.process);
            let last = reading.last[act.session].replace((operation.id, operation.ret));
            if let Some((before, _)) = last.filter(|(_, ret)| sessions && *ret >= operation.call) {
                return Err(format!(
                    "{before} and {} of client {} overlap, so their order in the session is unknown",
                    operation.id, operation.process.0
                ));
            }
            reading.acts.push(act);
        }
        let Reading { acts, processes, initial, names, .. } = reading;
        Ok(Story::new(acts, processes, initial, names))
    }

    fn new(
        acts: Vec<Act>,
        processes: Vec<Process>,
        initial: Vec<usize>,
        keys: Vec<Option<String>>,
    ) -> Story {
        let mut sessions: Vec<Vec<usize>> = vec![Vec::new(); processes.len()];
        let mut before = Vec::with_capacity(acts.len());
        let mut writers: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
        let mut by_key: FxHashMap<usize, Vec<(usize, Vec<usize>)>> = FxHashMap::default();
        for (at, act) in acts.iter().enumerate() {
            before.push(sessions[act.session].last().copied().unwrap_or(NO_PLACE));
            sessions[act.session].push(at);
            if let Some(value) = act.wrote {
                writers.entry(value).or_default().push(at);
                let sessions = by_key.entry(act.key).or_default();
                match sessions.binary_search_by_key(&act.session, |(session, _)| *session) {
                    Ok(found) => sessions[found].1.push(at),
                    Err(gap) => sessions.insert(gap, (act.session, vec![at])),
                }
            }
        }
        Story { acts, sessions, before, processes, initial, keys, writers, by_key }
    }

    /// The core in which these places are required: everything that they could have seen may have
    /// happened, the rest is not there.
    pub(crate) fn core(&self, required: &[usize]) -> Story {
        let mut standing: BTreeMap<usize, bool> = BTreeMap::new();
        let mut open: Vec<(usize, Saw)> = Vec::new();
        for &at in required {
            standing.insert(at, true);
            open.extend(self.acts[at].saw.map(|saw| (self.acts[at].key, saw)));
        }
        while let Some((key, saw)) = open.pop() {
            for at in self.writers_of(key, saw) {
                standing.entry(at).or_insert_with(|| {
                    let act = &self.acts[at];
                    open.extend(found(act).map(|value| (key, Saw::Value(value))));
                    false
                });
            }
        }
        let mut sessions: BTreeMap<usize, usize> = BTreeMap::new();
        let mut processes = Vec::new();
        let acts = standing.iter().map(|(&at, &required)| {
            let act = self.acts[at];
            let session = *sessions.entry(act.session).or_insert_with(|| {
                processes.push(self.processes[act.session]);
                processes.len() - 1
            });
            match required {
                true => Act { session, ..act },
                false => Act { session, saw: None, needs: found(&act), certain: false, ..act },
            }
        });
        let acts: Vec<Act> = acts.collect();
        Story::new(acts, processes, self.initial.clone(), self.keys.clone())
    }

    /// What this read may have seen: places of writes, or [`BEGINNING`].
    pub(crate) fn candidates(&self, read: usize) -> Vec<usize> {
        let act = &self.acts[read];
        let Some(saw) = act.saw else { return Vec::new() };
        let mut candidates = self.writers_of(act.key, saw);
        candidates.retain(|&at| at != read);
        let initial = match saw {
            Saw::Value(value) => value == self.initial[act.key],
            Saw::Not(value) => value != self.initial[act.key],
        };
        candidates.extend(initial.then_some(BEGINNING));
        candidates
    }

    fn writers_of(&self, key: usize, saw: Saw) -> Vec<usize> {
        match saw {
            Saw::Value(value) => self.writers.get(&value).cloned().unwrap_or_default(),
            Saw::Not(value) => {
                let sessions = self.writes_by_session(key).iter();
                let writes = sessions.flat_map(|(_, writes)| writes.iter().copied());
                writes.filter(|&at| self.acts[at].wrote != Some(value)).collect()
            }
        }
    }

    /// The place before this one in its session.
    pub(crate) fn before(&self, at: usize) -> Option<usize> {
        Some(self.before[at]).filter(|&before| before != NO_PLACE)
    }

    /// The writes of a key by session, each in the order of the session.
    pub(crate) fn writes_by_session(&self, key: usize) -> &[(usize, Vec<usize>)] {
        self.by_key.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Places of the operations that saw something.
    pub(crate) fn reads(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.acts.len()).filter(|&at| self.acts[at].saw.is_some())
    }
}

/// The value that a compare-and-set must have found for its effect.
fn found(act: &Act) -> Option<usize> {
    match act.saw {
        Some(Saw::Value(value)) => Some(value),
        Some(Saw::Not(_)) => None,
        None => act.needs,
    }
}

struct Reading<'h> {
    subject: &'h dyn Subject,
    touches: Vec<Touches>,
    /// The keys in words, by their own numbers.
    spelled: Vec<String>,
    acts: Vec<Act>,
    processes: Vec<Process>,
    numbers: BTreeMap<Process, usize>,
    /// The last operation of each session, with its return.
    last: Vec<Option<(OpId, Rank)>>,
    keys: BTreeMap<Touches, usize>,
    names: Vec<Option<String>>,
    initial: Vec<usize>,
    values: FxHashMap<(usize, Atom<'h>), usize>,
}

impl<'h> Reading<'h> {
    fn new(subject: &'h dyn Subject) -> Reading<'h> {
        let Keyed { touches, names: spelled } = subject.keyed();
        Reading {
            subject,
            touches,
            spelled,
            acts: Vec::new(),
            processes: Vec::new(),
            numbers: BTreeMap::new(),
            last: Vec::new(),
            keys: BTreeMap::new(),
            names: Vec::new(),
            initial: Vec::new(),
            values: FxHashMap::default(),
        }
    }

    fn session(&mut self, process: Process) -> usize {
        *self.numbers.entry(process).or_insert_with(|| {
            self.processes.push(process);
            self.last.push(None);
            self.processes.len() - 1
        })
    }

    fn key(&mut self, operation: &Interval) -> Result<usize, String> {
        let id = operation.id;
        let key = self.touches[operation.at as usize];
        let name = match key {
            Touches::One(number) => Some(self.spelled[number as usize].clone()),
            Touches::All => None,
            Touches::Many => return Err(format!("{id} touches more than one key")),
        };
        if let Some(&known) = self.keys.get(&key) {
            return Ok(known);
        }
        let number = self.names.len();
        self.names.push(name);
        self.keys.insert(key, number);
        let initial = self.value(number, self.subject.initial());
        self.initial.push(initial);
        match self.keys.len() > 1 && self.keys.contains_key(&Touches::All) {
            true => Err(format!("{id} touches one key, and others touch all of them")),
            false => Ok(number),
        }
    }

    fn value(&mut self, key: usize, atom: Atom<'h>) -> usize {
        let next = self.values.len();
        *self.values.entry((key, atom)).or_insert(next)
    }

    fn act(&mut self, operation: &Interval) -> Result<Act, String> {
        let key = self.key(operation)?;
        let Interval { id, call, ret, .. } = *operation;
        let (saw, wrote, needs) = match self.subject.access(operation) {
            Access::Read(value) => {
                (value.map(|atom| Saw::Value(self.value(key, atom))), None, None)
            }
            Access::Write(to) => (None, Some(self.value(key, to)), None),
            Access::Cas { from, swapped: Some(false), .. } => {
                (Some(Saw::Not(self.value(key, from))), None, None)
            }
            Access::Cas { from, to, swapped } => {
                let (from, to) = (self.value(key, from), self.value(key, to));
                match swapped {
                    Some(_) => (Some(Saw::Value(from)), Some(to), None),
                    None => (None, Some(to), Some(from)),
                }
            }
            Access::Lock(_) | Access::Place(_) | Access::Element(_) | Access::Other => {
                return Err(format!(
                    "{id} ({}) is neither a read, a write nor a compare-and-set",
                    self.subject.describe(operation)
                ));
            }
        };
        let certain = operation.is_ok();
        Ok(Act { id, session: 0, key, saw, wrote, needs, certain, call, ret })
    }
}
