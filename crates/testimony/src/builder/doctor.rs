//! Whether the code under test is deterministic.

use super::Campaign;
use super::summary::{Failure, Summary};
use testimony_model::Model;
use testimony_sim::{Drawn, RunError, Workload};

impl<M: Model, W: Workload<M>> Campaign<M, W> {
    /// Runs every seed twice, the second time in the opposite order and each run on a fresh thread,
    /// and compares everything that happened, event by event. Nothing is judged.
    ///
    /// The first seed whose runs differ is the failure: its report shows the first event in which
    /// they do, with host and virtual time, and what the code under test drew from the operating
    /// system, where the build sees that (feature `interpose`). It takes about four times as long
    /// as running the seeds.
    pub fn verify_determinism(&self) -> Summary {
        let mut summary = Summary::new(self.cluster.system(), crate::Expect::Holds);
        let seeds = match self.seeds_to_run() {
            Ok(seeds) => seeds,
            Err(what) => {
                summary.failure = Some(Failure::new(None, what));
                return summary;
            }
        };
        let failed = |seed: u64, error: &RunError| {
            Some(Failure::new(Some(seed), format!("seed {seed}: {error}")))
        };
        let mut prints = Vec::new();
        for seed in seeds {
            match self.cluster.fingerprint(&self.plan(seed)) {
                Ok(print) => prints.push((seed, print)),
                Err(error) => {
                    summary.failure = failed(seed, &error);
                    return summary;
                }
            }
        }
        let mut unstable = None;
        for (seed, print) in prints.iter().rev() {
            summary.runs += 1;
            match self.cluster.fingerprint(&self.plan(*seed)) {
                // The lowest seed is reported, which is looked at last.
                Ok(again) if !again.is_same(print) => unstable = Some((*seed, &print.drawn)),
                Ok(_) => {}
                Err(error) => {
                    summary.failure = failed(*seed, &error);
                    return summary;
                }
            }
        }
        if let Some((seed, drawn)) = unstable {
            summary.failure = Some(Failure::new(Some(seed), self.unstable(seed, drawn)));
        }
        summary.close();
        summary
    }

    /// The report of a seed whose runs differ.
    fn unstable(&self, seed: u64, drawn: &[Drawn]) -> String {
        let run = format!("{}@{seed}", self.cluster.system());
        let found = match self.cluster.diagnose(&self.plan(seed)) {
            Ok(Some(divergence)) => divergence.to_string(),
            Ok(None) => {
                let seen = drawn.iter().map(|drawn| format!("\n  drawn from the system: {drawn}"));
                format!("two runs differed, further ones did not{}", seen.collect::<String>())
            }
            Err(error) => error.to_string(),
        };
        format!("FAIL {run}  not deterministic\n\n  {}\n", found.replace('\n', "\n  "))
    }
}
