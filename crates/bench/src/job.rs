//! One measurement as data: what to do with which history, and what came of it.
//!
//! A job travels to its process as JSON in an argument, what came of it comes back as a line of JSON
//! on standard output.

use crate::forecast::Foretold;
use crate::recipe::Recipe;
use serde::{Deserialize, Serialize};

/// Which histories.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
    /// One, made from a recipe.
    Made(Recipe),
    /// The recorded histories of etcd, all of them.
    Etcd,
}

/// A checker of somebody else's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Peer {
    Porcupine,
    Todc,
    Stateright,
}

impl Peer {
    pub(crate) const ALL: [Peer; 3] = [Peer::Porcupine, Peer::Todc, Peer::Stateright];

    /// Its name on the registry, with the version that `Cargo.toml` asks for.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Peer::Porcupine => "porcupine-rs 0.3",
            Peer::Todc => "todc-utils 0.1",
            Peer::Stateright => "stateright 0.31",
        }
    }
}

/// What to measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Work {
    /// The decision alone (with the order where there is one, without a core).
    Decide,
    /// The decision by the general search, whatever else would fit.
    Search,
    /// The whole check: decision, then certificate or core, name and explanation.
    Check,
    /// The whole check, and the verifier after it: what `replay` does with a history in memory.
    Judge,
    /// The decision; and, as `more_ms`, what core, name, explanation and report take beside it.
    Explain,
    /// What `stats` foretells of it, against what the decision takes.
    Forecast,
    /// Reading it from the native format.
    Read,
    /// The decision of somebody else.
    Peer(Peer),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) source: Source,
    pub(crate) work: Work,
    /// How often at most; the best counts.
    pub(crate) runs: u32,
}

/// Verdicts, counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) valid: u32,
    pub(crate) invalid: u32,
    pub(crate) unknown: u32,
    /// Verdicts that are not the expected one.
    pub(crate) wrong: u32,
}

impl Tally {
    pub(crate) fn add(&mut self, said: Option<bool>, expected: bool) {
        match said {
            Some(true) => self.valid += 1,
            Some(false) => self.invalid += 1,
            None => self.unknown += 1,
        }
        self.wrong += u32::from(said.is_some_and(|said| said != expected));
    }
}

/// What came of a job.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) operations: u32,
    pub(crate) info: u32,
    /// Tells whether two processes judged the same histories.
    pub(crate) digest: u64,
    pub(crate) tally: Tally,
    /// The engines that decided, where they are ours.
    pub(crate) engine: Option<String>,
    pub(crate) ms: f64,
    pub(crate) more_ms: Option<f64>,
    /// What the process took before the clock started: mostly the history itself.
    pub(crate) before_kib: Option<u64>,
    pub(crate) peak_kib: Option<u64>,
    /// For each history.
    pub(crate) foretold: Vec<Foretold>,
}

/// What the process of a job says at its end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reply {
    Done(Outcome),
    /// The job cannot be done, and why.
    Cannot(String),
}
