//! Large histories of collections from a seed, judged: for measures of time and memory from outside.
//!
//! ```text
//! collections set|queue|stack|priority-queue OPERATIONS CLIENTS SEED INFO none|bare|full [broken]
//! ```
//!
//! Values are put in once; INFO percent of the puts and takes never answer (half of them take
//! effect). `none` only makes the history, `bare` decides it without a certificate or a core, `full`
//! with. With `broken`, two takes near the end have their answers swapped.

use std::collections::{BTreeSet, BinaryHeap, VecDeque};
use std::process::ExitCode;
use testimony_check::{Budget, Checker, Linearizable};
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{
    CollectionOp, CollectionRet, Model, PriorityQueue, Queue, Set, SetOp, SetRet, Stack, Value,
};
use testimony_verdict::{Finding, Verdict};

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

/// What is in, by the collection.
enum Contents {
    Queue(VecDeque<i64>),
    Stack(Vec<i64>),
    Heap(BinaryHeap<i64>),
}

impl Contents {
    fn act(&mut self, op: &CollectionOp) -> CollectionRet {
        let (next, take) = match (op, &mut *self) {
            (CollectionOp::Insert(Value::Int(value)), Contents::Queue(all)) => {
                all.push_back(*value);
                return CollectionRet::Done;
            }
            (CollectionOp::Insert(Value::Int(value)), Contents::Stack(all)) => {
                all.push(*value);
                return CollectionRet::Done;
            }
            (CollectionOp::Insert(Value::Int(value)), Contents::Heap(all)) => {
                all.push(*value);
                return CollectionRet::Done;
            }
            (_, Contents::Queue(all)) => (all.front().copied(), *op == CollectionOp::Take),
            (_, Contents::Stack(all)) => (all.last().copied(), *op == CollectionOp::Take),
            (_, Contents::Heap(all)) => (all.peek().copied(), *op == CollectionOp::Take),
        };
        if take {
            match self {
                Contents::Queue(all) => drop(all.pop_front()),
                Contents::Stack(all) => drop(all.pop()),
                Contents::Heap(all) => drop(all.pop()),
            }
        }
        CollectionRet::Value(next.map(Value::Int))
    }
}

/// Runs clients against an object.
fn history<O: Clone, R>(
    (operations, clients, info): (usize, u64, u64),
    draw: &mut Draw,
    mut op: impl FnMut(&mut Draw, i64) -> (O, bool),
    mut act: impl FnMut(&O) -> R,
) -> History<O, R> {
    let mut history = History::default();
    let mut open: Vec<Option<(usize, Option<R>)>> = (0..clients).map(|_| None).collect();
    let (mut process, mut rank) = (0, 0);
    while history.operations.len() < operations || open.iter().any(Option::is_some) {
        let client = usize::try_from(draw.below(clients)).expect("few clients");
        match &mut open[client] {
            slot @ None if history.operations.len() < operations => {
                let at = history.operations.len();
                let (op, changes) = op(draw, i64::try_from(at).expect("few operations"));
                let lost = changes && draw.below(100) < info;
                if lost && draw.below(2) == 0 {
                    act(&op);
                }
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
                if !lost {
                    *slot = Some((at, None));
                }
            }
            None => {}
            Some((at, answer @ None)) => *answer = Some(act(&history.operations[*at].op)),
            slot @ Some(_) => {
                let Some((at, Some(answer))) = slot.take() else { continue };
                let operation = &mut history.operations[at];
                operation.outcome = Outcome::Ok(answer);
                operation.ret = Rank(rank);
                operation.ret_ns = u64::from(rank) * 1_000;
                rank += 1;
            }
        }
    }
    history
}

/// Swaps the answers of two takes that are some way apart.
fn swap(history: &mut History<CollectionOp, CollectionRet>) {
    let from = history.operations.len() * 95 / 100;
    let took = |one: &Operation<CollectionOp, CollectionRet>| {
        let value = matches!(one.outcome.answer(), Some(CollectionRet::Value(Some(_))));
        one.op == CollectionOp::Take && value
    };
    let takes = (from..history.operations.len()).filter(|&at| took(&history.operations[at]));
    let takes: Vec<usize> = takes.take(200).collect();
    if let [first, .., last] = takes.as_slice() {
        let other = history.operations[*last].outcome.clone();
        let one = std::mem::replace(&mut history.operations[*first].outcome, other);
        history.operations[*last].outcome = one;
    }
}

fn judge<M: Model>(model: &M, history: &History<M::Op, M::Ret>, how: &str) -> String {
    let (checker, budget) = (Linearizable::default(), Budget::default());
    match how {
        "none" => "made".to_owned(),
        "bare" => format!("{:?}", checker.holds(model, history, &budget)),
        _ => {
            let Finding { verdict, engine } = checker.check(model, history, &budget);
            match verdict {
                Verdict::Valid(_) => format!("valid by {engine}"),
                Verdict::Unknown(why) => format!("unknown: {why}"),
                Verdict::Invalid(anomalies) => {
                    let shown = anomalies.iter().map(|one| {
                        let (required, optional) = (&one.core.required, one.core.optional.len());
                        let sentence = &one.explanation.sentence;
                        format!("{} {required:?} + {optional} optional: {sentence}", one.kind)
                    });
                    format!("invalid by {engine}: {}", shown.collect::<Vec<_>>().join("; "))
                }
            }
        }
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let texts: Vec<&str> = words.iter().map(String::as_str).collect();
    let (texts, broken) = match texts.as_slice() {
        [all @ .., "broken"] => (all, true),
        all => (all, false),
    };
    let [model, numbers @ .., how] = texts else { return ExitCode::FAILURE };
    let numbers: Vec<u64> = numbers.iter().filter_map(|text| text.parse().ok()).collect();
    let [operations, clients, seed, info] = numbers[..] else { return ExitCode::FAILURE };
    let shape = (usize::try_from(operations).expect("a count"), clients, info);
    let mut draw = Draw(seed);
    let ordered = |draw: &mut Draw, number: i64| match draw.below(40) {
        0..20 => (
            CollectionOp::Insert(
                ((number * 7_919) % 1_000_003 + number / 1_000_003 * 1_000_003).into(),
            ),
            true,
        ),
        20..37 => (CollectionOp::Take, true),
        _ => (CollectionOp::Peek, false),
    };
    let contents = match *model {
        "queue" => Some(Contents::Queue(VecDeque::new())),
        "stack" => Some(Contents::Stack(Vec::new())),
        "priority-queue" => Some(Contents::Heap(BinaryHeap::new())),
        _ => None,
    };
    let said = if let Some(mut contents) = contents {
        let mut history = history(shape, &mut draw, ordered, |op| contents.act(op));
        if broken {
            swap(&mut history);
        }
        match *model {
            "queue" => judge(&Queue, &history, how),
            "stack" => judge(&Stack, &history, how),
            _ => judge(&PriorityQueue, &history, how),
        }
    } else {
        let mut all = BTreeSet::new();
        let mut gone = 0;
        let op = |draw: &mut Draw, number: i64| match draw.below(3) {
            0 => (SetOp::Add(number.into()), true),
            1 => {
                gone += 1;
                (SetOp::Remove((gone * 3 / 2).into()), true)
            }
            _ => {
                let near = i64::try_from(draw.below(30)).expect("small");
                (SetOp::Contains((number - near).into()), false)
            }
        };
        let act = |op: &SetOp| match op {
            SetOp::Add(Value::Int(value)) => SetRet::Told(all.insert(*value)),
            SetOp::Remove(Value::Int(value)) => SetRet::Told(all.remove(value)),
            SetOp::Contains(Value::Int(value)) => SetRet::Told(all.contains(value)),
            _ => SetRet::Done,
        };
        let history = history(shape, &mut draw, op, act);
        judge(&Set, &history, how)
    };
    print_line(&said);
    ExitCode::SUCCESS
}

#[expect(clippy::print_stdout, reason = "an example that is run by hand")]
fn print_line(text: &str) {
    println!("{text}");
}
