//! The delay of any part: a bisection that asks the checker.
//!
//! Linearizability of the delayed part is monotone in the delay: a longer one only takes away
//! constraints.

use crate::Budget;
use crate::forecast::measure_part;
use crate::part::Part;
use crate::subject::Interval;
use rustc_hash::FxHashMap;
use testimony_history::{OpId, Rank};
use testimony_verdict::{Bound, StaleTime};

/// Steps of one question at most: staleness is no reason to spend what a verdict costs.
const STEPS_EACH: u64 = 2_000_000;

/// Parts with more operations are not asked about: each question is about all of them.
const OPERATIONS_MAX: usize = 50_000;

/// A part whose reads can be delayed.
struct Delayed<'p, 'h> {
    part: &'p Part<'h>,
    /// Returns by rank, with their times.
    returns: Vec<(Rank, u64, OpId)>,
}

/// The smallest delay of reads that explains the part.
pub(super) fn time(part: &Part<'_>, left: &mut u64, budget: &Budget<'_>) -> Option<StaleTime> {
    if part.operations.len() > OPERATIONS_MAX {
        return None;
    }
    let answered = part.operations.iter().filter(|operation| operation.is_ok());
    let mut returns: Vec<_> =
        answered.map(|one| (one.ret, part.subject.ret_ns(one), one.id)).collect();
    returns.sort_unstable();
    let delayed = Delayed { part, returns };
    let mut exact = true;
    let mut ask = |part: &Part<'_>| {
        let budget = Budget { steps_max: STEPS_EACH.min(*left), ..*budget };
        let (answer, steps) = measure_part(part, &budget);
        *left = left.saturating_sub(steps);
        answer
    };
    let latest = part.operations.iter().map(|operation| part.subject.call_ns(operation)).max()?;
    let mut holds = |delay| ask(&delayed.part(|read| delayed.begun(read, delay)));
    // As recorded it must be invalid, and with reads from the beginning on valid.
    if holds(None) != Some(false) || holds(Some(u64::MAX)) != Some(true) {
        return None;
    }
    // `high` explains it; everything below `low` does not, or nobody knows.
    let (mut low, mut high) = (0, latest);
    while low < high {
        let middle = low + (high - low) / 2;
        match holds(Some(middle)) {
            Some(true) => high = middle,
            Some(false) => low = middle + 1,
            None => {
                exact = false;
                low = middle + 1;
            }
        }
    }
    let pair = if exact { delayed.pair(high, &mut ask) } else { None };
    Some(StaleTime {
        ns: high,
        bound: if exact { Bound::Exact } else { Bound::AtMost },
        read: pair.map(|(read, _)| read),
        missed: pair.map(|(_, missed)| missed),
    })
}

impl<'h> Delayed<'_, 'h> {
    /// When a read is called that begins so much earlier: behind every return before that time, and
    /// in front of all others; `None` as recorded.
    fn begun(&self, read: &Interval, delay: Option<u64>) -> Rank {
        let Some(delay) = delay else { return read.call };
        let before = self.part.subject.call_ns(read).saturating_sub(delay);
        let precede = self.returns.partition_point(|&(_, ns, _)| ns < before);
        let last = precede.checked_sub(1).map(|last| self.returns[last].0);
        last.map_or(Rank(0), behind).min(read.call)
    }

    /// The part with every read called when this says.
    fn part(&self, call: impl Fn(&Interval) -> Rank) -> Part<'h> {
        let Part { subject, ref key, ref operations } = *self.part;
        let shift = |operation: &Interval| match subject.is_observation(operation) {
            true => Interval { call: call(operation), ..*operation },
            false => *operation,
        };
        let mut operations: Vec<_> = operations.iter().map(shift).collect();
        operations.sort_by_key(|operation| (operation.call, operation.id));
        Part { subject, key: key.clone(), operations }
    }

    /// A read and an operation that had returned exactly so long before it was called, and that make
    /// the difference: were the read (and some before it) called just behind the other's return, and
    /// all others as much earlier as the delay says, no order would explain the part; with the read in
    /// front of that return some order does. `None` when the budget is used up.
    ///
    /// Many pairs can be as far apart without being in anybody's way.
    fn pair(
        &self,
        delay: u64,
        ask: &mut dyn FnMut(&Part<'_>) -> Option<bool>,
    ) -> Option<(OpId, OpId)> {
        let early = |read: &Interval| self.begun(read, Some(delay));
        let late = |read: &Interval| self.begun(read, delay.checked_sub(1));
        let reads = self.part.operations.iter().filter(|one| self.part.subject.is_observation(one));
        let moved: Vec<&Interval> = reads.filter(|read| early(read) != late(read)).collect();
        let places: FxHashMap<OpId, usize> =
            moved.iter().enumerate().map(|(place, read)| (read.id, place)).collect();
        let place = |read: &Interval| places.get(&read.id).copied();
        let many = least(moved.len(), |many| {
            let call = |read: &Interval| match place(read).is_some_and(|place| place < many) {
                true => late(read),
                false => early(read),
            };
            ask(&self.part(call)).map(|holds| !holds)
        })?;
        let worst = *moved.get(many.checked_sub(1)?)?;
        let (first, last) = (early(worst), late(worst));
        let between = |&&(ret, ..): &&(Rank, u64, OpId)| (first.0..last.0).contains(&ret.0);
        let missed: Vec<_> = self.returns.iter().filter(between).collect();
        let many = least(missed.len(), |until| {
            let call = |read: &Interval| match place(read) {
                Some(place) if place + 1 == many => behind(missed[until - 1].0),
                Some(place) if place + 1 < many => late(read),
                _ => early(read),
            };
            ask(&self.part(call)).map(|holds| !holds)
        })?;
        Some((worst.id, missed.get(many.checked_sub(1)?)?.2))
    }
}

/// Just behind this rank.
fn behind(rank: Rank) -> Rank {
    Rank(rank.0.saturating_add(1))
}

/// The least number for which something is so, of a range in which it is so for all above; it is so for
/// the last one. `None` when nobody knows.
fn least(last: usize, mut is_so: impl FnMut(usize) -> Option<bool>) -> Option<usize> {
    let (mut low, mut high) = (1, last);
    while low < high {
        let middle = low + (high - low) / 2;
        match is_so(middle)? {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    Some(high)
}
