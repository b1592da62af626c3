//! Limited bandwidth: a queue for each directed pair, first in, first out.

use super::Network;
use super::decide::retransmit_ms;
use super::held::Held;
use crate::plane::Plane;
use testimony_history::{Loss, MessageKind as Kind};

/// What a message takes besides its payload: the headers of IP and TCP.
const HEADER_BYTES: u64 = 40;

const NS: u64 = 1_000_000_000;

/// What waits for the bandwidth of a pair.
#[derive(Clone, Copy, Default)]
pub(super) struct Queue {
    /// Everything that was sent so far has left by this time.
    free_ns: u64,
    /// The arrival of the last message: none after it arrives before it.
    last_due_ms: u64,
}

impl Network {
    /// Puts a message behind those that wait for the bandwidth of its pair.
    pub(super) fn enqueue(&mut self, held: &mut Held, bytes: usize, plane: &Plane, now_ms: u64) {
        let key = (held.from, held.to);
        let Some((rate, queue_bytes)) = plane.cap(held.from, held.to) else {
            if !self.queues.is_empty() {
                self.queues.remove(&key);
            }
            return;
        };
        let rate = u64::from(rate.max(1));
        let now_ns = now_ms * 1_000_000;
        let mut queue = self.queues.get(&key).copied().unwrap_or_default();
        let begins_ns = queue.free_ns.max(now_ns);
        let backlog = u128::from(begins_ns - now_ns) * u128::from(rate) / u128::from(NS);
        if queue_bytes > 0 && backlog >= u128::from(queue_bytes) {
            return match held.kind {
                Kind::Udp => self.lose(held, Loss::Full, now_ms),
                _ => {
                    held.due_ms = held.due_ms.max(now_ms + retransmit_ms(held.tries));
                    held.tries += 1;
                }
            };
        }
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_add(HEADER_BYTES);
        queue.free_ns = begins_ns.saturating_add(bytes.saturating_mul(NS) / rate);
        let waits_ms = (queue.free_ns - now_ns).div_ceil(1_000_000);
        held.capped = true;
        held.uncapped_ms = held.due_ms;
        held.due_ms = held.due_ms.saturating_add(waits_ms).max(queue.last_due_ms);
        queue.last_due_ms = held.due_ms;
        self.queues.insert(key, queue);
    }
}
