//! Every level against brute force, and the levels against each other.
//!
//! Engines must say what the definition says, with and without the shortcut through linearizability;
//! the verifier must accept every certificate and decide every core again; cores must contradict
//! themselves and stop to when any one operation is relaxed; and no history may have a level without
//! having all that it implies.

use testimony_certify::verify;
use testimony_check::{AtLevel, Budget, Checker};
use testimony_history::{History, Rank};
use testimony_model::Model;
use testimony_tests::draw::Draw;
use testimony_tests::families::{CasRegisters, Registers, Values};
use testimony_tests::level_names;
use testimony_tests::levels::{Keyed, core_holds, holds};
use testimony_tests::random::{Family, Shape, each, history};
use testimony_verdict::{
    Assurance, Certificate, Engine, IMPLICATIONS, Level, Property, Unknown, Verdict, VerdictName,
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
        apart += usize::from(!is_common(&judged(checker.direct()).verdict));
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
    let line = |one: &testimony_history::Operation<M::Op, M::Ret>| {
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
