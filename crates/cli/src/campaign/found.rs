//! What a campaign found: its rows, taken in the order of their seeds.

use super::notes::Notes;
use super::row::Row;
use crate::exit::Exit;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use testimony::sim::{Coverage, Family};

/// Of a thousand operations in fault-free windows so many must be answered.
const CALM_OK_PER_MILLE_MIN: u32 = 700;

/// Campaigns of fewer seeds are not asked whether every family of faults struck an operation.
const SEEDS_FOR_FAMILIES_MIN: u64 = 16;

/// Failing seeds that are listed, the fastest first.
const FASTEST_MAX: usize = 10;

/// What is known of a system before it runs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct System {
    pub(crate) system: String,
    /// The properties by which it is judged.
    pub(crate) judged: Vec<String>,
    /// For a system broken on purpose: the anomalies of which it should show one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) breaks: Option<Vec<String>>,
    /// It claims more than it is judged by.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) partly: bool,
}

/// How conclusions are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Rules {
    /// The first failing seed is the last.
    pub(crate) fail_fast: bool,
    /// These are all rows of the campaign, not those of a shard: what was not seen was not there.
    pub(crate) whole: bool,
}

/// An anomaly that a seed showed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Shown {
    pub(crate) seed: u64,
    pub(crate) kind: String,
}

/// A failing seed, and how fast it failed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub(crate) struct Fast {
    pub(crate) events: u32,
    pub(crate) ms: u64,
    pub(crate) seed: u64,
}

/// The failing run with the lowest seed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Lowest {
    pub(crate) seed: u64,
    /// The properties that it broke; none when only the code under test failed.
    pub(crate) broken: Vec<String>,
    pub(crate) anomalies: usize,
    pub(crate) report: String,
    pub(crate) dir: Option<String>,
}

/// What the rows so far show. Its size does not grow with the number of seeds.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Found {
    pub(crate) seeds: u64,
    pub(crate) operations: u64,
    pub(crate) coverage: Coverage,
    pub(crate) families: BTreeSet<Family>,
    /// How many runs of a system that should hold were invalid, or had findings.
    pub(crate) failed: u64,
    pub(crate) lowest: Option<Lowest>,
    /// The failing seeds that failed fastest, by events.
    pub(crate) fastest: BTreeSet<Fast>,
    /// The run that showed a promised anomaly.
    pub(crate) caught: Option<Shown>,
    /// Another anomaly that a broken system showed first.
    pub(crate) other: Option<Shown>,
    pub(crate) unknown: Notes,
    /// Verdicts for which the engine alone vouches.
    pub(crate) engine_only: u64,
    pub(crate) unstable: Notes,
    pub(crate) findings: Notes,
    /// Reasons why green does not count.
    pub(crate) weak: Vec<String>,
    pub(super) exit: Option<Exit>,
}

impl Found {
    /// Whether the campaign is over: what comes after this does not count.
    pub(crate) fn is_over(&self, rules: Rules) -> bool {
        self.caught.is_some() || (rules.fail_fast && self.failed > 0)
    }

    /// What the command ends with for this system.
    pub(crate) fn exit(&self) -> Exit {
        self.exit.unwrap_or(Exit::NothingChecked)
    }

    fn end_with(&mut self, exit: Exit) {
        self.exit = Some(self.exit.map_or(exit, |before| before.and(exit)));
    }

    /// Takes the next row: its seed is larger than those before.
    pub(crate) fn add(&mut self, row: &Row, system: &System) {
        let seed = row.seed;
        self.seeds += 1;
        self.operations += row.operations;
        self.engine_only += row.engine_only;
        self.coverage.add(&row.coverage);
        self.families.extend(&row.families);
        row.findings.iter().for_each(|finding| self.findings.add(seed, finding));
        if let Some(difference) = &row.unstable {
            self.unstable.add(seed, difference);
            self.end_with(Exit::NotDeterministic);
        }
        if row.nothing_judged {
            self.end_with(Exit::NothingChecked);
        }
        for open in &row.unknown {
            self.unknown.add(seed, &open.reason);
            self.end_with(if open.internal { Exit::Internal } else { Exit::Unknown });
        }
        match &system.breaks {
            Some(promised) => self.add_shown(row, promised),
            None => self.add_failed(row),
        }
    }

    fn add_shown(&mut self, row: &Row, promised: &[String]) {
        let shown = |kind: &String| Shown { seed: row.seed, kind: kind.clone() };
        let kinds = || row.anomalies.iter().map(|seen| &seen.kind);
        self.caught = kinds().find(|kind| promised.contains(kind)).map(shown);
        if self.caught.is_none() && self.other.is_none() {
            self.other = kinds().next().map(shown);
        }
    }

    /// A run of a system that should hold. Tasks that panicked, gave up or never ended: such a run
    /// shows nothing good either.
    fn add_failed(&mut self, row: &Row) {
        let Some(failed) = &row.failed else { return };
        self.failed += 1;
        self.fastest.insert(Fast { events: failed.events, ms: failed.ms, seed: row.seed });
        if self.fastest.len() > FASTEST_MAX {
            self.fastest.pop_last();
        }
        if self.lowest.is_none() {
            let mut broken: Vec<_> =
                row.anomalies.iter().map(|seen| seen.property.clone()).collect();
            broken.dedup();
            self.lowest = Some(Lowest {
                seed: row.seed,
                broken,
                anomalies: row.anomalies.len(),
                report: failed.report.clone(),
                dir: failed.dir.clone(),
            });
        }
    }

    /// Draws the conclusion when all rows are there.
    pub(crate) fn settle(&mut self, system: &System, rules: Rules) {
        if system.breaks.is_some() {
            // One that is only partly judged may show nothing.
            let shown = self.caught.is_some() || (system.partly && self.other.is_none());
            let open = !rules.whole;
            self.end_with(if shown || open { Exit::Valid } else { Exit::Anomaly });
            return;
        }
        if self.failed > 0 {
            self.end_with(Exit::Anomaly);
            return;
        }
        if rules.whole {
            self.look_for_weakness();
        }
        self.end_with(if self.weak.is_empty() { Exit::Valid } else { Exit::Anomaly });
    }

    fn look_for_weakness(&mut self) {
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::row::{Failed, Seen};
    use testimony::sim::Struck;

    const WHOLE: Rules = Rules { fail_fast: false, whole: true };

    fn system(breaks: Option<&[&str]>, partly: bool) -> System {
        let breaks = breaks.map(|kinds| kinds.iter().map(|kind| (*kind).to_owned()).collect());
        System { system: "s".into(), judged: vec!["linearizable".into()], breaks, partly }
    }

    fn row(seed: u64, anomaly: Option<(&str, u32)>) -> Row {
        let seen = |(kind, _): (&str, u32)| Seen { property: "p".into(), kind: kind.into() };
        let failed = |(_, events): (&str, u32)| Failed {
            events,
            ms: 1,
            report: format!("report {seed}"),
            dir: None,
        };
        Row {
            seed,
            operations: 10,
            coverage: Coverage::default(),
            families: Vec::new(),
            anomalies: anomaly.map(seen).into_iter().collect(),
            findings: Vec::new(),
            unknown: Vec::new(),
            engine_only: 0,
            unstable: None,
            nothing_judged: false,
            failed: anomaly.map(failed),
        }
    }

    fn settled(seeds: u64, calm_ok: u32, open_operations: u32, rules: Rules) -> Found {
        let struck = Struck { faults: 9, open_operations };
        let coverage = Coverage {
            operations: 100,
            ok: calm_ok,
            calm: 100,
            calm_ok,
            struck: [(Family::Crash, struck)].into(),
            ..Coverage::default()
        };
        let families = [Family::Crash, Family::Loss].into();
        let mut found = Found { seeds, coverage, families, ..Found::default() };
        found.coverage.struck.insert(Family::Loss, Struck { faults: 1, open_operations: 1 });
        found.settle(&system(None, false), rules);
        found
    }

    #[test]
    fn green_counts_only_where_the_system_was_under_strain() {
        assert_eq!(settled(64, 70, 5, WHOLE).exit(), Exit::Valid);
        let slow = settled(64, 69, 5, WHOLE);
        assert_eq!(slow.exit(), Exit::Anomaly);
        assert!(slow.weak[0].starts_with("only 69.0 %"), "{:?}", slow.weak);
        let idle = settled(64, 100, 0, WHOLE);
        assert_eq!(idle.exit(), Exit::Anomaly);
        assert_eq!(idle.weak, ["no crash fault ever struck an open operation"]);
        // A few seeds need not show every family, nor need a part of them.
        assert_eq!(settled(4, 100, 0, WHOLE).exit(), Exit::Valid);
        let shard = Rules { whole: false, ..WHOLE };
        assert_eq!(settled(64, 69, 0, shard).exit(), Exit::Valid);
    }

    fn of(rows: &[Row], system: &System, rules: Rules) -> Found {
        let mut found = Found::default();
        for row in rows {
            if !found.is_over(rules) {
                found.add(row, system);
            }
        }
        found.settle(system, rules);
        found
    }

    #[test]
    fn a_system_broken_on_purpose_must_show_it() {
        let (all, partly) = (system(Some(&["stale-read"]), false), system(Some(&["x"]), true));
        let quiet = [row(0, None), row(1, None)];
        assert_eq!(of(&quiet, &all, WHOLE).exit(), Exit::Anomaly);
        assert_eq!(of(&quiet, &all, Rules { whole: false, ..WHOLE }).exit(), Exit::Valid);
        assert_eq!(of(&quiet, &partly, WHOLE).exit(), Exit::Valid);
        let shown =
            [row(0, None), row(3, Some(("stale-read", 9))), row(4, Some(("stale-read", 1)))];
        let caught = of(&shown, &all, WHOLE);
        assert_eq!(caught.exit(), Exit::Valid);
        assert_eq!(caught.caught, Some(Shown { seed: 3, kind: "stale-read".into() }));
        assert_eq!(caught.seeds, 2, "the lowest seed ends the campaign");
        // Another anomaly than the promised one is a surprise, also when partly judged.
        let other = of(&shown, &partly, WHOLE);
        assert_eq!((other.exit(), other.other.map(|shown| shown.seed)), (Exit::Anomaly, Some(3)));
    }

    #[test]
    fn failing_seeds_are_ranked_by_how_fast_they_failed() {
        let holds = system(None, false);
        let rows: Vec<Row> = [(0, 40), (1, 7), (2, 90), (3, 7)]
            .map(|(seed, events)| row(seed, Some(("stale-read", events))))
            .into();
        let found = of(&rows, &holds, WHOLE);
        assert_eq!(found.fastest.iter().map(|fast| fast.seed).collect::<Vec<_>>(), [1, 3, 0, 2]);
        assert_eq!(found.lowest.map(|lowest| lowest.report), Some("report 0".to_owned()));
        let first = of(&rows, &holds, Rules { fail_fast: true, ..WHOLE });
        assert_eq!((first.seeds, first.failed, first.exit()), (1, 1, Exit::Anomaly));
        let many: Vec<Row> = (0..50_u32).map(|at| row(at.into(), Some(("x", 50 - at)))).collect();
        let fastest = of(&many, &holds, WHOLE).fastest;
        assert_eq!((fastest.len(), fastest.first().map(|fast| fast.seed)), (10, Some(49)));
    }
}
