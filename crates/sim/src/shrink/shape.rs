//! The shape of the cluster: fewer clients, fewer nodes, no skew, a latency that never varies.

use super::Shrinker;
use crate::{Family, Plan};
use std::collections::BTreeSet;

impl<S: Clone + PartialEq> Shrinker<'_, S> {
    /// Tries each simplification by itself.
    pub(super) fn simplify_shape(&mut self) {
        let (plan, nodes) = (self.plan.clone(), self.plan.config.nodes);
        // A plan whose faults name a node that is gone is refused as such.
        self.take_first((1..nodes).map(|fewer| with_nodes(&plan, fewer)));
        let plan = self.plan.clone();
        self.take_first([renumbered(&plan), without_last_clients(&plan)]);
        for simplify in [no_skew::<S>, no_variation, no_waiting, no_idle_families] {
            let mut plan = self.plan.clone();
            simplify(&mut plan);
            self.take_first([plan]);
        }
    }
}

fn with_nodes<S: Clone>(plan: &Plan<S>, nodes: u16) -> Plan<S> {
    let mut plan = plan.clone();
    plan.config.nodes = nodes;
    plan.config.skew_ms.truncate(usize::from(nodes));
    plan
}

/// The clients that take steps, in order.
fn busy<S>(plan: &Plan<S>) -> Vec<u16> {
    let all = plan.steps.iter().chain(&plan.finals).map(|step| step.client);
    all.collect::<BTreeSet<u16>>().into_iter().collect()
}

fn clients(count: usize) -> u16 {
    u16::try_from(count.max(1)).unwrap_or(u16::MAX)
}

/// Only the clients that take steps, counted from 0.
fn renumbered<S: Clone>(plan: &Plan<S>) -> Plan<S> {
    let busy = busy(plan);
    let mut plan = plan.clone();
    for step in plan.steps.iter_mut().chain(&mut plan.finals) {
        let number = busy.iter().position(|client| *client == step.client).unwrap_or(0);
        step.client = u16::try_from(number).unwrap_or(step.client);
    }
    plan.config.clients = clients(busy.len());
    plan
}

/// No client after the last that takes a step.
fn without_last_clients<S: Clone>(plan: &Plan<S>) -> Plan<S> {
    let last = busy(plan).last().map_or(0, |last| usize::from(*last));
    let mut plan = plan.clone();
    plan.config.clients = clients(last + 1);
    plan
}

fn no_skew<S>(plan: &mut Plan<S>) {
    plan.config.skew_ms.clear();
}

fn no_variation<S>(plan: &mut Plan<S>) {
    plan.config.latency_max_ms = plan.config.latency_min_ms;
}

fn no_waiting<S>(plan: &mut Plan<S>) {
    if plan.finals.is_empty() {
        plan.config.settle_ms = 0;
    }
}

/// The families that are on are those that still strike.
fn no_idle_families<S>(plan: &mut Plan<S>) {
    let striking: BTreeSet<Family> = plan.faults.iter().map(|fault| fault.fault.family()).collect();
    plan.config.families.retain(|family| striking.contains(family));
}
