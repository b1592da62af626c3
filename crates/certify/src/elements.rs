//! Deciding the core of a set again, element by element.
//!
//! Elements of a set do not know of each other; only reads of the whole set tie them together. So
//! once it is fixed in which order the required operations stand, each element is a question of its
//! own: before each required operation it must be there, must be missing, or may be either; and
//! between two of them optional adds and removes may change that.
//!
//! Which of these are used is no choice. The state of an element after a required operation that
//! names it follows from that operation alone, so between two such operations it must either change
//! or not. Where it must, one more add (or remove) than before is needed, as adds and removes that
//! change anything take turns; where it need not, none is. Whatever order there is uses at least as
//! many; and what is placed as late as possible, just before the operation that needs it, can use
//! everything that was called by then. So it is enough to count how many were used, and elements
//! with the same demands and calls are the same question, asked once. What is left to search are
//! orders of the few required operations; optional ones, however many, multiply nothing.
//!
//! This relies on what the accesses of the model promise ([`Element`]), and on that a read that
//! shows an element twice fits no set.

use crate::contradiction::Answer;
use crate::limits::{Limits, Spent};
use crate::part::Members;
use crate::recorded::{Op, Recorded};
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};
use testimony_model::{Access, Atom, Element, Object};

/// Elements of configurations that are looked at for each try.
const ELEMENTS_EACH: u64 = 4;

/// What a required operation says of an element: whether it is there before it, and after it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
struct Demand {
    before: Option<bool>,
    after: Option<bool>,
}

/// An element as a question. Of an add or remove counts how many required operations, in the order
/// of their returns, must come before it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Question {
    /// By required operation.
    demands: Vec<Demand>,
    /// Optional adds, rising.
    adds: Vec<usize>,
    /// Optional removes, rising.
    removes: Vec<usize>,
}

/// What has become of an element.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
struct State {
    there: bool,
    added: usize,
    removed: usize,
}

/// Which required operations were placed, and the states of the elements.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Configuration {
    placed: Vec<bool>,
    states: Vec<State>,
}

/// Decides the core of one set; `None` where it is something else.
pub(crate) fn decide(
    history: &dyn Recorded,
    core: &Members<'_>,
    limits: &Limits<'_>,
) -> Option<Answer> {
    if history.object() != Object::Set {
        return None;
    }
    let mut required = core.required.clone();
    required.sort_by_key(|operation| (operation.ret, operation.id));
    let accesses: Vec<_> =
        required.iter().map(|operation| element(history, operation)).collect::<Option<_>>()?;
    if accesses.iter().any(shows_twice) {
        return Some(Answer::Contradictory);
    }
    let level = |one: &Op| required.partition_point(|other| other.ret < one.call);
    let mut questions: BTreeMap<Atom<'_>, Question> = BTreeMap::new();
    let none = Question {
        demands: vec![Demand::default(); required.len()],
        adds: vec![],
        removes: vec![],
    };
    for &optional in &core.optional {
        let (element, adds) = match element(history, optional)? {
            Element::Add { new: Some(false), .. } | Element::Remove { there: Some(false), .. } => {
                continue;
            }
            Element::Add { element, .. } => (element, true),
            Element::Remove { element, .. } => (element, false),
            _ => continue,
        };
        let question = questions.entry(element).or_insert_with(|| none.clone());
        let calls = if adds { &mut question.adds } else { &mut question.removes };
        calls.push(level(optional));
    }
    for element in accesses.iter().flat_map(named) {
        questions.entry(element).or_insert_with(|| none.clone());
    }
    for (number, access) in accesses.iter().enumerate() {
        demand(access, number, &mut questions)?;
    }
    let mut different: BTreeSet<Question> = BTreeSet::new();
    for mut question in questions.into_values() {
        for calls in [&mut question.adds, &mut question.removes] {
            calls.sort_unstable();
            // Between two required operations it changes once at most.
            calls.truncate(required.len());
        }
        different.insert(question);
    }
    let before = required.iter().map(|operation| level(operation)).collect();
    Some(Search { before, questions: different.into_iter().collect() }.run(limits))
}

fn element<'h>(history: &'h dyn Recorded, operation: &Op) -> Option<Element<'h>> {
    match history.access(operation) {
        Access::Element(element) => Some(element),
        _ => None,
    }
}

fn shows_twice(access: &Element<'_>) -> bool {
    let Element::All(Some(all)) = access else { return false };
    let different: BTreeSet<Atom<'_>> = all.iter().map(|element| element.atom()).collect();
    different.len() < all.len()
}

/// The elements that an operation names.
fn named<'h>(access: &Element<'h>) -> Vec<Atom<'h>> {
    match *access {
        Element::Add { element, .. }
        | Element::Remove { element, .. }
        | Element::Contains { element, .. } => vec![element],
        Element::All(Some(all)) => all.iter().map(|element| element.atom()).collect(),
        _ => Vec::new(),
    }
}

/// Adds what a required operation demands of each element; `None` for what is no access to a set.
fn demand<'h>(
    access: &Element<'h>,
    number: usize,
    questions: &mut BTreeMap<Atom<'h>, Question>,
) -> Option<()> {
    let (element, before, after) = match *access {
        Element::Add { element, new } => (element, new.map(|new| !new), Some(true)),
        Element::Remove { element, there } => (element, there, Some(false)),
        Element::Contains { element, there } => (element, there, there),
        Element::All(Some(all)) => {
            let all: BTreeSet<Atom<'_>> = all.iter().map(|element| element.atom()).collect();
            for (element, question) in questions {
                let there = Some(all.contains(element));
                question.demands[number] = Demand { before: there, after: there };
            }
            return Some(());
        }
        Element::All(None) => return Some(()),
        Element::Insert(_) | Element::Take(_) | Element::Peek(_) => return None,
    };
    questions.get_mut(&element)?.demands[number] = Demand { before, after };
    Some(())
}

struct Search {
    /// For each required operation how many, in the order of their returns, come before it.
    before: Vec<usize>,
    questions: Vec<Question>,
}

impl Search {
    /// Depth first, over orders of the required operations.
    fn run(&self, limits: &Limits<'_>) -> Answer {
        let start = Configuration {
            placed: vec![false; self.before.len()],
            states: vec![State::default(); self.questions.len()],
        };
        let (mut open, mut seen) = (vec![start], FxHashSet::default());
        let mut spent = Spent::new(limits);
        while let Some(at) = open.pop() {
            let reached = at.placed.iter().take_while(|placed| **placed).count();
            if reached == at.placed.len() {
                return Answer::Consistent;
            }
            let looked_at = at.placed.len() * (self.questions.len() + at.placed.len());
            if spent.tries((looked_at as u64).div_ceil(ELEMENTS_EACH)) {
                return Answer::TooLarge;
            }
            for next in self.successors(&at, reached) {
                if seen.insert(next.clone()) {
                    let states = next.states.len() * size_of::<State>();
                    if spent.bytes(2 * (size_of::<Configuration>() + next.placed.len() + states)) {
                        return Answer::TooLarge;
                    }
                    open.push(next);
                }
            }
        }
        Answer::Contradictory
    }

    /// The configurations after one more required operation; only one if an operation can be placed
    /// that changes nothing: any order that places it later stays one when it is moved to the front.
    fn successors(&self, at: &Configuration, reached: usize) -> Vec<Configuration> {
        let mut successors = Vec::new();
        for number in (0..at.placed.len()).rev() {
            if at.placed[number] || self.before[number] > reached {
                continue;
            }
            let Some(states) = self.place(at, number, reached) else { continue };
            let idle = states == at.states && self.is_observation(number);
            let mut placed = at.placed.clone();
            placed[number] = true;
            let next = Configuration { placed, states };
            if idle {
                return vec![next];
            }
            successors.push(next);
        }
        successors
    }

    /// Whether the operation leaves every element as it finds it.
    fn is_observation(&self, number: usize) -> bool {
        let mut demands = self.questions.iter().map(|question| question.demands[number]);
        demands.all(|demand| demand.before == demand.after)
    }

    /// The states after an operation, when the first so many have been placed; `None` where it is
    /// impossible.
    fn place(&self, at: &Configuration, number: usize, reached: usize) -> Option<Vec<State>> {
        let after = |(question, state): (&Question, &State)| {
            let demand = question.demands[number];
            let mut state = *state;
            if demand.before.is_some_and(|there| there != state.there) {
                let (calls, used) = match state.there {
                    false => (&question.adds, &mut state.added),
                    true => (&question.removes, &mut state.removed),
                };
                if calls.get(*used).is_none_or(|&level| level > reached) {
                    return None;
                }
                *used += 1;
                state.there = !state.there;
            }
            state.there = demand.after.unwrap_or(state.there);
            Some(state)
        };
        self.questions.iter().zip(&at.states).map(after).collect()
    }
}
