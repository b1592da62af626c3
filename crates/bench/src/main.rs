//! The benchmark: ours and its peers on the same histories, in one run. `cargo xtask bench` builds and
//! runs it.
//!
//! Every measurement is a process of its own ([`child`]), which gets a [`job`] as data, makes the
//! history from its [`recipe`], and [measures](measure). What is measured is in [`plan`]; [`mod@judge`]
//! runs it and gathers the [`report`].
//!
//! Exit codes as of `cargo xtask`: 0 when every verdict is as expected and no instruction count
//! regressed, 1 when not, 64 when the command line is wrong, 74 when input or output failed. A target
//! that was missed is said in the table and is no failure: the machine may be busy.

mod args;
mod child;
mod clock;
mod corpus;
mod digest;
mod draw;
mod end_to_end;
mod environment;
mod forecast;
mod instructions;
mod job;
mod judge;
mod make;
mod measure;
mod memory;
mod peers;
mod plan;
mod recipe;
mod report;
mod sim;
mod table;

use args::{Args, Output, Verb};
use clap::Parser;
use std::io::{self, Write};
use std::process::ExitCode;

const FAILED: u8 = 1;
const USAGE: u8 = 64;
const INPUT_OUTPUT: u8 = 74;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Nothing can be done when that fails.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { USAGE } else { 0 });
        }
    };
    let ended = match &args.verb {
        Verb::Job { job } => parse(job).and_then(|job| tell(&measure::run(&job))),
        Verb::Make { recipe, file } => {
            parse(recipe).and_then(|recipe| end_to_end::write(&recipe, file))
        }
        Verb::SimPlan => {
            sim::ours::new_plan().and_then(|plan| write!(io::stdout().lock(), "{plan}"))
        }
        Verb::SimJob(job) => sim::job(job).and_then(|done| tell(&done)),
        Verb::Sim(args) => sim::run(args).and_then(|report| match args.format {
            Output::Text => write!(io::stdout().lock(), "{}", report.text()),
            Output::Json => tell(&report),
        }),
        Verb::Judge(args) => return judge(args),
    };
    ended.map_or_else(complain, |()| ExitCode::SUCCESS)
}

fn parse<T: for<'de> serde::Deserialize<'de>>(text: &str) -> io::Result<T> {
    serde_json::from_str(text).map_err(io::Error::other)
}

fn tell<T: serde::Serialize>(what: &T) -> io::Result<()> {
    let text = serde_json::to_string(what).map_err(io::Error::other)?;
    writeln!(io::stdout().lock(), "{text}")
}

#[expect(clippy::needless_pass_by_value, reason = "it is used as a function of errors")]
fn complain(error: io::Error) -> ExitCode {
    // Nothing can be done when that fails.
    let _ = writeln!(io::stderr().lock(), "error: {error}");
    ExitCode::from(INPUT_OUTPUT)
}

fn judge(args: &args::Judge) -> ExitCode {
    let show = |report: &report::Report| -> io::Result<()> {
        match args.format {
            Output::Text => write!(io::stdout().lock(), "{}", report.text())?,
            Output::Json => tell(report)?,
        }
        args.write.as_ref().map_or(Ok(()), |file| std::fs::write(file, report.markdown()))
    };
    let report = match judge::run(args) {
        Ok(report) => report,
        Err(error) => return complain(error),
    };
    if let Err(error) = show(&report) {
        return complain(error);
    }
    if report.wrong.is_empty() && report.regressions.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    }
}
