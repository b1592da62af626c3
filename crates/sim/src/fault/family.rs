//! Families of faults: what is switched on or off together.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The kinds of fault that are switched on or off together.
///
/// The draws of a family are keyed by its place in this list: new ones come last, so that plans of
/// old seeds keep their faults.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Family {
    /// Cuts in both directions: one isolated, halves, a ring of majorities, a bridge.
    Partition,
    /// Cuts in one direction.
    OneWay,
    /// Crash and restart.
    Crash,
    /// Lost messages.
    Loss,
    /// Delay tails.
    Delay,
    /// Delays with a heavy tail.
    Tail,
    /// Datagrams that arrive twice.
    Duplicate,
    /// Flipped bits.
    Corrupt,
    /// Datagrams that are overtaken.
    Reorder,
    /// Limited bandwidth.
    Bandwidth,
    /// Messages that wait and arrive all at once.
    Jam,
    /// Streams that are reset, half open, refused or not answered.
    Stream,
    /// Streams whose reads are cut anew.
    Resegment,
    /// Cuts that come and go.
    Flap,
    /// Nodes that are jammed one by one.
    Swizzle,
    /// Whatever strikes the node that leads.
    Leader,
    /// Loss of power and restart.
    PowerLoss,
    /// Crashes that take the disk with them.
    Amnesia,
    /// Graceful stops and rolling restarts.
    Shutdown,
    /// Crashes of several nodes at once.
    Correlated,
    /// Frozen nodes.
    Pause,
    /// Slow nodes.
    SlowCpu,
    /// Losses of power that tear unsynced writes.
    Torn,
    /// Syncs that lie, and losses of power that show it.
    LyingSync,
    /// Disks that fail or are full.
    DiskError,
    /// Slow disks.
    SlowDisk,
    /// Bits of files that flip.
    BitRot,
    /// Wall clocks that jump, drift, jump to and fro or stand still.
    Clock,
    /// Writes that go to another file.
    Misdirect,
    /// Many steps on one key.
    HotKey,
    /// Many steps at once.
    Burst,
    /// Times without steps.
    QuietWindow,
    /// Nodes that join and leave.
    Membership,
}

impl Family {
    /// Every family, in the order of their names in lists.
    pub const ALL: &[Family] = &[
        Family::Partition,
        Family::OneWay,
        Family::Crash,
        Family::Loss,
        Family::Delay,
        Family::Tail,
        Family::Duplicate,
        Family::Corrupt,
        Family::Reorder,
        Family::Bandwidth,
        Family::Jam,
        Family::Stream,
        Family::Resegment,
        Family::Flap,
        Family::Swizzle,
        Family::Leader,
        Family::PowerLoss,
        Family::Amnesia,
        Family::Shutdown,
        Family::Correlated,
        Family::Pause,
        Family::SlowCpu,
        Family::Torn,
        Family::LyingSync,
        Family::DiskError,
        Family::SlowDisk,
        Family::BitRot,
        Family::Clock,
        Family::Misdirect,
        Family::HotKey,
        Family::Burst,
        Family::QuietWindow,
        Family::Membership,
    ];

    /// Those that every system for unreliable networks and processes must survive: partitions,
    /// one-way cuts, crashes, lost and late messages.
    pub const BASIC: &[Family] =
        &[Family::Partition, Family::OneWay, Family::Crash, Family::Loss, Family::Delay];

    /// Those that break nothing: they change what the clients do and when.
    pub const LOAD: &[Family] = &[Family::HotKey, Family::Burst, Family::QuietWindow];

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Family::Partition => {
                ("partition", "cuts in both directions: one node alone, halves, a ring, a bridge")
            }
            Family::OneWay => (
                "one-way",
                "cuts in one direction: requests arrive, answers do not, or the reverse",
            ),
            Family::Crash => {
                ("crash", "a node stops and starts again; what its disk had not synced is gone")
            }
            Family::Loss => ("loss", "messages are lost"),
            Family::Delay => ("delay", "some messages take much longer than others"),
            Family::Tail => ("tail", "delays with a heavy tail"),
            Family::Duplicate => ("duplicate", "datagrams arrive a second time, also late"),
            Family::Corrupt => ("corrupt", "bits of datagrams are flipped"),
            Family::Reorder => ("reorder", "datagrams are overtaken by later ones"),
            Family::Bandwidth => ("bandwidth", "links carry only so many bytes a second"),
            Family::Jam => ("jam", "messages wait and arrive all at once"),
            Family::Stream => {
                ("stream", "streams are reset or half open, connections refused or not answered")
            }
            Family::Resegment => {
                ("resegment", "reads of streams get other pieces than were written")
            }
            Family::Flap => ("flap", "cuts that come and go"),
            Family::Swizzle => {
                ("swizzle", "nodes are jammed one by one, released in another order")
            }
            Family::Leader => ("leader", "whoever leads is cut off, crashed or paused"),
            Family::PowerLoss => {
                ("power-loss", "a node loses its power; its peers are told nothing")
            }
            Family::Amnesia => ("amnesia", "a node crashes and comes back with an empty disk"),
            Family::Shutdown => (
                "shutdown",
                "nodes are asked to stop and started again, one or one after the other",
            ),
            Family::Correlated => ("correlated", "several nodes crash at once"),
            Family::Pause => ("pause", "a node is frozen for a while, and goes on"),
            Family::SlowCpu => ("slow-cpu", "a node runs only now and then"),
            Family::Torn => ("torn", "power is lost and unsynced writes are torn"),
            Family::LyingSync => ("lying-sync", "syncs do nothing, and power is lost"),
            Family::DiskError => ("disk-error", "accesses to a disk fail, or it is full"),
            Family::SlowDisk => ("slow-disk", "accesses to a disk take longer"),
            Family::BitRot => ("bit-rot", "bits of files flip"),
            Family::Clock => ("clock", "wall clocks jump, drift, jump to and fro or stand still"),
            Family::Misdirect => ("misdirect", "writes to a disk go to another file"),
            Family::HotKey => ("hot-key", "load: many operations on one key"),
            Family::Burst => ("burst", "load: many operations at once, and few after that"),
            Family::QuietWindow => ("quiet-window", "load: no operation begins for a while"),
            Family::Membership => {
                ("membership", "nodes join and leave; only systems that say how to do it have it")
            }
        }
    }

    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// What it does, in a line.
    pub fn summary(self) -> &'static str {
        self.words().1
    }

    /// The family of this name.
    pub fn named(name: &str) -> Option<Family> {
        Family::ALL.iter().copied().find(|family| family.name() == name)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
