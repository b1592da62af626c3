//! What the harness costs: one program, under testimony and on bare turmoil, in one run.
//!
//! The [program](ours::program) is compiled twice from one source. Under testimony it runs a committed
//! plan (3 nodes, 5 clients, 100 operations, partitions and crashes): faults, held messages, recording,
//! the history as text, and its judgement are all counted. On bare [turmoil](bare) the same clients take
//! the same steps at the same times, the same directions are cut and the same nodes crash, and nothing
//! is recorded. Both send the same kinds of messages; how many is printed, because other latencies let
//! other retries happen.
//!
//! Instructions are those of the whole process, the difference between few runs and more, so that
//! starting up does not count; without `valgrind`, the time of the processor takes their place.

#[expect(clippy::duplicate_mod, reason = "the program is compiled once for each side")]
mod bare;
mod measure;
pub(crate) mod ours;
mod report;

pub(crate) use measure::run;

use crate::args::{SimJob, SimSide};
use crate::clock::{Stopwatch, cpu_ms};
use serde::{Deserialize, Serialize};
use std::io;

/// What a process of one measurement says at its end.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Done {
    /// The messages of one run; of all runs where each has another seed.
    messages: u64,
    /// What the process took, in milliseconds of the processor.
    cpu_ms: f64,
}

/// The process of one measurement: runs one side so many times.
///
/// # Errors
///
/// When the plan cannot be run.
pub(crate) fn job(job: &SimJob) -> io::Result<Done> {
    let watch = Stopwatch::start();
    let messages = match job.side {
        SimSide::Ours => ours::runs(job.runs),
        SimSide::Bare => bare::runs(job.runs),
        SimSide::Seeds => ours::seeds(job.runs),
    }?;
    // Where the system does not tell, the wall clock has to do.
    Ok(Done { messages, cpu_ms: cpu_ms().unwrap_or_else(|| watch.ms()) })
}
