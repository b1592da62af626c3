//! The command line: arguments, run directories, progress, exit codes.
//!
//! [`main`] is all that a program needs; it gets a [`Registry`] of systems and models, so that
//! people outside this workspace can offer the same commands for their own systems:
//!
//! ```no_run
//! use std::process::ExitCode;
//! use testimony_cli::{Registry, models};
//!
//! fn main() -> ExitCode {
//!     testimony_cli::main(Registry { subjects: Vec::new(), models: models() })
//! }
//! ```
//!
//! The codes that it ends with are in [`exit`]. Data goes to standard output, talk to standard
//! error; nothing asks questions. Each verb is a module; the environment, the clock and the terminal
//! are reached through one module each.

mod args;
mod bench;
mod campaign;
mod check;
mod clock;
mod corpus;
mod environment;
pub mod exit;
mod expected;
mod explain;
mod glob;
mod input;
mod isolate;
mod judging;
mod list;
mod merge;
mod out;
mod panics;
mod parse;
mod replay;
mod rerun;
mod runs;
mod show;
mod shrink;
mod simulate;
mod stats;
mod test_verb;
mod verify;

use args::{Cli, Recorded, Verb};
use clap::Parser;
use clap::error::ErrorKind;
use exit::{Exit, Failure};
use out::{Out, complain};
use std::process::ExitCode;

pub use testimony::{Registry, models};

/// The program that has every verb.
const XTASK: &str = "cargo xtask";

/// The program that only has those for recorded histories.
const TESTIMONY: &str = "testimony";

/// Runs the command line of this process and says what to end with: every verb, as `cargo xtask`.
///
/// Whatever is typed or read, it neither panics nor hangs: mistakes are one clear line on standard
/// error and a code of [`exit`].
#[expect(clippy::needless_pass_by_value, reason = "a program has one registry and ends here")]
pub fn main(registry: Registry) -> ExitCode {
    match parsed::<Cli>() {
        Err(exit) => exit.into(),
        Ok(cli) => ended(|| run(&cli.verb, &registry)),
    }
}

/// The same with the verbs that need no system under test, as the program `testimony`.
#[expect(clippy::needless_pass_by_value, reason = "a program has one registry and ends here")]
pub fn testimony(registry: Registry) -> ExitCode {
    match parsed::<args::Testimony>() {
        Err(exit) => exit.into(),
        Ok(cli) => ended(|| recorded(&cli.verb, &registry, TESTIMONY)),
    }
}

/// What was typed; an error is the code to end with, after everything was said.
fn parsed<C: Parser>() -> Result<C, Exit> {
    C::try_parse().map_err(|error| {
        // Help and version are what was asked for, not a mistake.
        let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
        if asked || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            // A reader that went away changes nothing.
            let _ = error.print();
        } else {
            complain(&one_line(&error.to_string()));
        }
        if asked { Exit::Valid } else { Exit::Usage }
    })
}

fn ended(run: impl FnOnce() -> Result<ExitCode, Failure>) -> ExitCode {
    panics::guard(run).unwrap_or_else(|failure| {
        complain(&failure.message);
        failure.exit.into()
    })
}

/// What clap says of a mistake, in one line: what is wrong, and its tip where it has one.
fn one_line(said: &str) -> String {
    let paragraphs = said
        .split("\n\n")
        .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    let telling = paragraphs.enumerate().filter(|(at, text)| *at == 0 || text.starts_with("tip:"));
    let telling: Vec<String> = telling.map(|(_, text)| text).collect();
    let line = telling.join("; ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}

fn run(verb: &Verb, registry: &Registry) -> Result<ExitCode, Failure> {
    match verb {
        Verb::Test(args) => test_verb::run(&args.rest, false),
        Verb::Bless(args) => test_verb::run(&args.rest, true),
        Verb::Bench(args) => bench::run(args),
        Verb::Check(args) => flushed(|out| check::run(args, registry, out)),
        Verb::Merge(args) => flushed(|out| merge::run(args, out)),
        Verb::Rerun(args) => flushed(|out| rerun::run(args, registry, out)),
        Verb::Isolated(args) => flushed(|out| isolate::run(args, registry, out)),
        Verb::Shrink(args) => flushed(|out| shrink::run(args, registry, out)),
        Verb::Recorded(verb) => recorded(verb, registry, XTASK),
    }
}

/// The verbs that need no system under test; `program` is what is typed to call them.
fn recorded(
    verb: &Recorded,
    registry: &Registry,
    program: &'static str,
) -> Result<ExitCode, Failure> {
    flushed(|out| match verb {
        Recorded::Replay(args) => replay::run(args, registry, program, out),
        Recorded::Verify(args) => verify::run(args, registry, out),
        Recorded::Stats(args) => stats::run(args, registry, out),
        Recorded::Show(args) => show::run(args, registry, program, out),
        Recorded::List(args) => list::run(args.what, registry, out),
        Recorded::Explain(args) => explain::run(args.anomaly, registry, program, out),
    })
}

fn flushed(run: impl FnOnce(&mut Out) -> Result<Exit, Failure>) -> Result<ExitCode, Failure> {
    let mut out = Out::stdout();
    let exit = run(&mut out);
    let flushed = out.flush();
    let exit = exit?;
    flushed?;
    Ok(exit.into())
}
