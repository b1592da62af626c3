//! Whether a message is let go now.

use super::Network;
use super::held::Held;
use crate::plane::{Effect, Plane};
use testimony_history::{Fate, Loss, MessageKind as Kind};
use testimony_net::wire;

/// After so long a lost segment is sent again; the wait doubles up to the second value.
const RETRANSMIT_MS: u64 = 200;
const RETRANSMIT_MS_MAX: u64 = 800;

/// What becomes of a message whose time has come.
enum Passage {
    /// It arrives.
    Free,
    /// It waits where it is.
    Waits,
    /// It does not get through: a datagram is gone, a segment is sent again.
    Blocked(Loss),
    /// It was turned down.
    Refused,
}

impl Network {
    /// Whether a held message is let go now. A datagram that cannot arrive is gone; a segment of a
    /// stream is sent again later.
    pub(super) fn decide(&mut self, held: &mut Held, plane: &Plane, now_ms: u64) -> bool {
        if held.lost {
            return false;
        }
        if held.kind != Kind::Udp && self.is_dead(held.sockets) {
            self.lose(held, Loss::Reset, now_ms);
            return false;
        }
        if held.capped && plane.cap(held.from, held.to).is_none() {
            // The bandwidth is back: the queue empties at once.
            held.capped = false;
            held.due_ms = held.uncapped_ms;
        }
        if held.due_ms > now_ms || (held.overtakers > 0 && held.patient_ms > now_ms) {
            return false;
        }
        match self.passage(held, plane) {
            Passage::Free => {
                self.end((held.id, held.to), Fate::Delivered, None, now_ms);
                true
            }
            Passage::Waits => false,
            Passage::Blocked(why) if held.kind != Kind::Udp => {
                self.send_again(held, why, now_ms);
                false
            }
            Passage::Blocked(why) => {
                self.lose(held, why, now_ms);
                false
            }
            Passage::Refused => {
                self.lose(held, Loss::Refused, now_ms);
                false
            }
        }
    }

    fn passage(&mut self, held: &Held, plane: &Plane) -> Passage {
        let Held { from, to, kind, .. } = *held;
        if waits(plane, from, to) {
            return Passage::Waits;
        }
        if kind == Kind::Syn && plane.has(from, to, Effect::Refuse) {
            // It reaches the host, which refuses it; the SYN itself is never delivered.
            wire::refuse(from, held.sockets.0.port());
            return Passage::Refused;
        }
        // The answer to a SYN is no message of its own here, so that the SYN waits for both ways.
        let unanswered =
            kind == Kind::Syn && (plane.is_cut(to, from) || plane.has(from, to, Effect::Hang));
        if plane.is_cut(from, to) || unanswered {
            return Passage::Blocked(Loss::Cut);
        }
        if plane.is_stopped(to) {
            return Passage::Blocked(Loss::Down);
        }
        match kind {
            Kind::Udp => Passage::Free,
            _ => match self.half_open_passage(held, plane) {
                true => Passage::Free,
                false => Passage::Blocked(Loss::Reset),
            },
        }
    }

    /// A segment did not get through: it is sent again later, unless the stream has tried for too
    /// long.
    fn send_again(&mut self, held: &mut Held, why: Loss, now_ms: u64) {
        let since_ms = *held.blocked_ms.get_or_insert(now_ms);
        if now_ms >= since_ms.saturating_add(self.stream_max_ms) {
            self.reset_stream(held.sockets);
            return self.lose(held, why, now_ms);
        }
        held.due_ms = now_ms + retransmit_ms(held.tries);
        held.tries += 1;
    }

    pub(super) fn lose(&mut self, held: &mut Held, why: Loss, now_ms: u64) {
        held.lost = true;
        self.end((held.id, held.to), Fate::Lost, Some(why), now_ms);
    }
}

/// Whether messages between two hosts wait for something to end.
pub(super) fn waits(plane: &Plane, from: u16, to: u16) -> bool {
    plane.has(from, to, Effect::Jam) || plane.is_paused(to)
}

pub(super) fn retransmit_ms(tries: u32) -> u64 {
    RETRANSMIT_MS.saturating_mul(1 << tries.min(16)).min(RETRANSMIT_MS_MAX)
}
