//! Runs both sides in processes of their own and compares them.

use super::Done;
use super::report::{Report, Side};
use crate::args::{Sim, SimSide};
use crate::child;
use crate::environment;
use clap::ValueEnum;
use std::io::{self, Write};
use std::process::{Command, Output, Stdio};

/// Runs between which instructions are counted: starting up is in both.
const FEW: u32 = 2;
const MANY: u32 = 12;

/// Runs for the time of the processor.
const TIMED: u32 = 100;
const TIMED_QUICK: u32 = 5;

/// Seeds for the speed of a campaign.
const SEEDS: u32 = 200;

/// Measures both sides.
///
/// # Errors
///
/// When a process cannot be run, or does not say what it did.
pub(crate) fn run(args: &Sim) -> io::Result<Report> {
    let counts = !args.quick && child::can_count();
    let (timed, seeds) = if args.quick { (TIMED_QUICK, TIMED_QUICK) } else { (TIMED, SEEDS) };
    let side = |side| -> io::Result<Side> {
        let done = done(&process(None, side, timed)?)?;
        let instructions = match counts {
            true => Some(instructions(side)?),
            false => None,
        };
        Ok(Side { messages: done.messages, cpu_ms: done.cpu_ms / f64::from(timed), instructions })
    };
    let (ours, bare) = (side(SimSide::Ours)?, side(SimSide::Bare)?);
    let campaign = done(&process(None, SimSide::Seeds, seeds)?)?;
    let seeds_per_cpu_s = f64::from(seeds) * 1_000.0 / campaign.cpu_ms.max(1.0);
    Ok(Report::new(ours, bare, seeds_per_cpu_s))
}

fn process(through: Option<&[&str]>, side: SimSide, runs: u32) -> io::Result<Output> {
    let program = environment::program()?;
    let mut command = match through {
        Some([first, rest @ ..]) => {
            let mut command = Command::new(first);
            command.args(rest).arg(program);
            command
        }
        _ => Command::new(program),
    };
    let name = side.to_possible_value().map(|value| value.get_name().to_owned());
    let _ = writeln!(io::stderr().lock(), "{} runs: {}", runs, name.as_deref().unwrap_or_default());
    command.args(["sim-job", &name.unwrap_or_default(), &runs.to_string()]);
    let output = command.stdin(Stdio::null()).output()?;
    match output.status.success() {
        true => Ok(output),
        false => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            Err(io::Error::other(said.lines().last().unwrap_or("it said nothing").to_owned()))
        }
    }
}

fn done(output: &Output) -> io::Result<Done> {
    serde_json::from_slice(&output.stdout).map_err(io::Error::other)
}

/// The instructions of one run.
fn instructions(side: SimSide) -> io::Result<u64> {
    let counted = |runs| -> io::Result<u64> {
        let through = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"];
        let output = process(Some(&through), side, runs)?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        child::collected(&said)
    };
    Ok(counted(MANY)?.saturating_sub(counted(FEW)?) / u64::from(MANY - FEW))
}
