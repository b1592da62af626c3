//! The store and its twins as subjects of a campaign.

use super::available::Available;
use super::client::Customer;
use super::counters::Counters;
use super::decode::{decode_books, decode_log};
use super::escrow::Escrow;
use super::last_writer::LastWriter;
use super::{city, consensus};
use crate::wire::without_counts;
use std::io;
use testimony::certify::stock as again;
use testimony::check::invariant::{Convergence, NoOversell, StockConservation};
use testimony::history::{Decoded, Message};
use testimony::model::Stock;
use testimony::sim::workload::Stocks;
use testimony::sim::{Family, Nemesis, NodeCtx};
use testimony::verdict::AnomalyKind::{Oversell, StockConservation as NotConserved};
use testimony::{Campaign, Check, Claim, Expect, Subject};

/// Units in all cities together when the shop opens.
const UNITS: u32 = 3;

/// A store under test.
pub type StoreCampaign = Campaign<Stock, Stocks>;

/// Every sale is agreed on by a majority.
pub fn quorum() -> StoreCampaign {
    campaign("quorum", decode_log, |node| consensus::serve(node, UNITS))
        .summary("every sale goes through a log that a majority agrees on")
        .claims([Claim::linearizable(), no_oversell(), conservation(), convergence()])
        .faults(
            nemesis()
                .and(&[Family::Leader])
                .at_points(&["promised", "accepted", "prepared", "chosen"]),
        )
}

/// Every city sells what it owns.
pub fn escrow() -> StoreCampaign {
    let books = |node: &NodeCtx| Escrow::new(node.id, counters(node));
    campaign("escrow", decode_books::<Escrow>, move |node| city::serve(books(&node), node))
        .summary("every city owns some units, sells only those, and hands over what others lack")
        .claims([no_oversell(), conservation(), convergence()])
}

/// M22: every city sells what it believes is there.
pub fn available() -> StoreCampaign {
    let books = |node: &NodeCtx| Available::new(node.id, counters(node));
    campaign("ap", decode_books::<Available>, move |node| city::serve(books(&node), node))
        .summary("M22: every city sells what it has not heard to be sold")
        .claims([no_oversell(), conservation(), convergence()])
        .expect(Expect::Breaks { any_of: &[Oversell] })
}

/// M23: the count that was written last wins.
pub fn last_writer() -> StoreCampaign {
    let books = |node: &NodeCtx| LastWriter::new(node.id, UNITS);
    campaign("lww", decode_books::<LastWriter>, move |node| city::serve(books(&node), node))
        .summary("M23: when cities meet, the count with the later wall clock wins")
        .claims([conservation(), convergence()])
        .expect(Expect::Breaks { any_of: &[NotConserved] })
}

/// All of them, for a registry.
pub fn subjects() -> Vec<Box<dyn Subject>> {
    let all = [quorum(), escrow(), available(), last_writer()];
    all.into_iter().map(|campaign| Box::new(campaign) as Box<dyn Subject>).collect()
}

/// Puts a message into words.
type Decode = fn(&Message, &[u8]) -> Option<Decoded>;

fn campaign<F, Fut>(variant: &str, decode: Decode, serve: F) -> StoreCampaign
where
    F: Fn(NodeCtx) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = io::Result<()>> + 'static,
{
    Check::new(format!("three-city-store/{variant}"), Stock { initial: UNITS })
        .nodes(3, move |node| {
            let serving = serve(node);
            async move { Ok(serving.await?) }
        })
        .clients(5, |client| async move { Ok(Customer::new(client.home)) })
        .workload(Stocks::default().weights(5, 1, 3))
        .stable_key(without_counts)
        .decode(decode)
        .faults(nemesis().at_points(&["kept"]))
}

fn nemesis() -> Nemesis {
    Nemesis::basic().and(Family::LOAD).skew_ms(50)
}

fn counters(node: &NodeCtx) -> Counters {
    Counters::new(UNITS, node.peers.len() + 1)
}

fn no_oversell() -> Claim<Stock> {
    Claim::invariant(NoOversell, Some(again::no_oversell))
}

fn conservation() -> Claim<Stock> {
    Claim::invariant(StockConservation, Some(again::conservation))
}

fn convergence() -> Claim<Stock> {
    Claim::invariant(Convergence, Some(testimony::certify::rest::convergence))
}
