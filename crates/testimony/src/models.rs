//! The built-in models with their invariants.

use crate::claims::{
    bank_total, convergence, exactly_once, fencing, ids_are_unique, mutual_exclusion,
    no_double_sale, no_negative_balance, no_oversell, no_stale_elements, no_unexpected_elements,
    of_queues, of_registers, set_full, stock_conservation,
};
use crate::{AnyModel, ModelEntry};
use testimony_model::{
    Bank, CasRegister, Counter, FencedLock, FetchAdd, Kv, Log, MultiRegister, Mutex, PriorityQueue,
    Queue, Register, Sequence, Set, Stack, Stock, UniqueIds,
};

/// Every built-in model.
pub fn models() -> Vec<Box<dyn AnyModel>> {
    let stock = ModelEntry::new(Stock { initial: 0 }, "units of one article: buy, restock, read")
        .claim(no_oversell())
        .claim(stock_conservation())
        .claim(no_double_sale())
        .claim(convergence());
    let bank = ModelEntry::new(Bank::default(), "accounts: transfer, read all of them")
        .claim(bank_total())
        .claim(no_negative_balance())
        .claim(convergence());
    let ids = ModelEntry::new(UniqueIds, "ids that are never given twice: generate")
        .default_claim(ids_are_unique());
    let set = ModelEntry::new(Set, "elements: add, remove, contains, read")
        .claim(set_full())
        .claim(no_stale_elements())
        .claim(no_unexpected_elements())
        .claim(convergence());
    let fenced = "a lock with fencing tokens and what it guards: acquire, release, write";
    let fenced = ModelEntry::new(FencedLock, fenced).claim(mutual_exclusion()).claim(fencing());
    let mutex = ModelEntry::new(Mutex, "a lock with an owner: acquire, release");
    let several = "values by key, several at once: txn of reads and writes";
    let several = ModelEntry::new(MultiRegister::default(), several);
    let counter = "a sum: add, increment, decrement, read";
    let counter = ModelEntry::new(Counter::default(), counter);
    let fetch_add = ModelEntry::new(FetchAdd::default(), "a number: fetch-add, read");
    let log = ModelEntry::new(Log::default(), "entries: append, read, read-from, length");
    let kv = "a map by key: read, write, cas, append, delete";
    vec![
        of_registers(ModelEntry::new(Register, "one value: read, write").levels()),
        of_registers(ModelEntry::new(CasRegister, "one value: read, write, cas").levels()),
        of_registers(ModelEntry::new(Kv, kv).levels()),
        Box::new(several.claim(convergence())),
        Box::new(set),
        of_queues(ModelEntry::new(Queue, "first in, first out: enqueue, dequeue, peek")),
        of_queues(ModelEntry::new(Stack, "last in, first out: push, pop, top")),
        of_queues(ModelEntry::new(PriorityQueue, "the greatest first: insert, poll, peek")),
        Box::new(stock),
        Box::new(bank),
        Box::new(counter.claim(convergence())),
        Box::new(fetch_add.claim(convergence())),
        Box::new(ModelEntry::new(Sequence::default(), "numbers in order: next")),
        Box::new(log.claim(exactly_once()).claim(convergence())),
        Box::new(ids),
        Box::new(mutex.claim(mutual_exclusion())),
        Box::new(fenced),
    ]
}
