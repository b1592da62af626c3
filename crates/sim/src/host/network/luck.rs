//! Everything random about a message: drawn by its content.

use super::Network;
use super::held::Held;
use crate::plane::{Effect, Plane};
use testimony_history::MessageKind as Kind;

impl Network {
    /// What everything random about a message is drawn from: its content, the millisecond in which
    /// it was sent, and how often the same content went the same way within that millisecond.
    /// Counting over the whole run would tie the luck of all equal requests together: one less, and
    /// all later ones have another. Opening and closing a stream has no content of its own.
    pub(super) fn luck(
        &mut self,
        from: u16,
        to: u16,
        kind: Kind,
        payload: &[u8],
        sent_ms: u64,
    ) -> (u64, u64) {
        let (from, to) = (&self.names[usize::from(from)], &self.names[usize::from(to)]);
        let stable =
            self.stable_key.as_ref().filter(|_| !payload.is_empty()).map(|key| key(payload));
        let payload = stable.as_deref().unwrap_or(payload);
        let sent = sent_ms.to_le_bytes();
        let parts = [from.as_bytes(), to.as_bytes(), kind.name().as_bytes(), payload, &sent];
        let content = self.draw.content(&parts);
        if !matches!(kind, Kind::Udp | Kind::Data) {
            return (content, 0);
        }
        let count = self.occurrences.entry(content).or_insert(0);
        *count += 1;
        (content, *count)
    }

    /// From the least latency to the largest, short ones more often: the product of two uniform
    /// numbers, whose mean is a quarter of the range. Integers only, so that every machine agrees.
    pub(super) fn latency(&self, luck: (u64, u64)) -> u64 {
        let number = self.draw.at("latency", &[luck.0, luck.1]);
        let product = ((number >> 32) * (number & u64::from(u32::MAX))) >> 32;
        let range = self.latency_max_ms.saturating_sub(self.latency_min_ms);
        self.latency_min_ms + ((product * (range + 1)) >> 32)
    }

    /// What the faults of a pair add to the latency of a message.
    pub(super) fn delay(&self, luck: (u64, u64), plane: &Plane, from: u16, to: u16) -> u64 {
        let mut delay_ms = 0;
        for share in plane.shares(from, to) {
            let ids = [luck.0, luck.1, u64::from(share.fault)];
            match share.effect {
                Effect::Slow { per_mille, min_ms, max_ms }
                    if self.draw.chance(per_mille, "slow", &ids) =>
                {
                    delay_ms += self.draw.between(min_ms, max_ms, "slow by", &ids);
                }
                Effect::Tail { per_mille, min_ms, max_ms }
                    if self.draw.chance(per_mille, "tail", &ids) =>
                {
                    delay_ms += pareto(self.draw.at("tail by", &ids), min_ms, max_ms);
                }
                _ => {}
            }
        }
        delay_ms
    }

    /// Whether a message is lost by chance. A corrupted segment counts as lost: its checksum fails.
    pub(super) fn is_lost(
        &self,
        luck: (u64, u64),
        attempt: u32,
        plane: &Plane,
        held: &Held,
    ) -> bool {
        plane.shares(held.from, held.to).iter().any(|share| {
            let ids = [luck.0, luck.1, u64::from(share.fault), u64::from(attempt)];
            match share.effect {
                Effect::Lose { per_mille } => self.draw.chance(per_mille, "lose", &ids),
                Effect::Corrupt { per_mille } if held.kind != Kind::Udp => {
                    self.draw.chance(per_mille, "corrupt segment", &ids)
                }
                _ => false,
            }
        })
    }
}

/// A number from `min` to `max` with a heavy tail: P(x > k min) = 1/k. Integers only.
fn pareto(number: u64, min: u64, max: u64) -> u64 {
    let uniform = u128::from(number >> 32) + 1;
    let value = (u128::from(min.max(1)) << 32) / uniform;
    u64::try_from(value).unwrap_or(u64::MAX).clamp(min, max.max(min))
}
