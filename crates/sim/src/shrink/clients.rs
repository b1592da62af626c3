//! Steps without those that their client took before: another client takes them.
//!
//! A client remembers: which node it asks after others did not answer, which connection it holds. Steps
//! that only bring a client to where a later one begins cannot be left out alone. A client that begins
//! there needs none of them.

use super::Shrinker;
use crate::{Plan, PlannedStep};
use std::cmp::Reverse;

impl<S: Clone + PartialEq> Shrinker<'_, S> {
    /// Hands the later steps of a client over to a new one and leaves out the earlier ones, as many
    /// as it goes; whether anything was left out. The new clients are tried with each node as home.
    pub(super) fn replace_clients(&mut self) -> bool {
        let mut replaced = false;
        while self.replace_client() {
            replaced = true;
        }
        replaced
    }

    fn replace_client(&mut self) -> bool {
        let plan = self.plan.clone();
        let mut splits: Vec<(usize, u16)> = Vec::new();
        for client in 0..plan.config.clients {
            let steps = plan.steps.iter().filter(|step| step.client == client).count();
            splits.extend((1..steps).map(|dropped| (dropped, client)));
        }
        splits.sort_unstable_by_key(|(dropped, client)| (Reverse(*dropped), *client));
        let handed = splits.iter().flat_map(|(dropped, client)| {
            let plan = &plan;
            (0..plan.config.nodes).map(move |home| handed(plan, *client, *dropped, home))
        });
        self.take_first(handed)
    }
}

/// The plan without the first steps of a client, whose other steps a new client takes.
fn handed<S: Clone>(plan: &Plan<S>, client: u16, dropped: usize, home: u16) -> Plan<S> {
    let mut plan = plan.clone();
    // Homes go round: one of so many new clients as there are nodes has this one as home.
    let heir = plan.config.clients.saturating_add(home);
    let mut seen = 0;
    plan.steps.retain(|step| {
        seen += usize::from(step.client == client);
        step.client != client || seen > dropped
    });
    let hand_over = |step: &mut PlannedStep<S>| {
        if step.client == client {
            step.client = heir;
        }
    };
    plan.steps.iter_mut().for_each(hand_over);
    plan.finals.iter_mut().for_each(hand_over);
    plan.config.clients = heir.saturating_add(1);
    plan
}
