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
mod shape;

pub(crate) use shape::{Shape, Values};

use crate::part::{Hint, Part, Probe, Standing};
use closure::Closure;
use testimony_history::{OpId, Rank};
use testimony_model::Model;
use testimony_verdict::Core;

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
    pub(crate) fn core<M: Model>(&self, part: &Part<'_, M>) -> Core {
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
pub(crate) fn reduce<M: Model>(
    part: &Part<'_, M>,
    values: Option<&Values<'_>>,
    hint: &Hint,
    probe: &mut Probe<'_>,
) -> Reduced {
    let mut reduction = Reduction { closure: Closure::new(part, values), part, probe };
    let mut required = reduction.from_suspects(&hint.suspects);
    if required.is_empty() {
        required = reduction.from_candidates(candidates(part, hint.stuck));
    }
    required.sort_unstable();
    let standings = reduction.closure.standings(part, &required);
    let optional =
        (0..standings.len()).filter(|&at| standings[at] == Standing::Optional).collect();
    Reduced { required, optional }
}

/// Answered operations, the likeliest first: the one that is stuck, then backwards in time from it,
/// then those that returned after it.
fn candidates<M: Model>(part: &Part<'_, M>, stuck: Option<usize>) -> Vec<usize> {
    let end = stuck.map_or(Rank::NEVER, |at| part.operations[at].ret);
    let mut candidates: Vec<usize> =
        (0..part.operations.len()).filter(|&at| part.operations[at].is_ok()).collect();
    candidates.sort_by_key(|&at| {
        let ret = part.operations[at].ret;
        (Some(at) != stuck, ret > end, std::cmp::Reverse(ret), at)
    });
    candidates
}

struct Reduction<'r, 'h, 'p, M: Model> {
    part: &'r Part<'h, M>,
    closure: Closure<'r>,
    probe: &'r mut Probe<'p>,
}

impl<M: Model> Reduction<'_, '_, '_, M> {
    /// Whether these, required, contradict each other; `None` when the budget ran out.
    fn contradict(&mut self, required: &[usize]) -> Option<bool> {
        let standings = self.closure.standings(self.part, required);
        (self.probe)(&standings).map(|order| !order)
    }

    /// The suspects that matter, one by one, writes kept rather than observations. Empty when they
    /// do not contradict each other after all.
    fn from_suspects(&mut self, suspects: &[usize]) -> Vec<usize> {
        let mut kept: Vec<usize> =
            suspects.iter().copied().filter(|&at| self.part.operations[at].is_ok()).collect();
        kept.sort_by_key(|&at| (!self.closure.is_observation(at), std::cmp::Reverse(at)));
        kept.dedup();
        if kept.is_empty() || self.contradict(&kept) != Some(true) {
            return Vec::new();
        }
        let mut next = 0;
        while next < kept.len() && kept.len() > 1 {
            let mut without = kept.clone();
            without.remove(next);
            match self.contradict(&without) {
                Some(true) => kept = without,
                Some(false) => next += 1,
                None => break,
            }
        }
        kept
    }

    /// A minimal set among candidates that contradict each other.
    fn from_candidates(&mut self, mut candidates: Vec<usize>) -> Vec<usize> {
        let mut kept: Vec<usize> = Vec::new();
        loop {
            if !kept.is_empty() {
                match self.contradict(&kept) {
                    Some(true) => return kept,
                    Some(false) => {}
                    None => return [kept, candidates].concat(),
                }
            }
            // The first `short` candidates are too few, the first `enough` contradict what is kept.
            let (mut short, mut enough) = (0, candidates.len());
            let mut stride = 1;
            while short + 1 < enough {
                let (galloping, middle) = (short + stride, short + (enough - short) / 2);
                let try_first = galloping.min(middle);
                let tried = [kept.as_slice(), &candidates[..try_first]].concat();
                match self.contradict(&tried) {
                    Some(true) => enough = try_first,
                    Some(false) => short = try_first,
                    None => return [kept.as_slice(), &candidates[..enough]].concat(),
                }
                stride *= 2;
            }
            if enough == 0 {
                return kept;
            }
            kept.push(candidates[enough - 1]);
            candidates.truncate(enough - 1);
        }
    }
}

#[cfg(test)]
mod tests;
