//! A small campaign of every variant: the correct ones stay green and are put to the test, the
//! broken ones show what they promise.

mod why;

use crate::{quorum_register, three_city_store};
use testimony::model::Model;
use testimony::sim::{Family, Workload};
use testimony::{Campaign, Expect, Summary};

/// Runs a correct variant under so many seeds and looks whether that meant anything: calm
/// operations were answered, and every basic family of faults struck operations that were under way.
fn holds<M: Model, W: Workload<M>>(campaign: Campaign<M, W>) {
    let summary = campaign.seeds(0..24).run();
    summary.assert_valid();
    let Summary { system, coverage, .. } = &summary;
    assert_eq!(summary.runs, 24, "{system}");
    let answered = coverage.calm_ok_per_mille().unwrap();
    assert!(answered >= 700, "{system}: {answered} of 1000 calm operations were answered");
    for family in Family::BASIC {
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
    let names: std::collections::BTreeSet<&str> =
        subjects.iter().map(|subject| subject.name()).collect();
    assert_eq!(names.len(), subjects.len());
    for subject in &subjects {
        assert!(!subject.summary().is_empty(), "{}", subject.name());
        assert!(!subject.claims().is_empty(), "{}", subject.name());
        let broken = subject.summary().starts_with('M');
        assert_eq!(broken, *subject.expect() != Expect::Holds, "{}", subject.name());
    }
}
