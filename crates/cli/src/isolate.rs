//! `--isolate`: each run in a process of its own.
//!
//! Some code under test keeps counters for its whole process: numbers of tasks, seeds of `select!`.
//! Whatever ran before then changes a run. A fresh process has counted nothing; with entropy that
//! follows from the seed (feature `interpose`) it does the same every time.
//!
//! The parent starts this program again with a hidden verb and writes the plan to its input. The
//! child writes one line of JSON (all parts of the run but the history), then the history.

use crate::args;
use crate::environment;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::rerun::subject;
use crate::simulate;
use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use testimony::history::{Decoded, Message};
use testimony::report::json;
use testimony::sim::{Divergence, RunError, Shape, declare_isolated};
use testimony::verdict::Property;
use testimony::{AnyRun, Expect, Minimal, Registry, RunParts, ShrinkOptions, Subject};

/// A plan is not longer than this.
const PLAN_BYTES_MAX: u64 = 64 << 20;

/// The hidden verb, in the child.
pub(crate) fn run(
    args: &args::Isolated,
    registry: &Registry,
    out: &mut Out,
) -> Result<Exit, Failure> {
    declare_isolated();
    let subject = subject(registry, &args.system).map_err(Failure::usage)?;
    let mut plan = String::new();
    let read = io::stdin().take(PLAN_BYTES_MAX).read_to_string(&mut plan);
    read.map_err(|error| Failure::io("cannot read the plan", &error))?;
    let run = subject
        .simulate(&plan, Box::new(io::sink()))
        .map_err(|error| Failure { exit: simulate::exit_of(&error), message: error.to_string() })?;
    out.line(&json::line(&RunParts::of(&*run)))?;
    out.write(run.history())?;
    Ok(Exit::Valid)
}

/// A system whose runs each have a process of their own.
pub(crate) struct Isolated<'s>(pub(crate) &'s dyn Subject);

impl Subject for Isolated<'_> {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn summary(&self) -> &str {
        self.0.summary()
    }

    fn model(&self) -> &'static str {
        self.0.model()
    }

    fn claims(&self) -> Vec<Property> {
        self.0.claims()
    }

    fn expect(&self) -> &Expect {
        self.0.expect()
    }

    fn plan_as(&self, seed: u64, shape: &Shape) -> String {
        self.0.plan_as(seed, shape)
    }

    fn simulate(
        &self,
        plan: &str,
        mut history: Box<dyn Write + Send>,
    ) -> Result<Box<dyn AnyRun>, RunError> {
        let (parts, text) = in_a_process(self.name(), plan).map_err(RunError::Process)?;
        history.write_all(text.as_bytes()).map_err(RunError::Write)?;
        self.recall(text, parts).map_err(RunError::Process)
    }

    fn recall(&self, history: String, parts: RunParts) -> Result<Box<dyn AnyRun>, String> {
        self.0.recall(history, parts)
    }

    fn shrink(&self, plan: &str, options: &ShrinkOptions) -> Result<Option<Minimal>, RunError> {
        self.0.shrink(plan, options)
    }

    fn diagnose(&self, plan: &str) -> Result<Option<Divergence>, RunError> {
        self.0.diagnose(plan)
    }

    fn decode(&self, message: &Message) -> Option<Decoded> {
        self.0.decode(message)
    }
}

/// Simulates a plan in a fresh process.
fn in_a_process(system: &str, plan: &str) -> Result<(RunParts, String), String> {
    let program = environment::program().ok_or("this program does not know where it is")?;
    let mut child = Command::new(program)
        .args(["isolated", system])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start a process: {error}"))?;
    if let Some(mut input) = child.stdin.take() {
        // A child that does not read its plan says why.
        let _ = input.write_all(plan.as_bytes());
    }
    let ended = child.wait_with_output().map_err(|error| error.to_string())?;
    let text = String::from_utf8(ended.stdout).map_err(|error| error.to_string())?;
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr).trim().replace('\n', "; ");
        return Err(match said.is_empty() {
            true => ended.status.to_string(),
            false => format!("{said} ({})", ended.status),
        });
    }
    let (parts, history) = text.split_once('\n').ok_or("it ended without a run")?;
    let parts = serde_json::from_str(parts).map_err(|error| error.to_string())?;
    Ok((parts, history.to_owned()))
}
