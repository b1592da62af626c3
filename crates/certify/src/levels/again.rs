//! Deciding a core of a level again: is there really no explanation?
//!
//! Straight from the definitions, on sets of at most 64 operations: what each read saw is assigned
//! one read after the other; relations are closed transitively and asked for cycles; orders are
//! looked for by placing one operation after the other, remembering which sets were placed. Tries are
//! counted, so that the answer is reproducible.

use super::record::Record;
use crate::contradiction::Answer;
use crate::limits::{Limits, Spent};
use rustc_hash::FxHashSet;
use testimony_model::Atom;
use testimony_verdict::Level;

/// Tries that an assignment or a placement counts as: each looks at up to 64 operations.
const TRIES_EACH: u64 = 4;

/// A read that saw nothing that is known yet.
const OPEN: usize = usize::MAX;
/// A read that saw the beginning.
const BEGINNING: usize = usize::MAX - 1;

/// What is too large to be decided again.
struct TooLarge;

/// A set of operations.
type Set = u64;

/// Decides whether a core has an explanation at this level.
pub(crate) fn decide(core: &Record<'_>, level: Level, limits: &Limits<'_>) -> Answer {
    if core.entries.len() > 64 {
        return Answer::TooLarge;
    }
    let mut again = Again::new(core, level, limits);
    let found = match level {
        Level::Sequential => again.sequential(),
        _ => again.assign(),
    };
    match found {
        Ok(true) => Answer::Consistent,
        Ok(false) => Answer::Contradictory,
        Err(TooLarge) => Answer::TooLarge,
    }
}

struct Again<'r, 'h> {
    core: &'r Record<'h>,
    level: Level,
    /// For each place those before it in its session.
    before: Vec<Set>,
    spent: Spent<'r>,
}

fn bit(at: usize) -> Set {
    1 << at
}

fn members(set: Set) -> impl Iterator<Item = usize> {
    (0..64).filter(move |&at| set & bit(at) != 0)
}

/// Adds what follows from a relation (for each place those before it) through others.
fn close(relation: &mut [Set]) {
    for middle in 0..relation.len() {
        for at in 0..relation.len() {
            if relation[at] & bit(middle) != 0 {
                relation[at] |= relation[middle];
            }
        }
    }
}

fn has_cycle(closed: &[Set]) -> bool {
    closed.iter().enumerate().any(|(at, before)| before & bit(at) != 0)
}

impl<'r, 'h> Again<'r, 'h> {
    fn new(core: &'r Record<'h>, level: Level, limits: &'r Limits<'r>) -> Again<'r, 'h> {
        let before = core.entries.iter().map(|entry| {
            let earlier = core.entries.iter().take_while(|other| other.id < entry.id);
            let own = earlier.enumerate().filter(|(_, other)| other.process == entry.process);
            own.fold(0, |set, (at, _)| set | bit(at))
        });
        Again { core, level, before: before.collect(), spent: Spent::new(limits) }
    }

    fn count(&mut self) -> Result<(), TooLarge> {
        if self.spent.tries(TRIES_EACH) { Err(TooLarge) } else { Ok(()) }
    }

    fn set(&self, which: impl Fn(usize) -> bool) -> Set {
        (0..self.core.entries.len()).filter(|&at| which(at)).fold(0, |set, at| set | bit(at))
    }

    fn writes(&self, key: usize) -> Set {
        self.set(|at| self.core.entries[at].key == key && self.core.entries[at].wrote.is_some())
    }

    /// Whether what reads saw can be assigned so that the level holds.
    fn assign(&mut self) -> Result<bool, TooLarge> {
        let reads: Vec<usize> =
            members(self.set(|at| self.core.entries[at].read.is_some())).collect();
        let mut saw = vec![OPEN; self.core.entries.len()];
        // For each read assigned so far, and the next one, what it may have seen and was not tried.
        let mut left: Vec<Vec<usize>> = Vec::new();
        loop {
            let Some(&read) = reads.get(left.len()) else { return Ok(true) };
            left.push(self.candidates(read));
            loop {
                let Some(depth) = left.len().checked_sub(1) else { return Ok(false) };
                let Some(candidate) = left[depth].pop() else {
                    saw[reads[depth]] = OPEN;
                    left.pop();
                    continue;
                };
                saw[reads[depth]] = candidate;
                self.count()?;
                if self.holds(&saw)? {
                    break;
                }
            }
        }
    }

    fn candidates(&self, read: usize) -> Vec<usize> {
        let entry = &self.core.entries[read];
        let Some(answered) = entry.read else { return Vec::new() };
        let fits = |&at: &usize| {
            let wrote = self.core.entries[at].wrote;
            at != read && wrote.is_some_and(|value| answered.fits(value))
        };
        let mut candidates: Vec<usize> = members(self.writes(entry.key)).filter(fits).collect();
        candidates.extend(answered.fits(self.core.initial).then_some(BEGINNING));
        candidates
    }

    /// Whether the level holds as far as what reads saw is assigned.
    fn holds(&mut self, saw: &[usize]) -> Result<bool, TooLarge> {
        let mut causal = self.before.clone();
        for (read, &source) in saw.iter().enumerate().filter(|(_, source)| **source < BEGINNING) {
            causal[read] |= bit(source);
        }
        close(&mut causal);
        if self.level == Level::CausalConvergence {
            return Ok(self.converges(saw, &causal));
        }
        let mut processes: Vec<_> = self.core.entries.iter().map(|entry| entry.process).collect();
        processes.sort_unstable();
        processes.dedup();
        for process in processes {
            let own = self.set(|at| self.core.entries[at].process == process);
            let holds = match self.level {
                Level::CausalMemory => {
                    !has_cycle(&causal) && self.has_view(own, self.there(saw, !0), saw, &causal)?
                }
                Level::Pram => {
                    let base = self.before.clone();
                    self.has_view(own, self.there(saw, own), saw, &base)?
                }
                _ => self.keeps_guarantee(own, saw),
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Required operations, and those that these reads saw.
    fn there(&self, saw: &[usize], reads: Set) -> Set {
        let seen =
            members(reads).filter_map(|read| saw.get(read)).filter(|seen| **seen < BEGINNING);
        let seen = seen.fold(0, |set, &at| set | bit(at));
        seen | self.set(|at| self.core.entries[at].required)
    }

    fn converges(&self, saw: &[usize], causal: &[Set]) -> bool {
        if has_cycle(causal) {
            return false;
        }
        let there = self.there(saw, !0);
        let mut order = causal.to_vec();
        for (read, &source) in saw.iter().enumerate().filter(|(_, source)| **source != OPEN) {
            let past = causal[read] & there & self.writes(self.core.entries[read].key);
            for other in members(past).filter(|&other| other != source) {
                if source == BEGINNING {
                    return false;
                }
                order[source] |= bit(other);
            }
        }
        close(&mut order);
        !has_cycle(&order)
    }

    /// Whether there is an order of the writes that are there and of a session's own operations that
    /// keeps a relation and in which each of its reads saw the last write.
    fn has_view(
        &mut self,
        own: Set,
        there: Set,
        saw: &[usize],
        relation: &[Set],
    ) -> Result<bool, TooLarge> {
        let entries = &self.core.entries;
        let all = there & (own | self.set(|at| entries[at].wrote.is_some()));
        let last: Vec<usize> = vec![BEGINNING; self.core.keys];
        let mut open = vec![(0 as Set, last)];
        let mut visited = FxHashSet::default();
        while let Some((placed, last)) = open.pop() {
            if placed == all {
                return Ok(true);
            }
            if !visited.insert((placed, last.clone())) {
                continue;
            }
            self.count()?;
            for next in members(all & !placed) {
                let entry = &self.core.entries[next];
                let asks = own & bit(next) != 0 && saw[next] != OPEN;
                let ready = relation[next] & all & !placed == 0;
                if !ready || (asks && saw[next] != last[entry.key]) {
                    continue;
                }
                let mut last = last.clone();
                if entry.wrote.is_some() {
                    last[entry.key] = next;
                }
                open.push((placed | bit(next), last));
            }
        }
        Ok(false)
    }

    /// Whether the reads of a session see nothing older than the guarantee asks for.
    fn keeps_guarantee(&self, own: Set, saw: &[usize]) -> bool {
        let entries = &self.core.entries;
        let joint = self.level == Level::WritesFollowReads;
        let there = self.there(saw, if joint { !0 } else { own });
        let writes = there & self.set(|at| entries[at].wrote.is_some());
        let seen = |read: usize| Some(saw[read]).filter(|&source| source < BEGINNING);
        // Each session's writes of one key stand in its order.
        let mut older: Vec<Set> =
            (0..entries.len()).map(|at| self.before[at] & self.writes(entries[at].key)).collect();
        for read in members(own).filter(|&read| saw[read] != OPEN) {
            let so_far = (self.before[read] | bit(read)) & own;
            let needed: Set = match self.level {
                Level::ReadYourWrites => self.before[read] & own & writes,
                Level::MonotonicReads => {
                    members(self.before[read]).filter_map(seen).fold(0, |set, at| set | bit(at))
                }
                Level::MonotonicWrites => members(so_far)
                    .filter_map(seen)
                    .fold(0, |set, write| set | (self.before[write] & writes)),
                _ => members(so_far).filter_map(seen).fold(0, |set, write| {
                    let reads = members(self.before[write] | bit(write)).filter_map(seen);
                    reads.fold(set, |set, at| set | bit(at))
                }),
            };
            let needed = needed & self.writes(entries[read].key);
            match saw[read] {
                BEGINNING if needed != 0 => return false,
                BEGINNING => {}
                source => older[source] |= needed & !bit(source),
            }
        }
        close(&mut older);
        !has_cycle(&older)
    }

    /// Whether one order of everything explains every answer and keeps each session.
    fn sequential(&mut self) -> Result<bool, TooLarge> {
        let required = self.set(|at| self.core.entries[at].required);
        let mut open: Vec<(Set, Vec<Atom<'h>>)> =
            vec![(0, vec![self.core.initial; self.core.keys])];
        let mut visited: FxHashSet<(Set, Vec<Atom<'h>>)> = FxHashSet::default();
        while let Some((placed, values)) = open.pop() {
            if placed & required == required {
                return Ok(true);
            }
            if !visited.insert((placed, values.clone())) {
                continue;
            }
            self.count()?;
            for (next, entry) in self.core.entries.iter().enumerate() {
                let value = values[entry.key];
                let passed = (0..self.before.len())
                    .any(|later| placed & bit(later) != 0 && self.before[later] & bit(next) != 0);
                let ready = placed & bit(next) == 0
                    && !passed
                    && self.before[next] & required & !placed == 0
                    && entry.read.is_none_or(|answered| answered.fits(value))
                    && entry.compares.is_none_or(|compares| compares == value);
                if !ready {
                    continue;
                }
                let mut values = values.clone();
                if let Some(wrote) = entry.wrote {
                    values[entry.key] = wrote;
                }
                open.push((placed | bit(next), values));
            }
        }
        Ok(false)
    }
}
