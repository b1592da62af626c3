//! The register and its twins as subjects of a campaign.

use super::client::RegisterClient;
use super::decode::decode;
use super::node;
use super::protocol::Protocol;
use crate::wire::without_counts;
use testimony::model::Kv;
use testimony::sim::workload::{Cells, Pace};
use testimony::sim::{ClientCtx, Family, Nemesis};
use testimony::verdict::AnomalyKind::{
    self, FlickeringRead, LostWrite, NewOldInversion, StaleRead,
};
use testimony::{Campaign, Check, Expect, Subject};

/// A register under test.
pub type RegisterCampaign = Campaign<Kv, Cells>;

/// As in the paper: claims linearizability and keeps it.
pub fn abd() -> RegisterCampaign {
    campaign("abd", Protocol::ABD).summary("reads and writes on majorities, as in the paper")
}

/// M01: reads don't write back what they found.
pub fn no_write_back() -> RegisterCampaign {
    campaign("no-write-back", Protocol::NO_WRITE_BACK)
        .summary("M01: reads don't write back")
        .expect(breaks(&[NewOldInversion, FlickeringRead]))
}

/// M02: reads ask one replica.
pub fn read_one() -> RegisterCampaign {
    campaign("read-one", Protocol::READ_ONE)
        .summary("M02: reads ask one replica")
        .expect(breaks(&[StaleRead]))
}

/// M03: writes wait for one replica.
pub fn write_one() -> RegisterCampaign {
    campaign("write-one", Protocol::WRITE_ONE)
        .summary("M03: writes wait for one replica")
        .expect(breaks(&[StaleRead]))
}

/// M04: writers count from the tag of their own replica.
pub fn no_query() -> RegisterCampaign {
    campaign("no-query", Protocol::NO_QUERY)
        .summary("M04: writes don't ask for the newest tag")
        .expect(breaks(&[LostWrite, StaleRead]))
}

/// M05: tags don't name their write.
pub fn no_writer_id() -> RegisterCampaign {
    campaign("no-writer-id", Protocol::NO_WRITER_ID)
        .summary("M05: two writes can have the same tag")
        .expect(breaks(&[StaleRead, NewOldInversion, FlickeringRead]))
}

/// All of them, for a registry.
pub fn subjects() -> Vec<Box<dyn Subject>> {
    let all = [abd(), no_write_back(), read_one(), write_one(), no_query(), no_writer_id()];
    all.into_iter().map(|campaign| Box::new(campaign) as Box<dyn Subject>).collect()
}

fn breaks(any_of: &'static [AnomalyKind]) -> Expect {
    Expect::Breaks { any_of }
}

/// Two keys: users see keys, and both get enough concurrent operations. Some more reads than writes,
/// close together: only a read shows what a write did.
pub(crate) fn workload() -> Cells {
    let pace = Pace { ops: 100, gap_min_ms: 5, gap_max_ms: 40 };
    Cells::default().pace(pace).keys(2).weights(6, 4, 0)
}

fn campaign(variant: &str, protocol: Protocol) -> RegisterCampaign {
    Check::new(format!("quorum-register/{variant}"), Kv)
        .nodes(3, move |node| async move { Ok(node::serve(node, protocol).await?) })
        .clients(5, |client| async move { Ok(connect(client)) })
        .workload(workload())
        .stable_key(without_counts)
        .decode(decode)
        .faults(Nemesis::basic().and(Family::LOAD).at_points(&["queried", "stored"]))
}

/// A client that begins with the node that it prefers.
pub(crate) fn connect(client: ClientCtx) -> RegisterClient {
    let home = client.nodes.iter().position(|node| *node == client.home);
    RegisterClient::new(client.nodes, home.unwrap_or(0))
}
