//! How far an order of a core can get, and what the model says then.
//!
//! The search goes depth first among places that use equally many optional operations, fewer first,
//! so that the order that is told uses no more of them than it must.

use crate::budget::{Budget, Meter};
use crate::core::Reduced;
use crate::part::Part;
use crate::subject::{Interval, Number, Reached, Stepper};
use rustc_hash::FxHashMap;

/// Transitions that are tried.
const TRIES_MAX: usize = 3_000;

/// Operations of a core beyond which no order is sought.
const OPERATIONS_MAX: usize = 64;

/// The longest order that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Exhausted {
    /// Positions in the order in which they can be placed.
    pub(crate) order: Vec<usize>,
    /// The state after them, in the model's words.
    pub(crate) state: String,
    /// The position of the operation that must come next and cannot.
    pub(crate) stuck: usize,
    /// The model's words on that.
    pub(crate) refusal: String,
    /// Whether every order was tried.
    pub(crate) complete: bool,
}

/// A place in the search: what was placed, the state, and what was placed last, after which place.
struct Place {
    placed: u64,
    state: Number,
    last: Option<(usize, usize)>,
}

/// The operations of a core, required ones first, with what must be placed before each.
struct Members<'c, 'h> {
    part: &'c Part<'h>,
    positions: Vec<usize>,
    required: usize,
    before: Vec<u64>,
}

impl<'c, 'h> Members<'c, 'h> {
    /// `None` when they are too many.
    fn of(part: &'c Part<'h>, core: &Reduced) -> Option<Members<'c, 'h>> {
        let positions: Vec<usize> = core.required.iter().chain(&core.optional).copied().collect();
        let before = |&at: &usize| {
            let earlier = (0..core.required.len())
                .filter(|&other| part.operations[positions[other]].precedes(&part.operations[at]));
            earlier.fold(0, |bits, other| bits | 1 << other)
        };
        if positions.len() > OPERATIONS_MAX {
            return None;
        }
        let before = positions.iter().map(before).collect();
        Some(Members { part, required: core.required.len(), before, positions })
    }

    /// Whether a member may be placed after these.
    fn is_ready(&self, placed: u64, member: usize) -> bool {
        placed & (1 << member) == 0 && self.before[member] & !placed == 0
    }

    /// The bits of the required operations, which are the lowest.
    fn required_mask(&self) -> u64 {
        if self.required >= 64 { u64::MAX } else { (1 << self.required) - 1 }
    }

    /// How many required operations have been placed.
    fn progress(&self, placed: u64) -> u32 {
        (placed & self.required_mask()).count_ones()
    }

    fn member(&self, member: usize) -> &Interval {
        &self.part.operations[self.positions[member]]
    }

    /// The operation that must be placed next and cannot, with the model's words.
    fn refused(&self, end: &Place, stepper: &dyn Stepper) -> Option<(usize, String)> {
        let mut next: Vec<usize> =
            (0..self.required).filter(|&member| self.is_ready(end.placed, member)).collect();
        next.sort_by_key(|&member| (self.member(member).ret, member));
        next.into_iter().find_map(|member| {
            let refusal = stepper.refusal(end.state, self.member(member))?;
            Some((self.positions[member], refusal))
        })
    }
}

/// Looks for the order of the core that places the most required operations, depth first.
pub(crate) fn exhaust(part: &Part<'_>, core: &Reduced) -> Option<Exhausted> {
    let members = Members::of(part, core)?;
    let (mut stepper, budget) = (part.subject.stepper(), Budget::default());
    let mut meter = Meter::new(&budget);
    let state = stepper.initial(&mut meter).ok()?;
    let mut places = vec![Place { placed: 0, state, last: None }];
    // By required operations and state: sets of optional ones, none a subset of another.
    let mut seen: FxHashMap<(u64, Number), Vec<u64>> = FxHashMap::default();
    let mut open = vec![Vec::new(); members.positions.len() + 1];
    open[0].push(0);
    let (mut best, mut tries) = (0, 0);
    while let Some(at) = open.iter_mut().find_map(Vec::pop) {
        let Place { placed: before, state: from, .. } = places[at];
        if members.progress(before) > members.progress(places[best].placed) {
            best = at;
        }
        for member in (0..members.positions.len()).rev() {
            if !members.is_ready(before, member) {
                continue;
            }
            tries += 1;
            let states = match stepper.step(from, members.member(member), true, &mut meter).ok()? {
                Reached::Nothing => Vec::new(),
                Reached::One(state) => vec![state],
                Reached::Any(states) => states,
            };
            for state in states {
                if member >= members.required && state == from {
                    continue;
                }
                let placed = before | 1 << member;
                let optional = placed & !members.required_mask();
                let known = seen.entry((placed ^ optional, state)).or_default();
                if !known.iter().any(|fewer| fewer & !optional == 0) {
                    known.push(optional);
                    open[optional.count_ones() as usize].push(places.len());
                    places.push(Place { placed, state, last: Some((at, member)) });
                }
            }
        }
        if tries > TRIES_MAX {
            break;
        }
    }
    let end = &places[best];
    let (stuck, refusal) = members.refused(end, &*stepper)?;
    let mut order = Vec::new();
    let mut place = end;
    while let Some((before, member)) = place.last {
        order.push(members.positions[member]);
        place = &places[before];
    }
    order.reverse();
    let state = stepper.describe(end.state);
    Some(Exhausted { order, state, stuck, refusal, complete: tries <= TRIES_MAX })
}
