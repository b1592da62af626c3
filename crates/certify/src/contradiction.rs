//! Deciding a core again: is there really no order of it?
//!
//! Required operations take effect once, between their call and their return, and answer what is
//! recorded. Optional ones take effect once at any time from their call on, or never; where one was
//! answered, it takes effect only where its answer is possible (in the order of the history it did).
//!
//! Two searches, each over configurations (what has been placed, the state), depth first:
//! 1. *Relaxed*: an optional operation may be used any number of times once it has been called, all
//!    of them together as often as there are optional ones. Every order of the core is also an order
//!    here, so if there is none here, there is none. What is remembered is only the required
//!    operations placed, the state, and the fewest uses that it took, hence it is small.
//! 2. *Exact*, when the relaxed one finds an order: each optional operation at most once. Those that
//!    use few optional operations come first, and one that uses more than another one, which has
//!    placed the same required operations and is in the same state, is skipped: whatever it can still
//!    do, the other can, too.
//!
//! Both place an operation that can never change anything (an observer, a comparison that did not
//! match) as soon as its answer is possible: any order that places it later stays one when it is
//! moved to the front, as the states in between stay what they are. (That does not hold for a write
//! of the value that happens to be there: later it may be needed to bring it back.) Of equal
//! optional operations only the one called first is tried while it is unused, as it can stand
//! wherever the other can. Both searches are counted, so that the answer is reproducible.

use crate::limits::{Limits, Spent};
use crate::part::Members;
use crate::recorded::{Op, Recorded, States};
use rustc_hash::FxHashMap;

/// Pairs of operations that are compared before anything is tried, for each try: with more, no search
/// of them gets anywhere.
const PAIRS_EACH: u64 = 64;

/// What became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    /// There is no order.
    Contradictory,
    /// There is one.
    Consistent,
    /// Too many configurations.
    TooLarge,
}

/// Decides whether the core has an order.
pub(crate) fn decide(history: &dyn Recorded, core: &Members<'_>, limits: &Limits<'_>) -> Answer {
    let members = (core.required.len() + core.optional.len()) as u64;
    if members.saturating_mul(members) > limits.tries_max.saturating_mul(PAIRS_EACH) {
        return Answer::TooLarge;
    }
    let mut search = Search::new(history, core);
    match search.run(false, limits) {
        Answer::Contradictory => Answer::Contradictory,
        Answer::Consistent | Answer::TooLarge => search.run(true, limits),
    }
}

/// What has been placed, one bit for each required operation, and the number of the state.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Configuration {
    state: usize,
    required: Vec<u64>,
    optional: Uses,
}

impl Configuration {
    /// What it takes, about.
    fn bytes(&self) -> usize {
        let optional = match &self.optional {
            Uses::Count(_) => 0,
            Uses::Each(bits) => bits.len(),
        };
        size_of::<Configuration>() + 8 * (self.required.len() + optional)
    }
}

/// Which optional operations were used.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Uses {
    /// So many.
    Count(usize),
    /// Each that has a bit.
    Each(Vec<u64>),
}

impl Uses {
    fn count(&self) -> usize {
        match self {
            Uses::Count(count) => *count,
            Uses::Each(bits) => bits.iter().map(|word| word.count_ones() as usize).sum(),
        }
    }

    /// Whether one of them is known to be used.
    fn has(&self, number: usize) -> bool {
        matches!(self, Uses::Each(bits) if has(bits, number))
    }

    fn add(&mut self, number: usize) {
        match self {
            Uses::Count(count) => *count += 1,
            Uses::Each(bits) => add(bits, number),
        }
    }

    /// Whether whoever used these can do whatever those who used the others can.
    fn spares(&self, others: &Uses) -> bool {
        match (self, others) {
            (Uses::Each(some), Uses::Each(of)) => {
                some.iter().zip(of).all(|(some, of)| some & !of == 0)
            }
            (some, others) => some.count() <= others.count(),
        }
    }
}

struct Search<'h> {
    operations: Vec<&'h Op>,
    required: usize,
    /// For each operation the required ones that returned before it was called.
    before: Vec<Vec<usize>>,
    /// For each operation whether it can never change anything.
    idle: Vec<bool>,
    /// For each optional operation an equal one that was called no later.
    twin: Vec<Option<usize>>,
    states: Box<dyn States + 'h>,
    /// Where an operation leads from a state.
    steps: FxHashMap<(usize, usize), Vec<usize>>,
}

impl<'h> Search<'h> {
    fn new(history: &'h dyn Recorded, core: &Members<'h>) -> Search<'h> {
        let mut optional = core.optional.clone();
        optional.sort_by_key(|operation| (operation.call, operation.id));
        let operations: Vec<_> = core.required.iter().chain(&optional).copied().collect();
        let required = core.required.len();
        let before = |operation: &&Op| {
            (0..required).filter(|&other| operations[other].precedes(operation)).collect()
        };
        let twin = |at: usize| {
            let same = |other: &usize| history.is_same(operations[at], operations[*other]);
            (required..at).rev().find(same)
        };
        let idle = operations.iter().map(|operation| history.is_observation(operation)).collect();
        let before = operations.iter().map(before).collect();
        let twin = (0..operations.len()).map(twin).collect();
        Search {
            required,
            before,
            idle,
            twin,
            operations,
            states: history.states(),
            steps: FxHashMap::default(),
        }
    }

    fn run(&mut self, exact: bool, limits: &Limits<'_>) -> Answer {
        let optional = self.operations.len() - self.required;
        let nothing =
            if exact { Uses::Each(vec![0; optional.div_ceil(64)]) } else { Uses::Count(0) };
        let start = Configuration {
            state: 0,
            required: vec![0; self.required.div_ceil(64)],
            optional: nothing,
        };
        let mut seen: FxHashMap<(usize, Vec<u64>), Vec<Uses>> = FxHashMap::default();
        // By the number of optional operations used; each list depth first.
        let mut open: Vec<Vec<Configuration>> = vec![Vec::new(); optional + 1];
        open[0].push(start);
        let mut spent = Spent::new(limits);
        while let Some(at) = open.iter_mut().find_map(Vec::pop) {
            if (0..self.required).all(|operation| has(&at.required, operation)) {
                return Answer::Consistent;
            }
            if spent.tries(self.operations.len() as u64) {
                return Answer::TooLarge;
            }
            for next in self.successors(&at, exact) {
                let known = seen.entry((next.state, next.required.clone())).or_default();
                if !known.iter().any(|fewer| fewer.spares(&next.optional)) {
                    if spent.bytes(2 * next.bytes()) {
                        return Answer::TooLarge;
                    }
                    known.push(next.optional.clone());
                    open[next.optional.count()].push(next);
                }
            }
        }
        Answer::Contradictory
    }

    /// The configurations after placing one more operation, required ones last (they are tried
    /// first); only one if an operation can be placed that never changes anything.
    fn successors(&mut self, at: &Configuration, exact: bool) -> Vec<Configuration> {
        let mut successors = Vec::new();
        for operation in (0..self.operations.len()).rev() {
            let required = operation < self.required;
            let is_used = |other: usize| at.optional.has(other - self.required);
            let spent = if required {
                has(&at.required, operation)
            } else {
                let twin = self.twin[operation];
                at.optional.count() == self.operations.len() - self.required
                    || is_used(operation)
                    || twin.is_some_and(|twin| !exact || !is_used(twin))
            };
            if spent || !self.before[operation].iter().all(|&other| has(&at.required, other)) {
                continue;
            }
            for state in self.step(at.state, operation) {
                if !required && state == at.state {
                    continue;
                }
                let mut next = Configuration { state, ..at.clone() };
                match operation.checked_sub(self.required) {
                    None => add(&mut next.required, operation),
                    Some(number) => next.optional.add(number),
                }
                if required && self.idle[operation] {
                    return vec![next];
                }
                successors.push(next);
            }
        }
        successors
    }

    fn step(&mut self, from: usize, operation: usize) -> Vec<usize> {
        if let Some(known) = self.steps.get(&(from, operation)) {
            return known.clone();
        }
        let after = self.states.step(from, self.operations[operation]);
        self.steps.insert((from, operation), after.clone());
        after
    }
}

fn has(bits: &[u64], number: usize) -> bool {
    bits[number / 64] & (1 << (number % 64)) != 0
}

fn add(bits: &mut [u64], number: usize) {
    bits[number / 64] |= 1 << (number % 64);
}
