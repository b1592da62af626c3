//! How many operations of each class of optional ones have been used, by number.
//!
//! Equal operations that may take effect or not are interchangeable, so a *class* of them is a
//! count, and which of them were used is always those called first. Few classes are in use at a
//! time, so a count is kept only where it is not zero.

use crate::budget::{Meter, Spent, reserve, reserve_entry};
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::Hasher;

/// Counts by class, by number.
pub(super) type Used = u32;

/// Nothing used.
pub(super) const NOTHING: Used = 0;

/// A class and how many of it are used.
type Count = (u32, u32);

/// Which uses are told apart. Where fewer are, more is possible, and a walk meets fewer
/// configurations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Telling {
    /// How many of each class: what is possible, and nothing else.
    Each,
    /// How many in all, at most so many: as if one could stand for any other.
    Total(u32),
    /// None: as if each could take effect any number of times once it was called.
    None,
}

/// In the place of a class: all of them.
const ALL: u32 = u32::MAX;

/// The counts that were met.
pub(super) struct Uses {
    telling: Telling,
    /// Counts rise by class within an entry; entry `u` is at `ends[u - 1]..ends[u]`.
    counts: Vec<Count>,
    ends: Vec<u32>,
    /// By hash the last entry that has it, and by entry the one before.
    heads: FxHashMap<u64, Used>,
    before: Vec<Used>,
    scratch: Vec<Count>,
}

const NONE: u32 = u32::MAX;

impl Uses {
    pub(super) fn new() -> Uses {
        Uses {
            telling: Telling::Each,
            counts: Vec::new(),
            ends: vec![0],
            heads: FxHashMap::default(),
            before: vec![NONE],
            scratch: Vec::new(),
        }
    }

    /// Forgets everything but [`NOTHING`], and from now on tells these uses apart.
    pub(super) fn clear(&mut self, telling: Telling) {
        self.telling = telling;
        self.counts.clear();
        self.ends.truncate(1);
        self.before.truncate(1);
        self.heads.clear();
    }

    #[inline]
    fn get(&self, used: Used) -> &[Count] {
        let used = used as usize;
        let from = if used == 0 { 0 } else { self.ends[used - 1] as usize };
        &self.counts[from..self.ends[used] as usize]
    }

    /// How many of a class are used, as far as that is told; more than there can be when no more of
    /// any may be.
    #[inline]
    pub(super) fn count(&self, used: Used, class: u32) -> u32 {
        match self.telling {
            Telling::Each => self.counted(used, class),
            Telling::Total(most) if self.counted(used, ALL) == most => u32::MAX,
            Telling::Total(_) | Telling::None => 0,
        }
    }

    #[inline]
    fn counted(&self, used: Used, class: u32) -> u32 {
        let counts = self.get(used);
        match counts.binary_search_by_key(&class, |count| count.0) {
            Ok(at) => counts[at].1,
            Err(_) => 0,
        }
    }

    /// The same with one more of a class.
    pub(super) fn one_more(
        &mut self,
        used: Used,
        class: u32,
        meter: &mut Meter,
    ) -> Result<Used, Spent> {
        let class = match self.telling {
            Telling::Each => class,
            Telling::Total(_) => ALL,
            Telling::None => return Ok(used),
        };
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        scratch.extend_from_slice(self.get(used));
        match scratch.binary_search_by_key(&class, |count| count.0) {
            Ok(at) => scratch[at].1 += 1,
            Err(at) => scratch.insert(at, (class, 1)),
        }
        let found = self.number(&scratch, meter);
        self.scratch = scratch;
        found
    }

    fn number(&mut self, counts: &[Count], meter: &mut Meter) -> Result<Used, Spent> {
        // Long counts cost as much as several steps.
        meter.step(counts.len() as u64 / 16)?;
        let mut hasher = FxHasher::default();
        for &(class, count) in counts {
            hasher.write_u64(u64::from(class) << 32 | u64::from(count));
        }
        let hash = hasher.finish();
        let head = self.heads.get(&hash).copied().unwrap_or(NONE);
        let mut at = head;
        while at != NONE {
            let (from, to) = (self.ends[at as usize - 1], self.ends[at as usize]);
            if self.counts[from as usize..to as usize] == *counts {
                return Ok(at);
            }
            at = self.before[at as usize];
        }
        reserve(&mut self.before, 1, meter)?;
        reserve(&mut self.ends, 1, meter)?;
        reserve(&mut self.counts, counts.len(), meter)?;
        reserve_entry(&mut self.heads, meter)?;
        let number = u32::try_from(self.ends.len()).unwrap_or(NONE);
        self.before.push(head);
        self.heads.insert(hash, number);
        self.counts.extend_from_slice(counts);
        self.ends.push(u32::try_from(self.counts.len()).map_err(|_| Spent::Budget)?);
        Ok(number)
    }

    /// Whether `few` uses no more of any class than `many`.
    #[inline]
    pub(super) fn within(&self, few: Used, many: Used) -> bool {
        if few == many || few == NOTHING {
            return true;
        }
        let (few, many) = (self.get(few), self.get(many));
        if few.len() > many.len() {
            return false;
        }
        let mut many = many.iter();
        few.iter().all(|&(class, count)| {
            many.find(|other| other.0 >= class)
                .is_some_and(|&(other, enough)| other == class && count <= enough)
        })
    }
}
