//! Faults at points that the code names.

use super::timed;
use crate::net::time::sleep;
use crate::tests::programs::{nodes, numbers, observed, planned, run_with};
use crate::workload::Cells;
use crate::{Cluster, Fault, NodeCtx, PlannedFault, When};
use std::time::Duration;
use testimony_model::Register;

/// Votes every 10 ms: counts before and after the point.
fn voters() -> Cluster<Register, Cells> {
    nodes(2, 1_000, |node: NodeCtx| async move {
        for number in 0_u64.. {
            sleep(Duration::from_millis(10)).await;
            node.observe("granted", number);
            node.point("vote-granted").await;
            node.observe("told", number);
        }
        Ok(())
    })
}

fn at_point(id: u32, node: Option<&str>, nth: u32, lasts_ms: u64, fault: Fault) -> PlannedFault {
    let (point, node) = ("vote-granted".to_owned(), node.map(str::to_owned));
    let when = When::AtPoint { point, node, nth };
    PlannedFault { id, when, lasts_ms: Some(lasts_ms), fault }
}

fn crash(node: &str) -> Fault {
    Fault::Crash { node: node.to_owned() }
}

#[test]
fn a_crash_right_after_the_vote_comes_before_anyone_is_told() {
    let ran = run_with(&voters(), vec![at_point(0, Some("n2"), 5, 200, crash("n2"))]);
    let (granted, told) = (numbers(&ran, "n2", "granted"), numbers(&ran, "n2", "told"));
    assert_eq!(granted[..6], [0, 1, 2, 3, 4, 0], "the fifth vote is the last before the crash");
    assert_eq!(told[..5], [0, 1, 2, 3, 0], "and nobody was told of it");
    let restart = timed(&ran, "n2", "granted")[5].0;
    assert!((255..275).contains(&restart), "{restart}");
    assert_eq!(observed(&ran, "n1", "granted").len(), observed(&ran, "n1", "told").len());
}

#[test]
fn without_a_fault_a_point_takes_no_time() {
    let ran = run_with(&voters(), Vec::new());
    let (granted, told) = (timed(&ran, "n1", "granted"), timed(&ran, "n1", "told"));
    assert!(granted.len() > 90 && granted == told);
}

#[test]
fn faults_at_a_point_compose_and_the_code_goes_on_when_it_lives() {
    let slow = Fault::Jam { pairs: crate::fault::between(&["n1"], &["n2"]) };
    let faults = vec![
        at_point(0, None, 3, 300, slow),
        at_point(1, Some("n1"), 10, 100, crash("n2")),
        planned(2, 50, Some(200), crash("n2")),
    ];
    let ran = run_with(&voters(), {
        let mut faults = faults;
        faults.rotate_right(1);
        faults
    });
    let begins: Vec<(u32, u64)> = ran
        .record
        .faults
        .iter()
        .filter(|event| event.begins)
        .map(|event| (event.fault, event.time_ns / 1_000_000))
        .collect();
    assert_eq!(begins, [(0, 21), (2, 50), (1, 102)], "the third of both, the tenth of n1");
    assert!(numbers(&ran, "n1", "told").len() > 90, "n1 goes on after its points");
    let up = timed(&ran, "n2", "granted").into_iter().find(|(time, _)| *time > 60).unwrap();
    assert!((255..265).contains(&up.0), "down until both crashes are over: {up:?}");
}

#[test]
fn a_point_that_is_reached_last_of_all_does_not_hang_the_run() {
    let ran = run_with(&voters(), vec![at_point(0, Some("n1"), 1_000_000, 10, crash("n1"))]);
    assert!(ran.record.faults.is_empty());
}
