//! `show`: the report of a run again, from its directory, without running anything; or why one of its
//! operations answered what it did.

mod why;

use crate::args::{self, Output};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::runs::{self, Found};
use crate::{environment, parse};
use serde::Deserialize;
use testimony::Registry;
use testimony::report::safe::clean;

/// What we read of `verdict.json`.
#[derive(Deserialize)]
struct VerdictHead {
    verdict: Option<String>,
}

/// Prints the report, or the verdict file; ends as the run's verdict asks for.
pub(crate) fn run(
    args: &args::Show,
    registry: &Registry,
    program: &str,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let base = environment::runs();
    let dir = match runs::find(&base, &args.run)? {
        Found::Dir(path) => path,
        Found::Plan(path) => path.parent().map_or_else(|| ".".into(), ToOwned::to_owned),
        Found::Seed { system, seed } => {
            let id = runs::id(&system, seed);
            return Err(Failure::unreadable(format!(
                "{id} is not recorded: passing runs are not kept; {program} rerun {id} runs it"
            )));
        }
    };
    if let Some(op) = args.why {
        return why::run(&dir, op, args, registry, out);
    }
    let verdict = runs::read(&dir.join(runs::VERDICT)).map_err(|failure| Failure {
        exit: failure.exit,
        message: format!("{}; the run was not judged: rerun it", failure.message),
    })?;
    let head: VerdictHead = serde_json::from_str(&verdict)
        .map_err(|error| Failure::unreadable(format!("{}: {error}", runs::VERDICT)))?;
    let text = match args.format {
        Output::Json => verdict,
        Output::Text => {
            let report = runs::read(&dir.join(runs::REPORT))?;
            let files = format!("\n  files: {}\n", runs::shown(&dir));
            let asked = format!(
                "  why did an operation answer that: {program} show {} --why OP\n",
                args.run
            );
            report + &files + if why::can_be_asked(&dir) { &asked } else { "" }
        }
    };
    // The files could come from anywhere: print them as hostile text.
    for line in text.lines() {
        out.line(&clean(line))?;
    }
    Ok(parse::exit_of_verdict(head.verdict.as_deref()))
}
