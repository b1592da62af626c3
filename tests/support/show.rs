//! Histories as text that can be pasted into a test, and the functions that read such text.

use std::fmt::Write;
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::Model;

fn operation<O, R>(id: u32, call: u32, ret: u32, op: O, outcome: Outcome<R>) -> Operation<O, R> {
    let (call, ret) = (Rank(call), Rank(ret));
    let ns = |rank: Rank| u64::from(rank.0) * 1_000_000;
    let (id, process) = (OpId(id), Process(id));
    Operation { id, process, op, outcome, call, ret, call_ns: ns(call), ret_ns: ns(ret) }
}

/// An answered operation, by a process of its own.
pub fn ok<O, R>(id: u32, call: u32, ret: u32, op: O, answer: R) -> Operation<O, R> {
    operation(id, call, ret, op, Outcome::Ok(answer))
}

/// An operation that never answered.
pub fn info<O, R>(id: u32, call: u32, op: O) -> Operation<O, R> {
    operation(id, call, u32::MAX, op, Outcome::Info("lost".to_owned()))
}

/// An operation that certainly failed.
pub fn fail<O, R>(id: u32, call: u32, ret: u32, op: O) -> Operation<O, R> {
    operation(id, call, ret, op, Outcome::Fail("refused".to_owned()))
}

/// A history of these operations.
pub fn history<O, R>(operations: Vec<Operation<O, R>>) -> History<O, R> {
    History { operations, ..History::default() }
}

/// A history as calls of the functions above.
pub fn paste<M: Model>(history: &History<M::Op, M::Ret>) -> String {
    let mut text = "history(vec![\n".to_owned();
    for one in &history.operations {
        let (id, call, ret, op) = (one.id.0, one.call.0, one.ret.0, &one.op);
        let line = match &one.outcome {
            Outcome::Ok(answer) => format!("ok({id}, {call}, {ret}, {op:?}, {answer:?})"),
            Outcome::Info(_) => format!("info({id}, {call}, {op:?})"),
            Outcome::Fail(_) => format!("fail({id}, {call}, {ret}, {op:?})"),
        };
        let _ = writeln!(text, "    {line},");
    }
    text.push_str("])");
    text
}
