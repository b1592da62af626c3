//! Tests of the fault plane.

use super::*;
use crate::When;
use crate::fault::{between, one_way};

fn planned(id: u32, fault: Fault) -> PlannedFault {
    PlannedFault { id, when: When::AtMs(0), lasts_ms: None, fault }
}

fn plane() -> Plane {
    Plane::new(vec!["n1".into(), "n2".into(), "n3".into()])
}

#[test]
fn healing_one_cut_leaves_the_other() {
    let mut plane = plane();
    let first = planned(0, Fault::Cut { pairs: between(&["n1"], &["n2", "n3"]) });
    let second = planned(1, Fault::Cut { pairs: one_way(&["n1"], &["n2"]) });
    plane.begin(&first);
    plane.begin(&second);
    plane.end(&first);
    assert!(plane.is_cut(0, 1), "the one-way cut stays");
    assert!(!plane.is_cut(1, 0));
    assert!(!plane.is_cut(0, 2));
    plane.end(&second);
    assert!(!plane.is_cut(0, 1));
}

#[test]
fn a_node_is_up_when_its_last_crash_is_over() {
    let mut plane = plane();
    let first = planned(0, Fault::Crash { node: "n2".to_owned() });
    let second = planned(1, Fault::Crash { node: "n2".to_owned() });
    assert_eq!(plane.begin(&first), [Change::Down(1)]);
    assert_eq!(plane.begin(&second), []);
    assert_eq!(plane.end(&first), []);
    assert_eq!(plane.end(&second), [Change::Up(1)]);
}

#[test]
fn losses_of_two_faults_stand_beside_each_other() {
    let mut plane = plane();
    let lose = |id| planned(id, Fault::Lose { pairs: one_way(&["n1"], &["n2"]), per_mille: 100 });
    plane.begin(&lose(0));
    plane.begin(&lose(1));
    assert_eq!(plane.shares(0, 1).len(), 2);
    plane.end(&lose(0));
    let left = Share { fault: 1, effect: Effect::Lose { per_mille: 100 } };
    assert_eq!(plane.shares(0, 1), [left]);
    assert!(plane.shares(1, 0).is_empty());
}
