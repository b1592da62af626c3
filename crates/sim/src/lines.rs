//! The lines of a history file, as the recorder streams them: each whole, with its line end.

use testimony_history::{FaultEvent, Header, Observation, Operation, Process, Rank, native};
use testimony_model::{Model, write_completion, write_invocation};

pub(crate) fn header(header: &Header) -> String {
    line(|out| native::write_header(out, header))
}

pub(crate) fn invoke<M: Model>(
    rank: Rank,
    time_ns: u64,
    process: Process,
    model: &M,
    op: &M::Op,
) -> String {
    line(|out| write_invocation(out, model, rank, time_ns, process, op))
}

pub(crate) fn completion<M: Model>(
    rank: Rank,
    time_ns: u64,
    model: &M,
    operation: &Operation<M::Op, M::Ret>,
) -> String {
    line(|out| write_completion(out, model, rank, time_ns, operation))
}

pub(crate) fn fault(event: &FaultEvent) -> String {
    line(|out| native::write_fault(out, event))
}

pub(crate) fn quiet(rank: Rank, time_ns: u64) -> String {
    line(|out| native::write_quiet(out, rank, time_ns))
}

pub(crate) fn observation(told: &Observation) -> String {
    line(|out| native::write_observation(out, told))
}

fn line(write: impl FnOnce(&mut String)) -> String {
    let mut line = String::new();
    write(&mut line);
    line
}
