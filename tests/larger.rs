//! Histories that are too large for an oracle.
//!
//! Of a hundred operations on an object that the general search decides, a core keeps few. Clients of
//! replicas that apply one log late see one order, however many sessions there are.

use std::collections::BTreeMap;
use testimony_certify::verify;
use testimony_check::{AtLevel, Budget, Checker, Linearizable};
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{
    Balances, Bank, BankOp, BankRet, CellOp, CellRet, Counter, CounterOp, CounterRet, Kv, KvOp,
    Model, Set, SetOp, SetRet, Step, Stock, StockOp, StockRet, Value,
};
use testimony_tests::collections::{PriorityQueues, Queues, Reads, Sets, Stacks};
use testimony_tests::draw::Draw;
use testimony_tests::families::{Banks, CasRegisters, Registers, Remainders, Stocks, Values};
use testimony_tests::ordered::{Counters, MultiRegisters};
use testimony_tests::random::{Family, Shape, history};
use testimony_verdict::{Assurance, Level, Property, Verdict, VerdictName};

/// A hundred operations of several clients, of which one or two answers are lies.
const SHAPE: Shape = Shape {
    operations_min: 80,
    operations_max: 160,
    clients_max: 8,
    info: 4,
    fail: 3,
    lie: 10,
    tie: 2,
};

const HISTORIES: usize = 40;

/// Judges histories of a family. Most cores (four of five) have so few required operations, and as many
/// are proved again.
fn cores<F: Family>(family: &F, seed: u64, few: usize) {
    let mut draw = Draw::new(seed);
    let budget = Budget { steps_max: 1_000_000, ..Budget::default() };
    let (mut invalid, mut small, mut proved) = (0, 0, 0);
    for _ in 0..HISTORIES {
        let (model, history) = history(family, &SHAPE, &mut draw);
        let mut verdict = Linearizable::default().check(&model, &history, &budget).verdict;
        verify(&model, &history, &Property::LINEARIZABLE, None, &mut verdict).expect("accepted");
        if let Verdict::Invalid(found) = verdict {
            invalid += 1;
            small += usize::from(found[0].core.required.len() <= few);
            proved += usize::from(found[0].assurance == Assurance::Reproved);
        }
    }
    let told = format!("of {invalid} cores {small} are small, {proved} proved");
    assert!(invalid >= HISTORIES / 8, "{told}");
    assert!(5 * small >= 4 * invalid, "{told}");
    assert!(5 * proved >= 4 * invalid, "{told}");
}

#[test]
fn cores_of_registers_are_small() {
    cores(&Registers(Values::Few(4)), 1, 12);
    cores(&CasRegisters(Values::Few(4)), 2, 12);
    cores(&MultiRegisters, 11, 20);
}

#[test]
fn cores_of_collections_are_small() {
    cores(&Sets(Values::Few(8), Reads::All), 3, 4);
    cores(&Queues(Values::Few(12)), 4, 24);
    cores(&Stacks(Values::Few(12)), 5, 24);
    cores(&PriorityQueues(Values::Few(12)), 6, 12);
}

#[test]
fn cores_of_amounts_are_small() {
    cores(&Banks, 7, 2);
    cores(&Stocks, 8, 16);
    cores(&Remainders, 9, 12);
    cores(&Counters, 10, 8);
}

/// Counters that rise far, by different amounts.
struct Rising;

impl Family for Rising {
    type Model = Counter;

    fn model(&self, _draw: &mut Draw) -> Counter {
        Counter::default()
    }

    fn op(&self, draw: &mut Draw, _number: usize) -> CounterOp {
        match draw.below(10) {
            0..4 => CounterOp::Read,
            _ => CounterOp::Add(*draw.of(&[1, 2, 3, 5])),
        }
    }

    fn answers(&self, op: &CounterOp, _number: usize) -> Vec<CounterRet> {
        match op {
            CounterOp::Read => (0..3_000).map(CounterRet::Sum).collect(),
            CounterOp::Add(_) => vec![CounterRet::Added],
        }
    }
}

/// Stocks that are filled as fast as they are emptied.
struct Filled;

impl Family for Filled {
    type Model = Stock;

    fn model(&self, _draw: &mut Draw) -> Stock {
        Stock { initial: 20 }
    }

    fn op(&self, draw: &mut Draw, _number: usize) -> StockOp {
        let units = *draw.of(&[1, 2, 3, 5]);
        match draw.below(10) {
            0..3 => StockOp::Read,
            3..7 => StockOp::Buy(units),
            _ => StockOp::Restock(units),
        }
    }

    fn answers(&self, op: &StockOp, _number: usize) -> Vec<StockRet> {
        match op {
            StockOp::Buy(_) => vec![StockRet::Sold, StockRet::SoldOut],
            StockOp::Restock(_) => vec![StockRet::Restocked],
            StockOp::Read => (0..1_000).map(StockRet::Count).collect(),
        }
    }
}

/// Banks of three accounts.
struct Moved;

fn balances(a: i64, b: i64, c: i64) -> Balances {
    [("a".into(), a), ("b".into(), b), ("c".into(), c)].into()
}

impl Family for Moved {
    type Model = Bank;

    fn model(&self, _draw: &mut Draw) -> Bank {
        Bank { accounts: balances(8, 8, 8), overdraft: false }
    }

    fn op(&self, draw: &mut Draw, _number: usize) -> BankOp {
        let (from, to) = *draw.of(&[("a", "b"), ("b", "c"), ("c", "a"), ("b", "a")]);
        let amount = *draw.of(&[1, 2, 3, 5]);
        match draw.below(10) {
            0..4 => BankOp::Read,
            _ => BankOp::Transfer { from: from.into(), to: to.into(), amount },
        }
    }

    fn answers(&self, op: &BankOp, _number: usize) -> Vec<BankRet> {
        let pairs = || (0..=24).flat_map(|a| (0..=24 - a).map(move |b| (a, b)));
        match op {
            BankOp::Read => {
                pairs().map(|(a, b)| BankRet::Balances(balances(a, b, 24 - a - b))).collect()
            }
            BankOp::Transfer { .. } => vec![BankRet::Done, BankRet::Refused],
        }
    }
}

/// Histories for each share of operations that are never answered.
const EACH_SHARE: usize = 6;

/// A thousand operations of six clients, of which so many in a hundred are never answered: half of
/// those that change something took effect while their client waited, the others never.
fn unanswered<F: Family>(
    family: &F,
    info: usize,
    draw: &mut Draw,
) -> (F::Model, History<OpOf<F>, RetOf<F>>) {
    let model = family.model(draw);
    let (mut free, mut processes) = ([0; CLIENTS], 0..);
    // Moments by time; of equal ones the effect comes between the call and the return.
    let (mut moments, mut operations) = (Vec::new(), Vec::new());
    let mut process: Vec<u32> = processes.by_ref().take(CLIENTS).collect();
    for at in 0..1_000 {
        let client = (0..CLIENTS).min_by_key(|&client| free[client]).expect("clients");
        let call = free[client] + draw.below(4);
        let (until, effect) = (call + 1 + draw.below(20), call + draw.below(20));
        let effect = effect.min(until);
        let op = family.op(draw, at);
        let lost = draw.chance(info) && !model.is_observer(&op);
        moments.extend([(call, 0, at), (until, 2, at)]);
        if !lost || draw.chance(50) {
            moments.push((effect, 1, at));
        }
        let outcome =
            if lost { Outcome::Info("lost".to_owned()) } else { Outcome::Fail(String::new()) };
        operations.push(Operation {
            id: OpId(0),
            process: Process(process[client]),
            op,
            outcome,
            call: Rank(0),
            ret: Rank::NEVER,
            call_ns: 0,
            ret_ns: 0,
        });
        free[client] = until;
        if lost {
            process[client] = processes.next().expect("more processes");
        }
    }
    moments.sort_unstable();
    let mut state = model.init();
    for (rank, (_, kind, at)) in (0..).zip(moments) {
        let operation = &mut operations[at];
        match kind {
            0 => (operation.id, operation.call) = (OpId(rank), Rank(rank)),
            1 => {
                let answers = family.answers(&operation.op, at);
                let step = |ret: &RetOf<F>| model.step(&state, &operation.op, Some(ret));
                let right = answers.into_iter().find(|ret| matches!(step(ret), Step::To(_)));
                let answer = right.expect("an answer that is right");
                let Step::To(after) = step(&answer) else { panic!("no step") };
                state = after;
                if !operation.is_info() {
                    operation.outcome = Outcome::Ok(answer);
                }
            }
            _ if operation.is_info() => {}
            _ => operation.ret = Rank(rank),
        }
    }
    operations.sort_by_key(|operation| operation.id);
    (model, History { operations, ..History::default() })
}

type OpOf<F> = <<F as Family>::Model as Model>::Op;
type RetOf<F> = <<F as Family>::Model as Model>::Ret;

/// Clients of these histories.
const CLIENTS: usize = 6;

/// Of how many of these histories an order is found within a few million steps, although deciding
/// that is NP-complete. They all have one.
fn ordered<F: Family>(family: &F, seed: u64, info: usize) -> usize {
    let budget = Budget { steps_max: 5_000_000, ..Budget::default() };
    let mut draw = Draw::new(seed);
    let mut ordered = 0;
    for _ in 0..EACH_SHARE {
        let (model, history) = unanswered(family, info, &mut draw);
        let mut verdict = Linearizable::default().check(&model, &history, &budget).verdict;
        verify(&model, &history, &Property::LINEARIZABLE, None, &mut verdict).expect("accepted");
        assert_ne!(verdict.name(), VerdictName::Invalid);
        ordered += usize::from(verdict.name() == VerdictName::Valid);
    }
    ordered
}

#[test]
fn amounts_without_an_answer_are_no_cliff() {
    for info in [0, 10, 30] {
        let ordered =
            [ordered(&Rising, 21, info), ordered(&Filled, 22, info), ordered(&Moved, 23, info)];
        let told = format!("{ordered:?} of {EACH_SHARE} each, {info} % unanswered");
        assert!(ordered.iter().sum::<usize>() + 1 >= ordered.len() * EACH_SHARE, "{told}");
    }
}

/// Queues, stacks and priority queues into which the same few values were put again and again; of queues
/// with many operations that were not answered, not all are decided.
#[test]
fn repeated_values_are_no_cliff() {
    let few = Values::Few(12);
    let each = |info| {
        [
            ordered(&PriorityQueues(few), 26, info),
            ordered(&Queues(few), 24, info),
            ordered(&Stacks(few), 25, info),
        ]
    };
    let told = [0, 2, 10, 30].map(each);
    let of = |object: usize| told.iter().map(|one| one[object]).collect::<Vec<usize>>();
    let all = vec![EACH_SHARE; told.len()];
    assert_eq!(of(0), all, "priority queues");
    assert_eq!(of(2), all, "stacks");
    let queues = of(1);
    assert_eq!(queues[..3], all[..3], "queues");
    assert!(2 * queues[3] > EACH_SHARE, "{queues:?} of {EACH_SHARE} queues");
}

/// Elements that nobody was told were added, and that are all shown; and one that was added again after
/// it was removed, and that is not.
#[test]
fn one_element_alone_shows_what_all_together_hide() {
    let mut operations = Vec::new();
    let mut next = |process: u32, op: SetOp, answer: Option<SetRet>| {
        let rank = 2 * u32::try_from(operations.len()).expect("few operations");
        operations.push(Operation {
            id: OpId(rank),
            process: Process(process),
            op,
            ret: if answer.is_some() { Rank(rank + 1) } else { Rank::NEVER },
            outcome: answer.map_or_else(|| Outcome::Info(String::new()), Outcome::Ok),
            call: Rank(rank),
            call_ns: 0,
            ret_ns: 0,
        });
        rank
    };
    for element in 1..=24_i64 {
        next(u32::try_from(element).expect("few"), SetOp::Add(element.into()), None);
    }
    next(0, SetOp::Add(0.into()), Some(SetRet::Told(true)));
    let remove = next(0, SetOp::Remove(0.into()), Some(SetRet::Told(true)));
    let again = next(0, SetOp::Add(0.into()), Some(SetRet::Told(true)));
    let shown = (1..=24_i64).map(Value::from).collect();
    let read = next(0, SetOp::Read, Some(SetRet::Elements(shown)));
    let history = History { operations, ..History::default() };
    let budget = Budget { steps_max: 100_000, ..Budget::default() };
    let mut verdict = Linearizable::default().check(&Set, &history, &budget).verdict;
    verify(&Set, &history, &Property::LINEARIZABLE, None, &mut verdict).expect("accepted");
    let Verdict::Invalid(found) = verdict else { panic!("{verdict:?}") };
    assert_eq!(found[0].core.required, [remove, again, read].map(OpId));
    assert_eq!(found[0].assurance, Assurance::Reproved);
}

/// Operations one after the other, each by the client that is named.
fn in_turn<O, R>(operations: Vec<(u32, O, R)>) -> History<O, R> {
    let operation = |(number, (process, op, answer)): (u32, (u32, O, R))| Operation {
        id: OpId(2 * number),
        process: Process(process),
        op,
        outcome: Outcome::Ok(answer),
        call: Rank(2 * number),
        ret: Rank(2 * number + 1),
        call_ns: 0,
        ret_ns: 0,
    };
    let operations = (0..).zip(operations).map(operation).collect();
    History { operations, ..History::default() }
}

/// Two reads that show one of two elements each, after many elements came and went and were looked for:
/// no element alone is wrong, and to look at each takes more steps than there are.
#[test]
fn many_elements_and_many_reads_leave_steps_for_the_core() {
    let mut operations = Vec::new();
    for element in 1_000..3_000_i64 {
        operations.push((301, SetOp::Add(element.into()), SetRet::Told(true)));
        operations.push((301, SetOp::Remove(element.into()), SetRet::Told(true)));
        operations.push((300, SetOp::Read, SetRet::Elements(Vec::new())));
    }
    for number in 1..=2_i64 {
        let process = u32::try_from(number).expect("small");
        operations.push((process, SetOp::Add(number.into()), SetRet::Told(true)));
        operations.push((process + 2, SetOp::Read, SetRet::Elements(vec![number.into()])));
    }
    let mut history = in_turn(operations);
    // Those four happened at the same time.
    let first = history.operations.len() - 4;
    let (from, to) = (history.operations[first].call, history.operations[first + 3].ret);
    for operation in &mut history.operations[first..] {
        (operation.call, operation.ret) = (from, to);
    }
    let mut verdict = Linearizable::default().check(&Set, &history, &Budget::default()).verdict;
    verify(&Set, &history, &Property::LINEARIZABLE, None, &mut verdict).expect("accepted");
    let Verdict::Invalid(found) = verdict else { panic!("{verdict:?}") };
    assert_eq!(found[0].core.required.len(), 2);
}

/// Many clients write once, and another one reads what was there before, again and again.
#[test]
fn many_writers_and_many_old_reads_are_one_order() {
    let write = |process: u32| {
        (process, KvOp::new("k", CellOp::Write(i64::from(process).into())), CellRet::Done)
    };
    let read = |_| (1_000, KvOp::new("k", CellOp::Read), CellRet::Value(None));
    let history = in_turn((0..1_000).map(write).chain((0..1_000).map(read)).collect());
    assert_eq!(judged(&history, Level::Sequential).name(), VerdictName::Valid);
    assert_eq!(judged(&history, Level::Linearizable).name(), VerdictName::Invalid);
}

type Run = History<KvOp, CellRet>;

/// A client with a replica of its own.
#[derive(Clone)]
struct Client {
    process: u32,
    /// How much of the log its replica has applied.
    applied: usize,
    state: BTreeMap<String, Value>,
    /// Its open operation.
    open: Option<usize>,
}

impl Client {
    fn apply(&mut self, log: &[(String, Value)], upto: usize) {
        while self.applied < upto {
            let (key, value) = &log[self.applied];
            self.state.insert(key.clone(), value.clone());
            self.applied += 1;
        }
    }
}

/// Clients that write to one log and read what their own replica has applied of it, which is late, but
/// never before their own writes. A client that is not answered goes on as a new session.
fn replicas(operations: usize, clients: u32, info: usize, late: usize, seed: u64) -> Run {
    let mut draw = Draw::new(seed);
    let mut log: Vec<(String, Value)> = Vec::new();
    let mut all: Vec<Client> = (0..clients)
        .map(|process| Client { process, applied: 0, state: BTreeMap::new(), open: None })
        .collect();
    let (mut history, mut rank, mut processes) = (Run::default(), 0, clients);
    while history.operations.len() < operations || all.iter().any(|one| one.open.is_some()) {
        let client = draw.below(all.len());
        let client = &mut all[client];
        rank += 1;
        let Some(at) = client.open.take() else {
            if history.operations.len() < operations {
                let key = format!("k{}", draw.below(4));
                let op = match draw.chance(50) {
                    true => CellOp::Write(Value::Int(i64::from(rank))),
                    false => CellOp::Read,
                };
                client.open = Some(history.operations.len());
                history.operations.push(Operation {
                    id: OpId(rank),
                    process: Process(client.process),
                    op: KvOp::new(key, op),
                    outcome: Outcome::Info("lost".to_owned()),
                    call: Rank(rank),
                    ret: Rank::NEVER,
                    call_ns: 0,
                    ret_ns: 0,
                });
            }
            continue;
        };
        let lost = draw.chance(info);
        let operation = &mut history.operations[at];
        let (key, written) = match &operation.op {
            KvOp { key, op: CellOp::Write(value) } => (key.to_string(), Some(value.clone())),
            KvOp { key, .. } => (key.to_string(), None),
        };
        let answer = match written {
            Some(value) => {
                if !lost || draw.chance(50) {
                    log.push((key, value));
                }
                CellRet::Done
            }
            None => {
                let upto = log.len() - draw.below(late).min(log.len());
                client.apply(&log, upto);
                CellRet::Value(client.state.get(&key).cloned())
            }
        };
        if lost {
            (client.process, processes) = (processes, processes + 1);
        } else {
            if answer == CellRet::Done {
                client.apply(&log, log.len());
            }
            (operation.outcome, operation.ret) = (Outcome::Ok(answer), Rank(rank));
        }
    }
    history
}

fn judged(history: &Run, level: Level) -> Verdict {
    let mut verdict = AtLevel::new(level).check(&Kv, history, &Budget::default()).verdict;
    verify(&Kv, history, &Property::Level(level), None, &mut verdict).expect("accepted");
    verdict
}

#[test]
fn late_replicas_of_one_log_show_one_order() {
    let mut stale = 0;
    for (seed, (info, late)) in (0..).zip([(0, 8), (0, 40), (5, 8), (10, 8), (10, 40), (30, 40)]) {
        let history = replicas(1_000, 6, info, late, seed);
        let told = format!("{info} % unanswered, {late} late");
        stale += usize::from(judged(&history, Level::Linearizable).name() == VerdictName::Invalid);
        for level in [Level::Sequential, Level::CausalMemory, Level::Pram] {
            assert_eq!(judged(&history, level).name(), VerdictName::Valid, "{level}, {told}");
        }
    }
    assert_eq!(stale, 6, "no replica was late");
}

/// Two clients each see one of two writes and not yet the other: each a different one first.
fn disagree(history: &mut Run) {
    let answered = history.operations.iter().filter(|one| one.is_ok()).map(|one| one.ret.0);
    let called = history.operations.iter().map(|one| one.call.0);
    let mut rank = answered.chain(called).max().unwrap_or(0);
    let written = || CellRet::Value(Some(1.into()));
    let acts = [
        (901, "p", CellOp::Write(1.into()), CellRet::Done),
        (902, "q", CellOp::Write(1.into()), CellRet::Done),
        (903, "p", CellOp::Read, written()),
        (903, "q", CellOp::Read, CellRet::Value(None)),
        (904, "q", CellOp::Read, written()),
        (904, "p", CellOp::Read, CellRet::Value(None)),
    ];
    for (process, key, op, answer) in acts {
        rank += 2;
        history.operations.push(Operation {
            id: OpId(rank),
            process: Process(process),
            op: KvOp::new(key, op),
            outcome: Outcome::Ok(answer),
            call: Rank(rank),
            ret: Rank(rank + 1),
            call_ns: 0,
            ret_ns: 0,
        });
    }
}

/// Nobody alone sees anything wrong, and of a thousand operations four contradict each other.
#[test]
fn two_clients_that_disagree_are_found_among_late_replicas() {
    for (seed, info) in (20..).zip([0, 10]) {
        let mut history = replicas(1_000, 6, info, 8, seed);
        disagree(&mut history);
        assert_eq!(judged(&history, Level::CausalMemory).name(), VerdictName::Valid);
        let Verdict::Invalid(found) = judged(&history, Level::Sequential) else {
            panic!("{info} % unanswered: not broken");
        };
        assert_eq!(found[0].core.required.len(), 4, "{info} % unanswered");
    }
}

/// Makes a read miss what its own session wrote: the last one that can.
fn forget(history: &mut Run) {
    let ran = |at: usize, of: &Run| of.operations[at].is_ok();
    let count = history.operations.len();
    let read = (0..count).rev().filter(|&at| ran(at, history)).find(|&at| {
        let read = &history.operations[at];
        read.op.op == CellOp::Read
            && history.operations[..at].iter().any(|write| {
                let own = write.process == read.process && write.op.key == read.op.key;
                own && write.is_ok() && write.op.op != CellOp::Read
            })
    });
    let read = read.expect("somebody reads what they wrote");
    history.operations[read].outcome = Outcome::Ok(CellRet::Value(None));
}

/// Of a thousand operations a core needs two.
#[test]
fn one_client_that_misses_its_own_write_is_found_among_late_replicas() {
    for (seed, info) in (10..).zip([0, 5, 10, 30]) {
        let mut history = replicas(1_000, 6, info, 8, seed);
        forget(&mut history);
        for level in [Level::Sequential, Level::CausalConvergence, Level::CausalMemory, Level::Pram]
        {
            let Verdict::Invalid(found) = judged(&history, level) else {
                panic!("{level} with {info} % unanswered is not broken");
            };
            let required = found[0].core.required.len();
            assert!(required <= 4, "{level} with {info} % unanswered: {required} required");
        }
    }
}
