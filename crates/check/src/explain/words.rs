//! Operations, values and times in words.

use crate::core::Reduced;
use crate::part::Part;
use testimony_history::Operation;
use testimony_model::{Access, Atom, Model};

type Op<M> = Operation<<M as Model>::Op, <M as Model>::Ret>;

/// How to speak of the operations of one part.
pub(crate) struct Words<'c, 'h, M: Model> {
    part: &'c Part<'h, M>,
    /// Whether the operations have times; without, they are told apart by their numbers.
    timed: bool,
}

impl<'c, 'h, M: Model> Words<'c, 'h, M> {
    pub(crate) fn new(part: &'c Part<'h, M>, core: &Reduced) -> Words<'c, 'h, M> {
        let operations = core.required.iter().map(|&at| part.operations[at]);
        let timed = operations.into_iter().any(|o| o.call_ns != 0 || o.ret_ns != 0);
        Words { part, timed }
    }

    /// The operation at a position.
    pub(crate) fn get(&self, at: usize) -> &'h Op<M> {
        self.part.operations[at]
    }

    /// `read x = 1`, `write x 2`, `buy 1: sold`.
    pub(crate) fn label(&self, operation: &Op<M>) -> String {
        let model = self.part.model;
        let asked = model.describe(&operation.op);
        let Some(ret) = operation.outcome.answer() else { return asked };
        let answer = model.describe_ret(&operation.op, ret);
        match model.access(&operation.op, Some(ret)) {
            Access::Read(Some(_)) if self.part.key.is_some() => format!("{asked} = {answer}"),
            Access::Read(Some(_)) => format!("{asked} {answer}"),
            Access::Write(_) | Access::Cas { swapped: Some(true), .. } => asked,
            Access::Read(None) | Access::Cas { .. } => format!("{asked}: {answer}"),
            _ if answer == "ok" => asked,
            _ => format!("{asked}: {answer}"),
        }
    }

    /// `read x = 1 (#131)`.
    pub(crate) fn numbered(&self, operation: &Op<M>) -> String {
        format!("{} ({})", self.label(operation), operation.id)
    }

    /// Whether it wrote a value.
    pub(crate) fn writes(&self, operation: &Op<M>) -> bool {
        let access = self.part.model.access(&operation.op, operation.outcome.answer());
        matches!(access, Access::Write(_) | Access::Cas { swapped: Some(true) | None, .. })
    }

    /// `client 2`.
    pub(crate) fn client(&self, operation: &Op<M>) -> String {
        format!("client {}", operation.process.0)
    }

    /// What a client did that saw a value: `read x = 1`, `swapped x from 1 to 2`.
    pub(crate) fn saw(&self, operation: &Op<M>) -> String {
        let model = self.part.model;
        match (model.access(&operation.op, operation.outcome.answer()), &self.part.key) {
            (Access::Read(Some(value)), _) => format!("read {}", self.value(value)),
            (Access::Cas { from, to, .. }, Some(key)) => {
                format!("swapped {key} from {} to {}", shown(from), shown(to))
            }
            (Access::Cas { from, to, .. }, None) => {
                format!("swapped {} for {}", shown(from), shown(to))
            }
            _ => format!("did {}", self.label(operation)),
        }
    }

    /// `read` or `swap`, to refer to it again.
    pub(crate) fn noun(&self, operation: &Op<M>) -> &'static str {
        match self.part.model.access(&operation.op, operation.outcome.answer()) {
            Access::Read(_) => "read",
            Access::Cas { .. } => "swap",
            _ => "operation",
        }
    }

    /// The value that an operation wrote, as the subject of a sentence: `x = 2`.
    pub(crate) fn written(&self, operation: &Op<M>) -> String {
        match self.part.model.access(&operation.op, operation.outcome.answer()) {
            Access::Write(Atom::Nil) => self.label(operation),
            Access::Write(to) | Access::Cas { to, .. } => self.value(to),
            _ => self.label(operation),
        }
    }

    /// The value that an operation saw: `x = 1`.
    pub(crate) fn seen(&self, operation: &Op<M>) -> String {
        match self.part.model.access(&operation.op, operation.outcome.answer()) {
            Access::Read(Some(value)) | Access::Cas { from: value, .. } => self.value(value),
            _ => self.label(operation),
        }
    }

    /// `x = 1`, or `1` where there is no key.
    fn value(&self, value: Atom<'_>) -> String {
        match &self.part.key {
            Some(key) => format!("{key} = {}", shown(value)),
            None => shown(value),
        }
    }

    /// When it was called, or its number where there are no times: ` at 412 ms`, ` (#131)`.
    pub(crate) fn called(&self, operation: &Op<M>) -> String {
        self.moment(operation, operation.call_ns)
    }

    /// When it returned, or its number.
    pub(crate) fn returned(&self, operation: &Op<M>) -> String {
        self.moment(operation, operation.ret_ns)
    }

    fn moment(&self, operation: &Op<M>, at_ns: u64) -> String {
        if self.timed {
            format!(" at {}", milliseconds(at_ns))
        } else {
            format!(" ({})", operation.id)
        }
    }

    /// From the return of one operation to the call of another one, where times say so: `41 ms `.
    pub(crate) fn between(&self, first: &Op<M>, second: &Op<M>) -> String {
        match second.call_ns.checked_sub(first.ret_ns) {
            Some(distance) if self.timed && distance > 0 => {
                format!("{} ", milliseconds(distance))
            }
            _ => String::new(),
        }
    }
}

/// A value without its key.
fn shown(value: Atom<'_>) -> String {
    match value {
        Atom::Nil => "nothing".to_owned(),
        Atom::Int(number) => number.to_string(),
        Atom::Text(text) => format!("{text:?}"),
    }
}

/// Nanoseconds as milliseconds, to the microsecond: `412 ms`, `0.25 ms`.
fn milliseconds(ns: u64) -> String {
    let (whole, micro) = (ns / 1_000_000, ns / 1_000 % 1_000);
    if micro == 0 {
        return format!("{whole} ms");
    }
    let fraction = format!("{micro:03}");
    format!("{whole}.{} ms", fraction.trim_end_matches('0'))
}
