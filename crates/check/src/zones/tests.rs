//! Zones on histories whose answer is known, one for each way to be wrong.

use super::{Accesses, Answer};
use crate::families::Draw;
use crate::part::Part;
use crate::subject::Typed;
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{CasRegister, CellOp, CellRet};

type One = Operation<CellOp, CellRet>;

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
    let history = History { operations: operations.to_vec(), ..History::default() };
    let subject = Typed::new(&CasRegister, &history);
    let part = Part::all(&subject);
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

/// Accesses with unique values, some never answered, at ranks with and without ties. A few values
/// are large, negative or nobody's.
fn draw_history(draw: &mut Draw, operations: u32) -> Vec<One> {
    let span = operations * if draw.below(2) == 0 { 1 } else { 4 };
    let value = |number: u32| match number % 5 {
        4 => i64::from(number) << 40,
        3 => -i64::from(number),
        _ => i64::from(number),
    };
    let mut list = Vec::new();
    for number in 1..=operations {
        let call = draw.below(span);
        let ret = call + draw.below(8);
        let some = match draw.below(operations + 1) {
            0 => None,
            other => Some(value(other).into()),
        };
        let (op, answer) = match draw.below(8) {
            0..4 => (CellOp::Write(value(number).into()), CellRet::Done),
            4..6 => (CellOp::Read, CellRet::Value(some)),
            6 => (CellOp::Cas(some, value(number).into()), CellRet::Done),
            _ => (CellOp::Cas(some, value(number).into()), CellRet::Mismatch),
        };
        let lost = draw.below(5) == 0 && op != CellOp::Read;
        let outcome = if lost { Outcome::Info(String::new()) } else { Outcome::Ok(answer) };
        let (call, ret) = (Rank(call), if lost { Rank::NEVER } else { Rank(ret) });
        let one = operation(op, outcome, call.0, ret.0);
        list.push(Operation { id: OpId(number), ..one });
    }
    list.sort_by_key(|one| (one.call, one.id));
    for (one, id) in list.iter_mut().zip(0..) {
        one.id = OpId(id);
    }
    list
}

/// Goal: the zones decide what the general search decides. Method: random histories, small so that
/// both answers are common.
#[test]
fn zones_and_search_agree() {
    let (mut draw, mut valid, mut invalid) = (Draw(7), 0, 0);
    for round in 0..30_000_u32 {
        let operations = draw_history(&mut draw, 2 + round % 6);
        let history = testimony_history::History { operations, ..Default::default() };
        let by = |engine| {
            crate::Linearizable { engine: Some(engine) }.holds(
                &CasRegister,
                &history,
                &crate::Budget::default(),
            )
        };
        let Some(zones) = by(testimony_verdict::Engine::Zones) else { continue };
        assert_eq!(Some(zones), by(testimony_verdict::Engine::Search), "{:#?}", history.operations);
        valid += u32::from(zones);
        invalid += u32::from(!zones);
    }
    assert!(valid > 3_000 && invalid > 3_000, "{valid} valid, {invalid} invalid");
}
