//! Randomness as a function: every number is named by (seed, domain, ids).
//!
//! There is no stream. Two draws never shift each other, so that an item which is removed from a
//! plan changes nothing but itself; a stream would change every number after it.

use std::cell::Cell;

thread_local! {
    /// How much luck this thread has given away, while it gives it in turn.
    static IN_TURN: Cell<Option<u64>> = const { Cell::new(None) };
}

/// From here on the luck of messages on this thread comes in turn, as from one stream that all
/// share, instead of from their content. For the measurement that shows what that costs.
pub(crate) fn give_luck_in_turn() {
    IN_TURN.set(Some(0));
}

/// A pseudorandom function keyed by a seed (BLAKE3 in keyed mode).
///
/// ```
/// let draw = testimony_sim::Draw::new(7);
/// assert_eq!(draw.at("think", &[3, 1]), draw.at("think", &[3, 1]));
/// assert_ne!(draw.at("think", &[3, 1]), draw.at("think", &[3, 2]));
/// assert!(draw.below(6, "die", &[0]) < 6);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draw {
    key: [u8; 32],
}

impl Draw {
    /// The function of this seed.
    pub fn new(seed: u64) -> Draw {
        Draw { key: blake3::derive_key("testimony 2026 simulation draw", &seed.to_le_bytes()) }
    }

    /// The number of these ids in this domain.
    pub fn at(&self, domain: &str, ids: &[u64]) -> u64 {
        let mut input = Input::new(&self.key);
        input.push(domain.as_bytes());
        // No domain contains a NUL, so that no two (domain, ids) are the same bytes.
        input.push(&[0]);
        for id in ids {
            input.push(&id.to_le_bytes());
        }
        input.word()
    }

    /// A number below `bound`; 0 when the bound is 0.
    pub fn below(&self, bound: u64, domain: &str, ids: &[u64]) -> u64 {
        let wide = u128::from(self.at(domain, ids)) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or_default()
    }

    /// A number from `low` to `high`, both included; `low` when they are the wrong way round.
    pub fn between(&self, low: u64, high: u64, domain: &str, ids: &[u64]) -> u64 {
        let count = high.saturating_sub(low).saturating_add(1);
        low + self.below(count, domain, ids)
    }

    /// True in so many of a thousand cases.
    pub fn chance(&self, per_mille: u32, domain: &str, ids: &[u64]) -> bool {
        self.below(1000, domain, ids) < u64::from(per_mille)
    }

    /// A hash of bytes under this key, for ids made of content.
    pub(crate) fn content(&self, parts: &[&[u8]]) -> u64 {
        if let Some(turn) = IN_TURN.get() {
            IN_TURN.set(Some(turn + 1));
            return self.at("turn", &[turn]);
        }
        let mut input = Input::new(&self.key);
        for part in parts {
            // As eight bytes on every machine.
            input.push(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            input.push(part);
        }
        input.word()
    }
}

/// So many bytes are hashed in one go: domains, ids and most messages.
const SHORT_BYTES: usize = 192;

/// What is hashed. Most of it is short, and a hasher for any length costs more than its hash.
struct Input<'a> {
    key: &'a [u8; 32],
    short: [u8; SHORT_BYTES],
    length: usize,
    /// From the first byte on, where it is too long.
    long: Option<Box<blake3::Hasher>>,
}

impl Input<'_> {
    fn new(key: &[u8; 32]) -> Input<'_> {
        Input { key, short: [0; SHORT_BYTES], length: 0, long: None }
    }

    fn push(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        if let Some(hasher) = &mut self.long {
            hasher.update(bytes);
        } else if end <= SHORT_BYTES {
            self.short[self.length..end].copy_from_slice(bytes);
            self.length = end;
        } else {
            let mut hasher = Box::new(blake3::Hasher::new_keyed(self.key));
            hasher.update(&self.short[..self.length]);
            hasher.update(bytes);
            self.long = Some(hasher);
        }
    }

    /// The first eight bytes of the hash.
    fn word(&self) -> u64 {
        let hash = match &self.long {
            Some(hasher) => hasher.finalize(),
            None => blake3::keyed_hash(self.key, &self.short[..self.length]),
        };
        let mut word = [0; 8];
        word.copy_from_slice(&hash.as_bytes()[..8]);
        u64::from_le_bytes(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_the_same_in_every_version() {
        // Plans do not depend on these numbers, but seeds do: a change here is worth a line in the
        // changelog.
        let draw = Draw::new(7);
        assert_eq!(draw.at("latency", &[1, 2]), draw.at("latency", &[1, 2]));
        assert_ne!(draw.at("latency", &[1, 2]), Draw::new(8).at("latency", &[1, 2]));
        assert_ne!(draw.at("a", &[]), draw.at("b", &[]));
    }

    #[test]
    fn long_and_short_inputs_are_hashed_alike() {
        let draw = Draw::new(7);
        for length in [0, 1, 175, 176, 177, 500, 5_000] {
            let bytes = vec![9; length];
            let mut hasher = blake3::Hasher::new_keyed(&draw.key);
            for part in [&b"n1"[..], &bytes] {
                hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
            }
            let word = hasher.finalize().as_bytes()[..8].try_into().expect("eight bytes");
            assert_eq!(draw.content(&[b"n1", &bytes]), u64::from_le_bytes(word), "{length}");
        }
    }

    #[test]
    fn bounds_hold_and_are_reached() {
        let draw = Draw::new(1);
        let seen: std::collections::BTreeSet<u64> =
            (0..200).map(|id| draw.between(3, 6, "x", &[id])).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [3, 4, 5, 6]);
        assert_eq!(draw.below(0, "x", &[]), 0);
        let hits = (0..10_000).filter(|&id| draw.chance(250, "y", &[id])).count();
        assert!((2300..2700).contains(&hits), "{hits}");
    }
}
