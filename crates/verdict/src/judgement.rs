//! All verdicts on one history.

use crate::{Anomaly, Property, Verdict, VerdictName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Which engine decided.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Engine {
    /// Zones: log-linear, for registers whose written values are unique.
    Zones,
    /// The general search, for any model.
    Search,
    /// Different engines for different keys.
    Mixed,
    /// A count over the whole history, for an invariant.
    Invariant,
}

impl Engine {
    /// Its name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Zones => "zones",
            Engine::Search => "search",
            Engine::Mixed => "mixed",
            Engine::Invariant => "invariant",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A verdict with the engine that reached it.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// Who decided.
    pub engine: Engine,
}

/// The verdicts on one history, by property.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Judgement {
    /// A finding for each property that was judged.
    pub by: BTreeMap<Property, Finding>,
    /// How many operations were judged.
    pub operations: usize,
    /// How many of them were answered (`ok`): what actually constrains the verdicts.
    pub answered: usize,
}

impl Judgement {
    /// The verdicts merged: `Invalid` wins over `Unknown`, `Unknown` over `Valid`.
    /// `None` when no property was judged.
    pub fn merged(&self) -> Option<VerdictName> {
        self.by.values().map(|finding| finding.verdict.name()).max()
    }

    /// Every anomaly of every property, in the order of the properties.
    pub fn anomalies(&self) -> impl Iterator<Item = &Anomaly> {
        self.by.values().flat_map(|finding| match &finding.verdict {
            Verdict::Invalid(anomalies) => anomalies.as_slice(),
            Verdict::Valid(_) | Verdict::Unknown(_) => &[],
        })
    }
}
