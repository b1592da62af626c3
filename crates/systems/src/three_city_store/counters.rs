//! What each city has done, as counters that only grow: the state of `escrow` and `ap`.
//!
//! Only its own city changes a row, so that the greater number of two copies is the newer one, and
//! merging is idempotent, commutative and associative: datagrams may be lost, late or doubled.

use crate::wire::{NodeId, name_of};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// What one city has done.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct Row {
    sold: u64,
    restocked: u64,
    /// Units handed over to other cities.
    granted: BTreeMap<NodeId, u64>,
}

/// What all cities have done, as far as it is known.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Counters {
    /// Units that each city had in the beginning.
    initial: Vec<u64>,
    rows: BTreeMap<NodeId, Row>,
}

impl Counters {
    /// So many units, spread evenly over so many cities.
    pub(crate) fn new(units: u32, cities: usize) -> Counters {
        let mut initial = vec![0; cities.max(1)];
        for unit in 0..units as usize {
            let city = unit % initial.len();
            initial[city] += 1;
        }
        Counters { initial, rows: BTreeMap::new() }
    }

    /// Units in all cities together. Below zero when more were sold than were there.
    pub(crate) fn count(&self) -> i64 {
        let initial: u64 = self.initial.iter().sum();
        let restocked: u64 = self.rows.values().map(|row| row.restocked).sum();
        let sold: u64 = self.rows.values().map(|row| row.sold).sum();
        signed(initial + restocked) - signed(sold)
    }

    /// Units that a city owns: those that it alone may sell. Never more than it really owns, less
    /// as long as it has not heard of what others handed over.
    pub(crate) fn owned(&self, city: NodeId) -> i64 {
        let initial = self.initial.get(usize::from(city)).copied().unwrap_or(0);
        let received: u64 = self.rows.keys().map(|from| self.granted(*from, city)).sum();
        let (restocked, sold, given) = match self.rows.get(&city) {
            Some(row) => (row.restocked, row.sold, row.granted.values().sum::<u64>()),
            None => (0, 0, 0),
        };
        signed(initial + received + restocked) - signed(sold + given)
    }

    /// Units that one city has handed over to another since the beginning.
    pub(crate) fn granted(&self, from: NodeId, to: NodeId) -> u64 {
        self.rows.get(&from).and_then(|row| row.granted.get(&to)).copied().unwrap_or(0)
    }

    /// A city has sold units.
    pub(crate) fn sell(&mut self, city: NodeId, units: u32) {
        self.rows.entry(city).or_default().sold += u64::from(units);
    }

    /// A city was given units from outside; they are its own.
    pub(crate) fn restock(&mut self, city: NodeId, units: u32) {
        self.rows.entry(city).or_default().restocked += u64::from(units);
    }

    /// A city hands over units to another.
    pub(crate) fn grant(&mut self, from: NodeId, to: NodeId, units: u64) {
        *self.rows.entry(from).or_default().granted.entry(to).or_default() += units;
    }

    /// Takes over what another copy knows better. Answers whether it did.
    pub(crate) fn merge(&mut self, other: &Counters) -> bool {
        let mut changed = false;
        for (city, theirs) in &other.rows {
            let ours = self.rows.entry(*city).or_default();
            changed |= raise(&mut ours.sold, theirs.sold);
            changed |= raise(&mut ours.restocked, theirs.restocked);
            for (to, units) in &theirs.granted {
                changed |= raise(ours.granted.entry(*to).or_default(), *units);
            }
        }
        changed
    }
}

/// `2 there; n1 sold 2, n2 restocked 1, n2 gave 1 to n1`.
impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} there", self.count())?;
        let mut before = ";";
        for (city, row) in &self.rows {
            let city = name_of(*city);
            for (what, units) in [("sold", row.sold), ("restocked", row.restocked)] {
                if units > 0 {
                    write!(f, "{before} {city} {what} {units}")?;
                    before = ",";
                }
            }
            for (to, units) in row.granted.iter().filter(|(_, units)| **units > 0) {
                write!(f, "{before} {city} gave {units} to {}", name_of(*to))?;
                before = ",";
            }
        }
        Ok(())
    }
}

fn raise(number: &mut u64, other: u64) -> bool {
    let lower = *number < other;
    *number = (*number).max(other);
    lower
}

/// A shop does not count beyond 2^63 units.
fn signed(units: u64) -> i64 {
    i64::try_from(units).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::Counters;

    #[test]
    fn units_are_spread_over_the_cities() {
        let counters = Counters::new(4, 3);
        assert_eq!([0, 1, 2].map(|city| counters.owned(city)), [2, 1, 1]);
        assert_eq!(counters.count(), 4);
    }

    #[test]
    fn merging_is_idempotent_and_does_not_mind_the_order() {
        let mut one = Counters::new(3, 3);
        one.sell(0, 1);
        one.grant(0, 1, 2);
        let mut other = Counters::new(3, 3);
        other.restock(1, 5);
        let mut there = one.clone();
        assert!(there.merge(&other));
        assert!(!there.merge(&other));
        assert!(!there.merge(&one));
        let mut back = other.clone();
        back.merge(&one);
        assert_eq!(there, back);
        assert_eq!(there.count(), 3 - 1 + 5);
        assert_eq!(there.to_string(), "7 there; n1 sold 1, n1 gave 2 to n2, n2 restocked 5");
    }

    #[test]
    fn an_old_copy_changes_nothing() {
        let mut counters = Counters::new(3, 3);
        let old = counters.clone();
        counters.sell(2, 1);
        assert!(!counters.merge(&old));
        assert_eq!(counters.count(), 2);
    }
}
