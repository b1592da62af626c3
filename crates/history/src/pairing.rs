//! From events to operations: pairs each completion with its invocation and types it in one pass.
//!
//! The rules are Jepsen's: a process has one open operation at most, and none after an `info`. What
//! breaks them is a [`crate::Problem`] that names the process and both events; a history with
//! problems must not be judged.

use crate::faults::FaultLog;
use crate::{
    Customs, EventKind, FailedCas, FaultEvent, History, Observation, OpId, Operation, Outcome,
    Problems, Process, Rank, RawEvent, ReadOptions, Who,
};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// What a completion line says, as JSON texts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer<'a> {
    /// The `value` of the completion.
    pub value: &'a str,
    /// The `ret` of the completion, where the answer stands apart from the value.
    pub ret: Option<&'a str>,
    /// Whether a comparison did not match (`fail` with `"error":"mismatch"`).
    pub mismatch: bool,
}

/// How the texts of events become the operations and answers of a model.
///
/// The models crate implements this for every model; histories know no models.
pub trait Vocabulary {
    /// What is asked.
    type Op;
    /// What is answered.
    type Ret;

    /// Reads an operation from its name and value. The error says what was expected.
    fn read_op(&self, f: &str, value: &str) -> Result<Self::Op, String>;

    /// Reads an operation that this process asks for: the same, unless it matters who asks.
    fn read_op_by(&self, _process: Process, f: &str, value: &str) -> Result<Self::Op, String> {
        self.read_op(f, value)
    }

    /// Reads the answer to `op`. The error says what was expected.
    fn read_ret(&self, op: &Self::Op, answer: Answer<'_>) -> Result<Self::Ret, String>;
}

/// A history as it was read, with what stands beside it.
#[derive(Clone, PartialEq, Debug)]
pub struct Read<O, R> {
    /// What the clients saw. Not to be judged unless `problems` is empty.
    pub history: History<O, R>,
    /// What the nemesis did.
    pub faults: Vec<FaultEvent>,
    /// What is worth knowing although nothing is wrong: a cut last line, times out of order.
    pub notes: Vec<String>,
    /// What is wrong, by line.
    pub problems: Problems,
}

/// The text of an operation whose completion the history lacks.
pub const NEVER_COMPLETED: &str = "no completion in the history";

/// Where an event stands, for messages about two events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Place {
    rank: Rank,
    line: u32,
}

/// An open operation. `at` is its position in the history, or nothing when it could not be read:
/// its completion is then accepted silently, because the reader has complained already.
#[derive(Clone, Debug)]
struct Open {
    at: Option<usize>,
    f: SmolStr,
    place: Place,
}

/// What a process is doing.
#[derive(Clone, Debug)]
enum Seat {
    Open(Open),
    /// Its last operation completed here.
    Idle(Place),
    /// It got an `info` here.
    Retired(Place),
}

/// Whether the events of a source carry an index: all of them or none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Numbering {
    Unknown,
    Indexed,
    Positional,
    /// Both were seen; said once.
    Mixed,
}

/// Takes events one at a time and makes a history of them.
#[derive(Debug)]
pub struct Pairing<'v, V: Vocabulary> {
    vocabulary: &'v V,
    customs: Customs,
    options: ReadOptions,
    history: History<V::Op, V::Ret>,
    faults: FaultLog,
    processes: BTreeMap<Process, Seat>,
    numbering: Numbering,
    events: u32,
    last: Option<Place>,
    last_time_ns: u64,
    times_back: usize,
    time_back_line: u32,
    problems: Problems,
    consequences: Problems,
}

impl<'v, V: Vocabulary> Pairing<'v, V> {
    /// Begins a history whose texts `vocabulary` reads.
    pub fn new(vocabulary: &'v V, customs: Customs, options: ReadOptions) -> Pairing<'v, V> {
        Pairing {
            vocabulary,
            customs,
            options,
            history: History::default(),
            faults: FaultLog::default(),
            processes: BTreeMap::new(),
            numbering: Numbering::Unknown,
            events: 0,
            last: None,
            last_time_ns: 0,
            times_back: 0,
            time_back_line: 0,
            problems: Problems::default(),
            consequences: Problems::default(),
        }
    }

    /// Takes the next event. O(log of the number of processes) and the cost of reading its value.
    pub fn push(&mut self, event: &RawEvent<'_>) {
        let place = Place { rank: self.rank(event), line: event.line };
        self.check_time(event);
        self.last = Some(place);
        self.events = self.events.saturating_add(1);
        match (&event.who, event.kind) {
            (Who::Node(node), EventKind::Observe) => self.history.observations.push(Observation {
                rank: place.rank,
                time_ns: event.time_ns,
                node: node.clone().into_owned(),
                name: event.f.clone().into_owned(),
                value: event.value.clone().into_owned(),
            }),
            (Who::Node(node), kind) => self.problems.push(
                event.line,
                format!("process {node:?} with type `{kind}`: only `observe` belongs to a node"),
            ),
            (Who::Nemesis, _) if event.f == RawEvent::QUIET => {
                self.history.quiet_from = Some(place.rank);
            }
            (Who::Nemesis, _) => self.faults.push(event, place.rank),
            (Who::Client(process), EventKind::Observe) => self.problems.push(
                event.line,
                format!(
                    "type `observe` of process {}: only a node, by its name, observes",
                    process.0
                ),
            ),
            (Who::Client(process), EventKind::Invoke) => self.invoke(*process, place, event),
            (Who::Client(process), _) => self.complete(*process, place, event),
        }
    }

    /// Ends the history. `source` is what the source found wrong: while it is not empty, problems
    /// that a lost line may have caused (gaps, completions without invocation) are left out.
    pub fn finish(mut self, source: Problems, mut notes: Vec<String>) -> Read<V::Op, V::Ret> {
        for seat in self.processes.values() {
            if let Seat::Open(Open { at: Some(at), .. }) = seat
                && let Some(operation) = self.history.operations.get_mut(*at)
            {
                operation.outcome = Outcome::Info(NEVER_COMPLETED.to_owned());
                operation.ret_ns = self.last_time_ns.max(operation.call_ns);
            }
        }
        if self.times_back > 0 {
            notes.push(format!(
                "times that go backwards: {}, the first at line {}; the order of events counts",
                self.times_back, self.time_back_line
            ));
        }
        let mut problems = self.problems;
        if source.is_empty() {
            problems.merge(self.consequences);
            if problems.is_empty() && self.history.operations.is_empty() {
                notes.push("no operations".to_owned());
            }
        }
        problems.merge(source);
        Read { history: self.history, faults: self.faults.into_events(), notes, problems }
    }

    fn rank(&mut self, event: &RawEvent<'_>) -> Rank {
        let numbering =
            if event.index.is_some() { Numbering::Indexed } else { Numbering::Positional };
        if self.numbering == Numbering::Unknown {
            self.numbering = numbering;
        } else if self.numbering != numbering && self.numbering != Numbering::Mixed {
            self.numbering = Numbering::Mixed;
            let what = match event.index {
                Some(index) => format!("index {index}, but the events before have no index"),
                None => "no index, but the events before have one".to_owned(),
            };
            self.problems.push(event.line, what);
        }
        let Some(index) = event.index else {
            if self.events == u32::MAX - 1 {
                self.problems.push(event.line, format!("more than {} events", u32::MAX - 1));
            }
            return Rank(self.events);
        };
        if Rank(index) == Rank::NEVER {
            self.problems.push(event.line, format!("index {index}: at most {}", u32::MAX - 1));
        }
        if self.numbering == Numbering::Indexed {
            self.check_index(event.line, index);
        }
        Rank(index)
    }

    fn check_index(&mut self, line: u32, index: u32) {
        let Some(Place { rank: Rank(before), line: line_before }) = self.last else {
            if index > 0 && self.customs.index_from_zero && !self.options.filtered {
                let what = format!("the first index is {index}, expected 0 {FILTERED_HINT}");
                self.consequences.push(line, what);
            }
            return;
        };
        if index == before {
            let what = format!("index {index} again, after line {line_before}");
            self.problems.push(line, what);
        } else if index < before {
            let what = format!("index {index} after index {before} of line {line_before}");
            self.problems.push(line, what);
        } else if index - before > 1 && !self.options.filtered {
            let what = format!(
                "index {index} after index {before} of line {line_before}: {} missing \
                 {FILTERED_HINT}",
                index - before - 1
            );
            self.consequences.push(line, what);
        }
    }

    fn check_time(&mut self, event: &RawEvent<'_>) {
        if event.time_ns >= self.last_time_ns {
            self.last_time_ns = event.time_ns;
        } else if self.customs.time_ordered {
            let line_before = self.last.map_or(0, |place| place.line);
            self.problems.push(
                event.line,
                format!(
                    "time {} after time {} of line {line_before}: time goes backwards",
                    event.time_ns, self.last_time_ns
                ),
            );
            self.last_time_ns = event.time_ns;
        } else {
            if self.times_back == 0 {
                self.time_back_line = event.line;
            }
            self.times_back += 1;
        }
    }

    fn invoke(&mut self, process: Process, place: Place, event: &RawEvent<'_>) {
        let (id, f) = (process.0, &event.f);
        let Rank(index) = place.rank;
        match self.processes.get(&process) {
            Some(Seat::Open(open)) => {
                let what = format!(
                    "process {id} invokes `{f}` (index {index}) while its `{}` of line {} (index \
                     {}) is open",
                    open.f, open.place.line, open.place.rank.0
                );
                self.problems.push(event.line, what);
            }
            Some(Seat::Retired(info)) => {
                let what = format!(
                    "process {id} invokes `{f}` (index {index}) after its info of line {} (index \
                     {}): after an info a client goes on as a new process",
                    info.line, info.rank.0
                );
                self.problems.push(event.line, what);
            }
            Some(Seat::Idle(_)) | None => {}
        }
        let at = match self.vocabulary.read_op_by(process, f, &event.value) {
            Ok(op) => {
                self.history.operations.push(Operation {
                    id: OpId(index),
                    process,
                    op,
                    outcome: Outcome::Info(String::new()),
                    call: place.rank,
                    ret: Rank::NEVER,
                    call_ns: event.time_ns,
                    ret_ns: event.time_ns,
                });
                Some(self.history.operations.len() - 1)
            }
            Err(what) => {
                self.problems.push(event.line, what);
                None
            }
        };
        self.processes.insert(process, Seat::Open(Open { at, f: SmolStr::new(f), place }));
    }

    fn complete(&mut self, process: Process, place: Place, event: &RawEvent<'_>) {
        let (id, f, kind, Rank(index)) = (process.0, &event.f, event.kind, place.rank);
        let after = if kind == EventKind::Info { Seat::Retired(place) } else { Seat::Idle(place) };
        match self.processes.insert(process, after) {
            Some(Seat::Open(open)) => self.close(&open, process, place, event),
            Some(Seat::Idle(before)) => self.consequences.push(
                event.line,
                format!(
                    "process {id} completes `{f}` as `{kind}` (index {index}) without an \
                     invocation; its last operation completed at line {} (index {})",
                    before.line, before.rank.0
                ),
            ),
            Some(Seat::Retired(info)) => {
                let what = format!(
                    "process {id} completes `{f}` as `{kind}` (index {index}) after its info of \
                     line {} (index {})",
                    info.line, info.rank.0
                );
                self.problems.push(event.line, what);
                self.processes.insert(process, Seat::Retired(info));
            }
            None => self.consequences.push(
                event.line,
                format!(
                    "process {id} completes `{f}` as `{kind}` (index {index}) without an \
                     invocation"
                ),
            ),
        }
    }

    fn close(&mut self, open: &Open, process: Process, place: Place, event: &RawEvent<'_>) {
        let (f, kind) = (&event.f, event.kind);
        if *f != open.f.as_str() {
            let what = format!(
                "process {} completes `{f}` (index {}), but it had invoked `{}` at line {} (index \
                 {})",
                process.0, place.rank.0, open.f, open.place.line, open.place.rank.0
            );
            self.problems.push(event.line, what);
            return;
        }
        let mismatch = kind == EventKind::Fail && self.is_mismatch(event);
        let Some(operation) = open.at.and_then(|at| self.history.operations.get_mut(at)) else {
            return;
        };
        operation.ret_ns = event.time_ns.max(operation.call_ns);
        let why = || event.error.as_deref().unwrap_or_default().to_owned();
        if kind == EventKind::Ok || mismatch {
            let answer = Answer { value: &event.value, ret: event.ret.as_deref(), mismatch };
            match self.vocabulary.read_ret(&operation.op, answer) {
                Ok(ret) => operation.outcome = Outcome::Ok(ret),
                Err(what) => {
                    let of = format!("{what} (answer to line {})", open.place.line);
                    self.problems.push(event.line, of);
                }
            }
            operation.ret = place.rank;
        } else if kind == EventKind::Fail {
            operation.outcome = Outcome::Fail(why());
            operation.ret = place.rank;
        } else {
            operation.outcome = Outcome::Info(why());
        }
    }

    /// Whether this `fail` is the answer of a comparison.
    fn is_mismatch(&self, event: &RawEvent<'_>) -> bool {
        let is_cas = event.f == "cas";
        match (self.options.failed_cas, event.error.as_deref()) {
            (FailedCas::Ignored, _) if is_cas => false,
            (_, Some(error)) => error == RawEvent::MISMATCH,
            (FailedCas::Observes, None) => is_cas,
            (FailedCas::BySource, None) => is_cas && self.customs.failed_cas_observes,
            (FailedCas::Ignored, None) => false,
        }
    }
}

/// How to read a history whose missing events are missing on purpose.
const FILTERED_HINT: &str = "(a history that was filtered on purpose needs --filtered)";

#[cfg(test)]
mod tests;
