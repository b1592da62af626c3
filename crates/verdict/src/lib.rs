//! Verdicts as plain data, so that engines, verifier and renderers do not know each other.
//!
//! A [`Judgement`] maps each [`Property`] to a [`Verdict`]: `Valid` with a [`Certificate`],
//! `Invalid` with [`Anomaly`]s, or `Unknown` with the reason. Never a bare boolean.

mod anomaly;
mod certificate;
mod effort;
mod explanation;
mod judgement;
mod kind;
mod level;
mod staleness;
mod verdict;

pub use anomaly::{Anomaly, Assurance, Core, Edge, EdgeKind};
pub use certificate::{Certificate, Views};
pub use effort::{Effort, Keys, Limit, Progress};
pub use explanation::{DrawnOp, Explanation, Reason, Role};
pub use judgement::{Engine, Finding, Judgement};
pub use kind::AnomalyKind;
pub use level::{About, IMPLICATIONS, Level, Property};
pub use staleness::{Bound, StaleTime, StaleVersions, Staleness};
pub use verdict::{Unknown, Verdict, VerdictName};
