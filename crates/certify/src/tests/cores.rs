//! Cores of invalid verdicts.

use super::*;
use testimony_model::{
    CasRegister, FetchAdd, FetchAddOp, Kv, KvOp, Register, Stock, StockOp, StockRet,
};

const REPROVED: Result<Assurance, Rejected> = Ok(Assurance::Reproved);

/// write 1, write 2, then read 1; another value is written beside them.
fn stale() -> Vec<Cell> {
    vec![write(0, 1, 1), write(2, 2, 3), write(4, 3, 9), read(5, 1, 6), read(10, 3, 11)]
}

#[test]
fn a_stale_read_is_proved_by_its_core() {
    // Written 1 may come late when it is optional, so it is needed as it was recorded.
    assert_eq!(core(&Register, stale(), None, &[0, 2, 5], &[]), REPROVED);
    assert_eq!(core(&Register, stale(), None, &[0, 2, 5, 10], &[4]), REPROVED);
    assert_eq!(core(&Register, stale(), None, &[2, 5], &[0]), Err(Rejected::Consistent));
}

#[test]
fn a_core_that_has_an_order_is_rejected() {
    assert_eq!(core(&Register, stale(), None, &[0, 2], &[]), Err(Rejected::Consistent));
    assert_eq!(core(&Register, stale(), None, &[10], &[4]), Err(Rejected::Consistent));
    assert_eq!(core(&Register, stale(), None, &[], &[0]), Err(Rejected::Empty));
}

#[test]
fn a_core_without_the_write_that_was_read_is_not_closed() {
    // Without #0 the read alone looks contradictory, as it does in `write 1; write 2; read 1`
    // where the write of 1 is under way all the time.
    assert_eq!(core(&Register, stale(), None, &[5], &[]), Err(Rejected::NotClosed(OpId(0))));
    assert_eq!(core(&Register, stale(), None, &[2, 5], &[]), Err(Rejected::NotClosed(OpId(0))));
}

#[test]
fn every_writer_of_an_observed_value_belongs_to_the_core() {
    let again = vec![write(0, 1, 1), write(2, 2, 3), lost(4, 1), read(5, 1, 6)];
    assert_eq!(
        core(&Register, again.clone(), None, &[0, 2, 5], &[]),
        Err(Rejected::NotClosed(OpId(4)))
    );
    assert_eq!(core(&Register, again, None, &[0, 2, 5], &[4]), Err(Rejected::Consistent));
    let too_late = vec![write(0, 1, 1), write(2, 2, 3), read(5, 1, 6), lost(7, 1)];
    assert_eq!(core(&Register, too_late, None, &[0, 2, 5], &[]), REPROVED);
}

#[test]
fn the_value_that_an_optional_swap_compares_with_is_observed() {
    let swapped = |from| {
        let open = cas(1, from, 1, None, 0);
        vec![write(0, 3, 9), open, write(2, 2, 3), read(4, 1, 5)]
    };
    // Whether the swap can give 1 depends on whether 3 can have been written before it.
    assert_eq!(core(&CasRegister, swapped(3), None, &[4], &[1]), Err(Rejected::NotClosed(OpId(0))));
    assert_eq!(core(&CasRegister, swapped(3), None, &[4], &[0, 1]), Err(Rejected::Consistent));
    assert_eq!(core(&CasRegister, swapped(7), None, &[4], &[1]), REPROVED);
}

#[test]
fn a_mismatch_observes_every_other_value() {
    let mismatch = Some(CellRet::Mismatch);
    let operations = |other: Cell| vec![write(0, 1, 1), other, cas(4, 1, 5, mismatch.clone(), 5)];
    assert_eq!(core(&CasRegister, operations(read(2, 1, 3)), None, &[0, 4], &[]), REPROVED);
    assert_eq!(
        core(&CasRegister, operations(lost(2, 9)), None, &[0, 4], &[]),
        Err(Rejected::NotClosed(OpId(2)))
    );
    assert_eq!(
        core(&CasRegister, operations(lost(2, 9)), None, &[0, 4], &[2]),
        Err(Rejected::Consistent)
    );
}

#[test]
fn a_mismatch_that_is_left_out_or_optional_changes_nothing() {
    let mismatch = cas(2, 7, 1, Some(CellRet::Mismatch), 3);
    let operations = || vec![write(0, 2, 1), mismatch.clone(), read(4, 1, 5)];
    assert_eq!(core(&CasRegister, operations(), None, &[4], &[]), REPROVED);
    assert_eq!(core(&CasRegister, operations(), None, &[4], &[2]), REPROVED);
}

#[test]
fn two_swaps_of_one_version_contradict_each_other() {
    let done = Some(CellRet::Done);
    let operations = |first| {
        let swap = |id, to| cas(id, 1, to, done.clone(), 20);
        vec![first, swap(2, 2), swap(3, 3)]
    };
    assert_eq!(core(&CasRegister, operations(write(0, 1, 1)), None, &[2, 3], &[0]), REPROVED);
    let mut rewritten = operations(write(0, 1, 1));
    rewritten.push(lost(4, 1));
    assert_eq!(core(&CasRegister, rewritten, None, &[2, 3], &[0, 4]), Err(Rejected::Consistent));
}

#[test]
fn an_optional_operation_takes_effect_once_even_where_the_relaxed_search_needs_it_twice() {
    // Two alternations between 1 and 2 with only one write of each after the first read.
    let operations = vec![lost(0, 1), lost(1, 2), read(2, 1, 3), read(4, 2, 5), read(6, 1, 7)];
    assert_eq!(core(&Register, operations, None, &[2, 4, 6], &[0, 1]), REPROVED);
}

#[test]
fn a_write_of_the_present_value_is_not_placed_too_early() {
    let operations = vec![write(0, 1, 1), write(2, 1, 9), write(3, 2, 4), read(5, 1, 6)];
    assert_eq!(core(&Register, operations, None, &[0, 2, 3, 5], &[]), Err(Rejected::Consistent));
}

#[test]
fn what_a_core_names_must_be_there_answered_and_named_once() {
    let mut operations = stale();
    operations.push(lost(12, 4));
    operations.push(operation(13, CellOp::Write(5.into()), Outcome::Fail("no".to_owned()), 14));
    let verified = |required: &[u32], optional: &[u32]| {
        core(&Register, operations.clone(), None, required, optional)
    };
    assert_eq!(verified(&[0, 2, 5], &[7]), Err(Rejected::Unknown(OpId(7))));
    assert_eq!(verified(&[0, 2, 5, 2], &[]), Err(Rejected::Repeated(OpId(2))));
    assert_eq!(verified(&[0, 2, 5], &[0]), Err(Rejected::Repeated(OpId(0))));
    assert_eq!(verified(&[0, 2, 5, 12], &[]), Err(Rejected::Unanswered(OpId(12))));
    assert_eq!(verified(&[0, 2, 5], &[13]), Err(Rejected::Failed(OpId(13))));
}

#[test]
fn a_core_of_one_key_leaves_the_others_out() {
    let on = |key: &str, cell: Cell| {
        let Operation { id, process, op, outcome, call, ret, call_ns, ret_ns } = cell;
        Operation { id, process, op: KvOp::new(key, op), outcome, call, ret, call_ns, ret_ns }
    };
    let operations =
        || vec![on("x", write(0, 1, 1)), on("y", write(2, 2, 3)), on("x", read(4, 0, 5))];
    assert_eq!(core(&Kv, operations(), Some("x"), &[0, 4], &[]), REPROVED);
    assert_eq!(core(&Kv, operations(), Some("y"), &[0, 4], &[]), Err(Rejected::Unknown(OpId(0))));
    assert_eq!(
        core(&Kv, operations(), Some("q"), &[0, 4], &[]),
        Err(Rejected::StrayKey("q".to_owned()))
    );
    // Without a key the values of different keys must not be confused: every effect counts.
    assert_eq!(core(&Kv, operations(), None, &[0, 4], &[]), Err(Rejected::NotClosed(OpId(2))));
    assert_eq!(core(&Kv, operations(), None, &[0, 4], &[2]), REPROVED);
}

#[test]
fn an_append_makes_every_effect_count() {
    let append = operation(2, CellOp::Append("b".into()), Outcome::Ok(CellRet::Done), 3);
    let on = |cell: Cell| {
        let Operation { id, process, op, outcome, call, ret, call_ns, ret_ns } = cell;
        Operation { id, process, op: KvOp::new("x", op), outcome, call, ret, call_ns, ret_ns }
    };
    let text = |id, op, ret: &str, end| {
        operation(id, op, Outcome::Ok(CellRet::Value(Some(ret.into()))), end)
    };
    let first = operation(0, CellOp::Append("a".into()), Outcome::Ok(CellRet::Done), 1);
    let operations =
        || vec![on(first.clone()), on(append.clone()), on(text(4, CellOp::Read, "ba", 5))];
    assert_eq!(core(&Kv, operations(), Some("x"), &[0, 4], &[]), Err(Rejected::NotClosed(OpId(2))));
    assert_eq!(core(&Kv, operations(), Some("x"), &[0, 2, 4], &[]), REPROVED);
}

#[test]
fn a_stock_is_closed_over_every_sale_and_restock() {
    let ok = |id, op, ret, end| operation(id, op, Outcome::Ok(ret), end);
    let sale = |id, end| ok(id, StockOp::Buy(1), StockRet::Sold, end);
    let operations = |middle| vec![sale(0, 1), middle, sale(4, 5)];
    let one = Stock { initial: 1 };
    let refused = ok(2, StockOp::Buy(1), StockRet::SoldOut, 3);
    assert_eq!(core(&one, operations(refused.clone()), None, &[0, 4], &[]), REPROVED);
    assert_eq!(core(&one, operations(refused), None, &[0, 4], &[2]), REPROVED);
    let restock = operation(2, StockOp::Restock(1), Outcome::Info("timeout".to_owned()), 0);
    let operations = operations(restock);
    assert_eq!(
        core(&one, operations.clone(), None, &[0, 4], &[]),
        Err(Rejected::NotClosed(OpId(2)))
    );
    assert_eq!(core(&one, operations, None, &[0, 4], &[2]), Err(Rejected::Consistent));
}

/// A number that was 5 may be 4 later, where somebody takes away.
#[test]
fn a_number_that_falls_does_not_contradict_an_earlier_one() {
    let number = |op: FetchAddOp, answer: i64, id, end| operation(id, op, Outcome::Ok(answer), end);
    let falling = |amount: i64, then: i64| {
        let operations = vec![
            number(FetchAddOp::FetchAdd(amount), 5, 0, 6),
            number(FetchAddOp::Read, 5, 1, 2),
            number(FetchAddOp::FetchAdd(2), then, 4, 7),
        ];
        let model = FetchAdd { initial: 5, ..FetchAdd::default() };
        core(&model, operations, None, &[0, 1, 4], &[])
    };
    assert_eq!(falling(-1, 4), Err(Rejected::Consistent));
    assert_eq!(falling(0, 5), Err(Rejected::Consistent));
    assert_eq!(falling(-1, 3), REPROVED);
    assert_eq!(falling(1, 4), REPROVED);
}

#[test]
fn a_core_that_is_too_large_is_left_to_the_engine() {
    // Many different even amounts do not add up to 1, but that is no matter of more or less: the
    // relaxed search never ends, the exact one has 2^40 configurations.
    let restock = |id: u32| {
        operation(id, StockOp::Restock(2 << (id % 24)), Outcome::Info("timeout".to_owned()), 0)
    };
    let mut operations: Vec<_> = (0..40).map(restock).collect();
    let count = StockRet::Count(1);
    operations.push(operation(40, StockOp::Read, Outcome::Ok(count), 41));
    let optional: Vec<u32> = (0..40).collect();
    let verified = core(&Stock { initial: 0 }, operations, None, &[40], &optional);
    assert_eq!(verified, Ok(Assurance::EngineOnly));
}
