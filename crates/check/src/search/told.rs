//! The order that the system tells ([`testimony_model::Model::order`]), tried before any other.
//!
//! One walk that never turns back: of what is pending, whatever has the first place is placed next.
//! A revision or an offset says which that is, where the search would have to try all orders until
//! some later answer tells them apart. Where the told order does not come out (a place is missing, or
//! the system lies), nothing is lost but the walk.

use super::choice::Choice;
use super::run::{Run, slot_of};
use super::tables::{Move, State, Symbol, Tables};
use super::uses::{NOTHING, Used};
use crate::budget::{Meter, Spent};

/// Walks the told order from the beginning to the end; whether there it was an order. O(n) steps of
/// the model, and for each as many comparisons as operations are pending.
pub(super) fn walk(
    run: &mut Run,
    initial: State,
    tables: &mut Tables,
    meter: &mut Meter,
) -> Result<bool, Spent> {
    let (mut state, mut used) = (run.settle(initial, tables, meter)?, NOTHING);
    while !run.window.is_over() {
        let Some(choice) = next(run, state, used, tables, meter)? else { return Ok(false) };
        (state, used) = run.place(choice, used, tables, meter)?;
    }
    Ok(true)
}

/// What comes next in the told order; before it, if need be, something that was never answered.
fn next(
    run: &mut Run,
    state: State,
    used: Used,
    tables: &mut Tables,
    meter: &mut Meter,
) -> Result<Option<Choice>, Spent> {
    let target = run.window.target();
    if !run.masks.owes(target) {
        return Ok(Some(Choice::pass(target, state)));
    }
    let goal = run.window.at(target);
    let told = first_told(run, tables, meter)?;
    // One that has no place goes as late as it can.
    let slot = match told {
        Some(slot) if tables.order(goal).is_some() => slot,
        Some(slot) if tables.go(state, goal, meter)? == Move::Refused => slot,
        _ => target,
    };
    match tables.go(state, run.window.at(slot), meter)? {
        Move::To(state) => Ok(Some(Choice::required(slot, state))),
        Move::Any { .. } => Ok(None),
        Move::Refused => enabling(run, (state, used), run.window.at(slot), tables, meter),
    }
}

/// Of the pending operations that owe their effect, the one with the first place.
fn first_told(run: &Run, tables: &Tables, meter: &mut Meter) -> Result<Option<u32>, Spent> {
    let mut first = None;
    for word in 0..run.masks.words() {
        let changing = run.window.exact()[word] | run.window.overwriting()[word];
        let mut slots = changing & run.masks.owed(word);
        meter.step(u64::from(slots.count_ones()))?;
        while slots != 0 {
            let slot = slot_of(word, slots.trailing_zeros());
            slots &= slots - 1;
            let order = tables.order(run.window.at(slot));
            first = first.into_iter().chain(order.map(|order| (order, slot))).min();
        }
    }
    Ok(first.map(|(_, slot)| slot))
}

/// An operation that was never answered, after which the goal is possible.
fn enabling(
    run: &Run,
    (state, used): (State, Used),
    goal: Symbol,
    tables: &mut Tables,
    meter: &mut Meter,
) -> Result<Option<Choice>, Spent> {
    for place in run.window.changing(state) {
        let number = run.window.source(place);
        let class = run.window.classes()[number as usize];
        meter.step(1)?;
        if run.window.member(class, run.uses.count(used, number)).is_some()
            && let Move::To(next) = tables.go(state, class.symbol, meter)?
            && tables.go(next, goal, meter)? != Move::Refused
        {
            return Ok(Some(Choice::optional(number, next)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
