//! The names of sequences and locks.

use super::Named;
use crate::core::Reduced;
use crate::part::Part;
use crate::subject::Interval;
use rustc_hash::FxHashSet;
use testimony_history::Rank;
use testimony_model::{Access, Atom, Locking, Placing};
use testimony_verdict::AnomalyKind;

/// Names a core of a sequence or a lock; `None` for other models, and where no name fits.
pub(crate) fn named<'h>(whole: &Part<'h>, part: &Part<'h>, core: &Reduced) -> Option<Named> {
    let core = Ordered { whole, part, required: &core.required };
    core.duplicate()
        .or_else(|| core.unexpected())
        .or_else(|| core.reordered())
        .or_else(|| core.stale_end())
        .or_else(|| core.lost())
        .or_else(|| core.regression())
        .or_else(|| core.double_lock())
        .or_else(|| core.stray_release())
}

/// What a read of a sequence shows although nobody can have put it there before it returned. O(n).
pub(crate) fn unasked<'h>(part: &Part<'h>, read: &Interval) -> Option<Atom<'h>> {
    let shown: Vec<Atom<'h>> = match part.access(read) {
        Access::Place(Placing::Entry { entry, .. }) if entry != Atom::Nil => vec![entry],
        Access::Place(Placing::Suffix { entries, .. }) => {
            entries.iter().map(testimony_model::Value::atom).collect()
        }
        _ => return None,
    };
    let called = part.operations.iter().take_while(|operation| operation.call <= read.ret);
    let appended: FxHashSet<Atom<'h>> = called
        .filter_map(|operation| match part.access(operation) {
            Access::Place(Placing::Take { entry, .. }) => entry,
            _ => None,
        })
        .collect();
    shown.into_iter().find(|entry| !appended.contains(entry))
}

/// A core, seen as accesses to a sequence or a lock.
struct Ordered<'c, 'h> {
    /// What the part is taken from.
    whole: &'c Part<'h>,
    part: &'c Part<'h>,
    required: &'c [usize],
}

/// From where to where an operation certainly moved the end on.
type Taken = (usize, i64, i64);

impl<'h> Ordered<'_, 'h> {
    fn operation(&self, at: usize) -> Interval {
        self.part.operations[at]
    }

    fn access(&self, at: usize) -> Access<'h> {
        let operation = self.operation(at);
        self.part.access(&operation)
    }

    fn precedes(&self, first: usize, second: usize) -> bool {
        self.operation(first).precedes(&self.operation(second))
    }

    /// Required operations that took a place, by place.
    fn taken(&self) -> Vec<Taken> {
        let taken = |&at: &usize| match self.access(at) {
            Access::Place(Placing::Take { at: Some(from), size, .. }) => {
                Some((at, from, from.saturating_add(size)))
            }
            Access::Place(Placing::Rise(Some(from))) => Some((at, from, from.saturating_add(1))),
            _ => None,
        };
        let mut taken: Vec<Taken> = self.required.iter().filter_map(taken).collect();
        taken.sort_by_key(|&(at, from, _)| (from, at));
        taken
    }

    /// Two operations that took one place.
    fn duplicate(&self) -> Option<Named> {
        let taken = self.taken();
        let pair = taken.windows(2).find(|pair| pair[0].2 > pair[1].1)?;
        let mut pair = [pair[0].0, pair[1].0];
        pair.sort_by_key(|&at| (self.operation(at).ret, at));
        Some(Named::new(AnomalyKind::DuplicatePosition, pair[1], vec![pair[0]]))
    }

    /// A read that shows an entry of which no append was called before it returned.
    fn unexpected(&self) -> Option<Named> {
        let reads = self.required.iter().copied();
        let culprit =
            reads.filter(|&at| unasked(self.whole, &self.operation(at)).is_some()).min()?;
        Some(Named::new(AnomalyKind::UnexpectedEffect, culprit, Vec::new()))
    }

    /// One that took a place after another one, which took a later place, had returned.
    fn reordered(&self) -> Option<Named> {
        let taken = self.taken();
        // When the first of those returned that took a later place.
        let mut first = Rank::NEVER;
        let mut firsts: Vec<Rank> = Vec::with_capacity(taken.len());
        for &(at, ..) in taken.iter().rev() {
            firsts.push(first);
            first = first.min(self.operation(at).ret);
        }
        taken.iter().zip(firsts.into_iter().rev()).enumerate().find_map(|(number, (one, first))| {
            let lower = one.0;
            if first >= self.operation(lower).call {
                return None;
            }
            let mut higher = taken[number..].iter().map(|&(at, ..)| at);
            let higher = higher.find(|&higher| self.precedes(higher, lower))?;
            Some(Named::new(AnomalyKind::ReorderedPosition, lower, vec![higher]))
        })
    }

    /// A read that saw the end before a place that had been taken before it was called.
    fn stale_end(&self) -> Option<Named> {
        let taken = self.taken();
        self.required.iter().copied().find_map(|read| {
            let end = match self.access(read) {
                Access::Place(Placing::End(end)) => end?,
                Access::Place(Placing::Entry { at, entry: Atom::Nil }) => at,
                Access::Place(Placing::Suffix { from, entries }) => {
                    from.saturating_add(i64::try_from(entries.len()).ok()?)
                }
                _ => return None,
            };
            let before = |&&(take, from, _): &&Taken| from >= end && self.precedes(take, read);
            let &(take, ..) = taken.iter().find(before)?;
            Some(Named::new(AnomalyKind::StaleEnd, read, vec![take]))
        })
    }

    /// An operation that stands behind more places than can have been taken before it returned.
    fn lost(&self) -> Option<Named> {
        let Atom::Int(begin) = self.part.subject.initial() else { return None };
        if !self.required.iter().any(|&at| matches!(self.access(at), Access::Place(_))) {
            return None;
        }
        let sizes = self.sizes();
        let culprit = self.required.iter().copied().find(|&at| {
            let behind = match self.access(at) {
                Access::Place(Placing::Take { at: Some(from), .. }) => from,
                Access::Place(Placing::End(Some(end))) => end,
                Access::Place(Placing::Entry { at, entry }) => match entry {
                    Atom::Nil => return false,
                    _ => at.saturating_add(1),
                },
                Access::Place(Placing::Suffix { from, entries }) if !entries.is_empty() => {
                    from.saturating_add(i64::try_from(entries.len()).unwrap_or(i64::MAX))
                }
                _ => return false,
            };
            self.room_before(at, behind, &sizes) < i128::from(behind) - i128::from(begin)
        })?;
        Some(Named::new(AnomalyKind::LostPosition, culprit, Vec::new()))
    }

    /// How much the operations of the part can have taken, summed up by call.
    fn sizes(&self) -> Vec<i128> {
        let mut sum = 0;
        let size = |at: usize| match self.access(at) {
            Access::Place(Placing::Take { size, .. }) => i128::from(size),
            _ => 0,
        };
        let add = |at: usize| {
            sum += size(at);
            sum
        };
        [0].into_iter().chain((0..self.part.operations.len()).map(add)).collect()
    }

    /// How much can have been taken before a place, before this operation returned.
    fn room_before(&self, at: usize, place: i64, sizes: &[i128]) -> i128 {
        let until = self.operation(at).ret;
        let in_time = |at: usize| self.operation(at).call <= until;
        let size = |at: usize| sizes[at + 1] - sizes[at];
        let behind = |other: usize| match self.access(other) {
            Access::Place(Placing::Take { at: Some(from), .. }) => from >= place,
            _ => false,
        };
        let called = self.part.operations.partition_point(|operation| operation.call <= until);
        let others = self.required.iter().copied().filter(|&other| other != at);
        let elsewhere = others.filter(|&other| in_time(other) && behind(other)).map(size);
        let own = if in_time(at) { size(at) } else { 0 };
        sizes[called] - own - elsewhere.sum::<i128>()
    }

    /// A token that is not above that of a grant that had been answered before.
    fn regression(&self) -> Option<Named> {
        let token = |&at: &usize| match self.access(at) {
            Access::Lock(Locking::Acquire { granted: Some(true), token, .. }) => Some((at, token?)),
            _ => None,
        };
        let grants: Vec<(usize, i64)> = self.required.iter().filter_map(token).collect();
        grants.iter().find_map(|&(later, low)| {
            let above = |&&(earlier, high): &&(usize, i64)| {
                let before = self.precedes(earlier, later) && high >= low;
                before || (earlier < later && high == low)
            };
            let &(earlier, _) = grants.iter().find(above)?;
            Some(Named::new(AnomalyKind::TokenRegression, later, vec![earlier]))
        })
    }

    /// Whether every required operation acquired or released the lock: none was refused.
    fn all_granted(&self) -> bool {
        self.required.iter().all(|&at| {
            matches!(
                self.access(at),
                Access::Lock(
                    Locking::Acquire { granted: Some(true), .. }
                        | Locking::Release { granted: Some(true), .. }
                )
            )
        })
    }

    /// Required grants and releases, with their owners: what only one owner at a time explains.
    fn double_lock(&self) -> Option<Named> {
        let acquired = |&at: &usize| {
            let access = self.access(at);
            matches!(access, Access::Lock(Locking::Acquire { granted: Some(true), .. }))
        };
        let mut acquires: Vec<usize> = self.required.iter().copied().filter(acquired).collect();
        acquires.sort_by_key(|&at| (self.operation(at).call, at));
        let culprit = acquires.pop().filter(|_| self.all_granted() && self.required.len() > 1)?;
        let others = self.required.iter().copied().filter(|&at| at != culprit);
        Some(Named::new(AnomalyKind::DoubleLock, culprit, others.collect()))
    }

    /// A release by an owner that cannot have held the lock.
    fn stray_release(&self) -> Option<Named> {
        let released = |&&at: &&usize| {
            let access = self.access(at);
            matches!(access, Access::Lock(Locking::Release { granted: Some(true), .. }))
        };
        let culprit =
            self.required.iter().rfind(released).copied().filter(|_| self.all_granted())?;
        let others = self.required.iter().copied().filter(|&at| at != culprit);
        Some(Named::new(AnomalyKind::StrayRelease, culprit, others.collect()))
    }
}
