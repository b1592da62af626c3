//! The delay of any part: a bisection that asks the checker.
//!
//! Linearizability of the delayed part is monotone in the delay: a longer one only takes away
//! constraints.

use crate::Budget;
use crate::forecast::measure_part;
use crate::part::Part;
use crate::subject::Interval;
use testimony_history::Rank;
use testimony_verdict::{Bound, StaleTime};

/// Steps of one question at most: staleness is no reason to spend what a verdict costs.
const STEPS_EACH: u64 = 2_000_000;

/// Parts with more operations are not asked about: each question is about all of them.
const OPERATIONS_MAX: usize = 50_000;

/// A part whose reads can be delayed.
struct Delayed<'p, 'h> {
    part: &'p Part<'h>,
    /// Returns by rank, with their times.
    returns: Vec<(Rank, u64)>,
}

/// The smallest delay of reads that explains the part.
pub(super) fn time(part: &Part<'_>, left: &mut u64, budget: &Budget<'_>) -> Option<StaleTime> {
    if part.operations.len() > OPERATIONS_MAX {
        return None;
    }
    let answered = part.operations.iter().filter(|operation| operation.is_ok());
    let mut returns: Vec<_> = answered.map(|one| (one.ret, part.subject.ret_ns(one))).collect();
    returns.sort_unstable();
    let delayed = Delayed { part, returns };
    let mut exact = true;
    let mut holds = |delay: Option<u64>| {
        let budget = Budget { steps_max: STEPS_EACH.min(*left), ..*budget };
        let (answer, steps) = measure_part(&delayed.part(delay), &budget);
        *left = left.saturating_sub(steps);
        answer
    };
    let latest = part.operations.iter().map(|operation| part.subject.call_ns(operation)).max()?;
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
    let pair = if exact { delayed.pair(high) } else { None };
    Some(StaleTime {
        ns: high,
        bound: if exact { Bound::Exact } else { Bound::AtMost },
        read: pair.map(|(read, _)| read.id),
        missed: pair.map(|(_, missed)| missed.id),
    })
}

impl<'h> Delayed<'_, 'h> {
    /// The part with every read begun so much earlier; `None` as recorded.
    fn part(&self, delay: Option<u64>) -> Part<'h> {
        let Part { subject, ref key, ref operations } = *self.part;
        let shift = |operation: &Interval| {
            let mut operation = *operation;
            if let Some(delay) = delay.filter(|_| subject.is_observation(&operation)) {
                let before = subject.call_ns(&operation).saturating_sub(delay);
                // Behind every return before that time, and in front of all others.
                let precede = self.returns.partition_point(|&(_, ns)| ns < before);
                let last = precede.checked_sub(1).map(|last| self.returns[last].0);
                let call = last.map_or(Rank(0), |last| Rank(last.0.saturating_add(1)));
                operation.call = operation.call.min(call);
            }
            operation
        };
        let mut operations: Vec<_> = operations.iter().map(shift).collect();
        operations.sort_by_key(|operation| (operation.call, operation.id));
        Part { subject, key: key.clone(), operations }
    }

    /// A read and an operation that had returned exactly so long before it was called.
    fn pair(&self, delay: u64) -> Option<(Interval, Interval)> {
        let Part { subject, ref operations, .. } = *self.part;
        let mut by_time: Vec<(u64, Interval)> = operations
            .iter()
            .filter(|operation| operation.is_ok())
            .map(|operation| (subject.ret_ns(operation), *operation))
            .collect();
        by_time.sort_by_key(|(ns, operation)| (*ns, operation.id));
        let reads = operations.iter().filter(|one| subject.is_observation(one));
        let mut pairs = reads.filter_map(|read| {
            let when = subject.call_ns(read).checked_sub(delay)?;
            let from = by_time.partition_point(|(ns, _)| *ns < when);
            let same = by_time[from..].iter().take_while(|(ns, _)| *ns == when);
            let mut missed = same.filter(|(_, operation)| operation.ret < read.call);
            missed.next().map(|(_, missed)| (*read, *missed))
        });
        pairs.next()
    }
}
