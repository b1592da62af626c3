//! The recorder: one global order of events, streamed to a writer as they happen.
//!
//! A simulation has one thread, so that the order in which its code runs is a legal real-time
//! order. Every event takes the next index; virtual time is only a label.

use crate::context::Witness;
use crate::coverage::named;
use crate::{Coverage, Family, Fault};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::rc::Rc;
use testimony_history::{
    FaultEvent, Header, History, Observation, OpId, Operation, Outcome, Process, Rank, RawEvent,
    native,
};
use testimony_model::{Model, write_completion, write_invocation};

/// Where virtual time comes from.
pub(crate) type Now = fn() -> u64;

/// Records what happens in a run.
pub(crate) struct Recorder<M: Model> {
    model: M,
    now_ns: Now,
    inner: RefCell<Inner<M>>,
}

struct Inner<M: Model> {
    /// The index of the next event.
    next: Rc<Cell<u32>>,
    last_ns: u64,
    history: History<M::Op, M::Ret>,
    faults: Vec<FaultEvent>,
    /// Open operations: position in the history, and whether a fault was active since the call.
    open: BTreeMap<OpId, (usize, bool)>,
    faults_active: u32,
    coverage: Coverage,
    /// How often each phase is open on each host, by phase and host.
    phases: BTreeMap<String, BTreeMap<String, u32>>,
    out: Option<Box<dyn Write + Send>>,
    /// The line that is being written: its memory is used again.
    line: String,
    failed: Option<io::Error>,
}

/// What the recorder has when the run is over.
pub(crate) struct Recorded<M: Model> {
    pub(crate) history: History<M::Op, M::Ret>,
    pub(crate) faults: Vec<FaultEvent>,
    pub(crate) coverage: Coverage,
    pub(crate) failed: Option<io::Error>,
}

impl<M: Model> Recorder<M> {
    pub(crate) fn new(
        model: M,
        header: &Header,
        out: Option<Box<dyn Write + Send>>,
        now_ns: Now,
    ) -> Recorder<M> {
        let mut inner = Inner {
            next: Rc::default(),
            last_ns: 0,
            history: History::default(),
            faults: Vec::new(),
            open: BTreeMap::new(),
            faults_active: 0,
            coverage: Coverage::default(),
            phases: BTreeMap::new(),
            out,
            line: String::new(),
            failed: None,
        };
        inner.line(|line| native::write_header(line, header));
        Recorder { model, now_ns, inner: RefCell::new(inner) }
    }

    /// How many events there were so far: what places messages among them.
    pub(crate) fn events(&self) -> Rc<Cell<u32>> {
        Rc::clone(&self.inner.borrow().next)
    }

    /// An operation begins.
    pub(crate) fn invoke(&self, process: Process, op: M::Op) -> OpId {
        let inner = &mut *self.inner.borrow_mut();
        let (rank, time_ns) = inner.take((self.now_ns)());
        let id = OpId(rank.0);
        inner.line(|line| write_invocation(line, &self.model, rank, time_ns, process, &op));
        inner.open.insert(id, (inner.history.operations.len(), inner.faults_active > 0));
        inner.coverage.operations += 1;
        inner.history.operations.push(Operation {
            id,
            process,
            op,
            outcome: Outcome::Info("the run ended before an answer".to_owned()),
            call: rank,
            ret: Rank::NEVER,
            call_ns: time_ns,
            ret_ns: time_ns,
        });
        id
    }

    /// An operation ends.
    pub(crate) fn complete(&self, id: OpId, mut outcome: Outcome<M::Ret>) {
        // In files this one word marks an answer; a client's own text must not become one.
        if outcome == Outcome::Fail(RawEvent::MISMATCH.to_owned()) {
            outcome = Outcome::Fail(format!("failed: {}", RawEvent::MISMATCH));
        }
        let inner = &mut *self.inner.borrow_mut();
        let Some((at, struck)) = inner.open.remove(&id) else { return };
        let (rank, time_ns) = inner.take((self.now_ns)());
        let operation = &mut inner.history.operations[at];
        operation.ret = if matches!(outcome, Outcome::Info(_)) { Rank::NEVER } else { rank };
        operation.ret_ns = time_ns;
        operation.outcome = outcome;
        let ok = u32::from(operation.is_ok());
        inner.coverage.ok += ok;
        if !struck {
            inner.coverage.calm += 1;
            inner.coverage.calm_ok += ok;
        }
        inner.completed(&self.model, at, rank, time_ns);
    }

    /// A fault begins or ends.
    pub(crate) fn fault(&self, id: u32, family: Family, fault: &Fault, begins: bool, now_ns: u64) {
        let inner = &mut *self.inner.borrow_mut();
        let (rank, time_ns) = inner.take(now_ns);
        let event = FaultEvent {
            fault: id,
            begins,
            name: fault.name().to_owned(),
            detail: fault.detail(),
            label: fault.label(),
            rank,
            time_ns,
        };
        inner.line(|line| native::write_fault(line, &event));
        inner.faults.push(event);
        match begins {
            true => inner.strike(&self.model, fault, family),
            false => inner.faults_active = inner.faults_active.saturating_sub(1),
        }
    }

    /// From here on no fault is active.
    pub(crate) fn quiet(&self, now_ns: u64) {
        let inner = &mut *self.inner.borrow_mut();
        let (rank, time_ns) = inner.take(now_ns);
        inner.history.quiet_from = Some(rank);
        inner.line(|line| native::write_quiet(line, rank, time_ns));
    }

    /// The operations that are open, for findings.
    pub(crate) fn open(&self) -> Vec<String> {
        let inner = self.inner.borrow();
        let name = |(id, (at, _)): (&OpId, &(usize, bool))| {
            let operation = &inner.history.operations[*at];
            format!(
                "{id} {} of process {}",
                self.model.describe(&operation.op),
                operation.process.0
            )
        };
        inner.open.iter().map(name).collect()
    }

    /// Whether the history could not be written.
    pub(crate) fn has_failed(&self) -> bool {
        self.inner.borrow().failed.is_some()
    }

    /// Ends the recording: what is still open becomes indeterminate.
    pub(crate) fn finish(&self, now_ns: u64) -> Recorded<M> {
        let open: Vec<OpId> = self.inner.borrow().open.keys().copied().collect();
        for id in open {
            let inner = &mut *self.inner.borrow_mut();
            let Some((at, _)) = inner.open.remove(&id) else { continue };
            let (rank, time_ns) = inner.take(now_ns);
            inner.history.operations[at].ret_ns = time_ns;
            inner.completed(&self.model, at, rank, time_ns);
        }
        let inner = &mut *self.inner.borrow_mut();
        for operation in &inner.history.operations {
            let phase = of_clients(&self.model.write_op(&operation.op).f);
            if let Some(phase) = named(&mut inner.coverage.phases, &phase) {
                phase.entered += 1;
            }
        }
        Recorded {
            history: std::mem::take(&mut inner.history),
            faults: std::mem::take(&mut inner.faults),
            coverage: std::mem::take(&mut inner.coverage),
            failed: inner.failed.take(),
        }
    }
}

impl<M: Model> Inner<M> {
    /// The next index and the time as a label, which never goes backwards.
    fn take(&mut self, now_ns: u64) -> (Rank, u64) {
        let rank = Rank(self.next.get());
        self.next.set(rank.0 + 1);
        self.last_ns = self.last_ns.max(now_ns);
        (rank, self.last_ns)
    }

    fn strike(&mut self, model: &M, fault: &Fault, family: Family) {
        self.faults_active += 1;
        self.strike_phases(model, fault, family);
        for (_, struck) in self.open.values_mut() {
            *struck = true;
        }
        let open = u32::try_from(self.open.len()).unwrap_or(u32::MAX);
        let struck = self.coverage.struck.entry(family).or_default();
        struck.faults += 1;
        struck.open_operations = struck.open_operations.saturating_add(open);
    }

    /// Counts the phases that are open on the hosts that a fault strikes, and the kinds of operations
    /// that are open anywhere.
    fn strike_phases(&mut self, model: &M, fault: &Fault, family: Family) {
        // A load comes to every node.
        let hosts = hosts_of(fault);
        let is_struck = |host: &String| fault.is_load() || hosts.contains(host);
        let open = self.phases.iter().filter(|(_, on)| on.keys().any(is_struck));
        let mut struck: BTreeSet<String> = open.map(|(phase, _)| phase.clone()).collect();
        let operations = self.open.values().filter_map(|(at, _)| self.history.operations.get(*at));
        struck.extend(operations.map(|operation| of_clients(&model.write_op(&operation.op).f)));
        for phase in struck {
            if let Some(phase) = named(&mut self.coverage.phases, &phase) {
                *phase.struck.entry(family).or_default() += 1;
            }
        }
    }

    /// Writes a whole line and flushes it, so that a killed run leaves a readable file. After the
    /// first error nothing more is written.
    fn line(&mut self, write: impl FnOnce(&mut String)) {
        let Some(out) = &mut self.out else { return };
        self.line.clear();
        write(&mut self.line);
        if let Err(error) = out.write_all(self.line.as_bytes()).and_then(|()| out.flush()) {
            self.failed = Some(error);
            self.out = None;
        }
    }

    /// Writes the completion of the operation at this position.
    fn completed(&mut self, model: &M, at: usize, rank: Rank, time_ns: u64) {
        // Taken out and put back: writing borrows everything else.
        let operations = std::mem::take(&mut self.history.operations);
        self.line(|line| write_completion(line, model, rank, time_ns, &operations[at]));
        self.history.operations = operations;
    }
}

/// The phase in which a client waits for an operation of this kind.
fn of_clients(f: &str) -> String {
    format!("client:{f}")
}

/// The hosts that a fault names, whatever its kind: the texts in it. Those that are no names of hosts
/// do no harm, because no phase is open there.
fn hosts_of(fault: &Fault) -> BTreeSet<String> {
    let mut hosts = BTreeSet::new();
    let mut open = vec![serde_json::to_value(fault).unwrap_or_default()];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => {
                hosts.insert(text);
            }
            Value::Array(values) => open.extend(values),
            Value::Object(fields) => open.extend(fields.into_iter().map(|(_, value)| value)),
            _ => {}
        }
    }
    hosts
}

impl<M: Model> Witness for Recorder<M> {
    fn enter(&self, host: &str, phase: &str) {
        let inner = &mut *self.inner.borrow_mut();
        let Some(counted) = named(&mut inner.coverage.phases, phase) else { return };
        counted.entered += 1;
        if let Some(hosts) = named(&mut inner.phases, phase)
            && let Some(open) = named(hosts, host)
        {
            *open += 1;
        }
    }

    fn leave(&self, host: &str, phase: &str) {
        let inner = &mut *self.inner.borrow_mut();
        let Some(hosts) = inner.phases.get_mut(phase) else { return };
        if let Some(open) = hosts.get_mut(host) {
            *open = open.saturating_sub(1);
            if *open == 0 {
                hosts.remove(host);
            }
        }
    }

    fn sometimes(&self, name: &str, hit: bool) {
        let inner = &mut *self.inner.borrow_mut();
        if let Some(count) = named(&mut inner.coverage.sometimes, name) {
            *count += u64::from(hit);
        }
    }

    fn observe(&self, node: &str, name: &str, value: String) {
        let inner = &mut *self.inner.borrow_mut();
        let (rank, time_ns) = inner.take((self.now_ns)());
        let (node, name) = (node.to_owned(), name.to_owned());
        let observation = Observation { rank, time_ns, node, name, value };
        inner.line(|line| native::write_observation(line, &observation));
        inner.history.observations.push(observation);
    }
}
