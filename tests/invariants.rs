//! Invariants on random histories: checker, verifier and a definition spelled out agree, cores break
//! the invariant alone and are minimal, and nothing linearizable is ever called broken.

use testimony_certify::{
    Again, bank, cells, collections, effects, locks, rest, stock, unique_ids, verify,
};
use testimony_check::invariant::{
    BankTotal, BoundedStaleness, Convergence, ExactlyOnce, Fencing, IdsAreUnique,
    MonotonicVersions, MutualExclusion, NoDoubleSale, NoNegativeBalance, NoOversell,
    NoStaleElements, NoUnexpectedElements, SetFull, StockConservation, TotalQueue,
};
use testimony_check::{Budget, Checker};
use testimony_history::{History, OpId, Operation, Outcome, Rank};
use testimony_model::{CollectionOp, CollectionRet, Log, Model, Set, Value};
use testimony_tests::collections::{Queues, Reads, Sets, Stacks};
use testimony_tests::draw::Draw;
use testimony_tests::families::{
    Banks, CasRegisters, Ids, Kvs, Registers, Remainders, Stocks, Values,
};
use testimony_tests::ordered::{FencedLocks, Logs, Mutexes, Owners};
use testimony_tests::random::{Family, Shape, each, history};
use testimony_tests::{invariants, oracle, show};
use testimony_verdict::{Anomaly, Assurance, Verdict};

/// Random histories of each invariant and family.
const EACH: usize = each(20_000);

type Whole<M> = History<<M as Model>::Op, <M as Model>::Ret>;

type Oracle<'a, M> = dyn Fn(&M, &Whole<M>) -> bool + 'a;

/// One invariant, three times.
struct Thrice<'a, M: Model> {
    checker: &'a dyn Checker<M>,
    again: Again<'a, M>,
    broken: &'a Oracle<'a, M>,
    /// Whether every linearizable history has it.
    implied: bool,
}

/// Histories with a few more operations than the oracle of linearizability is usually given.
const SHAPE: Shape = Shape { operations_max: 9, lie: 200, ..Shape::SMALL };

/// The history of a core, or with one of its required operations relaxed: without an answer, or not
/// there when it only observed.
fn alone<M: Model>(
    model: &M,
    history: &Whole<M>,
    anomaly: &Anomaly,
    relax: Option<OpId>,
) -> Whole<M> {
    let open = |operation: &Operation<M::Op, M::Ret>| Operation {
        outcome: Outcome::Info("relaxed".to_owned()),
        ret: Rank::NEVER,
        ..operation.clone()
    };
    let operations = history.operations.iter().filter_map(|operation| {
        let observed = operation.outcome.answer();
        let observed = observed.is_some_and(|ret| model.is_observation(&operation.op, ret));
        if Some(operation.id) == relax {
            (!observed).then(|| open(operation))
        } else if anomaly.core.required.contains(&operation.id) {
            Some(operation.clone())
        } else {
            anomaly.core.optional.contains(&operation.id).then(|| open(operation))
        }
    });
    History {
        operations: operations.collect(),
        quiet_from: history.quiet_from,
        observations: vec![],
    }
}

/// The definition again, of one name.
type ByKind<'a, M> = dyn Fn(&Anomaly, &M, &Whole<M>) -> bool + 'a;

/// What is wrong with an anomaly.
fn fault_of<M: Model>(
    broken: &ByKind<'_, M>,
    model: &M,
    history: &Whole<M>,
    anomaly: &Anomaly,
) -> Option<String> {
    if anomaly.assurance != Assurance::Reproved {
        return Some("it was not proved again".to_owned());
    }
    let broken = |relax| broken(anomaly, model, &alone(model, history, anomaly, relax));
    if !broken(None) {
        return Some("its core alone holds".to_owned());
    }
    if let Some(id) = anomaly.core.required.iter().find(|id| broken(Some(**id))) {
        return Some(format!("{id} is not needed"));
    }
    let told = &anomaly.explanation;
    let drawn = anomaly.core.required.len() <= told.scene.len();
    (!drawn || told.why.is_empty() || told.sentence.is_empty())
        .then(|| "nothing is told".to_owned())
}

/// Judges random histories by one invariant, in three ways.
fn agree<F: Family>(family: &F, shape: &Shape, thrice: &Thrice<'_, F::Model>, seed: u64) {
    let any_kind =
        |_: &Anomaly, model: &F::Model, history: &Whole<F::Model>| (thrice.broken)(model, history);
    agree_by_kind(family, shape, thrice, &any_kind, seed);
}

/// The same, with a definition of each name for the cores.
fn agree_by_kind<F: Family>(
    family: &F,
    shape: &Shape,
    thrice: &Thrice<'_, F::Model>,
    by_kind: &ByKind<'_, F::Model>,
    seed: u64,
) {
    let mut draw = Draw::new(seed);
    let (mut broken, mut valid) = (0, 0);
    let property = thrice.checker.property();
    for _ in 0..EACH {
        let (model, mut history) = history(family, shape, &mut draw);
        let last = history.operations.iter().map(|one| one.call.0).max().unwrap_or(0);
        let quiet = u32::try_from(draw.below(8)).expect("small").min(last);
        history.quiet_from = draw.chance(95).then_some(Rank(quiet));
        let fail = |what: String| -> ! {
            let quiet = history.quiet_from;
            panic!(
                "{property}: {what}, {quiet:?}, {model:?}, of\n{}\n",
                show::paste::<F::Model>(&history),
                model = model.params()
            );
        };
        let truth = (thrice.broken)(&model, &history);
        let mut verdict = thrice.checker.check(&model, &history, &Budget::default()).verdict;
        if (thrice.again)(&model, &history).is_err() != truth {
            fail(format!("the verifier errs: it is {}", if truth { "broken" } else { "kept" }));
        }
        if (verdict.name() == testimony_verdict::VerdictName::Invalid) != truth {
            fail(format!("the checker errs: {verdict:?}"));
        }
        if let Err(rejected) = verify(&model, &history, &property, Some(thrice.again), &mut verdict)
        {
            fail(format!("{verdict:#?} rejected: {rejected}"));
        }
        let anomalies = match &verdict {
            Verdict::Invalid(anomalies) => anomalies,
            Verdict::Valid(_) => {
                valid += 1;
                continue;
            }
            Verdict::Unknown(_) => continue,
        };
        broken += 1;
        if thrice.implied && oracle::linearizable(&model, &history) {
            fail(format!("a false alarm, as it is linearizable: {anomalies:#?}"));
        }
        for anomaly in anomalies {
            if let Some(fault) = fault_of(by_kind, &model, &history, anomaly) {
                fail(format!("{fault}: {anomaly:#?}"));
            }
        }
    }
    assert!(
        broken > EACH / 500 && valid > EACH / 100,
        "{property}: {broken} broken, {valid} valid"
    );
}

#[test]
fn bank_totals() {
    let (broken, again) = (invariants::wrong_total, bank::total);
    let thrice = Thrice { checker: &BankTotal, again: &again, broken: &broken, implied: true };
    agree(&Banks, &SHAPE, &thrice, 1);
}

#[test]
fn negative_balances() {
    let (broken, again) = (invariants::negative_balance, bank::negative);
    let checker = &NoNegativeBalance;
    agree(&Banks, &SHAPE, &Thrice { checker, again: &again, broken: &broken, implied: true }, 2);
}

#[test]
fn unique_ids() {
    let (broken, again) = (invariants::duplicate_id, unique_ids::unique);
    let thrice = Thrice { checker: &IdsAreUnique, again: &again, broken: &broken, implied: true };
    agree(&Ids, &SHAPE, &thrice, 3);
}

#[test]
fn remainders_of_a_stock() {
    let (broken, again) = (invariants::sold_twice, stock::no_double_sale);
    let thrice = Thrice { checker: &NoDoubleSale, again: &again, broken: &broken, implied: true };
    agree(&Remainders, &SHAPE, &thrice, 4);
}

#[test]
fn oversells() {
    let (broken, again) = (invariants::oversold, stock::no_oversell);
    let thrice = Thrice { checker: &NoOversell, again: &again, broken: &broken, implied: true };
    agree(&Stocks, &SHAPE, &thrice, 5);
    agree(&Remainders, &SHAPE, &thrice, 6);
}

#[test]
fn conservation() {
    let (broken, again) = (invariants::not_conserved, stock::conservation);
    let checker = &StockConservation;
    let thrice = Thrice { checker, again: &again, broken: &broken, implied: true };
    agree(&Stocks, &SHAPE, &thrice, 7);
    agree(&Remainders, &SHAPE, &thrice, 8);
}

fn convergence_of<F: Family>(family: &F, seed: u64)
where
    F::Model: testimony_model::Readings,
{
    let (broken, again) = (invariants::divergence::<F::Model>, rest::convergence::<F::Model>);
    let thrice = Thrice { checker: &Convergence, again: &again, broken: &broken, implied: true };
    let shape = Shape { operations_min: 4, operations_max: 10, ..SHAPE };
    agree(family, &shape, &thrice, seed);
}

#[test]
fn convergence_of_registers() {
    convergence_of(&Registers(Values::Few(3)), 10);
    convergence_of(&CasRegisters(Values::Few(3)), 11);
    convergence_of(&Kvs(Values::Unique), 12);
}

#[test]
fn convergence_of_stocks_and_banks() {
    convergence_of(&Stocks, 13);
    convergence_of(&Banks, 14);
}

fn staleness_of<F: Family>(family: &F, max_ns: u64, seed: u64) {
    let broken = |model: &_, history: &_| invariants::too_stale(model, history, max_ns);
    let again = |model: &_, history: &_| cells::bounded_staleness(model, history, max_ns);
    let checker = &BoundedStaleness { max_ns };
    let implied = true;
    agree(family, &SHAPE, &Thrice { checker, again: &again, broken: &broken, implied }, seed);
}

#[test]
fn staleness() {
    staleness_of(&Registers(Values::Unique), 0, 20);
    staleness_of(&CasRegisters(Values::Few(4)), 0, 21);
    staleness_of(&Registers(Values::Few(4)), 2_000_000, 22);
    staleness_of(&Kvs(Values::Unique), 1_000_000, 23);
}

fn versions_of<F: Family>(family: &F, seed: u64) {
    let broken = |model: &_, history: &_| invariants::version_regress(model, history);
    let again = |model: &_, history: &_| cells::monotonic_versions(model, history);
    let checker = &MonotonicVersions;
    let implied = false;
    agree(family, &SHAPE, &Thrice { checker, again: &again, broken: &broken, implied }, seed);
}

#[test]
fn versions() {
    versions_of(&Registers(Values::Unique), 30);
    versions_of(&CasRegisters(Values::Few(4)), 31);
    versions_of(&Kvs(Values::Unique), 32);
}

fn sets(checker: &dyn Checker<Set>, again: Again<'_, Set>, broken: &Oracle<'_, Set>, seed: u64) {
    let thrice = Thrice { checker, again, broken, implied: true };
    agree(&Sets(Values::Unique, Reads::Growing), &SHAPE, &thrice, seed);
    agree(&Sets(Values::Few(3), Reads::All), &SHAPE, &thrice, seed + 1);
}

#[test]
fn lost_elements() {
    let broken = |_: &Set, history: &_| invariants::element_missing(history, true);
    sets(&SetFull, &collections::set_full::<Set>, &broken, 40);
}

#[test]
fn stale_elements() {
    let broken = |_: &Set, history: &_| invariants::element_missing(history, false);
    sets(&NoStaleElements, &collections::no_stale_elements::<Set>, &broken, 50);
}

#[test]
fn unexpected_elements() {
    let again = &collections::no_unexpected_elements::<Set>;
    sets(&NoUnexpectedElements, again, &invariants::element_unexpected, 60);
}

fn queue_of<F: Family>(family: &F, seed: u64)
where
    F::Model: Model<Op = CollectionOp, Ret = CollectionRet>,
{
    let (broken, again) =
        (invariants::queue_broken::<F::Model>, collections::total_queue::<F::Model>);
    let thrice = Thrice { checker: &TotalQueue, again: &again, broken: &broken, implied: true };
    let shape = Shape { operations_max: 10, info: 20, ..SHAPE };
    agree(family, &shape, &thrice, seed);
}

#[test]
fn total_queues() {
    queue_of(&Queues(Values::Unique), 70);
    queue_of(&Queues(Values::Few(2)), 71);
    queue_of(&Stacks(Values::Few(2)), 72);
}

#[test]
fn holders_of_locks() {
    let (broken, again) = (invariants::two_holders, locks::mutual_exclusion);
    let checker = &MutualExclusion;
    agree(
        &Mutexes(Owners::Any),
        &SHAPE,
        &Thrice { checker, again: &again, broken: &broken, implied: true },
        80,
    );
    let (broken, again) = (invariants::two_holders, locks::mutual_exclusion);
    let thrice = Thrice { checker, again: &again, broken: &broken, implied: true };
    agree(&FencedLocks(Owners::Any), &SHAPE, &thrice, 81);
}

#[test]
fn fencing_tokens() {
    let (broken, again) = (invariants::token_fell, locks::fencing);
    let thrice = Thrice { checker: &Fencing, again: &again, broken: &broken, implied: true };
    agree(&FencedLocks(Owners::Any), &Shape { operations_min: 5, ..SHAPE }, &thrice, 82);
}

#[test]
fn effects_of_logs() {
    let (broken, again) = (invariants::effect_broken, effects::exactly_once);
    let thrice = Thrice { checker: &ExactlyOnce, again: &again, broken: &broken, implied: true };
    // One read can show several effects that cannot be, and a core is minimal for its own.
    let by_kind = |anomaly: &Anomaly, log: &Log, history: &Whole<Log>| {
        let entry = anomaly.explanation.headline.rsplit(": ").next();
        let entry = entry.and_then(|entry| entry.parse::<i64>().ok()).map(Value::from);
        invariants::effect_is((anomaly.kind, entry.as_ref()), log, history)
    };
    agree_by_kind(&Logs { entries: 3 }, &SHAPE, &thrice, &by_kind, 83);
    let short = Shape { operations_max: 7, ..SHAPE };
    agree_by_kind(&Logs { entries: 2 }, &short, &thrice, &by_kind, 84);
}
