//! One system under many seeds: does it do what is expected of it?
//!
//! Simulations are independent and run on all threads; what is reported depends on the seeds alone.
//! A correct system must hold on every seed, and the runs must have put it under strain. A system
//! broken on purpose must show one of its promised anomalies; the lowest seed that does ends its
//! campaign.

use crate::exit::{Exit, Failure};
use crate::judging::{Judge, exit_of};
use crate::simulate::{self, Ran, difference};
use indicatif::ProgressBar;
use rayon::ThreadPool;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use testimony::report::safe::fit;
use testimony::sim::{Coverage, Family};
use testimony::verdict::{AnomalyKind, Verdict};
use testimony::{Expect, Subject};

/// Of a thousand operations in fault-free windows so many must be answered.
const CALM_OK_PER_MILLE_MIN: u32 = 700;

/// Campaigns of fewer seeds are not asked whether every family of faults struck an operation.
const SEEDS_FOR_FAMILIES_MIN: usize = 16;

/// Columns of each line that a difference shows.
const DIFFERENCE_COLUMNS: usize = 120;

/// What every campaign of one command shares.
pub(crate) struct Setting<'a> {
    pub(crate) judge: &'a Judge,
    pub(crate) seeds: Range<u64>,
    pub(crate) base: &'a Path,
    pub(crate) keep: bool,
    pub(crate) verify_determinism: bool,
    /// Run broken systems like correct ones.
    pub(crate) expect_holds: bool,
    pub(crate) fail_fast: bool,
    pub(crate) pool: &'a ThreadPool,
    /// For the second runs when determinism is verified, so that they have other threads.
    pub(crate) other_pool: Option<&'a ThreadPool>,
}

/// What a campaign found.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) seeds: usize,
    pub(crate) operations: u64,
    pub(crate) coverage: Coverage,
    pub(crate) families: BTreeSet<Family>,
    /// How many runs of a system that should hold were invalid, or had findings.
    pub(crate) failed: usize,
    /// The one of them with the lowest seed.
    pub(crate) lowest: Option<Ran>,
    /// The run that showed a promised anomaly.
    pub(crate) caught: Option<(u64, AnomalyKind)>,
    /// Other anomalies that a broken system showed: seed and name.
    pub(crate) others: Vec<(u64, AnomalyKind)>,
    /// Unknown verdicts: seed and reason.
    pub(crate) unknown: Vec<(u64, String)>,
    /// Differences between two runs of one seed.
    pub(crate) unstable: Vec<(u64, String)>,
    /// What was found about the runs themselves: seed and finding.
    pub(crate) findings: Vec<(u64, String)>,
    /// Reasons why green does not count.
    pub(crate) weak: Vec<String>,
    pub(crate) exits: Vec<Exit>,
}

/// Runs the campaign of one system. `each` gets every run in the order of the seeds.
pub(crate) fn run(
    subject: &dyn Subject,
    setting: &Setting<'_>,
    progress: &ProgressBar,
    mut each: impl FnMut(&Ran) -> Result<(), Failure>,
) -> Result<Found, Failure> {
    let promised: Option<&[AnomalyKind]> = match subject.expect() {
        Expect::Breaks { any_of } if !setting.expect_holds => Some(any_of),
        _ => None,
    };
    let mut found = Found::default();
    let threads = setting.pool.current_num_threads().max(1) as u64;
    // A system broken on purpose usually shows it at once; do not run far ahead.
    let chunk = if promised.is_some() || setting.fail_fast { threads } else { threads * 8 };
    let mut from = setting.seeds.start;
    while from < setting.seeds.end {
        let until = from.saturating_add(chunk).min(setting.seeds.end);
        let runs: Vec<Result<(Ran, Option<String>), Failure>> = setting.pool.install(|| {
            let one = |seed| {
                let result = one(subject, seed, setting);
                progress.inc(1);
                result
            };
            (from..until).into_par_iter().map(one).collect()
        });
        for result in runs {
            let (ran, unstable) = result?;
            if found.caught.is_some() || (setting.fail_fast && found.failed > 0) {
                // It ran ahead: whether it did depends on the number of threads.
                if let Some(dir) = ran.dir {
                    dir.remove(setting.base);
                }
                continue;
            }
            each(&ran)?;
            found.add(ran, unstable, promised, setting);
        }
        if found.caught.is_some() || (setting.fail_fast && found.failed > 0) {
            break;
        }
        from = until;
    }
    found.settle(promised.is_some(), setting.judge.is_partial(&subject.claims()));
    Ok(found)
}

/// One seed, and the first difference to its second run where that is asked for.
fn one(
    subject: &dyn Subject,
    seed: u64,
    setting: &Setting<'_>,
) -> Result<(Ran, Option<String>), Failure> {
    let plan = subject.plan(seed);
    let ran = simulate::run(subject, &plan, setting.judge, Some(setting.base))?;
    if !setting.verify_determinism {
        return Ok((ran, None));
    }
    let again = || {
        let plan = subject.plan(seed);
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

fn discard(mut ran: Ran, setting: &Setting<'_>) {
    if let (Some(dir), false) = (ran.dir.take(), setting.keep) {
        dir.remove(setting.base);
    }
}

impl Found {
    fn add(
        &mut self,
        ran: Ran,
        unstable: Option<String>,
        promised: Option<&[AnomalyKind]>,
        setting: &Setting<'_>,
    ) {
        let seed = ran.seed;
        self.seeds += 1;
        self.operations += ran.timed.judgement.operations as u64;
        self.coverage.add(&ran.coverage);
        self.families.extend(&ran.families);
        self.findings.extend(ran.findings.iter().map(|finding| (seed, finding.clone())));
        let stable = unstable.is_none();
        if let Some(difference) = unstable {
            self.unstable.push((seed, difference));
            self.exits.push(Exit::NotDeterministic);
        }
        if ran.timed.judgement.by.is_empty() {
            self.exits.push(Exit::NothingChecked);
        }
        for finding in ran.timed.judgement.by.values() {
            if let Verdict::Unknown(why) = &finding.verdict {
                self.unknown.push((seed, why.to_string()));
                self.exits.push(exit_of(finding));
            }
        }
        let kinds: Vec<AnomalyKind> =
            ran.timed.judgement.anomalies().map(|anomaly| anomaly.kind).collect();
        match promised {
            Some(promised) => {
                let caught = kinds.iter().find(|kind| promised.contains(kind));
                self.caught = caught.map(|kind| (seed, *kind));
                if self.caught.is_none() {
                    self.others.extend(kinds.into_iter().map(|kind| (seed, kind)));
                }
                if stable {
                    discard(ran, setting)
                };
            }
            // Tasks that panicked, gave up or never ended: such a run shows nothing good.
            None if kinds.is_empty() && ran.findings.is_empty() => {
                if stable {
                    discard(ran, setting)
                };
            }
            None => {
                self.failed += 1;
                self.lowest.get_or_insert(ran);
            }
        }
    }

    /// Draws the conclusion when all seeds have run. A broken system that is only partly judged may
    /// show nothing.
    fn settle(&mut self, broken: bool, partly: bool) {
        if broken {
            let shown = self.caught.is_some() || (partly && self.others.is_empty());
            self.exits.push(if shown { Exit::Valid } else { Exit::Anomaly });
            return;
        }
        if self.failed > 0 {
            self.exits.push(Exit::Anomaly);
            return;
        }
        if let Some(share) = self.coverage.calm_ok_per_mille()
            && share < CALM_OK_PER_MILLE_MIN
        {
            self.weak.push(format!(
                "only {}.{} % of the operations in fault-free windows were ok, at least {} % must be",
                share / 10,
                share % 10,
                CALM_OK_PER_MILLE_MIN / 10
            ));
        }
        if self.seeds >= SEEDS_FOR_FAMILIES_MIN {
            for family in &self.families {
                let struck = self.coverage.struck.get(family);
                if struck.is_none_or(|struck| struck.open_operations == 0) {
                    self.weak.push(format!("no {family} fault ever struck an open operation"));
                }
            }
        }
        let exit = if self.weak.is_empty() { Exit::Valid } else { Exit::Anomaly };
        self.exits.push(exit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testimony::sim::Struck;

    fn settled(seeds: usize, calm_ok: u32, open_operations: u32) -> Found {
        let struck = Struck { faults: 9, open_operations };
        let coverage = Coverage {
            operations: 100,
            ok: calm_ok,
            calm: 100,
            calm_ok,
            struck: [(Family::Crash, struck)].into(),
        };
        let families = [Family::Crash, Family::Loss].into();
        let mut found = Found { seeds, coverage, families, ..Found::default() };
        found.coverage.struck.insert(Family::Loss, Struck { faults: 1, open_operations: 1 });
        found.settle(false, false);
        found
    }

    #[test]
    fn green_counts_only_where_the_system_was_under_strain() {
        assert_eq!(settled(64, 70, 5).exits, [Exit::Valid]);
        let slow = settled(64, 69, 5);
        assert_eq!(slow.exits, [Exit::Anomaly]);
        assert!(slow.weak[0].starts_with("only 69.0 %"), "{:?}", slow.weak);
        let idle = settled(64, 100, 0);
        assert_eq!(idle.exits, [Exit::Anomaly]);
        assert_eq!(idle.weak, ["no crash fault ever struck an open operation"]);
        // A few seeds need not show every family.
        assert_eq!(settled(4, 100, 0).exits, [Exit::Valid]);
    }

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
            seeds: 0..2,
            base,
            keep: false,
            verify_determinism: false,
            expect_holds: false,
            fail_fast: false,
            pool: &pool,
            other_pool: None,
        };
        run(subject, &setting, &ProgressBar::hidden(), |_| Ok(())).expect("it runs")
    }

    /// Goal: a node that fails fails the check, although every answer is fine. Method: the same
    /// system with and without an error.
    #[test]
    fn findings_fail_a_system_that_should_hold() {
        let base = std::env::temp_dir().join(format!("testimony-findings-{}", std::process::id()));
        let sound = campaign(&ends_at_once(None), &base);
        assert_eq!((sound.failed, sound.findings.len()), (0, 0), "{:?}", sound.findings);
        let found = campaign(&ends_at_once(Some("no disk")), &base);
        assert_eq!(found.failed, 2);
        assert!(found.exits.contains(&Exit::Anomaly), "{:?}", found.exits);
        let lowest = found.lowest.expect("the lowest seed");
        assert_eq!(lowest.seed, 0);
        assert!(lowest.dir.is_some(), "its directory is kept");
        for said in ["n2", "no disk", "again: cargo xtask rerun ends-at-once@0000"] {
            assert!(lowest.brief.contains(said), "{said}: {}", lowest.brief);
        }
        let dir = lowest.dir.expect("its directory").shown();
        let verdict = crate::runs::read(&Path::new(&dir).join(crate::runs::VERDICT));
        let verdict = verdict.map_err(|failure| failure.message).expect("verdict.json");
        let verdict: serde_json::Value = serde_json::from_str(&verdict).expect("JSON");
        assert_eq!(verdict["verdict"], "invalid", "{verdict}");
        assert!(verdict["findings"].to_string().contains("no disk"), "{verdict}");
        std::fs::remove_dir_all(&base).expect("the folder of the runs");
    }

    #[test]
    fn a_system_broken_on_purpose_must_show_it() {
        let mut hidden = Found { seeds: 64, ..Found::default() };
        hidden.settle(true, false);
        assert_eq!(hidden.exits, [Exit::Anomaly]);
        let mut partly = Found { seeds: 64, ..Found::default() };
        partly.settle(true, true);
        assert_eq!(partly.exits, [Exit::Valid]);
        let caught = Some((3, AnomalyKind::StaleRead));
        let mut caught = Found { seeds: 4, caught, ..Found::default() };
        caught.settle(true, false);
        assert_eq!(caught.exits, [Exit::Valid]);
        let others = vec![(3, AnomalyKind::StaleRead)];
        let mut other = Found { seeds: 64, others, ..Found::default() };
        other.settle(true, true);
        assert_eq!(other.exits, [Exit::Anomaly]);
    }
}
