//! Small campaigns of every variant.

use crate::{quorum_register, three_city_store};
use std::collections::BTreeMap;
use testimony::check::{Budget, Checker, Linearizable, judge};
use testimony::sim::{Cluster, Coverage, Workload};
use testimony::verdict::Verdict;
use testimony::model::Model;

fn campaign<M: Model, W: Workload<M>>(cluster: &Cluster<M, W>, checkers: &[Box<dyn Checker<M>>], seeds: std::ops::Range<u64>) {
    let mut kinds: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut coverage = Coverage::default();
    let mut virtual_ms = 0;
    let mut messages = 0;
    let count = seeds.end - seeds.start;
    let cpu = cpu();
    for seed in seeds {
        let plan = cluster.plan(seed);
        let ran = cluster.run(&plan, None).unwrap();
        if !ran.record.findings.is_empty() { println!("seed {seed}: {:?}", ran.record.findings); }
        coverage.add(&ran.coverage);
        virtual_ms += ran.virtual_ms;
        messages += ran.record.messages.len();
        let judgement = judge(cluster.model(), &ran.record.history, checkers, &Budget::default());
        for (property, finding) in &judgement.by {
            match &finding.verdict {
                Verdict::Valid(_) => {}
                Verdict::Invalid(anomalies) => for anomaly in anomalies.iter() {
                    let e = kinds.entry(format!("{property} {}", anomaly.kind)).or_insert((0, seed));
                    e.0 += 1;
                },
                Verdict::Unknown(why) => { kinds.entry(format!("{property} unknown {why:?}")).or_insert((0, seed)).0 += 1; }
            }
        }
    }
    println!("{} over {count}: cpu/run {:.2} ms, virtual {} ms/run, messages {}/run\n   {:?}\n   ok {}/{} calm {}/{}  {:?}", cluster.system(), (self::cpu() - cpu) * 1000.0 / count as f64, virtual_ms / count, messages as u64 / count, kinds, coverage.ok, coverage.operations, coverage.calm_ok, coverage.calm, coverage.struck);
}

fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let f: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (f[11].parse::<f64>().unwrap() + f[12].parse::<f64>().unwrap()) / 100.0
}

#[test]
fn look() {
    let seeds = || 0..std::env::var("SEEDS").ok().and_then(|s| s.parse().ok()).unwrap_or(64);
    let only = std::env::var("ONLY").unwrap_or_default();
    use quorum_register::Protocol;
    for (name, p) in [("abd", Protocol::ABD), ("no-write-back", Protocol::NO_WRITE_BACK), ("read-one", Protocol::READ_ONE), ("write-one", Protocol::WRITE_ONE), ("no-query", Protocol::NO_QUERY), ("no-writer-id", Protocol::NO_WRITER_ID)] {
        if !format!("quorum-register/{name}").contains(&only) { continue; }
        campaign(&quorum_register::cluster(name, p), &[Box::new(Linearizable::default())], seeds());
    }
    use three_city_store::Variant;
    for (name, v) in [("quorum", Variant::Quorum), ("escrow", Variant::Escrow), ("ap", Variant::Available), ("lww", Variant::LastWriter)] {
        if !format!("three-city-store/{name}").contains(&only) { continue; }
        campaign(&three_city_store::cluster(name, v), &[Box::new(Linearizable::default())], seeds());
    }
}
