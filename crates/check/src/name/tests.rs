//! Names of whole small histories, taken as cores: every answered operation is required.

use super::name;
use crate::core::{Reduced, Values};
use crate::split::split;
use crate::subject::Typed;
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{
    CasRegister, CellOp, CellRet, CollectionOp, CollectionRet, FencedLock, FencedOp, FencedRet,
    Log, LogOp, LogRet, Model, Mutex, MutexOp, MutexRet, PriorityQueue, Queue, Set, SetOp, SetRet,
    Stack, Stock, StockOp, StockRet, Value,
};
use testimony_verdict::AnomalyKind;

type Of<M> = Operation<<M as Model>::Op, <M as Model>::Ret>;

fn one<O, R>(op: O, outcome: Outcome<R>, call: u32, ret: u32) -> Operation<O, R> {
    let (id, process, call, ret) = (OpId(call), Process(call), Rank(call), Rank(ret));
    Operation { id, process, op, outcome, call, ret, call_ns: 0, ret_ns: 0 }
}

fn ok<O, R>(op: O, ret: R, from: u32, to: u32) -> Operation<O, R> {
    one(op, Outcome::Ok(ret), from, to)
}

fn open<O, R>(op: O, call: u32) -> Operation<O, R> {
    one(op, Outcome::Info(String::new()), call, u32::MAX)
}

/// The name of operations, listed by call, with the calls of the culprit and of what it contradicts.
fn named<M: Model>(model: &M, operations: Vec<Of<M>>) -> (AnomalyKind, u32, Vec<u32>) {
    let history = History { operations, ..History::default() };
    let subject = Typed::new(model, &history);
    let parts = split(&subject).expect("a history of one part");
    let [part] = &parts[..] else { panic!("one part, found {}", parts.len()) };
    let (required, optional) =
        (0..part.operations.len()).partition(|&at| part.operations[at].is_ok());
    let core = Reduced { required, optional };
    let found = name(part, part, Values::of(part).as_ref(), &core);
    let call = |at: usize| part.operations[at].call.0;
    (found.kind, call(found.culprit), found.against.into_iter().map(call).collect())
}

const LOG: Log = Log { first: 0 };

fn append(entry: i64, offset: i64, call: u32, ret: u32) -> Of<Log> {
    ok(LogOp::Append(entry.into()), LogRet::Offset(offset), call, ret)
}

fn entry(offset: i64, entry: Option<i64>, call: u32) -> Of<Log> {
    ok(LogOp::Read(offset), LogRet::Entry(entry.map(Value::Int)), call, call + 1)
}

#[test]
fn places_that_nobody_can_have_filled() {
    let lost = |culprit| (AnomalyKind::LostPosition, culprit, vec![]);
    // After an append with a place left out, a length, an entry and entries that are too far.
    assert_eq!(named(&LOG, vec![append(1, 0, 0, 1), append(2, 2, 2, 3)]), lost(2));
    let length = ok(LogOp::Length, LogRet::Length(2), 2, 3);
    assert_eq!(named(&LOG, vec![append(1, 0, 0, 1), length]), lost(2));
    assert_eq!(named(&LOG, vec![append(1, 0, 0, 1), entry(1, Some(1), 2)]), lost(2));
    let entries = LogRet::Entries(vec![1.into(), 1.into()]);
    let entries = ok(LogOp::ReadFrom(0), entries, 2, 3);
    assert_eq!(named(&LOG, vec![append(1, 0, 0, 1), entries]), lost(2));
    // Those that stand further behind are not before it, though they were called in time.
    let operations = vec![
        append(1, 2, 0, 8),
        append(2, 3, 1, 9),
        append(3, 1, 2, 3),
        open(LogOp::Append(4.into()), 4),
    ];
    assert_eq!(named(&LOG, operations), lost(2));
}

#[test]
fn places_with_room_before_them_are_not_lost() {
    let no_name = |culprit| (AnomalyKind::Contradiction, culprit, vec![]);
    let unasked = (AnomalyKind::UnexpectedEffect, 2, vec![]);
    assert_eq!(named(&LOG, vec![append(7, 0, 0, 1), entry(0, Some(8), 2)]), unasked);
    for first in [0, 5] {
        let log = Log { first };
        let append = open(LogOp::Append(1.into()), 0);
        let operations = vec![append, entry(first, Some(1), 1), entry(first, None, 3)];
        assert_eq!(named(&log, operations), no_name(3));
    }
    // Who finds nothing stands behind nothing.
    assert_eq!(named(&LOG, vec![entry(5, None, 0)]), no_name(0));
    let nothing = ok(LogOp::ReadFrom(5), LogRet::Entries(vec![]), 0, 1);
    assert_eq!(named(&LOG, vec![nothing]), no_name(0));
}

#[test]
fn an_end_before_what_was_there() {
    let stale = (AnomalyKind::StaleEnd, 2, vec![0]);
    assert_eq!(named(&LOG, vec![append(1, 0, 0, 1), entry(0, None, 2)]), stale);
    let length = |end: i64| ok(LogOp::Length, LogRet::Length(end), 4, 5);
    let appended = |second| vec![append(1, 0, 0, 1), append(2, 1, 2, second), length(1)];
    assert_eq!(named(&LOG, appended(3)), (AnomalyKind::StaleEnd, 4, vec![2]));
    assert_eq!(named(&LOG, appended(6)).0, AnomalyKind::Contradiction);
    let appended = vec![append(1, 0, 0, 1), append(2, 1, 2, 3), length(0)];
    assert_eq!(named(&LOG, appended), (AnomalyKind::StaleEnd, 4, vec![0]));
}

#[test]
fn tokens_that_do_not_rise() {
    let acquire = |by: i64, token: i64, call: u32, ret: u32| -> Of<FencedLock> {
        ok(FencedOp::Acquire(by.into()), FencedRet::Token(token), call, ret)
    };
    let two = |one: i64, other: i64| {
        named(&FencedLock, vec![acquire(1, one, 0, 5), acquire(2, other, 1, 6)])
    };
    assert_eq!(two(3, 3), (AnomalyKind::TokenRegression, 1, vec![0]));
    assert_eq!(two(3, 4), (AnomalyKind::DoubleLock, 1, vec![0]));
    let fell = vec![acquire(1, 4, 0, 1), acquire(2, 3, 2, 3)];
    assert_eq!(named(&FencedLock, fell), (AnomalyKind::TokenRegression, 2, vec![0]));
}

#[test]
fn locks_that_nobody_refused() {
    let acquire = |by: i64, granted, call| ok(MutexOp::Acquire(by.into()), granted, call, call + 1);
    let release =
        |by: i64, call| ok(MutexOp::Release(by.into()), MutexRet::Granted, call, call + 1);
    let no_name = |culprit| (AnomalyKind::Contradiction, culprit, vec![]);
    let granted = MutexRet::Granted;
    let twice = vec![acquire(1, granted, 0), acquire(2, granted, 2)];
    assert_eq!(named(&Mutex, twice), (AnomalyKind::DoubleLock, 2, vec![0]));
    assert_eq!(named(&Mutex, vec![acquire(1, granted, 0)]), no_name(0));
    let refused = vec![acquire(1, granted, 0), acquire(2, MutexRet::Refused, 2)];
    assert_eq!(named(&Mutex, refused), no_name(2));
    let released = vec![release(1, 0), release(2, 2)];
    assert_eq!(named(&Mutex, released), (AnomalyKind::StrayRelease, 2, vec![0]));
    let refused = vec![release(1, 0), acquire(2, MutexRet::Refused, 2)];
    assert_eq!(named(&Mutex, refused), no_name(2));
}

#[test]
fn more_sold_than_there_was() {
    let with = |initial: u32, restocked: u32| {
        let sale = |left: i64, call: u32| ok(StockOp::Buy(2), StockRet::Left(left), call, call + 1);
        let restock = ok(StockOp::Restock(restocked), StockRet::Restocked, 0, 1);
        named(&Stock { initial }, vec![restock, sale(9, 2), sale(9, 4)])
    };
    let oversold = (AnomalyKind::Oversell, 4, vec![2]);
    assert_eq!(with(1, 2), oversold);
    assert_eq!(with(2, 1), oversold);
    // What they left is wrong, but not how much they took.
    assert_eq!(with(2, 2), (AnomalyKind::UnexpectedAmount, 2, vec![]));
}

fn add(element: i64, call: u32, ret: u32) -> Of<Set> {
    ok(SetOp::Add(element.into()), SetRet::Done, call, ret)
}

fn elements(elements: &[i64], call: u32) -> Of<Set> {
    let elements = elements.iter().map(|&element| element.into()).collect();
    ok(SetOp::Read, SetRet::Elements(elements), call, call + 1)
}

#[test]
fn elements_that_are_missing() {
    let added = || vec![add(1, 0, 1), add(2, 2, 3), add(3, 4, 9)];
    let with = |more: Vec<Of<Set>>| named(&Set, added().into_iter().chain(more).collect());
    let contains = |element: i64| ok(SetOp::Contains(element.into()), SetRet::Told(false), 5, 6);
    assert_eq!(with(vec![contains(1)]), (AnomalyKind::MissingElement, 5, vec![0]));
    assert_eq!(with(vec![contains(2)]), (AnomalyKind::MissingElement, 5, vec![2]));
    assert_eq!(with(vec![elements(&[1], 5)]), (AnomalyKind::MissingElement, 5, vec![2]));
    let no_name = (AnomalyKind::Contradiction, 4, vec![]);
    // The add was not over, or a remove may have come before.
    assert_eq!(with(vec![contains(3)]), no_name);
    assert_eq!(with(vec![elements(&[1, 2], 5)]), no_name);
    let removed = |call| open(SetOp::Remove(2.into()), call);
    let operations = vec![add(1, 0, 1), add(2, 2, 3), removed(4), elements(&[1], 5)];
    assert_eq!(named(&Set, operations), (AnomalyKind::Contradiction, 5, vec![]));
    let operations = vec![add(1, 0, 1), add(2, 2, 3), elements(&[1], 5), removed(7)];
    assert_eq!(named(&Set, operations), (AnomalyKind::MissingElement, 5, vec![2]));
}

#[test]
fn reads_of_which_each_lacks_something() {
    let with = |one: &[i64], other: &[i64]| {
        let added = [1, 2].map(|call| open(SetOp::Add(i64::from(call).into()), call));
        named(&Set, added.into_iter().chain([elements(one, 3), elements(other, 5)]).collect())
    };
    assert_eq!(with(&[1], &[2]), (AnomalyKind::IncomparableReads, 5, vec![3]));
    let seen = (AnomalyKind::MissingElement, 5, vec![3]);
    assert_eq!(with(&[1, 2], &[2]), seen, "it was seen, and nothing removed it");
    assert_eq!(with(&[], &[2]), (AnomalyKind::Contradiction, 5, vec![]));
    let three = |more: Of<Set>| {
        let added = [1, 2].map(|call| open(SetOp::Add(i64::from(call).into()), call));
        let reads = [elements(&[], 3), elements(&[1], 5), elements(&[2], 7)];
        named(&Set, added.into_iter().chain(reads).chain([more]).collect())
    };
    let asked = ok(SetOp::Contains(1.into()), SetRet::Told(true), 9, 10);
    assert_eq!(three(asked), (AnomalyKind::IncomparableReads, 7, vec![5]));
    let removed = open(SetOp::Remove(1.into()), 9);
    assert_eq!(three(removed), (AnomalyKind::MissingElement, 7, vec![5]), "removed later");
}

#[test]
fn values_that_come_out_again() {
    let with = |inserts: u32, out: Of<Queue>| {
        let insert = |_| ok(CollectionOp::Insert(1.into()), CollectionRet::Done, 0, 1);
        let two = ok(CollectionOp::Insert(2.into()), CollectionRet::Done, 2, 3);
        let taken = ok(CollectionOp::Take, CollectionRet::Value(Some(1.into())), 4, 5);
        named(&Queue, (0..inserts).map(insert).chain([two, taken, out]).collect())
    };
    let found =
        |op: CollectionOp, value: i64| ok(op, CollectionRet::Value(Some(value.into())), 6, 7);
    let again = found(CollectionOp::Take, 1);
    assert_eq!(with(1, again.clone()), (AnomalyKind::DuplicateElement, 6, vec![4]));
    assert_eq!(with(2, again).0, AnomalyKind::Contradiction);
    let seen = found(CollectionOp::Peek, 1);
    assert_eq!(with(1, seen.clone()), (AnomalyKind::ResurrectedElement, 6, vec![4]));
    assert_eq!(with(2, seen).0, AnomalyKind::Contradiction);
    assert_eq!(with(1, found(CollectionOp::Peek, 2)).0, AnomalyKind::Contradiction);
}

#[test]
fn a_value_that_may_have_been_there_twice() {
    let write =
        |value: i64, call: u32| ok(CellOp::Write(value.into()), CellRet::Done, call, call + 1);
    let swap = |from: i64, to: i64, call: u32| -> Of<CasRegister> {
        ok(CellOp::Cas(Some(from.into()), to.into()), CellRet::Done, call, call + 1)
    };
    let swaps = || [swap(1, 2, 4), swap(1, 3, 6)];
    let once = [write(1, 0)].into_iter().chain(swaps()).collect();
    assert_eq!(named(&CasRegister, once), (AnomalyKind::LostUpdate, 6, vec![4]));
    let twice = [write(1, 0), write(1, 2)].into_iter().chain(swaps()).collect();
    assert_ne!(named(&CasRegister, twice).0, AnomalyKind::LostUpdate);
}

#[test]
fn a_flicker_has_its_reads_one_after_the_other() {
    let write = |value: i64, call: u32| open(CellOp::Write(value.into()), call);
    let read = |value: i64, call: u32, ret: u32| -> Of<CasRegister> {
        ok(CellOp::Read, CellRet::Value(Some(value.into())), call, ret)
    };
    let with = |first: u32, middle: u32| {
        let reads = [read(1, 2, first), read(2, 4, middle), read(1, 6, 9)];
        named(&CasRegister, [write(1, 0), write(2, 1)].into_iter().chain(reads).collect())
    };
    assert_eq!(with(3, 5), (AnomalyKind::FlickeringRead, 6, vec![2, 4]));
    assert_eq!(with(3, 7).0, AnomalyKind::Contradiction);
    assert_eq!(with(5, 5).0, AnomalyKind::Contradiction);
    // One that began as the first returned is not after it, but another one is.
    let reads = [read(1, 2, 4), read(2, 4, 5), read(2, 6, 7), read(1, 8, 9)];
    let operations = [write(1, 0), write(2, 1)].into_iter().chain(reads).collect();
    assert_eq!(named(&CasRegister, operations), (AnomalyKind::FlickeringRead, 8, vec![2, 6]));
}

#[test]
fn a_value_that_was_pushed_on_another() {
    let push = |value: i64, call, ret| -> Of<Stack> {
        ok(CollectionOp::Insert(value.into()), CollectionRet::Done, call, ret)
    };
    let pop = |value: i64, call| {
        ok(CollectionOp::Take, CollectionRet::Value(Some(value.into())), call, call + 1)
    };
    let with = |over| named(&Stack, vec![push(1, 0, 1), push(2, 2, over), pop(1, 4), pop(2, 6)]);
    assert_eq!(with(3), (AnomalyKind::StackOrder, 4, vec![2, 6]));
    assert_eq!(with(5), (AnomalyKind::Contradiction, 6, vec![]));
}

#[test]
fn a_greater_value_that_was_there() {
    let insert = |value: i64, call: u32| -> Of<PriorityQueue> {
        ok(CollectionOp::Insert(value.into()), CollectionRet::Done, call, call + 1)
    };
    let found = |op: CollectionOp, value: i64, call: u32| {
        ok(op, CollectionRet::Value(Some(value.into())), call, call + 1)
    };
    let peek = |value: i64| found(CollectionOp::Peek, value, 4);
    let queue = PriorityQueue;
    let operations = vec![insert(1, 0), insert(2, 2), peek(1)];
    assert_eq!(named(&queue, operations), (AnomalyKind::LostElement, 4, vec![2]));
    let operations = vec![insert(1, 0), insert(2, 2), peek(1), found(CollectionOp::Take, 2, 6)];
    assert_eq!(named(&queue, operations), (AnomalyKind::PriorityOrder, 4, vec![2, 6]));
}

#[test]
fn a_value_is_older_than_what_it_was_swapped_for() {
    let write = |value: i64, call: u32| ok(CellOp::Write(value.into()), CellRet::Done, call, 100);
    let read = |value: i64, call: u32| {
        ok(CellOp::Read, CellRet::Value(Some(value.into())), call, call + 1)
    };
    let swap = |from: i64, to: i64, call: u32| -> Of<CasRegister> {
        ok(CellOp::Cas(Some(from.into()), to.into()), CellRet::Done, call, 100)
    };
    let inversion = (AnomalyKind::NewOldInversion, 12, vec![10]);
    let operations = vec![write(1, 0), swap(1, 2, 1), read(2, 10), read(1, 12)];
    assert_eq!(named(&CasRegister, operations), inversion);
    let steps = vec![write(1, 0), swap(1, 2, 1), swap(2, 3, 2), read(3, 10), read(1, 12)];
    assert_eq!(named(&CasRegister, steps), inversion);
    // A circle of swaps makes each older than the other.
    let circle = vec![swap(1, 2, 0), swap(2, 1, 1), read(2, 10), read(1, 12)];
    assert_eq!(named(&CasRegister, circle), inversion);
}
