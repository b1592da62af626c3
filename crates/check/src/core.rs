//! From a part without an order to the few operations that contradict each other.
//!
//! A core is found by *relaxing*, not by removing: a write may become optional, an observation may
//! be dropped. Removing a write can make a contradiction out of nothing (the read that saw it is
//! left alone); relaxing one only ever allows more orders. So "these required operations contradict
//! each other, everything else relaxed" is monotone in the set of required operations, and a minimal
//! set is found with few probes ([`crate::minimal`]).
//!
//! What is relaxed is not probed where nobody could see it ([`closure`]).

mod closure;
mod elements;
mod owners;
mod shape;

pub(crate) use shape::{Shape, Values};

use crate::minimal::{minimal, without_each};
use crate::part::{Hint, Part, Probe, Standing};
use crate::sums;
use closure::Closure;
use std::cmp::Reverse;
use testimony_history::{OpId, Rank};
use testimony_verdict::Core;

/// So many operations that may have happened beside a core are few enough.
const ALL_MAX: usize = 16;
/// Answers from which a core may begin that are looked at, the last ones first.
const BASES_MAX: usize = 8;

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
/// Probes: one more than there are suspects where the engine knows some; otherwise one for each value
/// of a collection (a few at most), and about `k log(n / k)` for a core of `k` operations.
pub(crate) fn reduce(
    part: &Part<'_>,
    values: Option<&Values<'_>>,
    hint: &Hint,
    probe: &mut Probe<'_>,
) -> Reduced {
    let mut reduction = Reduction::new(part, values, probe);
    let mut required = reduction.among_suspects(&hint.suspects);
    if required.is_empty() {
        let candidates = candidates(part, hint.stuck);
        let values = reduction.closure.by_value(&candidates, hint.stuck);
        let one = values.into_iter().find(|value| reduction.contradict(value) == Some(true));
        required =
            minimal(one.unwrap_or(candidates), &mut |required| reduction.contradict(required));
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

/// The core of operations that contradict each other after the answer of one of them, which tells what
/// everything before it led to: what had returned before that one was called is left out. O(n).
pub(crate) fn since(part: &Part<'_>, mut required: Vec<usize>, base: usize) -> Reduced {
    required.sort_unstable();
    let first = part.operations[base].call;
    let last = required.iter().map(|&at| part.operations[at].ret).max().unwrap_or(first);
    let is_optional = |at: &usize| {
        let operation = &part.operations[*at];
        let is_between = operation.call <= last && operation.ret >= first;
        is_between && part.may_change(operation) && required.binary_search(at).is_err()
    };
    let optional = (0..part.operations.len()).filter(is_optional).collect();
    Reduced { required, optional }
}

/// The same core without all that had returned before one of its answers, if the contradiction
/// follows from that answer on: nobody needs to look at hundreds of amounts that are part of it.
pub(crate) fn shortened(part: &Part<'_>, core: Reduced) -> Reduced {
    if core.optional.len() <= ALL_MAX {
        return core;
    }
    from_an_answer(part, &core.required).unwrap_or(core)
}

/// Two suspects, if one of them is impossible from the answer of the other on: that takes no probe.
pub(crate) fn of_two(part: &Part<'_>, suspects: &[usize]) -> Option<Reduced> {
    let &[one, two] = suspects else { return None };
    let last = part.operations[one].ret.max(part.operations[two].ret);
    let called = part.operations.iter().take_while(|one| one.call <= last);
    let changed = called.filter(|one| part.may_change(one)).take(ALL_MAX + 3);
    let are_many = !part.subject.numbers().is_empty() && changed.count() > ALL_MAX + 2;
    let are_answered = [one, two].iter().all(|&at| part.operations[at].is_ok());
    if are_many && are_answered { from_an_answer(part, suspects) } else { None }
}

/// The core of these from the last answer among them on from which it follows.
fn from_an_answer(part: &Part<'_>, required: &[usize]) -> Option<Reduced> {
    if part.subject.numbers().is_empty() {
        return None;
    }
    let mut bases = required.to_vec();
    bases.sort_unstable_by_key(|&at| Reverse((part.operations[at].call, at)));
    bases.iter().take(BASES_MAX).find_map(|&base| {
        let shorter = since(part, required.to_vec(), base);
        let last = left_out(part, &shorter)?;
        sums::among(part, &shorter, |sums, standings| sums.broken_after(standings, last))?;
        Some(shorter)
    })
}

/// The last return of what may have changed something before a core was over and is not inside. Of a
/// core that is closed there is none; of one that is closed only since some answer ([`since`]), that
/// answer was called after it. O(n).
pub(crate) fn left_out(part: &Part<'_>, core: &Reduced) -> Option<Rank> {
    let last = core.required.iter().map(|&at| part.operations[at].ret).max()?;
    let is_inside = |at: usize| {
        core.optional.binary_search(&at).is_ok() || core.required.binary_search(&at).is_ok()
    };
    let called = part.operations.iter().enumerate().take_while(|(_, one)| one.call <= last);
    let outside = called.filter(|&(at, one)| part.may_change(one) && !is_inside(at));
    outside.map(|(_, one)| one.ret).max()
}

/// Answered operations, the likeliest first: the one that is stuck, then backwards in time from it,
/// then those that returned after it. Those called after it returned are not needed.
fn candidates(part: &Part<'_>, stuck: Option<usize>) -> Vec<usize> {
    let end = stuck.map_or(Rank::NEVER, |at| part.operations[at].ret);
    let mut candidates: Vec<usize> =
        (0..part.operations.len()).filter(|&at| part.operations[at].is_ok()).collect();
    candidates.retain(|&at| part.operations[at].call <= end);
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
}

impl<'r, 'h, 'p> Reduction<'r, 'h, 'p> {
    fn new(
        part: &'r Part<'h>,
        values: Option<&'r Values<'_>>,
        probe: &'r mut Probe<'p>,
    ) -> Reduction<'r, 'h, 'p> {
        Reduction { closure: Closure::new(part, values), part, probe }
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

    /// Whether these, required, contradict each other, if the probe can tell.
    fn contradict(&mut self, required: &[usize]) -> Option<bool> {
        let standings = self.closure.standings(self.part, required);
        Some(!(self.probe)(&standings)?)
    }

    /// The suspects that matter, writes kept rather than observations. Empty when they do not
    /// contradict each other after all.
    fn among_suspects(&mut self, suspects: &[usize]) -> Vec<usize> {
        let mut kept: Vec<usize> =
            suspects.iter().copied().filter(|&at| self.part.operations[at].is_ok()).collect();
        kept.sort_by_key(|&at| (!self.closure.is_observation(at), std::cmp::Reverse(at)));
        kept.dedup();
        if kept.is_empty() || self.contradict(&kept) != Some(true) {
            return Vec::new();
        }
        without_each(kept, &mut |required| self.contradict(required))
    }

    /// Tries to leave each operation out until none can be. Where a core is closed by element or by
    /// owner, one operation more brings others that may have happened, so that what was needed beside
    /// it may not be needed without it.
    fn among_kept(&mut self, mut kept: Vec<usize>) -> Vec<usize> {
        loop {
            let before = kept.len();
            kept = without_each(kept, &mut |required| self.contradict(required));
            if kept.len() == before {
                return kept;
            }
        }
    }
}

#[cfg(test)]
mod tests;
