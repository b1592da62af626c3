//! Each element of a set alone, where values repeat and the whole set is read.
//!
//! A set is as many objects as it can have elements, each there or not. With one element in mind, an
//! order of the whole set is an order of what was done to that element, and a read of the whole set
//! looks whether it is there. So where one element alone has no order, the set has none (the easy
//! half of what Herlihy and Wing, 1990, call locality; the other half fails, since reads of the whole
//! set tie elements together). Alone an element has two states, while the set has one for each of its
//! subsets: what the search cannot see among those is often plain here.

use super::members::{Kind, Members};
use crate::budget::{Budget, Meter};
use crate::core;
use crate::part::{Decision, Hint, Part, Standing};
use crate::search::Search;
use crate::subject::{Interval, Typed};
use std::rc::Rc;
use testimony_history::{History, OpId, Operation, Outcome};
use testimony_model::{Access, Element, Object, Set, SetOp, SetRet, Value};

/// The one element there is, when it is looked at alone.
const IT: Value = Value::Int(0);

/// What an operation on one element is.
type Alike = Operation<SetOp, SetRet>;

/// The elements of a set that is read as a whole.
pub(crate) struct Alone<'p, 'h> {
    part: &'p Part<'h>,
    members: Members,
    reads: Vec<Shown>,
}

/// A read of the whole set.
#[derive(Clone)]
struct Shown {
    /// Its position.
    at: usize,
    /// The elements that it shows, which rise.
    elements: Rc<[u32]>,
}

impl<'p, 'h> Alone<'p, 'h> {
    /// The elements of a part; `None` unless it is a set that is read as a whole. O(n log n) in
    /// operations and elements read.
    pub(crate) fn of(part: &'p Part<'h>) -> Option<Alone<'p, 'h>> {
        if part.subject.object() != Object::Set || !part.is_single() {
            return None;
        }
        let mut members = Members::of(part).ok()?;
        members.lists.iter_mut().for_each(|list| list.sort_unstable());
        let mut lists = std::mem::take(&mut members.lists);
        let mut reads = Vec::with_capacity(lists.len());
        for (at, kind) in members.kinds.iter().enumerate() {
            if let Kind::All(list) = kind {
                let elements = std::mem::take(&mut lists[*list as usize]).into();
                reads.push(Shown { at, elements });
            }
        }
        (!reads.is_empty()).then_some(Alone { part, members, reads })
    }

    /// Positions that contradict each other whatever the others did, minimal, if an element is found
    /// for that within so many steps. O(elements reads), and a search for each element.
    pub(crate) fn contradiction(&self, budget: &Budget<'_>, steps: &mut u64) -> Option<Vec<usize>> {
        let every = |_| Standing::Required;
        for element in 0..self.members.elements() {
            let history = self.history(element, every, &self.reads, steps)?;
            let found = ask(&history, budget, steps, |part, search, meter| {
                let Decision::Invalid(hint) = search.decide(meter) else { return None };
                Some(reduced(part, search, meter, &hint))
            });
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Whether an element that required operations name has no order with these standings, as far as
    /// that can be told within so many steps.
    pub(crate) fn refutes(
        &self,
        standings: &[Standing],
        budget: &Budget<'_>,
        steps: &mut u64,
    ) -> bool {
        let required = |read: &&Shown| standings[read.at] == Standing::Required;
        let reads: Vec<Shown> = self.reads.iter().filter(required).cloned().collect();
        for element in self.named(standings, &reads) {
            let Some(history) = self.history(element, |at| standings[at], &reads, steps) else {
                return false;
            };
            let found = ask(&history, budget, steps, |_, search, meter| {
                matches!(search.decide(meter), Decision::Invalid(_)).then_some(())
            });
            if found.is_some() {
                return true;
            }
        }
        false
    }

    /// The elements that required operations name, those that these reads show among them.
    fn named(&self, standings: &[Standing], reads: &[Shown]) -> Vec<usize> {
        let is_required = |&at: &u32| standings[at as usize] == Standing::Required;
        let of_their_own = (0..self.members.elements())
            .filter(|&element| self.members.positions(element).iter().any(is_required));
        let shown = reads.iter().flat_map(|read| read.elements.iter());
        let mut named: Vec<usize> = of_their_own.chain(shown.map(|&one| one as usize)).collect();
        named.sort_unstable();
        named.dedup();
        named
    }

    /// What was done to one element, by position, as these reads show it; `None` where the steps do
    /// not reach for that.
    fn history(
        &self,
        element: usize,
        standing: impl Fn(usize) -> Standing,
        reads: &[Shown],
        steps: &mut u64,
    ) -> Option<History<SetOp, SetRet>> {
        let positions = self.members.positions(element);
        let left = steps.checked_sub((positions.len() + reads.len()) as u64);
        *steps = left.unwrap_or(0);
        left?;
        let own = positions.iter().map(|&at| at as usize);
        let mut all: Vec<Alike> = own.filter_map(|at| self.alike(at, standing(at))).collect();
        for Shown { at, elements } in reads {
            let there = elements.binary_search_by_key(&element, |&one| one as usize).is_ok();
            let answer = Outcome::Ok(SetRet::Told(there));
            all.push(alike(*at, &self.part.operations[*at], SetOp::Contains(IT), answer));
        }
        all.sort_unstable_by_key(|operation| operation.id);
        Some(History { operations: all, ..History::default() })
    }

    /// An operation on one element; `None` if it is not there, or nothing is known of it.
    fn alike(&self, at: usize, standing: Standing) -> Option<Alike> {
        let operation = &self.part.operations[at];
        let Access::Element(access) = self.part.access(operation) else { return None };
        let (op, told) = match access {
            Element::Add { new, .. } => (SetOp::Add(IT), new),
            Element::Remove { there, .. } => (SetOp::Remove(IT), there),
            Element::Contains { there, .. } => (SetOp::Contains(IT), Some(there?)),
            _ => return None,
        };
        let outcome = match standing {
            Standing::Dropped => return None,
            Standing::Required if operation.is_ok() => {
                Outcome::Ok(told.map_or(SetRet::Done, SetRet::Told))
            }
            Standing::Required | Standing::Optional => Outcome::Info(String::new()),
        };
        Some(alike(at, operation, op, outcome))
    }
}

/// Lets a search of the history of one element answer; `None` where the steps run out.
fn ask<T>(
    history: &History<SetOp, SetRet>,
    budget: &Budget<'_>,
    steps: &mut u64,
    answer: impl FnOnce(&Part<'_>, &mut Search<'_, '_>, &mut Meter<'_>) -> Option<T>,
) -> Option<T> {
    let subject = Typed::new(&Set, history);
    let part = Part::all(&subject);
    let mut meter = Meter::new(&Budget { steps_max: *steps, ..*budget });
    let mut search = Search::new(&part, &mut meter).ok()?;
    let answer = answer(&part, &mut search, &mut meter);
    *steps = steps.saturating_sub(meter.steps());
    answer
}

/// The same operation, as one on the element that is looked at alone.
fn alike(at: usize, operation: &Interval, op: SetOp, outcome: Outcome<SetRet>) -> Alike {
    let ret = match outcome {
        Outcome::Ok(_) => operation.ret,
        _ => testimony_history::Rank::NEVER,
    };
    Operation {
        id: OpId(super::tuned::index(at)),
        process: operation.process,
        op,
        outcome,
        call: operation.call,
        ret,
        call_ns: 0,
        ret_ns: 0,
    }
}

/// The core of an element that has no order, by position in the whole part.
fn reduced(
    part: &Part<'_>,
    search: &mut Search<'_, '_>,
    meter: &mut Meter<'_>,
    hint: &Hint,
) -> Vec<usize> {
    let mut probe = |standings: &[Standing]| search.probe(standings, meter);
    let core = core::reduce(part, None, hint, &mut probe);
    core.required.iter().map(|&at| part.operations[at].id.0 as usize).collect()
}

#[cfg(test)]
mod tests;
