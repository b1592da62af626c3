//! The built-in models with their invariants.

use crate::{AnyModel, Claim, ModelEntry};
use testimony_certify::stock as again;
use testimony_check::invariant::{Convergence, NoOversell, StockConservation};
use testimony_model::{
    CasRegister, Counter, FencedLock, FetchAdd, Kv, Log, MultiRegister, Mutex, PriorityQueue,
    Queue, Register, Sequence, Set, Stack, Stock,
};

/// `no-oversell`: never more sold than there was.
pub fn no_oversell() -> Claim<Stock> {
    Claim::invariant(NoOversell, Some(again::no_oversell))
}

/// `stock-conservation`: at rest, the count is what was there, plus restocked, minus sold.
pub fn stock_conservation() -> Claim<Stock> {
    Claim::invariant(StockConservation, Some(again::conservation))
}

/// `convergence`: at rest, every node counts the same.
pub fn stock_convergence() -> Claim<Stock> {
    Claim::invariant(Convergence, Some(again::convergence))
}

/// Every built-in model.
pub fn models() -> Vec<Box<dyn AnyModel>> {
    let stock = ModelEntry::new(Stock { initial: 0 }, "units of one article: buy, restock, read")
        .claim(no_oversell())
        .claim(stock_conservation())
        .claim(stock_convergence());
    vec![
        Box::new(ModelEntry::new(Register, "one value: read, write").levels()),
        Box::new(ModelEntry::new(CasRegister, "one value: read, write, cas").levels()),
        Box::new(ModelEntry::new(Kv, "a map by key: read, write, cas, append, delete").levels()),
        Box::new(ModelEntry::new(
            MultiRegister::default(),
            "values by key, several at once: txn of reads and writes",
        )),
        Box::new(ModelEntry::new(Set, "elements: add, remove, contains, read")),
        Box::new(ModelEntry::new(Queue, "first in, first out: enqueue, dequeue, peek")),
        Box::new(ModelEntry::new(Stack, "last in, first out: push, pop, top")),
        Box::new(ModelEntry::new(PriorityQueue, "the greatest first: insert, poll, peek")),
        Box::new(stock),
        Box::new(ModelEntry::new(Counter::default(), "a sum: add, increment, decrement, read")),
        Box::new(ModelEntry::new(FetchAdd::default(), "a number: fetch-add, read")),
        Box::new(ModelEntry::new(Sequence::default(), "numbers in order: next")),
        Box::new(ModelEntry::new(Log::default(), "entries: append, read, read-from, length")),
        Box::new(ModelEntry::new(Mutex, "a lock with an owner: acquire, release")),
        Box::new(ModelEntry::new(
            FencedLock,
            "a lock with fencing tokens and what it guards: acquire, release, write",
        )),
    ]
}
