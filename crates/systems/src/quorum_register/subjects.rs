//! The register and its twins as subjects of a campaign.

use super::client::RegisterClient;
use super::node;
use super::protocol::Protocol;
use testimony::model::Kv;
use testimony::sim::workload::{Cells, Pace};
use testimony::sim::{Cluster, Nemesis};

pub(crate) fn cluster(name: &str, protocol: Protocol) -> Cluster<Kv, Cells> {
    let pace = Pace { ops: 100, gap_min_ms: 5, gap_max_ms: 40 };
    Cluster::new(format!("quorum-register/{name}"), Kv, Cells::default().pace(pace).keys(2).weights(6, 4, 0))
        .nodes(3, move |node| async move { Ok(node::serve(node, protocol).await?) })
        .clients(5, |client| async move {
            let home = client.nodes.iter().position(|node| *node == client.home);
            Ok(RegisterClient::new(client.nodes, home.unwrap_or(0)))
        })
        .faults(Nemesis::all())
}
