//! What is told of cores that are larger than a reduction leaves them.

use super::name::Named;
use super::story::Story;
use super::{Case, tell};
use crate::Budget;
use crate::subject::Typed;
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{CellOp, CellRet, Register};
use testimony_verdict::{AnomalyKind, Level};

/// The reasons for a core of so many clients, each of which wrote so often.
fn why(clients: u32, each: u32) -> Vec<String> {
    let write = |at: u32| Operation {
        id: OpId(2 * at),
        process: Process(at % clients),
        op: CellOp::Write(1.into()),
        outcome: Outcome::Ok(CellRet::Done),
        call: Rank(2 * at),
        ret: Rank(2 * at + 1),
        call_ns: 0,
        ret_ns: 0,
    };
    let operations: Vec<_> = (0..clients * each).map(write).collect();
    let history = History { operations, ..History::default() };
    let subject = Typed::new(&Register, &history);
    let story = Story::read(&subject, true).expect("a history of sessions");
    let all: Vec<usize> = (0..story.acts.len()).collect();
    let core = story.core(&all);
    let case = Case { subject: &subject, budget: &Budget::default(), story, level: Level::Pram };
    let named = Named::new(AnomalyKind::Contradiction, OpId(0), Vec::new());
    let why = tell::anomaly(&case, &core, &named).explanation.why;
    why.into_iter().map(|reason| reason.text).collect()
}

#[test]
fn so_many_sessions_are_told() {
    let eight = why(8, 1);
    assert_eq!((eight.len(), eight[7].as_str()), (9, "client 7 did write 1 (#14)"));
    let nine = why(9, 1);
    assert_eq!((nine.len(), nine[8].as_str()), (10, "(more sessions follow)"));
}

#[test]
fn so_many_operations_of_a_session_are_told() {
    let six = why(1, 6);
    assert!(six[0].ends_with("then write 1 (#8), then write 1 (#10)"), "{six:?}");
    let eight = why(1, 8);
    assert!(eight[0].ends_with("then write 1 (#10), then 2 more"), "{eight:?}");
}
