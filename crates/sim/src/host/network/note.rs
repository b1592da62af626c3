//! A message is seen for the first time: it goes into the journal, and its luck is drawn.

use super::Network;
use super::decide::retransmit_ms;
use super::held::{Held, hexadecimal, parts, printable};
use crate::plane::{Effect, Plane};
use std::net::SocketAddr;
use testimony_history::{Fate, Loss, Message, MessageKind as Kind};
use testimony_net::wire;
use turmoil::SentRef;

/// So often in a row a segment can be lost by chance; then it gets through.
const TRIES_LOST_MAX: u32 = 8;

/// What the draws of a message are keyed by.
pub(super) type Luck = (u64, u64);

impl Network {
    /// Takes a new message into the journal and draws when it arrives.
    pub(super) fn note(
        &mut self,
        sent: &SentRef<'_>,
        plane: &Plane,
        now_ms: u64,
        queue: &[Held],
    ) -> Held {
        let sockets = sent.pair();
        let (from, to) = (self.host(sockets.0.ip()), self.host(sockets.1.ip()));
        let (kind, payload) = parts(sent.protocol());
        // It was sent in the step before this one.
        let sent_ms = now_ms.saturating_sub(1);
        let luck = self.luck(from, to, kind, payload, sent_ms);
        let id = self.enter(from, to, sockets, kind, payload, sent_ms);
        let due_ms = sent_ms + self.latency(luck) + self.delay(luck, plane, from, to);
        self.look_for_escape(from, kind, plane);
        let mut held = Held::new(id, (from, to), kind, sockets, due_ms);
        if self.silent == Some(from) {
            self.lose(&mut held, Loss::Power, now_ms);
        } else if kind == Kind::Udp {
            self.note_datagram(&mut held, luck, payload, plane, now_ms);
        } else {
            self.note_segment(&mut held, luck, plane, queue);
        }
        if !held.lost {
            self.enqueue(&mut held, payload.len(), plane, now_ms);
        }
        held
    }

    /// A frozen host does not send. What it sent before it was frozen has been noted already: a
    /// pause begins before the messages of the step before it are.
    fn look_for_escape(&mut self, from: u16, kind: Kind, plane: &Plane) {
        let speaks = matches!(kind, Kind::Udp | Kind::Syn | Kind::Data);
        if speaks && plane.is_paused(from) && self.frozen.contains(&from) {
            self.escaped.insert(from);
        }
    }

    fn note_datagram(
        &mut self,
        held: &mut Held,
        luck: Luck,
        payload: &[u8],
        plane: &Plane,
        now_ms: u64,
    ) {
        if plane.is_cut(held.from, held.to) {
            return self.lose(held, Loss::Cut, now_ms);
        }
        if self.is_lost(luck, 0, plane, held) {
            return self.lose(held, Loss::Chance, now_ms);
        }
        self.duplicate(held, luck, payload, plane);
        self.corrupt(held, luck, payload, plane);
        for share in plane.shares(held.from, held.to) {
            let Effect::Reorder { per_mille, overtaken_by, max_ms } = share.effect else {
                continue;
            };
            let ids = [luck.0, luck.1, u64::from(share.fault)];
            if self.draw.chance(per_mille, "reorder", &ids) {
                held.overtakers = held.overtakers.max(overtaken_by);
                held.patient_ms = held.patient_ms.max(held.due_ms + max_ms);
            }
        }
    }

    fn note_segment(&mut self, held: &mut Held, luck: Luck, plane: &Plane, queue: &[Held]) {
        if held.kind == Kind::Syn {
            self.forget_stream(held.sockets);
        }
        while held.tries < TRIES_LOST_MAX && self.is_lost(luck, held.tries, plane, held) {
            held.due_ms += retransmit_ms(held.tries);
            held.tries += 1;
        }
        // A stream keeps its order: what was sent before arrives before.
        let earlier = queue.iter().filter(|other| other.sockets == held.sockets);
        held.due_ms = earlier.map(|other| other.due_ms).fold(held.due_ms, u64::max);
        if held.kind == Kind::Data && plane.has(held.from, held.to, Effect::Reset) {
            self.reset_stream(held.sockets);
        }
    }

    /// Enters a message into the journal and answers its number.
    pub(super) fn enter(
        &mut self,
        from: u16,
        to: u16,
        sockets: (SocketAddr, SocketAddr),
        kind: Kind,
        payload: &[u8],
        sent_ms: u64,
    ) -> u32 {
        let id = u32::try_from(self.messages.len()).unwrap_or(u32::MAX);
        let ports = (sockets.0.port(), sockets.1.port());
        let text = printable(payload, self.decodes);
        let hex = match text {
            None if self.decodes => hexadecimal(payload),
            _ => None,
        };
        self.messages.push(Message {
            id,
            from: self.names[usize::from(from)].clone(),
            to: self.names[usize::from(to)].clone(),
            kind,
            ports: Some(ports),
            process: self.process((from, ports.0), (to, ports.1)),
            from_life: self.lives[usize::from(from)],
            to_life: 0,
            bytes: u32::try_from(payload.len()).unwrap_or(u32::MAX),
            text,
            hex,
            copy_of: None,
            sent_ns: sent_ms * 1_000_000,
            sent_after: Some(self.after_step),
            done_ns: None,
            done_after: None,
            fate: Fate::Held,
            lost: None,
        });
        id
    }

    /// The process whose socket is at one of two ends, where one of them is on the clients' host.
    fn process(&self, from: (u16, u16), to: (u16, u16)) -> Option<u32> {
        let (host, port) = [from, to].into_iter().find(|(host, _)| Some(*host) == self.clients)?;
        wire::owner(host, port)
    }
}
