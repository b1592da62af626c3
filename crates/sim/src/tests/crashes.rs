//! What a crash takes and what it leaves.

use super::programs::{listen, nodes, numbers, observed, planned, run_with, tick};
use crate::net::time::sleep;
use crate::{Fault, NodeCtx};
use std::time::Duration;

pub(super) async fn counter(node: NodeCtx) -> Result<(), crate::BoxError> {
    let disk = node.disk();
    let stored = disk.read("count").await?.unwrap_or_else(|| b"0".to_vec());
    let mut durable: u64 = String::from_utf8(stored)?.parse()?;
    let mut volatile = 0_u64;
    node.observe("started", (node.incarnation, durable, volatile));
    loop {
        sleep(Duration::from_millis(10)).await;
        volatile += 1;
        durable += 1;
        disk.write("count", durable.to_string().as_bytes()).await?;
        // Every tenth count is synced; the rest is lost with the node.
        if durable.is_multiple_of(10) {
            disk.sync().await?;
            node.observe("synced", durable);
            node.observe("volatile", volatile);
        }
    }
}

#[test]
fn memory_is_gone_and_what_was_synced_survives() {
    let cluster = nodes(3, 1_000, counter);
    let crash = Fault::Crash { node: "n2".to_owned() };
    let ran = run_with(&cluster, vec![planned(0, 355, Some(200), crash)]);
    let started = observed(&ran, "n2", "started");
    assert_eq!(started, ["[0,0,0]", "[1,30,0]"]);
    assert_eq!(observed(&ran, "n1", "started"), ["[0,0,0]"], "the others are left alone");
    let down = ran.record.history.observations.iter().filter(|told| told.node == "n2");
    let times: Vec<u64> = down.map(|told| told.time_ns / 1_000_000).collect();
    assert!(!times.iter().any(|time| (356..555).contains(time)), "{times:?}");
    assert!(numbers(&ran, "n2", "synced").windows(2).all(|pair| pair[0] < pair[1]));
    assert!(numbers(&ran, "n2", "volatile").windows(2).any(|pair| pair[0] > pair[1]));
}

#[test]
fn overlapping_crashes_end_with_the_last() {
    let cluster = nodes(3, 1_000, counter);
    let crash = || Fault::Crash { node: "n2".to_owned() };
    let faults = vec![planned(0, 300, Some(400), crash()), planned(1, 400, Some(100), crash())];
    let ran = run_with(&cluster, faults);
    assert_eq!(observed(&ran, "n2", "started").len(), 2);
    let restart = ran.record.history.observations.iter().rfind(|told| told.name == "started");
    assert!((700..703).contains(&(restart.unwrap().time_ns / 1_000_000)));
}

#[test]
fn a_node_that_is_down_is_started_in_the_final_phase() {
    let cluster = nodes(1, 500, counter);
    let crash = Fault::Crash { node: "n1".to_owned() };
    let ran = run_with(&cluster, vec![planned(0, 300, None, crash)]);
    assert_eq!(observed(&ran, "n1", "started"), ["[0,0,0]", "[1,20,0]"]);
}

#[test]
fn datagrams_to_a_node_that_is_down_are_gone() {
    let cluster = nodes(2, 1_000, |node| async move {
        match node.id {
            0 => tick("n2").await,
            _ => listen(node).await,
        }
    });
    let crash = Fault::Crash { node: "n2".to_owned() };
    let ran = run_with(&cluster, vec![planned(0, 300, Some(300), crash)]);
    let got = numbers(&ran, "n2", "got");
    assert!(!got.iter().any(|number| (31..58).contains(number)), "{got:?}");
    assert!(got.contains(&10) && got.contains(&80));
}

#[test]
fn clocks_are_skewed_by_the_plan() {
    let cluster = nodes(3, 200, |node: NodeCtx| async move {
        node.observe("clock", node.clock().now_ns());
        Ok(())
    });
    let mut plan = cluster.plan(1);
    plan.config.skew_ms = vec![0, 25, -40];
    let ran = cluster.run(&plan, None).unwrap();
    let clock = |node| i64::try_from(numbers(&ran, node, "clock")[0]).unwrap() / 1_000_000;
    assert_eq!([clock("n2") - clock("n1"), clock("n3") - clock("n1")], [25, -40]);
}
