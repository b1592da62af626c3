//! `lww` (M23): the count that was written last wins.

use super::ledger::{Ledger, Sale};
use crate::wire::{NodeId, name_of};
use serde::{Deserialize, Serialize};

/// A count, and when and where it was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Written {
    count: i64,
    at_ns: u64,
    city: NodeId,
}

/// The books of a city that keeps one number for all cities. When two cities have both written,
/// one number wins, and what the other city sold or restocked is forgotten. Wall clocks decide
/// which: a city whose clock is behind loses even what it wrote after all others.
pub(crate) struct LastWriter {
    city: NodeId,
    written: Written,
}

impl LastWriter {
    /// The books of a city before anything happened.
    pub(crate) fn new(city: NodeId, units: u32) -> LastWriter {
        let written = Written { count: i64::from(units), at_ns: 0, city: 0 };
        LastWriter { city, written }
    }

    fn write(&mut self, count: i64, now_ns: u64) {
        self.written = Written { count, at_ns: now_ns, city: self.city };
    }
}

impl Ledger for LastWriter {
    type State = Written;

    fn state(&self) -> &Written {
        &self.written
    }

    fn restore(&mut self, state: Written) {
        self.written = state;
    }

    fn merge(&mut self, state: &Written) -> bool {
        let later = (state.at_ns, state.city) > (self.written.at_ns, self.written.city);
        if later {
            self.written = *state;
        }
        later
    }

    fn describe(state: &Written) -> String {
        match state.at_ns {
            0 => format!("{} there, as in the beginning", state.count),
            at_ns => {
                let (city, s, ms) =
                    (name_of(state.city), at_ns / 1_000_000_000, at_ns / 1_000_000 % 1_000);
                format!("{} there, written by {city} at {s}.{ms:03} s by its clock", state.count)
            }
        }
    }

    fn count(&self) -> i64 {
        self.written.count
    }

    fn sell(&mut self, units: u32, now_ns: u64) -> Sale {
        let left = self.written.count - i64::from(units);
        if left < 0 {
            return Sale::SoldOut;
        }
        self.write(left, now_ns);
        Sale::Sold
    }

    fn restock(&mut self, units: u32, now_ns: u64) {
        self.write(self.written.count + i64::from(units), now_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::super::ledger::{Ledger, Sale};
    use super::LastWriter;

    #[test]
    fn a_sale_is_forgotten_when_another_city_wrote_later() {
        let mut first = LastWriter::new(0, 3);
        let mut second = LastWriter::new(1, 3);
        assert_eq!(first.sell(1, 1_000), Sale::Sold);
        assert_eq!(second.sell(1, 1_001), Sale::Sold);
        assert!(first.merge(second.state()));
        assert!(!second.merge(first.state()));
        assert_eq!(
            (first.count(), second.count()),
            (2, 2),
            "one unit is left, and two are counted"
        );
    }
}
