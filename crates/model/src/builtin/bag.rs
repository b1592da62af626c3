//! The contents of collections as states: cheap to copy, to compare and to hash.
//!
//! Each keeps a hash of its contents that a step changes in constant time, so that a checker can
//! look states up without walking through them.

use super::tree::Tree;
use crate::Value;
use rustc_hash::FxHasher;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A well mixed hash of a value, the same on every machine.
fn mixed(value: &Value) -> u64 {
    let mut hasher = FxHasher::default();
    match value {
        Value::Int(number) => hasher.write_u64(number.cast_unsigned()),
        Value::Text(text) => {
            hasher.write(text.as_bytes());
            hasher.write_u8(1);
        }
    }
    // The finalizer of SplitMix64 (Steele, Lea, Flood, 2014).
    let mut bits = hasher.finish().wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Values, each so many times, in no order but their own: the state of a set or a priority queue.
#[derive(Clone, Default)]
pub struct Bag {
    counts: Tree<Value, u32>,
    hash: u64,
}

impl Bag {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.counts.len() == 0
    }

    /// How many different values are in it.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether a value is in it. O(log n).
    pub fn contains(&self, value: &Value) -> bool {
        self.counts.get(value).is_some()
    }

    /// The greatest value. O(log n).
    pub fn greatest(&self) -> Option<&Value> {
        self.counts.last().map(|(value, _)| value)
    }

    /// The different values, from the least on.
    pub fn iter(&self) -> impl Iterator<Item = &Value> {
        self.counts.iter().map(|(value, _)| value)
    }

    /// Bytes that no other bag shares.
    pub(crate) fn own_bytes(&self) -> usize {
        self.counts.own_bytes()
    }

    /// With the value once more. O(log n).
    pub(crate) fn with(&self, value: &Value) -> Bag {
        let count = self.counts.get(value).copied().unwrap_or(0);
        let counts = self.counts.with(value.clone(), count.saturating_add(1));
        Bag { counts, hash: self.hash.wrapping_add(mixed(value)) }
    }

    /// With the value once less. O(log n).
    pub(crate) fn without(&self, value: &Value) -> Bag {
        let counts = match self.counts.get(value) {
            None => return self.clone(),
            Some(1) => self.counts.without(value),
            Some(count) => self.counts.with(value.clone(), count - 1),
        };
        Bag { counts, hash: self.hash.wrapping_sub(mixed(value)) }
    }
}

impl PartialEq for Bag {
    fn eq(&self, other: &Bag) -> bool {
        self.hash == other.hash
            && self.counts.len() == other.counts.len()
            && (self.counts.is_same(&other.counts) || self.counts.iter().eq(other.counts.iter()))
    }
}

impl Eq for Bag {}

impl Hash for Bag {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl fmt::Debug for Bag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.counts.iter()).finish()
    }
}

/// Odd, so that it has an inverse modulo 2^64.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
/// `BASE * INVERSE = 1` modulo 2^64.
const INVERSE: u64 = inverse(BASE);

/// The inverse of an odd number modulo 2^64, by Newton's iteration.
const fn inverse(of: u64) -> u64 {
    let mut found = of;
    let mut round = 0;
    while round < 6 {
        found = found.wrapping_mul(2_u64.wrapping_sub(of.wrapping_mul(found)));
        round += 1;
    }
    found
}

/// Values in a row: the state of a queue (the front is first) or a stack (the top is last).
#[derive(Clone, Default)]
pub struct Row {
    by_place: Tree<u64, Value>,
    /// The sum of `mixed(value) * BASE^k` over the values, `k` counted from the front.
    hash: u64,
    /// `BASE^len`.
    power: Power,
}

#[derive(Clone, Copy)]
struct Power(u64);

impl Default for Power {
    fn default() -> Power {
        Power(1)
    }
}

impl Row {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.by_place.len() == 0
    }

    /// How many values are in it.
    pub fn len(&self) -> usize {
        self.by_place.len()
    }

    /// The first value. O(log n).
    pub fn front(&self) -> Option<&Value> {
        self.by_place.first().map(|(_, value)| value)
    }

    /// The last value. O(log n).
    pub fn back(&self) -> Option<&Value> {
        self.by_place.last().map(|(_, value)| value)
    }

    /// The values in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Value> {
        self.by_place.iter().map(|(_, value)| value)
    }

    /// Bytes that no other row shares.
    pub(crate) fn own_bytes(&self) -> usize {
        self.by_place.own_bytes()
    }

    /// With a value more at the end. O(log n).
    pub(crate) fn with_back(&self, value: &Value) -> Row {
        let place = self.by_place.last().map_or(0, |(place, _)| place + 1);
        let Power(power) = self.power;
        Row {
            by_place: self.by_place.with(place, value.clone()),
            hash: self.hash.wrapping_add(mixed(value).wrapping_mul(power)),
            power: Power(power.wrapping_mul(BASE)),
        }
    }

    /// Without the last value. O(log n).
    pub(crate) fn without_back(&self) -> Row {
        let Some((&place, value)) = self.by_place.last() else { return self.clone() };
        let power = self.power.0.wrapping_mul(INVERSE);
        Row {
            hash: self.hash.wrapping_sub(mixed(value).wrapping_mul(power)),
            power: Power(power),
            by_place: self.by_place.without(&place),
        }
    }

    /// Without the first value. O(log n).
    pub(crate) fn without_front(&self) -> Row {
        let Some((&place, value)) = self.by_place.first() else { return self.clone() };
        Row {
            hash: self.hash.wrapping_sub(mixed(value)).wrapping_mul(INVERSE),
            power: Power(self.power.0.wrapping_mul(INVERSE)),
            by_place: self.by_place.without(&place),
        }
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Row) -> bool {
        self.hash == other.hash
            && self.len() == other.len()
            && (self.by_place.is_same(&other.by_place) || self.iter().eq(other.iter()))
    }
}

impl Eq for Row {}

impl Hash for Row {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Values in words, a few of many.
pub(crate) fn listed<'v>(values: impl Iterator<Item = &'v Value>, len: usize) -> String {
    /// So many are shown; of more only the beginning.
    const SHOWN_MAX: usize = 12;
    let mut shown: Vec<String> = values.take(SHOWN_MAX).map(Value::to_string).collect();
    if len > SHOWN_MAX {
        shown.push(format!("... ({} more)", len - SHOWN_MAX));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_a_row_leaves_no_mark() {
        let row = |values: &[i64]| {
            values.iter().fold(Row::default(), |row, &value| row.with_back(&value.into()))
        };
        let hash = |row: &Row| row.hash;
        let (long, short) = (row(&[9, 1, 2, 3]).without_front(), row(&[1, 2, 3]));
        assert!(long == short && hash(&long) == hash(&short));
        let (back, two) = (short.without_back(), row(&[1, 2]));
        assert!(back == two && hash(&back) == hash(&two));
        assert!(row(&[1, 2]) != row(&[2, 1]));
        let emptied = two.without_front().without_back();
        assert!(emptied == Row::default() && hash(&emptied) == 0 && emptied.is_empty());
        assert!(emptied.without_back() == emptied && emptied.without_front() == emptied);
        assert_eq!(format!("{short:?}"), "[Int(1), Int(2), Int(3)]");
    }

    #[test]
    fn a_bag_counts() {
        let bag = Bag::default().with(&1.into()).with(&"1".into()).with(&1.into());
        assert!(bag.greatest() == Some(&"1".into()) && bag.len() == 2);
        assert!(bag.without(&1.into()) == Bag::default().with(&"1".into()).with(&1.into()));
        let empty = bag.without(&1.into()).without(&1.into()).without(&"1".into());
        assert!(empty == Bag::default() && empty.is_empty() && empty.without(&3.into()) == empty);
        assert_ne!(bag, bag.without(&1.into()));
    }
}
