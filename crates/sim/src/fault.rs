//! What the nemesis can do, as data.
//!
//! [`Fault`] has every kind with its parameters; [`kinds`] says what each does; `docs/faults.md` is
//! the same table for readers. `network`, `partition` and so on hold what belongs to one family.

use serde::{Deserialize, Serialize};

mod check;
mod family;
pub mod kinds;
mod label;
mod partition;
mod stroke;

pub use family::Family;
pub use partition::{between, bridge, isolate, one_way, ring};

pub(crate) use check::{check, listed};

/// A directed pair of hosts: from, to.
pub type Pair = (String, String);

/// Stands for the node that leads when the fault strikes, wherever a fault names a node. Nodes tell
/// by [`NodeCtx::lead`](crate::NodeCtx::lead). While nobody leads the fault waits.
pub const LEADER: &str = "@leader";

/// A fault. It strikes when its time comes and ends when its duration is over or the final phase
/// begins. Overlapping faults compose: ending one never ends another.
///
/// "Share" is a number of a thousand, drawn for each message by its content.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing passes on these directed pairs: datagrams are gone, segments of streams wait.
    Cut {
        /// Directed pairs of hosts.
        pairs: Vec<Pair>,
    },
    /// The node stops at once: its memory is gone, what its disk has synced survives. When the
    /// fault ends it is started again.
    Crash {
        /// The node.
        node: String,
    },
    /// So many of a thousand messages are lost on these directed pairs; segments of streams are
    /// sent again later.
    Lose {
        /// Directed pairs of hosts.
        pairs: Vec<Pair>,
        /// Share of the messages, of a thousand.
        per_mille: u32,
    },
    /// So many of a thousand messages take longer on these directed pairs.
    Slow {
        /// Directed pairs of hosts.
        pairs: Vec<Pair>,
        /// Share of the messages, of a thousand.
        per_mille: u32,
        /// The least additional delay in milliseconds.
        min_ms: u32,
        /// The largest additional delay in milliseconds.
        max_ms: u32,
    },
    /// A share of the messages takes longer, a few of them very much: half of them less than twice
    /// `min_ms`, a quarter more than four times that, and so on (Pareto, exponent 1).
    Tail {
        /// Directed pairs of hosts.
        pairs: Vec<Pair>,
        /// Share of the messages, of a thousand.
        per_mille: u32,
        /// The least additional delay in milliseconds.
        min_ms: u32,
        /// The largest additional delay in milliseconds.
        max_ms: u32,
    },
    /// A share of the datagrams arrives a second time, so much later. Streams drop their copies.
    Duplicate {
        /// Directed pairs of hosts.
        pairs: Vec<Pair>,
        /// Share of the datagrams, of a thousand.
        per_mille: u32,
        /// The copy comes at least so many milliseconds after the first.
        min_ms: u32,
        /// The copy comes at most so many milliseconds after the first.
        max_ms: u32,
    },
    /// A share of the datagrams arrives with one to three bits flipped. A segment of a stream
    /// fails its checksum: it is sent again later.
    Corrupt {
        /// Directed pairs of hosts.
        pairs: Vec<Pair>,
        /// Share of the messages, of a thousand.
        per_mille: u32,
    },
    /// A share of the datagrams waits until later ones have overtaken it. Streams put their
    /// segments in order.
    Reorder {
        /// Directed pairs of hosts.
        pairs: Vec<Pair>,
        /// Share of the datagrams, of a thousand.
        per_mille: u32,
        /// So many later messages of the pair go first.
        overtaken_by: u32,
        /// It waits at most so many milliseconds for them.
        max_ms: u32,
    },
    /// The pairs carry so many bytes a second: what is too much waits in a queue (first in, first
    /// out), and is lost when the queue is full. A message counts 40 bytes more than its payload.
    Cap {
        /// Directed pairs of hosts, each with its own queue.
        pairs: Vec<Pair>,
        /// Bytes a second, at least 1.
        bytes_per_s: u32,
        /// The longest queue in bytes; 0: without bound.
        #[serde(default)]
        queue_bytes: u32,
    },
    /// Messages wait, none is lost: they all arrive, in order, when the fault ends.
    Jam {
        /// Directed pairs of hosts.
        pairs: Vec<Pair>,
    },
    /// Every stream that is open between these hosts is reset, and so is every other one that
    /// sends something meanwhile: both ends see an error.
    Reset {
        /// Pairs of hosts; streams of both directions are reset.
        pairs: Vec<Pair>,
    },
    /// Of every stream that is open between these hosts the second forgets its end: it sees an
    /// error. The first learns nothing; what it sends is lost until the fault ends, and answered by
    /// a reset after that.
    HalfOpen {
        /// Pairs of hosts: which keeps its end, which forgets.
        pairs: Vec<Pair>,
    },
    /// New connections are refused when they arrive.
    Refuse {
        /// Directed pairs of hosts: who connects, to whom.
        pairs: Vec<Pair>,
    },
    /// New connections get no answer until the fault ends; streams that are open go on.
    Hang {
        /// Directed pairs of hosts: who connects, to whom.
        pairs: Vec<Pair>,
    },
    /// Reads of streams get one to so many bytes at a time, whatever the pieces in which they were
    /// written: pieces are cut, and neighbours run together.
    Resegment {
        /// Directed pairs of hosts: who writes, who reads.
        pairs: Vec<Pair>,
        /// The most bytes of a read, at least 1.
        max_bytes: u32,
    },
    /// A cut that comes and goes: cut, then healed, again and again.
    Flap {
        /// Directed pairs of hosts.
        pairs: Vec<Pair>,
        /// It is cut for so many milliseconds, at least 1,
        on_ms: u32,
        /// then healed for so many, at least 1.
        off_ms: u32,
    },
    /// Nodes are jammed one after the other, and released one after the other in another order.
    Swizzle {
        /// The order in which they are jammed.
        clog: Vec<String>,
        /// The order in which they are released: the same nodes.
        release: Vec<String>,
        /// Milliseconds between one step and the next, at least 1.
        step_ms: u32,
    },
    /// The machine of the node loses its power: as a crash, but its peers are told nothing, their
    /// streams to it stay open on their side. When the fault ends it is started again.
    PowerLoss {
        /// The node.
        node: String,
    },
    /// A crash after which the node's disk is empty.
    Amnesia {
        /// The node.
        node: String,
    },
    /// The node is asked to stop ([`NodeCtx::stopping`](crate::NodeCtx::stopping)), and is stopped
    /// when its main task has ended or the grace is over. What it has written survives, synced or
    /// not. When the fault ends it is started again.
    Stop {
        /// The node.
        node: String,
        /// So many milliseconds it has to stop by itself.
        grace_ms: u32,
    },
    /// Nodes are stopped and started again one after the other.
    Rolling {
        /// The nodes in their order.
        nodes: Vec<String>,
        /// So many milliseconds each has to stop by itself.
        grace_ms: u32,
        /// Each is down for so many milliseconds after that.
        down_ms: u32,
        /// So many milliseconds lie between the start of one and the stop of the next.
        gap_ms: u32,
    },
    /// Several nodes crash at the same time: a rack, a zone.
    Correlated {
        /// The nodes.
        nodes: Vec<String>,
    },
    /// The node is frozen: none of its tasks runs, and what comes for it waits. Then it goes on as
    /// if nothing had been; its timers are late. Tasks that were started past
    /// [`net::spawn`](crate::net::spawn) escape, which is a finding (`docs/faults.md`).
    Pause {
        /// The node.
        node: String,
    },
    /// The node runs in one of so many milliseconds only.
    SlowCpu {
        /// The node.
        node: String,
        /// One of so many milliseconds, at least 1.
        one_in: u32,
    },
    /// A crash that happens meanwhile tears the unsynced writes of the node: the first bytes of
    /// each survive, the rest is as it was before.
    Torn {
        /// The node.
        node: String,
    },
    /// Syncs of the node's disk say that they are done and do nothing. What was written stays
    /// unsynced until a sync after the end of the fault.
    LyingSync {
        /// The node.
        node: String,
    },
    /// A share of the accesses to the node's disk (reads, writes, syncs) fails and has no effect.
    DiskError {
        /// The node.
        node: String,
        /// Share of the accesses, of a thousand.
        per_mille: u32,
    },
    /// The node's disk is full: writes fail, reads and syncs do not.
    DiskFull {
        /// The node.
        node: String,
    },
    /// Every access to the node's disk takes longer.
    SlowDisk {
        /// The node.
        node: String,
        /// By so many milliseconds.
        extra_ms: u32,
    },
    /// A bit is flipped in a share of the files: of those that are durable when the fault begins,
    /// and of those that are synced meanwhile. What has rotted stays so.
    BitRot {
        /// The node.
        node: String,
        /// Share of the files, of a thousand.
        per_mille: u32,
    },
    /// The node's wall clock jumps ahead (or back), and back again when the fault ends.
    Skew {
        /// The node.
        node: String,
        /// So many milliseconds ahead; negative: back.
        ms: i64,
    },
    /// The node's wall clock runs too fast (or too slow), and is set right when the fault ends.
    Drift {
        /// The node.
        node: String,
        /// So many milliseconds too many in a thousand; negative: too few. At least -1000.
        per_mille: i32,
    },
    /// The node's wall clock jumps ahead (or back), and back again, all the time.
    Strobe {
        /// The node.
        node: String,
        /// So many milliseconds ahead; negative: back.
        ms: i64,
        /// It jumps every so many milliseconds, at least 1.
        every_ms: u32,
    },
    /// The node's wall clock stands still, and is set right when the fault ends.
    Frozen {
        /// The node.
        node: String,
    },
    /// A share of the writes to the node's disk goes to a wrong place: another file gets the content
    /// (or, of an append, the bytes at its end), and the file that was meant stays as it was. Nobody
    /// is told. Where there is no other file the bytes are gone.
    Misdirect {
        /// The node.
        node: String,
        /// Share of the writes, of a thousand.
        per_mille: u32,
    },
    /// A load, no fault: a share of the clients' steps goes to one key.
    HotKey {
        /// The number of the key, from 0, in the order of the workload.
        key: u32,
        /// Share of the steps, of a thousand.
        per_mille: u32,
    },
    /// A load, no fault: a share of the clients takes its steps before their time, all at once. What
    /// was taken ahead is missing afterwards.
    Burst {
        /// Share of the clients, of a thousand.
        per_mille: u32,
        /// By at most so many milliseconds before their time.
        ahead_ms: u32,
    },
    /// A load, no fault: a share of the clients begins no step. What was due comes when it ends. It
    /// must end: it says how long it lasts.
    QuietWindow {
        /// Share of the clients, of a thousand.
        per_mille: u32,
    },
    /// A node that was not there before starts, and the operator asks the group to take it in
    /// ([`Cluster::membership`](crate::Cluster::membership)), again and again until it is done. It
    /// is for ever: it has no duration.
    Join {
        /// The node: a name of the form `n4` that no node of the configuration has.
        node: String,
    },
    /// The operator asks the group to let the node go, again and again until it is done. Then the
    /// node is stopped for ever. It has no duration.
    Leave {
        /// The node.
        node: String,
    },
}

impl Fault {
    /// The directed pairs it strikes; none for faults of nodes.
    pub fn pairs(&self) -> &[Pair] {
        match self {
            Fault::Cut { pairs }
            | Fault::Lose { pairs, .. }
            | Fault::Slow { pairs, .. }
            | Fault::Tail { pairs, .. }
            | Fault::Duplicate { pairs, .. }
            | Fault::Corrupt { pairs, .. }
            | Fault::Reorder { pairs, .. }
            | Fault::Cap { pairs, .. }
            | Fault::Jam { pairs }
            | Fault::Reset { pairs }
            | Fault::HalfOpen { pairs }
            | Fault::Refuse { pairs }
            | Fault::Hang { pairs }
            | Fault::Resegment { pairs, .. }
            | Fault::Flap { pairs, .. } => pairs,
            _ => &[],
        }
    }

    /// The nodes it strikes; none for faults of links.
    pub fn nodes(&self) -> Vec<&str> {
        match self {
            Fault::Crash { node }
            | Fault::PowerLoss { node }
            | Fault::Amnesia { node }
            | Fault::Stop { node, .. }
            | Fault::Pause { node }
            | Fault::SlowCpu { node, .. }
            | Fault::Torn { node }
            | Fault::LyingSync { node }
            | Fault::DiskError { node, .. }
            | Fault::DiskFull { node }
            | Fault::SlowDisk { node, .. }
            | Fault::BitRot { node, .. }
            | Fault::Skew { node, .. }
            | Fault::Drift { node, .. }
            | Fault::Strobe { node, .. }
            | Fault::Frozen { node }
            | Fault::Misdirect { node, .. }
            | Fault::Join { node }
            | Fault::Leave { node } => vec![node],
            Fault::Swizzle { clog: nodes, .. }
            | Fault::Rolling { nodes, .. }
            | Fault::Correlated { nodes } => nodes.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it is a load: it changes what the clients do and when, and breaks nothing.
    pub fn is_load(&self) -> bool {
        matches!(self, Fault::HotKey { .. } | Fault::Burst { .. } | Fault::QuietWindow { .. })
    }

    /// The node that joins or leaves, and whether it joins; `None` for all other faults.
    pub fn membership(&self) -> Option<(&str, bool)> {
        match self {
            Fault::Join { node } => Some((node, true)),
            Fault::Leave { node } => Some((node, false)),
            _ => None,
        }
    }

    /// Renames the hosts it strikes. Pairs of a host with itself are left out.
    pub(crate) fn rename(&mut self, name: &dyn Fn(&str) -> String) {
        if let Some(pairs) = self.pairs_mut() {
            let renamed = pairs.iter().map(|(from, to)| (name(from), name(to)));
            *pairs = renamed.filter(|(from, to)| from != to).collect();
        }
        for node in self.nodes_mut() {
            *node = name(node);
        }
    }

    fn pairs_mut(&mut self) -> Option<&mut Vec<Pair>> {
        match self {
            Fault::Cut { pairs }
            | Fault::Lose { pairs, .. }
            | Fault::Slow { pairs, .. }
            | Fault::Tail { pairs, .. }
            | Fault::Duplicate { pairs, .. }
            | Fault::Corrupt { pairs, .. }
            | Fault::Reorder { pairs, .. }
            | Fault::Cap { pairs, .. }
            | Fault::Jam { pairs }
            | Fault::Reset { pairs }
            | Fault::HalfOpen { pairs }
            | Fault::Refuse { pairs }
            | Fault::Hang { pairs }
            | Fault::Resegment { pairs, .. }
            | Fault::Flap { pairs, .. } => Some(pairs),
            _ => None,
        }
    }

    fn nodes_mut(&mut self) -> Vec<&mut String> {
        match self {
            Fault::Crash { node }
            | Fault::PowerLoss { node }
            | Fault::Amnesia { node }
            | Fault::Stop { node, .. }
            | Fault::Pause { node }
            | Fault::SlowCpu { node, .. }
            | Fault::Torn { node }
            | Fault::LyingSync { node }
            | Fault::DiskError { node, .. }
            | Fault::DiskFull { node }
            | Fault::SlowDisk { node, .. }
            | Fault::BitRot { node, .. }
            | Fault::Skew { node, .. }
            | Fault::Drift { node, .. }
            | Fault::Strobe { node, .. }
            | Fault::Frozen { node }
            | Fault::Misdirect { node, .. }
            | Fault::Join { node }
            | Fault::Leave { node } => vec![node],
            Fault::Swizzle { clog, release, .. } => clog.iter_mut().chain(release).collect(),
            Fault::Rolling { nodes, .. } | Fault::Correlated { nodes } => {
                nodes.iter_mut().collect()
            }
            _ => Vec::new(),
        }
    }

    /// What it strikes as JSON text, without the kind: the `detail` of the fault log.
    pub(crate) fn detail(&self) -> String {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(object) = value.as_object_mut() {
            object.remove("kind");
        }
        value.to_string()
    }
}

#[cfg(test)]
mod tests;
