//! No verdict of an engine is rejected by the verifier, on random histories of every object in which
//! much fails and much is never answered: there the two must agree on what counts.

use testimony::history::History;
use testimony::model::Model;
use testimony::verdict::{Core, Level, Property, Unknown, Verdict};
use testimony::{Claim, JudgeOptions, judge_verified};
use testimony_tests::collections::{PriorityQueues, Queues, Reads, Sets, Stacks};
use testimony_tests::draw::Draw;
use testimony_tests::evidence;
use testimony_tests::families::{
    Banks, CasRegisters, Coins, Kvs, Registers, Remainders, Stocks, Values,
};
use testimony_tests::ordered::{
    Counters, FencedLocks, FetchAdds, Logs, MultiRegisters, Mutexes, Owners, Sequences,
};
use testimony_tests::random::{Family, Shape, each, history};
use testimony_tests::show;

const EACH: usize = each(10_000);

/// Few operations, so that those which do not count are often all that touch several keys.
const SHAPE: Shape = Shape {
    operations_min: 2,
    operations_max: 6,
    clients_max: 4,
    info: 25,
    fail: 25,
    lie: 150,
    tie: 10,
};

/// More of them, of which more is never answered.
const LARGER: Shape =
    Shape { operations_min: 4, operations_max: 9, info: 35, fail: 5, lie: 80, ..SHAPE };

/// Judges random histories of a family by these levels.
fn accepted<F: Family>(family: &F, levels: &[Level], seed: u64) {
    accepted_in(&SHAPE, family, levels, seed);
}

fn accepted_in<F: Family>(shape: &Shape, family: &F, levels: &[Level], seed: u64) {
    let claims: Vec<_> = levels.iter().map(|level| Claim::<F::Model>::level(*level)).collect();
    let (options, mut draw) = (JudgeOptions::default(), Draw::new(seed));
    let (mut valid, mut invalid) = (0, 0);
    for _ in 0..EACH {
        let (model, history) = history(family, shape, &mut draw);
        for (property, finding) in judge_verified(&model, &history, &claims, &options).by {
            match finding.verdict {
                Verdict::Valid(_) => {
                    valid += 1;
                    assert_invalid_is_rejected(&property, &model, &history);
                }
                Verdict::Invalid(_) => invalid += 1,
                Verdict::Unknown(Unknown::Vacuous | Unknown::NotApplicable(_)) => {}
                Verdict::Unknown(why) => {
                    panic!("{property}: {why}, of\n{}", show::paste::<F::Model>(&history))
                }
            }
        }
    }
    assert!(valid > EACH / 50 && invalid > EACH / 50, "{valid} valid, {invalid} invalid");
}

/// Nobody can claim that all of a history that is linearizable contradicts itself.
fn assert_invalid_is_rejected<M: Model>(
    property: &Property,
    model: &M,
    history: &History<M::Op, M::Ret>,
) {
    let (mut required, mut optional) = (Vec::new(), Vec::new());
    for operation in history.operations.iter().filter(|operation| !operation.is_fail()) {
        if operation.is_ok() { &mut required } else { &mut optional }.push(operation.id);
    }
    let core = Core { required, optional };
    if *property != Property::LINEARIZABLE || core.required.is_empty() {
        return;
    }
    let is_believed = evidence::is_believed(model, history, core);
    assert!(!is_believed, "accepted, of\n{}", show::paste::<M>(history));
}

const LINEARIZABLE: &[Level] = &[Level::Linearizable];

#[test]
fn of_what_is_split_by_key() {
    accepted(&MultiRegisters, Level::ALL, 1);
    accepted(&Kvs(Values::Few(2)), Level::ALL, 2);
    accepted(&Kvs(Values::Unique), Level::ALL, 3);
}

#[test]
fn of_registers() {
    accepted(&Registers(Values::Few(2)), Level::ALL, 4);
    accepted(&CasRegisters(Values::Few(2)), Level::ALL, 5);
    accepted(&CasRegisters(Values::Unique), Level::ALL, 6);
}

#[test]
fn of_stocks_accounts_and_numbers() {
    accepted(&Stocks, LINEARIZABLE, 7);
    accepted(&Remainders, LINEARIZABLE, 8);
    accepted(&Banks, LINEARIZABLE, 9);
    accepted(&Counters, LINEARIZABLE, 10);
    accepted(&FetchAdds(&[1, 2, -1]), LINEARIZABLE, 11);
    accepted(&Coins, LINEARIZABLE, 12);
}

#[test]
fn of_sequences_and_locks() {
    accepted(&Sequences { gaps: true }, LINEARIZABLE, 13);
    accepted(&Logs { entries: 2 }, LINEARIZABLE, 14);
    accepted_in(&LARGER, &Logs { entries: 6 }, LINEARIZABLE, 24);
    accepted_in(&LARGER, &FetchAdds(&[1, 2, 2, -1, 0]), LINEARIZABLE, 25);
    accepted(&Mutexes(Owners::Clients), LINEARIZABLE, 15);
    accepted(&FencedLocks(Owners::Clients), LINEARIZABLE, 16);
}

#[test]
fn of_collections() {
    accepted(&Queues(Values::Few(2)), LINEARIZABLE, 17);
    accepted(&Stacks(Values::Few(2)), LINEARIZABLE, 18);
    accepted(&PriorityQueues(Values::Few(2)), LINEARIZABLE, 19);
    accepted(&Sets(Values::Few(2), Reads::All), LINEARIZABLE, 20);
}
