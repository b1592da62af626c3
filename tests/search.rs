//! The general search against the oracle and against itself, on the shapes that it prunes for: many
//! clients, many indeterminate operations, the same few values, events at one rank, appending; and
//! on models that are hostile.
//!
//! [`Plain`] hides what a register is, so that the search knows nothing but its steps: both ways
//! must agree, on histories that no oracle could judge, too. So must a third, in which a system tells
//! an order of its operations that is nearly always a lie.

use serde::{Deserialize, Serialize};
use testimony_certify::verify;
use testimony_check::{Budget, Checker, Linearizable, judge};
use testimony_history::{History, Outcome};
use testimony_model::{
    Access, CasRegister, CellOp, CellRet, Data, Keys, Kv, KvOp, Model, Object, Register, Step,
    Value,
};
use testimony_tests::collections::{PriorityQueues, Queues, Reads, Sets, Stacks};
use testimony_tests::draw::Draw;
use testimony_tests::families::{CasRegisters, Registers, Values};
use testimony_tests::random::{Family, Shape, history};
use testimony_tests::{oracle, show};
use testimony_verdict::{Engine, Property, Unknown, Verdict};

const SEARCH: Linearizable = Linearizable { engine: Some(Engine::Search) };

/// A model without its shape.
#[derive(Clone)]
struct Plain<M> {
    model: M,
    /// Whether it tells an order that has nothing to do with what happened.
    tells: bool,
}

impl<M: Model> Model for Plain<M> {
    type Op = M::Op;
    type Ret = M::Ret;
    type State = M::State;
    type Key = M::Key;
    const NAME: &'static str = "plain";

    fn init(&self) -> M::State {
        self.model.init()
    }

    fn step(&self, state: &M::State, op: &M::Op, ret: Option<&M::Ret>) -> Step<M::State> {
        self.model.step(state, op, ret)
    }

    fn keys(&self, op: &M::Op) -> Keys<M::Key> {
        self.model.keys(op)
    }

    fn is_observer(&self, op: &M::Op) -> bool {
        self.model.is_observer(op)
    }

    fn is_observation(&self, op: &M::Op, ret: &M::Ret) -> bool {
        self.model.is_observation(op, ret)
    }

    fn order(&self, op: &M::Op, ret: &M::Ret) -> Option<i64> {
        let letters = format!("{op:?} {ret:?}").into_bytes();
        let sum = letters.iter().fold(7_i64, |sum, &letter| (31 * sum + i64::from(letter)) % 1_009);
        (self.tells && sum % 4 > 0).then_some(sum / 4 % 7)
    }

    fn object(&self) -> Object {
        Object::Other
    }
}

/// One cell with everything that cells have, on a key of its own.
struct Texts;

impl Family for Texts {
    type Model = CasRegister;

    fn model(&self, _draw: &mut Draw) -> CasRegister {
        CasRegister
    }

    fn op(&self, draw: &mut Draw, _number: usize) -> CellOp {
        let text = |draw: &mut Draw| Value::from(*draw.of(&["a", "b", "ab", ""]));
        match draw.below(12) {
            0..4 => CellOp::Read,
            4..8 => CellOp::Append((*draw.of(&["a", "b", "ab", ""])).into()),
            8 => CellOp::Write(text(draw)),
            9 => CellOp::Cas(draw.chance(70).then(|| text(draw)), text(draw)),
            10 => CellOp::Write(Value::Int(1)),
            _ => CellOp::Delete,
        }
    }

    fn answers(&self, op: &CellOp, _number: usize) -> Vec<CellRet> {
        match op {
            CellOp::Read => ["", "a", "b", "ab", "ba", "aa", "aba", "bab", "abab"]
                .into_iter()
                .map(|text| Some(Value::from(text)))
                .chain([None, Some(Value::Int(1))])
                .map(CellRet::Value)
                .collect(),
            CellOp::Cas(..) => vec![CellRet::Done, CellRet::Mismatch],
            CellOp::Write(_) | CellOp::Append(_) | CellOp::Delete => vec![CellRet::Done],
        }
    }
}

/// Compares the search with the oracle; each eighth history also shows its evidence.
fn against_the_oracle<F: Family>(family: &F, shape: Shape, histories: usize, seed: u64) {
    let mut draw = Draw::new(seed);
    let mut invalid = 0;
    for number in 0..histories {
        let (model, history) = history(family, &shape, &mut draw);
        let truth = oracle::linearizable(&model, &history);
        invalid += usize::from(!truth);
        let found = SEARCH.holds(&model, &history, &Budget::default());
        let text = || show::paste::<F::Model>(&history);
        assert_eq!(found, Some(truth), "the search is wrong about\n{}", text());
        if number % 8 == 0 {
            let mut verdict = SEARCH.check(&model, &history, &Budget::default()).verdict;
            let verified = verify(&model, &history, &Property::LINEARIZABLE, None, &mut verdict);
            assert_eq!(verified, Ok(()), "{verdict:?} of\n{}", text());
        }
    }
    let share = invalid * 100 / histories;
    assert!((10..=90).contains(&share), "{share} % are invalid");
}

/// Small enough for the oracle, with everything at once.
const CROWD: Shape = Shape {
    operations_min: 3,
    operations_max: 8,
    clients_max: 6,
    info: 25,
    fail: 3,
    lie: 250,
    tie: 35,
};

#[test]
fn registers_in_a_crowd() {
    against_the_oracle(&Registers(Values::Few(2)), CROWD, 60_000, 101);
    against_the_oracle(&Registers(Values::Few(4)), CROWD, 30_000, 102);
}

#[test]
fn cas_registers_in_a_crowd() {
    against_the_oracle(&CasRegisters(Values::Few(2)), CROWD, 60_000, 103);
    against_the_oracle(&CasRegisters(Values::Few(4)), CROWD, 30_000, 104);
}

#[test]
fn texts_that_grow() {
    against_the_oracle(&Texts, Shape { info: 15, ..CROWD }, 60_000, 105);
}

/// Compares what the search knows of registers with what it knows of any model.
fn against_itself<F: Family>(family: &F, shape: Shape, histories: usize, seed: u64) {
    let mut draw = Draw::new(seed);
    let (mut valid, mut invalid) = (0, 0);
    for _ in 0..histories {
        let (model, history) = history(family, &shape, &mut draw);
        let found = SEARCH.check(&model, &history, &Budget::default()).verdict;
        let budget = Budget { steps_max: 50_000, ..Budget::default() };
        let text = || show::paste::<F::Model>(&history);
        for tells in [false, true] {
            let plain = Plain { model: model.clone(), tells };
            let plain = SEARCH.holds(&plain, &history, &budget);
            match (&found, plain) {
                (Verdict::Valid(_), Some(true)) => valid += 1,
                (Verdict::Invalid(_), Some(false)) => invalid += 1,
                // Without its shape, a register is sometimes too much.
                (Verdict::Valid(_) | Verdict::Invalid(_), None) => {}
                _ => panic!("as a register {found:?}, without its shape {plain:?}:\n{}", text()),
            }
        }
        let mut found = found;
        let verified = verify(&model, &history, &Property::LINEARIZABLE, None, &mut found);
        assert_eq!(verified, Ok(()), "{}", text());
    }
    assert!(valid > histories / 5 && invalid > histories / 5, "{valid} valid, {invalid} not");
}

/// Too large for the oracle.
const LARGER: Shape = Shape {
    operations_min: 10,
    operations_max: 40,
    clients_max: 9,
    info: 8,
    fail: 3,
    lie: 25,
    tie: 20,
};

#[test]
fn larger_registers_with_and_without_their_shape() {
    against_itself(&Registers(Values::Few(3)), LARGER, 3_000, 201);
    against_itself(&Registers(Values::Few(12)), LARGER, 3_000, 202);
    against_itself(&Registers(Values::Unique), LARGER, 1_000, 203);
}

#[test]
fn larger_cas_registers_with_and_without_their_shape() {
    against_itself(&CasRegisters(Values::Few(3)), LARGER, 3_000, 204);
    against_itself(&CasRegisters(Values::Few(8)), LARGER, 3_000, 205);
}

#[test]
fn larger_texts_with_and_without_their_shape() {
    against_itself(&Texts, LARGER, 3_000, 206);
}

/// What nobody saw need not be put in; without its shape a collection is not known to be one.
#[test]
fn larger_collections_with_and_without_their_shape() {
    let shape = Shape { operations_max: 14, info: 25, lie: 90, ..LARGER };
    against_itself(&Queues(Values::Few(6)), shape, 300, 207);
    against_itself(&Stacks(Values::Few(6)), shape, 300, 208);
    against_itself(&PriorityQueues(Values::Few(6)), shape, 300, 209);
    against_itself(&Sets(Values::Few(6), Reads::All), shape, 300, 210);
}

/// A model that leads nowhere without refusing, panics, or has states without end.
#[derive(Clone, Debug)]
struct Hostile;

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "f", content = "value", rename_all = "kebab-case")]
enum HostileOp {
    Nowhere,
    Grow(u32),
    Look,
    Panic,
}

impl Model for Hostile {
    type Op = HostileOp;
    type Ret = Option<u32>;
    type State = Vec<u32>;
    type Key = String;
    const NAME: &'static str = "hostile";

    fn init(&self) -> Vec<u32> {
        Vec::new()
    }

    fn step(&self, state: &Vec<u32>, op: &HostileOp, ret: Option<&Option<u32>>) -> Step<Vec<u32>> {
        match op {
            HostileOp::Nowhere => Step::Any(Vec::new()),
            HostileOp::Grow(by) => {
                Step::To(state.iter().copied().chain(std::iter::repeat_n(*by, 1_000)).collect())
            }
            HostileOp::Look => match ret {
                Some(&Some(seen)) if state.last() != Some(&seen) => Step::Refuse("no".to_owned()),
                _ => Step::To(state.clone()),
            },
            HostileOp::Panic => panic!("a model of a user"),
        }
    }

    fn is_observer(&self, op: &HostileOp) -> bool {
        matches!(op, HostileOp::Look)
    }
}

fn verdict_on<M: Model>(
    model: &M,
    operations: Vec<testimony_history::Operation<M::Op, M::Ret>>,
    budget: &Budget<'_>,
) -> Verdict {
    let history = show::history(operations);
    let mut judgement = judge(model, &history, &[Box::new(SEARCH)], budget);
    judgement.by.remove(&Property::LINEARIZABLE).expect("it was judged").verdict
}

#[test]
fn leading_to_no_state_is_a_refusal() {
    let asked = vec![show::ok(0, 0, 1, HostileOp::Nowhere, None)];
    assert!(matches!(verdict_on(&Hostile, asked, &Budget::default()), Verdict::Invalid(_)));
    let asked = vec![
        show::info(0, 0, HostileOp::Nowhere),
        show::ok(1, 1, 2, HostileOp::Grow(1), None),
        show::ok(2, 3, 4, HostileOp::Look, Some(1)),
    ];
    assert!(matches!(verdict_on(&Hostile, asked, &Budget::default()), Verdict::Valid(_)));
}

#[test]
fn a_model_that_panics_is_told_so() {
    let asked = vec![show::ok(0, 0, 1, HostileOp::Panic, None)];
    let found = verdict_on(&Hostile, asked, &Budget::default());
    let told = "a model of a user".to_owned();
    assert_eq!(found, Verdict::Unknown(Unknown::ModelPanicked(told)));
}

#[test]
fn huge_states_run_out_of_bytes() {
    let grown = |id: u32| show::ok(id, id, 1_000, HostileOp::Grow(id), None);
    let mut asked: Vec<_> = (0..12).map(grown).collect();
    asked.push(show::ok(12, 12, 500, HostileOp::Look, Some(77)));
    let budget = Budget { bytes_max: 8 << 20, ..Budget::default() };
    let found = verdict_on(&Hostile, asked, &budget);
    assert!(matches!(found, Verdict::Unknown(Unknown::Budget(_))), "{found:?}");
}

/// A map whose keys all look the same.
#[derive(Clone)]
struct Alike;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Veiled(String);

impl std::fmt::Display for Veiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("key")
    }
}

impl Model for Alike {
    type Op = KvOp;
    type Ret = CellRet;
    type State = <Kv as Model>::State;
    type Key = Veiled;
    const NAME: &'static str = "alike";

    fn init(&self) -> Self::State {
        Kv.init()
    }

    fn step(&self, state: &Self::State, op: &KvOp, ret: Option<&CellRet>) -> Step<Self::State> {
        Kv.step(state, op, ret)
    }

    fn keys(&self, op: &KvOp) -> Keys<Veiled> {
        Keys::One(Veiled(op.key.to_string()))
    }

    fn is_observer(&self, op: &KvOp) -> bool {
        Kv.is_observer(op)
    }

    fn access<'a>(&self, op: &'a KvOp, ret: Option<&'a CellRet>) -> Access<'a> {
        Kv.access(op, ret)
    }
}

/// Keys that look the same are judged together, but they are not one register: a read of one does not
/// see what was written to the other.
#[test]
fn keys_that_look_the_same_are_not_one_register() {
    let write = |id: u32, key: &str| {
        let op = KvOp::new(key, CellOp::Write(Value::Int(id.into())));
        show::ok(id, 2 * id, 2 * id + 1, op, CellRet::Done)
    };
    let read = |id: u32, key: &str, value: Option<u32>| {
        let value = value.map(|value| Value::Int(value.into()));
        let op = KvOp::new(key, CellOp::Read);
        show::ok(id, 2 * id, 2 * id + 1, op, CellRet::Value(value))
    };
    for (seen, truth) in [(None, true), (Some(0), false)] {
        let asked = vec![write(0, "a"), read(1, "a", Some(0)), read(2, "b", seen)];
        let history = show::history(asked);
        let found = Linearizable::default().holds(&Alike, &history, &Budget::default());
        assert_eq!(found, Some(truth), "b = {seen:?}");
        let checker = Linearizable::default();
        let mut verdict = checker.check(&Alike, &history, &Budget::default()).verdict;
        let verified = verify(&Alike, &history, &Property::LINEARIZABLE, None, &mut verdict);
        assert_eq!(verified, Ok(()), "{verdict:?}");
    }
}

/// Random operations of an adversary: whatever is answered, there is an answer to it.
#[test]
fn nothing_that_is_asked_panics() {
    fn ask<M: Model>(model: &M, ops: &[M::Op], rets: &[M::Ret], seed: u64)
    where
        M::Op: Data,
    {
        let mut draw = Draw::new(seed);
        for _ in 0..20_000 {
            let operations: Vec<_> = (0..draw.below(7))
                .map(|number| {
                    let id = u32::try_from(number).expect("few");
                    let call = u32::try_from(draw.below(9)).expect("few");
                    let ret = call + u32::try_from(draw.below(5)).expect("few");
                    let mut one =
                        show::ok(id, call, ret, draw.of(ops).clone(), draw.of(rets).clone());
                    if draw.chance(25) {
                        one = show::info(id, call, one.op);
                    } else if draw.chance(5) {
                        one.outcome = Outcome::Fail("no".to_owned());
                    }
                    one
                })
                .collect();
            let history: History<M::Op, M::Ret> = show::history(operations);
            let truth = oracle::linearizable(model, &history);
            let mut verdict = SEARCH.check(model, &history, &Budget::default()).verdict;
            assert_eq!(
                matches!(verdict, Verdict::Valid(_)),
                truth,
                "{}",
                show::paste::<M>(&history)
            );
            let verified = verify(model, &history, &Property::LINEARIZABLE, None, &mut verdict);
            assert_eq!(verified, Ok(()), "{}", show::paste::<M>(&history));
        }
    }
    let some = |value: i64| Some(Value::Int(value));
    let text = |text: &str| Some(Value::from(text));
    let ops = [
        CellOp::Read,
        CellOp::Write(1.into()),
        CellOp::Write(Value::from("a")),
        CellOp::Cas(some(1), 1.into()),
        CellOp::Cas(some(1), 2.into()),
        CellOp::Cas(None, 1.into()),
        CellOp::Cas(text("a"), Value::from("aa")),
        CellOp::Append("a".into()),
        CellOp::Append("".into()),
        CellOp::Delete,
    ];
    let rets = [
        CellRet::Done,
        CellRet::Mismatch,
        CellRet::Value(None),
        CellRet::Value(some(1)),
        CellRet::Value(some(2)),
        CellRet::Value(text("a")),
        CellRet::Value(text("aa")),
        CellRet::Value(text("")),
    ];
    ask(&CasRegister, &ops, &rets, 301);
    ask(&Register, &ops, &rets, 302);
    let keyed = ops.map(|op| testimony_model::KvOp::new("x", op));
    ask(&Kv, &keyed, &rets, 303);
}
