//! One line of a history: an event, borrowed from the text it was read from.

use crate::Process;
use std::borrow::Cow;
use std::fmt;

/// What an event says of its operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventKind {
    /// The operation begins.
    Invoke,
    /// It completed and had its effect.
    Ok,
    /// It certainly had no effect.
    Fail,
    /// Nobody knows.
    Info,
    /// No operation: a node tells a fact about itself (see [`crate::Observation`]).
    Observe,
}

impl EventKind {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            EventKind::Invoke => "invoke",
            EventKind::Ok => "ok",
            EventKind::Fail => "fail",
            EventKind::Info => "info",
            EventKind::Observe => "observe",
        }
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<EventKind> {
        match name {
            "invoke" => Some(EventKind::Invoke),
            "ok" => Some(EventKind::Ok),
            "fail" => Some(EventKind::Fail),
            "info" => Some(EventKind::Info),
            "observe" => Some(EventKind::Observe),
            _ => None,
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Who an event belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Who<'a> {
    /// A client.
    Client(Process),
    /// The nemesis: the event is a fault's begin or end.
    Nemesis,
    /// The node of this name: the event is an observation.
    Node(Cow<'a, str>),
}

/// An event whose texts are borrowed from the source where they can be.
///
/// `value` is JSON text whatever the source format was (`null` when absent): importers translate,
/// models read. It stays text until a model reads it.
#[derive(Clone, PartialEq, Debug)]
pub struct RawEvent<'a> {
    /// 1-based line of the source, for messages.
    pub line: u32,
    /// The event's index where the source has one. Otherwise the position counts.
    pub index: Option<u32>,
    /// Virtual time in nanoseconds; 0 where the source has none.
    pub time_ns: u64,
    /// Whose event it is.
    pub who: Who<'a>,
    /// What it says.
    pub kind: EventKind,
    /// The name of the operation, e.g. `write`; for the nemesis the name of the fault.
    pub f: Cow<'a, str>,
    /// JSON text of the value.
    pub value: Cow<'a, str>,
    /// JSON text of the answer, where it stands apart from the value.
    pub ret: Option<Cow<'a, str>>,
    /// Why it failed or is indeterminate. `mismatch` on a `Fail` marks an answer: see
    /// [`crate::Outcome`].
    pub error: Option<Cow<'a, str>>,
}

/// An event that owns its texts.
pub type Event = RawEvent<'static>;

impl RawEvent<'_> {
    /// The mark of a comparison that did not match.
    pub const MISMATCH: &'static str = "mismatch";

    /// The name of the nemesis event after which no fault is active.
    pub const QUIET: &'static str = "quiet";

    /// Copies the borrowed texts.
    pub fn into_owned(self) -> Event {
        RawEvent {
            line: self.line,
            index: self.index,
            time_ns: self.time_ns,
            who: match self.who {
                Who::Client(process) => Who::Client(process),
                Who::Nemesis => Who::Nemesis,
                Who::Node(name) => Who::Node(Cow::Owned(name.into_owned())),
            },
            kind: self.kind,
            f: Cow::Owned(self.f.into_owned()),
            value: Cow::Owned(self.value.into_owned()),
            ret: self.ret.map(|text| Cow::Owned(text.into_owned())),
            error: self.error.map(|text| Cow::Owned(text.into_owned())),
        }
    }
}
