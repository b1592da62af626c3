//! Every history of up to four operations, of every object, by every engine and by the oracle.
//!
//! Alphabets are small: what matters of an operation with its answer, over one or two values. Which
//! client asks does not matter to an order, so histories are multisets of operations at intervals.

use testimony_model::{
    Balances, Bank, BankOp, BankRet, CasRegister, CellOp, CellRet, CollectionOp, CollectionRet,
    Counter, CounterOp, CounterRet, FencedLock, FencedOp, FencedRet, FetchAdd, FetchAddOp, IdOp,
    Kv, KvOp, Log, LogOp, LogRet, MicroOp, Model, MultiRegister, Mutex, MutexOp, MutexRet,
    PriorityQueue, Queue, Sequence, SequenceOp, Set, SetOp, SetRet, Stack, Stock, StockOp,
    StockRet, Txn, UniqueIds, Value,
};
use testimony_tests::compare::{Seen, every};
use testimony_tests::exhaustive::Letter;

/// Every history of one to four operations: what was seen of those of four.
fn up_to_four<M: Model>(model: &M, alphabet: &[Letter<M::Op, M::Ret>]) -> Seen {
    for operations in 1..4 {
        every(model, alphabet, operations);
    }
    every(model, alphabet, 4)
}

/// Everything that one operation on a register can be, over two values.
fn cells() -> Vec<Letter<CellOp, CellRet>> {
    let [one, two]: [Value; 2] = [1.into(), 2.into()];
    let read = |value: Option<&Value>| (CellOp::Read, Some(CellRet::Value(value.cloned())));
    let cas = || CellOp::Cas(Some(1.into()), 2.into());
    vec![
        read(None),
        read(Some(&one)),
        read(Some(&two)),
        (CellOp::Write(one.clone()), Some(CellRet::Done)),
        (CellOp::Write(two.clone()), Some(CellRet::Done)),
        (CellOp::Write(one), None),
        (CellOp::Write(two), None),
        (cas(), Some(CellRet::Done)),
        (cas(), Some(CellRet::Mismatch)),
        (cas(), None),
    ]
}

#[test]
fn registers() {
    assert_eq!(every(&CasRegister, &cells(), 1).histories, 10);
    assert_eq!(every(&CasRegister, &cells(), 2).histories, 27 * 28 / 2);
    up_to_four(&CasRegister, &cells()).assert_invalid(20..=80);
}

#[test]
fn maps() {
    let read = |key: &str, value: Option<i64>| {
        (KvOp { key: key.into(), op: CellOp::Read }, Some(CellRet::Value(value.map(Value::Int))))
    };
    let write = |key: &str| KvOp { key: key.into(), op: CellOp::Write(1.into()) };
    let alphabet = [
        read("x", None),
        read("x", Some(1)),
        read("y", Some(1)),
        (write("x"), Some(CellRet::Done)),
        (write("x"), None),
        (write("y"), Some(CellRet::Done)),
    ];
    up_to_four(&Kv, &alphabet).assert_invalid(20..=95);
}

/// What one operation on a collection can be, over two values.
fn elements() -> Vec<Letter<CollectionOp, CollectionRet>> {
    let value = |value: i64| Some(CollectionRet::Value(Some(value.into())));
    let put = |value: i64| CollectionOp::Insert(value.into());
    vec![
        (put(1), Some(CollectionRet::Done)),
        (put(2), Some(CollectionRet::Done)),
        (put(2), None),
        (CollectionOp::Take, value(1)),
        (CollectionOp::Take, Some(CollectionRet::Value(None))),
        (CollectionOp::Take, None),
        (CollectionOp::Peek, value(2)),
    ]
}

#[test]
fn queues() {
    up_to_four(&Queue, &elements()).assert_invalid(20..=95);
}

#[test]
fn stacks() {
    up_to_four(&Stack, &elements()).assert_invalid(20..=95);
}

#[test]
fn priority_queues() {
    up_to_four(&PriorityQueue, &elements()).assert_invalid(20..=95);
}

#[test]
fn sets() {
    let one = || Value::from(1);
    let told = |told| Some(SetRet::Told(told));
    let read = |elements: &[i64]| {
        let elements = elements.iter().map(|&element| element.into()).collect();
        (SetOp::Read, Some(SetRet::Elements(elements)))
    };
    let alphabet = [
        (SetOp::Add(one()), Some(SetRet::Done)),
        (SetOp::Add(one()), told(true)),
        (SetOp::Add(one()), None),
        (SetOp::Remove(one()), told(true)),
        (SetOp::Remove(one()), None),
        (SetOp::Contains(one()), told(false)),
        read(&[1]),
    ];
    up_to_four(&Set, &alphabet).assert_invalid(20..=95);
}

#[test]
fn counters() {
    let sum = |sum| (CounterOp::Read, Some(CounterRet::Sum(sum)));
    let alphabet = [
        sum(0),
        sum(1),
        sum(-1),
        (CounterOp::Add(1), Some(CounterRet::Added)),
        (CounterOp::Add(1), None),
        (CounterOp::Add(-2), Some(CounterRet::Added)),
    ];
    up_to_four(&Counter { initial: 0 }, &alphabet).assert_invalid(20..=95);
}

#[test]
fn fetch_and_adds() {
    let take = |size, answer| (FetchAddOp::FetchAdd(size), answer);
    let alphabet = [
        take(1, Some(0)),
        take(1, Some(1)),
        take(1, None),
        take(2, Some(1)),
        (FetchAddOp::Read, Some(1)),
        (FetchAddOp::Read, Some(2)),
    ];
    up_to_four(&FetchAdd::default(), &alphabet).assert_invalid(20..=97);
}

#[test]
fn sequences() {
    let alphabet = [None, Some(0), Some(1), Some(2)].map(|answer| (SequenceOp::Next, answer));
    for gaps in [false, true] {
        let model = Sequence { first: 0, gaps };
        up_to_four(&model, &alphabet).assert_invalid(20..=97);
    }
}

#[test]
fn logs() {
    let append = |at: Option<i64>| (LogOp::Append(1.into()), at.map(LogRet::Offset));
    let entries = |count: usize| Some(LogRet::Entries(vec![1.into(); count]));
    let alphabet = [
        append(Some(0)),
        append(Some(1)),
        append(None),
        (LogOp::ReadFrom(0), entries(0)),
        (LogOp::ReadFrom(0), entries(1)),
        (LogOp::Read(1), Some(LogRet::Entry(Some(1.into())))),
        (LogOp::Length, Some(LogRet::Length(1))),
    ];
    up_to_four(&Log { first: 0 }, &alphabet).assert_invalid(20..=95);
}

#[test]
fn mutexes() {
    let acquire = |by: i64| MutexOp::Acquire(by.into());
    let release = |by: i64| MutexOp::Release(by.into());
    let alphabet = [
        (acquire(0), Some(MutexRet::Granted)),
        (acquire(0), Some(MutexRet::Refused)),
        (acquire(1), Some(MutexRet::Granted)),
        (acquire(1), None),
        (release(0), Some(MutexRet::Granted)),
        (release(0), None),
        (release(1), Some(MutexRet::Granted)),
    ];
    up_to_four(&Mutex, &alphabet).assert_invalid(20..=95);
}

#[test]
fn fenced_locks() {
    let acquire = |by: i64| FencedOp::Acquire(by.into());
    let release = |by: i64| FencedOp::Release(by.into());
    let alphabet = [
        (acquire(0), Some(FencedRet::Token(1))),
        (acquire(1), Some(FencedRet::Token(2))),
        (acquire(1), None),
        (release(0), Some(FencedRet::Done)),
        (release(0), None),
        (FencedOp::Write(1), Some(FencedRet::Done)),
        (FencedOp::Write(2), Some(FencedRet::Done)),
    ];
    up_to_four(&FencedLock, &alphabet).assert_invalid(10..=95);
}

#[test]
fn banks() {
    let held = |a: i64, b: i64| Balances::from([("a".into(), a), ("b".into(), b)]);
    let read = |a, b| (BankOp::Read, Some(BankRet::Balances(held(a, b))));
    let transfer = || BankOp::Transfer { from: "a".into(), to: "b".into(), amount: 1 };
    let alphabet = [
        read(1, 0),
        read(0, 1),
        (transfer(), Some(BankRet::Done)),
        (transfer(), Some(BankRet::Refused)),
        (transfer(), None),
    ];
    let model = Bank { accounts: held(1, 0), ..Bank::default() };
    up_to_four(&model, &alphabet).assert_invalid(20..=95);
}

#[test]
fn stocks() {
    let alphabet = [
        (StockOp::Buy(1), Some(StockRet::Sold)),
        (StockOp::Buy(1), Some(StockRet::SoldOut)),
        (StockOp::Buy(1), None),
        (StockOp::Restock(1), Some(StockRet::Restocked)),
        (StockOp::Buy(1), Some(StockRet::Left(0))),
        (StockOp::Read, Some(StockRet::Count(1))),
    ];
    up_to_four(&Stock { initial: 1 }, &alphabet).assert_invalid(20..=95);
}

#[test]
fn several_registers() {
    let read = |key: &str| MicroOp::Read(key.into());
    let write = |key: &str| MicroOp::Write(key.into(), 1.into());
    let both = |x: Option<i64>, y: Option<i64>| {
        (Txn(vec![read("x"), read("y")]), Some([x, y].map(|value| value.map(Value::Int)).to_vec()))
    };
    let alphabet = [
        both(None, None),
        both(Some(1), None),
        both(None, Some(1)),
        (Txn(vec![write("x")]), Some(Vec::new())),
        (Txn(vec![write("x"), write("y")]), None),
        (Txn(vec![read("x"), write("y")]), Some(vec![Some(1.into())])),
    ];
    up_to_four(&MultiRegister::default(), &alphabet).assert_invalid(20..=95);
}

#[test]
fn ids() {
    let alphabet =
        [Some(1), Some(2), None].map(|id: Option<i64>| (IdOp::Generate, id.map(Value::Int)));
    up_to_four(&UniqueIds, &alphabet).assert_invalid(20..=97);
}
