//! What an engine may spend: counted steps and accounted bytes, so that running out is reproducible.
//!
//! The wall clock is no part of it. Whoever has one passes a `stop`; its verdict is
//! [`Unknown::Stopped`], which nobody compares.

use crate::workers::{OneByOne, Workers};
use rustc_hash::FxHashMap;
use std::collections::BinaryHeap;
use std::fmt;
use std::hash::Hash;
use testimony_history::OpId;
use testimony_verdict::{Effort, Limit, Progress, Unknown};

/// The limits of one property on one history.
#[derive(Clone, Copy)]
pub struct Budget<'a> {
    /// Transitions that a search may consider. The reduction of what it found gets what is left, or a
    /// twentieth, and no more than the search took and a few million.
    pub steps_max: u64,
    /// Bytes that the tables of a search may hold, as accounted before they grow.
    pub bytes_max: usize,
    /// Asked now and then; `true` ends the work with [`Unknown::Stopped`].
    pub stop: &'a (dyn Fn() -> bool + Sync),
    /// Who may work on independent parts. No finding depends on it.
    pub workers: &'a dyn Workers,
}

impl Budget<'_> {
    /// Steps of [`Budget::default`]: a few seconds of one core.
    pub const STEPS_MAX: u64 = 40_000_000;
    /// Bytes of [`Budget::default`]: 1 GiB.
    pub const BYTES_MAX: usize = 1 << 30;
}

fn never() -> bool {
    false
}

impl Default for Budget<'static> {
    fn default() -> Self {
        let (steps_max, bytes_max) = (Budget::STEPS_MAX, Budget::BYTES_MAX);
        Budget { steps_max, bytes_max, stop: &never, workers: &OneByOne }
    }
}

impl fmt::Debug for Budget<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Budget");
        shown.field("steps_max", &self.steps_max).field("bytes_max", &self.bytes_max);
        shown.finish_non_exhaustive()
    }
}

/// Why an engine had to give up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Spent {
    /// Steps or bytes ran out.
    Budget,
    /// Somebody stopped it.
    Stopped,
}

/// How many steps may pass between two questions to `stop`.
const STOP_EVERY: u64 = 1 << 14;

/// What has been spent so far, with the limits.
pub(crate) struct Meter<'b> {
    steps: u64,
    steps_max: u64,
    bytes: usize,
    /// The most that were held at once.
    bytes_peak: usize,
    bytes_max: usize,
    /// Bytes of the table that did not fit.
    wanted: usize,
    ask_at: u64,
    stop: &'b (dyn Fn() -> bool + Sync),
    /// How far the engine got that is at work, for whoever asks why it gave up.
    progress: Option<Progress>,
    reached: Option<OpId>,
}

impl<'b> Meter<'b> {
    pub(crate) fn new(budget: &Budget<'b>) -> Meter<'b> {
        Meter {
            steps: 0,
            steps_max: budget.steps_max,
            bytes: 0,
            bytes_peak: 0,
            bytes_max: budget.bytes_max,
            wanted: 0,
            ask_at: STOP_EVERY,
            stop: budget.stop,
            progress: None,
            reached: None,
        }
    }

    /// Steps taken since the meter was made or reset.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// Steps that may still be taken.
    pub(crate) fn left(&self) -> u64 {
        self.steps_max.saturating_sub(self.steps)
    }

    /// Counts from zero again, up to another limit; what tables hold stays accounted.
    pub(crate) fn restart(&mut self, steps_max: u64) {
        (self.steps, self.steps_max, self.ask_at) = (0, steps_max, STOP_EVERY);
    }

    /// Allows so many steps from now on, those taken included.
    pub(crate) fn allow(&mut self, steps_max: u64) {
        self.steps_max = steps_max;
    }

    /// Takes so many steps.
    #[inline]
    pub(crate) fn step(&mut self, steps: u64) -> Result<(), Spent> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > self.steps_max {
            return Err(Spent::Budget);
        }
        if self.steps < self.ask_at { Ok(()) } else { self.ask() }
    }

    #[cold]
    fn ask(&mut self) -> Result<(), Spent> {
        self.ask_at = self.steps + STOP_EVERY;
        if (self.stop)() { Err(Spent::Stopped) } else { Ok(()) }
    }

    /// Accounts for bytes that a table is about to take.
    #[inline]
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Spent> {
        let grown = self.bytes.saturating_add(bytes);
        if grown > self.bytes_max {
            self.wanted = bytes;
            return Err(Spent::Budget);
        }
        self.bytes = grown;
        self.bytes_peak = self.bytes_peak.max(grown);
        Ok(())
    }

    /// Bytes that are held now.
    pub(crate) fn held(&self) -> usize {
        self.bytes
    }

    /// Gives back bytes of a table that was emptied.
    pub(crate) fn release(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Whether the steps ran out (or else the bytes).
    pub(crate) fn is_out_of_steps(&self) -> bool {
        self.steps > self.steps_max
    }

    /// Notes how far an engine got, with the last operation that it could explain.
    pub(crate) fn got(&mut self, progress: Progress, reached: Option<OpId>) {
        (self.progress, self.reached) = (Some(progress), reached);
    }

    /// What the last engine noted.
    pub(crate) fn noted(&self) -> (Option<Progress>, Option<OpId>) {
        (self.progress, self.reached)
    }

    /// The verdict of an engine that had to give up.
    pub(crate) fn unknown(&self, why: Spent, key: Option<&str>) -> Unknown {
        let limit = match why {
            Spent::Stopped => Limit::Clock,
            Spent::Budget if self.is_out_of_steps() => Limit::Steps,
            Spent::Budget => Limit::Bytes { wanted: self.wanted },
        };
        let effort = Box::new(Effort {
            limit,
            steps: self.steps.min(self.steps_max),
            bytes: self.bytes_peak,
            bytes_max: self.bytes_max,
            reached: self.reached,
            key: key.map(str::to_owned),
            progress: self.progress,
            ..Effort::default()
        });
        match why {
            Spent::Stopped => Unknown::Stopped(effort),
            Spent::Budget => Unknown::Budget(effort),
        }
    }
}

/// Makes room for so many more elements, accounted for before it is taken: a list that is full
/// doubles.
#[inline]
pub(crate) fn reserve<T>(list: &mut Vec<T>, more: usize, meter: &mut Meter) -> Result<(), Spent> {
    let wanted = list.len() + more;
    if wanted > list.capacity() { enlarge(list, wanted, meter) } else { Ok(()) }
}

#[cold]
fn enlarge<T>(list: &mut Vec<T>, wanted: usize, meter: &mut Meter) -> Result<(), Spent> {
    let capacity = wanted.max(2 * list.capacity()).max(4);
    meter.grow((capacity - list.capacity()) * size_of::<T>())?;
    list.reserve_exact(capacity - list.len());
    Ok(())
}

/// Makes room for one more element of a heap, accounted for before it is taken: one that is full
/// doubles.
pub(crate) fn reserve_place<T: Ord>(
    heap: &mut BinaryHeap<T>,
    meter: &mut Meter,
) -> Result<(), Spent> {
    if heap.len() == heap.capacity() {
        let more = heap.capacity().max(4);
        meter.grow(more * size_of::<T>())?;
        heap.reserve_exact(more);
    }
    Ok(())
}

/// Makes room for one more entry of a table, accounted for before it is taken: while a table moves
/// to a larger one there are both.
#[inline]
pub(crate) fn reserve_entry<K: Eq + Hash, V>(
    table: &mut FxHashMap<K, V>,
    meter: &mut Meter,
) -> Result<(), Spent> {
    if table.len() < table.capacity() {
        return Ok(());
    }
    let before = table_bytes::<K, V>(table.capacity());
    let after = table_bytes::<K, V>(table.capacity() + 1);
    meter.grow(after)?;
    table.reserve(1);
    meter.release(before);
    Ok(())
}

/// What a table of so many entries takes: a power of two of buckets, of which seven in eight are
/// used at most, with a byte of control each.
fn table_bytes<K, V>(entries: usize) -> usize {
    match entries {
        0 => 0,
        1..=3 => 4 * (size_of::<(K, V)>() + 1) + 16,
        4..=7 => 8 * (size_of::<(K, V)>() + 1) + 16,
        _ => (entries * 8 / 7).next_power_of_two() * (size_of::<(K, V)>() + 1) + 16,
    }
}

#[cfg(test)]
mod tests;
