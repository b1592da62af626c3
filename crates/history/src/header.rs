//! The first line of a native history: what it is and what is expected of it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The header line of a native history file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Version of the format: [`Header::VERSION`].
    pub testimony: u32,
    /// Name of the model, e.g. `kv`.
    pub model: String,
    /// The model's parameters as a JSON object, where it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<Box<serde_json::value::RawValue>>,
    /// What the history shows, in a few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The system that was run, e.g. `quorum-register/abd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The seed it came from: a label, not a recipe (the plan is).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The rung of the determinism ladder that the run had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub determinism: Option<String>,
    /// Expected verdict (`valid`, `invalid`, `unknown`) for each property by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub expect: BTreeMap<String, String>,
    /// Anomalies of which at least one must be named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anomalies: Vec<String>,
    /// Whatever else; never read by us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra: Option<Box<serde_json::value::RawValue>>,
}

impl Header {
    /// The version of the native format that this crate reads and writes.
    pub const VERSION: u32 = 1;

    /// A header that names only the model.
    pub fn new(model: impl Into<String>) -> Header {
        Header {
            testimony: Header::VERSION,
            model: model.into(),
            params: None,
            name: None,
            system: None,
            seed: None,
            determinism: None,
            expect: BTreeMap::new(),
            anomalies: Vec::new(),
            extra: None,
        }
    }
}
