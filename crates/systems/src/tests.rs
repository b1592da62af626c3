//! A small campaign of every variant: the correct ones stay green and are put to the test, the
//! broken ones show what they promise.

mod why;

use crate::{quorum_register, reconfigurable_register, three_city_store};
use std::collections::BTreeSet;
use testimony::model::Model;
use testimony::sim::{Family, Nemesis, Workload};
use testimony::{Campaign, Expect, Subject, Summary};

/// Runs a correct variant under so many seeds and looks whether that meant anything: calm
/// operations were answered, and every basic family of faults and every load that the workload can have
/// struck operations that were under way.
fn holds<M: Model, W: Workload<M>>(campaign: Campaign<M, W>) {
    let summary = campaign.seeds(0..24).run();
    summary.assert_valid();
    let Summary { system, coverage, .. } = &summary;
    assert_eq!(summary.runs, 24, "{system}");
    let answered = coverage.calm_ok_per_mille().unwrap();
    assert!(answered >= 700, "{system}: {answered} of 1000 calm operations were answered");
    let loads = [Family::Burst, Family::QuietWindow];
    for family in Family::BASIC.iter().chain(&loads) {
        let struck = coverage.struck.get(family).copied().unwrap_or_default();
        assert!(struck.open_operations > 0, "{system}: {family} struck nothing: {struck:?}");
    }
}

/// Runs a broken variant until it shows what it promises.
fn breaks<M: Model, W: Workload<M>>(campaign: Campaign<M, W>) {
    let summary = campaign.seeds(0..64).run();
    summary.assert_valid();
    assert!(summary.caught.is_some(), "{} promises nothing", summary.system);
}

#[test]
fn abd_holds() {
    holds(quorum_register::abd());
}

#[test]
fn registers_without_a_part_of_the_protocol_break() {
    breaks(quorum_register::no_write_back());
    breaks(quorum_register::read_one());
    breaks(quorum_register::write_one());
    breaks(quorum_register::no_query());
    breaks(quorum_register::no_writer_id());
}

#[test]
fn the_register_whose_members_come_and_go_holds() {
    holds(reconfigurable_register::epochs());
    let summary = reconfigurable_register::epochs().seeds(0..24).run();
    let struck = summary.coverage.struck[&Family::Membership];
    assert!(struck.faults > 20 && struck.open_operations > 20, "{struck:?}");
    for (name, hits) in &summary.coverage.sometimes {
        assert!(*hits > 0, "never: {name}");
    }
    assert_eq!(summary.coverage.sometimes.len(), 2);
}

/// Goal: a disk that fails or tears writes, also at the start of a node, is no reason to die: what can be
/// read later is read later, and what is damaged is not served.
#[test]
fn a_disk_that_fails_ends_no_node() {
    fn look<M: Model, W: Workload<M>>(campaign: Campaign<M, W>, families: &[Family]) {
        let nemesis = Nemesis::of(families).on_per_mille(1000);
        let campaign = campaign.faults(nemesis).shrink_failures(false);
        let mut struck = 0;
        for seed in 0..16 {
            let (ran, judgement) = campaign.run_plan(&campaign.plan(seed)).unwrap();
            let name = Subject::name(&campaign);
            assert_eq!(ran.record.findings, Vec::<String>::new(), "{name}@{seed}");
            assert_eq!(judgement.anomalies().count(), 0, "{name}@{seed}");
            let told = |line: &&String| line.contains("the node waits for it");
            struck += ran.log.iter().filter(told).count();
        }
        assert!(struck > 0, "{families:?}: no node had to wait for its disk");
    }
    look(reconfigurable_register::epochs(), &[Family::DiskError, Family::Crash]);
    look(reconfigurable_register::epochs(), &[Family::Torn]);
    look(three_city_store::quorum(), &[Family::DiskError, Family::Crash]);
}

#[test]
fn registers_whose_group_changes_wrongly_break() {
    breaks(reconfigurable_register::empty_joiner());
    breaks(reconfigurable_register::first_majority());
}

/// Goal: faults at the points that the systems name, and at their leader, strike without anybody asking
/// for it. Method: of the plans of some seeds, the faults that wait for a point or for a leader, and
/// which of them began.
#[test]
fn faults_at_points_and_at_the_leader_strike_by_default() {
    let leads = ["three-city-store/quorum"];
    for subject in crate::subjects().iter().filter(|subject| *subject.expect() == Expect::Holds) {
        let (mut points, mut leaders) = (BTreeSet::new(), 0);
        for seed in 0..40 {
            let plan = subject.plan(seed);
            let ran = subject.simulate(&plan, Box::new(std::io::sink())).unwrap();
            let begun: BTreeSet<u32> = ran.faults().iter().map(|event| event.fault).collect();
            let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
            for fault in plan["faults"].as_array().unwrap() {
                let id = u32::try_from(fault["id"].as_u64().unwrap()).unwrap();
                if begun.contains(&id) {
                    points.extend(fault["when"]["at-point"]["point"].as_str().map(str::to_owned));
                    leaders += u32::from(fault["fault"].to_string().contains("@leader"));
                }
            }
        }
        let name = subject.name();
        assert!(!points.is_empty(), "{name}");
        assert_eq!(leaders > 0, leads.contains(&name), "{name}: {leaders}");
    }
}

#[test]
fn the_store_of_the_quorum_holds() {
    holds(three_city_store::quorum());
}

#[test]
fn the_store_of_escrow_holds() {
    holds(three_city_store::escrow());
}

#[test]
fn available_stores_break() {
    breaks(three_city_store::available());
    breaks(three_city_store::last_writer());
}

/// The price of escrow: a city says "sold out" while another has units. It does not claim to be
/// linearizable, and it is not.
#[test]
fn escrow_is_not_linearizable() {
    use testimony::verdict::AnomalyKind;
    let strict = three_city_store::escrow().claims([testimony::Claim::linearizable()]);
    breaks(strict.expect(Expect::Breaks { any_of: AnomalyKind::ALL }));
}

#[test]
fn every_subject_has_its_own_name_and_says_what_it_is() {
    let subjects = crate::subjects();
    let names: BTreeSet<&str> = subjects.iter().map(|subject| subject.name()).collect();
    assert_eq!(names.len(), subjects.len());
    for subject in &subjects {
        assert!(!subject.summary().is_empty(), "{}", subject.name());
        assert!(!subject.claims().is_empty(), "{}", subject.name());
        let broken = subject.summary().starts_with('M');
        assert_eq!(broken, *subject.expect() != Expect::Holds, "{}", subject.name());
    }
}
