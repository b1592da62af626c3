//! `rerun`: simulates a recorded plan (or a seed) again, and says whether it diverged and where.

use crate::args;
use crate::environment;
use crate::exit::{Exit, Failure};
use crate::judging::{Judge, exit_of};
use crate::out::Out;
use crate::runs::{self, Found};
use crate::simulate::{self, PlanHead, difference};
use std::path::Path;
use testimony::report::safe::fit;
use testimony::{Expect, Minimal, Registry, Subject};

/// Columns of each line that a difference shows.
const DIFFERENCE_COLUMNS: usize = 120;

/// Simulates it again and prints the report.
pub(crate) fn run(args: &args::Rerun, registry: &Registry, out: &mut Out) -> Result<Exit, Failure> {
    let judge = Judge::new(&args.judging, registry)?.with_staleness();
    let base = environment::runs();
    let found = runs::find(&base, &args.run)?;
    let (plan, recorded) = match &found {
        Found::Seed { system, seed } => {
            let subject = subject(registry, system).map_err(Failure::usage)?;
            (subject.plan(*seed), None)
        }
        Found::Plan(path) => (runs::read(path)?, beside(path)),
        Found::Dir(path) => (runs::read(&path.join(runs::PLAN))?, beside(&path.join(runs::PLAN))),
    };
    let head = PlanHead::read(&plan)
        .map_err(|what| Failure::unreadable(format!("{}: {what}", args.run)))?;
    let subject = subject(registry, &head.system)
        .map_err(|what| Failure::unreadable(format!("{}: {what}", args.run)))?;
    // A recorded run stays as it is: the new one is only kept on request, and elsewhere.
    let again = base.join("rerun");
    let ran = simulate::run(subject, &plan, &judge, args.keep.then_some(again.as_path()))?;
    let mut exits: Vec<Exit> = ran.timed.judgement.by.values().map(exit_of).collect();
    // A system broken on purpose may fail in any way: it is judged by its anomalies alone.
    if !ran.findings.is_empty() && matches!(subject.expect(), Expect::Holds) {
        exits.push(Exit::Anomaly);
    }
    match recorded {
        None => out.line(&format!("{}: nothing is recorded to compare with", ran.id))?,
        Some(text) => {
            let (exit, words) = compare(&text, &ran.history);
            exits.push(exit);
            out.line(&format!("{}: {words}", ran.id))?;
        }
    }
    for finding in &ran.findings {
        out.line(&format!("finding: {}", fit(finding, DIFFERENCE_COLUMNS)))?;
    }
    out.write(&ran.report)?;
    if let Some(dir) = &ran.dir {
        out.line(&format!("  files: {}", dir.shown()))?;
    }
    Ok(Exit::of(exits))
}

/// The history recorded beside a plan, where there is one. Beside a minimal plan lies that of the
/// plan that it was made from.
fn beside(plan: &Path) -> Option<String> {
    if plan.file_name().is_some_and(|name| name == Minimal::MINIMAL_FILE) {
        return None;
    }
    let bytes = std::fs::read(plan.with_file_name(runs::HISTORY)).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether the new history is the recorded one, in words.
fn compare(recorded: &str, now: &str) -> (Exit, String) {
    let lines = recorded.lines().count();
    let Some((line, was, is)) = difference(recorded, now) else {
        return (Exit::Valid, format!("the same history as recorded ({lines} lines)"));
    };
    if now.starts_with(recorded) {
        let words = format!("the record ends early, at line {lines}; up to there it is the same");
        return (Exit::Valid, words);
    }
    let (was, is) = (fit(&was, DIFFERENCE_COLUMNS), fit(&is, DIFFERENCE_COLUMNS));
    let words = format!(
        "diverged from its record at line {line} of {}\n  recorded: {was}\n  now:      {is}",
        runs::HISTORY
    );
    (Exit::NotDeterministic, words)
}

/// The system of this name.
pub(crate) fn subject<'r>(registry: &'r Registry, name: &str) -> Result<&'r dyn Subject, String> {
    let found = registry.subjects.iter().find(|subject| subject.name() == name);
    found.map(|subject| &**subject).ok_or_else(|| {
        let known: Vec<_> = registry.subjects.iter().map(|subject| subject.name()).collect();
        format!("unknown system `{name}`; known: {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_the_same_cut_short_or_different() {
        assert_eq!(compare("a\nb\n", "a\nb\n").0, Exit::Valid);
        let (exit, words) = compare("a\nb", "a\nbc\nd\n");
        assert_eq!(exit, Exit::Valid);
        assert!(words.contains("ends early"), "{words}");
        let (exit, words) = compare("a\nx\nc\n", "a\nb\nc\n");
        assert_eq!(exit, Exit::NotDeterministic);
        assert!(words.contains("line 2"), "{words}");
    }
}
