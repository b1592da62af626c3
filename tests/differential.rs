//! Differential tests: the engines against the oracle, against each other, and against themselves.
//!
//! Millions of small random histories, and larger ones on which two engines must agree. (Every
//! history of up to four operations is in `exhaustive.rs`.) A mismatch prints a history that can be
//! pasted as a test.

use testimony_certify::stock;
use testimony_check::invariant::{Convergence, NoOversell, StockConservation};
use testimony_check::{Budget, Checker, Linearizable};
use testimony_history::{History, Rank};
use testimony_model::{Stock, StockOp, StockRet};
use testimony_tests::census::{DIFFERENTIAL, ORDERED};
use testimony_tests::collections::{PriorityQueues, Queues, Reads, Sets, Stacks};
use testimony_tests::compare::{self, SEARCH, Seen};
use testimony_tests::draw::Draw;
use testimony_tests::evidence::{self, evidence_of};
use testimony_tests::families::{CasRegisters, Coins, Kvs, Registers, Stocks, Values};
use testimony_tests::random::{Family, Shape, history};
use testimony_tests::show;
use testimony_verdict::{Engine, Verdict};

const ZONES: Linearizable = Linearizable { engine: Some(Engine::Zones) };
const TUNING: Linearizable = Linearizable { engine: Some(Engine::Tuning) };

/// Random histories of a family against the oracle.
fn random<F: Family>(family: &F, shape: Shape, seed: u64) -> Seen {
    let seen = compared(family, shape, seed);
    seen.assert_invalid(20..=80);
    seen
}

/// The same, however many of them are valid.
fn compared<F: Family>(family: &F, shape: Shape, seed: u64) -> Seen {
    compare::random(family, (shape, DIFFERENTIAL.of(seed)), seed)
}

/// Goal: five million random histories at least are judged by every engine and by the oracle.
/// Method: the tests draw as many as the census says (one in twenty-five under `quick`).
#[test]
fn five_million_histories_are_compared() {
    assert_eq!((DIFFERENTIAL.full(), ORDERED.full()), (4_000_000, 2_400_000));
    assert!(DIFFERENTIAL.full() + ORDERED.full() >= 5_000_000);
}

#[test]
fn registers_with_few_values() {
    random(&Registers(Values::Few(3)), Shape::SMALL, 1);
}

#[test]
fn registers_with_unique_values() {
    let seen = random(&Registers(Values::Unique), Shape::SMALL, 2);
    assert_eq!(seen.fast, seen.histories, "zones judge every register with unique values");
}

#[test]
fn cas_registers_with_few_values() {
    random(&CasRegisters(Values::Few(3)), Shape::SMALL, 3);
}

#[test]
fn cas_registers_with_unique_values() {
    let seen = random(&CasRegisters(Values::Unique), Shape::SMALL, 4);
    assert!(seen.fast * 10 > seen.histories * 9, "zones judge most, {seen:?}");
}

#[test]
fn maps() {
    random(&Kvs(Values::Few(2)), Shape { operations_max: 8, ..Shape::SMALL }, 5);
}

#[test]
fn stocks() {
    random(&Stocks, Shape { lie: 150, ..Shape::SMALL }, 6);
}

/// Random histories of collections, of which tuning must judge so many of a hundred.
fn collections<F: Family>(family: &F, lie: usize, seed: u64, share: usize) {
    let shape = Shape { operations_max: 8, lie, ..Shape::SMALL };
    let seen = compared(family, shape, seed);
    seen.assert_invalid(5..=95);
    seen.assert_fast(share);
}

#[test]
fn queues() {
    collections(&Queues(Values::Unique), 200, 31, 98);
    collections(&Queues(Values::Few(2)), 300, 32, 0);
}

#[test]
fn stacks() {
    collections(&Stacks(Values::Unique), 300, 33, 98);
    collections(&Stacks(Values::Few(2)), 300, 34, 0);
}

#[test]
fn priority_queues() {
    collections(&PriorityQueues(Values::Unique), 200, 35, 98);
    collections(&PriorityQueues(Values::Few(2)), 300, 36, 0);
}

#[test]
fn sets() {
    collections(&Sets(Values::Unique, Reads::Elements), 500, 37, 40);
    collections(&Sets(Values::Unique, Reads::Growing), 350, 38, 99);
    collections(&Sets(Values::Few(2), Reads::All), 100, 39, 0);
}

#[test]
fn coins() {
    random(&Coins, Shape::SMALL, 7);
}

/// Histories of hundreds of operations with unique values, on which zones and search must agree.
fn engines_agree<F: Family>(family: &F, lie: usize, seed: u64) {
    let shape = Shape {
        operations_min: 100,
        operations_max: 400,
        clients_max: 6,
        info: 3,
        fail: 2,
        lie,
        tie: 5,
    };
    let mut draw = Draw::new(seed);
    let mut seen = Seen::default();
    for _ in 0..200 {
        let (model, history) = history(family, &shape, &mut draw);
        let budget = Budget::default();
        let zones = ZONES.holds(&model, &history, &budget);
        let Some(found) = zones else { continue };
        seen.histories += 1;
        seen.invalid += usize::from(!found);
        let searched = SEARCH.holds(&model, &history, &budget);
        let paste = || show::paste::<F::Model>(&history);
        assert_eq!(searched, zones, "search and zones, of\n{}", paste());
        if found {
            let evidence = evidence_of(&ZONES, &model, &history);
            assert_eq!(evidence, Ok(()), "zones, of\n{}", paste());
            let evidence = evidence_of(&SEARCH, &model, &history);
            assert_eq!(evidence, Ok(()), "search, of\n{}", paste());
        }
    }
    assert!(seen.histories > 100, "{seen:?}");
    seen.assert_invalid(20..=80);
}

#[test]
fn zones_and_search_agree_on_long_registers() {
    engines_agree(&Registers(Values::Unique), 6, 11);
}

#[test]
fn zones_and_search_agree_on_long_cas_registers() {
    engines_agree(&CasRegisters(Values::Unique), 6, 12);
}

/// Collections of dozens of operations, on which tuning and search must agree.
fn tuning_and_search_agree<F: Family>(family: &F, lie: usize, seed: u64) {
    let shape = Shape {
        operations_min: 14,
        operations_max: 32,
        clients_max: 4,
        info: 6,
        fail: 2,
        lie,
        tie: 5,
    };
    let mut draw = Draw::new(seed);
    let mut seen = Seen::default();
    for _ in 0..200 {
        let (model, history) = history(family, &shape, &mut draw);
        let budget = Budget { steps_max: 100_000, ..Budget::default() };
        let Some(found) = TUNING.holds(&model, &history, &budget) else { continue };
        let Some(searched) = SEARCH.holds(&model, &history, &budget) else { continue };
        seen.histories += 1;
        seen.invalid += usize::from(!found);
        let paste = || show::paste::<F::Model>(&history);
        assert_eq!(searched, found, "search and tuning, of\n{}", paste());
        if found {
            assert_eq!(evidence_of(&TUNING, &model, &history), Ok(()), "tuning, of\n{}", paste());
        }
    }
    assert!(seen.histories > 40, "{seen:?}");
    let valid = seen.histories - seen.invalid;
    assert!(seen.invalid > 10 && valid > 10, "{seen:?}");
}

#[test]
fn tuning_and_search_agree_on_long_collections() {
    tuning_and_search_agree(&Queues(Values::Unique), 15, 41);
    tuning_and_search_agree(&Stacks(Values::Unique), 20, 42);
    tuning_and_search_agree(&PriorityQueues(Values::Unique), 15, 43);
}

/// So many histories of so many operations, many of them without an answer: tuning must say of nearly
/// all what they are, and where they are valid in which order.
fn tuning_decides<F: Family>(
    family: &F,
    (histories, operations_max): (usize, usize),
    (info, seed): (usize, u64),
    unknown_max: usize,
) {
    let shape = Shape {
        operations_min: operations_max * 2 / 3,
        operations_max,
        clients_max: 8,
        info,
        fail: 2,
        lie: 0,
        tie: 5,
    };
    let mut draw = Draw::new(seed);
    let (mut valid, mut unknown) = (0, 0);
    for _ in 0..histories {
        let (model, history) = history(family, &shape, &mut draw);
        match TUNING.check(&model, &history, &Budget::default()).verdict {
            Verdict::Valid(certificate) => {
                assert_eq!(evidence::replays(&model, &history, certificate), Ok(()));
                valid += 1;
            }
            Verdict::Invalid(_) => {}
            Verdict::Unknown(_) => unknown += 1,
        }
    }
    let seen =
        format!("{info} % without an answer: {valid} valid, {unknown} unknown of {histories}");
    assert!(valid * 10 > histories && unknown <= unknown_max, "{seen}");
}

#[test]
fn tuning_needs_few_answers() {
    for info in [5, 15, 30] {
        tuning_decides(&Queues(Values::Unique), (200, 62), (info, 51), 1);
        tuning_decides(&Stacks(Values::Unique), (200, 62), (info, 52), 2);
        tuning_decides(&PriorityQueues(Values::Unique), (200, 62), (info, 53), 1);
    }
}

/// The invariants of the stock against the verifier's own way to count, on random histories.
#[test]
fn invariants_agree_with_the_verifier() {
    let shape = Shape { operations_min: 4, operations_max: 12, lie: 60, ..Shape::SMALL };
    let mut draw = Draw::new(21);
    let mut broken = [0; 3];
    let histories = 60_000;
    for _ in 0..histories {
        let (model, mut history) = history(&Stocks, &shape, &mut draw);
        let last = history.operations.iter().map(|one| one.call.0).max().unwrap_or(0);
        history.quiet_from = Some(Rank(u32::try_from(draw.below(8)).expect("small").min(last)));
        let judged: [(&dyn Checker<Stock>, StockAgain); 3] = [
            (&NoOversell, stock::no_oversell),
            (&StockConservation, stock::conservation),
            (&Convergence, testimony_certify::rest::convergence),
        ];
        for ((checker, again), broken) in judged.into_iter().zip(&mut broken) {
            let (property, truth) = (checker.property(), again(&model, &history));
            let paste = || show::paste::<Stock>(&history);
            match checker.check(&model, &history, &Budget::default()).verdict {
                Verdict::Unknown(_) => continue,
                Verdict::Valid(_) => assert_eq!(truth, Ok(()), "{property} of\n{}", paste()),
                Verdict::Invalid(_) => {
                    assert!(truth.is_err(), "{property} holds in\n{}", paste());
                    *broken += 1;
                }
            }
        }
    }
    assert!(
        broken.iter().all(|broken| (histories / 100..histories).contains(broken)),
        "{broken:?}"
    );
}

type StockAgain = fn(&Stock, &History<StockOp, StockRet>) -> Result<(), String>;
