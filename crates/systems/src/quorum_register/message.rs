//! What travels: between a client and its node, and between replicas.

use super::tag::Tag;
use serde::{Deserialize, Serialize};
use testimony::model::Value;

/// A client's operation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Operation {
    /// Answers the value of a key.
    Read { key: String },
    /// Replaces it.
    Write { key: String, value: Value },
}

/// A node's answer to a client.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Answer {
    /// The value that was read, where there is one.
    Value(Option<Value>),
    /// The value is written.
    Written,
    /// No quorum answered in time.
    NoQuorum,
}

/// What a replica holds of a key.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Versioned {
    /// The version.
    pub(crate) tag: Tag,
    /// The value; `None` as long as nothing was written.
    pub(crate) value: Option<Value>,
}

/// What a coordinator asks of replicas. Both are idempotent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Request {
    /// What do you hold of this key?
    Query { key: String },
    /// Hold this from now on, unless you hold something newer.
    Store { key: String, version: Versioned },
}

/// What a replica answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reply {
    /// To a query.
    Holds(Versioned),
    /// To a store: this or something newer is on my disk.
    Stored,
}
