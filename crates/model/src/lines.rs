//! The lines of a native history in the words of a model: one at a time for recorders, or a whole
//! history.

use crate::{Model, Written};
use std::collections::BTreeMap;
use testimony_history::{
    EventKind, FaultEvent, Header, History, NEVER_COMPLETED, Operation, Outcome, Process, Rank,
    RawEvent, Who, native,
};

/// Appends the line of an invocation.
pub fn write_invocation<M: Model>(
    out: &mut String,
    model: &M,
    index: Rank,
    time_ns: u64,
    process: Process,
    op: &M::Op,
) {
    let written = model.write_op(op);
    write(out, index, time_ns, process, EventKind::Invoke, &written, None);
}

/// Appends the line of the completion of `operation`, as its outcome says.
pub fn write_completion<M: Model>(
    out: &mut String,
    model: &M,
    index: Rank,
    time_ns: u64,
    operation: &Operation<M::Op, M::Ret>,
) {
    let (written, kind, error) = match &operation.outcome {
        Outcome::Ok(ret) => {
            let written = model.write_ret(&operation.op, ret);
            match written.mismatch {
                true => (written, EventKind::Fail, Some(RawEvent::MISMATCH)),
                false => (written, EventKind::Ok, None),
            }
        }
        Outcome::Fail(why) => (model.write_op(&operation.op), EventKind::Fail, Some(why.as_str())),
        Outcome::Info(why) => (model.write_op(&operation.op), EventKind::Info, Some(why.as_str())),
    };
    let error = error.filter(|error| !error.is_empty());
    write(out, index, time_ns, operation.process, kind, &written, error);
}

/// A whole native history. What reads it gets the same operations, faults and observations.
///
/// An indeterminate operation has lost the rank of its `info`; it gets a free index after its call,
/// in the order of times. One that never completed gets no line. O(n log n).
///
/// ```
/// use testimony_history::{Header, ReadOptions, native, read};
/// use testimony_model::{Kv, Words, write_history};
///
/// let text = r#"{"testimony":1,"model":"kv"}
/// {"index":0,"time":5,"process":0,"type":"invoke","f":"write","value":["x",1]}
/// {"index":1,"time":9,"process":0,"type":"info","f":"write","value":["x",1],"error":"timeout"}
/// "#;
/// let read = read(&native::Reader::new(text.as_bytes()), &Words(&Kv), &ReadOptions::default());
/// assert_eq!(write_history(&Kv, &Header::new("kv"), &read.history, &read.faults), text);
/// ```
pub fn write_history<M: Model>(
    model: &M,
    header: &Header,
    history: &History<M::Op, M::Ret>,
    faults: &[FaultEvent],
) -> String {
    let mut lines: BTreeMap<Rank, String> = BTreeMap::new();
    let mut add = |rank: Rank, write: &dyn Fn(&mut String)| {
        let mut line = String::new();
        write(&mut line);
        lines.insert(rank, line);
    };
    for operation in &history.operations {
        let Operation { process, op, call, call_ns, ret, ret_ns, .. } = operation;
        add(*call, &|out| write_invocation(out, model, *call, *call_ns, *process, op));
        if !operation.is_info() {
            add(*ret, &|out| write_completion(out, model, *ret, *ret_ns, operation));
        }
    }
    for fault in faults {
        add(fault.rank, &|out| native::write_fault(out, fault));
    }
    for observation in &history.observations {
        add(observation.rank, &|out| native::write_observation(out, observation));
    }
    if let Some(rank) = history.quiet_from {
        let time_ns = time_before(history, rank);
        add(rank, &|out| native::write_quiet(out, rank, time_ns));
    }
    for (rank, operation) in places_of_infos(history, &lines) {
        let mut line = String::new();
        write_completion(&mut line, model, rank, operation.ret_ns, operation);
        lines.insert(rank, line);
    }
    let mut text = String::new();
    native::write_header(&mut text, header);
    text.extend(lines.into_values());
    text
}

/// The time of the last event of an operation before this rank.
fn time_before<O, R>(history: &History<O, R>, rank: Rank) -> u64 {
    let before = |at: Rank, time_ns: u64| if at < rank { time_ns } else { 0 };
    let times = history.operations.iter().map(|operation| {
        let call = before(operation.call, operation.call_ns);
        call.max(before(operation.ret, operation.ret_ns))
    });
    times.max().unwrap_or(0)
}

/// A free index after the call of each indeterminate operation.
fn places_of_infos<'h, O, R>(
    history: &'h History<O, R>,
    taken: &BTreeMap<Rank, String>,
) -> Vec<(Rank, &'h Operation<O, R>)> {
    let is_told = |operation: &&Operation<O, R>| matches!(&operation.outcome, Outcome::Info(why) if why != NEVER_COMPLETED);
    let mut infos: Vec<_> = history.operations.iter().filter(is_told).collect();
    infos.sort_by_key(|operation| (operation.ret_ns, operation.id));
    let (mut places, mut next) = (Vec::with_capacity(infos.len()), 0);
    for operation in infos {
        next = next.max(operation.call.0.saturating_add(1));
        while taken.contains_key(&Rank(next)) {
            next += 1;
        }
        places.push((Rank(next), operation));
        next = next.saturating_add(1);
    }
    places
}

fn write(
    out: &mut String,
    index: Rank,
    time_ns: u64,
    process: Process,
    kind: EventKind,
    written: &Written,
    error: Option<&str>,
) {
    let event = RawEvent {
        line: 0,
        index: Some(index.0),
        time_ns,
        who: Who::Client(process),
        kind,
        f: written.f.as_str().into(),
        value: written.value.as_str().into(),
        ret: written.ret.as_deref().map(Into::into),
        error: error.map(Into::into),
    };
    native::write_event(out, &event);
}

#[cfg(test)]
mod tests;
