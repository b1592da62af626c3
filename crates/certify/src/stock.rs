//! The invariants of a stock, decided again in a few lines each.
//!
//! They follow the definitions in the registry of anomalies, not the engines: here a property is
//! counted out in the plainest way, quadratic where that is plainer.

use std::collections::BTreeSet;
use testimony_history::{History, Operation, Rank};
use testimony_model::{Stock, StockOp, StockRet};

type StockHistory = History<StockOp, StockRet>;
type StockOperation = Operation<StockOp, StockRet>;

/// How many different counts are followed before every count is held for possible.
const SUMS_MAX: usize = 10_000;

/// `no-oversell`: at no moment were more units sold than there could have been.
///
/// At every return the units sold by then are compared with the initial ones and those of every
/// restock called by then (answered or not; a failed one added nothing).
///
/// # Errors
///
/// The first moment at which more was sold. O(n²).
pub fn no_oversell(stock: &Stock, history: &StockHistory) -> Result<(), String> {
    for at in history.operations.iter().filter(|operation| sold(operation) > 0) {
        let by = at.ret;
        let sold: i64 = history.operations.iter().filter(|o| o.ret <= by).map(sold).sum();
        let called = history.operations.iter().filter(|o| o.call <= by && !o.is_fail());
        let there = i64::from(stock.initial) + called.map(restocked).sum::<i64>();
        if sold > there {
            return Err(format!(
                "{sold} units sold when {} returned, but only {there} ever",
                at.id
            ));
        }
        if matches!(at.outcome.answer(), Some(StockRet::Left(left)) if *left < 0) {
            return Err(format!("{} left less than nothing", at.id));
        }
    }
    Ok(())
}

/// `stock-conservation`: every count after everything came to rest is what was there at the
/// beginning, plus what was restocked, minus what was sold.
///
/// An operation that nobody answered and that was called before a count returned may have happened or
/// not; it may even happen between two counts, so each count is explained for itself. Counts at rest are those called after the faults had ended
/// and every answered sale and restock had returned.
///
/// # Errors
///
/// The first count that nothing explains.
pub fn conservation(stock: &Stock, history: &StockHistory) -> Result<(), String> {
    let answered = history.operations.iter().filter(|operation| operation.is_ok());
    let known: i64 = answered.map(|operation| restocked(operation) - sold(operation)).sum();
    let open = history.operations.iter().filter(|operation| operation.is_info());
    let mut open: Vec<_> = open.map(|operation| (operation.call, operation.op)).collect();
    open.sort_by_key(|&(call, _)| call);
    let mut open = open.into_iter().peekable();
    let mut counts: Vec<_> = counts_at_rest(history).collect();
    counts.sort_by_key(|(read, _)| read.ret);
    let mut possible = BTreeSet::from([i64::from(stock.initial) + known]);
    for (read, count) in counts {
        while let Some((_, op)) = open.next_if(|&(call, _)| call <= read.ret) {
            let change = match op {
                StockOp::Buy(units) => -i64::from(units),
                StockOp::Restock(units) => i64::from(units),
                StockOp::Read => continue,
            };
            let more: Vec<i64> = possible.iter().map(|sum| sum + change).collect();
            possible.extend(more);
            if possible.len() > SUMS_MAX {
                return Ok(());
            }
        }
        if !possible.contains(&count) {
            return Err(format!("{} counted {count}, possible: {possible:?}", read.id));
        }
    }
    Ok(())
}

/// `no-double-sale`: while nothing was restocked, no two sales left the same number of units.
///
/// # Errors
///
/// Two that did. O(n²).
pub fn no_double_sale(_stock: &Stock, history: &StockHistory) -> Result<(), String> {
    let sales: Vec<_> = history.operations.iter().filter(|one| sold(one) > 0).collect();
    for (at, one) in sales.iter().enumerate() {
        for other in &sales[at + 1..] {
            let (Some(StockRet::Left(left)), Some(StockRet::Left(same))) =
                (one.outcome.answer(), other.outcome.answer())
            else {
                continue;
            };
            let by = one.ret.max(other.ret);
            let restocked = history.operations.iter().any(|operation| {
                !operation.is_fail() && operation.call <= by && restocked(operation) > 0
            });
            if left == same && !restocked {
                return Err(format!("{} and {} both left {left}", one.id, other.id));
            }
        }
    }
    Ok(())
}

fn sold(operation: &StockOperation) -> i64 {
    match (operation.op, operation.outcome.answer()) {
        (StockOp::Buy(units), Some(StockRet::Sold | StockRet::Left(_))) => i64::from(units),
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

/// Answered reads that were called after the faults had ended and after the last answered sale or
/// restock had returned, with what they counted. None when nobody knows when the faults ended.
fn counts_at_rest(history: &StockHistory) -> impl Iterator<Item = (&StockOperation, i64)> {
    let changed = |operation: &&StockOperation| sold(operation) + restocked(operation) > 0;
    let answered = history.operations.iter().filter(|operation| operation.is_ok());
    let last: Option<Rank> = answered.filter(changed).map(|operation| operation.ret).max();
    let rest = history.quiet_from.map(|quiet| last.map_or(quiet, |last| last.max(quiet)));
    history.operations.iter().filter_map(move |operation| match operation.outcome.answer() {
        Some(StockRet::Count(count)) if rest.is_some_and(|rest| operation.call > rest) => {
            Some((operation, *count))
        }
        _ => None,
    })
}
