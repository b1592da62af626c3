//! Instruction counts of small fixed jobs, so that a regression shows on a noisy machine.

use crate::child;
use crate::environment;
use crate::job::{Job, Source};
use crate::plan;
use crate::report::{CountRow, Report};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;

/// More than this many percent above the baseline is a regression, and as much below a reason to
/// write a new one.
const TOLERANCE: f64 = 3.0;

/// The file of the baseline.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct Baseline {
    /// Another compiler counts otherwise.
    compiler: String,
    instructions: BTreeMap<String, u64>,
}

/// Counts what is wanted, compares it with the baseline, and with `bless` writes it there.
///
/// # Errors
///
/// When the baseline cannot be read or written.
pub(crate) fn run(
    wants: &dyn Fn(&str) -> bool,
    bless: bool,
    say: &dyn Fn(&str),
    report: &mut Report,
) -> io::Result<()> {
    if !child::can_count() {
        report.left_out.push("instructions: valgrind is not installed".to_owned());
        return Ok(());
    }
    let mut baseline = read()?;
    let compiler = environment::compiler();
    if !baseline.instructions.is_empty() && baseline.compiler != compiler {
        say(&format!("the baseline is of {}, this is {compiler}", baseline.compiler));
    }
    for (name, recipe, work) in plan::counted().into_iter().filter(|(name, ..)| wants(name)) {
        say(&format!("counting {name}"));
        let counted = child::instructions(&Job { source: Source::Made(recipe), work, runs: 1 });
        match counted {
            Ok(counted) => report.counts.push(row(name, counted, &baseline)),
            Err(error) => report.left_out.push(format!("instructions of {name}: {error}")),
        }
    }
    if bless {
        let counted = report.counts.iter().map(|row| (row.name.clone(), row.instructions));
        baseline.instructions.extend(counted);
        let known = |name: &String| plan::counted().iter().any(|(known, ..)| known == name);
        baseline.instructions.retain(|name, _| known(name));
        baseline.compiler = compiler;
        return write(&baseline);
    }
    let above = |row: &&CountRow| row.change.is_some_and(|change| change > TOLERANCE);
    let told = |row: &CountRow| format!("{}: {:+.1} %", row.name, row.change.unwrap_or_default());
    report.regressions.extend(report.counts.iter().filter(above).map(told));
    if report.counts.iter().any(|row| row.change.is_none_or(|change| change < -TOLERANCE)) {
        say("some counts have no baseline or a better one: --instructions --bless writes it");
    }
    Ok(())
}

fn row(name: &str, instructions: u64, baseline: &Baseline) -> CountRow {
    let baseline = baseline.instructions.get(name).copied();
    #[expect(clippy::cast_precision_loss, reason = "a percentage")]
    let change = baseline.map(|before| (instructions as f64 / before as f64 - 1.0) * 100.0);
    CountRow { name: name.to_owned(), instructions, baseline, change }
}

fn read() -> io::Result<Baseline> {
    match std::fs::read(environment::baseline()) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Baseline::default()),
        Err(error) => Err(error),
    }
}

fn write(baseline: &Baseline) -> io::Result<()> {
    let text = serde_json::to_string_pretty(baseline).map_err(io::Error::other)?;
    std::fs::write(environment::baseline(), text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_percent_of_the_baseline() {
        let instructions = BTreeMap::from([("a".to_owned(), 200)]);
        let baseline = Baseline { compiler: String::new(), instructions };
        assert_eq!(row("a", 230, &baseline).change.map(f64::round), Some(15.0));
        assert_eq!(row("b", 230, &baseline).change, None);
    }
}
