//! Cores of collections: what concerns other values may be left out, and nothing else.

use super::*;
use testimony_model::{CollectionOp, CollectionRet, Queue, Set, SetOp, SetRet};

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
fn a_read_of_a_whole_set_names_every_element() {
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
}
