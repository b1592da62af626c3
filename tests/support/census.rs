//! How many random histories the tests compare with the oracle, family by family.
//!
//! The tests take their counts from here, by the seed of the family: so what is added up is what is
//! judged.

use crate::random::each;

/// The families of one test file.
pub struct Census {
    /// The seed of each family.
    pub seeds: &'static [u64],
    /// Histories of each, in the tests that CI runs.
    pub full: usize,
}

/// The families of `tests/differential.rs`.
pub const DIFFERENTIAL: Census =
    Census { seeds: &[1, 2, 3, 4, 5, 6, 7, 31, 32, 33, 34, 35, 36, 37, 38, 39], full: 250_000 };

/// The families of `tests/ordered.rs`.
pub const ORDERED: Census =
    Census { seeds: &[8, 9, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40], full: 200_000 };

impl Census {
    /// How many histories of the family with this seed a test draws.
    ///
    /// # Panics
    ///
    /// The family is not listed.
    #[must_use]
    pub fn of(&self, seed: u64) -> usize {
        assert!(self.seeds.contains(&seed), "the family with the seed {seed} is not listed");
        each(self.full)
    }

    /// Histories of all families, in the tests that CI runs.
    #[must_use]
    pub const fn full(&self) -> usize {
        self.seeds.len() * self.full
    }
}
