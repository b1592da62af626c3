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
mod explain;
mod glob;
mod input;
mod judging;
mod list;
mod out;
mod panics;
mod parse;
mod replay;
mod rerun;
mod runs;
mod show;
mod simulate;
mod test_verb;

use args::{Cli, Verb};
use clap::Parser;
use clap::error::ErrorKind;
use exit::{Exit, Failure};
use out::{Out, complain};
use std::process::ExitCode;

pub use testimony::{Registry, models};

/// Runs the command line of this process and says what to end with.
///
/// Whatever is typed or read, it neither panics nor hangs: mistakes are one clear line on standard
/// error and a code of [`exit`].
#[expect(clippy::needless_pass_by_value, reason = "a program has one registry and ends here")]
pub fn main(registry: Registry) -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are what was asked for, not a mistake.
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            if asked || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
                // A reader that went away changes nothing.
                let _ = error.print();
            } else {
                complain(&one_line(&error.to_string()));
            }
            return if asked { Exit::Valid.into() } else { Exit::Usage.into() };
        }
    };
    panics::guard(|| run(&cli.verb, &registry)).unwrap_or_else(|failure| {
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
        Verb::Test(args) => return test_verb::run(&args.rest, false),
        Verb::Bless(args) => return test_verb::run(&args.rest, true),
        Verb::Bench(args) => return bench::run(args),
        _ => {}
    }
    let mut out = Out::stdout();
    let exit = match verb {
        Verb::Check(args) => check::run(args, registry, &mut out),
        Verb::Replay(args) => replay::run(args, registry, &mut out),
        Verb::Rerun(args) => rerun::run(args, registry, &mut out),
        Verb::Show(args) => show::run(args, &mut out),
        Verb::List(args) => list::run(args.what, registry, &mut out),
        Verb::Explain(args) => explain::run(args.anomaly, registry, &mut out),
        Verb::Test(_) | Verb::Bless(_) | Verb::Bench(_) => Ok(Exit::Valid),
    };
    let flushed = out.flush();
    let exit = exit?;
    flushed?;
    Ok(exit.into())
}
