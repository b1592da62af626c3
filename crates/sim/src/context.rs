//! What the code under test is given: who it is, its clock, its disk, its share of randomness.

use crate::Draw;
use crate::cues::{Cues, Signal};
use serde::Serialize;
use std::rc::Rc;
use testimony_history::Process;
use testimony_net::{Clock, Disk};

/// Where nodes and clients tell facts about themselves.
pub(crate) trait Witness {
    fn observe(&self, node: &str, name: &str, value: String);
    /// A host enters a phase.
    fn enter(&self, host: &str, phase: &str);
    /// A host leaves a phase that it entered.
    fn leave(&self, host: &str, phase: &str);
    /// A condition that should be true in some run was looked at.
    fn sometimes(&self, name: &str, hit: bool);
}

/// Counts how often a condition is true over all runs of a campaign, which warns of those that never
/// are: `sometimes!(ctx, condition)`, or with a name of its own `sometimes!(ctx, condition, "name")`.
///
/// The rare states are those in which bugs hide; a campaign that never reached them is no evidence.
/// `ctx` is a [`NodeCtx`] or a [`ClientCtx`].
///
/// ```
/// # fn f(ctx: &testimony_sim::NodeCtx, acks: usize, nodes: usize) {
/// use testimony_sim::sometimes;
/// sometimes!(ctx, acks == nodes);
/// sometimes!(ctx, acks < nodes, "a replica did not answer");
/// # }
/// ```
#[macro_export]
macro_rules! sometimes {
    ($ctx:expr, $condition:expr) => {
        $ctx.sometimes(stringify!($condition), $condition)
    };
    ($ctx:expr, $condition:expr, $name:expr) => {
        $ctx.sometimes($name, $condition)
    };
}

/// A phase of a node that lasts until this is dropped: when the function returns, when its future is
/// given up, or when the node crashes.
#[must_use = "the phase ends when this is dropped"]
pub struct InPhase {
    witness: Rc<dyn Witness>,
    host: String,
    phase: &'static str,
}

impl Drop for InPhase {
    fn drop(&mut self) {
        self.witness.leave(&self.host, self.phase);
    }
}

/// What a node knows about itself and its cluster.
#[derive(Clone)]
pub struct NodeCtx {
    /// Its number, from 0.
    pub id: u16,
    /// Its host name: `n1` for the node with number 0.
    pub name: String,
    /// The host names of the other nodes that were there when the run began.
    pub peers: Vec<String>,
    /// Whether it was not there when the run began ([`Fault::Join`](crate::Fault::Join)): then it is no
    /// member of the group before the group takes it in.
    pub joins: bool,
    /// How often it was started before: 0, and one more after each crash.
    pub incarnation: u32,
    pub(crate) clock: Clock,
    pub(crate) disk: Disk,
    pub(crate) draw: Rc<Draw>,
    pub(crate) witness: Rc<dyn Witness>,
    pub(crate) cues: Rc<Cues>,
    pub(crate) stopping: Rc<Signal>,
}

impl NodeCtx {
    /// Its wall clock: virtual time plus the skew that the plan gives to this node.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Its disk. What was synced survives a crash.
    pub fn disk(&self) -> Disk {
        self.disk.clone()
    }

    /// The host names of all nodes, this one among them, in the order of their numbers.
    pub fn nodes(&self) -> Vec<String> {
        let mut nodes = self.peers.clone();
        nodes.insert(usize::from(self.id).min(nodes.len()), self.name.clone());
        nodes
    }

    /// Tells a fact about this node (white box): its stock, its term. It stands beside the history.
    pub fn observe(&self, name: &str, value: impl Serialize) {
        let value = serde_json::to_string(&value).unwrap_or_else(|_| "null".to_owned());
        self.witness.observe(&self.name, name, value);
    }

    /// Names a point in the node's code: `ctx.point("vote-granted").await`. A plan can let a fault
    /// strike right there ([`When::AtPoint`](crate::When::AtPoint)): a crash then takes the node
    /// before anything after the point is done. Without such a fault it returns at once.
    pub async fn point(&self, name: &str) {
        if self.cues.reach(&self.name, name) {
            self.cues.go_on().await;
        }
    }

    /// Waits until the node is asked to stop (a graceful stop, as by SIGTERM). It should then
    /// finish what it must and return; after a grace it is stopped.
    pub async fn stopping(&self) {
        self.stopping.given().await;
    }

    /// Whether the node was asked to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_given()
    }

    /// Tells whether this node leads. Faults can strike whoever leads
    /// ([`fault::LEADER`](crate::fault::LEADER)): of several the one that said so last. A crash ends
    /// it by itself.
    pub fn lead(&self, leads: bool) {
        self.cues.lead(&self.name, leads);
    }

    /// Enters a phase of an operation (`replicate`, `ack`), which lasts until the guard is dropped.
    /// Campaigns tell in which phases no fault ever struck this node.
    ///
    /// ```
    /// # async fn replicate(ctx: &testimony_sim::NodeCtx) {
    /// let _replicate = ctx.phase("replicate");
    /// // ... ask the other nodes, wait for a quorum ...
    /// # }
    /// ```
    pub fn phase(&self, phase: &'static str) -> InPhase {
        self.witness.enter(&self.name, phase);
        InPhase { witness: Rc::clone(&self.witness), host: self.name.clone(), phase }
    }

    /// Counts how often a condition is true; [`sometimes!`](crate::sometimes) is shorter.
    pub fn sometimes(&self, name: &str, hit: bool) {
        self.witness.sometimes(name, hit);
    }

    /// A random number of this node. The same ids give the same number, also after a restart: put
    /// the incarnation among them where that is not wanted.
    pub fn draw(&self, domain: &str, ids: &[u64]) -> u64 {
        keyed(&self.draw, "node", u64::from(self.id), domain, ids)
    }
}

/// What a client knows about itself and the cluster.
#[derive(Clone)]
pub struct ClientCtx {
    /// Its number, from 0. It stays the same after an `info`.
    pub id: u16,
    /// The process as which its operations are recorded. After an `info` it is another one.
    pub process: Process,
    /// The host names of all nodes; where nodes join and leave, of those that are members when the
    /// client connects.
    pub nodes: Vec<String>,
    /// The node this client prefers: clients are spread over the nodes by number. Final reads "on
    /// every node" go to the homes of the first clients.
    pub home: String,
    pub(crate) draw: Rc<Draw>,
    pub(crate) witness: Rc<dyn Witness>,
}

impl ClientCtx {
    /// Counts how often a condition is true; [`sometimes!`](crate::sometimes) is shorter.
    pub fn sometimes(&self, name: &str, hit: bool) {
        self.witness.sometimes(name, hit);
    }

    /// A random number of this client. The same ids give the same number.
    pub fn draw(&self, domain: &str, ids: &[u64]) -> u64 {
        keyed(&self.draw, "client", u64::from(self.id), domain, ids)
    }
}

fn keyed(draw: &Draw, who: &str, id: u64, domain: &str, ids: &[u64]) -> u64 {
    let mut all = Vec::with_capacity(ids.len() + 1);
    all.push(id);
    all.extend_from_slice(ids);
    draw.at(&format!("{who} {domain}"), &all)
}
