//! Differential tests: the engines against the oracle, against each other, and against themselves.
//!
//! Over a million small random histories, every history of up to three operations over a tiny
//! alphabet, and larger ones on which two engines must agree. A mismatch prints a history that can
//! be pasted as a test.

use testimony_check::{Budget, Checker, Linearizable};
use testimony_history::{History, OpId};
use testimony_model::Model;
use testimony_tests::draw::Draw;
use testimony_tests::families::{CasRegisters, Coins, Kvs, Registers, Stocks, Values};
use testimony_tests::random::{Family, Shape, history};
use testimony_tests::{oracle, show};
use testimony_verdict::{Certificate, Engine, Verdict};

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
        Verdict::Invalid(_) => Ok(()),
    }
}

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
        Certificate::Checked => Err("a certificate that shows nothing".to_owned()),
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
    random(&Stocks, Shape { lie: 15, ..Shape::SMALL }, 6);
}

#[test]
fn coins() {
    random(&Coins, Shape::SMALL, 7);
}
