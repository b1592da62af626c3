//! What an order must keep to: when operations were called and returned, and what each one found.

use super::{Sums, Term};
use crate::part::Standing;
use testimony_history::Rank;

/// The calls and returns of a part under some standings, and what each operation needs.
pub(super) struct Schedule<'s, 'p, 'h> {
    pub(super) sums: &'s Sums<'p, 'h>,
    pub(super) required: Vec<bool>,
    /// Calls and returns in time: the moment, the position, whether it is the call.
    pub(super) events: Vec<(Rank, u32, bool)>,
}

/// What is missing up to an answer, by number: not less, not more.
pub(super) struct Missing {
    pub(super) ranges: Vec<(i128, i128)>,
    /// Whether every number is told.
    pub(super) exact: bool,
}

impl Missing {
    pub(super) fn is_met(&self, sum: &[i128]) -> bool {
        self.ranges.iter().zip(sum).all(|((least, most), sum)| (*least..=*most).contains(sum))
    }
}

impl<'s, 'p, 'h> Schedule<'s, 'p, 'h> {
    /// O(n log n).
    pub(super) fn of(sums: &'s Sums<'p, 'h>, standings: &[Standing]) -> Schedule<'s, 'p, 'h> {
        let required: Vec<bool> =
            standings.iter().enumerate().map(|(at, &one)| sums.is_required(at, one)).collect();
        let mut events = Vec::new();
        for (at, operation) in (0_u32..).zip(&sums.part.operations) {
            if standings[at as usize] == Standing::Dropped {
                continue;
            }
            events.push((operation.call, at, true));
            if required[at as usize] {
                events.push((operation.ret, at, false));
            }
        }
        // What is called when another one returns may come before it.
        events.sort_unstable_by_key(|&(moment, at, is_call)| (moment, !is_call, at));
        Schedule { sums, required, events }
    }

    /// What may have happened and need not, by call.
    pub(super) fn optional(&self) -> impl Iterator<Item = u32> + '_ {
        let called = self.events.iter().filter(|&&(_, _, is_call)| is_call);
        called.map(|&(_, at, _)| at).filter(|&at| !self.required[at as usize])
    }

    /// What the numbers are at the beginning.
    pub(super) fn initial(&self) -> Vec<i128> {
        self.sums.numbers.iter().map(|number| i128::from(number.initial)).collect()
    }

    /// Whether it changes a number; what does not is an observation.
    pub(super) fn adds(&self, at: usize) -> bool {
        self.sums.terms(at).iter().any(|term| term.adds != 0)
    }

    /// Whether its answer says what it found.
    pub(super) fn is_limited(&self, at: usize) -> bool {
        self.sums.terms(at).iter().any(|term| term.least.is_some() || term.most.is_some())
    }

    /// Whether it adds something and does not say what it found.
    pub(super) fn is_free(&self, at: usize) -> bool {
        !self.is_limited(at) && self.adds(at)
    }

    /// What a number must be before an operation with this term.
    pub(super) fn limits(&self, at: usize, term: &Term) -> (i128, i128) {
        let least = term.least.filter(|_| self.required[at]).map_or(i128::MIN, i128::from);
        let most = term.most.filter(|_| self.required[at]).map_or(i128::MAX, i128::from);
        let floor = self.sums.numbers[term.number as usize].least.filter(|_| term.adds < 0);
        let floor = floor.map_or(i128::MIN, |floor| i128::from(floor) - i128::from(term.adds));
        (least.max(floor), most)
    }

    /// Whether it can take effect where the numbers are so.
    pub(super) fn fits(&self, at: usize, state: &[i128]) -> bool {
        self.sums.terms(at).iter().all(|term| {
            let (least, most) = self.limits(at, term);
            (least..=most).contains(&state[term.number as usize])
        })
    }

    /// What is missing up to its answer where the numbers are so and these terms are added.
    pub(super) fn missing(&self, at: usize, state: &[i128], after: &[Term]) -> Missing {
        let mut ranges = vec![(i128::MIN, i128::MAX); state.len()];
        for term in self.sums.terms(at) {
            let number = term.number as usize;
            let (least, most) = self.limits(at, term);
            let moved = after.iter().filter(|moved| moved.number == term.number);
            let now = state[number] + moved.map(|moved| i128::from(moved.adds)).sum::<i128>();
            let to = |limit: i128, open: i128| if limit == open { open } else { limit - now };
            ranges[number] = (to(least, i128::MIN), to(most, i128::MAX));
        }
        let exact = ranges.iter().all(|(least, most)| least == most);
        Missing { ranges, exact }
    }
}

/// Adds an operation's terms to the numbers.
pub(super) fn add(state: &mut [i128], terms: &[Term]) {
    for term in terms {
        state[term.number as usize] += i128::from(term.adds);
    }
}
