//! Minimising plans: what is left, in how many runs, and that it does not depend on threads.

use super::programs::{connect, serve};
use crate::workload::{CellStep, Cells};
use crate::{Cluster, Family, Nemesis, Plan, SHRINK_RUNS_MAX, Shrunk, Trials, shrink};
use testimony_model::Register;

type Cellular = Plan<CellStep>;

/// A plan of 200 steps with faults, on three nodes with skewed clocks.
fn large() -> Cellular {
    let cluster = Cluster::new("test-shrink", Register, Cells::default().ops(200))
        .nodes(3, serve)
        .clients(5, connect)
        .faults(Nemesis::basic().on_per_mille(1000).skew_ms(20));
    let plan = cluster.plan(3);
    assert!(plan.faults.len() > 8, "{} faults", plan.faults.len());
    plan
}

/// Shrinks with a predicate on plans; every candidate must make sense.
fn shrunk(
    plan: &Cellular,
    at_once: usize,
    runs_max: u32,
    fails: impl Fn(&Cellular) -> bool,
) -> Shrunk<CellStep> {
    assert!(fails(plan));
    let first = &mut |plans: &[Cellular]| {
        assert!((1..=at_once).contains(&plans.len()));
        plans.iter().for_each(|plan| plan.validate().expect("a plan that makes sense"));
        plans.iter().position(&fails)
    };
    shrink(plan, None, runs_max, Trials { at_once, first })
}

/// Fails as long as these steps and this fault are there, the fault before the second step.
fn needs(plan: &Cellular) -> impl Fn(&Cellular) -> bool + use<> {
    let (one, two) = (plan.steps[20].id, plan.steps[150].id);
    let early = plan.faults.iter().find(|fault| fault.at_ms() < plan.steps[150].not_before_ms);
    let fault = early.expect("an early fault").id;
    move |plan: &Cellular| {
        let step = |id| plan.steps.iter().find(|step| step.id == id);
        let struck = plan.faults.iter().find(|planned| planned.id == fault);
        match (step(one), step(two), struck) {
            (Some(one), Some(two), Some(struck)) => {
                one.not_before_ms < two.not_before_ms && struck.at_ms() < two.not_before_ms
            }
            _ => false,
        }
    }
}

#[test]
fn only_what_is_needed_is_left_however_many_run_at_once() {
    let plan = large();
    let alone = shrunk(&plan, 1, SHRINK_RUNS_MAX, needs(&plan));
    assert_eq!((alone.plan.steps.len(), alone.plan.finals.len()), (2, 0));
    assert_eq!((alone.plan.faults.len(), alone.plan.items()), (1, 3));
    assert!(alone.is_minimal && alone.runs < 150, "{} runs", alone.runs);
    for at_once in [2, 7] {
        assert_eq!(shrunk(&plan, at_once, SHRINK_RUNS_MAX, needs(&plan)), alone, "{at_once}");
    }
}

#[test]
fn what_is_left_is_close_together_on_a_small_calm_cluster() {
    let plan = large();
    let config = shrunk(&plan, 1, SHRINK_RUNS_MAX, needs(&plan)).plan.config;
    assert_eq!((config.latency_min_ms, config.latency_max_ms), (1, 1));
    assert!(config.skew_ms.is_empty() && config.families.len() <= 1);
    assert!(config.clients <= 2 && config.settle_ms == 0, "{config:?}");
    let left = shrunk(&plan, 1, SHRINK_RUNS_MAX, needs(&plan)).plan;
    let last = left.steps.iter().map(|step| step.not_before_ms).max();
    assert!(last.is_some_and(|last| last <= 100), "{:?}", left.steps);
    assert!(left.faults.iter().all(|fault| fault.lasts_ms.is_some_and(|lasts| lasts <= 20)));
}

/// Goal: steps that only bring a client to another node are left out, although none can be left out
/// alone. Method: a client asks the next node after each step, and one step matters at one node.
#[test]
fn a_client_that_begins_where_it_matters_takes_the_step() {
    let plan = large();
    let asks = |plan: &Cellular, id: u32| {
        let at = plan.steps.iter().position(|step| step.id == id)?;
        let client = plan.steps[at].client;
        let before = plan.steps[..at].iter().filter(|step| step.client == client).count();
        Some((usize::from(client) + before) % 3)
    };
    let late = plan.steps[150].id;
    let node = asks(&plan, late).expect("a step");
    let left = shrunk(&plan, 1, SHRINK_RUNS_MAX, |plan| asks(plan, late) == Some(node));
    assert_eq!(left.plan.items(), 1, "{:?}", left.plan.steps);
    assert!(left.is_minimal && left.plan.config.clients <= 3, "{:?}", left.plan.config);
}

/// Goal: nodes are left out down to those that matter. Method: a predicate on their number.
#[test]
fn nodes_that_no_fault_names_are_left_out() {
    let plan = large();
    let left = shrunk(&plan, 1, SHRINK_RUNS_MAX, |plan| plan.config.nodes >= 2);
    assert_eq!((left.plan.config.nodes, left.plan.items()), (2, 0));
    let needs_fault = |plan: &Cellular| !plan.faults.is_empty();
    assert_eq!(shrunk(&plan, 1, SHRINK_RUNS_MAX, needs_fault).plan.items(), 1);
}

#[test]
fn the_tail_goes_first() {
    let plan = large();
    let last_ms = plan.steps[60].not_before_ms;
    let mut sizes = Vec::new();
    let first = &mut |plans: &[Cellular]| {
        sizes.extend(plans.iter().map(Plan::items));
        Some(0)
    };
    let left = shrink(&plan, Some(last_ms), 1, Trials { at_once: 1, first });
    let early = plan.steps.iter().filter(|step| step.not_before_ms <= last_ms).count()
        + plan.faults.iter().filter(|fault| fault.at_ms() <= last_ms).count();
    assert_eq!((sizes.as_slice(), left.runs, left.is_minimal), (&[early][..], 1, false));
}

#[test]
fn runs_are_bounded() {
    let plan = large();
    for runs_max in [0, 1, 5, 30] {
        let left = shrunk(&plan, 3, runs_max, needs(&plan));
        assert!(left.runs <= runs_max && !left.is_minimal, "{} of {runs_max}", left.runs);
        assert!(needs(&plan)(&left.plan), "whatever is left still fails");
    }
}

#[test]
fn loads_are_left_out_like_faults_and_kept_where_they_matter() {
    let cluster = Cluster::new("test-shrink", Register, Cells::default().ops(200))
        .nodes(3, serve)
        .clients(5, connect)
        .faults(Nemesis::basic().and(Family::LOAD).on_per_mille(1000));
    let plan = cluster.plan(3);
    let loads = |plan: &Cellular| -> Vec<u32> {
        let loads = plan.faults.iter().filter(|planned| planned.fault.is_load());
        loads.map(|planned| planned.id).collect()
    };
    assert!(loads(&plan).len() >= 2, "{:?}", plan.faults);
    let step = plan.steps[90].id;
    let has_step = move |plan: &Cellular| plan.steps.iter().any(|one| one.id == step);
    let without = shrunk(&plan, 1, SHRINK_RUNS_MAX, has_step);
    assert_eq!((without.plan.items(), loads(&without.plan)), (1, vec![]));
    let needed = loads(&plan)[1];
    let with =
        shrunk(&plan, 1, SHRINK_RUNS_MAX, |plan| has_step(plan) && loads(plan).contains(&needed));
    assert_eq!((with.plan.items(), loads(&with.plan)), (2, vec![needed]));
}
