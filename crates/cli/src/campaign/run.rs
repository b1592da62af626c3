//! Runs the seeds of one system and folds what they show.
//!
//! Simulations are independent and run on all threads; what is told depends on the seeds alone. A
//! correct system must hold on every seed, and the runs must have put it under strain. A system
//! broken on purpose must show one of its promised anomalies; the lowest seed that does ends its
//! campaign.

use super::found::{Found, Rules, System};
use super::row::Row;
use super::seeds::{Seeds, Shard};
use crate::clock::Stopwatch;
use crate::exit::Failure;
use crate::judging::Judge;
use crate::simulate::{self, Ran, difference};
use indicatif::ProgressBar;
use rayon::ThreadPool;
use rayon::prelude::*;
use std::path::Path;
use std::time::Duration;
use testimony::Subject;
use testimony::report::safe::fit;
use testimony::sim::Shape;

/// Columns of each line that a difference shows.
const DIFFERENCE_COLUMNS: usize = 120;

/// What every campaign of one command shares.
pub(crate) struct Setting<'a> {
    pub(crate) judge: &'a Judge,
    pub(crate) seeds: Seeds,
    pub(crate) shard: Option<Shard>,
    pub(crate) shape: &'a Shape,
    pub(crate) base: &'a Path,
    pub(crate) keep: bool,
    pub(crate) verify_determinism: bool,
    pub(crate) rules: Rules,
    pub(crate) pool: &'a ThreadPool,
    /// For the second runs when determinism is verified, so that they have other threads.
    pub(crate) other_pool: Option<&'a ThreadPool>,
}

/// When to stop for want of time: how many seeds run is then up to the machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) watch: Stopwatch,
    pub(crate) until: Duration,
}

impl Limit {
    fn is_over(limit: Option<Limit>) -> bool {
        limit.is_some_and(|limit| limit.watch.elapsed() >= limit.until)
    }
}

/// Runs the campaign of one system. `each` gets every run, and then `kept` what is kept of it, in
/// the order of the seeds.
pub(crate) fn run(
    subject: &dyn Subject,
    system: &System,
    setting: &Setting<'_>,
    limit: Option<Limit>,
    progress: &ProgressBar,
    mut each: impl FnMut(&Ran) -> Result<(), Failure>,
    mut kept: impl FnMut(&Row) -> Result<(), Failure>,
) -> Result<Found, Failure> {
    let rules = setting.rules;
    let mut found = Found::default();
    let threads = setting.pool.current_num_threads().max(1);
    // A system broken on purpose usually shows it at once; do not run far ahead.
    let few = system.breaks.is_some() || rules.fail_fast;
    let chunk = if few { threads } else { threads * 8 };
    let mut seeds = setting.seeds.of(setting.shard);
    while !found.is_over(rules) {
        let next: Vec<u64> = seeds.by_ref().take(chunk).collect();
        if next.is_empty() {
            break;
        }
        let runs: Vec<Result<(Ran, Option<String>), Failure>> = setting.pool.install(|| {
            let one = |seed| {
                let result = one(subject, seed, setting);
                progress.inc(1);
                result
            };
            next.into_par_iter().map(one).collect()
        });
        for result in runs {
            let (ran, unstable) = result?;
            if found.is_over(rules) {
                // It ran ahead: whether it did depends on the number of threads.
                if let Some(dir) = ran.dir {
                    dir.remove(setting.base);
                }
                continue;
            }
            each(&ran)?;
            let row = Row::of(ran, unstable, setting, system.breaks.is_some());
            kept(&row)?;
            found.add(&row, system);
        }
        if Limit::is_over(limit) {
            break;
        }
    }
    found.settle(system, rules);
    Ok(found)
}

/// One seed, and the first difference to its second run where that is asked for.
fn one(
    subject: &dyn Subject,
    seed: u64,
    setting: &Setting<'_>,
) -> Result<(Ran, Option<String>), Failure> {
    let plan = subject.plan_as(seed, setting.shape);
    let ran = simulate::run(subject, &plan, setting.judge, Some(setting.base))?;
    if !setting.verify_determinism {
        return Ok((ran, None));
    }
    let again = || {
        let plan = subject.plan_as(seed, setting.shape);
        simulate::run(subject, &plan, setting.judge, None).map(|ran| (plan, ran))
    };
    let (plan_again, again) = match setting.other_pool {
        Some(pool) => pool.install(again)?,
        None => again()?,
    };
    let plans = std::iter::once(("plan.json", plan.as_str(), plan_again.as_str()));
    let files = ran.files().zip(again.files()).map(|((name, one), (_, other))| (name, one, other));
    let first = plans.chain(files).find_map(|(name, one, other)| {
        let (line, one, other) = difference(one, other)?;
        let (one, other) = (fit(&one, DIFFERENCE_COLUMNS), fit(&other, DIFFERENCE_COLUMNS));
        Some(format!("{name} line {line}\n    one run:     {one}\n    another run: {other}"))
    });
    let first = first.map(|first| match subject.diagnose(&plan) {
        // What differs in a file is a consequence; this is where it began.
        Ok(Some(divergence)) => format!("{first}\n{divergence}"),
        Ok(None) => first,
        Err(error) => format!("{first}\n{error}"),
    });
    Ok((ran, first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    /// A system of nodes that end at once, some with an error, and clients that ask nothing of them.
    fn ends_at_once(error: Option<&'static str>) -> impl Subject {
        use std::io;
        use testimony::history::Outcome;
        use testimony::model::{CellOp, CellRet, Register};
        use testimony::sim::workload::Cells;
        use testimony::sim::{Client, ClientCtx, NodeCtx};

        struct Silent;
        impl Client<Register> for Silent {
            async fn invoke(&mut self, op: &CellOp) -> Outcome<CellRet> {
                match op {
                    CellOp::Read => Outcome::Ok(CellRet::Value(None)),
                    _ => Outcome::Fail("asks nobody".to_owned()),
                }
            }
        }
        let node = move |node: NodeCtx| async move {
            match error.filter(|_| node.id == 1) {
                Some(error) => Err(error.into()),
                None => Ok(()),
            }
        };
        testimony::Check::new("ends-at-once", Register)
            .nodes(3, node)
            .clients(1, |_client: ClientCtx| async { Ok::<_, io::Error>(Silent) })
            .workload(Cells::default())
    }

    fn campaign(subject: &dyn Subject, base: &Path) -> Found {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
        let setting = Setting {
            judge: &Judge::plain(),
            seeds: Seeds { from: 0, to: 2 },
            shard: None,
            shape: &Shape::default(),
            base,
            keep: false,
            verify_determinism: false,
            rules: Rules { fail_fast: false, whole: true },
            pool: &pool,
            other_pool: None,
        };
        let system = System {
            system: subject.name().to_owned(),
            judged: vec!["linearizable".to_owned()],
            breaks: None,
            partly: false,
        };
        let hidden = ProgressBar::hidden();
        run(subject, &system, &setting, None, &hidden, |_| Ok(()), |_| Ok(())).expect("it runs")
    }

    /// Goal: a node that fails fails the check, although every answer is fine. Method: the same
    /// system with and without an error.
    #[test]
    fn findings_fail_a_system_that_should_hold() {
        let base = std::env::temp_dir().join(format!("testimony-findings-{}", std::process::id()));
        let sound = campaign(&ends_at_once(None), &base);
        assert_eq!((sound.failed, sound.findings.count), (0, 0), "{:?}", sound.findings);
        let found = campaign(&ends_at_once(Some("no disk")), &base);
        assert_eq!(found.failed, 2);
        assert_eq!(found.exit(), Exit::Anomaly);
        let lowest = found.lowest.expect("the lowest seed");
        assert_eq!(lowest.seed, 0);
        for said in ["n2", "no disk", "again: cargo xtask rerun ends-at-once@0000"] {
            assert!(lowest.report.contains(said), "{said}: {}", lowest.report);
        }
        let dir = base.join(lowest.dir.expect("its directory is kept"));
        let verdict = crate::runs::read(&dir.join(crate::runs::VERDICT));
        let verdict = verdict.map_err(|failure| failure.message).expect("verdict.json");
        let verdict: serde_json::Value = serde_json::from_str(&verdict).expect("JSON");
        assert_eq!(verdict["verdict"], "invalid", "{verdict}");
        assert!(verdict["findings"].to_string().contains("no disk"), "{verdict}");
        std::fs::remove_dir_all(&base).expect("the folder of the runs");
    }
}
