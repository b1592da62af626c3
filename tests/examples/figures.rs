//! What the general search costs: histories from seeds and the recorded corpora, judged and timed.
//!
//! ```text
//! figures [FILTER]
//! ```
//!
//! A row for each history: whether it holds, the time of the decision alone, and the time of the
//! whole check (with certificate, or with core, name and explanation).

use std::path::PathBuf;
use std::time::{Duration, Instant};
use testimony::formats::open;
use testimony_check::{Budget, Checker, Linearizable};
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank, ReadOptions, read};
use testimony_model::{CasRegister, CellOp, CellRet, Kv, Model, Value, Words};
use testimony_tests::draw::Draw;
use testimony_verdict::{Engine, Verdict};

/// What a generated history is made of.
#[derive(Clone, Copy)]
struct Recipe {
    operations: usize,
    clients: usize,
    values: usize,
    /// Percent of operations that are reads, and that are compare-and-sets.
    reads: usize,
    cas: usize,
    /// Percent of operations that never answer.
    info: usize,
    /// Whether one read at 95 % answers a value that was overwritten some thirty writes before.
    stale: bool,
    seed: u64,
}

const PLAIN: Recipe = Recipe {
    operations: 1_000,
    clients: 5,
    values: 5,
    reads: 50,
    cas: 0,
    info: 0,
    stale: false,
    seed: 1,
};

type Cells = History<CellOp, CellRet>;

/// A client with an open operation.
struct Open {
    at: usize,
    answer: Option<CellRet>,
}

fn value(draw: &mut Draw, recipe: &Recipe) -> Value {
    Value::Int(i64::try_from(draw.below(recipe.values)).expect("few values"))
}

fn op(draw: &mut Draw, recipe: &Recipe) -> CellOp {
    match draw.below(100) {
        luck if luck < recipe.reads => CellOp::Read,
        luck if luck < recipe.reads + recipe.cas => {
            CellOp::Cas(Some(value(draw, recipe)), value(draw, recipe))
        }
        _ => CellOp::Write(value(draw, recipe)),
    }
}

/// Takes an operation: the state after it, and its answer.
fn take(op: &CellOp, state: &mut Option<Value>) -> CellRet {
    match op {
        CellOp::Write(value) => {
            *state = Some(value.clone());
            CellRet::Done
        }
        CellOp::Cas(from, to) if *from == *state => {
            *state = Some(to.clone());
            CellRet::Done
        }
        CellOp::Cas(..) => CellRet::Mismatch,
        _ => CellRet::Value(state.clone()),
    }
}

fn generate(recipe: &Recipe) -> Cells {
    let mut draw = Draw::new(recipe.seed);
    let mut history: Cells = History::default();
    let mut open: Vec<Option<Open>> = (0..recipe.clients).map(|_| None).collect();
    let (mut state, mut rank, mut process) = (None, 0_u32, 0_u32);
    let mut written: Vec<Option<Value>> = Vec::new();
    let mut spoiled = !recipe.stale;
    while history.operations.len() < recipe.operations || open.iter().any(Option::is_some) {
        let client = draw.below(recipe.clients);
        match &mut open[client] {
            slot @ None if history.operations.len() < recipe.operations => {
                let op = op(&mut draw, recipe);
                let lost = draw.chance(recipe.info);
                let at = history.operations.len();
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
                (rank, process) = (rank + 1, process + 1);
                if lost {
                    // Half of the lost ones took effect.
                    if draw.chance(50) {
                        take(&history.operations[at].op, &mut state);
                    }
                } else {
                    *slot = Some(Open { at, answer: None });
                }
            }
            None => {}
            Some(one) if one.answer.is_none() => {
                let op = &history.operations[one.at].op;
                let mut answer = take(op, &mut state);
                if *op != CellOp::Read {
                    written.push(state.clone());
                }
                if *op == CellOp::Read && !spoiled && one.at * 100 > recipe.operations * 95 {
                    let old = written.len().checked_sub(31).and_then(|at| written[at].clone());
                    spoiled = old != state;
                    answer = CellRet::Value(old);
                }
                one.answer = Some(answer);
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
    history
}

/// The general search, so that unique values are measured too.
const SEARCH: Linearizable = Linearizable { engine: Some(Engine::Search) };

/// The times of one history: the decision, and the whole check.
#[expect(clippy::disallowed_methods, reason = "what it costs is what this shows")]
fn judge<M: Model>(model: &M, history: &History<M::Op, M::Ret>) -> (String, Duration, Duration) {
    let begin = Instant::now();
    let _ = SEARCH.holds(model, history, &Budget::default());
    let decided = begin.elapsed();
    let begin = Instant::now();
    let finding = SEARCH.check(model, history, &Budget::default());
    let checked = begin.elapsed();
    let said = match finding.verdict {
        Verdict::Valid(_) => "valid".to_owned(),
        Verdict::Unknown(why) => format!("unknown: {why}"),
        Verdict::Invalid(anomalies) => {
            let shown = |one: &testimony_verdict::Anomaly| {
                format!("{} ({}+{})", one.kind, one.core.required.len(), one.core.optional.len())
            };
            anomalies.iter().map(shown).collect::<Vec<_>>().join(", ")
        }
    };
    (said, decided, checked)
}

#[expect(clippy::print_stdout, reason = "an example that prints what it measured")]
fn row(name: &str, (said, decided, checked): &(String, Duration, Duration)) {
    let ms = |time: &Duration| time.as_secs_f64() * 1e3;
    println!("{name:<44} {:>10.2} ms {:>10.2} ms  {said:.110}", ms(decided), ms(checked));
}

fn recipes() -> Vec<(String, Recipe)> {
    let mut rows = vec![
        ("100k, 5 clients, 5 values".to_owned(), Recipe { operations: 100_000, ..PLAIN }),
        (
            "100k, 5 clients, unique".to_owned(),
            Recipe { operations: 100_000, values: 1 << 40, ..PLAIN },
        ),
        ("1M, 5 clients, 5 values".to_owned(), Recipe { operations: 1_000_000, ..PLAIN }),
    ];
    let mut add = |name: String, recipe: Recipe| {
        for seed in 1..=3 {
            rows.push((format!("{name} #{seed}"), Recipe { seed, ..recipe }));
        }
    };
    for info in [5, 20] {
        let recipe = Recipe { info, stale: true, ..PLAIN };
        add(format!("1k, 5 clients, {info} % info, stale"), recipe);
    }
    for values in [5, 50, 500, 1 << 40] {
        let recipe = Recipe { operations: 2_000, clients: 20, values, ..PLAIN };
        add(format!("2k, 20 clients, {values} values, ok"), recipe);
        let recipe = Recipe { stale: true, ..recipe };
        add(format!("2k, 20 clients, {values} values, stale"), recipe);
    }
    for info in [0, 10, 20, 30] {
        let recipe = Recipe { operations: 10_000, reads: 34, cas: 33, info, ..PLAIN };
        add(format!("10k r/w/cas, {info} % info"), recipe);
        let recipe = Recipe { stale: true, ..recipe };
        add(format!("10k r/w/cas, {info} % info, stale"), recipe);
    }
    for clients in [30, 40] {
        let recipe = Recipe { operations: 2_000, clients, values: 50, info: 5, ..PLAIN };
        add(format!("2k, {clients} clients, 50 values, 5 % info, ok"), recipe);
        let recipe = Recipe { stale: true, ..recipe };
        add(format!("2k, {clients} clients, 50 values, 5 % info, stale"), recipe);
        let recipe = Recipe { cas: 20, ..recipe };
        add(format!("2k, {clients} clients, 20 % cas, 5 % info, stale"), recipe);
    }
    rows
}

fn corpus(folder: &str) -> Vec<PathBuf> {
    let base = std::env::var_os("TESTIMONY_CORPUS")
        .map_or_else(|| PathBuf::from("../shared/histories"), PathBuf::from);
    let Ok(entries) = std::fs::read_dir(base.join(folder)) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "log" || end == "txt"));
    files.sort();
    files
}

fn recorded<M: Model>(model: &M, path: &PathBuf) -> Option<History<M::Op, M::Ret>> {
    let source = open("recorded", std::fs::File::open(path).ok()?, None).ok()?;
    let read = read(source, &Words(model), &ReadOptions::default());
    read.problems.is_empty().then_some(read.history)
}

fn main() {
    let filter = std::env::args().nth(1).unwrap_or_default();
    let (mut decided, mut checked, mut count) = (Duration::ZERO, Duration::ZERO, 0);
    for path in corpus("etcd") {
        let Some(history) = recorded(&CasRegister, &path) else { continue };
        let times = judge(&CasRegister, &history);
        (decided, checked, count) = (decided + times.1, checked + times.2, count + 1);
        if times.2 > Duration::from_millis(2) || filter == "etcd" {
            row(
                &path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
                &times,
            );
        }
    }
    row(&format!("etcd, {count} histories"), &(String::new(), decided, checked));
    for path in corpus("kv") {
        let Some(history) = recorded(&Kv, &path) else { continue };
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        row(&name.unwrap_or_default(), &judge(&Kv, &history));
    }
    for (name, recipe) in recipes() {
        if name.contains(&filter) {
            row(&name, &judge(&CasRegister, &generate(&recipe)));
        }
    }
}
