//! A replica: what it holds, which group it knows, and whether it serves it. All of that is on disk
//! before anybody hears of it.

use super::group::Group;
use super::message::{Order, Reply, Report, Request, Versions, What};
use crate::quorum_register::message::Versioned;
use crate::wire::Service;
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
    node: NodeCtx,
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
    /// joined later.
    pub(crate) async fn open(node: &NodeCtx) -> io::Result<Replica> {
        let disk = node.disk();
        let known = match read(&disk, GROUP).await? {
            Some(known) => known,
            None => {
                let mut members = node.nodes();
                members.retain(|member| !node.joins || *member != node.name);
                Known { group: Group { epoch: 0, members }, serves: !node.joins }
            }
        };
        let mut versions = BTreeMap::new();
        for key in read::<Vec<String>>(&disk, KEYS).await?.unwrap_or_default() {
            let version: Option<Versioned> = read(&disk, &format!("{KEY}{key}")).await?;
            versions.insert(key, version.unwrap_or_default());
        }
        let state = Mutex::new(State { known, versions });
        let replica = Replica { node: node.clone(), disk, state, lags: Notify::new() };
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
        !known.serves && known.group.has(&self.node.name)
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
        self.disk.write(GROUP, &serde_json::to_vec(&known)?).await?;
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
        self.disk.write(GROUP, &serde_json::to_vec(&known)?).await?;
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
            self.disk.write(&format!("{KEY}{key}"), &serde_json::to_vec(version)?).await?;
            if !state.versions.contains_key(key) {
                let keys: Vec<&String> = state.versions.keys().chain([key]).collect();
                self.disk.write(KEYS, &serde_json::to_vec(&keys)?).await?;
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

async fn read<T: for<'de> Deserialize<'de>>(disk: &Disk, file: &str) -> io::Result<Option<T>> {
    let bytes = disk.read(file).await?;
    Ok(bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose()?)
}

impl Service for Replica {
    type Request = Request;
    type Reply = Reply;

    async fn answer(&self, request: Request) -> Option<Reply> {
        let stores = matches!(request.what, What::Store { .. });
        match self.handle(request).await {
            Ok(reply) => {
                if stores {
                    self.node.point("stored").await;
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
