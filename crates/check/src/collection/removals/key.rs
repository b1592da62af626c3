//! Keys of what a walk depends on: 128 bits that are changed where something changes.
//!
//! Each fact has a number of its own, and the key of a set is the exclusive or of those that hold; keys
//! of different sets and sequences are put one after the other. Two that differ have the same key by
//! accident once in 2^128 pairs; a walk compares fewer than 2^60.

use std::ops::BitXorAssign;

/// The key of a set of facts, or of a sequence.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Key([u64; 2]);

/// What the halves of a key differ by.
const SEEDS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd1b5_4a32_d192_ed03];

impl Key {
    /// The key of one fact: of which sort it is, and its numbers.
    pub(super) fn of(sort: Sort, numbers: [u64; 3]) -> Key {
        Key([1 + sort as u64; 2]).then(numbers)
    }

    /// The key of this and of another one.
    pub(super) fn with(self, Key([high, low]): Key) -> Key {
        self.then([high, low, 0])
    }

    /// The key of a sequence that goes on with these numbers.
    pub(super) fn then(self, numbers: [u64; 3]) -> Key {
        let half = |at: usize| {
            let start = mixed(self.0[at] ^ SEEDS[at]);
            numbers.iter().fold(start, |mixture, number| mixed(mixture ^ number))
        };
        Key([half(0), half(1)])
    }
}

impl BitXorAssign for Key {
    fn bitxor_assign(&mut self, Key([high, low]): Key) {
        self.0[0] ^= high;
        self.0[1] ^= low;
    }
}

/// What a fact is about.
#[derive(Clone, Copy)]
pub(super) enum Sort {
    Answered,
    Gone,
    Window,
    Spare,
    Head,
}

/// Steele, Lea and Flood, *Fast Splittable Pseudorandom Number Generators* (2014).
fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
