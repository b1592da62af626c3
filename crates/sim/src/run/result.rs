//! What a run leaves behind.

use crate::{Coverage, Determinism, PlanError};
use std::io;
use testimony_history::Record;
use testimony_model::Model;

/// A run: what was recorded, and what it exercised.
#[derive(Clone, Debug)]
pub struct Ran<M: Model> {
    /// History, faults, messages and findings.
    pub record: Record<M::Op, M::Ret>,
    /// What was exercised.
    pub coverage: Coverage,
    /// How long the run took in virtual milliseconds.
    pub virtual_ms: u64,
    /// What the code under test told through `tracing` (INFO and above), in virtual time:
    /// `<ms> <host> <level> <target>: <message and fields>`.
    pub log: Vec<String>,
}

/// Why a run did not take place or was broken off.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The plan makes no sense.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The plan is for another system.
    #[error("the plan is for the system `{plan}`, this is `{cluster}`")]
    OtherSystem {
        /// The system in the plan.
        plan: String,
        /// The system of the cluster.
        cluster: String,
    },
    /// The cluster lacks a part.
    #[error("the cluster has no {0}")]
    Incomplete(&'static str),
    /// The build or the process cannot give what the cluster requires.
    #[error(
        "the check requires the determinism level `{required}`, this is `{has}`: {}",
        required.remedy()
    )]
    LowLevel {
        /// What is required.
        required: Determinism,
        /// What runs of this process have.
        has: Determinism,
    },
    /// The history could not be written.
    #[error("cannot write the history: {0}")]
    Write(#[source] io::Error),
    /// No thread could be started for the run.
    #[error("cannot start a thread for the run: {0}")]
    Thread(#[source] io::Error),
    /// A task has not given control back for a long time: it blocks its thread or never ends.
    #[error(
        "a task of {host} did not give control back at {virtual_ms} ms of virtual time: it blocks or never ends"
    )]
    Hung {
        /// When, in virtual milliseconds.
        virtual_ms: u64,
        /// The host whose task was polled last.
        host: String,
    },
    /// The simulator itself panicked.
    #[error("the simulator panicked: {0}")]
    Panicked(String),
}
