//! The arguments, as `cargo xtask bench` passes them on, and those of a job's own process.

use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// Ours and its peers on the same histories, in one run. `cargo xtask bench` is the way to run it.
#[derive(Parser, Debug)]
#[command(name = "testimony-bench", version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Measure the judging of histories
    Judge(Judge),
    /// Measure what the harness costs beside bare turmoil
    Sim(Sim),
    /// Print the plan that `sim` measures anew: for plans/sim.json, after the format has changed
    #[command(hide = true)]
    SimPlan,
    /// Do one measurement of `sim` and say what came of it
    #[command(hide = true)]
    SimJob(SimJob),
    /// Do one job and say what came of it: how a measurement is done in a process of its own
    #[command(hide = true)]
    Job {
        /// The job as JSON
        job: String,
    },
    /// Write the history of a recipe into a native file
    #[command(hide = true)]
    Make {
        /// The recipe as JSON
        recipe: String,
        /// The file
        file: PathBuf,
    },
}

/// What is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(crate) enum Output {
    /// Tables for people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

#[derive(clap::Args, Debug)]
pub(crate) struct Judge {
    /// A few seconds: small histories, no peers
    #[arg(long)]
    pub(crate) quick: bool,
    /// Only what has this in its name (repeatable)
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// Without peers
    #[arg(long)]
    pub(crate) no_peers: bool,
    /// Wall-clock limit of each measurement, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub(crate) limit: u64,
    /// Memory limit of each measurement, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 4096)]
    pub(crate) memory: u64,
    /// Count instructions, and compare them with the baseline
    #[arg(long)]
    pub(crate) instructions: bool,
    /// Write what was counted as the new baseline
    #[arg(long, requires = "instructions")]
    pub(crate) bless: bool,
    /// What is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Output,
    /// The command line whose `replay` is measured end to end
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) program: Option<PathBuf>,
    /// Write the tables as Markdown to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) write: Option<PathBuf>,
}

#[derive(clap::Args, Debug)]
pub(crate) struct Sim {
    /// A few seconds: few runs, no instructions
    #[arg(long)]
    pub(crate) quick: bool,
    /// What is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Output,
}

/// What is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum SimSide {
    /// The committed plan under testimony.
    Ours,
    /// The committed plan on bare turmoil.
    Bare,
    /// Plans of as many seeds as there are runs, under testimony.
    Seeds,
}

#[derive(clap::Args, Debug)]
pub(crate) struct SimJob {
    pub(crate) side: SimSide,
    pub(crate) runs: u32,
}

impl Judge {
    pub(crate) fn limits(&self) -> crate::child::Limits {
        crate::child::Limits {
            wall: Duration::from_secs(self.limit),
            memory_kib: self.memory.saturating_mul(1024),
        }
    }

    /// Whether something of this name was asked for.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| name.contains(only.as_str()))
    }
}
