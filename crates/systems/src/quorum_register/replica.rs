//! A replica: holds the newest version of each key that it was told, on disk.

use super::message::{Reply, Request, Versioned};
use crate::wire::{Service, records};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use testimony::net::Disk;
use testimony::sim::NodeCtx;
use tokio::sync::Mutex;

/// The replica of a node. Its memory is a cache of its disk.
pub(crate) struct Replica {
    disk: Disk,
    /// Whose replica it is; nobody's in unit tests.
    node: Option<NodeCtx>,
    /// Held while the disk is written, so that no answer runs ahead of it.
    versions: Mutex<BTreeMap<String, Versioned>>,
}

impl Replica {
    /// A replica that holds what is on the disk.
    pub(crate) fn new(disk: Disk) -> Replica {
        Replica { disk, node: None, versions: Mutex::default() }
    }

    /// The replica of a node. What it stores is on disk when it reaches the point `stored`, and not yet
    /// acknowledged.
    pub(crate) fn of(node: &NodeCtx) -> Replica {
        Replica { node: Some(node.clone()), ..Replica::new(node.disk()) }
    }

    async fn handle(&self, request: Request) -> io::Result<Reply> {
        let mut versions = self.versions.lock().await;
        let (Request::Query { key } | Request::Store { key, .. }) = &request;
        let file = format!("register-{key}");
        let held = match versions.entry(key.clone()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                entry.insert(records::read(&self.disk, &file).await?.unwrap_or_default())
            }
        };
        if let Request::Store { version, .. } = &request
            && newer(version, held)
        {
            records::write(&self.disk, &file, version).await?;
            self.disk.sync().await?;
            *held = version.clone();
        }
        Ok(match request {
            Request::Query { .. } => Reply::Holds(held.clone()),
            Request::Store { .. } => Reply::Stored,
        })
    }
}

/// Whether a replica that holds the one version should rather hold the other.
fn newer(offered: &Versioned, held: &Versioned) -> bool {
    offered.tag > held.tag
}

impl Service for Replica {
    type Request = Request;
    type Reply = Reply;

    async fn answer(&self, request: Request) -> Option<Reply> {
        match self.handle(request).await {
            Ok(reply) => {
                if let (Reply::Stored, Some(node)) = (&reply, &self.node) {
                    node.point("stored").await;
                }
                Some(reply)
            }
            Err(error) => {
                tracing::error!(%error, "the disk failed; the request counts as lost");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::{Reply, Request, Versioned};
    use super::super::tag::{Tag, WriteId};
    use super::Replica;
    use testimony::model::Value;
    use testimony::net::Disk;

    fn version(timestamp: u64, value: i64) -> Versioned {
        let write = WriteId::default();
        Versioned { tag: Tag { timestamp, write }, value: Some(Value::Int(value)) }
    }

    async fn store(replica: &Replica, version: Versioned) {
        let reply = replica.handle(Request::Store { key: "x".to_owned(), version }).await;
        assert_eq!(reply.unwrap(), Reply::Stored);
    }

    async fn held(replica: &Replica) -> Versioned {
        match replica.handle(Request::Query { key: "x".to_owned() }).await.unwrap() {
            Reply::Holds(version) => version,
            Reply::Stored => panic!("a query was answered with `stored`"),
        }
    }

    #[tokio::test]
    async fn the_greater_tag_stays_whatever_the_order_and_however_often() {
        let replica = Replica::new(Disk::in_memory());
        for offered in [version(2, 20), version(1, 10), version(2, 20), version(2, 99)] {
            store(&replica, offered).await;
            assert_eq!(held(&replica).await, version(2, 20));
        }
    }

    #[tokio::test]
    async fn what_was_acknowledged_survives_a_crash() {
        let disk = Disk::in_memory();
        let replica = Replica::new(disk.clone());
        store(&replica, version(1, 10)).await;
        disk.crash();
        assert_eq!(held(&Replica::new(disk)).await, version(1, 10));
    }

    #[tokio::test]
    async fn keys_do_not_touch_each_other() {
        let replica = Replica::new(Disk::in_memory());
        store(&replica, version(5, 50)).await;
        let other = Request::Query { key: "y".to_owned() };
        let reply = replica.handle(other).await.unwrap();
        assert_eq!(reply, Reply::Holds(Versioned::default()));
    }
}
