//! Goal: what one element alone shows is so. Method: small random sets whose elements come and go and
//! that are read as a whole, under random standings, beside the search.

use super::Alone;
use crate::budget::{Budget, Meter};
use crate::families::{Draw, draw_history, sets_that_change, shown};
use crate::part::{Decision, Part, Standing};
use crate::search::Search;
use crate::subject::Typed;
use testimony_model::{Model, Set};

/// Everything else as a reduction leaves it.
fn relaxed(part: &Part<'_>, required: &[usize]) -> Vec<Standing> {
    let standing = |at: usize| match required.contains(&at) {
        true => Standing::Required,
        false if part.subject.is_observation(&part.operations[at]) => Standing::Dropped,
        false => Standing::Optional,
    };
    (0..part.operations.len()).map(standing).collect()
}

#[test]
fn what_contradicts_itself_alone_has_no_order() {
    let mut draw = Draw(21);
    let (mut invalid, mut found, mut refuted) = (0, 0, 0);
    for _ in 0..8_000 {
        let history = draw_history(&sets_that_change(), &mut draw);
        let subject = Typed::new(&Set, &history);
        let part = Part { key: Some("x".to_owned()), ..Part::all(&subject) };
        let Some(alone) = Alone::of(&part) else { continue };
        let budget = Budget::default();
        let mut meter = Meter::new(&budget);
        let mut search = Search::new(&part, &mut meter).expect("a small part");
        let is_valid = matches!(search.decide(&mut meter), Decision::Valid(_));
        invalid += u32::from(!is_valid);
        if let Some(required) = alone.contradiction(&budget, &mut 100_000) {
            let standings = relaxed(&part, &required);
            let told = || format!("{required:?} of\n{}", shown(&history, &standings));
            assert!(!is_valid, "{}", told());
            assert_eq!(search.probe(&standings, &mut meter), Some(false), "{}", told());
            assert!(alone.refutes(&standings, &budget, &mut 100_000), "{}", told());
            found += 1;
        }
        let mut standing = |one: &testimony_history::Operation<_, _>| match draw.below(4) {
            0 if Set.is_observer(&one.op) => Standing::Dropped,
            0 => Standing::Optional,
            _ => Standing::Required,
        };
        let standings: Vec<_> = history.operations.iter().map(&mut standing).collect();
        if alone.refutes(&standings, &budget, &mut 100_000) {
            let said = search.probe(&standings, &mut meter);
            assert_eq!(said, Some(false), "\n{}", shown(&history, &standings));
            refuted += 1;
        }
    }
    assert!(invalid > 1_500 && refuted > 1_000, "{refuted} refuted, {invalid} invalid");
    assert!(10 * found > 7 * invalid, "{found} of {invalid}");
}

#[test]
fn nothing_is_looked_at_without_steps() {
    let mut draw = Draw(22);
    let mut looked = 0;
    for _ in 0..1_000 {
        let history = draw_history(&sets_that_change(), &mut draw);
        let subject = Typed::new(&Set, &history);
        let part = Part { key: Some("x".to_owned()), ..Part::all(&subject) };
        let Some(alone) = Alone::of(&part) else { continue };
        let budget = Budget::default();
        assert_eq!(alone.contradiction(&budget, &mut 0), None);
        let mut steps = 100_000;
        let found = alone.contradiction(&budget, &mut steps).is_some();
        assert!(!found || steps < 100_000, "steps are counted");
        looked += u32::from(found);
    }
    assert!(looked > 200, "{looked}");
}
