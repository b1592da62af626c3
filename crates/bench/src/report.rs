//! What was measured, as data; and as the tables that are shown.

use crate::forecast::Share;
use crate::table::{Table, large, mib, ms, times};
use serde::Serialize;

/// A figure with its target.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct FigureRow {
    pub(crate) name: String,
    pub(crate) history: String,
    pub(crate) engine: Option<String>,
    pub(crate) verdict: String,
    pub(crate) target: String,
    pub(crate) measured: String,
    pub(crate) ms: Option<f64>,
    /// Of the check alone.
    pub(crate) check_kib: Option<u64>,
    /// Of the whole process, with the history.
    pub(crate) peak_kib: Option<u64>,
    /// Whether the target is met; `None` where there is none or it could not be measured.
    pub(crate) met: Option<bool>,
}

/// One size of a growth.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct GrowthRow {
    pub(crate) name: String,
    pub(crate) history: String,
    pub(crate) operations: u32,
    pub(crate) ms: Option<f64>,
    pub(crate) peak_kib: Option<u64>,
    pub(crate) instructions: Option<u64>,
    /// Against a tenth of the operations.
    pub(crate) ratio: Option<f64>,
    pub(crate) met: Option<bool>,
}

/// One checker on one history.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct PeerRow {
    pub(crate) name: String,
    pub(crate) history: String,
    pub(crate) info: u32,
    pub(crate) checker: String,
    /// The verdict, or how it ended without one.
    pub(crate) verdict: String,
    pub(crate) ms: Option<f64>,
    /// Against ours; a lower bound where a limit ended it.
    pub(crate) ratio: Option<f64>,
    pub(crate) is_lower_bound: bool,
    pub(crate) peak_kib: Option<u64>,
}

/// Instructions of a fixed job.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct CountRow {
    pub(crate) name: String,
    pub(crate) instructions: u64,
    pub(crate) baseline: Option<u64>,
    /// Percent more than the baseline.
    pub(crate) change: Option<f64>,
}

/// Everything.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: String,
    pub(crate) limits: String,
    pub(crate) figures: Vec<FigureRow>,
    pub(crate) growth: Vec<GrowthRow>,
    pub(crate) peers: Vec<PeerRow>,
    pub(crate) counts: Vec<CountRow>,
    /// How far what is foretold of the histories above is right.
    pub(crate) forecast: Share,
    /// What could not be measured, and why.
    pub(crate) left_out: Vec<String>,
    /// What is wrong: verdicts that are not as expected, or that differ.
    pub(crate) wrong: Vec<String>,
    /// Instructions above the baseline.
    pub(crate) regressions: Vec<String>,
}

fn met(met: Option<bool>) -> String {
    met.map_or("", |met| if met { "met" } else { "MISSED" }).to_owned()
}

fn memory(kib: Option<u64>) -> String {
    kib.map_or_else(String::new, mib)
}

impl Report {
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        for table in self.tables() {
            out.push_str(&table.text());
            out.push('\n');
        }
        for (what, lines) in self.remarks() {
            for line in lines {
                out.push_str(&format!("{what}: {line}\n"));
            }
        }
        out.push_str(&format!("{}; {}\n", self.summary(), self.machine));
        out
    }

    pub(crate) fn markdown(&self) -> String {
        let mut out = format!(
            "# Benchmark\n\nWritten by `cargo xtask bench`; not by hand. {}. Every measurement is a \
             process of its own, which makes its history from a seed before the clock starts; the \
             best of up to three runs counts, within {} each. {}.\n",
            self.machine,
            self.limits,
            self.summary()
        );
        for table in self.tables() {
            out.push('\n');
            out.push_str(&table.markdown());
        }
        for (what, lines) in self.remarks() {
            for line in lines {
                out.push_str(&format!("\n- {what}: {line}"));
            }
        }
        format!("{}\n", out.trim_end())
    }

    fn remarks(&self) -> [(&'static str, Vec<String>); 4] {
        [
            ("WRONG", self.wrong.clone()),
            ("regressed", self.regressions.clone()),
            ("forecast of `stats`", self.forecast.lines()),
            ("not measured", self.left_out.clone()),
        ]
    }

    fn summary(&self) -> String {
        let figures = self.figures.iter().filter_map(|row| row.met);
        let all: Vec<bool> = figures.chain(self.growth.iter().filter_map(|row| row.met)).collect();
        let met = all.iter().filter(|met| **met).count();
        let wrong = match self.wrong.len() {
            0 => "no verdict is wrong".to_owned(),
            wrong => format!("{wrong} verdicts are WRONG"),
        };
        format!("{met} of {} targets met, {wrong}", all.len())
    }

    fn tables(&self) -> Vec<Table> {
        let tables =
            [self.figure_table(), self.growth_table(), self.peer_table(), self.count_table()];
        tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
    }

    fn figure_table(&self) -> Table {
        let row = |row: &FigureRow| {
            vec![
                row.name.clone(),
                row.history.clone(),
                row.engine.clone().unwrap_or_default(),
                row.verdict.clone(),
                row.target.clone(),
                row.measured.clone(),
                memory(row.check_kib),
                memory(row.peak_kib),
                met(row.met),
            ]
        };
        let about = "The memory of a check is what its process takes at most beyond what it took \
                     before the check began, which is mostly the history; `peak` is all of it.";
        Table {
            title: "The figures to reach",
            about: about.to_owned(),
            header: vec![
                "name", "history", "engine", "verdict", "target", "measured", "check", "peak", "",
            ],
            rows: self.figures.iter().map(row).collect(),
        }
    }

    fn growth_table(&self) -> Table {
        let row = |row: &GrowthRow| {
            vec![
                row.name.clone(),
                row.history.clone(),
                row.ms.map_or_else(String::new, ms),
                memory(row.peak_kib),
                row.instructions.map_or_else(String::new, large),
                row.ratio.map_or_else(String::new, times),
                met(row.met),
            ]
        };
        let about =
            "Ten times the operations take at most 13 times the instructions, from 10k to 1M.";
        Table {
            title: "Growth",
            about: about.to_owned(),
            header: vec!["name", "history", "time", "peak", "instructions", "ratio", ""],
            rows: self.growth.iter().map(row).collect(),
        }
    }

    fn peer_table(&self) -> Table {
        let row = |row: &PeerRow| {
            let sign = if row.is_lower_bound { "> " } else { "" };
            vec![
                row.name.clone(),
                row.history.clone(),
                row.info.to_string(),
                row.checker.clone(),
                row.verdict.clone(),
                row.ms.map_or_else(String::new, |time| format!("{sign}{}", ms(time))),
                row.ratio.map_or_else(String::new, |ratio| format!("{sign}{}", times(ratio))),
                memory(row.peak_kib),
            ]
        };
        let about = "Everybody judges the same histories, as digests of them confirm, in the same \
                     run. `info` counts the indeterminate operations. `testimony` is the decision, \
                     like that of the peers, and `testimony, proven` with it the certificate or core \
                     and its independent verification. Peers get the history in a form of their own, \
                     prepared before the clock starts, with a specification of plain numbers. None \
                     of them has indeterminate operations as ours: for porcupine-rs and todc-utils \
                     such an operation ends after everything else with an answer that says nothing, \
                     for stateright it stays in flight; reads without answer are left out. todc-utils \
                     and stateright do not split by key, so it is done for them. Ratios are against \
                     `testimony`.";
        Table {
            title: "The peers",
            about: about.to_owned(),
            header: vec!["name", "history", "info", "checker", "verdict", "time", "ratio", "peak"],
            rows: self.peers.iter().map(row).collect(),
        }
    }

    fn count_table(&self) -> Table {
        let row = |row: &CountRow| {
            vec![
                row.name.clone(),
                large(row.instructions),
                row.baseline.map_or_else(|| "none".to_owned(), large),
                row.change.map_or_else(String::new, |change| format!("{change:+.1} %")),
            ]
        };
        Table {
            title: "Instructions of fixed jobs",
            about: "Counted by callgrind, against `crates/bench/instructions.json`.".to_owned(),
            header: vec!["name", "instructions", "baseline", "change"],
            rows: self.counts.iter().map(row).collect(),
        }
    }
}
