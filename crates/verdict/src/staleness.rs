//! How stale the reads of a register were.

use serde::{Deserialize, Serialize};
use testimony_history::OpId;

/// How stale the reads of one key were, where it is not linearizable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Staleness {
    /// The key, where keys are judged apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// By how much time at most; `None` when no delay of reads explains the history (a value out of
    /// thin air, say), or nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<StaleTime>,
    /// By how many versions at most; `None` when no read was certainly behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions: Option<StaleVersions>,
}

/// The smallest delay that explains every answer (delta-atomicity: Golab, Li and Shah, *Analyzing
/// consistency properties for fun and profit*, PODC 2011): had every read begun so much earlier, the
/// key would be linearizable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StaleTime {
    /// The delay in nanoseconds of the history's own times.
    pub ns: u64,
    /// Whether it is that delay, or a bound of it.
    pub bound: Bound,
    /// The read that was worst.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<OpId>,
    /// The operation that had returned so long before that read was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<OpId>,
}

/// What a number says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// It is the number.
    Exact,
    /// It is this or more.
    AtLeast,
    /// It is this or less.
    AtMost,
}

/// The read that was behind by the most versions: so many acknowledged writes certainly lie between
/// the write of its value and the read itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StaleVersions {
    /// How many versions.
    pub versions: usize,
    /// The read.
    pub read: OpId,
}
