//! Cores of random invalid histories: contradictory, minimal under relaxing (by the oracle), closed
//! and proved again (by the verifier), and with the same name whatever the operations are numbered.

use testimony_certify::verify;
use testimony_check::{Budget, Checker, Linearizable};
use testimony_history::{History, OpId, Operation, Outcome, Rank};
use testimony_model::Model;
use testimony_tests::collections::{Reads, Sets};
use testimony_tests::draw::Draw;
use testimony_tests::evidence;
use testimony_tests::families::{
    Banks, CasRegisters, Coins, Kvs, Registers, Remainders, Stocks, Values,
};
use testimony_tests::ordered::{Counters, FetchAdds, Logs};
use testimony_tests::random::{Family, Shape, each, history};
use testimony_tests::{oracle, show};
use testimony_verdict::{Anomaly, AnomalyKind, Assurance, Core, Engine, Property, Verdict};

/// Histories of each family and engine; the oracle is asked once for each required operation.
const EACH: usize = each(10_000);

type Of<M> = Operation<<M as Model>::Op, <M as Model>::Ret>;

/// The same operation when nobody knows what became of it.
fn relaxed<M: Model>(operation: &Of<M>) -> Of<M> {
    let outcome = Outcome::Info("relaxed".to_owned());
    Operation { outcome, ret: Rank::NEVER, ..operation.clone() }
}

/// The history that a core stands for, with one required operation relaxed.
fn alone<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    anomaly: &Anomaly,
    relax: Option<OpId>,
) -> History<M::Op, M::Ret> {
    let core = &anomaly.core;
    let operations = history.operations.iter().filter_map(|operation| {
        let observed = operation.outcome.answer();
        let observed = observed.is_some_and(|ret| model.is_observation(&operation.op, ret));
        if Some(operation.id) == relax {
            (!observed).then(|| relaxed::<M>(operation))
        } else if core.required.contains(&operation.id) {
            Some(operation.clone())
        } else {
            core.optional.contains(&operation.id).then(|| relaxed::<M>(operation))
        }
    });
    show::history(operations.collect::<Vec<_>>())
}

/// Claims that some operations of a valid history contradict each other; whether the verifier
/// believes it.
fn believed<M: Model>(model: &M, history: &History<M::Op, M::Ret>, draw: &mut Draw) -> bool {
    let mut core = Core::default();
    for operation in history.operations.iter().filter(|operation| !operation.is_fail()) {
        match operation.is_ok() && draw.chance(60) {
            true => core.required.push(operation.id),
            false => core.optional.push(operation.id),
        }
    }
    evidence::is_believed(model, history, core)
}

/// What is wrong with an anomaly.
fn fault_of<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    anomaly: &Anomaly,
) -> Option<String> {
    if anomaly.assurance != Assurance::Reproved {
        return Some("it was not proved again".to_owned());
    }
    if oracle::linearizable(model, &alone(model, history, anomaly, None)) {
        return Some("its core has an order".to_owned());
    }
    let needless = anomaly
        .core
        .required
        .iter()
        .find(|&&id| !oracle::linearizable(model, &alone(model, history, anomaly, Some(id))));
    if let Some(id) = needless {
        return Some(format!("{id} is not needed"));
    }
    let explanation = &anomaly.explanation;
    let drawn = |id: &&OpId| !explanation.scene.iter().any(|drawn| drawn.id == **id);
    if let Some(id) = anomaly.core.required.iter().find(drawn) {
        return Some(format!("{id} is not drawn"));
    }
    let told = !explanation.why.is_empty() && !explanation.sentence.is_empty();
    (!told).then(|| "nothing is explained".to_owned())
}

/// The history with other numbers for its operations and ranks, in the same order.
fn renumbered<O: Clone, R: Clone>(history: &History<O, R>) -> History<O, R> {
    let rank = |rank: Rank| if rank == Rank::NEVER { rank } else { Rank(rank.0 * 3 + 5) };
    let operations = history.operations.iter().map(|operation| Operation {
        id: OpId(operation.id.0 * 2 + 9),
        call: rank(operation.call),
        ret: rank(operation.ret),
        ..operation.clone()
    });
    History { operations: operations.collect(), ..History::default() }
}

fn examine<F: Family>(
    family: &F,
    shape: Shape,
    seed: u64,
    engine: Option<Engine>,
) -> Vec<AnomalyKind> {
    let (mut draw, mut claims) = (Draw::new(seed), Draw::new(seed + 1_000));
    let mut names = Vec::new();
    let checker = Linearizable { engine };
    let budget = Budget::default();
    for _ in 0..EACH {
        let (model, history) = history(family, &shape, &mut draw);
        let mut verdict = checker.check(&model, &history, &budget).verdict;
        let fail = |what: String| -> ! {
            panic!("{what}, of\n{}\n", show::paste::<F::Model>(&history));
        };
        if let Err(rejected) = verify(&model, &history, &Property::LINEARIZABLE, None, &mut verdict)
        {
            fail(format!("{verdict:?} rejected: {rejected}"));
        }
        let Verdict::Invalid(anomalies) = verdict else {
            if believed(&model, &history, &mut claims) {
                fail("the verifier believes that it contradicts itself".to_owned());
            }
            continue;
        };
        for anomaly in &anomalies {
            if let Some(fault) = fault_of(&model, &history, anomaly) {
                fail(format!("{fault}: {anomaly:#?}"));
            }
            names.push(anomaly.kind);
        }
        let again = checker.check(&model, &renumbered(&history), &budget).verdict;
        let Verdict::Invalid(again) = again else { fail(format!("renumbered: {again:?}")) };
        for (anomaly, again) in anomalies.iter().zip(&again) {
            let mapped = |ids: &[OpId]| ids.iter().map(|id| OpId(id.0 * 2 + 9)).collect::<Vec<_>>();
            let same = anomaly.kind == again.kind
                && mapped(&anomaly.core.required) == again.core.required
                && mapped(&anomaly.core.optional) == again.core.optional;
            if !same {
                fail(format!("renumbered: {again:#?}, before: {anomaly:#?}"));
            }
        }
    }
    assert!(names.len() > EACH / 10, "{} anomalies", names.len());
    names
}

/// Asserts that a family shows each of these names.
fn assert_shows(names: &[AnomalyKind], expected: &[AnomalyKind]) {
    let count = |kind: &AnomalyKind| names.iter().filter(|name| *name == kind).count();
    let counts: Vec<_> = AnomalyKind::ALL.iter().map(|kind| (kind.id(), count(kind))).collect();
    // Some names are rare: a few hundred histories do not show them all.
    for kind in expected.iter().filter(|_| !cfg!(feature = "quick")) {
        assert!(count(kind) > 0, "no {kind}: {counts:?}");
    }
}

#[test]
fn registers_with_unique_values() {
    let names = examine(&Registers(Values::Unique), Shape::SMALL, 21, Some(Engine::Zones));
    use AnomalyKind::{FutureRead, LostWrite, NewOldInversion, StaleRead, ThinAirRead};
    let expected = [FutureRead, LostWrite, NewOldInversion, StaleRead, ThinAirRead];
    assert_shows(&names, &expected);
    let of_search = examine(&Registers(Values::Unique), Shape::SMALL, 21, Some(Engine::Search));
    assert_shows(&of_search, &expected);
}

#[test]
fn registers_with_few_values() {
    let names = examine(&Registers(Values::Few(3)), Shape::SMALL, 22, None);
    assert_shows(&names, &[AnomalyKind::StaleRead, AnomalyKind::NewOldInversion]);
}

#[test]
fn cas_registers() {
    let names = examine(&CasRegisters(Values::Unique), Shape::SMALL, 23, None);
    assert_shows(&names, &[AnomalyKind::LostUpdate, AnomalyKind::StaleRead]);
    let names = examine(&CasRegisters(Values::Few(3)), Shape::SMALL, 24, None);
    assert_shows(&names, &[AnomalyKind::StaleRead]);
}

#[test]
fn maps() {
    let shape = Shape { operations_max: 8, ..Shape::SMALL };
    let names = examine(&Kvs(Values::Few(2)), shape, 25, None);
    assert_shows(&names, &[AnomalyKind::Contradiction]);
}

#[test]
fn stocks() {
    let shape = Shape { lie: 150, ..Shape::SMALL };
    let names = examine(&Stocks, shape, 26, None);
    assert_shows(&names, &[AnomalyKind::Oversell, AnomalyKind::Contradiction]);
}

#[test]
fn numbers_that_are_added_to() {
    use AnomalyKind::{MissingAmount, UnexpectedAmount};
    let shape = Shape { lie: 140, info: 20, ..Shape::SMALL };
    let names = examine(&Counters, shape, 31, None);
    assert_shows(&names, &[MissingAmount, UnexpectedAmount, AnomalyKind::Contradiction]);
    let names = examine(&Banks, shape, 32, None);
    assert_shows(&names, &[MissingAmount, UnexpectedAmount]);
    let names = examine(&Remainders, shape, 33, None);
    assert_shows(&names, &[MissingAmount, UnexpectedAmount, AnomalyKind::Oversell]);
    examine(&FetchAdds(&[1, 2, -1]), shape, 34, None);
}

/// Cores of histories too long for the oracle are proved again; how many of them leave out something
/// that may have changed a number before they were over.
fn long<F: Family>(family: &F, seed: u64) -> usize {
    let shape = Shape { operations_min: 30, operations_max: 60, lie: 15, ..Shape::SMALL };
    let (mut draw, mut shorter) = (Draw::new(seed), 0);
    for _ in 0..500 {
        let (model, history) = history(family, &shape, &mut draw);
        let checker = Linearizable { engine: None };
        let mut verdict = checker.check(&model, &history, &Budget::default()).verdict;
        let verified = verify(&model, &history, &Property::LINEARIZABLE, None, &mut verdict);
        let told = || show::paste::<F::Model>(&history);
        assert_eq!(verified, Ok(()), "{verdict:?}, of\n{}\n", told());
        let Verdict::Invalid(anomalies) = verdict else { continue };
        for Anomaly { core, assurance, .. } in &anomalies {
            assert_eq!(*assurance, Assurance::Reproved, "{core:?}, of\n{}\n", told());
            let is_required = |one: &&Of<F::Model>| core.required.contains(&one.id);
            let last = history.operations.iter().filter(is_required).map(|one| one.ret).max();
            let is_left_out = |one: &Of<F::Model>| {
                let is_inside = core.required.contains(&one.id) || core.optional.contains(&one.id);
                let changed = one.outcome.answer().is_some_and(|ret| {
                    !model.is_observation(&one.op, ret) && Some(one.call) <= last
                });
                changed && !is_inside
            };
            shorter += usize::from(history.operations.iter().any(is_left_out));
        }
    }
    shorter
}

#[test]
fn cores_of_long_histories_begin_at_an_answer() {
    let counts = [
        long(&Counters, 41),
        long(&Banks, 42),
        long(&Remainders, 43),
        long(&Stocks, 44),
        long(&FetchAdds(&[1, 2, -1]), 45),
    ];
    assert!(counts.iter().all(|&count| count > 0), "{counts:?}");
}

#[test]
fn nondeterministic_models() {
    examine(&Coins, Shape::SMALL, 27, None);
}

#[test]
fn sets_that_are_read_as_a_whole() {
    use AnomalyKind::{DuplicateElement, FutureElement, IncomparableReads, MissingElement};
    let shape = Shape { operations_max: 8, lie: 350, info: 20, ..Shape::SMALL };
    let names = examine(&Sets(Values::Unique, Reads::Growing), shape, 28, None);
    assert_shows(&names, &[FutureElement, IncomparableReads, MissingElement]);
    let few = Shape { lie: 100, ..shape };
    let names = examine(&Sets(Values::Few(3), Reads::All), few, 29, None);
    assert_shows(&names, &[MissingElement, DuplicateElement]);
}

#[test]
fn logs() {
    let shape = Shape { lie: 140, info: 25, ..Shape::SMALL };
    let names = examine(&Logs { entries: 2 }, shape, 30, None);
    assert_shows(&names, &[AnomalyKind::DuplicatePosition, AnomalyKind::LostPosition]);
}
