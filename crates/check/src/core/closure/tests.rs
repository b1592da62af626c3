//! Goal: what a closure leaves out makes no difference. Whatever is required of a history that is
//! linearizable does not contradict itself beside what the closure keeps; and where only values or
//! calls decide what is kept, operations contradict each other beside it exactly when they do beside
//! everything. Method: random histories of every object, random operations of them, and the general
//! search for all questions.

use super::*;
use crate::Budget;
use crate::budget::Meter;
use crate::families::{self, Draw, Family, draw_history, draw_operations, shown};
use crate::search::Search;
use crate::subject::Typed;
use std::collections::BTreeSet;
use testimony_model::{Access, Atom, Element, Model, Queue};

fn makes_no_difference<M: Model>(family: &Family<M>) {
    let (mut draw, mut contradict, mut agree, mut left_out) = (Draw(5), 0, 0, 0);
    for _ in 0..4_000 {
        let history = draw_history(family, &mut draw);
        let subject = Typed::new(&family.model, &history);
        let part = Part { key: Some("x".to_owned()), ..Part::all(&subject) };
        let mut meter = Meter::new(&Budget::default());
        let mut search = Search::new(&part, &mut meter).expect("a small part");
        let mut ask = |standings: &[Standing]| {
            meter.restart(1 << 16);
            search.probe(standings, &mut meter)
        };
        let recorded = vec![Standing::Required; part.operations.len()];
        let is_valid = ask(&recorded) == Some(true);
        let values = Values::of(&part);
        let closure = Closure::new(&part, values.as_ref());
        for _ in 0..4 {
            let required: Vec<usize> = (0..part.operations.len())
                .filter(|&at| part.operations[at].is_ok() && draw.below(3) > 0)
                .collect();
            let kept = closure.standings(&part, &required);
            let Some(beside_kept) = ask(&kept) else { continue };
            assert!(
                beside_kept || !is_valid,
                "a core of what is valid\n{}",
                shown(&history, &kept)
            );
            let mut all = kept.clone();
            for (at, standing) in all.iter_mut().enumerate() {
                if *standing == Standing::Dropped && !closure.is_observation(at) {
                    *standing = Standing::Optional;
                    left_out += 1;
                }
            }
            // These leave out more, as others' answers say what they did.
            if !closure.leaves_out() {
                let beside_all = ask(&all);
                assert_eq!(Some(beside_kept), beside_all, "all\n{}", shown(&history, &kept));
            }
            contradict += u32::from(!beside_kept);
            agree += u32::from(beside_kept && is_valid);
        }
    }
    assert!(contradict > 500 && agree > 500, "{contradict} contradict, {agree} agree");
    assert!(left_out > 500, "{left_out} left out");
}

#[test]
fn of_registers() {
    makes_no_difference(&families::cas_registers());
    makes_no_difference(&families::vague_registers());
}

#[test]
fn of_sets() {
    makes_no_difference(&families::sets());
    makes_no_difference(&families::sets_that_are_read());
}

#[test]
fn of_collections() {
    makes_no_difference(&families::queues());
    makes_no_difference(&families::stacks());
    makes_no_difference(&families::priority_queues());
}

#[test]
fn of_locks() {
    makes_no_difference(&families::mutexes());
    makes_no_difference(&families::fenced_locks());
}

#[test]
fn of_places() {
    makes_no_difference(&families::sequences(false));
    makes_no_difference(&families::logs());
}

/// Values are looked at one by one, and of many positions in pairs with the one where it got stuck.
#[test]
fn values_and_pairs() {
    let history = draw_operations(&families::larger(Queue), &mut Draw(1), 60, 8);
    let subject = Typed::new(&Queue, &history);
    let part = Part { key: Some("x".to_owned()), ..Part::all(&subject) };
    let closure = Closure::new(&part, None);
    let names = |at: usize| match part.access(&part.operations[at]) {
        Access::Element(Element::Insert(value)) => Some(value),
        Access::Element(Element::Take(Some(value)) | Element::Peek(Some(value))) => value,
        _ => None,
    };
    let all: Vec<usize> =
        (0..part.operations.len()).filter(|&at| part.operations[at].is_ok()).collect();
    let stuck = *all.iter().rfind(|&&at| names(at).is_some()).expect("a value");
    let of = |one: &dyn Fn(Option<Atom<'_>>) -> bool, positions: &[usize]| -> Vec<usize> {
        positions.iter().copied().filter(|&at| one(names(at)) || names(at).is_none()).collect()
    };
    let values: BTreeSet<_> = (0..part.operations.len()).filter_map(names).collect();
    let many = closure.by_value(&all, Some(stuck));
    assert_eq!(many.len(), 2 * values.len() - 1, "each, and each other with the one");
    assert_eq!(many[0], of(&|value| value == names(stuck), &all));
    for value in values.iter().filter(|value| Some(**value) != names(stuck)) {
        assert!(many.contains(&of(&|other| other == Some(*value), &all)));
        let pair = of(&|other| other == Some(*value) || other == names(stuck), &all);
        assert!(many.contains(&pair), "{value:?}");
    }
    assert_eq!(closure.by_value(&all[..31], Some(stuck)).len(), values.len(), "no pairs of few");
}
