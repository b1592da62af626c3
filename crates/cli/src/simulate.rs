//! One simulated run: plan, directory, simulation, judgement, report, in this order.

use crate::exit::{Exit, Failure};
use crate::judging::{self, Judge, Timed};
use crate::panics;
use crate::runs::{self, RunDir};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use testimony::report::json::{self, RunName};
use testimony::report::safe::{clean, wrap};
use testimony::report::spectrum::Spectrum;
use testimony::report::{lines, text};
use testimony::sim::{Coverage, Family, RunError};
use testimony::{AnyRun, Expect, Moment, Subject};

/// Anomalies in `report.txt` at most.
const REPORTS_MAX: usize = 10;

/// Findings in `report.txt` at most, where there is no anomaly.
const FINDINGS_MAX: usize = 10;

/// Columns of a finding's line.
const FINDING_COLUMNS: usize = 96;

/// Lines of a finding at most.
const FINDING_LINES_MAX: usize = 4;

/// What we read of a plan; the rest is the simulator's business.
#[derive(Deserialize, Debug)]
pub(crate) struct PlanHead {
    pub(crate) system: String,
    pub(crate) seed: u64,
    config: ConfigHead,
}

#[derive(Deserialize, Debug)]
struct ConfigHead {
    #[serde(default)]
    families: Vec<Family>,
}

impl PlanHead {
    pub(crate) fn read(plan: &str) -> Result<PlanHead, String> {
        serde_json::from_str(plan).map_err(|error| format!("no plan: {error}"))
    }

    /// The families of faults that the plan has on.
    pub(crate) fn families(&self) -> &[Family] {
        &self.config.families
    }
}

/// A run that was judged.
pub(crate) struct Ran {
    pub(crate) id: String,
    pub(crate) seed: u64,
    pub(crate) timed: Timed,
    pub(crate) coverage: Coverage,
    pub(crate) families: Vec<Family>,
    pub(crate) findings: Vec<String>,
    /// When it had failed, where it failed.
    pub(crate) failed_at: Moment,
    /// The history's bytes.
    pub(crate) history: String,
    /// What stands in `report.txt`.
    pub(crate) report: String,
    /// The same with the first anomaly only.
    pub(crate) brief: String,
    /// Everything that must be the same every time, by file name.
    pub(crate) compared: Vec<(&'static str, String)>,
    pub(crate) dir: Option<RunDir>,
}

impl Ran {
    /// The texts that must be the same every time, the history first.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let history = std::iter::once((runs::HISTORY, self.history.as_str()));
        history.chain(self.compared.iter().map(|(name, text)| (*name, text.as_str())))
    }
}

/// The file `run.json`.
#[derive(Serialize)]
struct RunFile<'a> {
    version: u32,
    run: &'a str,
    system: &'a str,
    seed: u64,
    model: &'a str,
    claims: Vec<String>,
}

/// Runs a plan and judges it. With a base folder everything is written to a run directory there.
///
/// A plan that the simulator refuses is unreadable; a panic of anything but the simulated nodes is
/// an internal error.
pub(crate) fn run(
    subject: &dyn Subject,
    plan: &str,
    judge: &Judge,
    base: Option<&Path>,
) -> Result<Ran, Failure> {
    let head = PlanHead::read(plan).map_err(Failure::unreadable)?;
    let id = runs::id(subject.name(), head.seed);
    let dir = match base {
        Some(base) => Some(RunDir::create(base, subject.name(), head.seed, plan)?),
        None => None,
    };
    if let Some(dir) = &dir {
        let claims = subject.claims().iter().map(ToString::to_string).collect();
        let (system, seed, model) = (subject.name(), head.seed, subject.model());
        let file = RunFile { version: 1, run: &id, system, seed, model, claims };
        dir.write(runs::RUN, format!("{}\n", json::line(&file)).as_bytes())?;
        dir.write(runs::PLAN, plan.as_bytes())?;
    }
    let sink: Box<dyn Write + Send> = match &dir {
        Some(dir) => dir.history()?,
        None => Box::new(io::sink()),
    };
    let run = guarded(&id, || subject.simulate(plan, sink))?
        .map_err(|error| Failure { exit: exit_of(&error), message: format!("{id}: {error}") })?;
    let messages = json::message_lines(run.messages());
    let log: String = run.log().iter().map(|line| clean(line) + "\n").collect();
    if let Some(dir) = &dir {
        if let Some(complete) = run.completed_plan() {
            dir.write(runs::PLAN, complete.as_bytes())?;
        }
        let packed = zstd::encode_all(messages.as_bytes(), 0)
            .map_err(|error| Failure::io(format!("cannot compress {}", runs::MESSAGES), &error))?;
        dir.write(runs::MESSAGES, &packed)?;
        dir.write(runs::LOG, log.as_bytes())?;
    }
    let properties = judge.chosen(subject.claims());
    if properties.is_empty() {
        let asked = judging::names(judge.asked());
        return Err(Failure::usage(format!("{} does not claim {asked}", subject.name())));
    }
    let timed = guarded(&id, || judge.run(&properties, |options| run.judge(options)))?;
    // A system broken on purpose may fail in any way: it is judged by its anomalies alone.
    let failing = matches!(subject.expect(), Expect::Holds);
    let findings = if failing { run.findings() } else { &[] };
    let (system, seed, model) = (subject.name(), head.seed, subject.model());
    let name = RunName { run: &id, system, seed, model, findings };
    let verdict = json::verdict_file(name, &timed.judgement);
    let text = report(&id, subject, &*run, &timed, REPORTS_MAX);
    if let Some(dir) = &dir {
        dir.write(runs::VERDICT, verdict.as_bytes())?;
        dir.write(runs::REPORT, text.as_bytes())?;
    }
    let faults: String = run.faults().iter().map(|fault| json::line(fault) + "\n").collect();
    let brief = report(&id, subject, &*run, &timed, 1);
    Ok(Ran {
        brief,
        seed: head.seed,
        coverage: run.coverage().clone(),
        families: head.families().to_vec(),
        findings: run.findings().to_vec(),
        failed_at: run.failed_at(&timed.judgement),
        history: run.history().to_owned(),
        compared: vec![
            ("faults", faults),
            ("messages.jsonl", messages),
            (runs::LOG, log),
            (runs::VERDICT, verdict),
            (runs::REPORT, text.clone()),
        ],
        report: text,
        id,
        timed,
        dir,
    })
}

/// The code that a run's error asks for.
pub(crate) fn exit_of(error: &RunError) -> Exit {
    match error {
        RunError::Plan(_) | RunError::OtherSystem { .. } => Exit::Unreadable,
        RunError::LowLevel { .. } => Exit::Usage,
        RunError::Write(_) => Exit::InputOutput,
        // The code under test blocks its thread, or has ended the process.
        RunError::Hung { .. } | RunError::Process(_) => Exit::Anomaly,
        RunError::Incomplete(_) | RunError::Thread(_) | RunError::Panicked(_) => Exit::Internal,
    }
}

fn guarded<T>(id: &str, body: impl FnOnce() -> T) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(body)).map_err(|payload| {
        let words = panics::words(&*payload);
        Failure::internal(format!("{id}: internal error: {words}; this is a bug, please report it"))
    })
}

/// A line for each property, then the first anomalies.
fn report(
    id: &str,
    subject: &dyn Subject,
    run: &dyn AnyRun,
    timed: &Timed,
    anomalies_max: usize,
) -> String {
    let mut out = String::new();
    for (property, finding) in &timed.judgement.by {
        out.push_str(&lines::verdict(id, 0, subject.model(), property, finding));
        out.push('\n');
    }
    let again = format!("cargo xtask rerun {id}");
    let spectrum = Spectrum::of(&timed.judgement);
    let context = text::Context {
        subject: id,
        faults: run.faults(),
        findings: run.findings(),
        again: Some(&again),
        program: Some(crate::XTASK),
        staleness: &timed.judgement.staleness,
        spectrum: spectrum.as_ref(),
        files: None,
    };
    for anomaly in timed.judgement.anomalies().take(anomalies_max) {
        out.push('\n');
        out.push_str(&text::render(anomaly, &context));
    }
    if timed.judgement.anomalies().next().is_none() && !run.findings().is_empty() {
        out.push_str(&findings(id, run.findings(), &again));
    }
    out
}

/// The report of a run whose answers are fine, but whose nodes are not.
fn findings(id: &str, findings: &[String], again: &str) -> String {
    let mut out = format!("\nFAIL {id}  the code under test failed\n\n");
    for finding in findings.iter().take(FINDINGS_MAX) {
        for line in wrap(finding, FINDING_COLUMNS, FINDING_LINES_MAX) {
            out.push_str(&format!("  {line}\n"));
        }
    }
    if findings.len() > FINDINGS_MAX {
        out.push_str(&format!("  ... and {} more\n", findings.len() - FINDINGS_MAX));
    }
    out.push_str(&format!("\n  again: {again}\n"));
    out
}

/// The first difference between two texts: the line's number, and both lines.
pub(crate) fn difference(one: &str, other: &str) -> Option<(usize, String, String)> {
    if one == other {
        return None;
    }
    let (mut left, mut right) = (one.lines(), other.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (left.next(), right.next()) {
            // Only the line ends differ.
            (None, None) => return Some((number, String::new(), String::new())),
            (left, right) if left != right => {
                let show = |line: Option<&str>| line.unwrap_or("(nothing)").to_owned();
                return Some((number, show(left), show(right)));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Exit, RunError, difference, exit_of};

    #[test]
    fn the_first_difference_has_its_line() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(difference("a\nb\n", "a\nc\n"), Some((2, "b".into(), "c".into())));
        assert_eq!(difference("a\n", "a\nb\n"), Some((2, "(nothing)".into(), "b".into())));
        assert_eq!(difference("a\n", "a"), Some((2, String::new(), String::new())));
    }

    #[test]
    fn code_that_blocks_is_no_bug_of_ours() {
        let hung = RunError::Hung { virtual_ms: 20, host: "n2".to_owned() };
        assert_eq!(exit_of(&hung), Exit::Anomaly);
        assert_eq!(exit_of(&RunError::Process("exit status: 7".to_owned())), Exit::Anomaly);
        assert_eq!(exit_of(&RunError::Panicked("in the simulator".to_owned())), Exit::Internal);
    }
}
