//! Invariants: properties weaker than an order of everything, counted over the whole history.
//!
//! A store that stays available during a partition cannot be linearizable, but it may still promise
//! that nothing is sold twice ([`NoOversell`]), that nothing is lost ([`StockConservation`]) and
//! that everybody agrees in the end ([`Convergence`]). All three take what nobody knows in favour of
//! the store: a restock that may have happened did, a sale that may have happened need not have.

mod conservation;
mod convergence;
mod oversell;
mod rest;
pub(crate) mod scene;
#[cfg(test)]
mod tests;

pub use conservation::StockConservation;
pub use convergence::{Convergence, Readings};
pub use oversell::NoOversell;

use crate::part::OperationOf;
use testimony_model::{Stock, StockOp, StockRet};

type StockOperation = OperationOf<Stock>;

/// The units that an operation certainly sold.
fn sold(operation: &StockOperation) -> i64 {
    match (operation.op, operation.outcome.answer()) {
        (StockOp::Buy(units), Some(StockRet::Sold)) => i64::from(units),
        _ => 0,
    }
}

/// The units of a restock, whatever came of it.
fn restocked(operation: &StockOperation) -> i64 {
    match operation.op {
        StockOp::Restock(units) => i64::from(units),
        StockOp::Buy(_) | StockOp::Read => 0,
    }
}

/// `1 unit`, `2 units`.
fn units(count: i64) -> String {
    if count == 1 { "1 unit".to_owned() } else { format!("{count} units") }
}
