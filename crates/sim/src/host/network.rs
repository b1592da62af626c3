//! Hold and deliver: every message waits on its link until the driver lets it go.
//!
//! Latency, loss and delay of a message are drawn by its *content*: seed, sending host, receiving
//! host, kind, payload and how often the same payload went the same way before. Ephemeral ports
//! are left out. Removing one operation from a plan therefore leaves the luck of all other
//! messages as it was, which is what makes plans shrink.

mod held;
mod luck;
mod purge;

use crate::plane::Plane;
use crate::{Config, Draw};
use held::{Held, Kind, Link, parts, printable};
use purge::Purge;
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use testimony_history::{Fate, Message};
use turmoil::{LinkIter, SentRef, Sim};

/// After so long a lost segment is sent again; the wait doubles up to the second value.
const RETRANSMIT_MS: u64 = 200;
const RETRANSMIT_MS_MAX: u64 = 800;

/// So often in a row a segment can be lost by chance; then it gets through.
const TRIES_LOST_MAX: u32 = 8;

/// Every message that is under way, and the journal of all.
pub(super) struct Network {
    draw: Draw,
    latency_min_ms: u64,
    latency_max_ms: u64,
    names: Vec<String>,
    addresses: Vec<IpAddr>,
    /// In the order in which turmoil lists its links.
    links: Vec<Link>,
    /// How often the same content was sent before.
    occurrences: FxHashMap<u64, u64>,
    messages: Vec<Message>,
    /// An empty list whose memory is used again.
    scratch: Vec<Held>,
}

impl Network {
    pub(super) fn new(draw: Draw, config: &Config, names: Vec<String>) -> Network {
        Network {
            draw,
            latency_min_ms: u64::from(config.latency_min_ms),
            latency_max_ms: u64::from(config.latency_max_ms),
            names,
            addresses: Vec::new(),
            links: Vec::new(),
            occurrences: FxHashMap::default(),
            messages: Vec::new(),
            scratch: Vec::new(),
        }
    }

    pub(super) fn set_addresses(&mut self, addresses: Vec<IpAddr>) {
        self.addresses = addresses;
    }

    /// Takes note of what was sent in the last step and lets go what is due now.
    pub(super) fn deliver(&mut self, sim: &Sim<'_>, plane: &Plane, now_ms: u64) {
        let mut purges = Vec::new();
        sim.links(|links| {
            for (at, link) in links.enumerate() {
                if at == self.links.len() {
                    let (a, b) = link.pair();
                    self.links.push(Link { ends: (self.host(a), self.host(b)), held: Vec::new() });
                }
                self.deliver_link(at, link, plane, now_ms, &mut purges);
            }
        });
        for purge in purges {
            self.purge(sim, &purge);
        }
    }

    fn deliver_link(
        &mut self,
        at: usize,
        link: LinkIter<'_>,
        plane: &Plane,
        now_ms: u64,
        purges: &mut Vec<Purge>,
    ) {
        let before = std::mem::take(&mut self.links[at].held);
        let mut kept = std::mem::take(&mut self.scratch);
        let mut let_go = Vec::new();
        let mut seen = 0;
        for (position, sent) in link.enumerate() {
            seen += 1;
            let mut held = match before.get(position) {
                Some(held) => *held,
                None => self.note(&sent, plane, now_ms, &kept),
            };
            match self.decide(&mut held, plane, now_ms) {
                true => {
                    sent.deliver();
                    let_go.push((position, held.from));
                }
                false => kept.push(held),
            }
        }
        debug_assert!(seen >= before.len(), "a held message left the queue by itself");
        purges.extend(Purge::of(at, self.links[at].ends, &kept, &let_go));
        self.links[at].held = kept;
        self.scratch = before;
        self.scratch.clear();
    }

    fn host(&self, address: IpAddr) -> u16 {
        let position = self.addresses.iter().position(|known| *known == address);
        position.and_then(|position| u16::try_from(position).ok()).unwrap_or_default()
    }

    /// Takes a new message into the journal and draws when it arrives.
    fn note(&mut self, sent: &SentRef<'_>, plane: &Plane, now_ms: u64, queue: &[Held]) -> Held {
        let sockets = sent.pair();
        let (from, to) = (self.host(sockets.0.ip()), self.host(sockets.1.ip()));
        let (kind, payload) = parts(sent.protocol());
        // It was sent in the step before this one.
        let sent_ms = now_ms.saturating_sub(1);
        let luck = self.luck(from, to, kind, payload);
        let id = u32::try_from(self.messages.len()).unwrap_or(u32::MAX);
        self.messages.push(Message {
            id,
            from: self.names[usize::from(from)].clone(),
            to: self.names[usize::from(to)].clone(),
            kind: kind.name().to_owned(),
            bytes: u32::try_from(payload.len()).unwrap_or(u32::MAX),
            text: printable(payload),
            sent_ns: sent_ms * 1_000_000,
            done_ns: None,
            fate: Fate::Held,
        });
        let mut due_ms = sent_ms + self.latency(luck);
        for slow in plane.delays(from, to) {
            let ids = [luck.0, luck.1, u64::from(slow.fault)];
            if self.draw.chance(slow.per_mille, "slow", &ids) {
                due_ms += self.draw.between(slow.min_ms, slow.max_ms, "slow by", &ids);
            }
        }
        let mut held = Held { id, from, to, kind, sockets, due_ms, tries: 0, lost: false };
        if kind == Kind::Datagram {
            if plane.is_cut(from, to) || self.is_lost(luck, 0, plane, &held) {
                self.lose(&mut held, now_ms);
            }
            return held;
        }
        while held.tries < TRIES_LOST_MAX && self.is_lost(luck, held.tries, plane, &held) {
            held.due_ms += retransmit_ms(held.tries);
            held.tries += 1;
        }
        // A stream keeps its order: what was sent before arrives before.
        let earlier = queue.iter().filter(|other| other.sockets == sockets);
        held.due_ms = earlier.map(|other| other.due_ms).fold(held.due_ms, u64::max);
        held
    }

    /// Whether a held message is let go now. A datagram that cannot arrive is gone; a segment of a
    /// stream is sent again later.
    fn decide(&mut self, held: &mut Held, plane: &Plane, now_ms: u64) -> bool {
        if held.lost || held.due_ms > now_ms {
            return false;
        }
        let Held { from, to, kind, .. } = *held;
        // The answer to a SYN is no message of its own here, so that the SYN waits for both ways.
        let no_answer = kind == Kind::Syn && plane.is_cut(to, from);
        if !plane.is_cut(from, to) && !plane.is_stopped(to) && !no_answer {
            self.end(held.id, Fate::Delivered, now_ms);
            return true;
        }
        if kind == Kind::Datagram {
            self.lose(held, now_ms);
        } else {
            held.due_ms = now_ms + retransmit_ms(held.tries);
            held.tries += 1;
        }
        false
    }

    fn lose(&mut self, held: &mut Held, now_ms: u64) {
        held.lost = true;
        self.end(held.id, Fate::Lost, now_ms);
    }

    fn end(&mut self, id: u32, fate: Fate, now_ms: u64) {
        let message = usize::try_from(id).ok().and_then(|at| self.messages.get_mut(at));
        if let Some(message) = message {
            message.fate = fate;
            message.done_ns = Some(now_ms * 1_000_000);
        }
    }

    /// How many messages are on hold, lost ones that were not removed yet among them.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.links.iter().map(|link| link.held.len()).sum()
    }

    pub(super) fn into_messages(self) -> Vec<Message> {
        self.messages
    }
}

fn retransmit_ms(tries: u32) -> u64 {
    RETRANSMIT_MS.saturating_mul(1 << tries.min(16)).min(RETRANSMIT_MS_MAX)
}
