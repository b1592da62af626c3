//! The three answers of a checker.

use crate::{Anomaly, Certificate, Effort};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a checker decided about one property of one history.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// It holds; the certificate can be replayed by an independent verifier.
    Valid(Certificate),
    /// It does not hold, and these anomalies show it.
    Invalid(Vec<Anomaly>),
    /// Nobody knows, for this reason.
    Unknown(Unknown),
}

/// Why there is no verdict.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unknown {
    /// The counted budget was used up.
    Budget(Box<Effort>),
    /// The history has no `ok` answer, so nothing is constrained.
    Vacuous,
    /// The user's model panicked.
    ModelPanicked(String),
    /// The property cannot be judged for this model or history; the text says why.
    NotApplicable(String),
    /// An engine contradicted the verifier or itself: a bug of ours.
    Internal(String),
    /// The wall clock ran out; such a verdict is not reproducible.
    Stopped(Box<Effort>),
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unknown::Budget(effort) => write!(f, "budget used up after {effort}"),
            Unknown::Stopped(effort) => write!(f, "stopped by the wall clock after {effort}"),
            Unknown::Vacuous => f.write_str("no operation was answered, so nothing is constrained"),
            Unknown::ModelPanicked(message) => write!(f, "the model panicked: {message}"),
            Unknown::NotApplicable(why) => write!(f, "not applicable: {why}"),
            Unknown::Internal(what) => write!(f, "internal error: {what}"),
        }
    }
}

/// A verdict without its evidence, as in files and on the command line.
///
/// The order is the order of merging: `Invalid` wins over `Unknown`, `Unknown` over `Valid`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictName {
    /// It holds.
    Valid,
    /// Nobody knows.
    Unknown,
    /// It does not hold.
    Invalid,
}

impl VerdictName {
    /// Its name in files: `valid`, `unknown`, `invalid`.
    pub fn name(self) -> &'static str {
        match self {
            VerdictName::Valid => "valid",
            VerdictName::Unknown => "unknown",
            VerdictName::Invalid => "invalid",
        }
    }
}

impl fmt::Display for VerdictName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Verdict {
    /// The verdict without its evidence.
    pub fn name(&self) -> VerdictName {
        match self {
            Verdict::Valid(_) => VerdictName::Valid,
            Verdict::Invalid(_) => VerdictName::Invalid,
            Verdict::Unknown(_) => VerdictName::Unknown,
        }
    }
}
