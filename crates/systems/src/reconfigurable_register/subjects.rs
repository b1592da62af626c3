//! The register and its twins as subjects of a campaign.

use super::decode::decode;
use super::group::Protocol;
use super::{node, operator};
use crate::quorum_register::{self, RegisterCampaign};
use crate::wire::without_counts;
use testimony::model::Kv;
use testimony::sim::{Family, Nemesis};
use testimony::verdict::AnomalyKind::{
    self, FlickeringRead, LostWrite, NewOldInversion, StaleRead,
};
use testimony::{Check, Expect, Subject};

/// The old group is sealed, and hands over what it holds: claims linearizability and keeps it.
pub fn epochs() -> RegisterCampaign {
    campaign("epochs", Protocol::EPOCHS)
        .summary("a quorum register whose members come and go, group after group")
}

/// M39: nothing is handed over.
pub fn empty_joiner() -> RegisterCampaign {
    campaign("empty-joiner", Protocol::EMPTY_JOINER)
        .summary("M39: who joins votes before it has caught up")
        .expect(breaks(&[StaleRead, LostWrite, NewOldInversion, FlickeringRead]))
}

/// M40: quorums do not grow with the group.
pub fn first_majority() -> RegisterCampaign {
    campaign("first-majority", Protocol::FIRST_MAJORITY)
        .summary("M40: quorums have the size of the first group's majority")
        .expect(breaks(&[StaleRead, LostWrite, NewOldInversion, FlickeringRead]))
}

/// All of them, for a registry.
pub fn subjects() -> Vec<Box<dyn Subject>> {
    let all = [epochs(), empty_joiner(), first_majority()];
    all.into_iter().map(|campaign| Box::new(campaign) as Box<dyn Subject>).collect()
}

fn breaks(any_of: &'static [AnomalyKind]) -> Expect {
    Expect::Breaks { any_of }
}

fn campaign(variant: &str, protocol: Protocol) -> RegisterCampaign {
    Check::new(format!("reconfigurable-register/{variant}"), Kv)
        .nodes(3, move |node| async move { Ok(node::serve(node, protocol).await?) })
        .clients(5, |client| async move { Ok(quorum_register::connect(client)) })
        // More keys: what a careless change loses is a version that nobody touched meanwhile.
        .workload(quorum_register::workload().keys(6))
        .membership(move |change| operator::change(change, protocol))
        .stable_key(without_counts)
        .decode(decode)
        .faults(Nemesis::basic().and(&[Family::Membership]).and(Family::LOAD).at_points(&[
            "stored",
            "queried",
            "sealed",
            "installed",
        ]))
}
