//! Systems behind one face, so that a command line can run any of them.

use crate::{AnyModel, Expect, JudgeOptions, Minimal, ShrinkOptions};
use serde::{Deserialize, Serialize};
use std::io::Write;
use testimony_history::{Decoded, FaultEvent, Message};
use testimony_sim::{Coverage, Divergence, RunError, Shape};
use testimony_verdict::{Judgement, Property};

/// A system under test with its workload, faults, model and claims.
pub trait Subject: Send + Sync {
    /// Its name, `system/variant`, e.g. `quorum-register/abd`.
    fn name(&self) -> &str;

    /// One line: what it is, or how it is broken.
    fn summary(&self) -> &str;

    /// The name of its model.
    fn model(&self) -> &'static str;

    /// What it promises: the properties by which it is judged.
    fn claims(&self) -> Vec<Property>;

    /// Whether it holds or is broken on purpose.
    fn expect(&self) -> &Expect;

    /// Draws the plan of a seed and gives it as JSON.
    fn plan(&self, seed: u64) -> String {
        self.plan_as(seed, &Shape::default())
    }

    /// The same in another shape: so many nodes, clients and steps, these faults.
    fn plan_as(&self, seed: u64, shape: &Shape) -> String;

    /// Runs a plan; the history is written to `history` line by line while it happens.
    ///
    /// # Errors
    ///
    /// The item of the plan that is wrong and what is allowed; or the history cannot be written.
    fn simulate(
        &self,
        plan: &str,
        history: Box<dyn Write + Send>,
    ) -> Result<Box<dyn AnyRun>, RunError>;

    /// Takes a run that another process made: its history as the bytes of a native file, and the
    /// rest of it.
    ///
    /// # Errors
    ///
    /// The history cannot be read; says why.
    fn recall(&self, history: String, parts: RunParts) -> Result<Box<dyn AnyRun>, String>;

    /// Makes a failing plan as small as it goes; `None` when it does not fail. What counts as the
    /// same failure: the same anomaly on the same key, or the same finding.
    ///
    /// # Errors
    ///
    /// As for [`Subject::simulate`].
    fn shrink(&self, plan: &str, options: &ShrinkOptions) -> Result<Option<Minimal>, RunError>;

    /// Runs a plan twice and finds the first event in which the runs differ; `None` when they do
    /// not.
    ///
    /// # Errors
    ///
    /// As for [`Subject::simulate`].
    fn diagnose(&self, plan: &str) -> Result<Option<Divergence>, RunError>;

    /// What a message of its journal is about, where the system says so.
    fn decode(&self, _message: &Message) -> Option<Decoded> {
        None
    }
}

/// A moment of a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Moment {
    /// How many events the history had by then.
    pub events: u32,
    /// The virtual time in milliseconds.
    pub ms: u64,
}

/// What a run left behind, whatever its model.
pub trait AnyRun: Send {
    /// The history as the bytes of a native file.
    fn history(&self) -> &str;

    /// The plan with the steps that were chosen while the run went on, where the plan that was run
    /// had left them open.
    fn completed_plan(&self) -> Option<&str>;

    /// What the nemesis did.
    fn faults(&self) -> &[FaultEvent];

    /// What went over the network.
    fn messages(&self) -> &[Message];

    /// Panics of tasks and other findings about the run itself.
    fn findings(&self) -> &[String];

    /// What the code under test told through `tracing`, a line each, in virtual time.
    fn log(&self) -> &[String];

    /// How long the run took in virtual milliseconds.
    fn virtual_ms(&self) -> u64;

    /// How well the run exercised the system.
    fn coverage(&self) -> &Coverage;

    /// When the run had failed: the first moment at which what a judgement blames had happened.
    /// Without an anomaly, the end of the history.
    fn failed_at(&self, judgement: &Judgement) -> Moment;

    /// Judges the history by the system's claims (or by the properties that the options name).
    fn judge(&self, options: &JudgeOptions) -> Judgement;
}

/// All parts of a run but its history, as plain data: how a run goes from one process to another.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunParts {
    /// What the nemesis did.
    pub faults: Vec<FaultEvent>,
    /// What went over the network.
    pub messages: Vec<Message>,
    /// Findings about the run itself.
    pub findings: Vec<String>,
    /// What the code under test told.
    pub log: Vec<String>,
    /// What the run exercised.
    pub coverage: Coverage,
    /// How long it took in virtual milliseconds.
    pub virtual_ms: u64,
    /// The plan with what was chosen while it ran, where anything was.
    pub completed_plan: Option<String>,
}

impl RunParts {
    /// The parts of a run.
    pub fn of(run: &dyn AnyRun) -> RunParts {
        RunParts {
            faults: run.faults().to_vec(),
            messages: run.messages().to_vec(),
            findings: run.findings().to_vec(),
            log: run.log().to_vec(),
            coverage: run.coverage().clone(),
            virtual_ms: run.virtual_ms(),
            completed_plan: run.completed_plan().map(str::to_owned),
        }
    }
}

/// Everything that a command line can name.
pub struct Registry {
    /// The systems under test.
    pub subjects: Vec<Box<dyn Subject>>,
    /// The models by which histories can be judged.
    pub models: Vec<Box<dyn AnyModel>>,
}
