//! Cores whose answers do not add up, and what the verifier may spend on others.

use super::*;
use crate::{Limits, verify_within};
use testimony_model::{Bank, BankOp, BankRet, Counter, CounterOp, CounterRet, Stock};
use testimony_model::{Register, StockOp, StockRet};

const REPROVED: Result<Assurance, Rejected> = Ok(Assurance::Reproved);
const CONSISTENT: Result<Assurance, Rejected> = Err(Rejected::Consistent);

fn add(id: u32, amount: i64, end: u32) -> Operation<CounterOp, CounterRet> {
    operation(id, CounterOp::Add(amount), Outcome::Ok(CounterRet::Added), end)
}

fn sum(id: u32, read: i64, end: u32) -> Operation<CounterOp, CounterRet> {
    operation(id, CounterOp::Read, Outcome::Ok(CounterRet::Sum(read)), end)
}

/// The verdict on a core of so many additions of 1 that were answered, so many that may have
/// happened, and a read after them.
fn counted(answered: u32, open: u32, read: i64) -> Result<Assurance, Rejected> {
    let mut operations: Vec<_> = (0..answered).map(|at| add(2 * at, 1, 2 * at + 1)).collect();
    let unknown = Outcome::Info("timeout".to_owned());
    let begin = 2 * answered;
    operations
        .extend((0..open).map(|at| operation(begin + at, CounterOp::Add(1), unknown.clone(), 0)));
    operations.push(sum(begin + open, read, begin + open + 1));
    let required: Vec<u32> = (0..answered).map(|at| 2 * at).chain([begin + open]).collect();
    let optional: Vec<u32> = (begin..begin + open).collect();
    core(&Counter::default(), operations, None, &required, &optional)
}

#[test]
fn a_sum_lies_between_what_was_and_what_may_have_been_added() {
    assert_eq!(counted(2_000, 1_000, 1_999), REPROVED);
    assert_eq!(counted(2_000, 1_000, 3_001), REPROVED);
    assert_eq!(counted(6, 3, 5), REPROVED);
    assert_eq!(counted(6, 3, 6), CONSISTENT);
    assert_eq!(counted(6, 3, 9), CONSISTENT);
    assert_eq!(counted(6, 3, 10), REPROVED);
}

#[test]
fn what_came_between_two_sums_counts() {
    // The read of 4 is under way while 3 is added, which so may come before or after it.
    let between = |second: i64| {
        let all = vec![sum(0, 0, 1), add(2, 4, 3), sum(4, 4, 7), add(5, 3, 6), sum(8, second, 9)];
        core(&Counter::default(), all, None, &[0, 2, 4, 5, 8], &[])
    };
    assert_eq!(between(7), CONSISTENT);
    assert_eq!(between(4), REPROVED);
    assert_eq!(between(8), REPROVED);
    let taken = vec![sum(0, 0, 1), add(2, 4, 3), add(4, -1, 9), sum(6, 3, 7)];
    assert_eq!(core(&Counter::default(), taken, None, &[0, 2, 6], &[4]), CONSISTENT);
}

#[test]
fn a_number_does_not_fall_below_its_least() {
    let sale = |id: u32| operation(id, StockOp::Buy(2), Outcome::Ok(StockRet::Sold), 9);
    let sold = |initial| core(&Stock { initial }, vec![sale(0), sale(1)], None, &[0, 1], &[]);
    assert_eq!(sold(3), REPROVED);
    assert_eq!(sold(4), CONSISTENT);
    let count = operation(0, StockOp::Read, Outcome::Ok(StockRet::Count(-1)), 9);
    assert_eq!(core(&Stock { initial: 3 }, vec![count], None, &[0], &[]), REPROVED);
}

#[test]
fn each_account_is_a_number_and_so_is_the_total() {
    let model = Bank { accounts: [("a".into(), 5), ("b".into(), 1)].into(), overdraft: false };
    let read = |a: i64, b: i64| {
        let balances = BankRet::Balances([("a".into(), a), ("b".into(), b)].into());
        let transfer = BankOp::Transfer { from: "a".into(), to: "b".into(), amount: 2 };
        let open = operation(0, transfer, Outcome::Info("timeout".to_owned()), 0);
        let read = operation(1, BankOp::Read, Outcome::Ok(balances), 2);
        core(&model, vec![open, read], None, &[1], &[0])
    };
    assert_eq!(read(5, 1), CONSISTENT);
    assert_eq!(read(3, 3), CONSISTENT);
    assert_eq!(read(3, 1), REPROVED);
    assert_eq!(read(2, 4), REPROVED);
}

#[test]
fn what_came_before_an_answer_may_be_left_out() {
    // 2 are taken at some time around the read of 12, and 4 are added after it.
    let all = |last: i64, first_end: u32| {
        let taken = add(8, -2, 11);
        let (first, base) = (add(0, 9, first_end), sum(9, 12, 10));
        vec![first, add(2, 3, 3), taken, base, add(12, 4, 13), sum(14, last, 15)]
    };
    let of = |last: i64, required: &[u32], optional: &[u32]| {
        core(&Counter::default(), all(last, 1), None, required, optional)
    };
    assert_eq!(of(13, &[9, 12, 14], &[8]), REPROVED);
    assert_eq!(of(17, &[9, 14], &[8, 12]), REPROVED);
    assert_eq!(of(16, &[9, 12, 14], &[8, 0, 2]), CONSISTENT);
    let not_closed = |id: u32| Err(Rejected::NotClosed(OpId(id)));
    // It does not follow, or not from this answer.
    assert_eq!(of(14, &[9, 12, 14], &[8]), not_closed(0));
    assert_eq!(of(13, &[12, 14], &[8]), not_closed(0));
    // Something is left out that may have come after the answer.
    assert_eq!(of(13, &[9, 12, 14], &[]), not_closed(0));
    assert_eq!(of(17, &[9, 14], &[8]), not_closed(0));
    let late = core(&Counter::default(), all(13, 16), None, &[9, 12, 14], &[8]);
    assert_eq!(late, not_closed(0));
}

#[test]
fn what_is_not_decided_within_the_limits_is_not_vouched_for() {
    let operations = vec![write(0, 1, 1), write(2, 2, 3), read(4, 1, 5)];
    let within = |limits: &Limits<'_>| {
        let anomaly = anomaly(Property::LINEARIZABLE, None, &[0, 2, 4], &[]);
        let (history, mut verdict) = (history(operations.clone()), Verdict::Invalid(vec![anomaly]));
        let property = Property::LINEARIZABLE;
        verify_within(&Register, &history, &property, None, &mut verdict, limits)
            .expect("nothing is claimed that is not so");
        match verdict {
            Verdict::Invalid(anomalies) => anomalies[0].assurance,
            other => panic!("the verdict became {other:?}"),
        }
    };
    assert_eq!(within(&Limits::default()), Assurance::Reproved);
    assert_eq!(within(&Limits { tries_max: 2, ..Limits::default() }), Assurance::EngineOnly);
    assert_eq!(within(&Limits { bytes_max: 2, ..Limits::default() }), Assurance::EngineOnly);
}
