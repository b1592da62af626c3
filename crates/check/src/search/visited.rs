//! The configurations that were met, and only the least uses of each.
//!
//! A configuration is a level (returns passed), a state, the set of pending operations that are
//! already placed, and the uses of optional operations. Of two that differ only in their uses, the
//! one that used less of everything can do whatever the other can (*dominance*), so the other need
//! not be looked at: for each key an antichain of least uses is kept.

use super::uses::{Used, Uses};
use crate::budget::{Meter, Spent};
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// A table from (level, state, mask) to an antichain of uses: open addressing over entries in a
/// list, so that its bytes are known before it grows.
pub(super) struct Visited {
    /// Words of a mask.
    stride: usize,
    slots: Vec<u32>,
    entries: Vec<Entry>,
    masks: Vec<u64>,
    chains: Vec<Link>,
    accounted: usize,
}

#[derive(Clone, Copy)]
struct Entry {
    level: u32,
    state: u32,
    least: u32,
}

/// One member of an antichain.
#[derive(Clone, Copy)]
struct Link {
    used: Used,
    next: u32,
}

const NONE: u32 = u32::MAX;
const SLOTS_MIN: usize = 256;

impl Visited {
    pub(super) fn new() -> Visited {
        Visited {
            stride: 1,
            slots: vec![NONE; SLOTS_MIN],
            entries: Vec::new(),
            masks: Vec::new(),
            chains: Vec::new(),
            accounted: 0,
        }
    }

    /// Forgets everything; masks have so many words from now on.
    pub(super) fn clear(&mut self, stride: usize, meter: &mut Meter) {
        self.stride = stride;
        self.slots.truncate(SLOTS_MIN);
        self.slots.fill(NONE);
        self.entries.clear();
        self.masks.clear();
        self.chains.clear();
        meter.release(self.accounted);
        self.accounted = 0;
    }

    fn grow(&mut self, bytes: usize, meter: &mut Meter) -> Result<(), Spent> {
        meter.grow(bytes)?;
        self.accounted += bytes;
        Ok(())
    }

    fn mask(&self, entry: usize) -> &[u64] {
        &self.masks[entry * self.stride..][..self.stride]
    }

    /// Notes a configuration; `false` when one that can do as much was met before.
    pub(super) fn insert(
        &mut self,
        (level, state, mask): (u32, u32, &[u64]),
        used: Used,
        uses: &Uses,
        meter: &mut Meter,
    ) -> Result<bool, Spent> {
        let mut at = hash(level, state, mask) & (self.slots.len() - 1);
        while let Some(&entry) = self.entries.get(self.slots[at] as usize) {
            let index = self.slots[at] as usize;
            if (entry.level, entry.state) == (level, state) && self.mask(index) == mask {
                return self.lower(index, used, uses, meter);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        let bytes = size_of::<Entry>() + size_of::<Link>() + size_of_val(mask);
        // Lists double, so at the worst moment old and new are there.
        self.grow(3 * bytes, meter)?;
        self.slots[at] = u32::try_from(self.entries.len()).map_err(|_| Spent::Budget)?;
        let least = u32::try_from(self.chains.len()).map_err(|_| Spent::Budget)?;
        self.chains.push(Link { used, next: NONE });
        self.entries.push(Entry { level, state, least });
        self.masks.extend_from_slice(mask);
        if self.entries.len() * 2 > self.slots.len() {
            self.rehash(meter)?;
        }
        Ok(true)
    }

    /// Whether a configuration that was noted is still one of the least of its key.
    pub(super) fn is_least(&self, (level, state, mask): (u32, u32, &[u64]), used: Used) -> bool {
        let mut at = hash(level, state, mask) & (self.slots.len() - 1);
        while let Some(&entry) = self.entries.get(self.slots[at] as usize) {
            let index = self.slots[at] as usize;
            if (entry.level, entry.state) == (level, state) && self.mask(index) == mask {
                let mut at = entry.least;
                while let Some(link) = self.chains.get(at as usize) {
                    if link.used == used {
                        return true;
                    }
                    at = link.next;
                }
                return false;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        false
    }

    /// Adds to an antichain what is not above one of its members, and takes out what is above it.
    fn lower(
        &mut self,
        entry: usize,
        used: Used,
        uses: &Uses,
        meter: &mut Meter,
    ) -> Result<bool, Spent> {
        let mut length = 0;
        let mut at = self.entries[entry].least;
        while at != NONE {
            let link = self.chains[at as usize];
            length += 1;
            if uses.within(link.used, used) {
                meter.step(length / 8)?;
                return Ok(false);
            }
            at = link.next;
        }
        meter.step(length)?;
        self.grow(3 * size_of::<Link>(), meter)?;
        let mut kept = NONE;
        let mut at = self.entries[entry].least;
        while at != NONE {
            let link = self.chains[at as usize];
            if !uses.within(used, link.used) {
                self.chains[at as usize].next = kept;
                kept = at;
            }
            at = link.next;
        }
        let new = u32::try_from(self.chains.len()).map_err(|_| Spent::Budget)?;
        self.chains.push(Link { used, next: kept });
        self.entries[entry].least = new;
        Ok(true)
    }

    fn rehash(&mut self, meter: &mut Meter) -> Result<(), Spent> {
        let wanted = self.slots.len() * 2;
        self.grow(wanted * size_of::<u32>(), meter)?;
        self.slots.clear();
        self.slots.resize(wanted, NONE);
        for index in 0..self.entries.len() {
            let Entry { level, state, .. } = self.entries[index];
            let mut at = hash(level, state, self.mask(index)) & (wanted - 1);
            while self.slots[at] != NONE {
                at = (at + 1) & (wanted - 1);
            }
            self.slots[at] = u32::try_from(index).map_err(|_| Spent::Budget)?;
        }
        Ok(())
    }
}

/// The hash of a key as an index; the caller takes as many low bits as it needs.
#[expect(clippy::cast_possible_truncation, reason = "a hash: any bits will do")]
fn hash(level: u32, state: u32, mask: &[u64]) -> usize {
    let mut hasher = FxHasher::default();
    hasher.write_u64(u64::from(level) << 32 | u64::from(state));
    for &word in mask {
        hasher.write_u64(word);
    }
    hasher.finish() as usize
}
