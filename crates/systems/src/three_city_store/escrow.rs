//! `escrow`: a city sells only the units it owns.

use super::counters::Counters;
use super::ledger::{Ledger, Sale};
use crate::wire::NodeId;

/// The books of a city that owns some of the units.
pub(crate) struct Escrow {
    city: NodeId,
    counters: Counters,
}

impl Escrow {
    /// The books of a city before anything happened.
    pub(crate) fn new(city: NodeId, counters: Counters) -> Escrow {
        Escrow { city, counters }
    }

    fn owned(&self) -> u64 {
        u64::try_from(self.counters.owned(self.city)).unwrap_or(0)
    }
}

impl Ledger for Escrow {
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
        let owned = self.owned();
        if owned >= u64::from(units) {
            self.counters.sell(self.city, units);
            return Sale::Sold;
        }
        // Owned is less than units, which fit in 32 bits.
        Sale::Lacking(units - u32::try_from(owned).unwrap_or(0))
    }

    fn restock(&mut self, units: u32, _now_ns: u64) {
        self.counters.restock(self.city, units);
    }

    /// What was handed over is itself a counter that only grows, so that a doubled or late message
    /// hands over nothing twice. A city that has not yet heard of the last units it was given does
    /// not know what it lacks: it is told of them again, and gets no more.
    fn hand_over(&mut self, to: NodeId, lacking: u32, its_state: &Counters) -> bool {
        let unheard = its_state.granted(self.city, to) != self.counters.granted(self.city, to);
        let units = self.owned().min(u64::from(lacking));
        if unheard || units == 0 || to == self.city {
            return false;
        }
        self.counters.grant(self.city, to, units);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::counters::Counters;
    use super::super::ledger::{Ledger, Sale};
    use super::Escrow;
    use testimony::sim::Draw;

    fn cities(units: u32) -> Vec<Escrow> {
        (0..3).map(|city| Escrow::new(city, Counters::new(units, 3))).collect()
    }

    #[test]
    fn a_city_sells_its_own_and_then_borrows() {
        let mut cities = cities(3);
        assert_eq!(cities[0].sell(1, 0), Sale::Sold);
        assert_eq!(cities[0].sell(1, 0), Sale::Lacking(1));
        let asking = cities[0].state().clone();
        cities[1].merge(&asking);
        assert!(cities[1].hand_over(0, 1, &asking));
        let giving = cities[1].state().clone();
        cities[0].merge(&giving);
        assert_eq!(cities[0].sell(1, 0), Sale::Sold);
        assert_eq!(cities[1].sell(1, 0), Sale::Lacking(1), "it gave its only unit away");
        assert_eq!(cities[0].count(), 1);
    }

    #[test]
    fn the_same_request_hands_over_once() {
        let mut cities = cities(9);
        let asking = cities[0].state().clone();
        assert!(cities[1].hand_over(0, 2, &asking));
        assert!(!cities[1].hand_over(0, 2, &asking), "the request came twice");
        let giving = cities[1].state().clone();
        for _ in 0..2 {
            cities[0].merge(&giving);
        }
        assert_eq!(cities[0].counters.owned(0), 5);
        assert_eq!(cities[1].counters.owned(1), 1);
    }

    /// Whatever is sent, lost, doubled or late, the cities never sell more than there is, and they
    /// agree once they have heard of everything.
    #[test]
    fn no_schedule_oversells() {
        for seed in 0..200 {
            let draw = Draw::new(seed);
            let mut cities = cities(3);
            let (mut sold, mut restocked) = (0, 0);
            let mut sent: Vec<(u16, u32, Counters)> = Vec::new();
            for step in 0..200 {
                let below = |bound, what| draw.below(bound, what, &[step]);
                let city = usize::try_from(below(3, "city")).unwrap();
                let units = u32::try_from(below(2, "units")).unwrap() + 1;
                match below(10, "kind") {
                    0..=2 => {
                        let sale = cities[city].sell(units, 0);
                        sold += i64::from(units) * i64::from(sale == Sale::Sold);
                    }
                    3 => {
                        cities[city].restock(1, 0);
                        restocked += 1;
                    }
                    4..=5 => {
                        let state = cities[city].state().clone();
                        sent.push((u16::try_from(city).unwrap(), units, state));
                    }
                    _ if !sent.is_empty() => {
                        let at = below(u64::try_from(sent.len()).unwrap(), "at");
                        let (from, lacking, state) = sent[usize::try_from(at).unwrap()].clone();
                        cities[city].merge(&state);
                        cities[city].hand_over(from, lacking, &state);
                    }
                    _ => {}
                }
                assert!(sold <= 3 + restocked, "seed {seed}: oversold");
            }
            let states: Vec<Counters> = cities.iter().map(|city| city.state().clone()).collect();
            for city in &mut cities {
                states.iter().for_each(|state| {
                    city.merge(state);
                });
                assert_eq!(city.count(), 3 + restocked - sold, "seed {seed}");
            }
        }
    }
}
