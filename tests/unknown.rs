//! An unknown verdict says what was tried, how far it got and what would help: of every engine and
//! level, at every budget, and when the wall clock ends it.

use testimony_check::{AtLevel, Budget, Checker, Linearizable};
use testimony_tests::draw::Draw;
use testimony_tests::families::{CasRegisters, Kvs, Values};
use testimony_tests::ordered::MultiRegisters;
use testimony_tests::random::{Family, Shape, history};
use testimony_verdict::{Effort, Engine, Level, Limit, Unknown, Verdict};

const SEARCH: Linearizable = Linearizable { engine: Some(Engine::Search) };

/// Hard to judge: few values, many at once, much without an answer.
const SHAPE: Shape = Shape {
    operations_min: 150,
    operations_max: 150,
    clients_max: 8,
    info: 15,
    fail: 2,
    lie: 30,
    tie: 0,
};

/// What a checker that gave up says; `None` where it did not.
fn effort_of(verdict: Verdict) -> Option<(Effort, String)> {
    let Verdict::Unknown(why) = verdict else { return None };
    let said = why.to_string();
    match why {
        Unknown::Budget(effort) | Unknown::Stopped(effort) => Some((*effort, said)),
        Unknown::NotApplicable(_) => None,
        other => panic!("{other}"),
    }
}

fn assert_helpful(said: &str, effort: &Effort) {
    let more = match effort.limit {
        Limit::Steps => "what helps: more steps",
        Limit::Bytes { .. } => "what helps: more bytes",
        Limit::Clock => "what helps: more time",
    };
    for part in ["; tried: ", more, &format!("{} steps", effort.steps)] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    assert!(!said.contains("0 of 0"), "{said}");
}

/// Judges histories of a family with one budget after the other; how often one gave up after it had
/// begun, and said up to which operation it got.
fn gives_up<F: Family>(family: &F, checker: &dyn Checker<F::Model>, seed: u64) -> (usize, usize) {
    let (mut begun, mut reached) = (0, 0);
    let mut draw = Draw::new(seed);
    for _ in 0..4 {
        let (model, history) = history(family, &SHAPE, &mut draw);
        for steps_max in [0, 1, 10, 50, 400, 2_000, 20_000] {
            let budget = Budget { steps_max, ..Budget::default() };
            let found = checker.check(&model, &history, &budget).verdict;
            let Some((effort, said)) = effort_of(found) else { continue };
            assert_helpful(&said, &effort);
            assert_eq!(effort.limit, Limit::Steps, "{said}");
            begun += usize::from(effort.progress.is_some());
            reached += usize::from(effort.reached.is_some());
        }
        for bytes_max in [1, 1 << 10, 1 << 14] {
            let budget = Budget { bytes_max, ..Budget::default() };
            let found = checker.check(&model, &history, &budget).verdict;
            if let Some((effort, said)) = effort_of(found) {
                assert_helpful(&said, &effort);
                assert!(said.contains(&format!("of {bytes_max} allowed")), "{said}");
            }
        }
    }
    (begun, reached)
}

#[test]
fn every_level_says_how_far_it_got() {
    for &level in Level::ALL {
        let checker = AtLevel::new(level);
        let (begun, reached) = gives_up(&CasRegisters(Values::Few(3)), &checker, 1);
        // The others are decided as soon as they have begun, on histories as small as these.
        let hard = [Level::Linearizable, Level::Sequential, Level::CausalMemory, Level::Regular];
        assert!(begun.min(reached) > 0 || !hard.contains(&level), "{level}");
    }
}

#[test]
fn the_search_says_how_far_it_got() {
    let (begun, reached) = gives_up(&MultiRegisters, &SEARCH, 2);
    assert!(begun > 0 && reached > 0, "{begun} begun, {reached} reached");
}

/// Goal: a key that ran out says that it had a share, of what, and that others are open, too.
#[test]
fn a_key_says_that_it_has_a_share() {
    let mut draw = Draw::new(3);
    let (model, history) = history(&Kvs(Values::Few(3)), &SHAPE, &mut draw);
    let budget = Budget { steps_max: 50, ..Budget::default() };
    let found = SEARCH.check(&model, &history, &budget).verdict;
    let (effort, said) = effort_of(found).expect("it gives up");
    let keys = effort.keys.expect("keys");
    assert_eq!((keys.all, keys.steps_max), (2, 50), "{said}");
    assert!(said.contains("at key x (2 keys share 50 steps, 2 are undecided)"), "{said}");
}

/// Goal: what the wall clock ends says the same. Method: somebody says stop at the first question.
#[test]
fn what_was_stopped_says_how_far_it_got() {
    let mut draw = Draw::new(4);
    let shape = Shape { operations_min: 6_000, operations_max: 6_000, lie: 0, ..SHAPE };
    let (model, history) = history(&CasRegisters(Values::Few(3)), &shape, &mut draw);
    let budget = Budget { stop: &|| true, ..Budget::default() };
    for checker in [&SEARCH as &dyn Checker<_>, &AtLevel::new(Level::Sequential).direct()] {
        let found = checker.check(&model, &history, &budget).verdict;
        let (effort, said) = effort_of(found).expect("it is stopped");
        assert_eq!(effort.limit, Limit::Clock, "{said}");
        assert_helpful(&said, &effort);
        assert!(effort.steps > 0 && effort.progress.is_some(), "{said}");
    }
}
