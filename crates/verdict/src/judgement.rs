//! All verdicts on one history.

use crate::{Anomaly, Assurance, Level, Property, Staleness, Verdict, VerdictName};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Which engine decided.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Engine {
    /// Zones: log-linear, for registers whose written values are unique.
    Zones,
    /// Tuning: log-linear, for sets, queues, stacks and priority queues whose values are unique.
    Tuning,
    /// Blocks of acquisition and release: log-linear, for locks.
    Blocks,
    /// Positions: log-linear, for sequences, logs and fetch-and-add, whose answers give the order.
    Positions,
    /// The general search, for any model.
    Search,
    /// What must come before what, until nothing new follows: polynomial, for levels below
    /// linearizability where each read names its write.
    Saturation,
    /// Each read against the writes around it, for regular and safe registers and at rest.
    Intervals,
    /// Different engines for different keys.
    Mixed,
    /// A count over the whole history, for an invariant.
    Invariant,
}

impl Engine {
    /// The engines that can be asked for linearizability: the log-linear ones, and the search.
    pub const LINEARIZABLE: &'static [Engine] =
        &[Engine::Zones, Engine::Tuning, Engine::Blocks, Engine::Positions, Engine::Search];

    /// Its name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Zones => "zones",
            Engine::Tuning => "tuning",
            Engine::Blocks => "blocks",
            Engine::Positions => "positions",
            Engine::Search => "search",
            Engine::Saturation => "saturation",
            Engine::Intervals => "intervals",
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
    /// Properties that nobody can decide a second time: their checkers alone vouch.
    pub alone: BTreeSet<Property>,
    /// How stale the reads of keys that are not linearizable were, where that was asked for.
    pub staleness: Vec<Staleness>,
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

    /// Who vouches for a verdict: the engine alone, where any anomaly's core was too large to be
    /// decided again or nothing can decide the property again. `None` where nothing is claimed.
    pub fn assurance(&self, property: &Property) -> Option<Assurance> {
        let large = |anomaly: &Anomaly| anomaly.assurance == Assurance::EngineOnly;
        match &self.by.get(property)?.verdict {
            Verdict::Unknown(_) => None,
            Verdict::Invalid(anomalies) if anomalies.iter().any(large) => {
                Some(Assurance::EngineOnly)
            }
            _ if self.alone.contains(property) => Some(Assurance::EngineOnly),
            Verdict::Valid(_) | Verdict::Invalid(_) => Some(Assurance::Reproved),
        }
    }

    /// How many verdicts rest on their engine alone.
    pub fn engine_only(&self) -> usize {
        let alone = |of: &&Property| self.assurance(of) == Some(Assurance::EngineOnly);
        self.by.keys().filter(alone).count()
    }

    /// The strongest levels that certainly hold: several where none implies the other.
    pub fn holds(&self) -> Vec<Level> {
        let valid = self.levels(VerdictName::Valid);
        let above =
            |level: &Level| valid.iter().any(|other| other != level && other.implies(*level));
        valid.iter().copied().filter(|level| !above(level)).collect()
    }

    /// The weakest levels that certainly break: several where none implies the other.
    pub fn breaks(&self) -> Vec<Level> {
        let invalid = self.levels(VerdictName::Invalid);
        let below =
            |level: &Level| invalid.iter().any(|other| other != level && level.implies(*other));
        invalid.iter().copied().filter(|level| !below(level)).collect()
    }

    /// The levels with this verdict, in the order of [`Level::ALL`].
    pub fn levels(&self, verdict: VerdictName) -> Vec<Level> {
        let level = |(property, finding): (&Property, &Finding)| match property {
            Property::Level(level) if finding.verdict.name() == verdict => Some(*level),
            Property::Level(_) | Property::Invariant(_) => None,
        };
        self.by.iter().filter_map(level).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Engine, Finding, Judgement};
    use crate::{Certificate, Level, Property, Unknown, Verdict};

    #[test]
    fn the_answer_is_where_the_history_stands_between_the_levels() {
        let valid = || Verdict::Valid(Certificate::Checked);
        let invalid = || Verdict::Invalid(Vec::new());
        let verdicts = [
            (Level::Linearizable, invalid()),
            (Level::Sequential, invalid()),
            (Level::CausalMemory, Verdict::Unknown(Unknown::Vacuous)),
            (Level::CausalConvergence, invalid()),
            (Level::Pram, valid()),
            (Level::ReadYourWrites, valid()),
            (Level::WritesFollowReads, valid()),
            (Level::Regular, invalid()),
            (Level::Safe, valid()),
        ];
        let engine = Engine::Search;
        let finding = |(level, verdict)| (Property::Level(level), Finding { verdict, engine });
        let by = verdicts.into_iter().map(finding).collect();
        let judgement = Judgement { by, ..Judgement::default() };
        assert_eq!(judgement.holds(), [Level::Pram, Level::WritesFollowReads, Level::Safe]);
        assert_eq!(judgement.breaks(), [Level::CausalConvergence, Level::Regular]);
    }
}
