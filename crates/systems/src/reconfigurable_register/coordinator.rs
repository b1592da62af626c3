//! The coordinator of an operation: two phases, each in one epoch.

use super::group::{Group, Protocol};
use super::message::{Reply, Request, What};
use super::replica::Replica;
use crate::quorum_register::coordinator::{Coordinator, ReadWrite};
use crate::quorum_register::message::Versioned;
use crate::wire::{Heard, NodeId};
use std::collections::BTreeMap;
use std::rc::Rc;
use testimony::model::Value;
use testimony::sim::sometimes;

/// Coordinates the operations that clients send to one node, be it a member or not.
impl ReadWrite for Coordinator<Replica, Protocol> {
    async fn read(&self, key: &str) -> Option<Value> {
        let newest = self.query(key).await;
        self.context.point("queried").await;
        self.store(key, newest.clone()).await;
        newest.value
    }

    async fn write(&self, key: &str, value: Value) {
        let newest = self.query(key).await;
        self.context.point("queried").await;
        let tag = newest.tag.next(self.name_write());
        self.store(key, Versioned { tag, value: Some(value) }).await;
    }
}

impl Coordinator<Replica, Protocol> {
    /// First phase: the newest version that the replicas of a quorum hold.
    async fn query(&self, key: &str) -> Versioned {
        let _query = self.context.phase("query");
        let holders = self.phase(What::Query { key: key.to_owned() }).await;
        let versions = holders.into_iter().filter_map(|reply| match reply {
            Reply::Holds(version) => Some(version),
            _ => None,
        });
        versions.max_by_key(|version| version.tag).unwrap_or_default()
    }

    /// Second phase: a quorum of replicas holds this version or a newer one.
    async fn store(&self, key: &str, version: Versioned) {
        let _store = self.context.phase("store");
        self.phase(What::Store { key: key.to_owned(), version }).await;
    }

    /// The answers of a quorum of one group, the newest that anybody tells of.
    async fn phase(&self, what: What) -> Vec<Reply> {
        let mut begun = 0;
        loop {
            let group = self.peers.service().group().await;
            begun += 1;
            sometimes!(self.context, begun > 1, "a phase began again in a newer group");
            if let Some(replies) = self.round(&group, what.clone()).await {
                return replies;
            }
        }
    }

    /// The same in this group; `None` when there is a newer one.
    async fn round(&self, group: &Group, what: What) -> Option<Vec<Reply>> {
        let needed = self.protocol.quorum(group);
        let is_member = group.has(&self.context.name);
        let others = others(group, &self.context.name);
        let first = needed.saturating_sub(usize::from(is_member));
        let request = Request { group: group.clone(), what };
        let mut round = self.peers.ask_these(request, Rc::new(others), is_member, first);
        let mut replies = Vec::with_capacity(needed);
        while replies.len() < needed {
            match round.next().await {
                Heard::Reply(_, Reply::Newer(newer)) => {
                    // A disk that fails is tried again with the next answer.
                    let _ = self.peers.service().learn(&newer).await;
                    return None;
                }
                Heard::Reply(_, reply) => replies.push(reply),
                // What this node was told by somebody else counts, too.
                Heard::Silence if self.peers.service().group().await != *group => return None,
                Heard::Silence => {}
            }
        }
        Some(replies)
    }

    /// Takes from other members what this replica should hold, whenever it lags behind its group.
    pub(crate) async fn keep_up(&self) {
        loop {
            let group = self.peers.service().lagging().await;
            let _catch_up = self.context.phase("catch up");
            let others = Rc::new(others(&group, &self.context.name));
            let request = Request { group: group.clone(), what: What::Fetch };
            let first = others.len();
            let mut round = self.peers.ask_these(request, others, false, first);
            while self.peers.service().lagging_in(&group).await {
                if let Heard::Reply(_, Reply::All(versions)) = round.next().await {
                    let installed = self.peers.service().install(&group, &versions).await;
                    sometimes!(self.context, installed.is_ok(), "a member caught up by itself");
                }
            }
        }
    }
}

/// The other members of a group by the number of their node.
fn others(group: &Group, me: &str) -> BTreeMap<NodeId, String> {
    let others = group.members.iter().filter(|member| *member != me);
    let numbered = others.filter_map(|member| {
        let number: NodeId = member.strip_prefix('n')?.parse().ok()?;
        Some((number.checked_sub(1)?, member.clone()))
    });
    numbered.collect()
}
