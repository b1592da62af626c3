//! Differential tests: the engines against the oracle, against each other, and against themselves.
//!
//! Over a million small random histories, every history of up to three operations over a tiny
//! alphabet, and larger ones on which two engines must agree. A mismatch prints a history that can
//! be pasted as a test.

use testimony_certify::stock;
use testimony_check::invariant::{Convergence, NoOversell, StockConservation};
use testimony_check::{Budget, Checker, Linearizable};
use testimony_history::{History, OpId, Operation, Outcome, Rank};
use testimony_model::{CasRegister, CellOp, CellRet, Model, Stock, StockOp, StockRet, Value};
use testimony_tests::collections::{PriorityQueues, Queues, Reads, Sets, Stacks};
use testimony_tests::draw::Draw;
use testimony_tests::families::{CasRegisters, Coins, Kvs, Registers, Stocks, Values};
use testimony_tests::random::{Family, Shape, history};
use testimony_tests::{oracle, show};
use testimony_verdict::{Certificate, Core, Engine, Verdict};

const AUTOMATIC: Linearizable = Linearizable { engine: None };
const ZONES: Linearizable = Linearizable { engine: Some(Engine::Zones) };
const SEARCH: Linearizable = Linearizable { engine: Some(Engine::Search) };

/// Histories of each family; seven families make more than a million.
const EACH: usize = 150_000;
/// Each so many histories the certificates and cores are looked at, too.
const EVIDENCE_EVERY: usize = 8;

/// What was seen of a family.
#[derive(Default, Debug)]
struct Seen {
    histories: usize,
    invalid: usize,
    zones: usize,
}

impl Seen {
    /// A family that is nearly always valid or nearly always invalid tests nothing.
    fn assert_balanced(&self) {
        let share = self.invalid * 100 / self.histories;
        assert!((20..=80).contains(&share), "{share} % invalid of {self:?}");
    }
}

/// Compares every engine with the oracle on one history.
fn compare<M: Model>(model: &M, history: &History<M::Op, M::Ret>, evidence: bool, seen: &mut Seen) {
    let budget = Budget::default();
    let truth = oracle::linearizable(model, history);
    let fail = |what: &str| -> ! {
        panic!(
            "{what}, the oracle says {truth}, of\n{model}\n{history}",
            model = std::any::type_name::<M>(),
            history = show::paste::<M>(history)
        )
    };
    seen.histories += 1;
    seen.invalid += usize::from(!truth);
    for checker in [SEARCH, AUTOMATIC] {
        if checker.holds(model, history, &budget) != Some(truth) {
            fail(&format!("{checker:?} is wrong"));
        }
    }
    match ZONES.holds(model, history, &budget) {
        None => {}
        Some(found) if found == truth => seen.zones += 1,
        Some(_) => fail("zones are wrong"),
    }
    if evidence {
        for checker in [AUTOMATIC, SEARCH] {
            if let Err(why) = evidence_of(&checker, model, history) {
                fail(&format!("{checker:?}: {why}"));
            }
        }
    }
}

/// Checks the certificate or the cores of a checker.
fn evidence_of<M: Model>(
    checker: &Linearizable,
    model: &M,
    history: &History<M::Op, M::Ret>,
) -> Result<(), String> {
    match checker.check(model, history, &Budget::default()).verdict {
        Verdict::Valid(certificate) => replays(model, history, certificate),
        Verdict::Unknown(why) => Err(why.to_string()),
        Verdict::Invalid(anomalies) if anomalies.is_empty() => Err("no anomaly".to_owned()),
        Verdict::Invalid(anomalies) => {
            anomalies.iter().try_for_each(|anomaly| minimal(model, history, &anomaly.core))
        }
    }
}

/// Checks that a core contradicts itself, and no longer when any required operation is relaxed.
fn minimal<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    core: &Core,
) -> Result<(), String> {
    let with = |relaxed: Option<OpId>| {
        let counted = history.operations.iter().filter_map(|one| {
            let required = core.required.contains(&one.id) && relaxed != Some(one.id);
            let observed =
                one.outcome.answer().is_some_and(|ret| model.is_observation(&one.op, ret));
            match core.optional.contains(&one.id) || relaxed == Some(one.id) {
                true if observed => None,
                true => Some(Operation {
                    outcome: Outcome::Info("relaxed".to_owned()),
                    ret: Rank::NEVER,
                    ..one.clone()
                }),
                false => required.then(|| one.clone()),
            }
        });
        oracle::linearizable(model, &show::history(counted.collect()))
    };
    if with(None) {
        return Err(format!("{core:?} does not contradict itself"));
    }
    match core.required.iter().find(|&&id| !with(Some(id))) {
        Some(id) => Err(format!("{core:?} does not need {id}")),
        None => Ok(()),
    }
}

/// Checks that a certificate shows an order, key by key where it says so.
fn replays<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    certificate: Certificate,
) -> Result<(), String> {
    match certificate {
        Certificate::Order(order) => oracle::replays(model, history, &order),
        Certificate::ByKey(parts) => {
            let of = |order: &[OpId]| {
                let operations = history.operations.iter();
                let on_key = operations.filter(|one| order.contains(&one.id)).cloned();
                show::history(on_key.collect::<Vec<_>>())
            };
            let mut placed = 0;
            for part in parts.into_values() {
                let Certificate::Order(order) = part else { return Err("no order".to_owned()) };
                let part = of(&order);
                placed += part.ok_count();
                oracle::replays(model, &part, &order)?;
            }
            if placed == history.ok_count() { Ok(()) } else { Err("not all placed".to_owned()) }
        }
        Certificate::Checked | Certificate::Views(_) => {
            Err("a certificate that shows nothing".to_owned())
        }
    }
}

/// Random histories of a family against the oracle.
fn random<F: Family>(family: &F, shape: Shape, seed: u64) -> Seen {
    let mut draw = Draw::new(seed);
    let mut seen = Seen::default();
    for number in 0..EACH {
        let (model, history) = history(family, &shape, &mut draw);
        compare(&model, &history, number % EVIDENCE_EVERY == 0, &mut seen);
    }
    seen.assert_balanced();
    seen
}

#[test]
fn registers_with_few_values() {
    random(&Registers(Values::Few(3)), Shape::SMALL, 1);
}

#[test]
fn registers_with_unique_values() {
    let seen = random(&Registers(Values::Unique), Shape::SMALL, 2);
    assert_eq!(seen.zones, seen.histories, "zones judge every register with unique values");
}

#[test]
fn cas_registers_with_few_values() {
    random(&CasRegisters(Values::Few(3)), Shape::SMALL, 3);
}

#[test]
fn cas_registers_with_unique_values() {
    let seen = random(&CasRegisters(Values::Unique), Shape::SMALL, 4);
    assert!(seen.zones * 10 > seen.histories * 9, "zones judge most, {seen:?}");
}

#[test]
fn maps() {
    random(&Kvs(Values::Few(2)), Shape { operations_max: 8, ..Shape::SMALL }, 5);
}

#[test]
fn stocks() {
    random(&Stocks, Shape { lie: 150, ..Shape::SMALL }, 6);
}

#[test]
fn queues() {
    random(&Queues(Values::Unique), Shape { lie: 60, ..Shape::SMALL }, 31);
    random(&Queues(Values::Few(2)), Shape { lie: 150, ..Shape::SMALL }, 32);
}

#[test]
fn stacks() {
    random(&Stacks(Values::Unique), Shape { lie: 60, ..Shape::SMALL }, 33);
    random(&Stacks(Values::Few(2)), Shape { lie: 150, ..Shape::SMALL }, 34);
}

#[test]
fn priority_queues() {
    random(&PriorityQueues(Values::Unique), Shape { lie: 60, ..Shape::SMALL }, 35);
    random(&PriorityQueues(Values::Few(2)), Shape { lie: 150, ..Shape::SMALL }, 36);
}

#[test]
fn sets() {
    random(&Sets(Values::Unique, Reads::Elements), Shape { lie: 100, ..Shape::SMALL }, 37);
    random(&Sets(Values::Unique, Reads::Growing), Shape { lie: 100, ..Shape::SMALL }, 38);
    random(&Sets(Values::Few(2), Reads::All), Shape { lie: 100, ..Shape::SMALL }, 39);
}

#[test]
fn coins() {
    random(&Coins, Shape::SMALL, 7);
}

/// Everything that one operation on a register can be, over two values.
fn alphabet() -> Vec<(CellOp, Option<CellRet>)> {
    let [one, two]: [Value; 2] = [1.into(), 2.into()];
    let read = |value: Option<&Value>| (CellOp::Read, Some(CellRet::Value(value.cloned())));
    let cas = || CellOp::Cas(Some(1.into()), 2.into());
    vec![
        read(None),
        read(Some(&one)),
        read(Some(&two)),
        (CellOp::Write(one.clone()), Some(CellRet::Done)),
        (CellOp::Write(two.clone()), Some(CellRet::Done)),
        (CellOp::Write(one), None),
        (CellOp::Write(two), None),
        (cas(), Some(CellRet::Done)),
        (cas(), Some(CellRet::Mismatch)),
        (cas(), None),
    ]
}

/// Every history of so many operations over the alphabet, with calls and returns at three ranks:
/// enough for every way in which three intervals can lie.
fn every(operations: u32) -> Seen {
    let alphabet = alphabet();
    let intervals: Vec<(u32, u32)> =
        (0..3).flat_map(|call| (call..3).map(move |ret| (call, ret))).collect();
    let kinds = alphabet.len() * intervals.len();
    let mut seen = Seen::default();
    for mut code in 0..kinds.pow(operations) {
        let all = (0..operations).map(|id| {
            let kind = code % kinds;
            code /= kinds;
            let (op, answer) = alphabet[kind % alphabet.len()].clone();
            let (call, ret) = intervals[kind / alphabet.len()];
            match answer {
                Some(answer) => show::ok(id, call, ret, op, answer),
                None => show::info(id, call, op),
            }
        });
        let history = show::history(all.collect());
        let evidence = code % EVIDENCE_EVERY == 0;
        compare(&CasRegister, &history, evidence, &mut seen);
    }
    seen
}

#[test]
fn every_history_of_one_to_three_operations() {
    assert_eq!(every(1).histories + every(2).histories, 60 + 60 * 60);
    every(3).assert_balanced();
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
    seen.assert_balanced();
}

#[test]
fn zones_and_search_agree_on_long_registers() {
    engines_agree(&Registers(Values::Unique), 6, 11);
}

#[test]
fn zones_and_search_agree_on_long_cas_registers() {
    engines_agree(&CasRegisters(Values::Unique), 6, 12);
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
    assert!(broken.iter().all(|broken| (histories / 50..histories).contains(broken)), "{broken:?}");
}

type StockAgain = fn(&Stock, &History<StockOp, StockRet>) -> Result<(), String>;
