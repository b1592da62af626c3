//! How far an order of a core can get, and what the model says then.

use crate::core::Reduced;
use crate::part::Part;
use rustc_hash::FxHashSet;
use testimony_model::{Model, Step};

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

/// A place in the search: what was placed last, after which place, and the state.
struct Place<S> {
    placed: u64,
    state: S,
    last: Option<(usize, usize)>,
}

/// Looks for the order of the core that places the most required operations.
pub(crate) fn exhaust<M: Model>(part: &Part<'_, M>, core: &Reduced) -> Option<Exhausted> {
    let members: Vec<usize> = core.required.iter().chain(&core.optional).copied().collect();
    if members.len() > OPERATIONS_MAX {
        return None;
    }
    let required = mask(core.required.len());
    let operation = |member: usize| part.operations[members[member]];
    let before: Vec<u64> = (0..members.len())
        .map(|member| {
            let earlier = (0..core.required.len())
                .filter(|&other| operation(other).precedes(operation(member)));
            earlier.fold(0, |bits, other| bits | 1 << other)
        })
        .collect();
    let ready = |placed: u64, member: usize| {
        placed & (1 << member) == 0 && before[member] & !placed == 0
    };
    let mut places = vec![Place { placed: 0, state: part.model.init(), last: None }];
    let mut seen = FxHashSet::default();
    let mut open = vec![0];
    let (mut best, mut tries) = (0, 0);
    let progress = |place: &Place<M::State>| (place.placed & required).count_ones();
    while let Some(at) = open.pop() {
        if progress(&places[at]) > progress(&places[best]) {
            best = at;
        }
        for member in (0..members.len()).rev().filter(|&m| ready(places[at].placed, m)) {
            tries += 1;
            let answer = operation(member).outcome.answer();
            let states = match part.model.step(&places[at].state, &operation(member).op, answer) {
                Step::To(state) => vec![state],
                Step::Any(states) => states,
                Step::Refuse(_) => Vec::new(),
            };
            for state in states {
                let placed = places[at].placed | 1 << member;
                let useless = member >= core.required.len() && state == places[at].state;
                if !useless && seen.insert((placed, state.clone())) {
                    open.push(places.len());
                    places.push(Place { placed, state, last: Some((at, member)) });
                }
            }
        }
        if tries > TRIES_MAX {
            break;
        }
    }
    let end = &places[best];
    let mut next: Vec<usize> =
        (0..core.required.len()).filter(|&member| ready(end.placed, member)).collect();
    next.sort_by_key(|&member| (operation(member).ret, member));
    let refused = next.into_iter().find_map(|member| {
        let asked = operation(member);
        match part.model.step(&end.state, &asked.op, asked.outcome.answer()) {
            Step::Refuse(why) => Some((members[member], why)),
            Step::To(_) | Step::Any(_) => None,
        }
    });
    let (stuck, refusal) = refused?;
    let mut order = Vec::new();
    let mut place = end;
    while let Some((before, member)) = place.last {
        order.push(members[member]);
        place = &places[before];
    }
    order.reverse();
    let complete = tries <= TRIES_MAX;
    Some(Exhausted { order, state: part.model.describe_state(&end.state), stuck, refusal, complete })
}

/// The lowest bits.
fn mask(bits: usize) -> u64 {
    if bits >= 64 { u64::MAX } else { (1 << bits) - 1 }
}
