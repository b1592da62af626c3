//! Datagrams that travel beside the simulator's: copies, and those with flipped bits.

use super::Network;
use super::decide::waits;
use super::held::Held;
use super::note::Luck;
use crate::plane::{Effect, Plane};
use std::net::SocketAddr;
use testimony_history::{Fate, Loss, MessageKind as Kind};
use testimony_net::wire;

/// At most so many bits of a datagram are flipped.
const FLIPS_MAX: u64 = 3;

/// A datagram under way to the queue of a socket.
pub(super) struct Flight {
    /// Its number in the journal.
    id: u32,
    from: u16,
    to: u16,
    sockets: (SocketAddr, SocketAddr),
    payload: Vec<u8>,
    due_ms: u64,
    /// What it becomes when it arrives.
    fate: Fate,
}

impl Network {
    /// Sends copies after a datagram, one for each fault that doubles it.
    pub(super) fn duplicate(&mut self, held: &Held, luck: Luck, payload: &[u8], plane: &Plane) {
        for share in plane.shares(held.from, held.to) {
            let Effect::Duplicate { per_mille, min_ms, max_ms } = share.effect else { continue };
            let ids = [luck.0, luck.1, u64::from(share.fault)];
            if !self.draw.chance(per_mille, "duplicate", &ids) {
                continue;
            }
            let due_ms = held.due_ms + self.draw.between(min_ms, max_ms, "duplicate after", &ids);
            let sent_ms = self.sent_ms(held.id);
            let id = self.enter(held.from, held.to, held.sockets, Kind::Udp, payload, sent_ms);
            if let Some(copy) = self.messages.last_mut() {
                copy.copy_of = Some(held.id);
            }
            self.copies.push(Flight {
                id,
                from: held.from,
                to: held.to,
                sockets: held.sockets,
                payload: payload.to_vec(),
                due_ms,
                fate: Fate::Duplicated,
            });
        }
    }

    /// Sends a datagram with flipped bits instead of the one on hold.
    pub(super) fn corrupt(&mut self, held: &mut Held, luck: Luck, payload: &[u8], plane: &Plane) {
        let shares = plane.shares(held.from, held.to);
        if !shares.iter().any(|share| matches!(share.effect, Effect::Corrupt { .. })) {
            return;
        }
        let bits = u64::try_from(payload.len()).unwrap_or(0).saturating_mul(8);
        let mut flipped = payload.to_vec();
        for share in shares {
            let Effect::Corrupt { per_mille } = share.effect else { continue };
            let ids = [luck.0, luck.1, u64::from(share.fault)];
            if bits == 0 || !self.draw.chance(per_mille, "corrupt", &ids) {
                continue;
            }
            let flips = self.draw.between(1, FLIPS_MAX, "flips", &ids);
            for flip in 0..flips {
                let bit = self.draw.below(bits, "flip", &[ids[0], ids[1], ids[2], flip]);
                let byte = usize::try_from(bit / 8).unwrap_or(0);
                flipped[byte] ^= 1 << (bit % 8);
            }
        }
        if flipped == payload {
            return;
        }
        // The one on hold never arrives; the journal keeps its line for the one that does.
        held.lost = true;
        self.copies.push(Flight {
            id: held.id,
            from: held.from,
            to: held.to,
            sockets: held.sockets,
            payload: flipped,
            due_ms: held.due_ms,
            fate: Fate::Corrupted,
        });
    }

    fn sent_ms(&self, id: u32) -> u64 {
        let message = usize::try_from(id).ok().and_then(|at| self.messages.get(at));
        message.map_or(0, |message| message.sent_ns / 1_000_000)
    }

    /// Lets the copies arrive whose time has come.
    pub(super) fn deliver_copies(&mut self, plane: &Plane, now_ms: u64) {
        if self.copies.is_empty() {
            return;
        }
        for flight in std::mem::take(&mut self.copies) {
            let Flight { id, from, to, .. } = flight;
            if flight.due_ms > now_ms || waits(plane, from, to) {
                self.copies.push(flight);
                continue;
            }
            let (source, target) = flight.sockets;
            let lost = if plane.is_cut(from, to) {
                Some(Loss::Cut)
            } else if plane.is_stopped(to) {
                Some(Loss::Down)
            } else {
                // A socket that is closed takes nothing.
                let arrives = wire::inject(to, target.port(), source, flight.payload);
                (!arrives).then_some(Loss::Closed)
            };
            self.end((id, to), flight.fate, lost, now_ms);
        }
    }
}
