//! `ap` (M22): a city sells what it believes is there.

use super::counters::Counters;
use super::ledger::{Ledger, Sale};
use crate::wire::NodeId;

/// The books of a city that asks nobody. The counters are those of `escrow`, and they are merged
/// without loss; but what another city sold a moment ago has not arrived yet.
pub(crate) struct Available {
    city: NodeId,
    counters: Counters,
}

impl Available {
    /// The books of a city before anything happened.
    pub(crate) fn new(city: NodeId, counters: Counters) -> Available {
        Available { city, counters }
    }
}

impl Ledger for Available {
    type State = Counters;

    fn state(&self) -> &Counters {
        &self.counters
    }

    fn restore(&mut self, state: Counters) {
        self.counters = state;
    }

    fn merge(&mut self, state: &Counters) -> bool {
        self.counters.merge(state)
    }

    fn describe(state: &Counters) -> String {
        state.to_string()
    }

    fn count(&self) -> i64 {
        self.counters.count()
    }

    fn sell(&mut self, units: u32, _now_ns: u64) -> Sale {
        if self.count() < i64::from(units) {
            return Sale::SoldOut;
        }
        self.counters.sell(self.city, units);
        Sale::Sold
    }

    fn restock(&mut self, units: u32, _now_ns: u64) {
        self.counters.restock(self.city, units);
    }
}

#[cfg(test)]
mod tests {
    use super::super::counters::Counters;
    use super::super::ledger::{Ledger, Sale};
    use super::Available;

    #[test]
    fn cities_that_have_not_met_sell_the_last_unit_twice() {
        let mut first = Available::new(0, Counters::new(1, 3));
        let mut second = Available::new(1, Counters::new(1, 3));
        assert_eq!((first.sell(1, 0), second.sell(1, 0)), (Sale::Sold, Sale::Sold));
        first.merge(second.state());
        assert_eq!(first.count(), -1);
        assert_eq!(first.sell(1, 0), Sale::SoldOut);
    }
}
