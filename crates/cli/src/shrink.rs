//! `shrink`: makes a failing plan as small as it goes, and leaves it in the run's directory.

use crate::args;
use crate::environment;
use crate::exit::{Exit, Failure};
use crate::judging::Judge;
use crate::out::Out;
use crate::panics;
use crate::rerun::subject;
use crate::runs::{self, Found, RunDir};
use crate::simulate::{self, PlanHead};
use std::panic::{AssertUnwindSafe, catch_unwind};
use testimony::report::safe::clean;
use testimony::{Minimal, Registry, ShrinkOptions, Subject};

/// Minimises a plan, writes the result and prints the smallest plan with its report.
pub(crate) fn run(
    args: &args::Shrink,
    registry: &Registry,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let base = environment::runs();
    let found = runs::find(&base, &args.run)?;
    let plan = match &found {
        Found::Seed { system, seed } => {
            subject(registry, system).map_err(Failure::usage)?.plan(*seed)
        }
        Found::Plan(path) => runs::read(path)?,
        Found::Dir(path) => runs::read(&path.join(runs::PLAN))?,
    };
    let bad = |what: String| Failure::unreadable(format!("{}: {what}", args.run));
    let head = PlanHead::read(&plan).map_err(bad)?;
    let subject = subject(registry, &head.system).map_err(bad)?;
    let threads = args.jobs.map_or_else(environment::cores, usize::from);
    let id = runs::id(subject.name(), head.seed);
    let options = ShrinkOptions { runs_max: args.runs_max, at_once: 0 };
    let minimal = crate::check::pool(threads)?.install(|| minimise(subject, &plan, &options))?;
    let Some(minimal) = minimal else {
        out.line(&format!("{id}: the plan shows no anomaly and no finding: nothing to shrink"))?;
        return Ok(Exit::NothingChecked);
    };
    let dir = match found {
        Found::Dir(path) => RunDir::at(path),
        Found::Plan(_) | Found::Seed { .. } => {
            let dir = RunDir::create(&base, subject.name(), head.seed, &plan)?;
            dir.write(runs::PLAN, plan.as_bytes())?;
            dir
        }
    };
    leave(&minimal, &dir)?;
    if let Some(below) = dir.below(&base) {
        runs::remember(&base, &below);
    }
    let ran = simulate::run(subject, &minimal.minimal, &Judge::plain(), None)?;
    out.write(&ran.brief)?;
    out.line("")?;
    tell(&minimal, out)?;
    out.line(&format!("  again: cargo xtask rerun {}", dir.file_shown(Minimal::MINIMAL_FILE)))?;
    Ok(if minimal.is_steady { Exit::Anomaly } else { Exit::NotDeterministic })
}

/// Minimises the plan of a run that failed and leaves the result in its directory; in words.
pub(crate) fn after_failure(
    subject: &dyn Subject,
    plan: &str,
    dir: &RunDir,
) -> Result<Option<String>, Failure> {
    let minimal = minimise(subject, plan, &ShrinkOptions::default())?;
    let Some(minimal) = minimal else { return Ok(None) };
    leave(&minimal, dir)?;
    let lines: Vec<String> = minimal.summary().lines().map(clean).collect();
    Ok(Some(lines.join("\n")))
}

fn minimise(
    subject: &dyn Subject,
    plan: &str,
    options: &ShrinkOptions,
) -> Result<Option<Minimal>, Failure> {
    let shrunk = catch_unwind(AssertUnwindSafe(|| subject.shrink(plan, options)));
    let shrunk = shrunk.map_err(|payload| {
        Failure::internal(format!(
            "{}: internal error: {}",
            subject.name(),
            panics::words(&*payload)
        ))
    })?;
    shrunk.map_err(|error| Failure {
        exit: simulate::exit_of(&error),
        message: format!("{}: {error}", subject.name()),
    })
}

fn leave(minimal: &Minimal, dir: &RunDir) -> Result<(), Failure> {
    minimal.files().iter().try_for_each(|(name, text)| dir.write(name, text.as_bytes()))
}

fn tell(minimal: &Minimal, out: &mut Out) -> Result<(), Failure> {
    minimal.summary().lines().try_for_each(|line| out.line(&clean(line)))
}
