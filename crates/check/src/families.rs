//! Small random histories of every object, for tests that compare.

use crate::part::Standing;
use std::fmt::Debug;
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{
    Access, Atom, Bank, BankOp, BankRet, CasRegister, CellOp, CellRet, CollectionOp, CollectionRet,
    Counter, CounterOp, CounterRet, FencedLock, FencedOp, FencedRet, FetchAdd, FetchAddOp, Log,
    LogOp, LogRet, Model, Mutex, MutexOp, MutexRet, Object, Placing, PriorityQueue, Queue,
    Sequence, SequenceOp, Set, SetOp, SetRet, Stack, Step, Stock, StockOp, StockRet, Value,
};

/// Numbers from a seed (Steele, Lea, Flood, *SplitMix*, 2014).
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((mixed ^ (mixed >> 31)) % u64::from(bound)).unwrap_or(0)
    }

    fn value(&mut self, bound: u32) -> Value {
        i64::from(self.below(bound)).into()
    }
}

/// How operations of an object are drawn, by their number, and what each can be answered.
pub(crate) struct Family<M: Model> {
    pub(crate) model: M,
    pub(crate) op: fn(&mut Draw, i64) -> M::Op,
    /// How far from its effect an operation is called and answered, at most.
    pub(crate) spread: u32,
    pub(crate) rets: fn(&M::Op) -> Vec<M::Ret>,
}

/// A few operations that take effect one after the other, around which each has its interval; some
/// answers are lost, some are lies, and some came late.
pub(crate) fn draw_history<M: Model>(
    family: &Family<M>,
    draw: &mut Draw,
) -> History<M::Op, M::Ret> {
    let most = if draw.below(4) == 0 { 10 } else { 5 };
    let count = 3 + draw.below(most);
    draw_operations(family, draw, count, 8)
}

/// So many of them, with so many true answers for each lie.
pub(crate) fn draw_operations<M: Model>(
    family: &Family<M>,
    draw: &mut Draw,
    count: u32,
    truths: u32,
) -> History<M::Op, M::Ret> {
    let mut state = family.model.init();
    let mut operations = Vec::new();
    for number in 0..count {
        let op = (family.op)(draw, i64::from(number) + 1);
        let rets = (family.rets)(&op);
        let goes = |ret: &M::Ret| match family.model.step(&state, &op, Some(ret)) {
            Step::To(next) => Some((ret.clone(), next)),
            _ => None,
        };
        let mut ret = rets[draw.below(u32::try_from(rets.len()).unwrap_or(1)) as usize].clone();
        if draw.below(truths) > 0
            && let Some((true_ret, next)) = rets.iter().find_map(goes)
        {
            (ret, state) = (true_ret, next);
        }
        let lost = draw.below(5) == 0 && !family.model.is_observer(&op);
        let call = (4 * number).saturating_sub(draw.below(family.spread));
        let end = 4 * number + 1 + draw.below(family.spread);
        operations.push(Operation {
            id: OpId(number),
            process: Process(number),
            op,
            outcome: if lost { Outcome::Info(String::new()) } else { Outcome::Ok(ret) },
            call: Rank(call),
            ret: if lost { Rank::NEVER } else { Rank(end) },
            call_ns: 0,
            ret_ns: 0,
        });
    }
    operations.sort_by_key(|one| (one.call, one.id));
    for (one, id) in operations.iter_mut().zip(0..) {
        one.id = OpId(id);
    }
    History { operations, ..History::default() }
}

/// A history with standings where there are some, one operation a line.
pub(crate) fn shown<O: Debug, R: Debug>(history: &History<O, R>, standings: &[Standing]) -> String {
    let one = |(at, one): (usize, &Operation<O, R>)| {
        let (op, outcome, standing) = (&one.op, &one.outcome, standings.get(at));
        let standing = standing.map_or(String::new(), |standing| format!(" {standing:?}"));
        format!("{}..{} {op:?} {outcome:?}{standing}", one.call.0, one.ret.0)
    };
    let all = history.operations.iter().enumerate().map(one);
    all.collect::<Vec<_>>().join("\n")
}

/// Whether an order has every answered operation once, keeps their order in time and gives every answer.
pub(crate) fn explains<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    order: &[OpId],
) -> bool {
    let operations = &history.operations;
    let placed: Vec<_> = order.iter().map(|id| &operations[id.0 as usize]).collect();
    let times = |one: &Operation<M::Op, M::Ret>| order.iter().filter(|id| **id == one.id).count();
    let complete = operations.iter().all(|one| times(one) == 1 || times(one) == 0 && !one.is_ok());
    let late = |at: usize| placed[at + 1..].iter().any(|later| later.precedes(placed[at]));
    let mut state = Some(model.init());
    for one in &placed {
        state = state.and_then(|state| match model.step(&state, &one.op, one.outcome.answer()) {
            Step::To(next) => Some(next),
            _ => None,
        });
    }
    complete && !(0..placed.len()).any(late) && state.is_some()
}

/// All values that are drawn, and none.
fn values() -> impl Iterator<Item = Option<Value>> {
    (0..9).map(|value: i64| (value > 0).then(|| value.into()))
}

fn cell_op(draw: &mut Draw, number: i64) -> CellOp {
    match draw.below(6) {
        0 | 1 => CellOp::Read,
        2 | 3 => CellOp::Write(number.into()),
        4 => CellOp::Cas(None, number.into()),
        _ => CellOp::Cas(Some(draw.value(8)), number.into()),
    }
}

fn cell_rets(op: &CellOp) -> Vec<CellRet> {
    match op {
        CellOp::Read => values().map(CellRet::Value).collect(),
        CellOp::Cas(..) => vec![CellRet::Done, CellRet::Mismatch],
        _ => vec![CellRet::Done],
    }
}

pub(crate) fn cas_registers() -> Family<CasRegister> {
    Family { model: CasRegister, op: cell_op, spread: 9, rets: cell_rets }
}

/// A register whose answers do not say whether a comparison matched.
#[derive(Clone)]
pub(crate) struct Vague;

impl Model for Vague {
    type Op = CellOp;
    type Ret = CellRet;
    type State = Option<Value>;
    type Key = String;
    const NAME: &'static str = "vague";

    fn init(&self) -> Option<Value> {
        None
    }

    fn step(
        &self,
        state: &Option<Value>,
        op: &CellOp,
        ret: Option<&CellRet>,
    ) -> Step<Option<Value>> {
        CasRegister.step(state, op, ret.filter(|_| !matches!(op, CellOp::Cas(..))))
    }

    fn is_observer(&self, op: &CellOp) -> bool {
        CasRegister.is_observer(op)
    }

    fn access<'a>(&self, op: &'a CellOp, ret: Option<&'a CellRet>) -> Access<'a> {
        CasRegister.access(op, ret.filter(|_| !matches!(op, CellOp::Cas(..))))
    }
}

/// Any of three values, again and again, and whatever else can be done with a register.
pub(crate) fn few_values() -> Family<CasRegister> {
    fn few(draw: &mut Draw) -> Value {
        i64::from(1 + draw.below(3)).into()
    }
    let op = |draw: &mut Draw, _| match draw.below(12) {
        0..4 => CellOp::Read,
        4..8 => CellOp::Write(few(draw)),
        8..10 => CellOp::Cas(Some(few(draw)), few(draw)),
        10 => CellOp::Cas(None, few(draw)),
        _ => CellOp::Delete,
    };
    Family { model: CasRegister, op, spread: 14, rets: cell_rets }
}

/// The same with more operations at once than a word has bits.
pub(crate) fn crowds() -> Family<CasRegister> {
    Family { spread: 400, ..few_values() }
}

/// Texts that grow by a letter or two, are compared and are replaced.
pub(crate) fn texts() -> Family<CasRegister> {
    fn piece(draw: &mut Draw) -> &'static str {
        ["a", "b", "ab"][draw.below(3) as usize]
    }
    let op = |draw: &mut Draw, _| match draw.below(12) {
        0..4 => CellOp::Read,
        4..8 => CellOp::Append(piece(draw).into()),
        8..10 => CellOp::Write(piece(draw).into()),
        10 => CellOp::Cas(Some(piece(draw).into()), piece(draw).into()),
        _ => CellOp::Delete,
    };
    /// Every text of up to six letters, and none.
    fn rets(op: &CellOp) -> Vec<CellRet> {
        let mut all = vec![String::new()];
        for at in 0..63 {
            all.extend(["a", "b"].map(|letter| format!("{}{letter}", all[at])));
        }
        let texts = all.iter().map(|text| Some(Value::from(text.as_str()))).chain([None]);
        match op {
            CellOp::Read => texts.map(CellRet::Value).collect(),
            _ => cell_rets(op),
        }
    }
    Family { model: CasRegister, op, spread: 9, rets }
}

/// The same without the shape of a register: nothing but steps.
pub(crate) fn steps_alone() -> Family<Steps> {
    let Family { op, spread, rets, .. } = few_values();
    Family { model: Steps, op, spread, rets }
}

/// What a register does, and nothing that is known of registers.
#[derive(Clone)]
pub(crate) struct Steps;

impl Model for Steps {
    type Op = CellOp;
    type Ret = CellRet;
    type State = Option<Value>;
    type Key = String;
    const NAME: &'static str = "steps";

    fn init(&self) -> Option<Value> {
        None
    }

    fn step(
        &self,
        state: &Option<Value>,
        op: &CellOp,
        ret: Option<&CellRet>,
    ) -> Step<Option<Value>> {
        CasRegister.step(state, op, ret)
    }

    fn is_observation(&self, op: &CellOp, ret: &CellRet) -> bool {
        CasRegister.is_observation(op, ret)
    }

    fn object(&self) -> Object {
        Object::Other
    }
}

pub(crate) fn vague_registers() -> Family<Vague> {
    Family { model: Vague, op: cell_op, spread: 9, rets: cell_rets }
}

pub(crate) fn sets() -> Family<Set> {
    Family {
        model: Set,
        op: |draw, number| match draw.below(4) {
            0 => SetOp::Add(number.into()),
            1 => SetOp::Remove(draw.value(8)),
            _ => SetOp::Contains(draw.value(8)),
        },
        spread: 9,
        rets: |op| match op {
            SetOp::Contains(_) => vec![SetRet::Told(true), SetRet::Told(false)],
            _ => vec![SetRet::Done, SetRet::Told(true), SetRet::Told(false)],
        },
    }
}

/// All sets of the numbers up to six.
fn subsets() -> impl Iterator<Item = Vec<Value>> {
    let of = |bits: i64| (1..=6).filter(move |number| bits >> number & 1 > 0).map(Value::from);
    (0..128).step_by(2).map(move |bits| of(bits).collect())
}

/// One element, added once, removed once, and looked at again and again.
pub(crate) fn one_element() -> Family<Set> {
    let op = |_: &mut Draw, number| match number {
        2 => SetOp::Add(1.into()),
        5 => SetOp::Remove(1.into()),
        _ => SetOp::Contains(1.into()),
    };
    Family { op, ..sets() }
}

pub(crate) fn sets_that_are_read() -> Family<Set> {
    Family {
        model: Set,
        op: |draw, number| match draw.below(5) {
            0 => SetOp::Contains(draw.value(8)),
            1 => SetOp::Read,
            _ if number > 6 => SetOp::Read,
            _ => SetOp::Add(number.into()),
        },
        spread: 9,
        rets: |op| match op {
            SetOp::Contains(_) => vec![SetRet::Told(true), SetRet::Told(false)],
            SetOp::Read => subsets().map(SetRet::Elements).collect(),
            _ => vec![SetRet::Done],
        },
    }
}

/// Sets of three elements that come and go and are read as a whole.
pub(crate) fn sets_that_change() -> Family<Set> {
    Family {
        model: Set,
        op: |draw, _| match draw.below(9) {
            0..3 => SetOp::Read,
            3 => SetOp::Contains(draw.value(3)),
            4 | 5 => SetOp::Remove(draw.value(3)),
            _ => SetOp::Add(draw.value(3)),
        },
        spread: 9,
        rets: |op| match op {
            SetOp::Read => (0..8).map(|bits| SetRet::Elements(members(bits))).collect(),
            SetOp::Contains(_) => vec![SetRet::Told(true), SetRet::Told(false)],
            _ => vec![SetRet::Done, SetRet::Told(true), SetRet::Told(false)],
        },
    }
}

/// The numbers up to three whose bits are set.
fn members(bits: i64) -> Vec<Value> {
    (0..3).filter(|number| bits >> number & 1 > 0).map(Value::from).collect()
}

/// Counters, on which what was lost can be anything that sums up.
pub(crate) fn counters() -> Family<Counter> {
    Family {
        model: Counter::default(),
        op: |draw, _| match draw.below(3) {
            0 => CounterOp::Read,
            _ => CounterOp::Add(1 + i64::from(draw.below(5))),
        },
        spread: 6,
        rets: |op| match op {
            CounterOp::Read => (0..40).map(CounterRet::Sum).collect(),
            CounterOp::Add(_) => vec![CounterRet::Added],
        },
    }
}

fn collection_op(draw: &mut Draw, number: i64) -> CollectionOp {
    match draw.below(7) {
        0..3 => CollectionOp::Insert(number.into()),
        3..6 => CollectionOp::Take,
        _ => CollectionOp::Peek,
    }
}

fn collection_rets(op: &CollectionOp) -> Vec<CollectionRet> {
    match op {
        CollectionOp::Insert(_) => vec![CollectionRet::Done],
        // The last does not say what it took.
        CollectionOp::Take => {
            values().map(CollectionRet::Value).chain([CollectionRet::Done]).collect()
        }
        CollectionOp::Peek => values().map(CollectionRet::Value).collect(),
    }
}

pub(crate) fn stocks() -> Family<Stock> {
    Family {
        model: Stock { initial: 3 },
        op: |draw, _| match draw.below(8) {
            0 | 1 => StockOp::Read,
            2 => StockOp::Restock(1 + draw.below(3)),
            _ => StockOp::Buy(1 + draw.below(3)),
        },
        spread: 9,
        rets: |op| match op {
            StockOp::Read => (-1..6).map(StockRet::Count).collect(),
            StockOp::Restock(_) => (1..6).map(StockRet::Left).collect(),
            StockOp::Buy(_) => {
                let others = [StockRet::Sold, StockRet::SoldOut];
                (-1..4).map(StockRet::Left).chain(others).chain(others).collect()
            }
        },
    }
}

pub(crate) fn banks() -> Family<Bank> {
    let accounts = [("a".into(), 4), ("b".into(), 3), ("c".into(), 0)].into();
    Family {
        model: Bank { accounts, overdraft: false },
        op: |draw, _| match draw.below(3) {
            0 => BankOp::Read,
            _ => {
                let mut account = || ["a", "b", "c"][draw.below(3) as usize].into();
                let (from, to) = (account(), account());
                BankOp::Transfer { from, to, amount: 1 + draw.below(3) }
            }
        },
        spread: 9,
        rets: |op| match op {
            BankOp::Read => (0..4)
                .flat_map(|a| (0..4).map(move |b| (a, b, 7 - a - b)))
                .map(|(a, b, c)| {
                    BankRet::Balances([("a".into(), a), ("b".into(), b), ("c".into(), c)].into())
                })
                .collect(),
            BankOp::Transfer { .. } => vec![BankRet::Done, BankRet::Refused],
        },
    }
}

pub(crate) fn queues() -> Family<Queue> {
    Family { model: Queue, op: collection_op, spread: 9, rets: collection_rets }
}

pub(crate) fn stacks() -> Family<Stack> {
    Family { model: Stack, op: collection_op, spread: 9, rets: collection_rets }
}

pub(crate) fn priority_queues() -> Family<PriorityQueue> {
    Family { model: PriorityQueue, op: collection_op, spread: 9, rets: collection_rets }
}

/// A queue, stack or priority queue with more values, all answers of which say what they found.
pub(crate) fn larger<M>(model: M) -> Family<M>
where
    M: Model<Op = CollectionOp, Ret = CollectionRet>,
{
    let rets = |op: &CollectionOp| match op {
        CollectionOp::Insert(_) => vec![CollectionRet::Done],
        _ => (0..301)
            .map(|value: i64| CollectionRet::Value((value > 0).then(|| value.into())))
            .collect(),
    };
    Family { model, op: collection_op, spread: 12, rets }
}

/// A queue, stack or priority queue into which few values are put again and again.
pub(crate) fn repeated<M>(model: M) -> Family<M>
where
    M: Model<Op = CollectionOp, Ret = CollectionRet>,
{
    let op = |draw: &mut Draw, number| match collection_op(draw, number) {
        CollectionOp::Insert(_) => CollectionOp::Insert((1 + i64::from(draw.below(3))).into()),
        other => other,
    };
    let rets = |op: &CollectionOp| match op {
        CollectionOp::Insert(_) => vec![CollectionRet::Done],
        _ => (0..4)
            .map(|value: i64| CollectionRet::Value((value > 0).then(|| value.into())))
            .collect(),
    };
    Family { model, op, spread: 9, rets }
}

pub(crate) fn mutexes() -> Family<Mutex> {
    Family {
        model: Mutex,
        op: |draw, _| match draw.below(2) {
            0 => MutexOp::Acquire(draw.value(4)),
            _ => MutexOp::Release(draw.value(4)),
        },
        spread: 6,
        rets: |_| vec![MutexRet::Granted, MutexRet::Refused],
    }
}

pub(crate) fn fenced_locks() -> Family<FencedLock> {
    Family {
        model: FencedLock,
        op: |draw, _| match draw.below(2) {
            0 => FencedOp::Acquire(draw.value(3)),
            _ => FencedOp::Release(draw.value(3)),
        },
        spread: 6,
        rets: |op| match op {
            FencedOp::Acquire(_) => {
                (1..9).map(FencedRet::Token).chain([FencedRet::Refused, FencedRet::Done]).collect()
            }
            _ => vec![FencedRet::Done, FencedRet::Refused],
        },
    }
}

/// The same with requests that overlap more.
pub(crate) fn crowded_fenced_locks() -> Family<FencedLock> {
    Family { spread: 14, ..fenced_locks() }
}

pub(crate) fn fetch_and_adds() -> Family<FetchAdd> {
    Family {
        model: FetchAdd::default(),
        op: |draw, _| match draw.below(5) {
            0 => FetchAddOp::Read,
            1 => FetchAddOp::FetchAdd(2),
            _ => FetchAddOp::FetchAdd(1),
        },
        spread: 9,
        rets: |_| (0..9).collect(),
    }
}

pub(crate) fn sequences(gaps: bool) -> Family<Sequence> {
    Family {
        model: Sequence { first: 1, gaps },
        op: |_, _| SequenceOp::Next,
        spread: 9,
        rets: |_| (1..14).collect(),
    }
}

/// A sequence that answers 0 where it does not say which number it gave.
#[derive(Clone)]
pub(crate) struct Silent;

fn told(ret: Option<&i64>) -> Option<i64> {
    ret.copied().filter(|&number| number > 0)
}

impl Model for Silent {
    type Op = SequenceOp;
    type Ret = i64;
    type State = i64;
    type Key = String;
    const NAME: &'static str = "silent";

    fn init(&self) -> i64 {
        1
    }

    fn step(&self, state: &i64, op: &SequenceOp, ret: Option<&i64>) -> Step<i64> {
        Sequence::default().step(state, op, told(ret).as_ref())
    }

    fn object(&self) -> Object {
        Object::Sequence
    }

    fn access<'a>(&self, _op: &'a SequenceOp, ret: Option<&'a i64>) -> Access<'a> {
        Access::Place(Placing::Take { at: told(ret), size: 1, entry: None })
    }

    fn initial(&self) -> Atom<'_> {
        Atom::Int(1)
    }
}

pub(crate) fn silent_sequences() -> Family<Silent> {
    Family {
        model: Silent,
        op: |_, _| SequenceOp::Next,
        spread: 9,
        rets: |_| (1..14).chain([0]).collect(),
    }
}

pub(crate) fn logs() -> Family<Log> {
    Family {
        model: Log::default(),
        op: |draw, number| match draw.below(6) {
            0 => LogOp::Length,
            1 => LogOp::Read(i64::from(draw.below(5))),
            2 => LogOp::ReadFrom(i64::from(draw.below(4))),
            _ => LogOp::Append(number.into()),
        },
        spread: 9,
        rets: |op| match op {
            LogOp::Length => (0..9).map(LogRet::Length).collect(),
            LogOp::Read(_) => values().map(LogRet::Entry).collect(),
            LogOp::ReadFrom(_) => {
                let pairs = (1..9).flat_map(|one: i64| {
                    (0..9).map(move |two: i64| match two {
                        0 => vec![one.into()],
                        _ => vec![one.into(), two.into()],
                    })
                });
                [vec![]].into_iter().chain(pairs).map(LogRet::Entries).collect()
            }
            LogOp::Append(_) => (0..9).map(LogRet::Offset).collect(),
        },
    }
}
