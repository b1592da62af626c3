//! The configurations that were met, and only the best of each kind.
//!
//! A configuration is a level (returns passed), a state, what became of the pending operations, and
//! the uses of optional operations. A pending operation still *owes* its effect, or is *spent*
//! (placed, and cannot be placed again), or neither: an observation that has had its answer; an
//! overwrite that may count as done, because another one came after its call, and that may still be
//! placed. (Both at once: it must be placed, because that was the reason to place something else.) Of
//! two configurations of one level and state, the one that owes less, has spent less and
//! has used less can do whatever the other can (*dominance*): the other need not be looked at. So
//! for each key an antichain is kept.
//!
//! Where an operation that is not an overwrite changes the state, whether it is spent is part of the
//! key: spent in one and owed in the other, such configurations never compare.

use super::uses::{Used, Uses};
use crate::budget::{Meter, Spent, reserve};
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// What became of the pending operations: for each word of slots what they owe, then for each what
/// they have spent.
#[derive(Clone, Default, Debug)]
pub(super) struct Masks(pub(super) Vec<u64>);

impl Masks {
    pub(super) fn clear(&mut self, words: usize) {
        self.0.clear();
        self.0.resize(2 * words, 0);
    }

    /// How many words each of the two has.
    pub(super) fn words(&self) -> usize {
        self.0.len() / 2
    }

    #[inline]
    pub(super) fn owes(&self, slot: u32) -> bool {
        self.0[slot as usize / 64] & (1 << (slot % 64)) != 0
    }

    #[inline]
    pub(super) fn owed(&self, word: usize) -> u64 {
        self.0[word]
    }

    #[inline]
    pub(super) fn spent(&self, word: usize) -> u64 {
        self.0[self.words() + word]
    }

    /// A slot is taken by an operation that was just called.
    pub(super) fn enter(&mut self, slot: u32) {
        self.0[slot as usize / 64] |= 1 << (slot % 64);
    }

    /// Whether it was placed, or must be.
    #[inline]
    pub(super) fn is_spent(&self, slot: u32) -> bool {
        self.0[self.words() + slot as usize / 64] & (1 << (slot % 64)) != 0
    }

    /// What these slots of a word owe is settled, except where they are reserved.
    #[inline]
    pub(super) fn settle(&mut self, word: usize, slots: u64) {
        self.0[word] &= !(slots & !self.spent(word));
    }

    /// The operation in a slot must be placed, whatever would settle it: it owes and is spent.
    pub(super) fn reserve(&mut self, slot: u32) {
        let (word, words) = (slot as usize / 64, self.words());
        self.0[word] |= 1 << (slot % 64);
        self.0[words + word] |= 1 << (slot % 64);
    }

    /// The operation in a slot is placed.
    pub(super) fn spend(&mut self, slot: u32) {
        let (word, words) = (slot as usize / 64, self.words());
        self.0[word] &= !(1 << (slot % 64));
        self.0[words + word] |= 1 << (slot % 64);
    }

    /// The operation in a slot has returned.
    pub(super) fn leave(&mut self, slot: u32) {
        let (word, words) = (slot as usize / 64, self.words());
        self.0[words + word] &= !(1 << (slot % 64));
    }

    /// How many slots owe, and how many are spent.
    pub(super) fn counts(&self) -> (u32, u32) {
        let ones = |words: &[u64]| words.iter().map(|word| word.count_ones()).sum();
        let (owed, spent) = self.0.split_at(self.words());
        (ones(owed), ones(spent))
    }
}

/// A configuration that was met, by number.
pub(super) type Met = u32;

/// A table from (level, state, exact operations that are spent) to an antichain: open addressing
/// over lists, so that its bytes are known before it grows.
#[derive(Default)]
pub(super) struct Visited {
    /// Words of both masks together.
    stride: usize,
    slots: Vec<u32>,
    entries: Vec<Entry>,
    /// Every configuration that was ever noted, and the masks of each.
    all: Vec<Link>,
    masks: Vec<u64>,
    /// How many were noted and forgotten.
    forgotten: usize,
}

#[derive(Clone, Copy)]
struct Entry {
    level: u32,
    state: u32,
    /// The first of its antichain; all have the key of the entry.
    least: Met,
    /// Any configuration with its key.
    like: Met,
    hash: u32,
}

/// A configuration, a member of an antichain until another one dominates it.
#[derive(Clone, Copy)]
struct Link {
    used: Used,
    next: Met,
    least: bool,
}

const NONE: u32 = u32::MAX;
const SLOTS_MIN: usize = 256;

/// A configuration, as far as it is a key: level, state, slots of exact operations.
pub(super) type Key<'k> = (u32, u32, &'k [u64]);

impl Visited {
    /// Forgets everything; masks have so many words from now on.
    pub(super) fn clear(&mut self, stride: usize, meter: &mut Meter) -> Result<(), Spent> {
        self.stride = stride;
        self.slots.clear();
        reserve(&mut self.slots, SLOTS_MIN, meter)?;
        self.slots.resize(SLOTS_MIN, NONE);
        self.forgotten = 0;
        self.entries.clear();
        self.masks.clear();
        self.all.clear();
        Ok(())
    }

    /// Forgets every configuration, and keeps the room for others.
    pub(super) fn forget(&mut self) {
        self.forgotten += self.all.len();
        self.slots.fill(NONE);
        self.entries.clear();
        self.masks.clear();
        self.all.clear();
    }

    /// How many configurations were noted, those included that were forgotten.
    pub(super) fn len(&self) -> usize {
        self.forgotten + self.all.len()
    }

    /// How many of them are not forgotten.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.all.len()
    }

    /// The masks of a configuration.
    #[inline]
    pub(super) fn masks(&self, met: Met) -> &[u64] {
        &self.masks[met as usize * self.stride..][..self.stride]
    }

    /// The uses of a configuration.
    pub(super) fn used(&self, met: Met) -> Used {
        self.all[met as usize].used
    }

    /// Whether nothing that was noted since dominates it.
    pub(super) fn is_least(&self, met: Met) -> bool {
        self.all[met as usize].least
    }

    /// The place of the entry of a key, or where it would be.
    fn find(&self, hash: u32, (level, state, exact): Key<'_>, masks: &[u64]) -> usize {
        let mut at = hash as usize & (self.slots.len() - 1);
        while let Some(entry) = self.entries.get(self.slots[at] as usize) {
            if (entry.hash, entry.level, entry.state) == (hash, level, state) {
                let like = self.masks(entry.like);
                if spent(like, exact).eq(spent(masks, exact)) {
                    return at;
                }
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        at
    }

    /// Notes a configuration; `None` when one that can do as much was met before.
    pub(super) fn insert(
        &mut self,
        key: Key<'_>,
        masks: &Masks,
        used: Used,
        uses: &Uses,
        meter: &mut Meter,
    ) -> Result<Option<Met>, Spent> {
        let hash = hash(key, &masks.0);
        let met = u32::try_from(self.all.len()).map_err(|_| Spent::Budget)?;
        let mut at = self.find(hash, key, &masks.0);
        if self.slots[at] != NONE {
            let entry = self.slots[at] as usize;
            let Some(next) = self.lower(entry, &masks.0, used, uses, meter)? else {
                return Ok(None);
            };
            self.add(Link { used, next, least: true }, masks, meter)?;
            self.entries[entry].least = met;
            return Ok(Some(met));
        }
        if (self.entries.len() + 1) * 2 > self.slots.len() {
            self.rehash(meter)?;
            at = self.find(hash, key, &masks.0);
        }
        reserve(&mut self.entries, 1, meter)?;
        self.slots[at] = u32::try_from(self.entries.len()).map_err(|_| Spent::Budget)?;
        self.entries.push(Entry { level: key.0, state: key.1, least: met, like: met, hash });
        self.add(Link { used, next: NONE, least: true }, masks, meter)?;
        Ok(Some(met))
    }

    fn add(&mut self, link: Link, masks: &Masks, meter: &mut Meter) -> Result<(), Spent> {
        reserve(&mut self.all, 1, meter)?;
        self.all.push(link);
        reserve(&mut self.masks, self.stride, meter)?;
        self.masks.extend_from_slice(&masks.0);
        Ok(())
    }

    /// Takes out of an antichain what this one dominates, and gives what is left; `None` when it is
    /// dominated itself.
    fn lower(
        &mut self,
        entry: usize,
        masks: &[u64],
        used: Used,
        uses: &Uses,
        meter: &mut Meter,
    ) -> Result<Option<Met>, Spent> {
        let mut length = 0;
        let mut at = self.entries[entry].least;
        while at != NONE {
            let link = self.all[at as usize];
            length += 1;
            if within(self.masks(at), masks) && uses.within(link.used, used) {
                meter.step(length / 8)?;
                return Ok(None);
            }
            at = link.next;
        }
        meter.step(length / 4)?;
        let mut kept = NONE;
        let mut at = self.entries[entry].least;
        while at != NONE {
            let link = self.all[at as usize];
            let dominated = within(masks, self.masks(at)) && uses.within(used, link.used);
            if dominated {
                self.all[at as usize].least = false;
            } else {
                self.all[at as usize].next = kept;
                kept = at;
            }
            at = link.next;
        }
        Ok(Some(kept))
    }

    fn rehash(&mut self, meter: &mut Meter) -> Result<(), Spent> {
        let wanted = self.slots.len() * 2;
        self.slots.clear();
        reserve(&mut self.slots, wanted, meter)?;
        self.slots.resize(wanted, NONE);
        for (entry, index) in self.entries.iter().zip(0..) {
            let mut at = entry.hash as usize & (wanted - 1);
            while self.slots[at] != NONE {
                at = (at + 1) & (wanted - 1);
            }
            self.slots[at] = index;
        }
        Ok(())
    }
}

/// The exact slots that are spent, word by word.
fn spent<'m>(masks: &'m [u64], exact: &'m [u64]) -> impl Iterator<Item = u64> + 'm {
    masks[exact.len()..].iter().zip(exact).map(|(spent, exact)| spent & exact)
}

/// Whether `few` owe no more and have spent no more than `many`.
fn within(few: &[u64], many: &[u64]) -> bool {
    few.iter().zip(many).all(|(few, many)| few & !many == 0)
}

#[expect(clippy::cast_possible_truncation, reason = "a hash: any bits will do")]
fn hash((level, state, exact): Key<'_>, masks: &[u64]) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write_u64(u64::from(level) << 32 | u64::from(state));
    spent(masks, exact).for_each(|word| hasher.write_u64(word));
    let hash = hasher.finish();
    (hash ^ (hash >> 32)) as u32
}
