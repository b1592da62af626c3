//! Every level against brute force, and the levels against each other.
//!
//! Engines must say what the definition says, with and without the shortcut through linearizability;
//! the verifier must accept every certificate and decide every core again; cores must contradict
//! themselves and stop to when any one operation is relaxed; and no history may have a level without
//! having all that it implies.

use testimony_certify::verify;
use testimony_check::{AtLevel, Budget, Checker};
use testimony_history::{History, Operation, Process, Rank};
use testimony_model::{Access, CellOp, CellRet, Kv, KvOp, Model, Value};
use testimony_tests::draw::Draw;
use testimony_tests::families::{CasRegisters, Registers, Values};
use testimony_tests::level_names;
use testimony_tests::levels::{Keyed, core_holds, holds};
use testimony_tests::random::{Family, Shape, each, history};
use testimony_tests::show;
use testimony_verdict::{
    Anomaly, AnomalyKind, Assurance, Certificate, Engine, IMPLICATIONS, Level, Property, Unknown,
    Verdict, VerdictName,
};

/// Histories of each family.
const EACH: usize = each(40_000);

/// Small histories in which clients are often told something old.
const SHAPE: Shape = Shape {
    operations_min: 2,
    operations_max: 6,
    clients_max: 3,
    info: 10,
    fail: 4,
    lie: 400,
    tie: 2,
};

type Of<M> = History<<M as Model>::Op, <M as Model>::Ret>;

/// What is wrong with the verdict on one level; otherwise whether the history has the level.
fn examine<M: Model>(
    model: &M,
    history: &Of<M>,
    level: Level,
    direct: bool,
    expected: Option<bool>,
) -> Result<Option<bool>, String> {
    let checker = AtLevel::new(level);
    let checker = if direct { checker.direct() } else { checker };
    let mut verdict = checker.check(model, history, &Budget::default()).verdict;
    let property = Property::Level(level);
    if let Err(rejected) = verify(model, history, &property, None, &mut verdict) {
        return Err(format!("{level}: {verdict:?} rejected: {rejected}"));
    }
    let found = match &verdict {
        Verdict::Valid(_) => Some(true),
        Verdict::Invalid(_) => Some(false),
        Verdict::Unknown(Unknown::NotApplicable(_)) => None,
        Verdict::Unknown(why) => return Err(format!("{level}: {why}")),
    };
    if found != expected {
        return Err(format!("{level}: expected {expected:?}, found {verdict:?}"));
    }
    let Verdict::Invalid(anomalies) = &verdict else { return Ok(found) };
    for anomaly in anomalies {
        if anomaly.assurance != Assurance::Reproved {
            return Err(format!("{level}: not proved again: {anomaly:#?}"));
        }
        if anomaly.explanation.sentence.is_empty() || anomaly.explanation.why.is_empty() {
            return Err(format!("{level}: nothing is explained: {anomaly:#?}"));
        }
        let intervals =
            [Level::Linearizable, Level::Regular, Level::Safe, Level::EventualConvergence];
        if intervals.contains(&level) {
            continue;
        }
        let of = |relaxed| core_holds(model, history, level, &anomaly.core, relaxed);
        if of(None) {
            return Err(format!("{level}: the core has an explanation: {anomaly:#?}"));
        }
        if let Some(id) = anomaly.core.required.iter().find(|id| !of(Some(**id))) {
            return Err(format!("{level}: {id} is not needed: {anomaly:#?}"));
        }
        if let Some(fault) = level_names::fault(model, history, level, anomaly) {
            return Err(format!("{level}: {fault}: {anomaly:#?}"));
        }
    }
    Ok(found)
}

/// Whether a certificate is one order for all sessions, which only linearizability can give.
fn is_common(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Valid(Certificate::Views(views)) if views.own.is_empty())
}

/// Whether the orders of sessions list nothing but what they must: their own operations and the writes
/// of others, all of them answered or seen by somebody.
fn has_no_more<M: Model>(model: &M, history: &Of<M>, verdict: &Verdict) -> bool {
    let Verdict::Valid(Certificate::Views(views)) = verdict else { return false };
    views.own.iter().all(|(process, order)| {
        order.iter().filter_map(|id| history.get(*id)).all(|one| {
            let wrote = match model.access(&one.op, one.outcome.answer()) {
                Access::Write(_) => true,
                Access::Cas { swapped, .. } => swapped != Some(false),
                _ => false,
            };
            let there = one.is_ok() || views.saw.values().any(|saw| *saw == Some(one.id));
            there && (one.process == *process || wrote)
        })
    })
}

/// What is linearizable needs no other proof: one order for everybody, unless it is asked directly.
fn check_shortcut<F: Family>(family: &F, seed: u64) {
    let mut draw = Draw::new(seed);
    let shape = Shape { lie: 30, info: 30, tie: 0, operations_min: 4, ..SHAPE };
    let (mut linear, mut apart) = (0, 0);
    for _ in 0..each(5_000) {
        let (model, history) = history(family, &shape, &mut draw);
        if history.ok_count() == 0 || holds(&model, &history, Level::Linearizable) != Some(true) {
            continue;
        }
        let judged = |checker: AtLevel| checker.check(&model, &history, &Budget::default());
        let checker = AtLevel::new(Level::CausalMemory);
        assert!(is_common(&judged(checker).verdict), "{}", told::<F::Model>(&history));
        linear += 1;
        let direct = judged(checker.direct()).verdict;
        apart += usize::from(!is_common(&direct));
        assert!(
            has_no_more(&model, &history, &direct),
            "{direct:?}, of\n{}",
            told::<F::Model>(&history)
        );
        let finding = judged(AtLevel::new(Level::Sequential).direct());
        assert_eq!(finding.engine, Engine::Search);
        assert_eq!(finding.verdict.name(), VerdictName::Valid, "{}", told::<F::Model>(&history));
    }
    assert!(linear > each(500) && apart > linear / 4, "{linear} linearizable, {apart} apart");
}

#[test]
fn what_is_linearizable_is_shown_by_one_order() {
    check_shortcut(&CasRegisters(Values::Few(3)), 51);
    check_shortcut(&Keyed { values: Values::Few(3), keys: &["x", "y"], cas: 30 }, 52);
}

/// No history has a level without having all that it implies.
fn check_implications(had: &[(Level, Option<bool>)]) -> Result<(), String> {
    for &(stronger, _) in had.iter().filter(|(_, had)| *had == Some(true)) {
        for &(weaker, _) in had.iter().filter(|(_, had)| *had == Some(false)) {
            if stronger.implies(weaker) {
                return Err(format!("{stronger} holds, {weaker} does not"));
            }
        }
    }
    Ok(())
}

/// The operations with their clients, which [`show::paste`] leaves out.
fn told<M: Model>(history: &Of<M>) -> String {
    let line = |one: &Operation<M::Op, M::Ret>| {
        let (call, ret) = (one.call.0, one.ret.0);
        format!("{} {} {call}..{ret} {:?} {:?}", one.id, one.process.0, one.op, one.outcome)
    };
    history.operations.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn compare<F: Family>(family: &F, shape: Shape, seed: u64) {
    let mut draw = Draw::new(seed);
    let mut counts = vec![[0_usize; 3]; Level::ALL.len()];
    for number in 0..EACH {
        let (model, mut history) = history(family, &shape, &mut draw);
        let ranks = u32::try_from(2 * history.operations.len()).expect("few operations");
        history.quiet_from = draw
            .chance(80)
            .then(|| Rank(u32::try_from(draw.below(ranks as usize)).expect("few ranks")));
        let mut had = Vec::new();
        for (level, counts) in Level::ALL.iter().zip(&mut counts) {
            let expected = holds(&model, &history, *level);
            let direct = number % 4 != 0;
            match examine(&model, &history, *level, direct, expected) {
                Ok(found) => had.push((*level, found)),
                Err(what) => panic!("{what}, of\n{}\n", told::<F::Model>(&history)),
            }
            counts[expected.map_or(2, usize::from)] += 1;
        }
        if let Err(what) = check_implications(&had) {
            panic!("{what}, of\n{}\n", told::<F::Model>(&history));
        }
    }
    for (level, [broken, held, _]) in Level::ALL.iter().zip(counts) {
        assert!(broken.min(held) > EACH / 500, "{level}: {broken} broken, {held} held");
    }
}

#[test]
fn registers_with_unique_values() {
    compare(&Registers(Values::Unique), SHAPE, 41);
}

#[test]
fn registers_with_few_values() {
    compare(&Registers(Values::Few(2)), SHAPE, 42);
}

#[test]
fn cas_registers_with_unique_values() {
    compare(&CasRegisters(Values::Unique), SHAPE, 43);
}

#[test]
fn cas_registers_with_few_values() {
    compare(&CasRegisters(Values::Few(2)), SHAPE, 44);
}

#[test]
fn two_keys_with_unique_values() {
    let family = Keyed { values: Values::Unique, keys: &["x", "y"], cas: 0 };
    compare(&family, SHAPE, 45);
}

#[test]
fn two_keys_with_few_values() {
    let family = Keyed { values: Values::Few(2), keys: &["x", "y"], cas: 0 };
    compare(&family, SHAPE, 46);
}

#[test]
fn two_keys_with_swaps() {
    let family = Keyed { values: Values::Few(3), keys: &["x", "y"], cas: 25 };
    compare(&family, SHAPE, 47);
}

#[test]
fn two_keys_with_many_lies_and_lost_answers() {
    let family = Keyed { values: Values::Unique, keys: &["x", "x", "y"], cas: 10 };
    compare(&family, Shape { info: 25, lie: 700, ..SHAPE }, 48);
}

/// The only anomaly of a history that has not a level.
fn anomaly_of(level: Level, operations: Vec<Operation<KvOp, CellRet>>) -> Anomaly {
    let history = show::history(operations);
    let verdict = AtLevel::new(level).check(&Kv, &history, &Budget::default()).verdict;
    let Verdict::Invalid(mut anomalies) = verdict else { panic!("{level}: {verdict:?}") };
    assert_eq!(anomalies.len(), 1);
    anomalies.remove(0)
}

fn read(id: u32, key: &str, value: Option<i64>) -> Operation<KvOp, CellRet> {
    let value = CellRet::Value(value.map(Value::Int));
    show::ok(id, id, id + 1, KvOp::new(key, CellOp::Read), value)
}

#[test]
fn a_value_that_nobody_wrote_is_told_as_that() {
    let found = anomaly_of(Level::Pram, vec![read(0, "x", Some(7))]);
    assert_eq!(found.kind, AnomalyKind::ThinAirRead);
    let told = "client 0: read x = 7 (#0), but nobody ever wrote that.";
    assert_eq!(found.explanation.sentence, told);
}

#[test]
fn a_value_from_the_future_is_told_as_that() {
    let write = KvOp::new("x", CellOp::Write(7.into()));
    let late = show::ok(2, 2, 3, write, CellRet::Done);
    let found = anomaly_of(Level::Regular, vec![read(0, "x", Some(7)), late]);
    assert_eq!(found.kind, AnomalyKind::FutureRead);
    assert_eq!(
        found.explanation.sentence,
        "client 0: read x = 7 (#0), but that was first written after it: client 2: write x 7 (#2) \
         at 2 ms."
    );
}

/// Clients in a circle: each writes its key, and then does not see the write of the next one.
fn circle_of(clients: u32) -> String {
    let key = |client: u32| format!("k{}", client % clients);
    let operations = (0..2 * clients).map(|at| {
        let (client, id) = (at % clients, 2 * at);
        let write = KvOp::new(key(client), CellOp::Write(1.into()));
        let operation = match at < clients {
            true => show::ok(id, id, id + 1, write, CellRet::Done),
            false => read(id, &key(client + 1), None),
        };
        Operation { process: Process(client), ..operation }
    });
    let found = anomaly_of(Level::Sequential, operations.collect());
    assert_eq!(found.kind, AnomalyKind::Contradiction);
    found.explanation.sentence
}

#[test]
fn six_operations_are_listed_and_the_others_counted() {
    let listed = |told: &str| told.matches('#').count();
    let six = circle_of(3);
    assert!(listed(&six) == 6 && !six.contains("more"), "{six}");
    let eight = circle_of(4);
    assert!(listed(&eight) == 6 && eight.ends_with("; and 2 more."), "{eight}");
}

/// The write that was called last is tried first, so that what happened one after the other is
/// explained at once although values repeat.
#[test]
fn what_reads_saw_is_guessed_well() {
    let operations = (0..120).map(|at| {
        let value = i64::from(at / 2 % 2);
        let operation = match at % 2 {
            0 => {
                let write = KvOp::new("x", CellOp::Write(value.into()));
                show::ok(2 * at, 2 * at, 2 * at + 1, write, CellRet::Done)
            }
            _ => read(2 * at, "x", Some(value)),
        };
        Operation { process: Process(at % 3), ..operation }
    });
    let history = show::history(operations.collect());
    let budget = Budget { steps_max: 20_000, ..Budget::default() };
    for level in [Level::CausalMemory, Level::CausalConvergence, Level::MonotonicReads] {
        let verdict = AtLevel::new(level).direct().check(&Kv, &history, &budget).verdict;
        assert_eq!(verdict.name(), VerdictName::Valid, "{level}: {verdict:?}");
    }
}

/// A page with every run of spaces and line ends as one space.
fn flat(page: &str) -> String {
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_page_says_what_the_table_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/levels.md");
    let page = std::fs::read_to_string(path).expect("docs/levels.md");
    let block = page.split("```arrows\n").nth(1).expect("a block of arrows");
    let block = block.split("```").next().expect("the end of the arrows");
    let written: Vec<&str> = block.lines().collect();
    let known: Vec<String> =
        IMPLICATIONS.iter().map(|(from, to)| format!("{from} -> {to}")).collect();
    assert_eq!(written, known);
    let sections: Vec<&str> = page.split("\n### ").skip(1).collect();
    assert_eq!(sections.len(), Level::ALL.len());
    for (section, level) in sections.into_iter().zip(Level::ALL) {
        let section = flat(section.split("\n## ").next().expect("a section"));
        let local = if level.is_local() { "- local: " } else { "- not local: " };
        for said in [level.name(), level.definition(), level.source(), local] {
            assert!(section.contains(&flat(said)), "{level}: the page does not say {said:?}");
        }
    }
    let picture = page.split("```text\n").nth(1).and_then(|rest| rest.split("```").next());
    let picture = picture.expect("a picture");
    for level in Level::ALL {
        assert!(picture.contains(level.name()), "{level} is not in the picture");
    }
}
