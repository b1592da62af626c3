//! A replica: what it holds, which group it knows, and whether it serves it. All of that is on disk
//! before anybody hears of it.

use super::group::Group;
use super::message::{Order, Reply, Report, Request, Versions, What};
use crate::quorum_register::message::Versioned;
use crate::wire::{Service, records};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use testimony::net::Disk;
use testimony::sim::NodeCtx;
use tokio::sync::{Mutex, Notify};

/// The file of the group; those of the keys have another beginning.
const GROUP: &str = "group";
const KEY: &str = "register-";
/// The file that names the keys: a store cannot be listed.
const KEYS: &str = "keys";

/// The replica of a node. Its memory is a cache of its disk.
pub(crate) struct Replica {
    /// The host name of its node.
    name: String,
    /// Whose replica it is; nobody's in unit tests.
    node: Option<NodeCtx>,
    disk: Disk,
    /// Held while the disk is written, so that no answer runs ahead of it.
    state: Mutex<State>,
    /// It knows of a group of which it is a member and that it does not serve.
    lags: Notify,
}

struct State {
    known: Known,
    versions: Versions,
}

/// The newest group that a replica has heard of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Known {
    group: Group,
    /// Whether it serves that group: it holds what was handed over.
    serves: bool,
}

impl Replica {
    /// The replica that is on the disk of a node; a new one serves the first group, unless its node
    /// joined later. Waits as long as the disk cannot be read.
    pub(crate) async fn open(node: &NodeCtx) -> Replica {
        let mut members = node.nodes();
        members.retain(|member| !node.joins || *member != node.name);
        let on_disk = || Replica::on(node.disk(), &node.name, members.clone());
        let replica = records::patiently(on_disk).await;
        Replica { node: Some(node.clone()), ..replica }
    }

    /// The replica that is on a disk; a new one serves the first group if it is one of its members.
    async fn on(disk: Disk, name: &str, first: Vec<String>) -> io::Result<Replica> {
        let group = Group { epoch: 0, members: first };
        let serves = group.has(name);
        let known = records::read(&disk, GROUP).await?.unwrap_or(Known { group, serves });
        let mut versions = BTreeMap::new();
        for key in records::read::<Vec<String>>(&disk, KEYS).await?.unwrap_or_default() {
            let version: Option<Versioned> = records::read(&disk, &format!("{KEY}{key}")).await?;
            versions.insert(key, version.unwrap_or_default());
        }
        let state = Mutex::new(State { known, versions });
        let (name, lags) = (name.to_owned(), Notify::new());
        let replica = Replica { name, node: None, disk, state, lags };
        replica.notice(&*replica.state.lock().await);
        Ok(replica)
    }

    /// The newest group that it knows.
    pub(crate) async fn group(&self) -> Group {
        self.state.lock().await.known.group.clone()
    }

    /// Waits until it knows of a group that it should serve and does not.
    pub(crate) async fn lagging(&self) -> Group {
        loop {
            {
                let state = self.state.lock().await;
                if self.lags_in(&state.known) {
                    return state.known.group.clone();
                }
            }
            self.lags.notified().await;
        }
    }

    /// Whether it still lags in this group.
    pub(crate) async fn lagging_in(&self, group: &Group) -> bool {
        let state = self.state.lock().await;
        state.known.group == *group && self.lags_in(&state.known)
    }

    fn lags_in(&self, known: &Known) -> bool {
        !known.serves && known.group.has(&self.name)
    }

    fn notice(&self, state: &State) {
        if self.lags_in(&state.known) {
            self.lags.notify_one();
        }
    }

    /// Takes note of a group, if it is newer: from now on it serves none before it.
    pub(crate) async fn learn(&self, group: &Group) -> io::Result<()> {
        let mut state = self.state.lock().await;
        self.learn_in(&mut state, group).await
    }

    async fn learn_in(&self, state: &mut State, group: &Group) -> io::Result<()> {
        if group.epoch <= state.known.group.epoch {
            return Ok(());
        }
        let known = Known { group: group.clone(), serves: false };
        records::write(&self.disk, GROUP, &known).await?;
        self.disk.sync().await?;
        state.known = known;
        self.notice(state);
        Ok(())
    }

    /// Takes over what was handed over to a group, and serves it from now on.
    pub(crate) async fn install(&self, group: &Group, versions: &Versions) -> io::Result<()> {
        let mut state = self.state.lock().await;
        if group.epoch < state.known.group.epoch {
            return Ok(());
        }
        self.hold(&mut state, versions).await?;
        let known = Known { group: group.clone(), serves: true };
        records::write(&self.disk, GROUP, &known).await?;
        self.disk.sync().await?;
        state.known = known;
        Ok(())
    }

    /// Writes those versions that are newer than what it holds; they are durable after a sync.
    async fn hold(&self, state: &mut State, versions: &Versions) -> io::Result<()> {
        for (key, version) in versions {
            if state.versions.get(key).is_some_and(|held| held.tag >= version.tag) {
                continue;
            }
            records::write(&self.disk, &format!("{KEY}{key}"), version).await?;
            if !state.versions.contains_key(key) {
                let keys: Vec<&String> = state.versions.keys().chain([key]).collect();
                records::write(&self.disk, KEYS, &keys).await?;
            }
            state.versions.insert(key.clone(), version.clone());
        }
        Ok(())
    }

    async fn handle(&self, request: Request) -> io::Result<Option<Reply>> {
        let mut state = self.state.lock().await;
        let Request { group, what } = request;
        self.learn_in(&mut state, &group).await?;
        if group.epoch < state.known.group.epoch {
            return Ok(Some(Reply::Newer(state.known.group.clone())));
        }
        if !state.known.serves {
            return Ok(None);
        }
        Ok(Some(match what {
            What::Query { key } => {
                Reply::Holds(state.versions.get(&key).cloned().unwrap_or_default())
            }
            What::Store { key, version } => {
                self.hold(&mut state, &[(key, version)].into()).await?;
                self.disk.sync().await?;
                Reply::Stored
            }
            What::Fetch => Reply::All(state.versions.clone()),
        }))
    }

    /// Does what the operator says.
    pub(crate) async fn obey(&self, order: Order) -> Report {
        let done = match &order {
            Order::Seal { group } => self.learn(group).await,
            Order::Install { group, versions } => self.install(group, versions).await,
        };
        match (done, order) {
            (Ok(()), Order::Seal { .. }) => {
                Report::Sealed(self.state.lock().await.versions.clone())
            }
            (Ok(()), Order::Install { .. }) => Report::Installed,
            (Err(error), _) => {
                tracing::error!(%error, "the disk failed; the order counts as lost");
                Report::Failed
            }
        }
    }
}

impl Service for Replica {
    type Request = Request;
    type Reply = Reply;

    async fn answer(&self, request: Request) -> Option<Reply> {
        let stores = matches!(request.what, What::Store { .. });
        match self.handle(request).await {
            Ok(reply) => {
                if let Some(node) = self.node.as_ref().filter(|_| stores) {
                    node.point("stored").await;
                }
                reply
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
    use super::super::group::Group;
    use super::super::message::{Order, Reply, Report, Request, Versions, What};
    use super::Replica;
    use crate::quorum_register::message::Versioned;
    use crate::quorum_register::tag::{Tag, WriteId};
    use testimony::model::Value;
    use testimony::net::Disk;

    fn group(epoch: u32, members: &[&str]) -> Group {
        Group { epoch, members: members.iter().map(|member| (*member).to_owned()).collect() }
    }

    fn version(timestamp: u64) -> Versioned {
        let tag = Tag { timestamp, write: WriteId::default() };
        Versioned { tag, value: Some(Value::Int(1)) }
    }

    fn versions(timestamp: u64) -> Versions {
        [("x".to_owned(), version(timestamp))].into()
    }

    async fn replica(disk: &Disk, name: &str) -> Replica {
        let first = group(0, &["n1", "n2", "n3"]);
        Replica::on(disk.clone(), name, first.members).await.unwrap()
    }

    async fn ask(replica: &Replica, group: &Group, what: What) -> Option<Reply> {
        replica.handle(Request { group: group.clone(), what }).await.unwrap()
    }

    fn store(timestamp: u64) -> What {
        What::Store { key: "x".to_owned(), version: version(timestamp) }
    }

    fn query() -> What {
        What::Query { key: "x".to_owned() }
    }

    /// Goal: after a seal nothing can end in the old epoch, also when the replica crashes in between.
    #[tokio::test]
    async fn a_sealed_replica_serves_no_older_group() {
        let disk = Disk::in_memory();
        let (old, new) = (group(0, &["n1", "n2", "n3"]), group(1, &["n1", "n2", "n3", "n4"]));
        let one = replica(&disk, "n1").await;
        assert_eq!(ask(&one, &old, store(1)).await, Some(Reply::Stored));
        assert_eq!(one.obey(Order::Seal { group: new.clone() }).await, Report::Sealed(versions(1)));
        disk.crash();
        let again = replica(&disk, "n1").await;
        for what in [store(2), query(), What::Fetch] {
            assert_eq!(ask(&again, &old, what).await, Some(Reply::Newer(new.clone())));
        }
        assert_eq!(ask(&again, &new, query()).await, None, "and not the new one yet");
        let install = Order::Install { group: new.clone(), versions: versions(3) };
        assert_eq!(again.obey(install).await, Report::Installed);
        assert_eq!(ask(&again, &new, query()).await, Some(Reply::Holds(version(3))));
    }

    #[tokio::test]
    async fn who_joins_serves_when_it_has_what_was_handed_over() {
        let disk = Disk::in_memory();
        let (old, new) = (group(0, &["n1", "n2", "n3"]), group(1, &["n1", "n2", "n3", "n4"]));
        let four = replica(&disk, "n4").await;
        assert_eq!(ask(&four, &old, query()).await, None);
        assert_eq!(ask(&four, &new, query()).await, None, "a question tells it of the group");
        assert!(four.lagging_in(&new).await);
        four.install(&new, &versions(5)).await.unwrap();
        assert!(!four.lagging_in(&new).await);
        disk.crash();
        let again = replica(&disk, "n4").await;
        assert_eq!(ask(&again, &new, What::Fetch).await, Some(Reply::All(versions(5))));
        // What comes late changes nothing: neither older versions nor an older group.
        again.install(&old, &versions(9)).await.unwrap();
        again.install(&new, &versions(4)).await.unwrap();
        assert_eq!(ask(&again, &new, query()).await, Some(Reply::Holds(version(5))));
    }
}
