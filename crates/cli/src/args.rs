//! What can be typed.

use crate::campaign::seeds::Shard;
use crate::parse;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;
use testimony::history::OpId;
use testimony::sim::{Determinism, SHRINK_RUNS_MAX};
use testimony::verdict::{AnomalyKind, Engine};

/// What stands below every help.
const EXIT_CODES: &str = "Exit codes: 0 valid, 1 anomaly, 2 unknown, 3 not deterministic, \
     4 nothing checked,\n64 usage, 65 unreadable history, 70 internal error, 74 input/output";

/// Find out whether one consistent story explains what every client of a replicated system saw.
#[derive(Parser, Debug)]
#[command(
    name = "testimony",
    bin_name = "cargo xtask",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = EXIT_CODES
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// Find out whether one consistent story explains what every client of a replicated system saw.
#[derive(Parser, Debug)]
#[command(
    name = "testimony",
    bin_name = "testimony",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = EXIT_CODES
)]
pub(crate) struct Testimony {
    #[command(subcommand)]
    pub(crate) verb: Recorded,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Judge the corpus in histories/, then simulate every system under many seeds
    Check(Check),
    /// Put the shards of a campaign together: what one run would have told
    Merge(Merge),
    #[command(flatten)]
    Recorded(Recorded),
    /// Simulate a case again, and say whether it diverged from its record and where
    Rerun(Rerun),
    /// Simulate the plan on standard input in this process, for a parent process
    #[command(hide = true)]
    Isolated(Isolated),
    /// Make the plan of a failing run as small as it goes: same anomaly, same key, fewest items
    Shrink(Shrink),
    /// Run all tests of the workspace; what follows is passed on to `cargo test`
    Test(Test),
    /// Write the goldens of the tests anew; look at the difference before you commit it
    Bless(Test),
    /// Measure judging against its peers, on the same histories, into docs/benchmark.md; or the
    /// simulator beside bare turmoil
    Bench(Bench),
}

/// What needs no system under test.
#[derive(Subcommand, Debug)]
pub(crate) enum Recorded {
    /// Judge recorded histories
    Replay(Replay),
    /// Check the certificates of a history again, without any engine
    Verify(Verify),
    /// What histories are and what judging them will take, before they are judged
    Stats(Stats),
    /// The report of a run again
    Show(Show),
    /// What there is: systems, models, levels, faults, anomalies, formats
    List(List),
    /// What an anomaly is, what usually causes it, and an example
    Explain(Explain),
}

/// What is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    #[default]
    Text,
    /// A versioned stream of one JSON object a line.
    Json,
}

/// How long a judgement may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct BudgetArg {
    pub(crate) steps_max: Option<u64>,
    pub(crate) bytes_max: Option<usize>,
    pub(crate) wall: Option<Duration>,
}

#[derive(Args, Debug)]
pub(crate) struct Judging {
    /// Judge by this property (repeatable, or separated by commas): a level, an invariant, or
    /// `all` for every level that applies
    #[arg(long = "level", value_name = "NAME", value_delimiter = ',')]
    pub(crate) levels: Vec<String>,
    /// The engine for linearizability: zones, tuning or search [default: chosen for each key]
    #[arg(long, value_name = "ENGINE", value_parser = parse::engine)]
    pub(crate) engine: Option<Engine>,
    /// Counted steps, bytes and wall-clock safety net for each judgement, any of: 5000000,2GiB,30s
    #[arg(long, value_name = "BUDGET", value_parser = parse::budget)]
    pub(crate) budget: Option<BudgetArg>,
}

/// How histories are to be read.
#[derive(Args, Debug)]
pub(crate) struct Input {
    /// The model [default: the one that the file's header names]
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// The format of the histories: native, edn or porcupine [default: found out for each file]
    #[arg(long = "input", visible_alias = "input-format", value_name = "FORMAT", value_parser = parse::input)]
    pub(crate) histories: Option<testimony::formats::Format>,
    /// What a failed cas says: `observed` another value, or is `ignored` [default: as the format has it]
    #[arg(long, value_name = "HOW", value_parser = parse::failed_cas)]
    pub(crate) failed_cas: Option<testimony::history::FailedCas>,
    /// Events were left out on purpose: gaps between indexes are no problem
    #[arg(long)]
    pub(crate) filtered: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// The history: a file; `-` is standard input
    #[arg(value_name = "HISTORY")]
    pub(crate) history: String,
    /// Its certificates, as `replay --certificate` wrote them
    #[arg(value_name = "CERTIFICATE")]
    pub(crate) certificate: PathBuf,
    #[command(flatten)]
    pub(crate) input: Input,
    /// What is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Output,
}

#[derive(Args, Debug)]
pub(crate) struct Stats {
    /// Files, folders, patterns; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    #[command(flatten)]
    pub(crate) input: Input,
    /// Print at most so many parts of each history that need the search, the costliest first
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) parts: usize,
    /// What is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Output,
}

#[derive(Args, Debug)]
pub(crate) struct Replay {
    /// Files, folders, patterns; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    #[command(flatten)]
    pub(crate) judging: Judging,
    /// What is printed: text or json. (A format of histories is understood as --input.)
    #[arg(long, value_name = "FORMAT", value_parser = parse::format)]
    pub(crate) format: Vec<parse::Format>,
    #[command(flatten)]
    pub(crate) input: Input,
    /// Write the certificates of all verdicts to this file; for one history
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<PathBuf>,
    /// Print at most this many reports of anomalies
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) reports: usize,
}

/// One half of a check.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Only {
    /// The recorded histories in histories/.
    Corpus,
    /// The built-in systems.
    Simulation,
}

/// What to expect of the systems instead of what they say themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ExpectArg {
    /// Every claim holds: systems broken on purpose then fail like any other.
    Holds,
}

#[derive(Args, Debug)]
pub(crate) struct Check {
    /// Only systems (and histories) whose name begins with this or contains it
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,
    /// The same as a filter, for systems only
    #[arg(long = "system", value_name = "NAME")]
    pub(crate) systems: Vec<String>,
    /// Seeds of the simulations, as a range [default: 0..64]
    #[arg(long, value_name = "FROM..TO", value_parser = parse::seeds, conflicts_with = "seed")]
    pub(crate) seeds: Option<Range<u64>>,
    /// A single seed
    #[arg(long, value_name = "SEED")]
    pub(crate) seed: Option<u64>,
    #[command(flatten)]
    pub(crate) judging: Judging,
    /// Threads [default: one for each core]. Results do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    /// Only one half
    #[arg(long, value_name = "HALF")]
    pub(crate) only: Option<Only>,
    /// So many nodes in every cluster [default: as the system has it]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) nodes: Option<u16>,
    /// So many logical clients [default: as the system has it]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) clients: Option<u16>,
    /// So many operations of all clients together [default: as the workload has it]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) ops: Option<u32>,
    /// Only these families of faults (each seed draws which of them are on), or `none`
    #[arg(long, value_name = "FAMILY,..", value_parser = parse::families)]
    pub(crate) faults: Option<parse::Families>,
    /// Run seeds for so long (30s, 10m, 2h) instead of a given number of them
    #[arg(long = "for", value_name = "TIME", value_parser = parse::duration, conflicts_with = "seed")]
    pub(crate) for_time: Option<Duration>,
    /// Only the i-th of n parts of the seeds; `merge` puts the parts together
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,
    /// Write what was found to this file, for `merge` and for programs
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Print what faults struck during which phases, and how often each `sometimes` was met
    #[arg(long)]
    pub(crate) coverage: bool,
    /// Stop at the first system or history that is not as expected, and at its lowest failing seed
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Run each seed twice on different threads and compare everything byte by byte
    #[arg(long)]
    pub(crate) verify_determinism: bool,
    /// Give each run a process of its own: cures what counts for a whole process
    #[arg(long)]
    pub(crate) isolate: bool,
    /// Refuse to run with less than this level of determinism: rules, seeded-runtime, interposed
    /// or isolated
    #[arg(long, value_name = "LEVEL", value_parser = parse::determinism)]
    pub(crate) require: Option<Determinism>,
    /// Expect this of every system
    #[arg(long, value_name = "WHAT")]
    pub(crate) expect: Option<ExpectArg>,
    /// Leave the plans of failing runs as long as they are; else the lowest failing seed of each
    /// system is shrunk
    #[arg(long)]
    pub(crate) no_shrink: bool,
    /// Keep the directories of all runs, not only of failing ones
    #[arg(long)]
    pub(crate) keep: bool,
    /// What is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Output,
}

#[derive(Args, Debug)]
pub(crate) struct Merge {
    /// What the shards wrote with --out: files, or folders with files that end with .campaign.jsonl
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) shards: Vec<PathBuf>,
    /// Print what faults struck during which phases, and how often each `sometimes` was met
    #[arg(long)]
    pub(crate) coverage: bool,
    /// Write the whole campaign to this file: the bytes that one run would have written
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// What is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Output,
}

#[derive(Args, Debug)]
pub(crate) struct Rerun {
    /// A run (`quorum-register/read-one@7`, a unique prefix, `last`), a run directory or a plan.json
    #[arg(value_name = "RUN|PLAN")]
    pub(crate) run: String,
    #[command(flatten)]
    pub(crate) judging: Judging,
    /// Keep the directory of this run
    #[arg(long)]
    pub(crate) keep: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Isolated {
    /// The system
    pub(crate) system: String,
}

#[derive(Args, Debug)]
pub(crate) struct Shrink {
    /// A run (`quorum-register/read-one@7`, a unique prefix, `last`), a run directory or a plan.json
    #[arg(value_name = "RUN|PLAN")]
    pub(crate) run: String,
    /// Runs at most
    #[arg(long, value_name = "N", default_value_t = SHRINK_RUNS_MAX, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) runs_max: u32,
    /// Threads [default: one for each core]. The result does not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
}

#[derive(Args, Debug)]
pub(crate) struct Show {
    /// A run (`quorum-register/read-one@7`, a unique prefix, `last`) or a run directory
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// Why an operation answered what it did: the messages that led to it (`#118`, or 118)
    #[arg(long, value_name = "OP", value_parser = parse::operation)]
    pub(crate) why: Option<OpId>,
    /// With `--why`: print long lists whole
    #[arg(long, requires = "why")]
    pub(crate) all: bool,
    /// What is printed: the report, or verdict.json (with `--why`: the answer as JSON)
    #[arg(long = "as", visible_alias = "format", value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Output,
}

/// What can be listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Listed {
    Systems,
    Models,
    Levels,
    Faults,
    Anomalies,
    Formats,
}

#[derive(Args, Debug)]
pub(crate) struct List {
    /// What to list [default: everything]
    pub(crate) what: Option<Listed>,
}

#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// Its name, e.g. stale-read
    #[arg(value_name = "ANOMALY", value_parser = parse::anomaly)]
    pub(crate) anomaly: AnomalyKind,
}

#[derive(Args, Debug)]
pub(crate) struct Test {
    /// Passed on to `cargo test`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    pub(crate) rest: Vec<std::ffi::OsString>,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(crate) enum BenchSubject {
    /// The judging of histories.
    #[default]
    Judge,
    /// What the harness costs beside bare turmoil.
    Sim,
}

#[derive(Args, Debug)]
pub(crate) struct Bench {
    /// What is measured
    #[arg(value_name = "WHAT", default_value = "judge")]
    pub(crate) subject: BenchSubject,
    /// A few seconds: small histories, no peers, nothing is written
    #[arg(long)]
    pub(crate) quick: bool,
    /// Only rows that have this in their name (repeatable); nothing is written
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// Without peers, which take long to build and longer to run; nothing is written
    #[arg(long)]
    pub(crate) no_peers: bool,
    /// Only count instructions of fixed jobs (needs valgrind), and say what regressed
    #[arg(long, conflicts_with = "quick")]
    pub(crate) instructions: bool,
    /// Write what was counted as the new baseline
    #[arg(long, requires = "instructions")]
    pub(crate) bless: bool,
    /// Wall-clock limit of each measurement, in seconds [default: 10]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) limit: Option<u64>,
    /// What is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Output,
}
