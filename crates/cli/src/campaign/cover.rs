//! What the runs of a campaign covered, and above all what they did not.

use super::found::Found;
use testimony::report::safe::{clean, pad, width};
use testimony::sim::{Coverage, Family};

/// Campaigns of fewer seeds are not told what they never reached: more of the same would.
const SEEDS_MIN: u64 = 16;

/// Lines of conditions that were never met.
const NEVER_HIT_MAX: usize = 10;

/// Warnings: what no seed reached although it was there to be reached.
pub(super) fn never(found: &Found) -> Vec<String> {
    if found.seeds < SEEDS_MIN {
        return Vec::new();
    }
    let seeds = found.seeds;
    let mut lines = Vec::new();
    for (family, phases) in found.coverage.never_struck() {
        let phases = clean(&phases.join(", "));
        lines.push(format!("never in {seeds} seeds: a {family} fault during {phases}"));
    }
    let never = found.coverage.never_hit();
    for name in never.iter().take(NEVER_HIT_MAX) {
        lines.push(format!("never in {seeds} seeds: {}", clean(name)));
    }
    if never.len() > NEVER_HIT_MAX {
        lines.push(format!("never in {seeds} seeds: {} more", never.len() - NEVER_HIT_MAX));
    }
    lines
}

/// The matrix of phases and families of faults, and the conditions of `sometimes`.
pub(super) fn table(coverage: &Coverage) -> Vec<String> {
    let families: Vec<Family> = coverage.struck.keys().copied().collect();
    let mut rows = vec![["phase", "entered"].map(str::to_owned).to_vec()];
    rows[0].extend(families.iter().map(ToString::to_string));
    for (name, phase) in &coverage.phases {
        let mut row = vec![clean(name), phase.entered.to_string()];
        let count = |family| phase.struck.get(family).copied().unwrap_or(0);
        row.extend(families.iter().map(|family| match count(family) {
            0 => "-".to_owned(),
            count => count.to_string(),
        }));
        rows.push(row);
    }
    let columns: Vec<usize> = (0..rows[0].len())
        .map(|at| rows.iter().map(|row| width(&row[at])).max().unwrap_or(0))
        .collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&columns).enumerate().map(|(at, (cell, columns))| match at {
            0 => pad(cell, *columns),
            _ => format!("{}{cell}", " ".repeat(columns - width(cell))),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut lines = if rows.len() > 1 { rows.iter().map(line).collect() } else { Vec::new() };
    let sometimes = coverage.sometimes.iter();
    lines.extend(sometimes.map(|(name, count)| format!("sometimes {}: {count}", clean(name))));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use testimony::sim::{Phase, Struck};

    fn covered() -> Coverage {
        let mut coverage = Coverage::default();
        let struck = Struck { faults: 2, open_operations: 1 };
        coverage.struck = [(Family::Partition, struck), (Family::Crash, struck)].into();
        let hit = [(Family::Crash, 12)].into();
        coverage.phases = [
            ("ack".to_owned(), Phase { entered: 7, struck: [(Family::Partition, 1)].into() }),
            ("replicate".to_owned(), Phase { entered: 100, struck: hit }),
        ]
        .into();
        coverage.sometimes = [("a split vote".to_owned(), 0), ("a retry".to_owned(), 3)].into();
        coverage
    }

    #[test]
    fn what_was_never_reached_is_told_after_enough_seeds() {
        let found = Found { seeds: 64, coverage: covered(), ..Found::default() };
        let expected = [
            "never in 64 seeds: a partition fault during replicate",
            "never in 64 seeds: a crash fault during ack",
            "never in 64 seeds: a split vote",
        ];
        assert_eq!(never(&found), expected);
        assert!(never(&Found { seeds: 15, ..found }).is_empty());
    }

    #[test]
    fn the_matrix_has_a_row_for_each_phase() {
        let expected = [
            "phase      entered  partition  crash",
            "ack              7          1      -",
            "replicate      100          -     12",
            "sometimes a retry: 3",
            "sometimes a split vote: 0",
        ];
        assert_eq!(table(&covered()), expected);
        assert!(table(&Coverage::default()).is_empty());
    }
}
