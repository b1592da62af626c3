//! The fault log: what the nemesis did, beside the history and not in it.

use crate::Rank;
use serde::{Deserialize, Serialize};

/// The begin or the end of one fault.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FaultEvent {
    /// The fault's id in its plan.
    pub fault: u32,
    /// Whether it begins here (else it ends).
    pub begins: bool,
    /// Its kind, e.g. `cut` or `crash`.
    pub name: String,
    /// What it struck, as JSON text (an object: `{"pairs":[["n1","n2"]]}`).
    pub detail: String,
    /// In words, for reports: `n1 | n2 n3`.
    pub label: String,
    /// Its place among the events of the history.
    pub rank: Rank,
    /// Virtual time in nanoseconds.
    pub time_ns: u64,
}
