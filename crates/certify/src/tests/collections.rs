//! Cores of collections: what concerns other values may be left out, and nothing else.

use super::*;
use testimony_model::{CollectionOp, CollectionRet, Log, LogOp, LogRet, Queue, Set, SetOp, SetRet};

type Collection = Operation<CollectionOp, CollectionRet>;

const REPROVED: Result<Assurance, Rejected> = Ok(Assurance::Reproved);

fn put(id: u32, value: i64, end: u32) -> Collection {
    operation(id, CollectionOp::Insert(value.into()), Outcome::Ok(CollectionRet::Done), end)
}

/// A take that answered a value; 0 is nothing.
fn take(id: u32, value: i64, end: u32) -> Collection {
    let answer = CollectionRet::Value(some(value));
    operation(id, CollectionOp::Take, Outcome::Ok(answer), end)
}

fn open(id: u32) -> Collection {
    operation(id, CollectionOp::Take, Outcome::Info("timeout".to_owned()), 0)
}

/// 1 and 2 are put in, then taken the wrong way round; 3 comes and goes beside them.
fn reordered(middle: Collection) -> Vec<Collection> {
    vec![
        put(0, 3, 9),
        put(1, 1, 2),
        put(3, 2, 4),
        middle,
        take(6, 2, 7),
        take(10, 1, 11),
        take(12, 3, 13),
    ]
}

#[test]
fn a_core_of_a_queue_leaves_out_what_concerns_other_values() {
    let core = |required, optional| core(&Queue, reordered(put(5, 4, 8)), None, required, optional);
    assert_eq!(core(&[1, 3, 6, 10], &[]), REPROVED);
    // Without the put of 2 the take of it looks contradictory by itself.
    assert_eq!(core(&[1, 6, 10], &[]), Err(Rejected::NotClosed(OpId(3))));
    // When it was put in is of no matter, as it was called too late to come first anyway; 1 is.
    assert_eq!(core(&[1, 6, 10], &[3]), REPROVED);
    assert_eq!(core(&[3, 6, 10], &[1]), Err(Rejected::Consistent));
}

#[test]
fn a_take_without_an_answer_matters_only_where_nobody_is_known_to_have_taken_the_value() {
    assert_eq!(core(&Queue, reordered(open(5)), None, &[1, 3, 6, 10], &[]), REPROVED);
    let lost = |middle| {
        let mut all = vec![put(0, 1, 1), put(2, 2, 3), middle, take(6, 2, 7)];
        all.sort_by_key(|operation| operation.id);
        all
    };
    let closed = |middle, optional: &[u32]| core(&Queue, lost(middle), None, &[0, 2, 6], optional);
    assert_eq!(closed(open(4), &[]), Err(Rejected::NotClosed(OpId(4))));
    assert_eq!(closed(open(4), &[4]), Err(Rejected::Consistent));
    assert_eq!(closed(open(8), &[]), REPROVED);
}

#[test]
fn whoever_found_nothing_names_no_value() {
    let operations = vec![put(0, 1, 1), put(2, 2, 3), take(4, 0, 5)];
    assert_eq!(core(&Queue, operations.clone(), None, &[0, 4], &[]), REPROVED);
    assert_eq!(core(&Queue, operations, None, &[4], &[]), Err(Rejected::Consistent));
}

#[test]
fn a_read_of_a_whole_set_names_what_it_shows() {
    let ok = |id, op, ret, end| operation(id, op, Outcome::Ok(ret), end);
    let add = |id, value: i64, end| ok(id, SetOp::Add(value.into()), SetRet::Done, end);
    let contains = ok(4, SetOp::Contains(1.into()), SetRet::Told(false), 5);
    let operations = |last| vec![add(0, 1, 1), add(2, 2, 3), last];
    assert_eq!(core(&Set, operations(contains), None, &[0, 4], &[]), REPROVED);
    let read = ok(4, SetOp::Read, SetRet::Elements(vec![2.into()]), 5);
    assert_eq!(
        core(&Set, operations(read.clone()), None, &[0, 4], &[]),
        Err(Rejected::NotClosed(OpId(2)))
    );
    assert_eq!(core(&Set, operations(read), None, &[0, 4], &[2]), REPROVED);
    // Nobody required asks for 1.
    let empty = ok(4, SetOp::Read, SetRet::Elements(vec![]), 5);
    assert_eq!(core(&Set, operations(empty), None, &[2, 4], &[]), REPROVED);
}

/// Sixty adds that were never answered, an answered one, and a read of these elements.
fn many(shows: impl IntoIterator<Item = i64>) -> Vec<Operation<SetOp, SetRet>> {
    let lost = |id: u32| {
        let add = SetOp::Add(i64::from(id).into());
        operation(id, add, Outcome::Info("timeout".to_owned()), 0)
    };
    let shows = shows.into_iter().map(Into::into).collect();
    (0..60)
        .map(lost)
        .chain([
            operation(60, SetOp::Add(60.into()), Outcome::Ok(SetRet::Done), 61),
            operation(62, SetOp::Read, Outcome::Ok(SetRet::Elements(shows)), 63),
        ])
        .collect()
}

#[test]
fn what_may_have_been_added_beside_costs_nothing() {
    let all: Vec<u32> = (0..60).collect();
    assert_eq!(core(&Set, many(0..60), None, &[60, 62], &all), REPROVED);
    assert_eq!(
        core(&Set, many(0..60), None, &[60, 62], &all[1..]),
        Err(Rejected::NotClosed(OpId(0)))
    );
    assert_eq!(core(&Set, many(0..61), None, &[60, 62], &all), Err(Rejected::Consistent));
    assert_eq!(core(&Set, many(0..60), None, &[62], &all), Err(Rejected::Consistent));
    // Nobody adds 70.
    assert_eq!(core(&Set, many((0..60).chain([70])), None, &[62], &all), REPROVED);
    assert_eq!(core(&Set, many([60, 60]), None, &[62], &[60]), REPROVED);
}

#[test]
fn an_element_changes_only_as_often_as_somebody_changes_it() {
    let lost = |id, op| operation(id, op, Outcome::Info("timeout".to_owned()), 0);
    let read = |id, there: bool| {
        let shows = if there { vec![1.into()] } else { vec![] };
        operation(id, SetOp::Read, Outcome::Ok(SetRet::Elements(shows)), id + 1)
    };
    let flicker = |second: Vec<Operation<SetOp, SetRet>>| {
        let mut all = vec![lost(0, SetOp::Add(1.into())), lost(1, SetOp::Remove(1.into()))];
        all.extend(second);
        all.extend([read(4, true), read(6, false), read(8, true)]);
        all.sort_by_key(|operation| operation.id);
        core(
            &Set,
            all.clone(),
            None,
            &[4, 6, 8],
            &all[..all.len() - 3]
                .iter()
                .map(|one| one.id.0)
                .filter(|id| *id < 4)
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(flicker(vec![]), REPROVED);
    assert_eq!(flicker(vec![lost(2, SetOp::Add(1.into()))]), Err(Rejected::Consistent));
    assert_eq!(flicker(vec![lost(2, SetOp::Remove(1.into()))]), REPROVED);
}

type Placed = Operation<LogOp, LogRet>;

fn append(id: u32, entry: i64) -> Placed {
    operation(id, LogOp::Append(entry.into()), Outcome::Info("timeout".to_owned()), 0)
}

fn seen(id: u32, at: i64, entry: i64, end: u32) -> Placed {
    operation(id, LogOp::Read(at), Outcome::Ok(LogRet::Entry(Some(entry.into()))), end)
}

#[test]
fn entries_of_a_log_were_put_there_by_somebody() {
    let appends = || (0..60).map(|id| append(id, i64::from(id) % 30));
    let all: Vec<u32> = (0..60).collect();
    let log = |reads: &[Placed], required: &[u32]| {
        core(
            &Log::default(),
            appends().chain(reads.iter().cloned()).collect(),
            None,
            required,
            &all,
        )
    };
    assert_eq!(log(&[seen(60, 3, 70, 61)], &[60]), REPROVED);
    // Only two appends put 7.
    let sevens = [seen(60, 0, 7, 61), seen(62, 1, 7, 63), seen(64, 2, 7, 65)];
    assert_eq!(log(&sevens, &[60, 62, 64]), REPROVED);
    assert_eq!(log(&[seen(60, 60, 7, 61)], &[60]), REPROVED);
    assert_eq!(log(&[seen(60, 3, 7, 61), seen(62, 3, 8, 63)], &[60, 62]), REPROVED);
}

#[test]
fn places_of_a_log_are_taken_by_what_was_called_in_time() {
    let log = |operations: Vec<Placed>, required: &[u32], optional: &[u32]| {
        core(&Log::default(), operations, None, required, optional)
    };
    // Whoever put 1 at 0 for the first read cannot put it at 1, and 2 was called too late.
    let late = vec![append(0, 1), seen(1, 1, 1, 2), append(3, 2), seen(4, 0, 2, 5)];
    assert_eq!(log(late.clone(), &[1], &[0]), REPROVED);
    assert_eq!(log(late, &[1, 4], &[0, 3]), REPROVED);
    let fits = vec![append(0, 1), append(1, 2), seen(2, 1, 1, 3), seen(4, 0, 2, 5)];
    assert_eq!(log(fits, &[2, 4], &[0, 1]), Err(Rejected::Consistent));
}
