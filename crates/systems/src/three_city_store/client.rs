//! A customer: asks the nearest city and no other, once.

use super::message::{Answer, Operation};
use crate::wire::{Lines, Reached, reach};
use std::time::Duration;
use testimony::history::Outcome;
use testimony::model::{Stock, StockOp, StockRet};
use testimony::sim::Client;

/// Longer than a city's patience, so that its answer is heard.
const PATIENCE: Duration = Duration::from_millis(1_300);

/// A customer of one city.
pub(crate) struct Customer {
    city: String,
    connection: Option<Lines>,
}

impl Customer {
    /// A customer of this city.
    pub(crate) fn new(city: String) -> Customer {
        Customer { city, connection: None }
    }
}

impl Client<Stock> for Customer {
    async fn invoke(&mut self, op: &StockOp) -> Outcome<StockRet> {
        let operation = match *op {
            StockOp::Buy(units) => Operation::Buy(units),
            StockOp::Restock(units) => Operation::Restock(units),
            StockOp::Read => Operation::Count,
        };
        let reached = reach(&mut self.connection, &self.city, &operation, PATIENCE).await;
        let why = match reached {
            Reached::Answered(Answer::Sold) => return Outcome::Ok(StockRet::Sold),
            Reached::Answered(Answer::SoldOut) => return Outcome::Ok(StockRet::SoldOut),
            Reached::Answered(Answer::Restocked) => return Outcome::Ok(StockRet::Restocked),
            Reached::Answered(Answer::Count(units)) => return Outcome::Ok(StockRet::Count(units)),
            Reached::Answered(Answer::Unavailable) => "the city reaches no majority".to_owned(),
            Reached::NotSent(why) => return Outcome::Fail(why),
            Reached::NoAnswer(why) => why,
        };
        match op {
            // A count that nobody answered observed nothing.
            StockOp::Read => Outcome::Fail(why),
            StockOp::Buy(_) | StockOp::Restock(_) => Outcome::Info(why),
        }
    }
}
