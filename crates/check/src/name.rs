//! The name of an anomaly, decided by the history and the core alone.
//!
//! Each name is a predicate; the most specific that holds is taken, in the order of the registry
//! ([`AnomalyKind::ALL`]). Nothing here asks which engine found the core or how, so the saved
//! history, replayed, gives the same name for the same core.
//!
//! Each predicate is a contradiction by itself (that is what makes it a name and not a guess), and
//! its main actors are required operations of the core. "Reads" are all operations that saw a value:
//! reads, and compare-and-sets that swapped.

mod age;
mod collection;
mod ordered;
mod stock;
mod sums;
#[cfg(test)]
mod tests;

use crate::core::{Reduced, Shape, Values};
use crate::part::Part;
use crate::subject::Interval;
use crate::sums::Broken;
use age::Ages;
pub(crate) use ordered::unasked;
#[cfg(test)]
pub(crate) use sums::named_since;
use testimony_history::Rank;
use testimony_model::Atom;
use testimony_verdict::AnomalyKind;

/// A name with the operations that it is about.
pub(crate) struct Named {
    /// The name.
    pub(crate) kind: AnomalyKind,
    /// The position of the operation whose answer is impossible.
    pub(crate) culprit: usize,
    /// Positions of the operations that it contradicts, in the order of the definition.
    pub(crate) against: Vec<usize>,
    /// An operation of the same key that has no place in the part or the core: the failed write of
    /// an aborted read, the late write of a read from the future.
    pub(crate) beside: Option<Interval>,
    /// Units sold, and units that can have been there, of an oversell.
    pub(crate) units: Option<(i64, i64)>,
    /// What adds up to something else than was found.
    pub(crate) sum: Option<Broken>,
}

impl Named {
    fn new(kind: AnomalyKind, culprit: usize, against: Vec<usize>) -> Named {
        Named { kind, culprit, against, beside: None, units: None, sum: None }
    }
}

/// Names a core. O(n log n) for the part, quadratic in the required operations. The whole that the
/// part is taken from is looked at only where a name says something of it.
pub(crate) fn name<'h>(
    whole: &Part<'h>,
    part: &Part<'h>,
    values: Option<&Values<'h>>,
    core: &Reduced,
) -> Named {
    let named = match values {
        Some(values) => Cell { whole, part, values, core }.name(),
        None => collection::named(part, core).or_else(|| amounts(whole, part, core)),
    };
    named.unwrap_or_else(|| {
        let last = core.required.iter().copied().max_by_key(|&at| (part.operations[at].ret, at));
        Named::new(AnomalyKind::Contradiction, last.unwrap_or(0), Vec::new())
    })
}

/// Names a core of what is added to, of a sequence or of a lock.
fn amounts<'h>(whole: &Part<'h>, part: &Part<'h>, core: &Reduced) -> Option<Named> {
    let Some(since) = sums::named_since(part, core) else {
        return stock::oversold(part, core)
            .or_else(|| ordered::named(whole, part, core))
            .or_else(|| sums::named(part, core));
    };
    // What is left out may have been sold or restocked, but places are where they are.
    match ordered::named(whole, part, core) {
        Some(named) => Some(Named { sum: since.sum, ..named }),
        None => Some(since),
    }
}

/// A core of a register.
struct Cell<'c, 'h> {
    whole: &'c Part<'h>,
    part: &'c Part<'h>,
    values: &'c Values<'h>,
    core: &'c Reduced,
}

impl<'h> Cell<'_, 'h> {
    fn name(&self) -> Option<Named> {
        if let Some(named) = self.without_source() {
            return Some(named);
        }
        let times = self.times();
        self.lost_update(&times).or_else(|| self.flicker(&times)).or_else(|| {
            let ages = Ages::new(self.part, self.values, self.core);
            self.inversion(&ages).or_else(|| self.stale(&ages))
        })
    }

    /// Required operations that saw a value, with it, by call.
    fn reads(&self) -> impl Iterator<Item = (usize, usize)> {
        let seen = |&at: &usize| self.values.shapes[at].sees.map(|value| (at, value));
        self.core.required.iter().filter_map(seen)
    }

    fn call(&self, at: usize) -> Rank {
        self.part.operations[at].call
    }

    fn ret(&self, at: usize) -> Rank {
        self.part.operations[at].ret
    }

    fn precedes(&self, first: usize, second: usize) -> bool {
        self.part.operations[first].precedes(&self.part.operations[second])
    }

    /// Thin air, aborted, future: a read of a value that nobody can have written by then.
    fn without_source(&self) -> Option<Named> {
        let initial = self.values.initial;
        let (read, value) = self.reads().find(|&(read, value)| {
            let first = self.values.writers[value].first();
            value != initial && first.is_none_or(|&writer| self.call(writer) > self.ret(read))
        })?;
        let late = self.values.writers[value].first().map(|&at| self.part.operations[at]);
        let (kind, beside) = match late {
            Some(_) => (AnomalyKind::FutureRead, late),
            None => match self.failed_writer(self.values.atoms[value]) {
                Some(failed) => (AnomalyKind::AbortedRead, Some(failed)),
                None => (AnomalyKind::ThinAirRead, None),
            },
        };
        Some(Named { beside, ..Named::new(kind, read, Vec::new()) })
    }

    /// The first operation on this key that would have written the value, but certainly did not.
    fn failed_writer(&self, value: Atom<'_>) -> Option<Interval> {
        let Part { subject, ref key, .. } = *self.part;
        subject.failed_writer(value, |operation| key.is_none() || subject.key(operation) == *key)
    }

    /// More required swaps of one value than times it can have been there.
    fn lost_update(&self, times: &[usize]) -> Option<Named> {
        let mut swaps: Vec<Vec<usize>> = vec![Vec::new(); self.values.atoms.len()];
        for (at, value) in self.reads() {
            if self.values.shapes[at].writes.is_some_and(|to| to != value) {
                swaps[value].push(at);
            }
        }
        let (_, value) = self.reads().find(|&(_, value)| {
            let swaps = swaps[value].len();
            swaps >= 2 && swaps > times[value]
        })?;
        let mut swaps = std::mem::take(&mut swaps[value]);
        swaps.sort_by_key(|&at| (self.ret(at), at));
        let culprit = swaps.pop()?;
        Some(Named::new(AnomalyKind::LostUpdate, culprit, swaps))
    }

    /// How often each value may have been there: the operations of the core that may have written
    /// it, and the beginning.
    fn times(&self) -> Vec<usize> {
        let mut times = vec![0; self.values.atoms.len()];
        times[self.values.initial] = 1;
        for &at in self.core.required.iter().chain(&self.core.optional) {
            if let Some(value) = self.values.shapes[at].writes {
                times[value] += 1;
            }
        }
        times
    }

    /// A value, another, then the first again, although it was there only once.
    fn flicker(&self, times: &[usize]) -> Option<Named> {
        let reads: Vec<(usize, usize)> = self.reads().collect();
        // Of each value when the first of its reads was over.
        let mut seen: Vec<Option<Rank>> = vec![None; self.values.atoms.len()];
        for &(at, value) in &reads {
            seen[value] = Some(seen[value].map_or(self.ret(at), |first| first.min(self.ret(at))));
        }
        for &(last, value) in reads.iter().filter(|&&(_, value)| times[value] <= 1) {
            let between = |&&(at, other): &&(usize, usize)| {
                other != value && self.precedes(at, last) && seen[value] < Some(self.call(at))
            };
            let Some(&(middle, _)) = reads.iter().find(between) else { continue };
            let first = |&&(at, seen): &&(usize, usize)| seen == value && self.precedes(at, middle);
            if let Some(&(first, _)) = reads.iter().find(first) {
                let against = vec![first, middle];
                return Some(Named::new(AnomalyKind::FlickeringRead, last, against));
            }
        }
        None
    }

    /// A read of an older value after a read that saw a newer one, whose write is not acknowledged.
    fn inversion(&self, ages: &Ages<'_, '_>) -> Option<Named> {
        for (culprit, old) in self.reads() {
            for (earlier, new) in self.newer_reads(ages, culprit, old) {
                if self.acknowledged(ages, culprit, old, new).next().is_none() {
                    let against = vec![earlier];
                    return Some(Named::new(AnomalyKind::NewOldInversion, culprit, against));
                }
            }
        }
        None
    }

    /// Required reads before this one that saw a newer value, with it.
    fn newer_reads<'s>(
        &'s self,
        ages: &'s Ages<'_, '_>,
        culprit: usize,
        old: usize,
    ) -> impl Iterator<Item = (usize, usize)> + 's {
        self.reads().filter(move |&(earlier, new)| {
            self.precedes(earlier, culprit) && ages.is_older(old, new, earlier)
        })
    }

    /// Writes of a value that were acknowledged before the culprit was called, and are certainly
    /// newer than the old value.
    fn acknowledged<'s>(
        &'s self,
        ages: &'s Ages<'_, '_>,
        culprit: usize,
        old: usize,
        new: usize,
    ) -> impl Iterator<Item = usize> + 's {
        self.values.writers[new]
            .iter()
            .copied()
            .filter(move |&write| self.precedes(write, culprit) && ages.is_older(old, new, write))
    }

    /// A read of an older value after a newer one was acknowledged: by a required write, or by a
    /// write of the value that a required read saw.
    fn stale(&self, ages: &Ages<'_, '_>) -> Option<Named> {
        for (culprit, old) in self.reads() {
            let required = self.core.required.iter().copied().filter(|&at| {
                let written = self.values.shapes[at].writes;
                self.precedes(at, culprit) && written.is_some_and(|new| ages.is_older(old, new, at))
            });
            let seen = self.newer_reads(ages, culprit, old);
            let seen = seen.flat_map(|(_, new)| self.acknowledged(ages, culprit, old, new));
            let latest = |writes: &mut dyn Iterator<Item = usize>| {
                writes.max_by_key(|&at| (self.ret(at), at))
            };
            let (mut required, mut seen) = (required, seen);
            if let Some(write) = latest(&mut required).or_else(|| latest(&mut seen)) {
                let lost = self.is_lost(write);
                let kind = if lost { AnomalyKind::LostWrite } else { AnomalyKind::StaleRead };
                return Some(Named::new(kind, culprit, vec![write]));
            }
        }
        None
    }

    /// Whether nothing replaced this write and yet none of the reads after it ever saw its value.
    /// O(n), but most writes are replaced soon.
    fn is_lost(&self, write: usize) -> bool {
        let Some(value) = self.values.shapes[write].writes else { return false };
        let (write, value) = (&self.part.operations[write], self.values.atoms[value]);
        let (before, after) = self.whole.operations.split_at(self.whole.position(write));
        let mut reads_after = 0;
        for operation in after.iter().chain(before) {
            let Some(shape) = Shape::of(self.whole.access(operation)) else { continue };
            let replaces = shape.writes.is_some_and(|written| written != value);
            if shape.sees == Some(value) || (replaces && !operation.precedes(write)) {
                return false;
            }
            reads_after += usize::from(shape.sees.is_some() && write.precedes(operation));
        }
        reads_after >= 2
    }
}
