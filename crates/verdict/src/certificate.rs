//! Why a history is valid, in a form that can be re-checked in linear time.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use testimony_history::OpId;

/// The evidence of a valid verdict.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certificate {
    /// One order of operations: every `Ok` once, each `Info` at most once, no `Fail`. It respects
    /// real time, and the model accepts it step by step.
    Order(Vec<OpId>),
    /// A certificate for each key by its display form; together they cover the history.
    ByKey(BTreeMap<String, Certificate>),
    /// Nothing to replay: the verifier decides the property again by itself.
    Checked,
}
