//! Moments by number, and sets of them that answer which is next.

/// Moments at which something can happen, rising, each once.
pub(super) struct Moments(Vec<u32>);

impl Moments {
    pub(super) fn new(mut moments: Vec<u32>) -> Moments {
        moments.sort_unstable();
        moments.dedup();
        Moments(moments)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The moment with this number.
    pub(super) fn at(&self, number: usize) -> u32 {
        self.0[number]
    }

    /// The number of the first moment that is not before this one.
    pub(super) fn from(&self, moment: u32) -> usize {
        self.0.partition_point(|&other| other < moment)
    }

    /// How many moments are not after this one.
    pub(super) fn until(&self, moment: u32) -> usize {
        self.0.partition_point(|&other| other <= moment)
    }
}

/// A set of small numbers as a tree of words, 64 to each: neighbours in O(log n), base 64.
pub(super) struct NumberSet {
    /// The bits, then a bit for each word that is not zero, and so on.
    levels: Vec<Vec<u64>>,
}

impl NumberSet {
    /// Numbers below `len`: none of them, or all.
    pub(super) fn new(len: usize, full: bool) -> NumberSet {
        let mut levels = Vec::new();
        let mut bits = len.max(1);
        loop {
            let words = bits.div_ceil(64);
            let mut level = vec![if full { u64::MAX } else { 0 }; words];
            if full && !bits.is_multiple_of(64) {
                level[words - 1] = (1 << (bits % 64)) - 1;
            }
            levels.push(level);
            if words == 1 {
                return NumberSet { levels };
            }
            bits = words;
        }
    }

    pub(super) fn insert(&mut self, mut number: usize) {
        for level in &mut self.levels {
            let word = &mut level[number / 64];
            let known = *word != 0;
            *word |= 1 << (number % 64);
            if known {
                return;
            }
            number /= 64;
        }
    }

    pub(super) fn remove(&mut self, mut number: usize) {
        for level in &mut self.levels {
            let word = &mut level[number / 64];
            *word &= !(1 << (number % 64));
            if *word != 0 {
                return;
            }
            number /= 64;
        }
    }

    /// The least number in it that is at least this one.
    pub(super) fn next(&self, from: usize) -> Option<usize> {
        let mut at = from;
        for (height, level) in self.levels.iter().enumerate() {
            let (word, bit) = (at / 64, at % 64);
            let found = level.get(word)? & (u64::MAX << bit);
            if found != 0 {
                return Some(self.down(height, word * 64 + found.trailing_zeros() as usize, true));
            }
            at = word + 1;
        }
        None
    }

    /// The greatest number in it that is at most this one.
    pub(super) fn last(&self, to: usize) -> Option<usize> {
        let mut at = to;
        for (height, level) in self.levels.iter().enumerate() {
            let (word, bit) = (at / 64, at % 64);
            let found = level.get(word)? & (u64::MAX >> (63 - bit));
            if found != 0 {
                let bit = 63 - found.leading_zeros() as usize;
                return Some(self.down(height, word * 64 + bit, false));
            }
            at = word.checked_sub(1)?;
        }
        None
    }

    /// From a bit of a level to the first or the last number below it.
    fn down(&self, height: usize, mut at: usize, first: bool) -> usize {
        for level in self.levels[..height].iter().rev() {
            let word = level[at];
            let bit = if first { word.trailing_zeros() } else { 63 - word.leading_zeros() };
            at = at * 64 + bit as usize;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn neighbours_are_those_of_a_sorted_set() {
        for full in [false, true] {
            let len = 5_000;
            let mut set = NumberSet::new(len, full);
            let mut model: BTreeSet<usize> =
                if full { (0..len).collect() } else { BTreeSet::new() };
            let mut number = 1;
            for step in 0..20_000 {
                number = number * 7_919 % 4_999;
                if (step / 3_000) % 2 == 0 {
                    set.insert(number);
                    model.insert(number);
                } else {
                    set.remove(number);
                    model.remove(&number);
                }
                let near = number * 31 % len;
                assert_eq!(set.next(near), model.range(near..).next().copied());
                assert_eq!(set.last(near), model.range(..=near).next_back().copied());
            }
        }
        assert_eq!(NumberSet::new(130, true).next(129), Some(129));
        assert_eq!(NumberSet::new(130, true).next(130), None);
    }
}
