//! Sums: what is known of numbers that operations add to, whatever the order.
//!
//! The state of a counter, a stock or a bank is made of numbers ([`Model::numbers`]), and each
//! operation tells what it found in them and what it adds ([`Model::terms`]). Deciding such a history
//! is NP-complete (the amounts alone pose the subset sum problem), and a search loses itself among the
//! subsets of operations without an answer. Two things need no search: that a number cannot have been
//! what somebody found, since what certainly came before adds up to more, or all that may have come
//! to less ([`bounds`]); and an order that goes from one answer to the next by as few operations as
//! explain it, which one plan finds ([`plan`]), or one of several that are made side by side
//! ([`beam`]). Where none says anything, the search decides.
//!
//! [`Model::numbers`]: testimony_model::Model::numbers
//! [`Model::terms`]: testimony_model::Model::terms

mod beam;
mod bounds;
mod highest;
mod kinds;
mod plan;
mod schedule;
mod subsets;

pub(crate) use bounds::Broken;
use bounds::{Changes, Near};

use crate::budget::Meter;
use crate::core::Reduced;
use crate::part::{Part, Standing};
use crate::subject::Reached;
use rustc_hash::FxHashMap;
use schedule::Schedule;
use testimony_history::{OpId, Rank};
use testimony_model::Atom;

/// Bytes that looking for an impossible answer takes for each term, about.
const BROKEN_BYTES_EACH: usize = 256;

/// Bytes that a schedule and a plan take for each operation, about.
const SCHEDULE_BYTES_EACH: usize = 128;

/// So many operations that change something are few enough for all of them to be in a core.
const ALL_MAX: usize = 16;

/// What one operation found in a number and adds to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Term {
    number: u32,
    adds: i64,
    /// The number before it: not less than this, and not more.
    least: Option<i64>,
    most: Option<i64>,
}

/// A number at the beginning, and what it never falls below.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Number {
    initial: i64,
    least: Option<i64>,
}

/// The terms of the operations of a part.
pub(crate) struct Sums<'p, 'h> {
    part: &'p Part<'h>,
    numbers: Vec<Number>,
    terms: Vec<Term>,
    /// By position: where its terms begin.
    starts: Vec<u32>,
    /// By number: its terms, each with its position before it.
    by_number: Vec<Vec<(u32, u32)>>,
}

impl<'p, 'h> Sums<'p, 'h> {
    /// The sums of a part whose model tells of some, within the bytes that the meter allows. O(n).
    pub(crate) fn within(part: &'p Part<'h>, meter: &mut Meter<'_>) -> Option<Sums<'p, 'h>> {
        if part.subject.numbers().is_empty() || !part.is_single() {
            return None;
        }
        let mut terms = 0;
        for operation in &part.operations {
            part.subject.terms(operation, &mut |_| terms += 1);
        }
        let each = size_of::<Term>() + BROKEN_BYTES_EACH;
        meter.grow(terms * each + part.operations.len() * size_of::<u32>()).ok()?;
        Sums::of(part)
    }

    /// The sums of a part whose model tells of some. O(n).
    pub(crate) fn of(part: &'p Part<'h>) -> Option<Sums<'p, 'h>> {
        let declared = part.subject.numbers();
        if declared.is_empty() || !part.is_single() {
            return None;
        }
        let names: FxHashMap<Atom<'_>, u32> =
            declared.iter().map(|number| number.name).zip(0..).collect();
        let (mut terms, mut starts) = (Vec::new(), Vec::with_capacity(part.operations.len() + 1));
        let mut by_number = vec![Vec::new(); declared.len()];
        for (position, operation) in (0..).zip(&part.operations) {
            starts.push(u32::try_from(terms.len()).ok()?);
            part.subject.terms(operation, &mut |term| {
                if let Some(&number) = names.get(&term.number) {
                    let (least, most) = (term.at_least, term.at_most);
                    let place = u32::try_from(terms.len()).unwrap_or(u32::MAX);
                    by_number[number as usize].push((position, place));
                    terms.push(Term { number, adds: term.adds, least, most });
                }
            });
        }
        starts.push(u32::try_from(terms.len()).ok()?);
        let number = |number: &testimony_model::Number<'_>| Number {
            initial: number.initial,
            least: number.least,
        };
        let numbers = declared.iter().map(number).collect();
        Some(Sums { part, numbers, terms, starts, by_number })
    }

    fn terms(&self, position: usize) -> &[Term] {
        &self.terms[self.starts[position] as usize..self.starts[position + 1] as usize]
    }

    /// Whether an operation counts as recorded.
    fn is_required(&self, position: usize, standing: Standing) -> bool {
        standing == Standing::Required && self.part.operations[position].is_ok()
    }

    /// What a question to [`Sums::broken`] costs in steps.
    pub(crate) fn cost(&self) -> u64 {
        self.part.operations.len() as u64 + self.terms.len() as u64
    }

    /// Whether some answer is impossible with these standings, whatever the order. O(n log n).
    /// `false` says nothing.
    pub(crate) fn refutes(&self, standings: &[Standing]) -> bool {
        (0..self.numbers.len()).any(|number| bounds::is_broken(self, number, standings))
    }

    /// An answer that is impossible whatever the order, with the fewest operations from which that
    /// follows, as far as a look at the first such answers tells. O(n log n).
    pub(crate) fn broken(&self, standings: &[Standing]) -> Option<Broken> {
        let numbers = 0..self.numbers.len();
        fewest(numbers.flat_map(|number| bounds::broken(self, number, standings, None)))
    }

    /// The same of a core that leaves something out, the last of which returned then: only what is
    /// told from answers to operations that were called after that. O(n log n).
    pub(crate) fn broken_after(&self, standings: &[Standing], last: Rank) -> Option<Broken> {
        let numbers = 0..self.numbers.len();
        let broken = |number: usize| bounds::broken(self, number, standings, Some(last));
        fewest(numbers.flat_map(broken))
    }

    /// The same with everything as recorded, and with the nearest other answer from which it follows
    /// where that takes fewer operations than all those that were called up to then. O(n log n).
    pub(crate) fn broken_as_recorded(&self) -> Option<(Broken, Option<Broken>)> {
        let standings = vec![Standing::Required; self.part.operations.len()];
        let changes = Changes::of(self.part);
        let (mut all, mut all_near) = (Vec::new(), Vec::new());
        for number in 0..self.numbers.len() {
            let (broken, near) = bounds::broken_and_near(self, number, &standings, &changes);
            all.extend(broken);
            all_near.extend(near);
        }
        let broken = fewest(all.into_iter())?;
        let last = broken.required().map(|at| self.part.operations[at].ret).max();
        let called = last.map_or(0, |last| changes.called_up_to(last));
        let near = all_near.into_iter().min_by_key(|near| {
            (near.between, near.broken.required().count(), near.broken.needed_by)
        });
        let is_better = |near: &Near| called > ALL_MAX && near.between < called;
        Some((broken, near.filter(is_better).map(|near| near.broken)))
    }

    /// An order, if a plan or a beam of them finds one within the meter's steps.
    pub(crate) fn order(&self, standings: &[Standing], meter: &mut Meter<'_>) -> Option<Vec<OpId>> {
        // Of several numbers one plan goes wrong nearly always.
        let one = |schedule: &Schedule<'_, '_, '_>, meter: &mut Meter<'_>| match self.numbers.len()
        {
            1 => plan::plan(schedule, meter),
            _ => None,
        };
        self.ordered(standings, meter, |schedule, meter| {
            one(schedule, meter).or_else(|| beam::search(schedule, meter))
        })
    }

    /// The order that somebody finds, if the model accepts it.
    fn ordered(
        &self,
        standings: &[Standing],
        meter: &mut Meter<'_>,
        find: impl FnOnce(&Schedule<'_, '_, '_>, &mut Meter<'_>) -> Option<Vec<usize>>,
    ) -> Option<Vec<OpId>> {
        let bytes = SCHEDULE_BYTES_EACH * standings.len();
        meter.grow(bytes).ok()?;
        let order = find(&Schedule::of(self, standings), meter);
        let order = order.filter(|order| self.accepts(standings, order, meter));
        meter.release(bytes);
        let id = |position: usize| self.part.operations[position].id;
        order.map(|order| order.into_iter().map(id).collect())
    }

    /// Whether the model accepts an order.
    fn accepts(&self, standings: &[Standing], order: &[usize], meter: &mut Meter<'_>) -> bool {
        let mut stepper = self.part.subject.stepper();
        let Ok(mut state) = stepper.initial(meter) else { return false };
        for &at in order {
            let answered = self.is_required(at, standings[at]);
            match stepper.step(state, &self.part.operations[at], answered, meter) {
                Ok(Reached::One(to)) => state = to,
                Ok(Reached::Nothing | Reached::Any(_)) | Err(_) => return false,
            }
        }
        true
    }
}

/// What is broken among the members of a core, if they have sums: by positions in the part.
pub(crate) fn among(
    part: &Part<'_>,
    core: &Reduced,
    broken: impl Fn(&Sums<'_, '_>, &[Standing]) -> Option<Broken>,
) -> Option<Broken> {
    let mut members: Vec<usize> = core.required.iter().chain(&core.optional).copied().collect();
    members.sort_unstable();
    let alone = part.only(&members);
    let standing = |at: &usize| match core.required.binary_search(at) {
        Ok(_) => Standing::Required,
        Err(_) => Standing::Optional,
    };
    let standings: Vec<Standing> = members.iter().map(standing).collect();
    let found = broken(&Sums::of(&alone)?, &standings)?;
    Some(Broken {
        found: found.found.map(|at| members[at]),
        base: found.base.map(|at| members[at]),
        amounts: found.amounts.iter().map(|&at| members[at]).collect(),
        ..found
    })
}

/// That which follows from the fewest operations.
fn fewest(all: impl Iterator<Item = Broken>) -> Option<Broken> {
    all.min_by_key(|broken| (broken.required().count(), broken.needed_by))
}

#[cfg(test)]
mod tests;
