//! Large histories from a seed, judged: for measures of time and memory from outside.
//!
//! ```text
//! large KIND OPERATIONS CLIENTS SEED [bare]
//! ```
//!
//! `unique` and `repeated`: valid, values written once or five values again and again; `stale`:
//! repeated values, one write in twenty never answers, and at 95 % one read answers a value that
//! was overwritten thirty writes before; `crowd`: everything at once and a read of a value that nobody
//! wrote. With `bare` there is no certificate and no core.

use std::process::ExitCode;
use testimony_check::{Budget, Checker, Linearizable};
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{CellOp, CellRet, Register, Value};
use testimony_verdict::Verdict;

/// SplitMix64 (Steele, Lea, Flood, 2014).
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unique,
    Repeated,
    Stale,
    Crowd,
}

/// A client with an open operation.
struct Open {
    at: usize,
    answer: Option<CellRet>,
}

fn history(kind: Kind, operations: usize, clients: usize, seed: u64) -> History<CellOp, CellRet> {
    let mut draw = Draw(seed);
    let mut state: Option<Value> = None;
    let mut history = History::default();
    let mut open: Vec<Option<Open>> = (0..clients).map(|_| None).collect();
    let (mut process, mut rank) = (0, 0);
    let mut past: Vec<Option<Value>> = Vec::new();
    while history.operations.len() < operations || open.iter().any(Option::is_some) {
        let client = usize::try_from(draw.below(clients as u64)).expect("few clients");
        match &mut open[client] {
            slot @ None if history.operations.len() < operations => {
                let at = history.operations.len();
                let number = i64::try_from(at).expect("few operations") + 1;
                let wide = i64::try_from(draw.below(5)).expect("small");
                let value = if kind == Kind::Unique { number } else { wide };
                let read = draw.below(2) == 0;
                let op = if read { CellOp::Read } else { CellOp::Write(value.into()) };
                let lost = kind == Kind::Stale && !read && draw.below(10) == 0;
                history.operations.push(Operation {
                    id: OpId(rank),
                    process: Process(process),
                    op,
                    outcome: Outcome::Info("lost".to_owned()),
                    call: Rank(rank),
                    ret: Rank::NEVER,
                    call_ns: u64::from(rank) * 1_000,
                    ret_ns: u64::from(rank) * 1_000,
                });
                (process, rank) = (process + 1, rank + 1);
                if lost {
                    // Half of the lost writes took effect.
                    if draw.below(2) == 0 {
                        state = Some(value.into());
                    }
                } else {
                    *slot = Some(Open { at, answer: None });
                }
            }
            None => {}
            Some(one) if one.answer.is_none() => {
                one.answer = Some(match &history.operations[one.at].op {
                    CellOp::Write(value) => {
                        past.push(state.replace(value.clone()));
                        CellRet::Done
                    }
                    _ => CellRet::Value(state.clone()),
                });
            }
            slot @ Some(_) => {
                let Some(Open { at, answer: Some(answer) }) = slot.take() else { continue };
                let operation = &mut history.operations[at];
                operation.outcome = Outcome::Ok(answer);
                operation.ret = Rank(rank);
                operation.ret_ns = u64::from(rank) * 1_000;
                rank += 1;
            }
        }
    }
    if kind == Kind::Stale {
        spoil(&mut history, operations);
    }
    history
}

/// Lets the first read after 95 % of the history answer a value of its own, whose only write was
/// acknowledged some thirty writes earlier.
fn spoil(history: &mut History<CellOp, CellRet>, operations: usize) {
    const STALE: i64 = 77;
    let end = operations * 95 / 100;
    let unread = |history: &History<CellOp, CellRet>, at: usize| {
        let write = &history.operations[at];
        let is_write = write.is_ok() && matches!(write.op, CellOp::Write(_));
        // Nobody may have read what it wrote while it could have been the last.
        let later = history.operations[at + 1..].iter().take_while(|one| one.call < write.ret);
        is_write && !later.clone().any(|one| one.op == CellOp::Read)
    };
    let Some(write) = (0..end.saturating_sub(60)).rev().find(|&at| unread(history, at)) else {
        return;
    };
    history.operations[write].op = CellOp::Write(STALE.into());
    let read = |one: &&mut Operation<CellOp, CellRet>| one.op == CellOp::Read && one.is_ok();
    if let Some(read) = history.operations.iter_mut().skip(end).find(read) {
        read.outcome = Outcome::Ok(CellRet::Value(Some(STALE.into())));
    }
}

fn crowd(operations: usize) -> History<CellOp, CellRet> {
    let end = u32::try_from(operations).expect("few operations");
    let one = |id: u32, op: CellOp, answer: CellRet, ret: u32| Operation {
        id: OpId(id),
        process: Process(id),
        op,
        outcome: Outcome::Ok(answer),
        call: Rank(id),
        ret: Rank(ret),
        call_ns: 0,
        ret_ns: 0,
    };
    let write = |id: u32| CellOp::Write(i64::from(id % 5).into());
    let mut operations: Vec<_> =
        (0..end).map(|id| one(id, write(id), CellRet::Done, 3 * end + id)).collect();
    operations.push(one(end, CellOp::Read, CellRet::Value(Some(9.into())), 2 * end));
    History { operations, ..History::default() }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: usize| {
        arguments.get(at).map_or(Ok(default), |text| text.parse::<usize>())
    };
    let kind = match arguments.first().map(String::as_str) {
        Some("unique") => Kind::Unique,
        Some("repeated") => Kind::Repeated,
        Some("stale") => Kind::Stale,
        Some("crowd") => Kind::Crowd,
        _ => return ExitCode::from(64),
    };
    let (Ok(operations), Ok(clients), Ok(seed)) = (number(1, 1_000), number(2, 5), number(3, 1))
    else {
        return ExitCode::from(64);
    };
    let history = match kind {
        Kind::Crowd => crowd(operations),
        _ => history(kind, operations, clients, seed as u64),
    };
    if arguments.get(4).is_some_and(|word| word == "bare") {
        return match Linearizable::default().holds(&Register, &history, &Budget::default()) {
            Some(true) => ExitCode::SUCCESS,
            Some(false) => ExitCode::from(1),
            None => ExitCode::from(2),
        };
    }
    let finding = Linearizable::default().check(&Register, &history, &Budget::default());
    let said = match &finding.verdict {
        Verdict::Valid(_) => "valid".to_owned(),
        Verdict::Unknown(why) => format!("unknown: {why}"),
        Verdict::Invalid(anomalies) => {
            let core = |one: &testimony_verdict::Anomaly| {
                let (required, optional) = (&one.core.required, &one.core.optional);
                format!("{} ({} + {} operations)", one.kind, required.len(), optional.len())
            };
            format!("invalid: {}", anomalies.iter().map(core).collect::<Vec<_>>().join(", "))
        }
    };
    let count = history.operations.len();
    #[expect(clippy::print_stdout, reason = "an example that prints what it found")]
    {
        println!("{count} operations, {}: {said}", finding.engine);
    }
    ExitCode::SUCCESS
}
