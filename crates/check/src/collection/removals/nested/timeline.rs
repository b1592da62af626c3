//! Which operations are open when.

use super::super::super::accesses::{Accesses, Kind};
use super::super::super::tuned::index;
use super::super::super::{NEVER, NONE};
use crate::budget::{Meter, Spent, reserve};
use crate::part::Standing;
use std::cmp::Reverse;

/// So many open operations are written down in a step.
const SHARE: usize = 16;

/// Whether an operation certainly happened and says what it did.
pub(super) fn counts(accesses: &Accesses, standing: impl Fn(usize) -> Standing, at: usize) -> bool {
    standing(at) == Standing::Required
        && accesses.kinds[at] != Kind::Open
        && accesses.spans[at].end != NEVER
}

/// The operations that certainly happened, by return.
pub(super) struct Timeline {
    by_return: Vec<u32>,
    /// When each of those returns.
    ends: Vec<u32>,
    /// For each of those, what may be explained when all before it are: it, and what is called by its
    /// return and returns later. The last to return is first. From where to where that is.
    open: Vec<u32>,
    open_from: Vec<usize>,
}

impl Timeline {
    /// O(n log n), and as many as are open at once for each operation.
    pub(super) fn new(
        accesses: &Accesses,
        standing: impl Fn(usize) -> Standing + Copy,
        meter: &mut Meter<'_>,
    ) -> Result<Timeline, Spent> {
        let span = |at: u32| accesses.spans[at as usize];
        let all = 0..accesses.kinds.len();
        let mut by_return: Vec<u32> =
            all.filter(|&at| counts(accesses, standing, at)).map(index).collect();
        let mut by_call = by_return.clone();
        by_return.sort_unstable_by_key(|&at| (span(at).end, at));
        by_call.sort_unstable_by_key(|&at| (span(at).start, at));
        let mut place = vec![NONE; accesses.kinds.len()];
        for (number, &at) in (0..).zip(&by_return) {
            place[at as usize] = number;
        }
        let (mut open, mut open_from) = (Vec::new(), Vec::with_capacity(by_return.len() + 1));
        let mut now: Vec<u32> = Vec::new();
        let mut called = by_call.into_iter().peekable();
        for &at in &by_return {
            while let Some(one) = called.next_if(|&one| span(one).start <= span(at).end) {
                let from_last = |&other: &u32| Reverse(place[other as usize]);
                let after = now.partition_point(|other| from_last(other) < from_last(&one));
                now.insert(after, one);
            }
            meter.step((now.len() / SHARE) as u64)?;
            reserve(&mut open, now.len(), meter)?;
            open_from.push(open.len());
            open.extend_from_slice(&now);
            now.pop();
        }
        open_from.push(open.len());
        let ends = by_return.iter().map(|&at| span(at).end).collect();
        Ok(Timeline { by_return, ends, open, open_from })
    }

    pub(super) fn len(&self) -> usize {
        self.by_return.len()
    }

    /// The operation that returns next after so many.
    pub(super) fn next(&self, passed: u32) -> Option<u32> {
        self.by_return.get(passed as usize).copied()
    }

    /// When that is: all that is explained before it is called by then.
    pub(super) fn limit(&self, passed: u32) -> u32 {
        self.ends.get(passed as usize).copied().unwrap_or(NEVER)
    }

    /// What may be explained when so many have returned, the last to return first.
    pub(super) fn open(&self, passed: u32) -> &[u32] {
        let at = passed as usize;
        &self.open[self.open_from[at]..self.open_from[at + 1]]
    }

    /// The operation whose return could not be passed.
    pub(super) fn stuck(&self, passed: u32) -> Option<usize> {
        self.next(passed).map(|at| at as usize)
    }
}
