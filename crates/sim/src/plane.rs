//! The fault plane: what is broken right now, for each directed pair of hosts and for each node.
//!
//! Overlapping faults compose because each only adds and later takes away its own share: healing
//! one never heals another. The simulator's own partitions cannot do that, they are one value for
//! each link.

mod node;
mod pair;

use crate::{Fault, PlannedFault};
use node::NodeEffect;

pub(crate) use pair::{Effect, Share};

/// What is broken right now.
pub(crate) struct Plane {
    hosts: Vec<String>,
    /// By directed pair (`from * hosts + to`).
    pairs: Vec<Vec<Share<Effect>>>,
    /// By host.
    nodes: Vec<Vec<Share<NodeEffect>>>,
    /// Whether the software of each host is not running, for whatever reason.
    stopped: Vec<bool>,
    /// Whether each host is not there: it comes later, or it has left for ever.
    absent: Vec<bool>,
}

/// What a fault that begins or ends asks of a host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    /// This host goes down.
    Down(u16),
    /// This host comes up again.
    Up(u16),
}

impl Plane {
    pub(crate) fn new(hosts: Vec<String>) -> Plane {
        let count = hosts.len();
        Plane {
            hosts,
            pairs: vec![Vec::new(); count * count],
            nodes: vec![Vec::new(); count],
            stopped: vec![false; count],
            absent: vec![false; count],
        }
    }

    /// The number of a host.
    pub(crate) fn host(&self, name: &str) -> Option<u16> {
        let at = self.hosts.iter().position(|host| host == name)?;
        u16::try_from(at).ok()
    }

    fn at(&self, from: u16, to: u16) -> usize {
        usize::from(from) * self.hosts.len() + usize::from(to)
    }

    /// The pairs of a fault by number. A validated plan names known hosts only.
    pub(crate) fn pairs_of(&self, fault: &Fault) -> Vec<(u16, u16)> {
        let number = |(from, to): &(String, String)| Some((self.host(from)?, self.host(to)?));
        fault.pairs().iter().filter_map(number).collect()
    }

    /// Adds the share of a fault.
    pub(crate) fn begin(&mut self, planned: &PlannedFault) -> Vec<Change> {
        self.change(planned, true)
    }

    /// Takes away the share of a fault that began.
    pub(crate) fn end(&mut self, planned: &PlannedFault) -> Vec<Change> {
        self.change(planned, false)
    }

    fn change(&mut self, planned: &PlannedFault, begins: bool) -> Vec<Change> {
        if let Some(effect) = Effect::of(&planned.fault) {
            for (from, to) in self.pairs_of(&planned.fault) {
                let at = self.at(from, to);
                change(&mut self.pairs[at], Share { fault: planned.id, effect }, begins);
            }
            return Vec::new();
        }
        let Some(effect) = NodeEffect::of(&planned.fault) else { return Vec::new() };
        let mut asked = Vec::new();
        for node in planned.fault.nodes() {
            let Some(host) = self.host(node) else { continue };
            let was_down = self.is_down(host);
            let shares = &mut self.nodes[usize::from(host)];
            change(shares, Share { fault: planned.id, effect }, begins);
            match (was_down, self.is_down(host)) {
                (false, true) => asked.push(Change::Down(host)),
                (true, false) => asked.push(Change::Up(host)),
                _ => {}
            }
        }
        asked
    }

    /// Takes note that a host is there from now on, or is not.
    pub(crate) fn set_absent(&mut self, host: u16, absent: bool) -> Option<Change> {
        let was_down = self.is_down(host);
        self.absent[usize::from(host)] = absent;
        match (was_down, self.is_down(host)) {
            (false, true) => Some(Change::Down(host)),
            (true, false) => Some(Change::Up(host)),
            _ => None,
        }
    }

    /// Whether a host is not there.
    pub(crate) fn is_absent(&self, host: u16) -> bool {
        self.absent[usize::from(host)]
    }

    /// Whether some fault keeps a host down, or it is not there.
    fn is_down(&self, host: u16) -> bool {
        self.is_absent(host)
            || self.nodes[usize::from(host)].iter().any(|share| share.effect == NodeEffect::Down)
    }

    /// Whether a host is frozen for as long as some fault lasts.
    pub(crate) fn is_paused(&self, host: u16) -> bool {
        self.nodes[usize::from(host)].iter().any(|share| share.effect == NodeEffect::Paused)
    }

    /// Whether the tasks of a host must not run in this millisecond.
    pub(crate) fn is_frozen(&self, host: u16, now_ms: u64) -> bool {
        self.nodes[usize::from(host)].iter().any(|share| match share.effect {
            NodeEffect::Paused => true,
            NodeEffect::Slow { one_in } => !now_ms.is_multiple_of(u64::from(one_in.max(1))),
            NodeEffect::Down => false,
        })
    }

    /// What the faults do to a directed pair, each its share.
    pub(crate) fn shares(&self, from: u16, to: u16) -> &[Share<Effect>] {
        &self.pairs[self.at(from, to)]
    }

    /// Whether some fault has this effect on a directed pair.
    pub(crate) fn has(&self, from: u16, to: u16, effect: Effect) -> bool {
        self.shares(from, to).iter().any(|share| share.effect == effect)
    }

    /// Whether nothing passes from one host to the other.
    pub(crate) fn is_cut(&self, from: u16, to: u16) -> bool {
        self.has(from, to, Effect::Cut)
    }

    /// The narrowest bandwidth of a pair and the shortest of its queues (0: without bound).
    pub(crate) fn cap(&self, from: u16, to: u16) -> Option<(u32, u32)> {
        let caps = self.shares(from, to).iter().filter_map(|share| match share.effect {
            Effect::Cap { bytes_per_s, queue_bytes } => Some((bytes_per_s, queue_bytes)),
            _ => None,
        });
        caps.reduce(|(rate, queue), (other_rate, other_queue)| {
            let queue = match (queue, other_queue) {
                (0, other) => other,
                (queue, 0) => queue,
                (queue, other) => queue.min(other),
            };
            (rate.min(other_rate), queue)
        })
    }

    /// The most bytes that a read gets of a stream from one host to the other.
    pub(crate) fn chunk(&self, from: u16, to: u16) -> Option<u32> {
        let chunks = self.shares(from, to).iter().filter_map(|share| match share.effect {
            Effect::Resegment { max_bytes } => Some(max_bytes),
            _ => None,
        });
        chunks.min()
    }

    /// Takes note that the software of a host was stopped or started.
    pub(crate) fn set_stopped(&mut self, host: u16, stopped: bool) {
        self.stopped[usize::from(host)] = stopped;
    }

    /// Whether the software of a host is not running: nothing can arrive there.
    pub(crate) fn is_stopped(&self, host: u16) -> bool {
        self.stopped[usize::from(host)]
    }
}

/// Adds a share, or takes away one that is the same.
fn change<E: PartialEq + Copy>(shares: &mut Vec<Share<E>>, share: Share<E>, begins: bool) {
    if begins {
        shares.push(share);
    } else if let Some(at) = shares.iter().position(|other| *other == share) {
        shares.remove(at);
    }
}

#[cfg(test)]
mod tests;
