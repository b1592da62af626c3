//! The search on histories whose answer is known, and its limits.

use super::Search;
use super::run::{Most, Outcome as Found};
use crate::budget::Meter;
use crate::part::{Part, Standing};
use crate::subject::Typed;
use crate::{Budget, Linearizable};
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{CasRegister, CellOp, CellRet, Model, Register, Step, Value};
use testimony_verdict::{Engine, Unknown, Verdict};

type One = Operation<CellOp, CellRet>;

const SEARCH: Linearizable = Linearizable { engine: Some(Engine::Search) };

fn one(id: u32, op: CellOp, outcome: Outcome<CellRet>, call: u32, ret: u32) -> One {
    let (call, ret) = (Rank(call), Rank(ret));
    Operation { id: OpId(id), process: Process(id), op, outcome, call, ret, call_ns: 0, ret_ns: 0 }
}

fn write(id: u32, value: i64, call: u32, ret: u32) -> One {
    one(id, CellOp::Write(value.into()), Outcome::Ok(CellRet::Done), call, ret)
}

fn read(id: u32, value: i64, call: u32, ret: u32) -> One {
    one(id, CellOp::Read, Outcome::Ok(CellRet::Value(Some(value.into()))), call, ret)
}

fn history(operations: Vec<One>) -> History<CellOp, CellRet> {
    History { operations, ..History::default() }
}

#[test]
fn a_write_of_the_present_value_may_be_needed_later() {
    // Placed at once (it changes nothing), the write #1 could not bring 2 back after 1.
    let found = history(vec![
        write(0, 2, 0, 1),
        write(1, 2, 2, 9),
        write(2, 1, 3, 4),
        read(3, 1, 5, 6),
        read(4, 2, 7, 8),
    ]);
    assert_eq!(SEARCH.holds(&Register, &found, &Budget::default()), Some(true));
}

/// So many swaps between any two of five values, all at once, and a read of a value that nobody
/// wrote.
fn crowd(clients: u32) -> History<CellOp, CellRet> {
    let swap = |id: u32| {
        let (from, to) = (i64::from(id % 5), i64::from((id % 5 + 1 + id / 5 % 4) % 5));
        let op = CellOp::Cas(Some(from.into()), to.into());
        one(id, op, Outcome::Ok(CellRet::Done), id, 3 * clients)
    };
    let mut operations = vec![write(0, 0, 0, 3 * clients)];
    operations.extend((1..clients).map(swap));
    operations.push(read(clients, 9, clients, 2 * clients));
    history(operations)
}

#[test]
fn a_crowd_of_writers_is_no_crowd() {
    // Whoever is not seen may count as overwritten, whatever their number.
    let values = 20;
    let mut operations: Vec<One> =
        (0..4_000).map(|id| write(id, i64::from(id) % values, id, 90_000)).collect();
    operations.extend((0..200).map(|at| {
        let (id, value) = (4_000 + at, i64::from(at * 7 % 20));
        read(id, value, 5_000 + 2 * at, 5_001 + 2 * at)
    }));
    let budget = Budget { steps_max: 4_000_000, ..Budget::default() };
    assert_eq!(SEARCH.holds(&Register, &history(operations.clone()), &budget), Some(true));
    operations.push(read(4_200, values, 6_000, 6_001));
    assert_eq!(SEARCH.holds(&Register, &history(operations), &budget), Some(false));
}

#[test]
fn a_hostile_crowd_ends_within_the_budget() {
    let budget = Budget { steps_max: 200_000, bytes_max: 64 << 20, ..Budget::default() };
    let found = crate::Checker::check(&SEARCH, &CasRegister, &crowd(50_000), &budget);
    let Verdict::Unknown(Unknown::Budget(effort)) = found.verdict else {
        panic!("expected the budget to run out, found {:?}", found.verdict)
    };
    assert!(effort.steps <= 200_000 && effort.bytes <= 64 << 20, "{effort}");
    let again = crate::Checker::check(&SEARCH, &CasRegister, &crowd(50_000), &budget);
    assert_eq!(again.verdict, Verdict::Unknown(Unknown::Budget(effort)));
}

#[test]
fn bytes_run_out_before_they_are_taken() {
    let budget = Budget { bytes_max: 1 << 20, ..Budget::default() };
    let found = crate::Checker::check(&SEARCH, &CasRegister, &crowd(1_000), &budget);
    assert!(matches!(found.verdict, Verdict::Unknown(Unknown::Budget(_))), "{found:?}");
}

#[test]
fn sixty_indeterminate_writes_are_a_few_counts() {
    let lost = |id: u32| {
        let op = CellOp::Write(i64::from(id % 5).into());
        one(id, op, Outcome::Info(String::new()), id, u32::MAX)
    };
    let mut operations: Vec<One> = (0..60).map(lost).collect();
    operations.extend((60..90).map(|id| read(id, i64::from(id * 7 % 5), 2 * id, 2 * id + 1)));
    operations.push(read(90, 77, 180, 181));
    let found = SEARCH.holds(&Register, &history(operations), &Budget::default());
    assert_eq!(found, Some(false));
}

#[test]
fn whoever_says_stop_is_heard() {
    let budget = Budget { stop: &|| true, ..Budget::default() };
    let found = crate::Checker::check(&SEARCH, &CasRegister, &crowd(1_000), &budget);
    assert!(matches!(found.verdict, Verdict::Unknown(Unknown::Stopped(_))), "{found:?}");
}

/// A model that breaks its word: its reads change the state.
#[derive(Clone)]
struct Liar;

impl Model for Liar {
    type Op = CellOp;
    type Ret = CellRet;
    type State = Option<Value>;
    type Key = String;
    const NAME: &'static str = "liar";

    fn init(&self) -> Option<Value> {
        None
    }

    fn step(
        &self,
        _state: &Option<Value>,
        _op: &CellOp,
        _ret: Option<&CellRet>,
    ) -> Step<Option<Value>> {
        Step::To(Some(1.into()))
    }

    fn is_observer(&self, op: &CellOp) -> bool {
        matches!(op, CellOp::Read)
    }
}

#[test]
fn a_model_that_breaks_its_word_is_told_so() {
    let found = history(vec![read(0, 1, 0, 1)]);
    let found = crate::Checker::check(&SEARCH, &Liar, &found, &Budget::default());
    assert!(matches!(found.verdict, Verdict::Unknown(Unknown::NotApplicable(_))), "{found:?}");
}

/// What clients of a register see that now and then all wait for each other.
fn recorded(operations: u32, clients: u32) -> Vec<One> {
    let mut seed = 1_u64;
    let mut draw = |below: u32| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((seed >> 33) % u64::from(below)).expect("a small number")
    };
    let (mut all, mut state, mut rank) = (vec![write(0, 0, 0, 1)], 0, 2);
    while u32::try_from(all.len()).expect("few") < operations {
        let first = all.len();
        for client in 0..clients {
            let id = u32::try_from(all.len()).expect("few");
            all.push(match (client + draw(2)) % 2 {
                0 => write(id, i64::from(draw(3)), rank, 0),
                _ => read(id, 0, rank, 0),
            });
            rank += 1;
        }
        // They take effect in some order, and return in some other one.
        for turn in 0..clients {
            let at = first + (turn * 7 % clients) as usize;
            match &all[at].op {
                CellOp::Write(Value::Int(value)) => state = *value,
                _ => all[at].outcome = Outcome::Ok(CellRet::Value(Some(state.into()))),
            }
        }
        for (turn, one) in (0..).zip(&mut all[first..]) {
            one.ret = Rank(rank + (turn * 3 + 1) % clients);
        }
        rank += clients;
    }
    all
}

/// Walks, after a dive of so many steps level by level: what was found, the order, and how many
/// configurations are kept of how many.
fn walked(operations: Vec<One>, dive: u64) -> (Found, Vec<usize>, usize, usize) {
    let history = history(operations);
    let subject = Typed::new(&Register, &history);
    let (part, budget) = (Part::all(&subject), Budget::default());
    let mut meter = Meter::new(&budget);
    let mut search = Search::new(&part, &mut meter).expect("a search");
    let Search { run, tables, .. } = &mut search;
    let found = run
        .go(&part, tables, &|_| Standing::Required, Most { dive, each: 0, total: 0 }, &mut meter)
        .expect("a verdict");
    let order = if found == Found::Order { run.order(tables) } else { Vec::new() };
    let order = order.into_iter().map(|position| position as usize).collect();
    (found, order, run.visited.kept(), run.visited.len())
}

#[test]
fn what_cannot_matter_any_more_is_forgotten() {
    let operations = recorded(3_000, 5);
    let (found, order, kept, met) = walked(operations.clone(), 0);
    assert_eq!(found, Found::Order);
    assert!(kept * 10 < met, "{kept} of {met} are kept");
    let (mut state, mut seen, mut latest) = (None, vec![false; operations.len()], Rank(0));
    for &at in &order {
        assert!(!std::mem::replace(&mut seen[at], true), "{at} twice");
        assert!(operations[at].ret >= latest, "{at} returned before one in front was called");
        latest = latest.max(operations[at].call);
        match (&operations[at].op, &operations[at].outcome) {
            (CellOp::Write(value), _) => state = Some(value.clone()),
            (_, Outcome::Ok(ret)) => assert_eq!(*ret, CellRet::Value(state.clone()), "{at}"),
            _ => {}
        }
    }
    assert_eq!(order.len(), operations.len());
    let last = operations.last().expect("some").ret.0 + 10;
    let stray = read(9_999, 7, last, last + 1);
    assert_eq!(walked([operations, vec![stray]].concat(), 0).0, Found::None);
}

#[test]
fn a_dive_hardly_ever_turns_back() {
    for clients in [4, 5, 11] {
        let operations = recorded(3_000, clients);
        let returns = operations.len();
        let (found, _, _, met) = walked(operations, u64::MAX);
        assert_eq!(found, Found::Order);
        // A configuration for each return is what any order takes that is known beforehand.
        assert!(met * 10 <= returns * 11, "{met} configurations, {returns} returns");
    }
}
