//! Wall clocks: skewed, drifting, jumping, standing still. Timers notice nothing.

use crate::net::time::{Instant, sleep};
use crate::tests::programs::{nodes, observed, planned, run_with};
use crate::workload::Cells;
use crate::{Cluster, Fault, NodeCtx, Ran};
use std::time::Duration;
use testimony_model::Register;

/// Tells every 10 ms, from 0 on, by how many ms the wall clock is ahead of the time since the
/// start, and that time.
fn clocks() -> Cluster<Register, Cells> {
    nodes(2, 1_500, |node: NodeCtx| async move {
        let (begun, first) = (Instant::now(), node.clock().now_ns());
        loop {
            let passed = u64::try_from(begun.elapsed().as_millis())?;
            let shown = i64::try_from(node.clock().now_ns())? - i64::try_from(first)?;
            node.observe("clock", (passed, shown / 1_000_000 - i64::try_from(passed)?));
            sleep(Duration::from_millis(10)).await;
        }
    })
}

/// How far the clock of a node is ahead after so many ms.
fn ahead(ran: &Ran<Register>, node: &str, at_ms: u64) -> i64 {
    let told = observed(ran, node, "clock").into_iter();
    let told = told.map(|text| serde_json::from_str::<(u64, i64)>(&text).unwrap());
    told.into_iter().find(|(passed, _)| *passed == at_ms).unwrap().1
}

fn run(faults: Vec<(u64, u64, Fault)>) -> Ran<Register> {
    let planned = (0..).zip(faults);
    let faults = planned.map(|(id, (at, lasts, fault))| planned_at(id, at, lasts, fault)).collect();
    let ran = run_with(&clocks(), faults);
    for at in (0..1_400).step_by(10) {
        assert_eq!(ahead(&ran, "n1", at), 0, "the other node's clock is right, and timers go on");
    }
    ran
}

fn planned_at(id: u32, at_ms: u64, lasts_ms: u64, fault: Fault) -> crate::PlannedFault {
    planned(id, at_ms, Some(lasts_ms), fault)
}

fn n2() -> String {
    "n2".to_owned()
}

#[test]
fn a_skewed_clock_jumps_forward_or_back_and_returns() {
    let skew = |ms| Fault::Skew { node: n2(), ms };
    let ran = run(vec![(295, 600, skew(5_000)), (495, 200, skew(-7_000))]);
    let at = |ms| ahead(&ran, "n2", ms);
    assert_eq!([at(290), at(300), at(500), at(700), at(900)], [0, 5_000, -2_000, 5_000, 0]);
}

#[test]
fn a_drifting_clock_gains_or_loses_and_is_set_right() {
    let drift = |per_mille| Fault::Drift { node: n2(), per_mille };
    let ran = run(vec![(300, 600, drift(500)), (500, 200, drift(-1_000))]);
    let at = |ms| ahead(&ran, "n2", ms);
    assert_eq!([at(300), at(400), at(500)], [0, 50, 100]);
    assert_eq!([at(600), at(690)], [50, 5], "half as fast again, and not at all: together half");
    assert_eq!([at(700), at(890), at(900)], [200, 295, 0]);
}

#[test]
fn a_strobing_clock_jumps_to_and_fro() {
    let strobe = Fault::Strobe { node: n2(), ms: -200, every_ms: 50 };
    let skew = Fault::Skew { node: n2(), ms: 1_000 };
    let ran = run(vec![(300, 300, strobe), (455, 90, skew)]);
    let at = |ms| ahead(&ran, "n2", ms);
    assert_eq!(
        [at(310), at(360), at(410), at(460), at(510), at(560)],
        [-200, 0, -200, 1_000, 800, 0]
    );
    assert_eq!([at(600), at(700)], [0, 0]);
}

#[test]
fn a_frozen_clock_stands_still_also_when_it_was_wrong_before() {
    let frozen = || Fault::Frozen { node: n2() };
    let skew = Fault::Skew { node: n2(), ms: 100 };
    let ran = run(vec![(200, 800, skew), (300, 300, frozen()), (400, 100, frozen())]);
    let at = |ms| ahead(&ran, "n2", ms);
    assert_eq!([at(250), at(300), at(350), at(450), at(590)], [100, 100, 50, -50, -190]);
    assert_eq!([at(600), at(1_010)], [100, 0]);
}
