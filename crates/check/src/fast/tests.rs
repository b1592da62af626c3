//! Goal: what a log-linear engine says of relaxed histories, the general search says, too. Reductions
//! rest on it, and decisions are the case in which nothing is relaxed. Method: small random histories
//! of each object, some with lies, under random standings.

use super::fast;
use crate::part::{Part, Standing};
use crate::search::Search;
use crate::subject::Typed;
use crate::{Budget, budget::Meter};
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{
    Access, CasRegister, CellOp, CellRet, CollectionOp, CollectionRet, FencedLock, FencedOp,
    FencedRet, FetchAdd, FetchAddOp, Model, Mutex, MutexOp, MutexRet, PriorityQueue, Queue, Set,
    SetOp, SetRet, Stack, Step, Value,
};

/// Numbers from a seed (Steele, Lea, Flood, *SplitMix*, 2014).
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u32) -> u32 {
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

/// How operations of an object are drawn, by their number, and all that can be answered.
struct Family<M: Model> {
    model: M,
    op: fn(&mut Draw, i64) -> M::Op,
    /// How far from its effect an operation is called and answered, at most.
    spread: u32,
    rets: fn() -> Vec<M::Ret>,
}

/// Operations that take effect one after the other, around which each has its interval; some answers
/// are lost, some are lies, and some came late.
fn draw_history<M: Model>(family: &Family<M>, draw: &mut Draw) -> History<M::Op, M::Ret> {
    let mut state = family.model.init();
    let rets = (family.rets)();
    let mut operations = Vec::new();
    for number in 0..3 + draw.below(5) {
        let op = (family.op)(draw, i64::from(number) + 1);
        let goes = |ret: &M::Ret| match family.model.step(&state, &op, Some(ret)) {
            Step::To(next) => Some((ret.clone(), next)),
            _ => None,
        };
        let mut ret = rets[draw.below(u32::try_from(rets.len()).unwrap_or(1)) as usize].clone();
        if draw.below(8) > 0
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

/// How often the engine had an answer, of so many questions.
fn compare<M: Model>(family: &Family<M>) -> (u32, u32) {
    let (mut draw, mut asked, mut told, mut valid) = (Draw(11), 0, 0, 0);
    for _ in 0..5_000 {
        let history = draw_history(family, &mut draw);
        let subject = Typed::new(&family.model, &history);
        let part = Part { key: Some("x".to_owned()), ..Part::all(&subject) };
        let Ok(engine) = fast(&part) else { continue };
        let mut meter = Meter::new(&Budget::default());
        let mut search = Search::new(&part, &mut meter).expect("a small part");
        for round in 0..4 {
            // Reductions drop what only observed.
            let observed = |one: &Operation<M::Op, M::Ret>| {
                let ret = one.outcome.answer();
                ret.is_some_and(|ret| family.model.is_observation(&one.op, ret))
            };
            let mut standing = |one| match draw.below(6) {
                _ if round == 0 => Standing::Required,
                0 => Standing::Dropped,
                1 | 2 if observed(one) => Standing::Dropped,
                1 | 2 => Standing::Optional,
                _ => Standing::Required,
            };
            let standings: Vec<_> = history.operations.iter().map(&mut standing).collect();
            meter.restart(1 << 20);
            let found = search.probe(&standings, &mut meter).expect("a small question");
            asked += 1;
            if let Some(said) = engine.probe(&standings) {
                let shown = || {
                    let one = |(one, standing): (&Operation<_, _>, &Standing)| {
                        let (op, outcome) = (&one.op, &one.outcome);
                        format!("{}..{} {op:?} {outcome:?} {standing:?}", one.call.0, one.ret.0)
                    };
                    let all = history.operations.iter().zip(&standings).map(one);
                    all.collect::<Vec<_>>().join("\n")
                };
                assert_eq!(said, found, "the engine and the search\n{}", shown());
                told += 1;
                valid += u32::from(said);
            }
        }
    }
    assert!(4 * valid > told && 12 * valid < 11 * told, "{valid} valid of {told}");
    (told, asked)
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

fn cell_rets() -> Vec<CellRet> {
    [CellRet::Done, CellRet::Mismatch].into_iter().chain(values().map(CellRet::Value)).collect()
}

#[test]
fn cas_registers() {
    let (told, asked) =
        compare(&Family { model: CasRegister, op: cell_op, spread: 9, rets: cell_rets });
    assert!(2 * told > asked, "{told} of {asked}");
}

/// A register whose answers do not say whether a comparison matched.
#[derive(Clone)]
struct Vague;

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

#[test]
fn vague_registers() {
    let (told, asked) = compare(&Family { model: Vague, op: cell_op, spread: 9, rets: cell_rets });
    assert!(told == asked && asked > 400, "{told} of {asked}");
}

#[test]
fn sets() {
    let family = Family {
        model: Set,
        op: |draw, number| match draw.below(4) {
            0 => SetOp::Add(number.into()),
            1 => SetOp::Remove(draw.value(8)),
            _ => SetOp::Contains(draw.value(8)),
        },
        spread: 9,
        rets: || vec![SetRet::Done, SetRet::Told(true), SetRet::Told(false)],
    };
    let (told, asked) = compare(&family);
    assert!(8 * told > 7 * asked, "{told} of {asked}");
}

fn collection_op(draw: &mut Draw, number: i64) -> CollectionOp {
    match draw.below(7) {
        0..3 => CollectionOp::Insert(number.into()),
        3..6 => CollectionOp::Take,
        _ => CollectionOp::Peek,
    }
}

fn collection_rets() -> Vec<CollectionRet> {
    [CollectionRet::Done].into_iter().chain(values().map(CollectionRet::Value)).collect()
}

#[test]
fn queues() {
    let family = Family { model: Queue, op: collection_op, spread: 9, rets: collection_rets };
    let (told, asked) = compare(&family);
    assert!(20 * told > 19 * asked, "{told} of {asked}");
}

#[test]
fn stacks() {
    let family = Family { model: Stack, op: collection_op, spread: 9, rets: collection_rets };
    let (told, asked) = compare(&family);
    assert!(20 * told > 19 * asked, "{told} of {asked}");
}

#[test]
fn priority_queues() {
    let family =
        Family { model: PriorityQueue, op: collection_op, spread: 9, rets: collection_rets };
    let (told, asked) = compare(&family);
    assert!(20 * told > 19 * asked, "{told} of {asked}");
}

#[test]
fn mutexes() {
    let family = Family {
        model: Mutex,
        op: |draw, _| match draw.below(2) {
            0 => MutexOp::Acquire(draw.value(4)),
            _ => MutexOp::Release(draw.value(4)),
        },
        spread: 6,
        rets: || vec![MutexRet::Granted, MutexRet::Refused],
    };
    let (told, asked) = compare(&family);
    assert!(6 * told > asked, "{told} of {asked}");
}

#[test]
fn fenced_locks() {
    let family = Family {
        model: FencedLock,
        op: |draw, _| match draw.below(2) {
            0 => FencedOp::Acquire(draw.value(3)),
            _ => FencedOp::Release(draw.value(3)),
        },
        spread: 6,
        rets: || {
            let tokens = (1..9).map(FencedRet::Token);
            tokens.chain([FencedRet::Done, FencedRet::Refused]).collect()
        },
    };
    let (told, asked) = compare(&family);
    assert!(6 * told > asked, "{told} of {asked}");
}

#[test]
fn fetch_and_adds() {
    let family = Family {
        model: FetchAdd::default(),
        op: |draw, _| match draw.below(5) {
            0 => FetchAddOp::Read,
            1 => FetchAddOp::FetchAdd(2),
            _ => FetchAddOp::FetchAdd(1),
        },
        spread: 9,
        rets: || (0..9).collect(),
    };
    let (told, asked) = compare(&family);
    assert!(4 * told > 3 * asked, "{told} of {asked}");
}
