//! The coordinator of an operation: the two phases of reads and writes.

use super::message::{Reply, Request, Versioned};
use super::protocol::{Protocol, Quorum};
use super::replica::Replica;
use super::tag::WriteId;
use crate::wire::{Heard, Peers, Service};
use std::cell::Cell;
use std::rc::Rc;
use testimony::model::Value;
use testimony::sim::{NodeCtx, sometimes};

/// Coordinates the operations that clients send to one node, with replicas of some kind.
pub(crate) struct Coordinator<R: Service, P> {
    pub(crate) peers: Rc<Peers<R>>,
    pub(crate) protocol: P,
    pub(crate) context: NodeCtx,
    writes: Cell<u32>,
}

impl<R: Service, P> Coordinator<R, P> {
    /// The coordinator of a node.
    pub(crate) fn new(peers: Rc<Peers<R>>, protocol: P, context: NodeCtx) -> Coordinator<R, P> {
        Coordinator { peers, protocol, context, writes: Cell::new(0) }
    }

    /// A name for a write that no other write has.
    pub(crate) fn name_write(&self) -> WriteId {
        let number = self.writes.get();
        self.writes.set(number + 1);
        WriteId { node: self.context.id, incarnation: self.context.incarnation, number }
    }
}

/// Reads and writes the keys of a register. Both wait as long as there is no quorum.
pub(crate) trait ReadWrite {
    /// Answers the newest value that a quorum holds.
    async fn read(&self, key: &str) -> Option<Value>;

    /// Stores a value as the newest at a quorum.
    async fn write(&self, key: &str, value: Value);
}

impl ReadWrite for Coordinator<Replica, Protocol> {
    async fn read(&self, key: &str) -> Option<Value> {
        let newest = self.query(key, self.protocol.read_quorum).await;
        self.context.point("queried").await;
        if self.protocol.write_back {
            self.store(key, newest.clone(), Quorum::Majority).await;
        }
        newest.value
    }

    async fn write(&self, key: &str, value: Value) {
        let newest = self.query(key, self.protocol.query_quorum).await;
        self.context.point("queried").await;
        let write = match self.protocol.writer_in_tag {
            true => self.name_write(),
            false => WriteId::default(),
        };
        let version = Versioned { tag: newest.tag.next(write), value: Some(value) };
        self.store(key, version, self.protocol.write_quorum).await;
    }
}

impl Coordinator<Replica, Protocol> {
    /// First phase: the newest version that the replicas of a quorum hold.
    async fn query(&self, key: &str, quorum: Quorum) -> Versioned {
        let _query = self.context.phase("query");
        let holders = self.round(Request::Query { key: key.to_owned() }, quorum).await;
        let versions = holders.into_iter().filter_map(|reply| match reply {
            Reply::Holds(version) => Some(version),
            Reply::Stored => None,
        });
        let versions: Vec<Versioned> = versions.collect();
        let differ = versions.iter().any(|version| version.tag != versions[0].tag);
        sometimes!(self.context, differ, "replicas of a quorum hold different versions");
        versions.into_iter().max_by_key(|version| version.tag).unwrap_or_default()
    }

    /// Second phase: a quorum of replicas holds this version or a newer one.
    async fn store(&self, key: &str, version: Versioned, quorum: Quorum) {
        let _store = self.context.phase("store");
        self.round(Request::Store { key: key.to_owned(), version }, quorum).await;
    }

    /// Sends a request to a majority of replicas, later to all, until a quorum has answered. The
    /// coordinator's own replica answers first.
    async fn round(&self, request: Request, quorum: Quorum) -> Vec<Reply> {
        let needed = match quorum {
            Quorum::One => 1,
            Quorum::Majority => self.peers.majority(),
        };
        let mut round = self.peers.ask_majority(request);
        let mut replies = Vec::with_capacity(needed);
        while replies.len() < needed {
            if let Heard::Reply(_, reply) = round.next().await {
                replies.push(reply);
            }
        }
        replies
    }
}
