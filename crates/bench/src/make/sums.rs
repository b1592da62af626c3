//! Objects that are added to: counters, stocks, fetch-and-adds. What tells of them is sums, so there
//! are no unique values; the amounts are few and different, so that many subsets of what was never
//! answered add up to the same.

use super::{HistoryOf, Service, Turn};
use crate::draw::Draw;
use testimony::history::{History, Operation, Outcome};
use testimony::model::{
    Counter, CounterOp, CounterRet, FetchAdd, FetchAddOp, Stock, StockOp, StockRet,
};

const AMOUNTS: [u32; 4] = [1, 2, 3, 5];

fn amount(draw: &mut Draw) -> u32 {
    AMOUNTS[draw.below(AMOUNTS.len())]
}

/// How far an answer that is spoilt is beyond what is possible: as much as one operation adds, so that
/// it takes few others to show it.
pub(super) const BEYOND: i64 = 5;

/// The first operation from the middle of a history on that was answered and is one of those.
pub(super) fn middle<O, R>(
    history: &History<O, R>,
    is_one: impl Fn(&Operation<O, R>) -> bool,
) -> Option<usize> {
    let from = history.operations.len() / 2;
    let late = history.operations.iter().enumerate().skip(from);
    late.filter(|(_, one)| one.is_ok() && is_one(one)).map(|(at, _)| at).next()
}

/// The last answered operation that had ended when the one at `at` was called, one of those.
pub(super) fn before<O, R>(
    history: &History<O, R>,
    at: usize,
    is_one: impl Fn(&Operation<O, R>) -> bool,
) -> Option<&Operation<O, R>> {
    let one = &history.operations[at];
    let ended = |other: &&Operation<O, R>| other.is_ok() && other.precedes(one) && is_one(other);
    history.operations[..at].iter().rev().find(ended)
}

/// The least and the most that may have been added when the operation at `at` took effect: all that
/// had ended before it counts, and of what was open or lost whatever makes the sum less or more.
/// O(n).
pub(super) fn bounds<O, R>(
    history: &History<O, R>,
    at: usize,
    adds: impl Fn(&Operation<O, R>) -> i64,
) -> (i64, i64) {
    let read = &history.operations[at];
    let may_count = |one: &&Operation<O, R>| !read.precedes(one);
    history.operations.iter().filter(may_count).fold((0, 0), |(least, most), one| {
        let adds = adds(one);
        match one.is_ok() && one.precedes(read) {
            true => (least + adds, most + adds),
            false => (least + adds.min(0), most + adds.max(0)),
        }
    })
}

/// A counter: two additions for each read.
#[derive(Default)]
pub(super) struct Sum(i64);

impl Service for Sum {
    type Model = Counter;

    fn draw(&mut self, draw: &mut Draw, _turn: Turn) -> CounterOp {
        match draw.below(3) {
            0 => CounterOp::Read,
            _ => CounterOp::Add(amount(draw).into()),
        }
    }

    fn take(&mut self, op: &CounterOp, _at: usize) -> CounterRet {
        match op {
            CounterOp::Add(amount) => {
                self.0 += amount;
                CounterRet::Added
            }
            CounterOp::Read => CounterRet::Sum(self.0),
        }
    }

    /// A read in the middle misses some of what a read before it saw. Nothing is ever taken away.
    fn spoil(&self, history: &mut HistoryOf<Counter>) -> bool {
        let is_read = |one: &Operation<_, _>| one.op == CounterOp::Read;
        let Some(read) = middle(history, is_read) else { return false };
        let earlier = before(history, read, is_read).and_then(|one| one.outcome.answer());
        let Some(CounterRet::Sum(sum)) = earlier else { return false };
        history.operations[read].outcome = Outcome::Ok(CounterRet::Sum(sum - BEYOND));
        true
    }
}

/// Of the article there are some, so that it is sold out now and then, but not all the time.
pub(super) const STOCK: Stock = Stock { initial: 100 };

/// A stock: as much is bought as is added, and one operation in three counts.
pub(super) struct Article(i64);

impl Default for Article {
    fn default() -> Article {
        Article(STOCK.initial.into())
    }
}

impl Service for Article {
    type Model = Stock;

    fn draw(&mut self, draw: &mut Draw, _turn: Turn) -> StockOp {
        match draw.below(3) {
            0 => StockOp::Read,
            1 => StockOp::Restock(amount(draw)),
            _ => StockOp::Buy(amount(draw)),
        }
    }

    fn take(&mut self, op: &StockOp, _at: usize) -> StockRet {
        match *op {
            StockOp::Read => StockRet::Count(self.0),
            StockOp::Restock(units) => {
                self.0 += i64::from(units);
                StockRet::Restocked
            }
            StockOp::Buy(units) if i64::from(units) > self.0 => StockRet::SoldOut,
            StockOp::Buy(units) => {
                self.0 -= i64::from(units);
                StockRet::Sold
            }
        }
    }

    /// A read in the middle counts a few less than there are at least.
    fn spoil(&self, history: &mut HistoryOf<Stock>) -> bool {
        let Some(read) = middle(history, |one| one.op == StockOp::Read) else { return false };
        let adds = |one: &Operation<_, _>| match (one.op, one.outcome.answer()) {
            (StockOp::Restock(units), _) => i64::from(units),
            (StockOp::Buy(units), Some(StockRet::Sold) | None) => -i64::from(units),
            _ => 0,
        };
        let least = i64::from(STOCK.initial) + bounds(history, read, adds).0;
        history.operations[read].outcome = Outcome::Ok(StockRet::Count(least - BEYOND));
        true
    }
}

/// A fetch-and-add: two additions, of which each answers what was there, for each read.
#[derive(Default)]
pub(super) struct Ticket(i64);

impl Service for Ticket {
    type Model = FetchAdd;

    fn draw(&mut self, draw: &mut Draw, _turn: Turn) -> FetchAddOp {
        match draw.below(3) {
            0 => FetchAddOp::Read,
            _ => FetchAddOp::FetchAdd(amount(draw).into()),
        }
    }

    fn take(&mut self, op: &FetchAddOp, _at: usize) -> i64 {
        let old = self.0;
        if let FetchAddOp::FetchAdd(amount) = op {
            self.0 += amount;
        }
        old
    }

    /// An addition in the middle answers what one before it has answered.
    fn spoil(&self, history: &mut HistoryOf<FetchAdd>) -> bool {
        let is_add = |one: &Operation<_, _>| matches!(one.op, FetchAddOp::FetchAdd(_));
        let Some(add) = middle(history, is_add) else { return false };
        let earlier = before(history, add, is_add).and_then(|one| one.outcome.answer().copied());
        let Some(answer) = earlier else { return false };
        history.operations[add].outcome = Outcome::Ok(answer);
        true
    }
}
