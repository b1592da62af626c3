//! The three answers of a checker.

use crate::{Anomaly, Certificate};
use serde::{Deserialize, Serialize};
use std::fmt;
use testimony_history::OpId;

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
    Budget {
        /// Steps taken.
        steps: u64,
        /// Bytes accounted for.
        bytes: usize,
        /// The last operation up to which an order was found.
        reached: Option<OpId>,
        /// The key that was being judged.
        key: Option<String>,
        /// How far a search got, where it was one that ran out.
        progress: Option<Progress>,
    },
    /// The history has no `ok` answer, so nothing is constrained.
    Vacuous,
    /// The user's model panicked.
    ModelPanicked(String),
    /// The property cannot be judged for this model or history; the text says why.
    NotApplicable(String),
    /// An engine contradicted the verifier or itself: a bug of ours.
    Internal(String),
    /// The wall clock ran out; such a verdict is not reproducible.
    Stopped,
}

/// How far a search got before its budget was used up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Whether it was the steps that ran out; otherwise it was the bytes.
    pub out_of_steps: bool,
    /// Answers up to which some order was found.
    pub passed: usize,
    /// Answers of the part that was searched.
    pub answers: usize,
    /// Most operations that waited for their answers at once.
    pub pending_max: usize,
    /// Kinds of operations without an answer that may or may not have taken effect.
    pub optional_kinds: usize,
    /// Configurations that were met in the last walk.
    pub configurations: usize,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Progress { passed, answers, pending_max, optional_kinds, configurations, .. } = self;
        write!(
            f,
            ": {passed} of {answers} answers explained, tried depth first and then level by level, \
             {configurations} configurations in the last walk, up to {pending_max} operations open \
             at once"
        )?;
        if *optional_kinds > 0 {
            write!(f, ", {optional_kinds} kinds of operations without an answer")?;
        }
        let more = if self.out_of_steps { "steps" } else { "bytes" };
        write!(f, "; what helps: more {more}, values that are written only once, fewer clients")
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unknown::Budget { steps, bytes, reached, key, progress } => {
                write!(f, "budget used up after {steps} steps and {bytes} bytes")?;
                if let Some(id) = reached {
                    write!(f, ", an order was found up to {id}")?;
                }
                if let Some(key) = key {
                    write!(f, " (key {key})")?;
                }
                progress.map_or(Ok(()), |progress| progress.fmt(f))
            }
            Unknown::Vacuous => f.write_str("no operation was answered, so nothing is constrained"),
            Unknown::ModelPanicked(message) => write!(f, "the model panicked: {message}"),
            Unknown::NotApplicable(why) => write!(f, "not applicable: {why}"),
            Unknown::Internal(what) => write!(f, "internal error: {what}"),
            Unknown::Stopped => f.write_str("stopped by the wall clock"),
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
