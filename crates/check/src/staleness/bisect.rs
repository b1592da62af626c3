//! The delay of any part: a bisection that asks the checker.
//!
//! Linearizability of the delayed part is monotone in the delay: a longer one only takes away
//! constraints.

use super::is_read;
use crate::part::{OperationOf, Part};
use crate::{Budget, measure};
use testimony_history::{History, Rank};
use testimony_model::Model;
use testimony_verdict::{Bound, StaleTime};

/// Steps of one question at most: staleness is no reason to spend what a verdict costs.
const STEPS_EACH: u64 = 2_000_000;

/// Parts with more operations are not asked about: each question is about all of them.
const OPERATIONS_MAX: usize = 50_000;

/// A part whose reads can be delayed.
struct Delayed<'p, 'h, M: Model> {
    part: &'p Part<'h, M>,
    /// Returns by rank, with their times.
    returns: Vec<(Rank, u64)>,
}

/// The smallest delay of reads that explains the part.
pub(super) fn time<M: Model>(
    part: &Part<M>,
    left: &mut u64,
    budget: &Budget<'_>,
) -> Option<StaleTime> {
    if part.operations.len() > OPERATIONS_MAX {
        return None;
    }
    let answered = part.operations.iter().filter(|operation| operation.is_ok());
    let mut returns: Vec<_> = answered.map(|one| (one.ret, one.ret_ns)).collect();
    returns.sort_unstable();
    let delayed = Delayed { part, returns };
    let mut exact = true;
    let mut holds = |delay: Option<u64>| {
        let budget = Budget { steps_max: STEPS_EACH.min(*left), ..*budget };
        let history = delayed.history(delay);
        let (answer, steps) = measure(part.model, &history, &budget);
        *left = left.saturating_sub(steps);
        answer
    };
    let latest = part.operations.iter().map(|operation| operation.call_ns).max()?;
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

impl<'h, M: Model> Delayed<'_, 'h, M> {
    /// The part with every read begun so much earlier; `None` as recorded.
    fn history(&self, delay: Option<u64>) -> History<M::Op, M::Ret> {
        let shift = |operation: &&OperationOf<M>| {
            let mut operation: OperationOf<M> = (*operation).clone();
            if let Some(delay) = delay.filter(|_| is_read(self.part.model, &operation)) {
                let before = operation.call_ns.saturating_sub(delay);
                // Behind every return before that time, and in front of all others.
                let precede = self.returns.partition_point(|&(_, ns)| ns < before);
                let last = precede.checked_sub(1).map(|last| self.returns[last].0);
                let call = last.map_or(Rank(0), |last| Rank(last.0.saturating_add(1)));
                operation.call = operation.call.min(call);
            }
            operation
        };
        let mut operations: Vec<_> = self.part.operations.iter().map(shift).collect();
        operations.sort_by_key(|operation| operation.id);
        History { operations, ..History::default() }
    }

    /// A read and an operation that had returned exactly so long before it was called.
    fn pair(&self, delay: u64) -> Option<(&'h OperationOf<M>, &'h OperationOf<M>)> {
        let mut by_time: Vec<_> =
            self.part.operations.iter().filter(|operation| operation.is_ok()).collect();
        by_time.sort_by_key(|operation| (operation.ret_ns, operation.id));
        let reads = self.part.operations.iter().filter(|one| is_read(self.part.model, one));
        let mut pairs = reads.filter_map(|read| {
            let when = read.call_ns.checked_sub(delay)?;
            let from = by_time.partition_point(|operation| operation.ret_ns < when);
            let same = by_time[from..].iter().take_while(|operation| operation.ret_ns == when);
            let mut missed = same.filter(|operation| operation.ret < read.call);
            missed.next().map(|missed| (*read, **missed))
        });
        pairs.next()
    }
}
