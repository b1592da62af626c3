//! Orders that a system tells: right, with holes, and lies.

use crate::Budget;
use crate::budget::Meter;
use crate::part::{Decision, Part};
use crate::search::Search;
use crate::subject::Typed;
use serde::{Deserialize, Serialize};
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{Model, Step};

/// A list to which clients append. What it holds is told as a sum that depends on the order; where an
/// append took effect is told with it, and believed or not.
#[derive(Clone)]
struct Journal {
    tells: bool,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "f", content = "value")]
enum JournalOp {
    Append(u64),
    Sum,
}

impl Model for Journal {
    type Op = JournalOp;
    type Ret = u64;
    type State = u64;
    type Key = String;
    const NAME: &'static str = "journal";

    fn init(&self) -> u64 {
        1
    }

    fn step(&self, state: &u64, op: &JournalOp, ret: Option<&u64>) -> Step<u64> {
        match op {
            JournalOp::Append(value) => Step::To(sum(*state, *value)),
            JournalOp::Sum if ret.is_none_or(|ret| ret == state) => Step::To(*state),
            JournalOp::Sum => Step::Refuse(format!("the sum is {state}")),
        }
    }

    fn is_observer(&self, op: &JournalOp) -> bool {
        matches!(op, JournalOp::Sum)
    }

    fn order(&self, op: &JournalOp, ret: &u64) -> Option<i64> {
        let place = i64::try_from(*ret).ok()?;
        (self.tells && matches!(op, JournalOp::Append(_))).then_some(place)
    }
}

fn sum(state: u64, value: u64) -> u64 {
    state.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17) ^ value
}

/// In each round so many clients append at once, and then one asks for the sum. Of each round the
/// answer of one append may be lost.
fn rounds(count: u32, clients: u32, lost: bool) -> History<JournalOp, u64> {
    let (mut operations, mut state, mut place) = (Vec::new(), 1, 0);
    let mut push = |op, outcome, call: u32, ret: u32| {
        let id = u32::try_from(operations.len()).expect("few");
        let (call, ret) = (Rank(call), Rank(ret));
        let (id, process) = (OpId(id), Process(id));
        operations.push(Operation { id, process, op, outcome, call, ret, call_ns: 0, ret_ns: 0 });
    };
    for round in 0..count {
        let rank = round * 4 * clients;
        let mut places = vec![0; clients as usize];
        for turn in 0..clients {
            let client = turn * 7 % clients;
            state = sum(state, u64::from(round * clients + client));
            places[client as usize] = place;
            place += 1;
        }
        for client in 0..clients {
            let op = JournalOp::Append(u64::from(round * clients + client));
            let (call, ret) = (rank + client, rank + clients + (client * 3 + 1) % clients);
            match lost && client == 2 {
                true => push(op, Outcome::Info(String::new()), call, Rank::NEVER.0),
                false => push(op, Outcome::Ok(places[client as usize]), call, ret),
            }
        }
        push(JournalOp::Sum, Outcome::Ok(state), rank + 2 * clients, rank + 2 * clients + 1);
    }
    History { operations, ..History::default() }
}

/// What is found of a journal with its order told and without it, and the steps that it took.
fn found(history: &History<JournalOp, u64>, steps_max: u64) -> [(Option<bool>, u64); 2] {
    [true, false].map(|tells| {
        let model = Journal { tells };
        let subject = Typed::new(&model, history);
        let budget = Budget { steps_max, ..Budget::default() };
        let (part, mut meter) = (Part::all(&subject), Meter::new(&budget));
        let mut search = Search::new(&part, &mut meter).expect("a search");
        let found = match search.decide(&mut meter) {
            Decision::Valid(_) => Some(true),
            Decision::Invalid(_) => Some(false),
            Decision::Unknown(_) => None,
        };
        (found, meter.steps())
    })
}

#[test]
fn an_order_that_is_told_need_not_be_found() {
    // Nothing but the sum says which of 16! orders it was.
    let history = rounds(50, 16, false);
    let [(told, steps), (untold, most)] = found(&history, 1_000_000);
    let operations = history.operations.len() as u64;
    assert_eq!((told, untold), (Some(true), None), "{steps} steps, {most} without");
    assert!(steps < 40 * operations, "{steps} steps for {operations} operations");
    // Where few wait at once both find it.
    let [(told, steps), (untold, most)] = found(&rounds(50, 5, false), 1_000_000);
    assert_eq!((told, untold), (Some(true), Some(true)));
    assert!(2 * steps < most, "{steps} steps, {most} without");
}

#[test]
fn a_told_order_may_have_holes_and_lies() {
    let tells = |history: &History<JournalOp, u64>| found(history, 1_000_000).map(|found| found.0);
    assert_eq!(tells(&rounds(20, 4, true)), [Some(true), Some(true)]);
    let mut history = rounds(20, 4, false);
    for operation in &mut history.operations {
        if let (JournalOp::Append(_), Outcome::Ok(place)) = (&operation.op, &mut operation.outcome)
        {
            *place = 1_000 - *place;
        }
    }
    assert_eq!(tells(&history), [Some(true), Some(true)], "every place is a lie");
    history.operations.last_mut().expect("a sum").outcome = Outcome::Ok(7);
    assert_eq!(tells(&history), [Some(false), Some(false)]);
}
