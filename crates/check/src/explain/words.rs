//! Operations, values and times in words.

use crate::core::Reduced;
use crate::invariant::scene::milliseconds;
use crate::part::Part;
use crate::subject::Interval;
use testimony_model::{Access, Atom};

/// How to speak of the operations of one part.
pub(crate) struct Words<'c, 'h> {
    part: &'c Part<'h>,
    /// Whether the operations have times; without, they are told apart by their numbers.
    timed: bool,
}

impl<'c, 'h> Words<'c, 'h> {
    pub(crate) fn new(part: &'c Part<'h>, core: &Reduced) -> Words<'c, 'h> {
        let operations = core.required.iter().map(|&at| &part.operations[at]);
        let timed = operations
            .into_iter()
            .any(|one| part.subject.call_ns(one) != 0 || part.subject.ret_ns(one) != 0);
        Words { part, timed }
    }

    /// The operation at a position.
    pub(crate) fn get(&self, at: usize) -> Interval {
        self.part.operations[at]
    }

    /// `read x = 1`, `write x 2`, `buy 1: sold`.
    pub(crate) fn label(&self, operation: &Interval) -> String {
        let subject = self.part.subject;
        let asked = subject.describe(operation);
        let Some(answer) = subject.answer(operation) else { return asked };
        match subject.access(operation) {
            Access::Read(Some(_)) if self.part.key.is_some() => format!("{asked} = {answer}"),
            Access::Read(Some(_)) => format!("{asked} {answer}"),
            Access::Write(_) | Access::Cas { swapped: Some(true), .. } => asked,
            Access::Read(None) | Access::Cas { .. } => format!("{asked}: {answer}"),
            _ if answer == "ok" => asked,
            _ => format!("{asked}: {answer}"),
        }
    }

    /// `read x = 1 (#131)`.
    pub(crate) fn numbered(&self, operation: &Interval) -> String {
        format!("{} ({})", self.label(operation), operation.id)
    }

    /// Whether it wrote a value.
    pub(crate) fn writes(&self, operation: &Interval) -> bool {
        let access = self.part.access(operation);
        matches!(access, Access::Write(_) | Access::Cas { swapped: Some(true) | None, .. })
    }

    /// `client 2`.
    pub(crate) fn client(&self, operation: &Interval) -> String {
        operation.client()
    }

    /// What a client did that saw a value: `read x = 1`, `swapped x from 1 to 2`.
    pub(crate) fn saw(&self, operation: &Interval) -> String {
        match (self.part.access(operation), &self.part.key) {
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
    pub(crate) fn noun(&self, operation: &Interval) -> &'static str {
        match self.part.access(operation) {
            Access::Read(_) => "read",
            Access::Cas { .. } => "swap",
            _ => "operation",
        }
    }

    /// The value that an operation wrote, as the subject of a sentence: `x = 2`.
    pub(crate) fn written(&self, operation: &Interval) -> String {
        match self.part.access(operation) {
            Access::Write(Atom::Nil) => self.label(operation),
            Access::Write(to) | Access::Cas { to, .. } => self.value(to),
            _ => self.label(operation),
        }
    }

    /// The value that an operation saw: `x = 1`.
    pub(crate) fn seen(&self, operation: &Interval) -> String {
        match self.part.access(operation) {
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
    pub(crate) fn called(&self, operation: &Interval) -> String {
        self.moment(operation, self.part.subject.call_ns(operation))
    }

    /// When it returned, or its number.
    pub(crate) fn returned(&self, operation: &Interval) -> String {
        self.moment(operation, self.part.subject.ret_ns(operation))
    }

    fn moment(&self, operation: &Interval, at_ns: u64) -> String {
        if self.timed {
            format!(" at {}", milliseconds(at_ns))
        } else {
            format!(" ({})", operation.id)
        }
    }

    /// What who did: `read x = 1 of client 2`.
    pub(crate) fn did(&self, operation: &Interval) -> String {
        format!("{} of {}", self.label(operation), self.client(operation))
    }

    /// The same with when it was called.
    pub(crate) fn did_from(&self, operation: &Interval) -> String {
        format!("{}{}", self.did(operation), self.called(operation))
    }

    /// The same with when it returned.
    pub(crate) fn did_by(&self, operation: &Interval) -> String {
        format!("{}{}", self.did(operation), self.returned(operation))
    }

    /// From the return of one operation to the call of another one, where times say so: `41 ms `.
    pub(crate) fn between(&self, first: &Interval, second: &Interval) -> String {
        let subject = self.part.subject;
        match subject.call_ns(second).checked_sub(subject.ret_ns(first)) {
            Some(distance) if self.timed && distance > 0 => {
                format!("{} ", milliseconds(distance))
            }
            _ => String::new(),
        }
    }
}

/// A value without its key.
pub(crate) fn shown(value: Atom<'_>) -> String {
    match value {
        Atom::Nil => "nothing".to_owned(),
        Atom::Int(number) => number.to_string(),
        Atom::Text(text) => format!("{text:?}"),
    }
}
