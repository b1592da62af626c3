//! From a part without an order to the few operations that contradict each other.
//!
//! A core is found by *relaxing*, not by removing: a write may become optional, an observation may
//! be dropped. Removing a write can make a contradiction out of nothing (the read that saw it is
//! left alone); relaxing one only ever allows more orders. So "these required operations contradict
//! each other, everything else relaxed" is monotone in the set of required operations, and a minimal
//! set is found with few probes: the shortest contradictory prefix of a list of candidates ends with
//! an operation that cannot be missed; keep it, look for the shortest prefix again, until what was
//! kept contradicts itself. For each one kept that is a binary search.
//!
//! What is relaxed is not probed where nobody could see it ([`closure`]).

mod closure;
mod elements;
mod owners;
mod shape;

pub(crate) use shape::{Shape, Values};

use crate::part::{Hint, Part, Probe, Standing};
use closure::Closure;
use testimony_history::{OpId, Rank};
use testimony_verdict::Core;

/// So many probes may run out of their budget before a core is left as large as it is.
const EXHAUSTED_MAX: usize = 8;

/// A core by positions in its part, each list in the order of the calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reduced {
    /// Count as recorded.
    pub(crate) required: Vec<usize>,
    /// May take effect from their call on, or never.
    pub(crate) optional: Vec<usize>,
}

impl Reduced {
    /// The same by ids, in the order of the ids.
    pub(crate) fn core(&self, part: &Part<'_>) -> Core {
        let ids = |positions: &[usize]| {
            let mut ids: Vec<OpId> = positions.iter().map(|&at| part.operations[at].id).collect();
            ids.sort_unstable();
            ids
        };
        Core { required: ids(&self.required), optional: ids(&self.optional) }
    }
}

/// Reduces a part that has no order to a core: contradictory, closed, and minimal under relaxing
/// (unless the probe runs out of its budget; then it is contradictory and closed).
///
/// Probes: one more than there are suspects where the engine knows some, otherwise about
/// `k log(n / k)` for a core of `k` operations.
pub(crate) fn reduce(
    part: &Part<'_>,
    values: Option<&Values<'_>>,
    hint: &Hint,
    probe: &mut Probe<'_>,
) -> Reduced {
    let mut reduction = Reduction::new(part, values, probe);
    let mut required = reduction.among_suspects(&hint.suspects);
    if required.is_empty() {
        required = reduction.among_candidates(candidates(part, hint.stuck));
    }
    reduction.close(required)
}

/// Reduces suspects to a core among them, like [`reduce`]; `None` when they do not contradict each
/// other after all.
pub(crate) fn reduce_suspects(
    part: &Part<'_>,
    values: Option<&Values<'_>>,
    suspects: &[usize],
    probe: &mut Probe<'_>,
) -> Option<Reduced> {
    let mut reduction = Reduction::new(part, values, probe);
    let required = reduction.among_suspects(suspects);
    (!required.is_empty()).then(|| reduction.close(required))
}

/// Answered operations, the likeliest first: the one that is stuck, then backwards in time from it,
/// then those that returned after it.
fn candidates(part: &Part<'_>, stuck: Option<usize>) -> Vec<usize> {
    let end = stuck.map_or(Rank::NEVER, |at| part.operations[at].ret);
    let mut candidates: Vec<usize> =
        (0..part.operations.len()).filter(|&at| part.operations[at].is_ok()).collect();
    candidates.sort_by_key(|&at| {
        let ret = part.operations[at].ret;
        (Some(at) != stuck, ret > end, std::cmp::Reverse(ret), at)
    });
    candidates
}

struct Reduction<'r, 'h, 'p> {
    part: &'r Part<'h>,
    closure: Closure<'r, 'h>,
    probe: &'r mut Probe<'p>,
    /// Probes that ran out of their budget.
    exhausted: usize,
}

impl<'r, 'h, 'p> Reduction<'r, 'h, 'p> {
    fn new(
        part: &'r Part<'h>,
        values: Option<&'r Values<'_>>,
        probe: &'r mut Probe<'p>,
    ) -> Reduction<'r, 'h, 'p> {
        Reduction { closure: Closure::new(part, values), part, probe, exhausted: 0 }
    }

    /// The core of these required operations.
    fn close(mut self, mut required: Vec<usize>) -> Reduced {
        if self.closure.leaves_out() {
            required = self.among_kept(required);
        }
        required.sort_unstable();
        let standings = self.closure.standings(self.part, &required);
        let optional = |&at: &usize| standings[at] == Standing::Optional;
        Reduced { required, optional: (0..standings.len()).filter(optional).collect() }
    }

    /// Whether these, required, contradict each other as far as the probe can tell.
    fn contradict(&mut self, required: &[usize]) -> bool {
        let standings = self.closure.standings(self.part, required);
        let order = (self.probe)(&standings);
        self.exhausted += usize::from(order.is_none());
        order == Some(false)
    }

    /// The suspects that matter, one by one, writes kept rather than observations. Empty when they
    /// do not contradict each other after all.
    fn among_suspects(&mut self, suspects: &[usize]) -> Vec<usize> {
        let mut kept: Vec<usize> =
            suspects.iter().copied().filter(|&at| self.part.operations[at].is_ok()).collect();
        kept.sort_by_key(|&at| (!self.closure.is_observation(at), std::cmp::Reverse(at)));
        kept.dedup();
        if kept.is_empty() || !self.contradict(&kept) {
            return Vec::new();
        }
        let mut next = 0;
        while next < kept.len() && kept.len() > 1 {
            let mut without = kept.clone();
            without.remove(next);
            if self.contradict(&without) {
                kept = without;
            } else {
                next += 1;
            }
        }
        kept
    }

    /// Tries again to leave each operation out, until none can be. Where a core is closed by element
    /// or by owner, one operation more brings others that may have happened, so that what was needed beside it
    /// may not be needed without it.
    fn among_kept(&mut self, mut kept: Vec<usize>) -> Vec<usize> {
        let mut next = 0;
        while next < kept.len() && kept.len() > 1 && self.exhausted <= EXHAUSTED_MAX {
            let mut without = kept.clone();
            without.remove(next);
            if self.contradict(&without) {
                (kept, next) = (without, 0);
            } else {
                next += 1;
            }
        }
        kept
    }

    /// A minimal set among candidates that contradict each other.
    ///
    /// What was kept together with the candidates that are left always does. A probe that ran out of
    /// its budget counts as "does not", which costs minimality; after a few of them nothing more is
    /// asked.
    fn among_candidates(&mut self, mut candidates: Vec<usize>) -> Vec<usize> {
        let mut kept: Vec<usize> = Vec::new();
        while !candidates.is_empty() {
            // The first `short` candidates are too few, the first `enough` contradict what is kept.
            let (mut short, mut enough) = (0, candidates.len());
            let mut stride = 1;
            while short + 1 < enough {
                if self.exhausted > EXHAUSTED_MAX {
                    return [kept.as_slice(), &candidates[..enough]].concat();
                }
                let tried = short + stride.min((enough - short) / 2);
                if self.contradict(&[kept.as_slice(), &candidates[..tried]].concat()) {
                    enough = tried;
                } else {
                    short = tried;
                }
                stride *= 2;
            }
            kept.push(candidates[enough - 1]);
            candidates.truncate(enough - 1);
            if self.contradict(&kept) {
                break;
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests;
