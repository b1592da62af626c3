//! What a campaign keeps of one seed: plain data that a shard writes and `merge` reads.

use crate::campaign::run::Setting;
use crate::exit::Exit;
use crate::judging::exit_of;
use crate::simulate::Ran;
use serde::{Deserialize, Serialize};
use testimony::sim::{Coverage, Family};
use testimony::verdict::Verdict;

/// One seed of one system.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) seed: u64,
    pub(crate) operations: u64,
    pub(crate) coverage: Coverage,
    /// The families of faults that its plan had on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) families: Vec<Family>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) anomalies: Vec<Seen>,
    /// What was noticed about the run itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) findings: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) unknown: Vec<Open>,
    /// Verdicts for which the engine alone vouches.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) engine_only: u64,
    /// The first difference to the second run of the seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unstable: Option<String>,
    /// No property was judged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) nothing_judged: bool,
    /// Only of a system that should hold: where there is an anomaly or a finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failed: Option<Failed>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// An anomaly, by names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    pub(crate) property: String,
    pub(crate) kind: String,
}

/// An unknown verdict.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Open {
    pub(crate) reason: String,
    /// It is a bug of ours.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) internal: bool,
}

/// A run that failed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Failed {
    /// How many events its history had when it had failed: how fast it failed, on any machine.
    pub(crate) events: u32,
    /// The same in virtual milliseconds.
    pub(crate) ms: u64,
    /// Its report with the first anomaly.
    pub(crate) report: String,
    /// Its directory below that of all runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dir: Option<String>,
}

impl Row {
    /// What is kept of a run. Its directory stays where the run failed or was not deterministic, or
    /// where all are to be kept.
    pub(crate) fn of(
        ran: Ran,
        unstable: Option<String>,
        setting: &Setting<'_>,
        broken: bool,
    ) -> Row {
        let judgement = &ran.timed.judgement;
        let anomalies: Vec<Seen> = judgement
            .anomalies()
            .map(|anomaly| Seen {
                property: anomaly.property.name().to_owned(),
                kind: anomaly.kind.id().to_owned(),
            })
            .collect();
        let open = judgement.by.values().filter_map(|finding| match &finding.verdict {
            Verdict::Unknown(why) => {
                let internal = exit_of(finding) == Exit::Internal;
                Some(Open { reason: why.to_string(), internal })
            }
            _ => None,
        });
        let unknown = open.collect();
        let has_failed = !(broken || anomalies.is_empty() && ran.findings.is_empty());
        let engine_only = judgement.engine_only() as u64;
        let nothing_judged = judgement.by.is_empty();
        let operations = judgement.operations as u64;
        let keeps = setting.keep || unstable.is_some() || has_failed;
        let dir = match (ran.dir, keeps) {
            (Some(dir), false) => {
                dir.remove(setting.base);
                None
            }
            (dir, _) => dir.and_then(|dir| dir.below(setting.base)),
        };
        let (events, ms) = (ran.failed_at.events, ran.failed_at.ms);
        let failed = has_failed.then_some(Failed { events, ms, report: ran.brief, dir });
        Row {
            seed: ran.seed,
            operations,
            coverage: ran.coverage,
            families: ran.families,
            anomalies,
            findings: ran.findings,
            unknown,
            engine_only,
            unstable,
            nothing_judged,
            failed,
        }
    }
}
