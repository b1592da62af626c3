//! Zones on histories whose answer is known, one for each way to be wrong.

use super::{Accesses, Answer};
use crate::part::{OperationOf, Part};
use testimony_history::{OpId, Operation, Outcome, Process, Rank};
use testimony_model::{CasRegister, CellOp, CellRet};

type One = OperationOf<CasRegister>;

fn operation(op: CellOp, outcome: Outcome<CellRet>, call: u32, ret: u32) -> One {
    let (call, ret) = (Rank(call), Rank(ret));
    Operation {
        id: OpId(call.0),
        process: Process(call.0),
        op,
        outcome,
        call,
        ret,
        call_ns: 0,
        ret_ns: 0,
    }
}

fn read(value: i64, call: u32, ret: u32) -> One {
    let value = (value > 0).then(|| value.into());
    operation(CellOp::Read, Outcome::Ok(CellRet::Value(value)), call, ret)
}

fn write(value: i64, call: u32, ret: u32) -> One {
    operation(CellOp::Write(value.into()), Outcome::Ok(CellRet::Done), call, ret)
}

fn maybe_write(value: i64, call: u32) -> One {
    operation(CellOp::Write(value.into()), Outcome::Info(String::new()), call, u32::MAX)
}

fn cas(from: i64, to: i64, call: u32, ret: u32) -> One {
    let op = CellOp::Cas((from > 0).then(|| from.into()), to.into());
    operation(op, Outcome::Ok(CellRet::Done), call, ret)
}

fn mismatch(from: i64, to: i64, call: u32, ret: u32) -> One {
    operation(CellOp::Cas(Some(from.into()), to.into()), Outcome::Ok(CellRet::Mismatch), call, ret)
}

/// Positions of the order, or the suspects.
fn decide(operations: &[One]) -> Result<Vec<usize>, Vec<usize>> {
    let operations = operations.iter().collect();
    let part = Part { model: &CasRegister, key: None, operations };
    match Accesses::of(&part).expect("an access each").decide() {
        Answer::Valid(order) => Ok(order.into_iter().map(|at| at as usize).collect()),
        Answer::Invalid(suspects) => Err(suspects),
        Answer::Undecided(position) => panic!("undecided at {position}"),
    }
}

#[test]
fn a_stale_read_names_the_two_writes_and_the_read() {
    let found = decide(&[write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)]);
    assert_eq!(found, Err(vec![0, 1, 2]));
}

#[test]
fn equal_ranks_are_concurrent() {
    // The read begins at the very rank at which the second write returns.
    let found = decide(&[write(1, 0, 1), write(2, 2, 4), read(1, 4, 5)]);
    assert_eq!(found, Ok(vec![0, 2, 1]));
}

#[test]
fn a_read_that_ends_before_its_write_begins_is_wrong() {
    assert_eq!(decide(&[read(1, 0, 1), write(1, 2, 3)]), Err(vec![0, 1]));
}

#[test]
fn a_value_that_nobody_wrote_is_wrong() {
    assert_eq!(decide(&[write(1, 0, 1), read(7, 2, 3)]), Err(vec![1]));
}

#[test]
fn two_swaps_from_one_value_are_wrong() {
    let found = decide(&[write(1, 0, 9), cas(1, 2, 1, 9), cas(1, 3, 2, 9)]);
    assert_eq!(found, Err(vec![1, 2]));
}

#[test]
fn swaps_in_a_circle_are_wrong() {
    assert_eq!(decide(&[cas(2, 1, 0, 9), cas(1, 2, 1, 9)]), Err(vec![0]));
}

#[test]
fn an_indeterminate_write_that_nobody_saw_costs_nothing() {
    assert_eq!(decide(&[maybe_write(1, 0), read(0, 1, 2)]), Ok(vec![1]));
}

#[test]
fn an_indeterminate_write_that_somebody_saw_happened() {
    assert_eq!(decide(&[maybe_write(1, 0), read(1, 1, 2), read(0, 3, 4)]), Err(vec![1, 2]));
}

#[test]
fn a_mismatch_goes_where_another_value_is() {
    let found = decide(&[write(1, 0, 3), mismatch(1, 5, 1, 9), write(2, 4, 5)]);
    assert_eq!(found, Ok(vec![1, 0, 2]));
}

#[test]
fn a_long_chain_needs_no_stack() {
    let swaps = (1..200_000u32).map(|at| cas(i64::from(at), i64::from(at) + 1, 2 * at, 2 * at + 1));
    let chain: Vec<One> = std::iter::once(write(1, 0, 1)).chain(swaps).collect();
    assert_eq!(decide(&chain).map(|order| order.len()), Ok(200_000));
}
