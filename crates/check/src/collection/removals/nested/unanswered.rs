//! Operations that nobody was answered: takes that may have taken anything, and puts that may have
//! happened.

use super::super::super::accesses::{Accesses, Kind};
use super::super::super::tuned::index;
use super::super::walk::Opens;
use super::timeline::counts;
use crate::part::Standing;

/// An operation with its call.
#[derive(Clone, Copy)]
pub(super) struct Call {
    pub(super) at: u32,
    pub(super) call: u32,
}

/// The operations that nobody was answered. Those are used first that are called first.
pub(super) struct Unanswered {
    /// Takes, by call.
    opens: Vec<Call>,
    /// Puts of each value, by call.
    spare: Vec<Vec<Call>>,
    /// How many there are.
    len: usize,
}

impl Unanswered {
    /// O(n log n).
    pub(super) fn new(
        accesses: &Accesses,
        standing: impl Fn(usize) -> Standing + Copy,
    ) -> Unanswered {
        let mut spare: Vec<Vec<Call>> = vec![Vec::new(); accesses.values];
        for (at, kind) in accesses.kinds.iter().enumerate() {
            if let Kind::Insert(value) = *kind
                && standing(at) != Standing::Dropped
                && !counts(accesses, standing, at)
            {
                let call = accesses.spans[at].start;
                spare[value as usize].push(Call { at: index(at), call });
            }
        }
        spare.iter_mut().for_each(|all| all.sort_unstable_by_key(|one| (one.call, one.at)));
        let of = |&(call, at): &(u32, u32)| Call { at, call };
        let opens: Vec<Call> = Opens::new(accesses, standing).calls().iter().map(of).collect();
        let len = opens.len() + spare.iter().map(Vec::len).sum::<usize>();
        Unanswered { opens, spare, len }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The take that is used when so many were.
    pub(super) fn open(&self, used: u32) -> Option<Call> {
        self.opens.get(used as usize).copied()
    }

    /// The put of a value that is used when so many were.
    pub(super) fn spare(&self, value: u32, used: u32) -> Option<Call> {
        self.spare[value as usize].get(used as usize).copied()
    }
}
