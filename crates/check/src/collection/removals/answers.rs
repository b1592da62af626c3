//! The operations whose answers say what was next, by when they are due.

use super::super::accesses::{Accesses, Kind};
use super::super::tuned::index;
use crate::part::Standing;
use std::collections::BTreeSet;

/// The answers that are not explained yet.
pub(super) struct Answers {
    /// All of them by call.
    by_call: Vec<u32>,
    /// So many of them are in `due`, but for those that are explained.
    called: usize,
    /// `(return, position)`.
    due: BTreeSet<(u32, u32)>,
}

impl Answers {
    /// Takes, peeks and answers that nothing was there, as far as they count as recorded.
    pub(super) fn new(accesses: &Accesses, standing: impl Fn(usize) -> Standing) -> Answers {
        let is_answer = |&at: &usize| {
            let tells = !matches!(accesses.kinds[at], Kind::Insert(_) | Kind::Open);
            tells && standing(at) == Standing::Required
        };
        let mut by_call: Vec<u32> =
            (0..accesses.kinds.len()).filter(is_answer).map(index).collect();
        by_call.sort_unstable_by_key(|&at| (accesses.spans[at as usize].start, at));
        Answers { by_call, called: 0, due: BTreeSet::new() }
    }

    /// How many there are, explained or not.
    pub(super) fn len(&self) -> usize {
        self.by_call.len()
    }

    /// The answer that returns first, with its return: nothing else may happen later before it is
    /// explained. `None` when all are.
    pub(super) fn next(&mut self, accesses: &Accesses) -> Option<(u32, u32)> {
        while let Some(&at) = self.by_call.get(self.called) {
            let span = accesses.spans[at as usize];
            if self.due.first().is_some_and(|&(limit, _)| span.start > limit) {
                break;
            }
            self.due.insert((span.end, at));
            self.called += 1;
        }
        self.due.first().copied()
    }

    /// Those that may be explained next, by return: they are called by the limit.
    pub(super) fn open(&self, accesses: &Accesses, limit: u32) -> impl Iterator<Item = usize> {
        let called = move |at: &usize| accesses.spans[*at].start <= limit;
        self.due.iter().map(|&(_, at)| at as usize).filter(called)
    }

    pub(super) fn explain(&mut self, accesses: &Accesses, at: u32) {
        self.due.remove(&(accesses.spans[at as usize].end, at));
    }

    pub(super) fn take_back(&mut self, accesses: &Accesses, at: u32) {
        self.due.insert((accesses.spans[at as usize].end, at));
    }
}
