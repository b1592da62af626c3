//! What customers and cities say to each other in every variant.

use serde::{Deserialize, Serialize};

/// What a customer wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Operation {
    /// Take so many units, all or none.
    Buy(u32),
    /// Put so many units on the shelf.
    Restock(u32),
    /// How many units are there?
    Count,
}

/// What a city answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Answer {
    /// The units are the customer's.
    Sold,
    /// There were not enough.
    SoldOut,
    /// The units are on the shelf.
    Restocked,
    /// So many units are there; below zero where more were sold than were there.
    Count(i64),
    /// The city cannot tell: it did not reach enough others in time.
    Unavailable,
}
