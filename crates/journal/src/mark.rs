//! An operation as the journal needs it: when, by whom, about what.

use serde::Serialize;
use testimony_history::{OpId, Process, Rank};

/// How an operation ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// It was answered; the answer in a word or two.
    Ok(String),
    /// It certainly had no effect; why.
    Fail(String),
    /// Nobody knows; why.
    Info(String),
}

/// An operation, its model forgotten.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Mark {
    /// Index of its invoke event.
    pub id: OpId,
    /// Who asked.
    pub process: Process,
    /// Rank of the invoke event.
    pub call: Rank,
    /// Rank of the completion; [`Rank::NEVER`] where nobody knows whether it happened.
    pub ret: Rank,
    /// Virtual time of the invoke event in nanoseconds.
    pub call_ns: u64,
    /// Virtual time of the completion in nanoseconds.
    pub ret_ns: u64,
    /// What was asked, in words.
    pub words: String,
    /// What came of it.
    pub ended: Ended,
    /// The key that it touches, where it touches exactly one.
    pub key: Option<String>,
    /// The value that it writes, as JSON text, where it replaces the value of a register.
    pub wrote: Option<String>,
    /// The value that it answered, as JSON text (`null` for nothing), where it read a register.
    pub read: Option<String>,
}

impl Mark {
    /// Whether it was answered.
    pub fn is_ok(&self) -> bool {
        matches!(self.ended, Ended::Ok(_))
    }

    /// Whether it returned before the other one was called.
    pub fn precedes(&self, other: &Mark) -> bool {
        self.ret < other.call
    }

    /// Whether both touch the same key; operations without a key touch everything.
    pub(crate) fn shares_key(&self, other: &Mark) -> bool {
        self.key.is_none() || other.key.is_none() || self.key == other.key
    }
}
