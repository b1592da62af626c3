//! Hold and deliver: every message waits on its link until the driver lets it go.
//!
//! Latency, loss and delay of a message are drawn by its *content*: seed, sending host, receiving
//! host, kind, payload and how often the same payload went the same way before. Ephemeral ports
//! are left out. Removing one operation from a plan therefore leaves the luck of all other
//! messages as it was, which is what makes plans shrink.

use crate::plane::Plane;
use crate::{Config, Draw};
use rustc_hash::FxHashMap;
use std::net::{IpAddr, SocketAddr};
use testimony_history::{Fate, Message};
use turmoil::{LinkIter, Protocol, Segment, SentRef, Sim};

/// The longest payload that the journal shows as text.
const TEXT_BYTES_MAX: usize = 200;

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

/// What is held on a link, in the order of turmoil's queue.
struct Link {
    /// The hosts at its ends.
    ends: (u16, u16),
    held: Vec<Held>,
}

/// A message on hold.
#[derive(Clone, Copy)]
struct Held {
    /// Its number in the journal.
    id: u32,
    from: u16,
    to: u16,
    kind: Kind,
    /// The sockets it goes between.
    sockets: (SocketAddr, SocketAddr),
    /// It is let go at this time.
    due_ms: u64,
    /// How often it was sent again.
    tries: u32,
    /// It is lost and only waits to be removed from turmoil's queue.
    lost: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Datagram,
    Syn,
    Data,
    Fin,
    Rst,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Datagram => "udp",
            Kind::Syn => "syn",
            Kind::Data => "data",
            Kind::Fin => "fin",
            Kind::Rst => "rst",
        }
    }
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

    /// What everything random about a message is drawn from: its content, and how often the same
    /// content went the same way before. Opening and closing a stream has no content of its own;
    /// counting it would tie its luck to streams that have nothing to do with it.
    fn luck(&mut self, from: u16, to: u16, kind: Kind, payload: &[u8]) -> (u64, u64) {
        let (from, to) = (&self.names[usize::from(from)], &self.names[usize::from(to)]);
        let parts = [from.as_bytes(), to.as_bytes(), kind.name().as_bytes(), payload];
        let content = self.draw.content(&parts);
        if !matches!(kind, Kind::Datagram | Kind::Data) {
            return (content, 0);
        }
        let count = self.occurrences.entry(content).or_insert(0);
        *count += 1;
        (content, *count)
    }

    /// From the least latency to the largest, short ones more often: the product of two uniform
    /// numbers, whose mean is a quarter of the range. Integers only, so that every machine agrees.
    fn latency(&self, luck: (u64, u64)) -> u64 {
        let number = self.draw.at("latency", &[luck.0, luck.1]);
        let product = ((number >> 32) * (number & u64::from(u32::MAX))) >> 32;
        let range = self.latency_max_ms.saturating_sub(self.latency_min_ms);
        self.latency_min_ms + ((product * (range + 1)) >> 32)
    }

    fn is_lost(&self, luck: (u64, u64), attempt: u32, plane: &Plane, held: &Held) -> bool {
        plane.losses(held.from, held.to).iter().any(|loss| {
            let ids = [luck.0, luck.1, u64::from(loss.fault), u64::from(attempt)];
            self.draw.chance(loss.per_mille, "lose", &ids)
        })
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

    /// Removes the lost messages of a direction in which nothing else is held: turmoil walks its
    /// whole queue on every send. Only a partition removes messages from a queue; the hold that
    /// follows at once takes its place, and what was let go on the other direction is let go again.
    fn purge(&mut self, sim: &Sim<'_>, purge: &Purge) {
        let address = |host: u16| self.addresses[usize::from(host)];
        sim.partition_oneway(address(purge.from), address(purge.to));
        sim.hold(address(purge.from), address(purge.to));
        self.links[purge.link].held.retain(|held| held.from != purge.from);
        if purge.let_go.is_empty() {
            return;
        }
        sim.links(|mut links| {
            let sent = links.nth(purge.link).into_iter().flatten().enumerate();
            for (_, sent) in sent.filter(|(position, _)| purge.let_go.contains(position)) {
                sent.deliver();
            }
        });
    }

    /// How many messages were sent so far.
    pub(super) fn sent(&self) -> usize {
        self.messages.len()
    }

    /// Whether no message is under way: those that are lost do not count.
    pub(super) fn is_still(&self) -> bool {
        self.links.iter().all(|link| link.held.iter().all(|held| held.lost))
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

/// A direction of a link that is to be emptied.
struct Purge {
    link: usize,
    from: u16,
    to: u16,
    /// What is let go in the other direction: positions in the queue after the purge.
    let_go: Vec<usize>,
}

/// So many lost messages may stay while the other direction is busy.
const LOST_MAX: usize = 64;

impl Purge {
    /// The direction in which everything that is held is lost, if there is one. `let_go` are the
    /// positions of the messages that are on their way out of the queue, `kept` what stays.
    fn of(link: usize, ends: (u16, u16), kept: &[Held], let_go: &[(usize, u16)]) -> Option<Purge> {
        let lost = kept.iter().filter(|held| held.lost).count();
        if lost == 0 || (lost < LOST_MAX && !let_go.is_empty()) {
            return None;
        }
        let (a, b) = ends;
        let directions = [(a, b), (b, a)].into_iter();
        let mut emptied = directions.filter(|(from, _)| {
            let mut of = kept.iter().filter(|held| held.from == *from).peekable();
            let busy = let_go.iter().any(|(_, sender)| sender == from);
            !busy && of.peek().is_some() && of.all(|held| held.lost)
        });
        let (from, to) = emptied.next()?;
        // Where the messages of the other direction stand after the purge: less far back by the
        // lost ones before them.
        let mut places = Vec::new();
        let (mut kept, mut removed) = (kept.iter(), 0);
        let mut position = 0;
        for &(gone, _) in let_go {
            for held in kept.by_ref().take(gone - position) {
                removed += usize::from(held.from == from);
            }
            position = gone + 1;
            places.push(gone - removed);
        }
        Some(Purge { link, from, to, let_go: places })
    }
}

fn retransmit_ms(tries: u32) -> u64 {
    RETRANSMIT_MS.saturating_mul(1 << tries.min(16)).min(RETRANSMIT_MS_MAX)
}

fn parts(protocol: &Protocol) -> (Kind, &[u8]) {
    match protocol {
        Protocol::Udp(datagram) => (Kind::Datagram, &datagram.0),
        Protocol::Tcp(Segment::Syn(_)) => (Kind::Syn, &[]),
        Protocol::Tcp(Segment::Data(_, payload)) => (Kind::Data, payload),
        Protocol::Tcp(Segment::Fin(_)) => (Kind::Fin, &[]),
        Protocol::Tcp(Segment::Rst) => (Kind::Rst, &[]),
    }
}

fn printable(payload: &[u8]) -> Option<String> {
    if payload.is_empty() || payload.len() > TEXT_BYTES_MAX {
        return None;
    }
    let text = std::str::from_utf8(payload).ok()?.trim_end();
    (!text.chars().any(char::is_control)).then(|| text.to_owned())
}
