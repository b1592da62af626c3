//! Everything random about a message: drawn by its content.

use super::Network;
use super::held::{Held, Kind};
use crate::plane::Plane;

impl Network {
    /// What everything random about a message is drawn from: its content, and how often the same
    /// content went the same way before. Opening and closing a stream has no content of its own;
    /// counting it would tie its luck to streams that have nothing to do with it.
    pub(super) fn luck(&mut self, from: u16, to: u16, kind: Kind, payload: &[u8]) -> (u64, u64) {
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
    pub(super) fn latency(&self, luck: (u64, u64)) -> u64 {
        let number = self.draw.at("latency", &[luck.0, luck.1]);
        let product = ((number >> 32) * (number & u64::from(u32::MAX))) >> 32;
        let range = self.latency_max_ms.saturating_sub(self.latency_min_ms);
        self.latency_min_ms + ((product * (range + 1)) >> 32)
    }

    pub(super) fn is_lost(
        &self,
        luck: (u64, u64),
        attempt: u32,
        plane: &Plane,
        held: &Held,
    ) -> bool {
        plane.losses(held.from, held.to).iter().any(|loss| {
            let ids = [luck.0, luck.1, u64::from(loss.fault), u64::from(attempt)];
            self.draw.chance(loss.per_mille, "lose", &ids)
        })
    }
}
