//! Every name on a small history, with the nearest one that has none, and what is said of it.

use super::why::{conclusion, of_circle, of_name};
use super::{Case, Words};
use crate::core::Reduced;
use crate::families::{self, Draw, Family, draw_history};
use crate::graph::{Arrow, Circle};
use crate::name::Named;
use crate::split::split;
use crate::subject::Typed;
use crate::{Budget, Checker, Linearizable};
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{CellOp, CellRet, Kv, KvOp, Model, Stock, StockOp, StockRet, Value};
use testimony_verdict::{Anomaly, AnomalyKind, EdgeKind, Reason, Role, Verdict};

/// Client, operation, answer (`Err` without one, `fail` certainly without effect), call and return
/// in milliseconds.
type Line<M> = (u32, <M as Model>::Op, Result<<M as Model>::Ret, &'static str>, u64, u64);

/// A history whose ranks follow from the times.
fn history<M: Model>(lines: &[Line<M>]) -> History<M::Op, M::Ret> {
    let open = |line: &Line<M>| matches!(line.2, Err(why) if why != "fail");
    let mut events: Vec<u64> = lines.iter().flat_map(|line| [line.3, line.4]).collect();
    events.sort_unstable();
    let rank = |at: u64| {
        let before = events.iter().filter(|&&event| event < at).count();
        u32::try_from(before).expect("a small history")
    };
    let mut operations: Vec<_> = lines
        .iter()
        .map(|line| Operation {
            id: OpId(rank(line.3)),
            process: Process(line.0),
            op: line.1.clone(),
            outcome: match &line.2 {
                Ok(ret) => Outcome::Ok(ret.clone()),
                Err("fail") => Outcome::Fail("refused".to_owned()),
                Err(why) => Outcome::Info((*why).to_owned()),
            },
            call: Rank(rank(line.3)),
            ret: if open(line) { Rank::NEVER } else { Rank(rank(line.4)) },
            call_ns: line.3 * 1_000_000,
            ret_ns: line.4 * 1_000_000,
        })
        .collect();
    operations.sort_by_key(|operation| operation.id);
    History { operations, ..History::default() }
}

fn untimed<O, R>(mut history: History<O, R>) -> History<O, R> {
    for operation in &mut history.operations {
        (operation.call_ns, operation.ret_ns) = (0, 0);
    }
    history
}

fn anomaly_of<M: Model>(model: &M, history: &History<M::Op, M::Ret>) -> Option<Anomaly> {
    match Linearizable::default().check(model, history, &Budget::default()).verdict {
        Verdict::Valid(_) => None,
        Verdict::Invalid(mut anomalies) => anomalies.pop(),
        Verdict::Unknown(why) => panic!("{why}"),
    }
}

fn anomaly(lines: &[Line<Kv>]) -> Anomaly {
    anomaly_of(&Kv, &history::<Kv>(lines)).expect("an anomaly")
}

fn assert_valid(lines: &[Line<Kv>]) {
    assert_eq!(anomaly_of(&Kv, &history::<Kv>(lines)), None);
}

fn why(anomaly: &Anomaly) -> Vec<&str> {
    anomaly.explanation.why.iter().map(|reason| reason.text.as_str()).collect()
}

fn write(client: u32, value: i64, call: u64, ret: u64) -> Line<Kv> {
    (client, KvOp::new("x", CellOp::Write(value.into())), Ok(CellRet::Done), call, ret)
}

fn lost(client: u32, value: i64, call: u64) -> Line<Kv> {
    (client, KvOp::new("x", CellOp::Write(value.into())), Err("timeout"), call, call + 1)
}

fn some(value: i64) -> Option<Value> {
    (value != 0).then_some(Value::Int(value))
}

fn read(client: u32, value: i64, call: u64, ret: u64) -> Line<Kv> {
    (client, KvOp::new("x", CellOp::Read), Ok(CellRet::Value(some(value))), call, ret)
}

fn cas(client: u32, from: i64, to: i64, call: u64, ret: u64) -> Line<Kv> {
    (client, KvOp::new("x", CellOp::Cas(some(from), to.into())), Ok(CellRet::Done), call, ret)
}

#[test]
fn stale_read() {
    let lines = |returned| {
        vec![
            write(0, 1, 300, 330),
            write(0, 2, 340, returned),
            read(1, 2, 360, 450),
            read(2, 1, 412, 433),
        ]
    };
    assert_valid(&lines(420));
    let anomaly = anomaly(&lines(371));
    assert_eq!(anomaly.kind, AnomalyKind::StaleRead);
    assert_eq!(anomaly.explanation.headline, "stale read of \"x\"");
    assert_eq!(
        anomaly.explanation.sentence,
        "client 2 read x = 1 at 412 ms, but x = 2 was acknowledged to client 0 at 371 ms, 41 ms \
         before that read began."
    );
    assert_eq!(
        why(&anomaly),
        [
            "write x 2 (#2) must come before read x = 1 (#5): it returned first",
            "read x = 1 (#5) needs the value of write x 1 (#0)",
            "write x 1 (#0) must come before write x 2 (#2): it returned first",
            "so read x = 1 (#5) must come before write x 2 (#2), which replaces that value: that \
             contradicts 1.",
        ]
    );
    let roles: Vec<_> =
        anomaly.explanation.scene.iter().map(|drawn| (drawn.id.0, drawn.role)).collect();
    assert_eq!(
        roles,
        [(0, Role::Required), (2, Role::Required), (3, Role::Context), (5, Role::Culprit)]
    );
}

#[test]
fn histories_without_times_speak_of_numbers() {
    let lines = [write(0, 1, 1, 2), write(0, 2, 3, 4), read(1, 2, 5, 6), read(2, 1, 7, 8)];
    let anomaly = anomaly_of(&Kv, &untimed(history::<Kv>(&lines))).expect("an anomaly");
    assert_eq!(
        anomaly.explanation.sentence,
        "client 2 read x = 1 (#6), but x = 2 was acknowledged to client 0 (#2), before that read \
         began."
    );
}

#[test]
fn what_follows_at_once_has_no_distance() {
    let lines = [write(0, 1, 10, 20), write(0, 2, 30, 40), read(2, 2, 50, 60), read(1, 1, 70, 80)];
    let mut history = history::<Kv>(&lines);
    history.operations[3].call_ns = history.operations[1].ret_ns;
    let anomaly = anomaly_of(&Kv, &history).expect("an anomaly");
    assert_eq!(
        anomaly.explanation.sentence,
        "client 1 read x = 1 at 40 ms, but x = 2 was acknowledged to client 0 at 40 ms, before that \
         read began."
    );
}

/// Asserts name and sentence.
fn assert_says(anomaly: &Anomaly, kind: AnomalyKind, sentence: &str) {
    assert_eq!((anomaly.kind, anomaly.explanation.sentence.as_str()), (kind, sentence));
    assert!(anomaly.explanation.headline.starts_with(kind.title()));
    let culprits = anomaly.explanation.scene.iter().filter(|drawn| drawn.role == Role::Culprit);
    assert_eq!(culprits.count(), 1);
}

#[test]
fn lost_write() {
    let lines = |seen| {
        vec![write(0, 1, 10, 20), write(0, 2, 30, 40), read(1, seen, 50, 60), read(1, 1, 70, 80)]
    };
    let anomaly_of = |seen| anomaly(&lines(seen));
    assert_says(
        &anomaly_of(1),
        AnomalyKind::LostWrite,
        "x = 2 was acknowledged to client 0 at 40 ms and nothing replaced it, but no read ever saw \
         it: client 1 read x = 1 at 70 ms, 30 ms later.",
    );
    assert_eq!(anomaly_of(2).kind, AnomalyKind::StaleRead, "a read saw it");
    let mut replaced = lines(1);
    replaced.push(write(2, 3, 90, 100));
    assert_eq!(anomaly(&replaced).kind, AnomalyKind::StaleRead, "it was replaced in the end");
    assert_valid(&[write(0, 1, 10, 20), lost(0, 2, 30), read(1, 1, 50, 60), read(1, 1, 70, 80)]);
}

#[test]
fn new_old_inversion() {
    let lines = |old, begun| {
        vec![write(0, 1, 10, 20), write(0, 2, 30, 90), read(1, 2, 40, 50), read(2, old, begun, 80)]
    };
    assert_says(
        &anomaly(&lines(1, 60)),
        AnomalyKind::NewOldInversion,
        "client 1 read x = 2 and had its answer at 50 ms, yet client 2, whose read began 10 ms later \
         at 60 ms, saw the older x = 1.",
    );
    assert_valid(&lines(1, 45));
    assert_valid(&lines(2, 60));
}

#[test]
fn flickering_read() {
    let lines = |last| {
        vec![
            lost(0, 1, 10),
            lost(3, 2, 11),
            read(1, 1, 20, 30),
            read(2, 2, 40, 50),
            read(1, last, 60, 70),
        ]
    };
    assert_says(
        &anomaly(&lines(1)),
        AnomalyKind::FlickeringRead,
        "client 1 read x = 1 at 20 ms, then client 2 read x = 2 at 40 ms, then client 1 read x = 1 \
         again at 60 ms, although x = 1 was there only once.",
    );
    assert_valid(&lines(2));
    let mut twice = lines(1);
    twice.push(lost(4, 1, 12));
    assert_valid(&twice);
}

#[test]
fn lost_update() {
    let lines = |from| vec![write(0, 1, 10, 20), cas(1, 1, 2, 30, 60), cas(2, from, 3, 40, 70)];
    assert_says(
        &anomaly(&lines(1)),
        AnomalyKind::LostUpdate,
        "client 1 swapped x from 1 to 2 at 60 ms, and client 2 swapped x from 1 to 3 at 70 ms, but \
         x = 1 was there only once.",
    );
    assert_valid(&lines(2));
}

#[test]
fn thin_air_read() {
    assert_says(
        &anomaly(&[write(0, 1, 10, 20), read(1, 7, 30, 40)]),
        AnomalyKind::ThinAirRead,
        "client 1 read x = 7 at 30 ms, but no operation ever wrote x = 7.",
    );
    assert_valid(&[lost(0, 7, 10), read(1, 7, 30, 40)]);
}

#[test]
fn aborted_read() {
    let write = (0, KvOp::new("x", CellOp::Write(7.into())), Err("fail"), 10, 20);
    let anomaly = anomaly(&[write, read(1, 7, 30, 40)]);
    assert_says(
        &anomaly,
        AnomalyKind::AbortedRead,
        "client 1 read x = 7 at 30 ms, but write x 7 (#0) of client 0, which would have written \
         x = 7, certainly had no effect, and nobody else wrote it.",
    );
    let drawn = &anomaly.explanation.scene[0];
    assert_eq!((drawn.id, drawn.answer.as_str()), (OpId(0), "fail"));
}

#[test]
fn future_read() {
    let anomaly = anomaly(&[read(1, 7, 30, 40), write(0, 7, 55, 60)]);
    assert_says(
        &anomaly,
        AnomalyKind::FutureRead,
        "client 1 read x = 7 and had its answer at 40 ms, but x = 7 was first written by client 0 \
         at 55 ms, 15 ms after that.",
    );
    assert_eq!(anomaly.edges.len(), 1);
    assert_valid(&[read(1, 7, 30, 57), write(0, 7, 55, 60)]);
}

#[test]
fn contradiction_by_exhaustion() {
    let appended = |text: &str, ret| {
        (0, KvOp::new("x", CellOp::Append(text.into())), Ok(CellRet::Done), ret - 5, ret)
    };
    let read = |text: &str| {
        let ret = CellRet::Value(Some(text.into()));
        (1, KvOp::new("x", CellOp::Read), Ok(ret), 50, 60)
    };
    let anomaly = self::anomaly(&[appended("a", 10), appended("b", 20), read("ba")]);
    assert_eq!(anomaly.kind, AnomalyKind::Contradiction);
    assert_eq!(anomaly.refusal.as_deref(), Some("x: read \"ba\" where \"a\" is"));
    assert_eq!(
        why(&anomaly),
        [
            "no order gets further than append x \"a\" (#0)",
            "that leads to the state {x: \"a\"}",
            "there read x = \"ba\" (#4) is impossible: x: read \"ba\" where \"a\" is",
            "nothing that may have happened helps: append x \"b\" (#2)",
        ]
    );
}

#[test]
fn oversell() {
    let sale = |client, ret| (client, StockOp::Buy(1), Ok(StockRet::Sold), ret - 5, ret);
    let sold = history::<Stock>(&[sale(0, 10), sale(1, 20), sale(2, 30)]);
    let anomaly = anomaly_of(&Stock { initial: 2 }, &sold).expect("an anomaly");
    assert_says(
        &anomaly,
        AnomalyKind::Oversell,
        "3 units were sold, but at most 2 units can have been there; the last sale, to client 2, \
         was acknowledged at 30 ms.",
    );
    assert_eq!(anomaly_of(&Stock { initial: 3 }, &sold), None);
}

#[test]
fn a_delete_is_told_as_what_was_done() {
    let delete = (0, KvOp::new("x", CellOp::Delete), Ok(CellRet::Done), 30, 40);
    assert_says(
        &anomaly(&[write(0, 1, 10, 20), delete, read(1, 1, 50, 60), read(1, 0, 70, 80)]),
        AnomalyKind::StaleRead,
        "client 1 read x = 1 at 50 ms, but delete x was acknowledged to client 0 at 40 ms, 10 ms \
         before that read began.",
    );
}

/// The steps that are told of a history all of whose operations contradict each other.
fn steps_of(
    lines: &[Line<Kv>],
    kind: AnomalyKind,
    tell: &dyn Fn(&Case<'_, '_>) -> Vec<Reason>,
) -> Vec<String> {
    let history = history::<Kv>(lines);
    let subject = Typed::new(&Kv, &history);
    let parts = split(&subject).expect("a history of one key");
    let core = Reduced { required: (0..lines.len()).collect(), optional: Vec::new() };
    let words = Words::new(&parts[0], &core);
    let named =
        Named { kind, culprit: 0, against: Vec::new(), beside: None, units: None, sum: None };
    let case = Case { part: &parts[0], whole: &parts[0], core: &core, named, words };
    tell(&case).into_iter().map(|reason| reason.text).collect()
}

/// What is told of a circle of so many writes, each of which returned before the next was called.
fn circle_of(count: usize) -> Vec<String> {
    let write = |at: usize| write(0, 1, 10 * at as u64, 10 * at as u64 + 5);
    let lines: Vec<_> = (0..count).map(write).collect();
    let step = |before: usize| Arrow {
        before,
        after: (before + 1) % count,
        kind: EdgeKind::RealTime,
        follows_from: Vec::new(),
        reader: None,
    };
    let circle = Circle { steps: (0..count).map(step).collect(), circle: (0..count).collect() };
    steps_of(&lines, AnomalyKind::Contradiction, &|case| of_circle(case, &circle))
}

#[test]
fn the_last_step_of_a_circle_names_the_others() {
    let last = |count: usize| circle_of(count).pop().expect("a last step");
    let closes = |count: usize, how: &str| {
        let id = 2 * (count - 1);
        let step = format!("write x 1 (#{id}) must come before write x 1 (#0): it returned first");
        assert_eq!(last(count), format!("{step}: {how}."));
    };
    closes(1, "that is impossible");
    closes(2, "that contradicts 1");
    closes(3, "with 1 and 2 that closes a circle");
    closes(4, "with 1, 2 and 3 that closes a circle");
}

#[test]
fn a_long_circle_is_cut() {
    assert_eq!(circle_of(16).len(), 16);
    let cut = circle_of(19);
    assert_eq!(cut.len(), 17);
    assert_eq!(cut[15], "(3 steps of the same kind follow)");
    assert!(cut[14].starts_with("write x 1 (#28) must come before write x 1 (#30)"), "{cut:?}");
    assert!(cut[16].starts_with("write x 1 (#36) must come before write x 1 (#0)"), "{cut:?}");
}

#[test]
fn too_large_a_core_is_told_by_its_name() {
    let lines = [read(0, 7, 10, 20), read(0, 8, 30, 40)];
    assert_eq!(
        steps_of(&lines, AnomalyKind::ThinAirRead, &of_name),
        ["read x = 7 (#0) needs a write of x = 7", "the history has none."]
    );
    assert_eq!(
        steps_of(&lines, AnomalyKind::StaleRead, &of_name),
        ["no order of these 2 operations explains every answer; they are too many to tell the \
          reason step by step."]
    );
}

#[test]
fn a_swap_is_told_as_a_swap() {
    assert_says(
        &anomaly(&[write(0, 1, 10, 20), write(0, 2, 30, 40), cas(1, 1, 3, 50, 60)]),
        AnomalyKind::StaleRead,
        "client 1 swapped x from 1 to 3 at 50 ms, but x = 2 was acknowledged to client 0 at 40 ms, \
         10 ms before that swap began.",
    );
}

#[test]
fn a_circle_is_about_the_last_required_one_that_saw_a_value() {
    let lines = [write(0, 1, 0, 5), write(1, 2, 10, 15), read(2, 1, 20, 25), read(3, 2, 30, 35)];
    let history = history::<Kv>(&lines);
    let subject = Typed::new(&Kv, &history);
    let parts = split(&subject).expect("a history of one key");
    let about = |required: &[usize], kinds: &[(EdgeKind, usize, Option<usize>)]| {
        let step = |&(kind, after, reader): &(EdgeKind, usize, Option<usize>)| Arrow {
            before: 0,
            after,
            kind,
            follows_from: Vec::new(),
            reader,
        };
        let steps: Vec<_> = kinds.iter().map(step).collect();
        let core = Reduced { required: required.to_vec(), optional: Vec::new() };
        conclusion(&parts[0], &core, &Circle { circle: (0..steps.len()).collect(), steps })
    };
    let all = &[0, 1, 2, 3];
    let (real, from, order) = (EdgeKind::RealTime, EdgeKind::ReadsFrom, EdgeKind::WriteOrder);
    assert_eq!(about(all, &[(real, 3, None)]), None);
    assert_eq!(about(all, &[(from, 2, None), (real, 3, None)]), Some(2));
    assert_eq!(about(all, &[(from, 2, None), (order, 1, Some(3))]), Some(3));
    assert_eq!(about(all, &[(from, 3, None), (order, 1, Some(2))]), Some(3));
    assert_eq!(about(&[0, 1, 2], &[(from, 3, None), (order, 1, Some(2))]), Some(2));
    assert_eq!(about(&[0, 1], &[(from, 3, None)]), None);
}

#[test]
fn what_is_blamed_is_always_required() {
    fn ask<M: Model>(family: &Family<M>) -> usize {
        let mut draw = Draw(5);
        let histories = (0..4_000).map(|_| draw_history(family, &mut draw));
        let found: Vec<_> =
            histories.filter_map(|history| anomaly_of(&family.model, &history)).collect();
        for anomaly in &found {
            let blamed = anomaly.explanation.scene.iter().filter(|one| one.role == Role::Culprit);
            let blamed: Vec<_> = blamed.map(|one| one.id).collect();
            assert_eq!(blamed.len(), 1, "{anomaly:?}");
            assert!(anomaly.core.required.contains(&blamed[0]), "{anomaly:?}");
        }
        found.len()
    }
    assert!(ask(&families::cas_registers()) > 400);
    assert!(ask(&families::sets()) > 400);
    assert!(ask(&families::queues()) > 400);
}
