//! Goal: what a log-linear engine says of relaxed histories, the general search says, too. Reductions
//! rest on it, and decisions are the case in which nothing is relaxed. Method: small random histories
//! of each object, some with lies, under random standings.

use super::fast;
use crate::families::{self, Draw, Family, draw_history, shown};
use crate::part::{Part, Standing};
use crate::search::Search;
use crate::subject::Typed;
use crate::{Budget, budget::Meter};
use testimony_history::Operation;
use testimony_model::Model;

/// How often the engine had an answer, of so many questions.
fn compare<M: Model>(family: &Family<M>) -> (u32, u32) {
    let (mut draw, mut asked, mut told, mut valid) = (Draw(11), 0, 0, 0);
    for _ in 0..8_000 {
        let history = draw_history(family, &mut draw);
        let subject = Typed::new(&family.model, &history);
        let part = Part { key: Some("x".to_owned()), ..Part::all(&subject) };
        let Ok(engine) = fast(&part) else { continue };
        let mut meter = Meter::new(&Budget::default());
        let mut search = Search::new(&part, &mut meter).expect("a small part");
        for round in 0..4 {
            // Reductions drop what only observed.
            let observed = |one: &Operation<M::Op, M::Ret>| {
                let ret = one.outcome.answer();
                ret.is_some_and(|ret| family.model.is_observation(&one.op, ret))
            };
            let mut standing = |one| match draw.below(6) {
                _ if round == 0 => Standing::Required,
                0 => Standing::Dropped,
                1 | 2 if observed(one) => Standing::Dropped,
                1 | 2 => Standing::Optional,
                _ => Standing::Required,
            };
            let standings: Vec<_> = history.operations.iter().map(&mut standing).collect();
            meter.restart(1 << 16);
            let Some(found) = search.probe(&standings, &mut meter) else { continue };
            asked += 1;
            if let Some(said) = engine.probe(&standings) {
                assert_eq!(
                    said,
                    found,
                    "the engine and the search\n{}",
                    shown(&history, &standings)
                );
                told += 1;
                valid += u32::from(said);
            }
        }
    }
    assert!(4 * valid > told && 12 * valid < 11 * told, "{valid} valid of {told}");
    (told, asked)
}

#[test]
fn cas_registers() {
    let (told, asked) = compare(&families::cas_registers());
    assert!(5 * told > 3 * asked, "{told} of {asked}");
}

#[test]
fn vague_registers() {
    let (told, asked) = compare(&families::vague_registers());
    assert!(told == asked && asked > 400, "{told} of {asked}");
}

#[test]
fn sets() {
    let (told, asked) = compare(&families::sets());
    assert!(12 * told > 11 * asked, "{told} of {asked}");
}

#[test]
fn sets_that_are_read() {
    let (told, asked) = compare(&families::sets_that_are_read());
    assert!(told + 20 > asked && asked > 30_000, "{told} of {asked}");
}

#[test]
fn queues() {
    let (told, asked) = compare(&families::queues());
    assert!(told + 20 > asked && asked > 30_000, "{told} of {asked}");
}

#[test]
fn stacks() {
    let (told, asked) = compare(&families::stacks());
    assert!(told + 20 > asked && asked > 30_000, "{told} of {asked}");
}

#[test]
fn priority_queues() {
    let (told, asked) = compare(&families::priority_queues());
    assert!(told + 20 > asked && asked > 30_000, "{told} of {asked}");
}

#[test]
fn mutexes() {
    let (told, asked) = compare(&families::mutexes());
    assert!(9 * told > 2 * asked, "{told} of {asked}");
}

#[test]
fn fenced_locks() {
    let (told, asked) = compare(&families::fenced_locks());
    assert!(5 * told > asked, "{told} of {asked}");
}

#[test]
fn fetch_and_adds() {
    let (told, asked) = compare(&families::fetch_and_adds());
    assert!(4 * told > 3 * asked, "{told} of {asked}");
}

#[test]
fn sequences() {
    for gaps in [false, true] {
        let (told, asked) = compare(&families::sequences(gaps));
        assert_eq!(told, asked, "gaps: {gaps}");
    }
}

#[test]
fn logs() {
    let (told, asked) = compare(&families::logs());
    assert!(told + 20 > asked && asked > 20_000, "{told} of {asked}");
}
