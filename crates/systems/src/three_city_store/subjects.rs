//! The store and its twins as subjects of a campaign.

use super::available::Available;
use super::city;
use super::client::Customer;
use super::counters::Counters;
use super::escrow::Escrow;
use super::last_writer::LastWriter;
use super::quorum;
use testimony::model::Stock;
use testimony::sim::workload::Stocks;
use testimony::sim::{BoxError, ClientCtx, Cluster, Nemesis, NodeCtx};

/// Units in all cities together when the shop opens.
const UNITS: u32 = 3;

/// How the cities work together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Variant {
    Quorum,
    Escrow,
    Available,
    LastWriter,
}

pub(crate) fn cluster(name: &str, variant: Variant) -> Cluster<Stock, Stocks> {
    Cluster::new(format!("three-city-store/{name}"), Stock { initial: UNITS }, Stocks::default())
        .nodes(3, move |node| serve(node, variant))
        .clients(5, connect)
        .faults(Nemesis::all().skew_ms(50))
}

async fn serve(node: NodeCtx, variant: Variant) -> Result<(), BoxError> {
    let cities = node.peers.len() + 1;
    match variant {
        Variant::Quorum => quorum::serve(node, UNITS).await?,
        Variant::Escrow => {
            let books = Escrow::new(node.id, Counters::new(UNITS, cities));
            city::serve(node, books).await?;
        }
        Variant::Available => {
            let books = Available::new(node.id, Counters::new(UNITS, cities));
            city::serve(node, books).await?;
        }
        Variant::LastWriter => {
            let books = LastWriter::new(node.id, UNITS);
            city::serve(node, books).await?;
        }
    }
    Ok(())
}

async fn connect(client: ClientCtx) -> std::io::Result<Customer> {
    Ok(Customer::new(client.home))
}
