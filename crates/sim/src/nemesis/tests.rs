//! Tests of the faults that seeds draw.

use super::*;
use crate::fault::ring;
use std::collections::{BTreeMap, BTreeSet};

fn drawn(nemesis: &Nemesis, nodes: u16, seed: u64) -> Vec<PlannedFault> {
    let draw = Draw::new(seed);
    let mut config = Config::new(nodes, 5);
    nemesis.configure(&draw, &mut config);
    nemesis.faults(&draw, &config, 1_000)
}

#[test]
fn every_family_is_sometimes_on_and_sometimes_off() {
    let mut seen: BTreeMap<Family, u32> = BTreeMap::new();
    for seed in 0..200 {
        let families: BTreeSet<Family> =
            drawn(&Nemesis::of(Family::ALL).beyond_minority(), 5, seed)
                .iter()
                .map(|fault| fault.fault.family())
                .collect();
        for family in families {
            *seen.entry(family).or_default() += 1;
        }
    }
    assert_eq!(seen.len(), Family::ALL.len());
    assert!(seen.values().all(|runs| (60..190).contains(runs)), "{seen:?}");
}

#[test]
fn long_runs_are_struck_all_the_time() {
    let draw = Draw::new(1);
    let mut config = Config::new(5, 5);
    let nemesis = Nemesis::of(Family::ALL).on_per_mille(1000).beyond_minority();
    nemesis.configure(&draw, &mut config);
    let faults = nemesis.faults(&draw, &config, 60_000);
    for window in 0..30_u64 {
        let within = window * 2_000..=(window + 1) * 2_000;
        let families: BTreeSet<Family> = faults
            .iter()
            .filter(|fault| within.contains(&fault.at_ms()))
            .map(|fault| fault.fault.family())
            .collect();
        // Members come and go a few times in a run, however long it is.
        let others = families.iter().filter(|family| **family != Family::Membership);
        assert_eq!(others.count(), Family::ALL.len() - 1, "window {window}: {families:?}");
    }
    let ids: BTreeSet<u32> = faults.iter().map(|fault| fault.id).collect();
    assert_eq!(ids.len(), faults.len());
    assert!(faults.iter().all(|fault| fault.at_ms() <= 60_000));
}

#[test]
fn every_shape_of_partition_is_drawn() {
    let nemesis = Nemesis::of(&[Family::Partition]).on_per_mille(1000);
    let faults = (0..100).flat_map(|seed| drawn(&nemesis, 5, seed));
    let labels: BTreeSet<String> = faults.map(|fault| fault.fault.label()).collect();
    let groups = |label: &&String| label.split(" | ").map(|side| side.split(' ').count()).collect();
    let shapes: BTreeSet<Vec<usize>> = labels
        .iter()
        .filter(|label| !label.contains("clients"))
        .map(|label| groups(&label))
        .collect();
    assert!(shapes.contains(&vec![1, 4]) || shapes.contains(&vec![4, 1]), "isolated: {shapes:?}");
    assert!(shapes.contains(&vec![2, 3]) || shapes.contains(&vec![3, 2]), "halves: {shapes:?}");
    assert!(labels.iter().any(|label| label.contains("clients")), "clients on a side");
    let rings = labels.iter().filter(|label| label.matches('-').count() == 5).count();
    assert!(rings > 0, "rings: {labels:?}");
    let bridges = labels.iter().filter(|label| label.split(" | ").count() == 2);
    assert!(bridges.clone().any(|label| label.split(' ').count() == 5), "bridges: {labels:?}");
}

#[test]
fn in_a_ring_everyone_sees_a_majority() {
    for count in 4..9_usize {
        let names: Vec<String> = (1..=count).map(|number| format!("n{number}")).collect();
        let nodes: Vec<&str> = names.iter().map(String::as_str).collect();
        let pairs = ring(&nodes);
        assert!(!pairs.is_empty(), "{count}");
        for node in &nodes {
            let cut = pairs.iter().filter(|(from, _)| from == node).count();
            assert!(count - cut > count / 2, "{node} of {count} sees a majority");
        }
    }
}

#[test]
fn never_more_than_a_minority_is_down() {
    let crashes = Nemesis::of(&[Family::Crash]).on_per_mille(1000);
    let mut overlaps_beyond = false;
    for seed in 0..300 {
        for (nemesis, nodes) in [(crashes.clone(), 3), (crashes.clone(), 5)] {
            let faults = drawn(&nemesis, nodes, seed);
            assert!(down_at_once(&faults) <= usize::from((nodes - 1) / 2), "seed {seed}");
        }
        let beyond = drawn(&crashes.clone().beyond_minority(), 3, seed);
        overlaps_beyond |= down_at_once(&beyond) > 1;
    }
    assert!(overlaps_beyond, "without the budget two of three are down in some plan");
    assert!((0..50).all(|seed| drawn(&crashes, 2, seed).is_empty()), "one of two is no minority");
}

fn down_at_once(faults: &[PlannedFault]) -> usize {
    let down_at = |time: u64| {
        let down = faults.iter().filter(|fault| {
            let ends = fault.at_ms() + fault.lasts_ms.unwrap_or(u64::MAX / 2);
            (fault.at_ms()..=ends).contains(&time)
        });
        down.map(|fault| fault.fault.label()).collect::<BTreeSet<_>>().len()
    };
    faults.iter().map(|fault| down_at(fault.at_ms())).max().unwrap_or(0)
}

#[test]
fn skews_are_within_their_bound() {
    let mut seen = BTreeSet::new();
    for seed in 0..50 {
        let mut config = Config::new(3, 1);
        Nemesis::default().skew_ms(40).configure(&Draw::new(seed), &mut config);
        assert_eq!(config.skew_ms.len(), 3);
        assert!(config.skew_ms.iter().all(|skew| (-40..=40).contains(skew)));
        seen.extend(config.skew_ms);
    }
    assert!(seen.first() < Some(&-20) && seen.last() > Some(&20), "{seen:?}");
}

#[test]
fn never_more_than_a_minority_is_struck_by_anything() {
    let takes = [
        Family::Crash,
        Family::PowerLoss,
        Family::Amnesia,
        Family::Shutdown,
        Family::Correlated,
        Family::Pause,
        Family::Torn,
        Family::LyingSync,
        Family::DiskError,
        Family::BitRot,
    ];
    let nemesis = Nemesis::of(&takes).on_per_mille(1000);
    let mut kinds = BTreeSet::new();
    for seed in 0..200 {
        let faults = drawn(&nemesis, 5, seed);
        let lossy = |fault: &PlannedFault| {
            let kinds = ["amnesia", "torn", "lying-sync", "bit-rot"];
            kinds.contains(&fault.fault.name())
        };
        let until = |fault: &PlannedFault| match lossy(fault) {
            true => u64::MAX,
            false => fault.at_ms() + fault.lasts_ms.unwrap(),
        };
        for one in &faults {
            let active =
                faults.iter().filter(|other| (other.at_ms()..=until(other)).contains(&one.at_ms()));
            // A rolling restart takes one at a time.
            let rolling = active.clone().any(|fault| fault.fault.name() == "rolling");
            let named = active.filter(|fault| fault.fault.name() != "rolling");
            let struck: BTreeSet<&str> = named.flat_map(|fault| fault.fault.nodes()).collect();
            assert!(struck.len() + usize::from(rolling) <= 2, "seed {seed}: {struck:?}");
            kinds.insert(one.fault.name());
        }
    }
    assert!(kinds.len() >= 11, "{kinds:?}");
    assert_eq!(drawn(&Nemesis::of(&[Family::Amnesia]).on_per_mille(1000), 2, 1), []);
}

#[test]
fn the_minority_is_that_of_the_smallest_group() {
    let change =
        |id, at_ms, fault| PlannedFault { id, when: When::AtMs(at_ms), lasts_ms: None, fault };
    let node = |name: &str| name.to_owned();
    let join = |id, at_ms, name| change(id, at_ms, Fault::Join { node: node(name) });
    let leave = |id, at_ms, name| change(id, at_ms, Fault::Leave { node: node(name) });
    let crash = |name| change(99, 50, Fault::Crash { node: node(name) });
    assert!(is_survivable(&[], &crash("n1"), 3));
    assert!(!is_survivable(&[leave(0, 10, "n3")], &crash("n1"), 3), "two of two are needed");
    assert!(is_survivable(&[join(0, 5, "n4"), leave(1, 10, "n3")], &crash("n1"), 3));
    let both = [crash("n1"), join(0, 5, "n4"), join(1, 9, "n5")];
    assert!(!is_survivable(&both, &crash("n2"), 3), "they may never get in");
    // What is drawn begins with somebody who joins, and strikes only what the group survives.
    let families = [Family::Membership, Family::Crash, Family::Pause];
    let nemesis = Nemesis::of(&families).on_per_mille(1000);
    for seed in 0..100 {
        let faults = drawn(&nemesis, 3, seed);
        let changes: Vec<bool> = faults
            .iter()
            .filter_map(|one| one.fault.membership())
            .map(|(_, joins)| joins)
            .collect();
        assert!((2..=4).contains(&changes.len()) && changes[0], "seed {seed}: {changes:?}");
        for (at, one) in faults.iter().enumerate() {
            let others = [&faults[..at], &faults[at + 1..]].concat();
            assert!(is_survivable(&others, one, 3), "seed {seed}: {one:?}");
        }
    }
}

#[test]
fn some_crashes_wait_for_points() {
    let nemesis = Nemesis::of(&[Family::Crash]).on_per_mille(1000).at_points(&["a", "b"]);
    let faults: Vec<PlannedFault> = (0..100).flat_map(|seed| drawn(&nemesis, 5, seed)).collect();
    let mut points = BTreeMap::new();
    for fault in &faults {
        if let When::AtPoint { point, node, nth } = &fault.when {
            *points.entry(point.as_str()).or_insert(0) += 1;
            assert_eq!(fault.fault.nodes(), [node.as_deref().unwrap()]);
            assert!((1..=20).contains(nth));
        }
    }
    let at_points: usize = points.values().sum();
    assert_eq!(points.len(), 2);
    assert!((faults.len() / 4..faults.len() * 3 / 4).contains(&at_points), "{at_points}");
}

#[test]
fn torn_writes_and_lying_syncs_are_followed_by_a_loss_of_power() {
    for family in [Family::Torn, Family::LyingSync] {
        let faults = drawn(&Nemesis::of(&[family]).on_per_mille(1000), 5, 3);
        let losses = faults.iter().filter(|fault| fault.fault.name() == "power-loss");
        assert_eq!(losses.clone().count() * 2, faults.len());
        for loss in losses {
            assert!(faults.iter().any(|cause| {
                cause.fault.family() == family
                    && cause.fault.nodes() == loss.fault.nodes()
                    && (cause.at_ms()..=cause.at_ms() + cause.lasts_ms.unwrap())
                        .contains(&loss.at_ms())
            }));
        }
    }
}
