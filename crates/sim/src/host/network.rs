//! Hold and deliver: every message waits on its link until the driver lets it go.
//!
//! Latency, loss and delay of a message are drawn by its *content*: seed, sending host, receiving
//! host, kind, payload, time of sending, and how often the same payload went the same way in that
//! millisecond. Ephemeral ports
//! are left out. Removing one operation from a plan therefore leaves the luck of all other
//! messages as it was, which is what makes plans shrink.
//!
//! Turmoil's messages can only be let go or left. Copies and corrupted datagrams travel beside them
//! (`copies`); streams are reset through our own sockets (`streams`).

mod copies;
mod decide;
mod flood;
mod held;
mod luck;
mod note;
mod purge;
mod queue;
mod streams;

use crate::plane::Plane;
use crate::{CLIENTS_HOST, Config, Draw};
use copies::Flight;
use held::{Held, Link};
use purge::Purge;
use queue::Queue;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use testimony_history::{Fate, Loss, Message};
use turmoil::{LinkIter, Sim};

/// Takes out of a payload what its luck is drawn from.
pub(crate) type StableKey = Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// Every message that is under way, and the journal of all.
pub(super) struct Network {
    draw: Draw,
    stable_key: Option<StableKey>,
    latency_min_ms: u64,
    latency_max_ms: u64,
    /// After so long in vain a stream is reset.
    stream_max_ms: u64,
    names: Vec<SmolStr>,
    /// The host of all clients, where there is one.
    clients: Option<u16>,
    /// How often each host was started again.
    lives: Vec<u32>,
    /// Whether the system can decode payloads: more of them is kept then.
    decodes: bool,
    /// How many events the history had when the last step was over, and has now.
    after_step: u32,
    after_now: u32,
    addresses: Vec<IpAddr>,
    /// In the order in which turmoil lists its links.
    links: Vec<Link>,
    /// How often the same content was sent before.
    occurrences: FxHashMap<u64, u64>,
    messages: Vec<Message>,
    /// Datagrams that travel beside turmoil's.
    copies: Vec<Flight>,
    /// What waits for bandwidth, by directed pair.
    queues: BTreeMap<(u16, u16), Queue>,
    /// Streams that were reset: whatever is still under way on them is lost.
    dead: BTreeSet<(SocketAddr, SocketAddr)>,
    /// Streams whose second end has forgotten them: the end that keeps it, the one that forgot.
    half_open: BTreeSet<(SocketAddr, SocketAddr)>,
    /// A host that has just lost its power: what its sockets say while they are dropped is lost.
    silent: Option<u16>,
    /// Hosts that were frozen in the last step.
    frozen: BTreeSet<u16>,
    /// Frozen hosts that sent something all the same.
    escaped: BTreeSet<u16>,
    /// An empty list whose memory is used again.
    scratch: Vec<Held>,
    /// So many messages may be under way at once.
    held_max: usize,
    /// How many messages had been sent when the present span began.
    sent_before_span: usize,
}

impl Network {
    pub(super) fn new(
        draw: Draw,
        config: &Config,
        hosts: &[String],
        stable_key: Option<StableKey>,
    ) -> Network {
        Network {
            draw,
            stable_key,
            latency_min_ms: u64::from(config.latency_min_ms),
            latency_max_ms: u64::from(config.latency_max_ms),
            stream_max_ms: u64::from(config.stream_max_ms),
            names: hosts.iter().map(SmolStr::from).collect(),
            clients: (0..).zip(hosts).find(|(_, host)| *host == CLIENTS_HOST).map(|(at, _)| at),
            lives: vec![0; hosts.len()],
            decodes: false,
            after_step: 0,
            after_now: 0,
            addresses: Vec::new(),
            links: Vec::new(),
            occurrences: FxHashMap::default(),
            messages: Vec::new(),
            copies: Vec::new(),
            queues: BTreeMap::new(),
            dead: BTreeSet::new(),
            half_open: BTreeSet::new(),
            silent: None,
            frozen: BTreeSet::new(),
            escaped: BTreeSet::new(),
            scratch: Vec::new(),
            held_max: flood::HELD_MAX,
            sent_before_span: 0,
        }
    }

    pub(super) fn set_addresses(&mut self, addresses: Vec<IpAddr>) {
        self.addresses = addresses;
    }

    /// Whether the system can decode payloads.
    pub(super) fn set_decodes(&mut self, decodes: bool) {
        self.decodes = decodes;
    }

    /// A host starts again.
    pub(super) fn start(&mut self, host: u16) {
        if let Some(life) = self.lives.get_mut(usize::from(host)) {
            *life += 1;
        }
    }

    /// The next step begins: the history has so many events.
    pub(super) fn step_begins(&mut self, events: u32) {
        self.after_now = events;
    }

    /// A step is over: the history has so many events.
    pub(super) fn step_is_over(&mut self, events: u32) {
        self.after_step = events;
        self.after_now = events;
    }

    pub(super) fn address(&self, host: u16) -> IpAddr {
        self.addresses[usize::from(host)]
    }

    /// Takes note of what was sent in the last step and lets go what is due now.
    pub(super) fn deliver(&mut self, sim: &Sim<'_>, plane: &Plane, now_ms: u64) {
        let mut purges = Vec::new();
        sim.links(|links| {
            for (at, link) in links.enumerate() {
                self.know_link(at, &link);
                self.deliver_link(at, link, plane, now_ms, &mut purges);
            }
        });
        self.silent = None;
        for purge in purges {
            self.purge(sim, &purge);
        }
        self.deliver_copies(plane, now_ms);
        let hosts = (0..).zip(&self.names).map(|(host, _)| host);
        self.frozen = hosts.filter(|host| plane.is_paused(*host)).collect();
    }

    /// The frozen hosts that sent something since the last call.
    pub(super) fn take_escaped(&mut self) -> BTreeSet<u16> {
        std::mem::take(&mut self.escaped)
    }

    /// Takes note of what was sent in the last step, and nothing else.
    pub(super) fn observe(&mut self, sim: &Sim<'_>, plane: &Plane, now_ms: u64) {
        sim.links(|links| {
            for (at, link) in links.enumerate() {
                self.know_link(at, &link);
                let mut held = std::mem::take(&mut self.links[at].held);
                for sent in link.skip(held.len()) {
                    held.push(self.note(&sent, plane, now_ms, &held));
                }
                self.links[at].held = held;
            }
        });
    }

    /// What this host sends until the next step is lost: the last words of its sockets.
    pub(super) fn silence(&mut self, host: u16) {
        self.silent = Some(host);
    }

    fn know_link(&mut self, at: usize, link: &LinkIter<'_>) {
        if at == self.links.len() {
            let (a, b) = link.pair();
            self.links.push(Link { ends: (self.host(a), self.host(b)), held: Vec::new() });
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
        let mut link = link.peekable();
        if link.peek().is_none() {
            let held = &mut self.links[at].held;
            debug_assert!(held.is_empty(), "a held message left the queue by itself");
            return held.clear();
        }
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
                    overtake(&mut kept, &held);
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

    /// A message arrives, or is lost for this reason.
    fn end(&mut self, (id, to): (u32, u16), fate: Fate, lost: Option<Loss>, now_ms: u64) {
        let message = usize::try_from(id).ok().and_then(|at| self.messages.get_mut(at));
        if let Some(message) = message {
            message.fate = if lost.is_some() { Fate::Lost } else { fate };
            message.lost = lost;
            message.done_ns = Some(now_ms * 1_000_000);
            message.done_after = Some(self.after_now);
            message.to_life = self.lives[usize::from(to)];
        }
    }

    /// How many messages were sent so far.
    pub(super) fn sent(&self) -> usize {
        self.messages.len()
    }

    /// Whether no message is under way: those that are lost do not count.
    pub(super) fn is_still(&self) -> bool {
        self.links.iter().all(|link| link.held.iter().all(|held| held.lost))
    }

    /// Lets fewer messages be under way.
    #[cfg(test)]
    pub(super) fn set_held_max(&mut self, held_max: usize) {
        self.held_max = held_max;
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

/// Tells the earlier messages of the same direction that this one has gone before them.
fn overtake(kept: &mut [Held], gone: &Held) {
    for held in kept.iter_mut().filter(|held| held.from == gone.from && held.overtakers > 0) {
        held.overtakers -= 1;
    }
}
