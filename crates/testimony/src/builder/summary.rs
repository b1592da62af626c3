//! What a campaign found.

use crate::Expect;
use crate::environment::RunFolder;
use std::fmt;
use testimony_sim::Coverage;
use testimony_verdict::{AnomalyKind, Judgement};

/// The first thing that went wrong in a campaign.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed whose run it was; `None` when nothing was run.
    pub seed: Option<u64>,
    /// The report, ready to be printed.
    pub report: String,
    /// The folder with the plan, the history and the report, where it could be written.
    pub folder: Option<std::path::PathBuf>,
}

impl Failure {
    pub(super) fn new(seed: Option<u64>, report: impl Into<String>) -> Failure {
        Failure { seed, report: report.into(), folder: None }
    }

    /// Keeps the folder of the run, where there is one.
    pub(super) fn kept(mut self, folder: Option<RunFolder>) -> Failure {
        self.folder = folder.map(RunFolder::keep);
        self
    }
}

/// A system's name as one harmless part of a path.
pub(super) fn file_name(system: &str) -> String {
    let harmless = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    system.chars().map(harmless).collect()
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report)?;
        match &self.folder {
            Some(folder) => write!(f, "\n  files: {}", folder.display()),
            None => Ok(()),
        }
    }
}

/// What a campaign found.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The system.
    pub system: String,
    /// How many runs were judged.
    pub runs: u64,
    /// How many operations they had.
    pub operations: usize,
    /// How many of the operations were answered.
    pub answered: usize,
    /// What the runs exercised.
    pub coverage: Coverage,
    /// For a system that is expected to break: the first seed that showed a promised anomaly.
    pub caught: Option<(u64, AnomalyKind)>,
    /// The first thing that went wrong.
    pub failure: Option<Failure>,
    expect: Expect,
}

impl Summary {
    pub(super) fn new(system: &str, expect: Expect) -> Summary {
        Summary {
            system: system.to_owned(),
            runs: 0,
            operations: 0,
            answered: 0,
            coverage: Coverage::default(),
            caught: None,
            failure: None,
            expect,
        }
    }

    pub(super) fn count(&mut self, coverage: &Coverage, judgement: &Judgement) {
        self.runs += 1;
        self.operations += judgement.operations;
        self.answered += judgement.answered;
        self.coverage.add(coverage);
    }

    /// Says what is missing at the end.
    pub(super) fn close(&mut self) {
        if self.failure.is_some() {
            return;
        }
        let what = match self.expect {
            _ if self.runs == 0 => "nothing was run: the range of seeds is empty".to_owned(),
            Expect::Breaks { any_of } if self.caught.is_none() => {
                let names: Vec<_> = any_of.iter().map(|kind| kind.id()).collect();
                format!("no seed of {} showed one of: {}", self.runs, names.join(", "))
            }
            Expect::Holds | Expect::Breaks { .. } => return,
        };
        self.failure = Some(Failure::new(None, format!("FAIL {}  {what}\n", self.system)));
    }

    /// Panics with the report when a claim failed, when nobody knows, or when nothing was run. For a
    /// system that is expected to break: when no seed showed it.
    #[track_caller]
    pub fn assert_valid(&self) {
        if let Some(failure) = &self.failure {
            panic!("\n{failure}\n");
        }
    }
}
