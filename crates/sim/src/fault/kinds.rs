//! Every kind of fault: its name, its family, its parameters and what it does. The page
//! `docs/faults.md` is checked against this table.

use super::label::is_symmetric;
use super::{Family, Fault, LEADER};

/// What there is to say about a kind of fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kind {
    /// Its name in plans: the value of `kind`.
    pub name: &'static str,
    /// The family that draws it.
    pub family: Family,
    /// Its parameters.
    pub parameters: &'static str,
    /// What it does, in a line.
    pub meaning: &'static str,
}

const fn kind(
    name: &'static str,
    family: Family,
    parameters: &'static str,
    meaning: &'static str,
) -> Kind {
    Kind { name, family, parameters, meaning }
}

/// Every kind, in the order of [`Fault`].
#[rustfmt::skip]
pub const KINDS: &[Kind] = &[
    kind("cut", Family::Partition, "pairs", "nothing passes: datagrams are gone, segments wait"),
    kind("crash", Family::Crash, "node", "the process is killed; unsynced data and memory are gone"),
    kind("lose", Family::Loss, "pairs, per_mille", "a share of the messages is lost"),
    kind("slow", Family::Delay, "pairs, per_mille, min_ms, max_ms", "a share of the messages takes longer"),
    kind("tail", Family::Tail, "pairs, per_mille, min_ms, max_ms", "a share takes longer, a few very much (heavy tail)"),
    kind("duplicate", Family::Duplicate, "pairs, per_mille, min_ms, max_ms", "a share of the datagrams arrives again, later"),
    kind("corrupt", Family::Corrupt, "pairs, per_mille", "a share of the datagrams has bits flipped; segments are sent again"),
    kind("reorder", Family::Reorder, "pairs, per_mille, overtaken_by, max_ms", "a share of the datagrams is overtaken by later ones"),
    kind("cap", Family::Bandwidth, "pairs, bytes_per_s, queue_bytes", "limited bandwidth with a queue"),
    kind("jam", Family::Jam, "pairs", "messages wait and arrive in order when it ends"),
    kind("reset", Family::Stream, "pairs", "streams are reset at both ends"),
    kind("half-open", Family::Stream, "pairs", "the second host forgets its ends of streams, the first does not know"),
    kind("refuse", Family::Stream, "pairs", "new connections are refused"),
    kind("hang", Family::Stream, "pairs", "new connections get no answer"),
    kind("resegment", Family::Resegment, "pairs, max_bytes", "reads of streams are cut and run together anew"),
    kind("flap", Family::Flap, "pairs, on_ms, off_ms", "a cut that comes and goes"),
    kind("swizzle", Family::Swizzle, "clog, release, step_ms", "nodes are jammed one by one, released in another order"),
    kind("power-loss", Family::PowerLoss, "node", "as a crash, but peers are told nothing: no stream is closed"),
    kind("amnesia", Family::Amnesia, "node", "a crash after which the disk is empty"),
    kind("stop", Family::Shutdown, "node, grace_ms", "the node is asked to stop, and stopped after the grace"),
    kind("rolling", Family::Shutdown, "nodes, grace_ms, down_ms, gap_ms", "nodes are stopped and started one after the other"),
    kind("correlated", Family::Correlated, "nodes", "several nodes crash at once"),
    kind("pause", Family::Pause, "node", "the node is frozen; what comes for it waits"),
    kind("slow-cpu", Family::SlowCpu, "node, one_in", "the node runs in one of so many milliseconds"),
    kind("torn", Family::Torn, "node", "crashes leave the first bytes of unsynced writes"),
    kind("lying-sync", Family::LyingSync, "node", "syncs say that they are done and do nothing"),
    kind("disk-error", Family::DiskError, "node, per_mille", "a share of the disk's accesses fails"),
    kind("disk-full", Family::DiskError, "node", "writes fail: the disk is full"),
    kind("slow-disk", Family::SlowDisk, "node, extra_ms", "every access to the disk takes longer"),
    kind("bit-rot", Family::BitRot, "node, per_mille", "a bit is flipped in a share of the files, for good"),
    kind("skew", Family::Clock, "node, ms", "the wall clock jumps, and back when it ends"),
    kind("drift", Family::Clock, "node, per_mille", "the wall clock runs too fast or too slow"),
    kind("strobe", Family::Clock, "node, ms, every_ms", "the wall clock jumps to and fro"),
    kind("frozen", Family::Clock, "node", "the wall clock stands still"),
    kind("misdirect", Family::Misdirect, "node, per_mille", "a share of the writes goes to another file than was meant"),
    kind("hot-key", Family::HotKey, "key, per_mille", "a share of the steps goes to one key"),
    kind("burst", Family::Burst, "per_mille, ahead_ms", "a share of the clients takes its steps ahead of their time"),
    kind("quiet-window", Family::QuietWindow, "per_mille", "a share of the clients begins no step"),
    kind("join", Family::Membership, "node", "a new node starts and is taken into the group, for ever"),
    kind("leave", Family::Membership, "node", "the group lets a node go, which is then stopped for ever"),
];

impl Fault {
    /// What there is to say about its kind.
    pub fn kind(&self) -> Kind {
        let at = match self {
            Fault::Cut { .. } => 0,
            Fault::Crash { .. } => 1,
            Fault::Lose { .. } => 2,
            Fault::Slow { .. } => 3,
            Fault::Tail { .. } => 4,
            Fault::Duplicate { .. } => 5,
            Fault::Corrupt { .. } => 6,
            Fault::Reorder { .. } => 7,
            Fault::Cap { .. } => 8,
            Fault::Jam { .. } => 9,
            Fault::Reset { .. } => 10,
            Fault::HalfOpen { .. } => 11,
            Fault::Refuse { .. } => 12,
            Fault::Hang { .. } => 13,
            Fault::Resegment { .. } => 14,
            Fault::Flap { .. } => 15,
            Fault::Swizzle { .. } => 16,
            Fault::PowerLoss { .. } => 17,
            Fault::Amnesia { .. } => 18,
            Fault::Stop { .. } => 19,
            Fault::Rolling { .. } => 20,
            Fault::Correlated { .. } => 21,
            Fault::Pause { .. } => 22,
            Fault::SlowCpu { .. } => 23,
            Fault::Torn { .. } => 24,
            Fault::LyingSync { .. } => 25,
            Fault::DiskError { .. } => 26,
            Fault::DiskFull { .. } => 27,
            Fault::SlowDisk { .. } => 28,
            Fault::BitRot { .. } => 29,
            Fault::Skew { .. } => 30,
            Fault::Drift { .. } => 31,
            Fault::Strobe { .. } => 32,
            Fault::Frozen { .. } => 33,
            Fault::Misdirect { .. } => 34,
            Fault::HotKey { .. } => 35,
            Fault::Burst { .. } => 36,
            Fault::QuietWindow { .. } => 37,
            Fault::Join { .. } => 38,
            Fault::Leave { .. } => 39,
        };
        KINDS[at]
    }

    /// The name of its kind: `cut`, `crash`, `power-loss`.
    pub fn name(&self) -> &'static str {
        self.kind().name
    }

    /// Its family. A cut is `one-way` when some pair is cut in one direction only, and any fault is
    /// `leader` that strikes whoever leads.
    pub fn family(&self) -> Family {
        match self {
            fault if fault.names_leader() => Family::Leader,
            Fault::Cut { pairs } if !is_symmetric(pairs) => Family::OneWay,
            fault => fault.kind().family,
        }
    }

    /// Whether it strikes whoever leads.
    pub fn names_leader(&self) -> bool {
        let pairs = self.pairs().iter();
        pairs.flat_map(|(from, to)| [from.as_str(), to]).chain(self.nodes()).any(|n| n == LEADER)
    }
}
