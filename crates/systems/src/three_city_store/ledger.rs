//! How a city keeps its books when it decides by itself: what `escrow`, `ap` and `lww` differ in.

use crate::wire::NodeId;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The books of one city. Pure: the city around it owns disk, clock and network.
pub(crate) trait Ledger: 'static {
    /// What cities tell each other, and what a city keeps on its disk.
    type State: Serialize + DeserializeOwned + Clone + 'static;

    /// The state to keep and to tell.
    fn state(&self) -> &Self::State;

    /// Begins with a kept state.
    fn restore(&mut self, state: Self::State);

    /// Takes notice of another city's state. Answers whether that changed anything.
    fn merge(&mut self, state: &Self::State) -> bool;

    /// A state in words, for the message journal.
    fn describe(state: &Self::State) -> String;

    /// Units that it believes are there.
    fn count(&self) -> i64;

    /// Sells units if it may; the wall clock says when.
    fn sell(&mut self, units: u32, now_ns: u64) -> Sale;

    /// Puts units on the shelf.
    fn restock(&mut self, units: u32, now_ns: u64);

    /// Hands over units to another city that lacks some and whose state was just merged. Answers
    /// whether it did.
    fn hand_over(&mut self, _to: NodeId, _lacking: u32, _its_state: &Self::State) -> bool {
        false
    }
}

/// What came of an attempt to sell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sale {
    /// Sold.
    Sold,
    /// Not sold: so many units are lacking. Other cities may have them.
    Lacking(u32),
    /// Not sold, and nobody can help.
    SoldOut,
}
