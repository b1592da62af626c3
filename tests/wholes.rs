//! Sets and logs of some hundred operations that are read as a whole, with one answer spoilt: the
//! core is small, and the verifier proves it again.

use testimony_certify::verify;
use testimony_check::{Budget, Checker, Linearizable};
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{Log, LogOp, LogRet, Model, Set, SetOp, SetRet, Value};
use testimony_tests::draw::Draw;
use testimony_tests::random::each;
use testimony_tests::show;
use testimony_verdict::{AnomalyKind, Assurance, Property, Verdict};

/// Histories of each kind.
const EACH: usize = each(300);

/// A history of clients that use an object one at a time; an operation without an answer took effect
/// or did not.
fn run<O: Clone, R>(
    draw: &mut Draw,
    info: usize,
    mut op: impl FnMut(&mut Draw, i64) -> O,
    mut act: impl FnMut(&O) -> R,
) -> History<O, R> {
    let operations = 20 + draw.below(300);
    let mut history = History::default();
    let mut open: Vec<Option<(usize, Option<R>)>> = (0..1 + draw.below(6)).map(|_| None).collect();
    let (mut rank, mut process) = (0, 0);
    while history.operations.len() < operations || open.iter().any(Option::is_some) {
        let client = draw.below(open.len());
        match &mut open[client] {
            slot @ None if history.operations.len() < operations => {
                let at = history.operations.len();
                let op = op(draw, i64::try_from(at).expect("few operations"));
                let luck = draw.below(100);
                let (lost, failed) = (luck < info, luck >= 97);
                if lost && draw.chance(50) {
                    act(&op);
                }
                history.operations.push(Operation {
                    id: OpId(rank),
                    process: Process(process),
                    op,
                    outcome: match failed {
                        true => Outcome::Fail("refused".to_owned()),
                        false => Outcome::Info("lost".to_owned()),
                    },
                    call: Rank(rank),
                    ret: if failed { Rank(rank + 1) } else { Rank::NEVER },
                    call_ns: 0,
                    ret_ns: 0,
                });
                (rank, process) = (rank + 2, process + 1);
                if !lost && !failed {
                    *slot = Some((at, None));
                }
            }
            None => {}
            Some((at, answer @ None)) => *answer = Some(act(&history.operations[*at].op)),
            slot @ Some(_) => {
                let Some((at, Some(answer))) = slot.take() else { continue };
                history.operations[at].outcome = Outcome::Ok(answer);
                history.operations[at].ret = Rank(rank);
                rank += 1;
            }
        }
    }
    history
}

fn sets(draw: &mut Draw, info: usize, removes: bool) -> History<SetOp, SetRet> {
    let mut there: Vec<Value> = Vec::new();
    let op = |draw: &mut Draw, number: i64| match draw.below(12) {
        0..6 => SetOp::Add((number + 1).into()),
        6 => SetOp::Contains((number - draw.between(0, 9)).into()),
        7 if removes => SetOp::Remove((number - draw.between(0, 9)).into()),
        _ => SetOp::Read,
    };
    run(draw, info, op, |op| match op {
        SetOp::Add(element) => {
            there.push(element.clone());
            SetRet::Done
        }
        SetOp::Remove(element) => {
            let before = there.len();
            there.retain(|other| other != element);
            SetRet::Told(there.len() < before)
        }
        SetOp::Contains(element) => SetRet::Told(there.contains(element)),
        SetOp::Read => SetRet::Elements(there.clone()),
    })
}

fn logs(draw: &mut Draw, info: usize, entries: i64) -> History<LogOp, LogRet> {
    let mut log: Vec<Value> = Vec::new();
    let signed = |length: usize| i64::try_from(length).expect("few entries");
    let op = |draw: &mut Draw, number: i64| match draw.below(12) {
        0..7 => LogOp::Append((number % entries).into()),
        7 => LogOp::Length,
        8 => LogOp::ReadFrom(draw.between(0, number)),
        _ => LogOp::Read(draw.between(0, number)),
    };
    run(draw, info, op, |op| match op {
        LogOp::Append(entry) => {
            log.push(entry.clone());
            LogRet::Offset(signed(log.len()) - 1)
        }
        LogOp::Length => LogRet::Length(signed(log.len())),
        LogOp::Read(at) => LogRet::Entry(log.get(usize::try_from(*at).expect("a place")).cloned()),
        LogOp::ReadFrom(at) => {
            let from = usize::try_from(*at).expect("a place");
            LogRet::Entries(log.iter().skip(from).cloned().collect())
        }
    })
}

/// Leaves an element out of an answer, or puts one in.
fn spoil(draw: &mut Draw, elements: &mut Vec<Value>) {
    if elements.is_empty() || draw.chance(20) {
        elements.push(draw.between(0, 300).into());
    } else {
        let at = draw.below(elements.len());
        elements.remove(at);
    }
}

fn spoil_set(draw: &mut Draw, history: &mut History<SetOp, SetRet>) {
    let at = draw.below(history.operations.len());
    for operation in &mut history.operations[at..] {
        if let Outcome::Ok(SetRet::Elements(elements)) = &mut operation.outcome {
            return spoil(draw, elements);
        }
    }
}

fn spoil_log(draw: &mut Draw, history: &mut History<LogOp, LogRet>) {
    let at = draw.below(history.operations.len());
    for operation in &mut history.operations[at..] {
        match &mut operation.outcome {
            Outcome::Ok(LogRet::Offset(offset) | LogRet::Length(offset)) if draw.chance(30) => {
                *offset += draw.between(-3, 3);
                return;
            }
            Outcome::Ok(LogRet::Entry(entry)) if draw.chance(50) => {
                *entry = draw.chance(80).then(|| draw.between(0, 300).into());
                return;
            }
            Outcome::Ok(LogRet::Entries(entries)) => return spoil(draw, entries),
            _ => {}
        }
    }
}

/// Judges a history and proves its verdict again; the names of its anomalies.
fn judged<M: Model>(model: &M, history: &History<M::Op, M::Ret>) -> Vec<AnomalyKind> {
    let fail = |what: String| -> ! { panic!("{what}, of\n{}\n", show::paste::<M>(history)) };
    let mut verdict = Linearizable::default().check(model, history, &Budget::default()).verdict;
    if let Err(why) = verify(model, history, &Property::LINEARIZABLE, None, &mut verdict) {
        fail(format!("{verdict:?} rejected: {why}"));
    }
    let Verdict::Invalid(anomalies) = verdict else { return Vec::new() };
    for anomaly in &anomalies {
        if anomaly.assurance != Assurance::Reproved {
            fail(format!("not proved again: {anomaly:#?}"));
        }
    }
    anomalies.iter().map(|anomaly| anomaly.kind).collect()
}

#[test]
fn sets_from_which_nothing_is_removed() {
    let mut names = Vec::new();
    let mut draw = Draw::new(41);
    for number in 0..EACH {
        let mut history = sets(&mut draw, [0, 5, 30][number % 3], false);
        spoil_set(&mut draw, &mut history);
        names.extend(judged(&Set, &history));
    }
    assert!(names.len() > EACH / 2, "{} invalid", names.len());
    // Every way in which such a read can be wrong has a name.
    assert!(!names.contains(&AnomalyKind::Contradiction), "{names:?}");
}

#[test]
fn sets_from_which_elements_are_removed() {
    let mut invalid = 0;
    let mut draw = Draw::new(42);
    // These go to the general search, which takes its time.
    for number in 0..EACH / 12 {
        let mut history = sets(&mut draw, [0, 2][number % 2], true);
        spoil_set(&mut draw, &mut history);
        invalid += judged(&Set, &history).len();
    }
    assert!(invalid >= EACH / 24, "{invalid} invalid");
}

#[test]
fn logs_that_are_read() {
    let mut invalid = 0;
    let mut draw = Draw::new(43);
    for number in 0..EACH {
        let mut history = logs(&mut draw, [0, 5, 30][number % 3], [1_000, 7][number % 2]);
        spoil_log(&mut draw, &mut history);
        invalid += judged(&Log::default(), &history).len();
    }
    assert!(invalid > EACH / 3, "{invalid} invalid");
}
