//! The lines of a history file, as the recorder streams them.

use serde_json::Value;
use testimony_history::{FaultEvent, Header, Observation, Operation, Outcome, Process, Rank};
use testimony_model::{Model, Written};

pub(crate) fn header(header: &Header) -> String {
    serde_json::to_string(header).unwrap_or_default()
}

pub(crate) fn invoke(rank: Rank, time_ns: u64, process: Process, op: &Written) -> String {
    event(rank, time_ns, process, "invoke", op, None)
}

pub(crate) fn completion<M: Model>(
    rank: Rank,
    time_ns: u64,
    model: &M,
    operation: &Operation<M::Op, M::Ret>,
) -> String {
    let process = operation.process;
    let op = || model.write_op(&operation.op);
    match &operation.outcome {
        Outcome::Ok(ret) => {
            let written = model.write_ret(&operation.op, ret);
            match written.mismatch {
                true => event(rank, time_ns, process, "fail", &written, Some("mismatch")),
                false => event(rank, time_ns, process, "ok", &written, None),
            }
        }
        Outcome::Fail(why) => event(rank, time_ns, process, "fail", &op(), Some(why)),
        Outcome::Info(why) => event(rank, time_ns, process, "info", &op(), Some(why)),
    }
}

fn event(
    rank: Rank,
    time_ns: u64,
    process: Process,
    kind: &str,
    written: &Written,
    error: Option<&str>,
) -> String {
    let (index, process, value) = (rank.0, process.0, &written.value);
    let f = Value::from(written.f.as_str());
    let mut line = format!(
        r#"{{"index":{index},"time":{time_ns},"process":{process},"type":"{kind}","f":{f},"value":{value}"#
    );
    if let Some(ret) = &written.ret {
        line.push_str(&format!(r#","ret":{ret}"#));
    }
    if let Some(error) = error {
        line.push_str(&format!(r#","error":{}"#, Value::from(error)));
    }
    line.push('}');
    line
}

fn nemesis(rank: Rank, time_ns: u64, f: &str, value: &str) -> String {
    let index = rank.0;
    format!(
        r#"{{"index":{index},"time":{time_ns},"process":"nemesis","type":"info","f":"{f}","value":{value}}}"#
    )
}

pub(crate) fn fault(event: &FaultEvent) -> String {
    let (fault, begins) = (event.fault, event.begins);
    let rest = event.detail.strip_prefix('{').unwrap_or("}");
    let comma = if rest == "}" { "" } else { "," };
    let value = format!(r#"{{"fault":{fault},"begins":{begins}{comma}{rest}"#);
    nemesis(event.rank, event.time_ns, &event.name, &value)
}

pub(crate) fn quiet(rank: Rank, time_ns: u64) -> String {
    nemesis(rank, time_ns, "quiet", "null")
}

pub(crate) fn observation(told: &Observation) -> String {
    let node = Value::from(told.node.as_str());
    let name = Value::from(told.name.as_str());
    let value = format!(r#"{{"node":{node},"name":{name},"value":{}}}"#, told.value);
    nemesis(told.rank, told.time_ns, "observe", &value)
}
