//! Sixteen mistakes that checkers of the field have made, each with the history that shows it.
//!
//! `mutants/mutants.json` plants each of them in the sources; the test here with its number must
//! then fail.

use testimony_check::{Budget, Checker, Linearizable, judge};
use testimony_history::{History, OpId, Operation};
use testimony_model::{
    CasRegister, CellOp, CellRet, CollectionOp, CollectionRet, Counter, CounterOp, CounterRet, Kv,
    KvOp, Model, Queue, Value,
};
use testimony_tests::show::{fail, history, info, ok};
use testimony_verdict::{
    Anomaly, AnomalyKind, Engine, Level, Property, Role, Unknown, Verdict, VerdictName,
};

const SEARCH: Linearizable = Linearizable { engine: Some(Engine::Search) };
const AUTOMATIC: Linearizable = Linearizable { engine: None };

fn write(value: i64) -> CellOp {
    CellOp::Write(value.into())
}

fn cas(from: i64, to: i64) -> CellOp {
    CellOp::Cas(Some(from.into()), to.into())
}

fn saw(value: i64) -> CellRet {
    CellRet::Value((value != 0).then(|| value.into()))
}

/// The verdict on a history, which both engines must agree on.
fn verdict<M: Model>(model: &M, history: &History<M::Op, M::Ret>) -> Option<bool> {
    let found = AUTOMATIC.holds(model, history, &Budget::default());
    assert_eq!(SEARCH.holds(model, history, &Budget::default()), found, "the engines differ");
    found
}

fn anomaly<M: Model>(model: &M, history: &History<M::Op, M::Ret>) -> Anomaly {
    match SEARCH.check(model, history, &Budget::default()).verdict {
        Verdict::Invalid(mut anomalies) => anomalies.remove(0),
        other => panic!("expected an anomaly, found {other:?}"),
    }
}

/// An operation that takes no time, at the same moment as another one.
#[test]
fn c01_operations_without_duration_are_concurrent_with_their_moment() {
    let at_once = history(vec![
        ok(0, 1, 1, write(1), CellRet::Done),
        ok(1, 1, 1, CellOp::Read, saw(0)),
        ok(2, 1, 1, CellOp::Read, saw(1)),
    ]);
    assert_eq!(verdict(&CasRegister, &at_once), Some(true));
}

#[test]
fn c02_nothing_is_neither_valid_nor_endless() {
    let checkers: [Box<dyn Checker<CasRegister>>; 1] = [Box::new(AUTOMATIC)];
    let empty = judge(&CasRegister, &History::default(), &checkers, &Budget::default());
    let linearizable = Property::Level(Level::Linearizable);
    assert_eq!(empty.by[&linearizable].verdict, Verdict::Unknown(Unknown::Vacuous));
}

/// Two writers at a time of a few values, and a value that is gone: work for the search.
fn busy(rounds: u32) -> Vec<Operation<CellOp, CellRet>> {
    (0..rounds)
        .flat_map(|round| {
            let (id, at) = (round * 3, round * 10);
            let value = i64::from(round % 3);
            [
                ok(id, at, at + 5, write(value + 1), CellRet::Done),
                ok(id + 1, at + 1, at + 6, write(value + 4), CellRet::Done),
                ok(id + 2, at + 7, at + 8, CellOp::Read, saw(value + 1)),
            ]
        })
        .collect()
}

#[test]
fn c03_out_of_budget_is_unknown() {
    let budget = Budget { steps_max: 20, ..Budget::default() };
    let found = SEARCH.check(&CasRegister, &history(busy(200)), &budget);
    assert_eq!(found.verdict.name(), VerdictName::Unknown);
}

#[test]
fn c04_who_says_stop_is_heard() {
    let stop = || true;
    let budget = Budget { stop: &stop, ..Budget::default() };
    let found = SEARCH.check(&CasRegister, &history(busy(20_000)), &budget);
    assert!(matches!(found.verdict, Verdict::Unknown(Unknown::Stopped(_))), "{found:?}");
}

#[test]
fn c05_what_never_answered_may_have_happened() {
    let seen = history(vec![info(0, 0, write(1)), ok(1, 3, 4, CellOp::Read, saw(1))]);
    assert_eq!(verdict(&CasRegister, &seen), Some(true));
}

#[test]
fn c06_what_never_answered_need_not_have_happened() {
    let never = history(vec![
        ok(0, 0, 1, write(1), CellRet::Done),
        info(1, 2, cas(7, 8)),
        ok(2, 3, 4, CellOp::Read, saw(1)),
        ok(3, 5, 6, write(1), CellRet::Done),
    ]);
    assert_eq!(verdict(&CasRegister, &never), Some(true));
    // Nothing can be appended to a number, so this one cannot have happened at all.
    let impossible = history(vec![
        ok(0, 0, 1, write(1), CellRet::Done),
        info(1, 2, CellOp::Append("x".into())),
        ok(2, 3, 4, CellOp::Read, saw(1)),
    ]);
    assert_eq!(SEARCH.holds(&CasRegister, &impossible, &Budget::default()), Some(true));
}

#[test]
fn c07_what_failed_never_happened() {
    let seen = history(vec![fail(0, 0, 1, write(1)), ok(1, 3, 4, CellOp::Read, saw(1))]);
    assert_eq!(verdict(&CasRegister, &seen), Some(false));
    assert_eq!(anomaly(&CasRegister, &seen).kind, AnomalyKind::AbortedRead);
}

/// The same operations placed in another order lead to another state.
#[test]
fn c08_a_configuration_is_known_by_its_state_too() {
    let enqueued = |value: i64| CollectionOp::Insert(value.into());
    for first in [1, 2] {
        let queue = history(vec![
            ok(0, 0, 5, enqueued(1), CollectionRet::Done),
            ok(1, 1, 6, enqueued(2), CollectionRet::Done),
            ok(2, 7, 8, CollectionOp::Take, CollectionRet::Value(Some(first.into()))),
        ]);
        assert_eq!(verdict(&Queue, &queue), Some(true), "{first} first");
    }
}

#[test]
fn c09_a_call_at_the_moment_of_a_return_is_concurrent_with_it() {
    let touching = history(vec![
        ok(0, 0, 5, write(1), CellRet::Done),
        ok(1, 5, 6, write(2), CellRet::Done),
        ok(2, 7, 8, CellOp::Read, saw(1)),
    ]);
    assert_eq!(verdict(&CasRegister, &touching), Some(true));
}

#[test]
fn c10_nothing_conflicts_with_itself() {
    let own = history(vec![
        ok(0, 0, 1, write(1), CellRet::Done),
        ok(1, 2, 3, cas(2, 2), CellRet::Done),
        ok(2, 4, 5, CellOp::Read, saw(2)),
    ]);
    let found = anomaly(&CasRegister, &own);
    assert!(found.edges.iter().all(|edge| edge.before != edge.after), "{:?}", found.edges);
}

/// A stale read of a register with repeated values, among operations that have no part in it.
fn stale() -> History<CellOp, CellRet> {
    history(vec![
        ok(0, 0, 1, write(3), CellRet::Done),
        ok(1, 2, 3, write(1), CellRet::Done),
        ok(2, 4, 5, CellOp::Read, saw(1)),
        ok(3, 6, 7, write(2), CellRet::Done),
        ok(4, 8, 9, CellOp::Read, saw(1)),
        ok(5, 10, 11, write(3), CellRet::Done),
        ok(6, 12, 13, CellOp::Read, saw(3)),
    ])
}

#[test]
fn c11_one_search_leaves_nothing_to_the_next() {
    let found = anomaly(&CasRegister, &stale());
    // The first read pins down when the first write took effect.
    assert_eq!(found.core.required, [OpId(2), OpId(3), OpId(4)]);
    assert_eq!(anomaly(&CasRegister, &stale()), found);
}

/// A circle of reasons passes every operation once: of the shortest ones, not of any closed walk.
#[test]
fn c12_a_contradiction_is_told_in_the_fewest_steps() {
    let found = anomaly(&CasRegister, &stale());
    assert!((1..=4).contains(&found.edges.len()), "{:?}", found.edges);
}

#[test]
fn c13_invalid_wins_over_unknown_and_unknown_over_valid() {
    assert!(VerdictName::Invalid > VerdictName::Unknown);
    assert!(VerdictName::Unknown > VerdictName::Valid);
    let on = |key: &str, op: CellOp| KvOp { key: key.into(), op };
    let hard = busy(300).into_iter().map(|one| Operation {
        id: OpId(one.id.0 + 10),
        process: one.process,
        op: on("hard", one.op),
        outcome: one.outcome,
        call: one.call,
        ret: one.ret,
        call_ns: one.call_ns,
        ret_ns: one.ret_ns,
    });
    let mut all: Vec<_> = hard.collect();
    let bad: Value = 9.into();
    all.insert(0, ok(0, 0, 1, on("bad", CellOp::Read), CellRet::Value(Some(bad))));
    let budget = Budget { steps_max: 200, ..Budget::default() };
    let found = SEARCH.check(&Kv, &history(all), &budget);
    assert_eq!(found.verdict.name(), VerdictName::Invalid);
}

#[test]
fn c14_counters_go_down_too() {
    let down = history(vec![
        ok(0, 0, 1, CounterOp::Add(2), CounterRet::Added),
        ok(1, 2, 3, CounterOp::Add(-3), CounterRet::Added),
        ok(2, 4, 5, CounterOp::Read, CounterRet::Sum(-1)),
    ]);
    assert_eq!(verdict(&Counter::default(), &down), Some(true));
}

#[test]
fn c15_the_operation_that_cannot_be_is_blamed() {
    let lost = history(vec![
        ok(0, 0, 1, write(1), CellRet::Done),
        ok(1, 2, 5, cas(1, 2), CellRet::Done),
        ok(2, 3, 6, cas(1, 3), CellRet::Done),
    ]);
    let found = anomaly(&CasRegister, &lost);
    assert_eq!(found.kind, AnomalyKind::LostUpdate);
    let blamed = found.explanation.scene.iter().filter(|drawn| drawn.role == Role::Culprit);
    assert_eq!(blamed.map(|drawn| drawn.id).collect::<Vec<_>>(), [OpId(2)]);
}

/// What is drawn in one domain says nothing about what is drawn in another.
#[test]
fn c16_domains_of_randomness_are_independent() {
    let mut pairs = [0_u32; 4];
    for seed in 0..1000 {
        let draw = testimony::sim::Draw::new(seed);
        let (kind, key) = (draw.below(2, "kind", &[7]), draw.below(2, "key", &[7]));
        pairs[usize::try_from(kind * 2 + key).expect("below four")] += 1;
    }
    assert!(pairs.iter().all(|pair| (180..320).contains(pair)), "{pairs:?}");
}
