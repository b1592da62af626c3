//! Invariants: properties weaker than an order of everything, counted over the whole history.
//!
//! A store that stays available during a partition cannot be linearizable, but it may still promise
//! that nothing is sold twice ([`NoOversell`]), that nothing is lost ([`StockConservation`]) and
//! that everybody agrees in the end ([`Convergence`]).
//!
//! All of them take what nobody knows in favour of the store: an operation without an answer may
//! have happened, at any time, or never, whichever excuses more. A failed one certainly did not.
//! So an anomaly is never a false alarm, and its core stands by itself: the operations that it
//! requires break the invariant whatever became of all others.
//!
//! `docs/invariants.md` lists them all, with definitions and sources.

mod bank;
mod conservation;
mod convergence;
mod double_sale;
mod effects;
mod elements;
mod locks;
mod oversell;
mod parts;
mod registers;
pub(crate) mod scene;
mod set_full;
mod staleness;
#[cfg(test)]
mod tests;
mod total_queue;
mod unexpected;
mod unique_ids;
mod versions;

pub use bank::{BankTotal, NoNegativeBalance};
pub use conservation::StockConservation;
pub use convergence::Convergence;
pub use double_sale::NoDoubleSale;
pub use effects::ExactlyOnce;
pub use locks::{Fencing, MutualExclusion};
pub use oversell::NoOversell;
pub use set_full::{NoStaleElements, SetFull, SetSummary};
pub use staleness::BoundedStaleness;
pub use testimony_model::Readings;
pub use total_queue::TotalQueue;
pub use unexpected::NoUnexpectedElements;
pub use unique_ids::IdsAreUnique;
pub use versions::MonotonicVersions;

use testimony_history::Operation;
use testimony_model::{Model, Stock, StockOp, StockRet};

/// An operation of a model.
type OperationOf<M> = Operation<<M as Model>::Op, <M as Model>::Ret>;

type StockOperation = OperationOf<Stock>;

/// The units that an operation certainly sold.
fn sold(operation: &StockOperation) -> i64 {
    match (operation.op, operation.outcome.answer()) {
        (StockOp::Buy(units), Some(StockRet::Sold | StockRet::Left(_))) => i64::from(units),
        _ => 0,
    }
}

/// How many a sale said it left.
fn left(operation: &StockOperation) -> Option<i64> {
    match (operation.op, operation.outcome.answer()) {
        (StockOp::Buy(_), Some(StockRet::Left(left))) => Some(*left),
        _ => None,
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

/// `1 unit was`, `2 units were`.
fn units_were(count: i64) -> String {
    format!("{} {}", units(count), were(count))
}

/// `was` or `were`, by how many.
fn were(count: i64) -> &'static str {
    if count == 1 { "was" } else { "were" }
}
