//! Why a history is valid, in a form that can be re-checked in linear time.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use testimony_history::{OpId, Process};

/// An order for each session, with the write that each read saw.
///
/// What an order must contain depends on the level: causal convergence has one order of everything
/// that took effect, for everybody; PRAM and causal memory need, for each session with reads, an
/// order of all writes that took effect and of its own operations (others may stand there, too);
/// session guarantees need an order of the writes that matter to its reads.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Views {
    /// For each answered read (and swap), by id, the write that it saw; `None` is the beginning.
    pub saw: BTreeMap<OpId, Option<OpId>>,
    /// The order of every session that has none of its own.
    pub common: Vec<OpId>,
    /// Orders of single sessions.
    pub own: BTreeMap<Process, Vec<OpId>>,
}

/// The evidence of a valid verdict.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certificate {
    /// One order of operations: every `Ok` once, each `Info` at most once, no `Fail`. It respects
    /// real time, and the model accepts it step by step.
    Order(Vec<OpId>),
    /// A certificate for each key by its display form; together they cover the history.
    ByKey(BTreeMap<String, Certificate>),
    /// What each read saw, and an order for each session: for levels that need more than one order.
    Views(Views),
    /// Nothing to replay: the verifier decides the property again by itself.
    Checked,
}
