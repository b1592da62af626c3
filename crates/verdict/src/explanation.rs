//! An anomaly in words and as things to draw: data first, so that every renderer says the same.

use crate::Edge;
use serde::{Deserialize, Serialize};
use testimony_history::{OpId, Process, Rank};

/// What an operation is to an anomaly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It cannot be placed anywhere.
    Culprit,
    /// Part of the contradiction.
    Required,
    /// May have taken effect; it does not help.
    Optional,
    /// Only stands nearby.
    Context,
}

/// An operation as it is drawn.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DrawnOp {
    /// The operation.
    pub id: OpId,
    /// Its lane.
    pub process: Process,
    /// What was asked, in words: `write x 2`.
    pub label: String,
    /// What came back, in words: `ok`, `1`, `nothing`, `?`.
    pub answer: String,
    /// Rank of its call.
    pub call: Rank,
    /// Rank of its return; `None` when it never returned.
    pub ret: Option<Rank>,
    /// Virtual time of its call in nanoseconds.
    pub call_ns: u64,
    /// Virtual time of its return in nanoseconds.
    pub ret_ns: u64,
    /// What it is to the anomaly.
    pub role: Role,
}

/// One numbered step of the why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reason {
    /// The step in words, with operation numbers.
    pub text: String,
    /// The constraint that it states, where it is one.
    pub edge: Option<Edge>,
}

/// An anomaly in words and as things to draw.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Explanation {
    /// A few words: `stale read of "x"`.
    pub headline: String,
    /// One or two sentences with clients, values and times.
    pub sentence: String,
    /// The operations to draw, by call.
    pub scene: Vec<DrawnOp>,
    /// The numbered steps of the contradiction.
    pub why: Vec<Reason>,
}
