//! Goal: what adds up to a contradiction is one, and a plan is an order. Method: small random
//! counters, stocks and banks under random standings, beside the search.

use super::Sums;
use super::highest::Highest;
use crate::budget::{Budget, Meter};
use crate::families::{Draw, Family, banks, counters, draw_history, shown, stocks};
use crate::part::{Decision, Part, Standing};
use crate::search::Search;
use crate::subject::Typed;
use testimony_model::Model;

/// How many of the histories were not linearizable, how many of these the sums refuted, of how many
/// others a plan was found, and how many random standings the sums refuted.
#[derive(Default, Debug)]
struct Counts {
    invalid: u32,
    broken: u32,
    valid: u32,
    planned: u32,
    refuted: u32,
}

fn beside_the_search<M: Model>(family: &Family<M>, seed: u64) -> Counts {
    let (mut draw, mut counts, budget) = (Draw(seed), Counts::default(), Budget::default());
    for _ in 0..4_000 {
        let history = draw_history(family, &mut draw);
        let subject = Typed::new(&family.model, &history);
        let part = Part { key: Some("x".to_owned()), ..Part::all(&subject) };
        let sums = Sums::of(&part).expect("numbers");
        let mut meter = Meter::new(&budget);
        let mut search = Search::new(&part, &mut meter).expect("a small part");
        let all = vec![Standing::Required; part.operations.len()];
        let is_valid = matches!(search.decide(&mut meter), Decision::Valid(_));
        *(if is_valid { &mut counts.valid } else { &mut counts.invalid }) += 1;
        let broken = sums.broken(&all);
        assert_eq!(broken.is_some(), sums.refutes(&all), "{}", shown(&history, &all));
        if let Some(broken) = broken {
            let required: Vec<usize> = broken.required().collect();
            let standing = |(at, one)| match required.contains(&at) {
                true => Standing::Required,
                false if part.subject.is_observation(one) => Standing::Dropped,
                false => Standing::Optional,
            };
            let standings: Vec<Standing> =
                part.operations.iter().enumerate().map(standing).collect();
            let told = || format!("{broken:?} of\n{}", shown(&history, &standings));
            assert!(!is_valid && sums.refutes(&standings), "{}", told());
            assert_eq!(search.probe(&standings, &mut meter), Some(false), "{}", told());
            // Nothing but what it says of one of its amounts may be left out.
            for &at in &broken.amounts {
                let mut fewer = standings.clone();
                fewer[at] = Standing::Optional;
                let one = sums.broken(&fewer).filter(|one| one.answer == broken.answer);
                assert!(one.is_none_or(|one| one.base != broken.base), "{}", told());
            }
            counts.broken += 1;
        }
        let mut standing = |one: &testimony_history::Operation<_, _>| match draw.below(4) {
            0 if family.model.is_observer(&one.op) => Standing::Dropped,
            0 => Standing::Optional,
            _ => Standing::Required,
        };
        let random: Vec<Standing> = history.operations.iter().map(&mut standing).collect();
        for standings in [&all, &random] {
            let told = || shown(&history, standings);
            let said = search.probe(standings, &mut meter);
            if sums.refutes(standings) {
                assert_eq!(said, Some(false), "\n{}", told());
                counts.refuted += 1;
            } else if sums.order(standings, &mut meter).is_some() {
                assert_eq!(said, Some(true), "\n{}", told());
                counts.planned += 1;
            }
        }
    }
    counts
}

#[test]
fn counters_add_up() {
    let counts = beside_the_search(&counters(), 1);
    assert!(counts.invalid > 300 && 2 * counts.broken > counts.invalid, "{counts:?}");
    assert!(10 * counts.planned > 12 * counts.valid && counts.refuted > 200, "{counts:?}");
}

#[test]
fn stocks_add_up() {
    let counts = beside_the_search(&stocks(), 2);
    assert!(counts.invalid > 300 && 2 * counts.broken > counts.invalid, "{counts:?}");
    assert!(10 * counts.planned > 12 * counts.valid && counts.refuted > 200, "{counts:?}");
}

#[test]
fn banks_add_up() {
    let counts = beside_the_search(&banks(), 3);
    assert!(counts.invalid > 300 && 2 * counts.broken > counts.invalid, "{counts:?}");
    assert!(10 * counts.planned > 12 * counts.valid && counts.refuted > 200, "{counts:?}");
}

#[test]
fn the_highest_is_that_of_a_list() {
    let mut draw = Draw(4);
    for places in 1..40_usize {
        let (mut tree, mut list) = (Highest::new(places), Vec::new());
        for _ in 0..200 {
            let value = i128::from(draw.below(100)) - 50;
            let before = draw.below(64) as usize % (list.len() + 1);
            if list.len() < places && draw.below(3) == 0 {
                tree.set(list.len(), value);
                list.push(value);
            } else {
                tree.raise(before, value);
                list[..before].iter_mut().for_each(|one| *one += value);
            }
            assert_eq!(tree.highest(), list.iter().copied().max(), "{list:?}");
        }
    }
}
