//! What minimisation reaches: failing plans of 200 operations and 20 faults for each broken twin of
//! the quorum register, shrunk, with luck by content and with luck from a stream that all share.
//!
//! ```text
//! cargo run --release -p testimony-systems --example shrink -- [SEEDS] [VARIANT [plans]]
//! ```
//!
//! A row for each twin: over the first failing seeds (12 unless said otherwise) the items left, the
//! runs and the processor time of one minimisation, in one thread. With `plans` the smallest plans are
//! printed, too.

#![expect(clippy::print_stdout, reason = "a program that prints a table")]

use std::process::ExitCode;
use testimony::ShrinkOptions;
use testimony::sim::workload::{CellStep, Cells, Pace};
use testimony::sim::{Family, Nemesis, Plan, PlannedFault};
use testimony_systems::quorum_register::{
    RegisterCampaign, no_query, no_write_back, no_writer_id, read_one, write_one,
};

const OPERATIONS: u32 = 200;
const FAULTS: usize = 20;

/// Seeds that are tried for failing ones, at most.
const SEEDS_MAX: u64 = 20_000;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let count = args.next().map_or(Ok(12), |text| text.parse::<usize>());
    let (Ok(count), only, plans) = (count, args.next(), args.next()) else {
        println!("usage: shrink [SEEDS] [VARIANT [plans]]");
        return ExitCode::from(64);
    };
    println!("plans of {OPERATIONS} operations and {FAULTS} faults, {count} failing seeds each");
    println!(
        "{:15} {:8} {:>13} {:>13} {:>13} {:>18} {:>10}",
        "twin", "luck", "found", "items median", "items worst", "runs median/worst", "CPU-s each"
    );
    let twins = [
        ("no-write-back", no_write_back as fn() -> RegisterCampaign),
        ("read-one", read_one),
        ("write-one", write_one),
        ("no-query", no_query),
        ("no-writer-id", no_writer_id),
    ];
    let chosen = |name: &str| only.as_deref().is_none_or(|only| only == name);
    for (name, twin) in twins.into_iter().filter(|(name, _)| chosen(name)) {
        let pace = Pace { ops: OPERATIONS, gap_min_ms: 5, gap_max_ms: 40 };
        let workload = Cells::default().pace(pace).keys(2).weights(6, 4, 0);
        let campaign = twin().with_workload(workload).faults(Nemesis::all().on_per_mille(1000));
        row((name, "content"), &campaign, count, plans.is_some());
        row((name, "shared"), &campaign.with_shared_luck(), count, plans.is_some());
    }
    ExitCode::SUCCESS
}

/// Shrinks the first failing plans of a twin and prints what came of it.
fn row((name, luck): (&str, &str), campaign: &RegisterCampaign, count: usize, plans: bool) {
    let options = ShrinkOptions { at_once: 1, ..ShrinkOptions::default() };
    let (mut items, mut runs, mut cpu_s, mut tried) = (Vec::new(), Vec::new(), Vec::new(), 0);
    while items.len() < count && tried < SEEDS_MAX {
        let plan = plan(campaign, tried);
        tried += 1;
        if !campaign.run_plan(&plan).is_ok_and(|(_, judged)| judged.anomalies().next().is_some()) {
            continue;
        }
        let before = cpu_seconds();
        let Ok(Some(minimal)) = campaign.shrink(&plan, &options) else { continue };
        cpu_s.push(cpu_seconds() - before);
        items.push(minimal.items.1);
        runs.push(minimal.runs);
        if plans {
            println!(
                "seed {}: {} runs, {}\n{}",
                plan.seed, minimal.runs, minimal.failure, minimal.words
            );
        }
        if !(minimal.is_minimal && minimal.is_steady) {
            println!("seed {}: not minimal or not steady", plan.seed);
        }
    }
    items.sort_unstable();
    runs.sort_unstable();
    let median = |sorted: &[usize]| sorted.get(sorted.len() / 2).copied().unwrap_or(0);
    let runs: Vec<usize> = runs.iter().filter_map(|runs| usize::try_from(*runs).ok()).collect();
    let worst = |sorted: &[usize]| sorted.last().copied().unwrap_or(0);
    let found = format!("{} of {tried}", items.len());
    let tests = format!("{} / {}", median(&runs), worst(&runs));
    let share = f64::from(u32::try_from(cpu_s.len().max(1)).unwrap_or(1));
    let each = cpu_s.iter().sum::<f64>() / share;
    println!(
        "{name:15} {luck:8} {found:>13} {:>13} {:>13} {tests:>18} {each:>10.2}",
        median(&items),
        worst(&items)
    );
}

/// The plan of a seed, with faults of further seeds until there are twenty.
fn plan(campaign: &RegisterCampaign, seed: u64) -> Plan<CellStep> {
    let mut plan = campaign.plan(seed);
    let mut more = 0;
    while plan.faults.len() < FAULTS {
        more += 1;
        for fault in campaign.plan(seed + more * SEEDS_MAX).faults {
            if plan.faults.len() < FAULTS && is_fair(&plan.faults, &fault) {
                let id = 1_000_000_000 + u32::try_from(plan.faults.len()).unwrap_or(0);
                plan.faults.push(PlannedFault { id, ..fault });
            }
        }
    }
    plan.faults.truncate(FAULTS);
    plan.faults.sort_by_key(|fault| (fault.at_ms(), fault.id));
    plan
}

/// Whether at most one node is down at any time.
fn is_fair(faults: &[PlannedFault], new: &PlannedFault) -> bool {
    let crashes = |fault: &PlannedFault| fault.fault.family() == Family::Crash;
    let ends = |fault: &PlannedFault| {
        fault.lasts_ms.map_or(u64::MAX, |lasts| fault.at_ms().saturating_add(lasts))
    };
    let meet = |other: &PlannedFault| other.at_ms() <= ends(new) && new.at_ms() <= ends(other);
    !crashes(new) || !faults.iter().any(|other| crashes(other) && meet(other))
}

/// Processor time of this process so far, where the system tells it.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // User and system time in hundredths: fields 14 and 15, counted after the name in brackets.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11);
    let ticks: f64 = fields.take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / 100.0
}
