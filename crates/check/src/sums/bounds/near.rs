//! The nearest answer from which it follows that another one is impossible.
//!
//! What had returned before an answer was called came before it in any order, and is part of what the
//! answer tells. So from there on nothing earlier matters, whether it counts as recorded or not:
//! everything that stands between that answer and the impossible one is what had not returned when the
//! first was called, and had been called when the second returned. A core of these leaves all the rest
//! out. (Where the rest stays in and may take effect at any time, hundreds of earlier amounts must be
//! required only because none of them can have come late.)

use super::{Base, Broken, Item, Question, Side, moment};
use crate::part::Part;
use testimony_history::Rank;

/// When operations that change something were called and had returned.
pub(in crate::sums) struct Changes {
    calls: Vec<i64>,
    rets: Vec<i64>,
}

impl Changes {
    /// Those of a part, as recorded. O(n log n).
    pub(in crate::sums) fn of(part: &Part<'_>) -> Changes {
        let (mut calls, mut rets) = (Vec::new(), Vec::new());
        for operation in part.operations.iter().filter(|one| part.may_change(one)) {
            calls.push(moment(operation.call));
            if operation.is_ok() {
                rets.push(moment(operation.ret));
            }
        }
        rets.sort_unstable();
        Changes { calls, rets }
    }

    /// How many were called up to a rank.
    pub(in crate::sums) fn called_up_to(&self, rank: Rank) -> usize {
        self.called_before(moment(rank) + 1)
    }

    /// How many were called before a moment.
    fn called_before(&self, moment: i64) -> usize {
        self.calls.partition_point(|&call| call < moment)
    }

    /// How many had returned before a moment.
    fn returned_before(&self, moment: i64) -> usize {
        self.rets.partition_point(|&ret| ret < moment)
    }
}

/// An impossible answer, told from the nearest other one.
pub(in crate::sums) struct Near {
    pub(in crate::sums) broken: Broken,
    /// Operations that may stand between the two.
    pub(in crate::sums) between: usize,
}

impl Side {
    /// The answer from which it follows with the fewest operations between, and the fewest amounts
    /// from which it does. O(log n) for each answer that is no further away, and O(n) for the amounts.
    pub(super) fn nearest(
        &self,
        number: usize,
        question: &Question,
        changes: &Changes,
    ) -> Option<Near> {
        let (called, falls) = (changes.called_before(question.ret + 1), self.falls(question));
        let rises = self.rises_before(question);
        let risen = |base: &Base| rises.before(-base.ret);
        let end = self.bases.partition_point(|base| base.ret < question.call);
        let mut best: Option<(usize, &Base)> = None;
        for base in self.bases[..end].iter().rev().filter(|base| base.at.is_some()) {
            // What returned before another one was called has at least as much behind it.
            if best.is_some_and(|(_, best)| base.ret < best.call) {
                break;
            }
            let between = called.saturating_sub(changes.returned_before(base.call));
            let follows = || self.low(base) + risen(base) + falls > question.most;
            if best.is_none_or(|(fewest, _)| between < fewest) && follows() {
                best = Some((between, base));
            }
        }
        let (between, base) = best?;
        let needed = question.most + 1 - self.low(base) - falls;
        let counts =
            |item: &&Item| item.adds > 0 && item.call > base.ret && item.ret < question.call;
        let amounts = self.largest(counts, needed);
        let sums = (base.left, risen(base), self.low(base) - base.left + falls);
        let told = self.told(number, question, base.at, sums);
        // Without either nobody is told what happened last.
        let is_told = question.at.is_some() || !amounts.is_empty();
        let broken = Broken { amounts, always: false, ..told };
        is_told.then_some(Near { broken, between })
    }
}
