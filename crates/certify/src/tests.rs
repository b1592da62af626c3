//! Evidence made by hand, good and bad, of every kind.

mod collections;
mod cores;
mod invariants;
mod orders;
mod sums;

use crate::{Rejected, verify};
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{CellOp, CellRet, Model, Value};
use testimony_verdict::{
    Anomaly, AnomalyKind, Assurance, Certificate, Core, Explanation, Property, Verdict,
};

type Cell = Operation<CellOp, CellRet>;

fn operation<O, R>(id: u32, op: O, outcome: Outcome<R>, end: u32) -> Operation<O, R> {
    let ret = if matches!(outcome, Outcome::Info(_)) { Rank::NEVER } else { Rank(end) };
    Operation {
        id: OpId(id),
        process: Process(id),
        op,
        outcome,
        call: Rank(id),
        ret,
        call_ns: 0,
        ret_ns: 0,
    }
}

/// An answered write, called at rank `id`.
fn write(id: u32, value: i64, end: u32) -> Cell {
    operation(id, CellOp::Write(value.into()), Outcome::Ok(CellRet::Done), end)
}

/// A write that nobody answered.
fn lost(id: u32, value: i64) -> Cell {
    operation(id, CellOp::Write(value.into()), Outcome::Info("timeout".to_owned()), 0)
}

/// A read that answered a value; 0 is nothing.
fn read(id: u32, value: i64, end: u32) -> Cell {
    operation(id, CellOp::Read, Outcome::Ok(CellRet::Value(some(value))), end)
}

fn cas(id: u32, from: i64, to: i64, ret: Option<CellRet>, end: u32) -> Cell {
    let outcome = ret.map_or_else(|| Outcome::Info("timeout".to_owned()), Outcome::Ok);
    operation(id, CellOp::Cas(some(from), to.into()), outcome, end)
}

fn some(value: i64) -> Option<Value> {
    (value != 0).then_some(Value::Int(value))
}

fn history<O, R>(operations: Vec<Operation<O, R>>) -> History<O, R> {
    History { operations, ..History::default() }
}

fn ids(ids: &[u32]) -> Vec<OpId> {
    ids.iter().copied().map(OpId).collect()
}

fn order<M: Model>(
    model: &M,
    operations: Vec<Operation<M::Op, M::Ret>>,
    order: &[u32],
) -> Result<(), Rejected> {
    let mut verdict = Verdict::Valid(Certificate::Order(ids(order)));
    verify(model, &history(operations), &Property::LINEARIZABLE, None, &mut verdict)
}

fn anomaly(property: Property, key: Option<&str>, required: &[u32], optional: &[u32]) -> Anomaly {
    Anomaly {
        kind: AnomalyKind::Contradiction,
        property,
        key: key.map(str::to_owned),
        core: Core { required: ids(required), optional: ids(optional) },
        edges: Vec::new(),
        refusal: None,
        assurance: Assurance::EngineOnly,
        explanation: Explanation::default(),
    }
}

/// Verifies a core of linearizability and tells what the verifier vouches for.
fn core<M: Model>(
    model: &M,
    operations: Vec<Operation<M::Op, M::Ret>>,
    key: Option<&str>,
    required: &[u32],
    optional: &[u32],
) -> Result<Assurance, Rejected> {
    let anomaly = anomaly(Property::LINEARIZABLE, key, required, optional);
    let mut verdict = Verdict::Invalid(vec![anomaly]);
    verify(model, &history(operations), &Property::LINEARIZABLE, None, &mut verdict)?;
    match verdict {
        Verdict::Invalid(anomalies) => Ok(anomalies[0].assurance),
        other => panic!("the verdict became {other:?}"),
    }
}
