//! The numbers of one fault: every draw is keyed by its family and its number.

use crate::Draw;

/// The numbers of one fault.
pub(super) struct Dice<'a> {
    pub(super) draw: &'a Draw,
    pub(super) ids: [u64; 2],
}

impl Dice<'_> {
    pub(super) fn between(&self, low: u64, high: u64, what: &str) -> u64 {
        self.draw.between(low, high, what, &self.ids)
    }

    pub(super) fn below(&self, bound: usize, what: &str) -> usize {
        let number = self.draw.below(u64::try_from(bound).unwrap_or(0), what, &self.ids);
        usize::try_from(number).unwrap_or(0)
    }

    pub(super) fn per_mille(&self, low: u64, high: u64, what: &str) -> u32 {
        u32::try_from(self.between(low, high, what)).unwrap_or(0)
    }

    /// The names in an order of its own.
    pub(super) fn shuffled<'n>(&self, names: &'n [String]) -> Vec<&'n str> {
        let [family, episode] = self.ids;
        let mut numbered: Vec<(u64, &str)> = Vec::new();
        for (id, name) in (0..).zip(names) {
            numbered.push((self.draw.at("order", &[family, episode, id]), name));
        }
        numbered.sort_unstable();
        numbered.into_iter().map(|(_, name)| name).collect()
    }
}
