//! Removals: the search for queues, stacks and priority queues into which values were put more than
//! once, or of which some takes were not answered.
//!
//! A search that keeps what the object holds guesses in which order concurrent puts took effect, and
//! which of the unanswered ones did, long before a take shows that the guess was wrong. This one
//! walks over the operations that say what was next (takes, peeks, answers that nothing was there:
//! [`answers`]) in an order that they may have had, and decides of a put only where one of them needs
//! it. Until then the put is no more than a window of moments that are left for it ([`puts`]):
//!
//! - A queue gives things back in the order in which they came. So whoever takes a put leaves none
//!   behind that certainly came before it.
//! - Of a stack, nothing that stayed was put in while something was inside that went before it: the
//!   time between a put and its take is closed for all others ([`closed`]), and is made as short as
//!   may be.
//! - Of a priority queue, whoever takes a value leaves no greater one behind that certainly was there.
//!
//! What is left behind and may not be was taken by a take without an answer, whose call has come. Of
//! two puts of a value, or two takes, the one that must come to an end sooner is as good as the other
//! at least where it also may begin as early ([`ways`]): so what is tried is mostly one way for each
//! value that may be next. Every moment is the earliest that is possible; nothing is gained by waiting
//! but calls, and where those are needed they are waited for.
//!
//! The walk goes depth first and remembers from where it found no order ([`walk`], [`failures`]): all
//! ways are tried, so that finding none is a decision. What it finds is which take took what which put
//! put in; with that each value is there only once, and the log-linear engine says the order. The number
//! of ways grows with the operations that are open at once, not with what the object holds. Exponential
//! in the worst case: the problem is NP-complete (Gibbons and Korach, *Testing Shared Memories*, 1997).
//!
//! Where it does not get through a stack in a short time, another way to look at stacks is asked, whose
//! time is no worse than quadratic as long as few operations are open at once ([`nested`]).

mod answers;
mod closed;
mod failures;
mod key;
mod layers;
mod moment;
mod nested;
mod puts;
mod walk;
mod ways;

use super::accesses::{Accesses, Kind};
use super::{Answer, NEVER, NONE};
use crate::budget::{Meter, Spent};
use crate::part::{Part, Standing};
use std::cmp::Reverse;
use testimony_history::OpId;
use testimony_model::Object;
use walk::Walk;

/// Bytes that a walk takes for each operation, about, beside what it remembers.
const BYTES_EACH: usize = 256;

/// Steps of the first walk over a stack, beside some for each operation: several times what a walk
/// takes that hardly turns back.
const FIRST_STEPS: u64 = 4_000;
const FIRST_STEPS_EACH: u64 = 64;
/// The part of the steps after that which is left for another walk.
const WALK_SHARE: u64 = 2;

/// What a walk found.
pub(crate) enum Walked {
    /// An order.
    Order(Vec<OpId>),
    /// That there is none, and the position of the operation whose return no way could pass.
    None { stuck: Option<usize> },
}

/// Which put a take took, or a peek saw.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Pair {
    answer: u32,
    put: u32,
}

/// The search over the removals of a part.
pub(crate) struct Removals<'p, 'h> {
    part: &'p Part<'h>,
    object: Object,
    accesses: Accesses,
}

impl<'p, 'h> Removals<'p, 'h> {
    /// The removals of a part that is a queue, a stack or a priority queue. O(n log n).
    pub(crate) fn of(part: &'p Part<'h>) -> Option<Removals<'p, 'h>> {
        if !super::is_walked(part) || !part.is_single() {
            return None;
        }
        let object = part.subject.object();
        let accesses = Accesses::read(part).ok()?;
        Some(Removals { part, object, accesses })
    }

    /// Decides the part with these standings; an error says what ran out.
    pub(crate) fn decide(
        &self,
        standing: impl Fn(usize) -> Standing + Copy,
        meter: &mut Meter<'_>,
    ) -> Result<Walked, Spent> {
        if self.object != Object::Stack {
            return self.walk(standing, meter);
        }
        // A walk is the faster one where it gets through, and where much was left without an answer.
        let limit = meter.steps() + meter.left();
        let first = FIRST_STEPS + FIRST_STEPS_EACH * self.accesses.kinds.len() as u64;
        meter.allow(limit.min(meter.steps() + first));
        let mut found = self.walk(standing, meter);
        if has_run_out_of_steps(&found, meter) {
            meter.allow(limit - limit.saturating_sub(meter.steps()) / WALK_SHARE);
            found = self.nest(standing, meter);
            meter.allow(limit);
            if matches!(found, Err(Spent::Budget)) {
                found = self.walk(standing, meter);
            }
        }
        meter.allow(limit);
        found
    }

    /// Decides a stack as nested pairs.
    fn nest(
        &self,
        standing: impl Fn(usize) -> Standing + Copy,
        meter: &mut Meter<'_>,
    ) -> Result<Walked, Spent> {
        let held = meter.held();
        let found = nested::decide(&self.accesses, standing, meter);
        meter.release(meter.held() - held);
        let id = |at: u32| self.part.operations[at as usize].id;
        Ok(match found? {
            nested::Found::Order(order) => Walked::Order(order.into_iter().map(id).collect()),
            nested::Found::None { stuck } => Walked::None { stuck },
        })
    }

    /// Walks over the removals.
    fn walk(
        &self,
        standing: impl Fn(usize) -> Standing + Copy,
        meter: &mut Meter<'_>,
    ) -> Result<Walked, Spent> {
        let held = meter.held();
        meter.grow(BYTES_EACH * self.accesses.kinds.len())?;
        let mut walk = Walk::new(self.object, &self.accesses, standing);
        let found = walk.go(meter);
        if found.is_err() {
            let reached = walk.stuck().map(|at| self.part.operations[at].id);
            meter.got(walk.progress(), reached);
        }
        meter.release(meter.held() - held);
        Ok(match found? {
            Some(pairs) => {
                let order = self.order(&pairs, standing);
                debug_assert!(order.is_some(), "no order of {pairs:?}");
                Walked::Order(order.ok_or(Spent::Budget)?)
            }
            None => Walked::None { stuck: walk.stuck() },
        })
    }

    /// The order that the log-linear engine finds once each put has a value of its own.
    fn order(
        &self,
        found: &[Pair],
        standing: impl Fn(usize) -> Standing + Copy,
    ) -> Option<Vec<OpId>> {
        let (told_apart, together) = self.told_apart(found, standing);
        let standing = |at: usize| match self.accesses.kinds[at] {
            _ if together[at] => Standing::Required,
            // Whoever took nothing in this order does not take anything.
            Kind::Open | Kind::Take(_) => Standing::Dropped,
            _ => standing(at),
        };
        match super::answer(self.object, &told_apart, standing) {
            Answer::Valid(order) => {
                Some(order.into_iter().map(|at| self.part.operations[at].id).collect())
            }
            Answer::Invalid(_) | Answer::Undecided(_) => None,
        }
    }

    /// The accesses with a value of its own for each put, and who took or saw, or was taken or seen.
    fn told_apart(
        &self,
        found: &[Pair],
        standing: impl Fn(usize) -> Standing,
    ) -> (Accesses, Vec<bool>) {
        let Accesses { kinds, spans, .. } = &self.accesses;
        let mut last_at = vec![NONE; kinds.len()];
        for (number, pair) in (0..).zip(found) {
            last_at[pair.put as usize] = number;
        }
        let mut puts: Vec<(u32, Reverse<u32>, usize)> = Vec::with_capacity(kinds.len());
        for (at, kind) in kinds.iter().enumerate() {
            if let Kind::Insert(value) = *kind {
                // Of equal ones in a priority queue, the one that goes first is the greatest.
                puts.push((value, Reverse(last_at[at]), at));
            }
        }
        puts.sort_unstable();
        let mut told = Accesses { kinds: kinds.clone(), spans: spans.clone(), values: puts.len() };
        for (number, &(.., put)) in (0..).zip(&puts) {
            told.kinds[put] = Kind::Insert(number);
        }
        let mut together = vec![false; kinds.len()];
        for pair in found {
            let (at, put) = (pair.answer as usize, pair.put as usize);
            let number = told.kinds[put].value().unwrap_or(NONE);
            told.kinds[at] = match kinds[at] {
                Kind::Peek(_) => Kind::Peek(number),
                _ => Kind::Take(number),
            };
            for at in [at, put] {
                together[at] = true;
                if standing(at) == Standing::Optional {
                    told.spans[at].end = NEVER;
                }
            }
        }
        (told, together)
    }
}

/// Whether there is no decision for want of steps.
fn has_run_out_of_steps(found: &Result<Walked, Spent>, meter: &Meter<'_>) -> bool {
    matches!(found, Err(Spent::Budget)) && meter.is_out_of_steps()
}

#[cfg(test)]
mod tests;
