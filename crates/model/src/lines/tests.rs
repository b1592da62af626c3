//! What is written is read again, for every model and every outcome.

use super::*;
use crate::{CellOp, CellRet, Kv, KvOp, Words};
use proptest::prelude::*;
use testimony_history::{Observation, OpId, ReadOptions, read};

fn operation(
    (id, process): (u32, u32),
    op: CellOp,
    outcome: Outcome<CellRet>,
    (ret, ret_ns): (u32, u64),
) -> Operation<KvOp, CellRet> {
    let ret = if matches!(outcome, Outcome::Info(_)) { Rank::NEVER } else { Rank(ret) };
    Operation {
        id: OpId(id),
        process: Process(process),
        op: KvOp::new("x\"\n", op),
        outcome,
        call: Rank(id),
        ret,
        call_ns: u64::from(id) * 10,
        ret_ns,
    }
}

#[test]
fn a_history_with_everything_in_it_is_read_again() {
    let info = |why: &str| Outcome::Info(why.to_owned());
    let operations = vec![
        operation((1, 0), CellOp::Write(1.into()), Outcome::Ok(CellRet::Done), (2, 20)),
        operation((3, 0), CellOp::Write("two".into()), info("timeout"), (0, 120)),
        operation((4, 1), CellOp::Delete, info(""), (0, 60)),
        operation((5, 2), CellOp::Read, Outcome::Fail("refused".to_owned()), (7, 70)),
        operation((8, 2), CellOp::Cas(None, 3.into()), Outcome::Ok(CellRet::Mismatch), (9, 90)),
        operation((11, 2), CellOp::Read, info(NEVER_COMPLETED), (0, 130)),
    ];
    let fault = |rank, begins| FaultEvent {
        fault: 4,
        begins,
        name: "cut".to_owned(),
        detail: r#"{"pairs":[["n1","n2"]]}"#.to_owned(),
        label: "n1 | \"n2\"".to_owned(),
        rank: Rank(rank),
        time_ns: u64::from(rank) * 10,
    };
    let told = Observation {
        rank: Rank(13),
        time_ns: 130,
        node: "n1".to_owned(),
        name: "stock".to_owned(),
        value: "{\"units\":[3]}".to_owned(),
    };
    let history = History { operations, quiet_from: Some(Rank(10)), observations: vec![told] };
    let faults = [fault(0, true), fault(9 + 5, false)];
    let text = write_history(&Kv, &Header::new("kv"), &history, &faults);
    let reader = native::Reader::new(text.as_bytes());
    let again = read(&reader, &Words(&Kv), &ReadOptions::default());
    assert_eq!(again.problems.to_string(), "");
    // The one without completion ends with the history.
    let mut expected = history;
    expected.operations[5].ret_ns = 140;
    assert_eq!(again.history, expected);
    assert_eq!(again.faults, faults);
    assert!(text.contains("\"index\":6,\"time\":60,\"process\":1,\"type\":\"info\""), "{text}");
    assert!(text.contains("\"index\":12,\"time\":120,\"process\":0,\"type\":\"info\""), "{text}");
}

/// A history from random numbers: each draws who does what next, and how it ends.
fn history_of(draws: &[(u8, u8, u8)]) -> (History<KvOp, CellRet>, Vec<FaultEvent>) {
    let mut history = History { operations: vec![], quiet_from: None, observations: vec![] };
    let (mut faults, mut open, mut next_process) = (Vec::new(), BTreeMap::new(), 10_u32);
    for ((seat, kind, how), index) in draws.iter().zip(0_u32..) {
        let (rank, time_ns) = (Rank(index), u64::from(index / 2) * 7);
        match (kind % 16, open.remove(&(seat % 4))) {
            (0, kept) => {
                open.extend(kept.map(|at| (seat % 4, at)));
                faults.push(FaultEvent {
                    fault: u32::from(*how),
                    begins: how % 2 == 0,
                    name: "cut".to_owned(),
                    detail: if how % 3 == 0 { "{}" } else { r#"{"pairs":[]}"# }.to_owned(),
                    label: "\u{7f}\"|".to_owned(),
                    rank,
                    time_ns,
                });
            }
            (_, Some(at)) => {
                let operation: &mut Operation<KvOp, CellRet> = &mut history.operations[at];
                operation.ret_ns = time_ns;
                operation.outcome = match (how % 4, &operation.op.op) {
                    (0, _) => Outcome::Info(format!("why {how}")),
                    (1, _) => Outcome::Fail(String::new()),
                    (2, CellOp::Cas(..)) => Outcome::Ok(CellRet::Mismatch),
                    (_, CellOp::Read) => Outcome::Ok(CellRet::Value(None)),
                    _ => Outcome::Ok(CellRet::Done),
                };
                operation.ret = if operation.is_info() { Rank::NEVER } else { rank };
            }
            (_, None) => {
                open.insert(seat % 4, history.operations.len());
                let op = match how % 3 {
                    0 => CellOp::Read,
                    1 => CellOp::Write(i64::from(*how).into()),
                    _ => CellOp::Cas(None, "to".into()),
                };
                next_process += 1;
                let never = Outcome::Info(NEVER_COMPLETED.to_owned());
                history.operations.push(Operation {
                    process: Process(next_process),
                    call_ns: time_ns,
                    ..operation((index, 0), op, never, (0, 0))
                });
            }
        }
    }
    let last_ns = draws.len().checked_sub(1).map_or(0, |last| last as u64 / 2 * 7);
    for at in open.into_values() {
        history.operations[at].ret_ns = last_ns;
    }
    (history, faults)
}

proptest! {
    #[test]
    fn a_random_history_is_read_again(draws in prop::collection::vec(any::<(u8, u8, u8)>(), 0..60)) {
        let (history, faults) = history_of(&draws);
        let text = write_history(&Kv, &Header::new("kv"), &history, &faults);
        let reader = native::Reader::new(text.as_bytes());
        let again = read(&reader, &Words(&Kv), &ReadOptions::default());
        prop_assert_eq!(again.problems.to_string(), "");
        prop_assert_eq!(&again.faults, &faults);
        prop_assert_eq!(&again.history, &history);
        let twice = write_history(&Kv, &Header::new("kv"), &again.history, &again.faults);
        prop_assert_eq!(twice, text);
    }
}
