//! One operation: who asked what, what came back, and between which ranks.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The index of an operation's invoke event in its history: what `#118` means everywhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpId(pub u32);

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// A position in the order of events.
///
/// In native histories it is the event index, without ties. Importers of logs that only have times
/// may give equal ranks to events whose order is unknown; such events are concurrent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rank(pub u32);

impl Rank {
    /// The return of an operation that never returned: after every event.
    pub const NEVER: Rank = Rank(u32::MAX);
}

/// A logical, single-threaded client. It has at most one open operation, and none after an `info`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Process(pub u32);

/// What came of an operation.
///
/// The commonest mistake of harness writers is to call a lost answer a failure: a failed *read* is
/// `Fail`, a write whose answer was lost is `Info`. A comparison that did not match (a failed
/// compare-and-set, a sale refused because the stock is empty) is an answer: `Ok`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome<R> {
    /// It took effect exactly once between its call and its return, and answered this.
    Ok(R),
    /// It certainly had no effect and observed nothing. The text says why.
    Fail(String),
    /// It may take effect at any time after its call, or never. The text says why nobody knows.
    Info(String),
}

impl<R> Outcome<R> {
    /// The answer, where there is one.
    pub fn answer(&self) -> Option<&R> {
        match self {
            Outcome::Ok(ret) => Some(ret),
            Outcome::Fail(_) | Outcome::Info(_) => None,
        }
    }

    /// The same outcome with another answer type.
    pub fn map<S>(self, convert: impl FnOnce(R) -> S) -> Outcome<S> {
        match self {
            Outcome::Ok(ret) => Outcome::Ok(convert(ret)),
            Outcome::Fail(why) => Outcome::Fail(why),
            Outcome::Info(why) => Outcome::Info(why),
        }
    }
}

/// An operation of a client: an interval of ranks with what was asked and what came of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Operation<O, R> {
    /// Index of the invoke event.
    pub id: OpId,
    /// Who invoked it.
    pub process: Process,
    /// What was asked.
    pub op: O,
    /// What came of it.
    pub outcome: Outcome<R>,
    /// Rank of the invoke event.
    pub call: Rank,
    /// Rank of the completion; [`Rank::NEVER`] for `Info`.
    pub ret: Rank,
    /// Virtual time of the invoke event in nanoseconds: a label, never an order.
    pub call_ns: u64,
    /// Virtual time of the completion in nanoseconds (for `Info`: when its client gave up).
    pub ret_ns: u64,
}

impl<O, R> Operation<O, R> {
    /// Whether this operation returned before `other` was called: the real-time order.
    ///
    /// Intervals are closed, so equal ranks are concurrent.
    pub fn precedes(&self, other: &Self) -> bool {
        self.ret < other.call
    }

    /// Whether it completed with `Ok`.
    pub fn is_ok(&self) -> bool {
        matches!(self.outcome, Outcome::Ok(_))
    }

    /// Whether it certainly had no effect.
    pub fn is_fail(&self) -> bool {
        matches!(self.outcome, Outcome::Fail(_))
    }

    /// Whether nobody knows what became of it.
    pub fn is_info(&self) -> bool {
        matches!(self.outcome, Outcome::Info(_))
    }
}
