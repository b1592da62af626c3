//! What travels between replicas, and between the operator and a replica.

use super::group::Group;
use crate::quorum_register::message::Versioned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a replica holds, by key.
pub(crate) type Versions = BTreeMap<String, Versioned>;

/// A question to a replica, in the epoch of a group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    /// The group in whose epoch it is asked.
    pub(crate) group: Group,
    /// What is asked.
    pub(crate) what: What,
}

/// What a replica is asked. All of it is idempotent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum What {
    /// What do you hold of this key?
    Query { key: String },
    /// Hold this from now on, unless you hold something newer.
    Store { key: String, version: Versioned },
    /// What do you hold of all keys? Asked by a member that missed the installation.
    Fetch,
}

/// What a replica answers that serves the epoch, or a later one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reply {
    /// To a query.
    Holds(Versioned),
    /// To a store: this or something newer is on my disk.
    Stored,
    /// To a fetch.
    All(Versions),
    /// There is a newer group: ask that.
    Newer(Group),
}

/// What the operator tells a replica.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Order {
    /// This group comes next: serve none before it any more.
    Seal { group: Group },
    /// This was held when the group before was sealed: serve this group from now on.
    Install { group: Group, versions: Versions },
}

/// What a replica answers to the operator.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Report {
    /// No older group is served; this is held.
    Sealed(Versions),
    /// The group is served.
    Installed,
    /// The disk failed.
    Failed,
}
