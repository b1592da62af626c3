//! Metamorphic tests: what a change of a history may and may not do to its verdict.
//!
//! No oracle is asked, so they reach longer histories than the differential tests. Each relation is
//! a law of linearizability itself: some changes say the same thing in other words, and must leave
//! the verdict alone; others only weaken what was seen, and must never turn a valid history into an
//! invalid one; the reverse ones must never turn an invalid one valid.

use testimony_check::{Budget, Linearizable};
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{CellOp, CellRet, Kv, KvOp, Model, Value};
use testimony_tests::draw::Draw;
use testimony_tests::families::{CasRegisters, Coins, Kvs, Registers, Stocks, Values};
use testimony_tests::random::{Family, Shape, each, history};
use testimony_tests::show;

/// Histories of each family.
const EACH: usize = each(10_000);

/// Longer than those for the oracle, and with fewer lies.
const SHAPE: Shape =
    Shape { operations_min: 4, operations_max: 16, clients_max: 5, lie: 80, ..Shape::SMALL };

type OperationOf<M> = Operation<<M as Model>::Op, <M as Model>::Ret>;
type HistoryOf<M> = History<<M as Model>::Op, <M as Model>::Ret>;

/// What a change may do to the verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Law {
    /// Nothing.
    Same,
    /// It only weakens what was seen: valid stays valid.
    Weaker,
    /// It only sharpens what was seen: invalid stays invalid.
    Stronger,
}

/// A change of a history; `None` where there is nothing to change.
type Change<M> = fn(&M, &HistoryOf<M>, &mut Draw) -> Option<Vec<OperationOf<M>>>;

/// The relations that hold for every model.
fn relations<M: Model>() -> Vec<(&'static str, Law, Change<M>)> {
    vec![
        ("other process numbers", Law::Same, renamed_processes),
        ("times in another unit", Law::Same, scaled_times),
        ("ranks further apart", Law::Same, stretched_ranks),
        ("other operation numbers", Law::Same, renumbered),
        ("one more failed operation", Law::Same, with_failed),
        ("failed operations left out", Law::Same, without_failed),
        ("one more observation that agrees", Law::Same, with_observation),
        ("one more observation without an answer", Law::Same, with_unanswered),
        ("an interval made longer", Law::Weaker, widened),
        ("an answer forgotten", Law::Weaker, forgotten),
        ("an observation left out", Law::Weaker, without_observation),
        ("one more operation that may have happened", Law::Weaker, with_maybe),
        ("the end cut off", Law::Weaker, cut),
        ("an interval made shorter", Law::Stronger, narrowed),
    ]
}

fn renamed_processes<M: Model>(
    _: &M,
    history: &HistoryOf<M>,
    _: &mut Draw,
) -> Option<Vec<OperationOf<M>>> {
    let renamed = |one: &OperationOf<M>| {
        let process = Process(u32::MAX - one.process.0 * 7);
        Operation { process, ..one.clone() }
    };
    Some(history.operations.iter().map(renamed).collect())
}

fn scaled_times<M: Model>(
    _: &M,
    history: &HistoryOf<M>,
    _: &mut Draw,
) -> Option<Vec<OperationOf<M>>> {
    let scaled = |one: &OperationOf<M>| {
        let (call_ns, ret_ns) = (one.call_ns * 3 + 5, one.ret_ns * 3 + 5);
        Operation { call_ns, ret_ns, ..one.clone() }
    };
    Some(history.operations.iter().map(scaled).collect())
}

fn stretched_ranks<M: Model>(
    _: &M,
    history: &HistoryOf<M>,
    _: &mut Draw,
) -> Option<Vec<OperationOf<M>>> {
    let stretched = |one: &OperationOf<M>| {
        let further = |rank: Rank| Rank(rank.0.saturating_mul(5).saturating_add(2));
        let (call, ret) = (further(one.call), further(one.ret));
        Operation { call, ret, ..one.clone() }
    };
    Some(history.operations.iter().map(stretched).collect())
}

fn renumbered<M: Model>(
    _: &M,
    history: &HistoryOf<M>,
    _: &mut Draw,
) -> Option<Vec<OperationOf<M>>> {
    let renumbered = |one: &OperationOf<M>| Operation { id: OpId(one.id.0 * 3 + 4), ..one.clone() };
    Some(history.operations.iter().map(renumbered).collect())
}

/// The history with one more operation, made of a copy of another, by a process of its own.
fn with_copy<M: Model>(
    history: &HistoryOf<M>,
    of: &OperationOf<M>,
    outcome: Outcome<M::Ret>,
) -> Vec<OperationOf<M>> {
    let last = history.operations.iter().map(|one| one.id.0).max().unwrap_or(0);
    let process = Process(1_000_000);
    let ret = if matches!(outcome, Outcome::Info(_)) { Rank::NEVER } else { of.ret };
    let copy = Operation { id: OpId(last + 1), process, outcome, ret, ..of.clone() };
    history.operations.iter().cloned().chain([copy]).collect()
}

/// One of the operations that are like this.
fn one<'h, M: Model>(
    history: &'h HistoryOf<M>,
    draw: &mut Draw,
    like: impl Fn(&OperationOf<M>) -> bool,
) -> Option<&'h OperationOf<M>> {
    let all: Vec<&OperationOf<M>> = history.operations.iter().filter(|one| like(one)).collect();
    (!all.is_empty()).then(|| *draw.of(&all))
}

fn observed<M: Model>(model: &M, one: &OperationOf<M>) -> bool {
    one.outcome.answer().is_some_and(|ret| model.is_observation(&one.op, ret))
}

fn with_failed<M: Model>(
    _: &M,
    history: &HistoryOf<M>,
    draw: &mut Draw,
) -> Option<Vec<OperationOf<M>>> {
    let of = one::<M>(history, draw, |one| one.ret != Rank::NEVER)?;
    Some(with_copy::<M>(history, of, Outcome::Fail("refused".to_owned())))
}

fn without_failed<M: Model>(
    _: &M,
    history: &HistoryOf<M>,
    _: &mut Draw,
) -> Option<Vec<OperationOf<M>>> {
    Some(history.operations.iter().filter(|one| !one.is_fail()).cloned().collect())
}

/// A second client that observed the same during the same time changes nothing: in any order it
/// can stand beside the first.
fn with_observation<M: Model>(
    model: &M,
    history: &HistoryOf<M>,
    draw: &mut Draw,
) -> Option<Vec<OperationOf<M>>> {
    let of = one::<M>(history, draw, |one| observed(model, one))?;
    Some(with_copy::<M>(history, of, of.outcome.clone()))
}

fn with_unanswered<M: Model>(
    model: &M,
    history: &HistoryOf<M>,
    draw: &mut Draw,
) -> Option<Vec<OperationOf<M>>> {
    let of = one::<M>(history, draw, |one| model.is_observer(&one.op))?;
    Some(with_copy::<M>(history, of, Outcome::Info("lost".to_owned())))
}

/// The history with one operation changed.
fn changed<M: Model>(
    history: &HistoryOf<M>,
    at: OpId,
    change: impl Fn(&mut OperationOf<M>),
) -> Vec<OperationOf<M>> {
    let mut operations = history.operations.clone();
    operations.iter_mut().filter(|one| one.id == at).for_each(change);
    operations
}

fn widened<M: Model>(
    _: &M,
    history: &HistoryOf<M>,
    draw: &mut Draw,
) -> Option<Vec<OperationOf<M>>> {
    let at = one::<M>(history, draw, Operation::is_ok)?.id;
    let by = u32::try_from(1 + draw.below(4)).expect("small");
    Some(changed::<M>(history, at, |one| {
        one.call = Rank(one.call.0.saturating_sub(by));
        one.ret = Rank(one.ret.0 + by);
    }))
}

fn narrowed<M: Model>(
    _: &M,
    history: &HistoryOf<M>,
    draw: &mut Draw,
) -> Option<Vec<OperationOf<M>>> {
    let at = one::<M>(history, draw, |one| one.is_ok() && one.call < one.ret)?.id;
    let late = draw.chance(50);
    Some(changed::<M>(history, at, |one| match late {
        true => one.ret = Rank(one.ret.0 - 1),
        false => one.call = Rank(one.call.0 + 1),
    }))
}

fn forgotten<M: Model>(
    _: &M,
    history: &HistoryOf<M>,
    draw: &mut Draw,
) -> Option<Vec<OperationOf<M>>> {
    let at = one::<M>(history, draw, Operation::is_ok)?.id;
    Some(changed::<M>(history, at, |one| {
        one.outcome = Outcome::Info("lost".to_owned());
        one.ret = Rank::NEVER;
    }))
}

fn without_observation<M: Model>(
    model: &M,
    history: &HistoryOf<M>,
    draw: &mut Draw,
) -> Option<Vec<OperationOf<M>>> {
    let at = one::<M>(history, draw, |one| observed(model, one))?.id;
    Some(history.operations.iter().filter(|one| one.id != at).cloned().collect())
}

fn with_maybe<M: Model>(
    _: &M,
    history: &HistoryOf<M>,
    draw: &mut Draw,
) -> Option<Vec<OperationOf<M>>> {
    let of = one::<M>(history, draw, |_| true)?;
    Some(with_copy::<M>(history, of, Outcome::Info("lost".to_owned())))
}

/// What a recorder that died at some rank would have left.
fn cut<M: Model>(_: &M, history: &HistoryOf<M>, draw: &mut Draw) -> Option<Vec<OperationOf<M>>> {
    let end = one::<M>(history, draw, |_| true)?.call;
    let mut operations: Vec<OperationOf<M>> =
        history.operations.iter().filter(|one| one.call <= end).cloned().collect();
    for open in operations.iter_mut().filter(|one| one.ret > end && one.is_ok()) {
        open.outcome = Outcome::Info("cut".to_owned());
        open.ret = Rank::NEVER;
    }
    Some(operations)
}

fn holds<M: Model>(model: &M, history: &HistoryOf<M>) -> bool {
    let held = Linearizable::default().holds(model, history, &Budget::default());
    held.expect("small histories are always decided")
}

/// Every relation on random histories of a family.
fn relate<F: Family>(family: &F, seed: u64) {
    let relations = relations::<F::Model>();
    let mut applied = vec![[0_usize; 2]; relations.len()];
    let mut draw = Draw::new(seed);
    for _ in 0..EACH {
        let (model, before) = history(family, &SHAPE, &mut draw);
        let held = holds(&model, &before);
        for ((name, law, change), applied) in relations.iter().zip(&mut applied) {
            let Some(operations) = change(&model, &before, &mut draw) else { continue };
            let after = show::history(operations);
            let holds = holds(&model, &after);
            let kept = match law {
                Law::Same => holds == held,
                Law::Weaker => holds || !held,
                Law::Stronger => held || !holds,
            };
            applied[usize::from(held)] += 1;
            assert!(
                kept,
                "{name} ({law:?}): was {held}, is {holds}, of\n{}\nand\n{}",
                show::paste::<F::Model>(&before),
                show::paste::<F::Model>(&after)
            );
        }
    }
    for ((name, ..), [invalid, valid]) in relations.iter().zip(applied) {
        assert!(invalid.min(valid) > EACH / 50, "{name}: {invalid} invalid, {valid} valid");
    }
}

#[test]
fn registers() {
    relate(&Registers(Values::Few(3)), 101);
}

#[test]
fn registers_with_unique_values() {
    relate(&Registers(Values::Unique), 102);
}

#[test]
fn cas_registers() {
    relate(&CasRegisters(Values::Few(3)), 103);
}

#[test]
fn cas_registers_with_unique_values() {
    relate(&CasRegisters(Values::Unique), 104);
}

#[test]
fn maps() {
    relate(&Kvs(Values::Few(2)), 105);
}

#[test]
fn stocks() {
    relate(&Stocks, 106);
}

#[test]
fn coins() {
    relate(&Coins, 107);
}

/// A one-to-one map of values that keeps nothing as nothing.
fn renamed_value(value: &Value) -> Value {
    match value {
        Value::Int(number) => Value::Text(format!("v{}", number * 31).into()),
        Value::Text(text) => Value::Text(format!("{text}'").into()),
    }
}

fn renamed_cell(op: &CellOp) -> CellOp {
    match op {
        CellOp::Read => CellOp::Read,
        CellOp::Delete => CellOp::Delete,
        CellOp::Write(value) => CellOp::Write(renamed_value(value)),
        CellOp::Cas(from, to) => CellOp::Cas(from.as_ref().map(renamed_value), renamed_value(to)),
        CellOp::Append(_) => unreachable!("the families here do not append"),
    }
}

#[test]
fn other_values_change_nothing() {
    let mut draw = Draw::new(108);
    for values in [Values::Few(3), Values::Unique] {
        for _ in 0..EACH / 2 {
            let (model, before) = history(&CasRegisters(values), &SHAPE, &mut draw);
            let renamed = before.operations.iter().map(|one| {
                let outcome = one.outcome.clone().map(|ret| match ret {
                    CellRet::Value(value) => CellRet::Value(value.as_ref().map(renamed_value)),
                    other => other,
                });
                Operation { op: renamed_cell(&one.op), outcome, ..one.clone() }
            });
            let after = show::history(renamed.collect());
            assert_eq!(holds(&model, &before), holds(&model, &after), "{after:?}");
        }
    }
}

/// A history of a register as one of a key.
fn on_key(history: &History<CellOp, CellRet>, key: &str, ids: u32) -> HistoryOf<Kv> {
    let all = history.operations.iter().map(|one| Operation {
        id: OpId(one.id.0 * 2 + ids),
        process: Process(one.process.0 * 2 + ids),
        op: KvOp { key: key.into(), op: one.op.clone() },
        outcome: one.outcome.clone(),
        call: one.call,
        ret: one.ret,
        call_ns: one.call_ns,
        ret_ns: one.ret_ns,
    });
    show::history(all.collect())
}

/// Two keys together hold exactly when each does: merging is splitting, read backwards.
#[test]
fn two_keys_hold_when_each_does() {
    let mut draw = Draw::new(109);
    let mut seen = [0_usize; 3];
    for _ in 0..EACH {
        let mut register = || history(&CasRegisters(Values::Few(2)), &SHAPE, &mut draw).1;
        let (x, y) = (on_key(&register(), "x", 0), on_key(&register(), "y", 1));
        let mut both: Vec<_> = x.operations.iter().chain(&y.operations).cloned().collect();
        both.sort_by_key(|one| one.id);
        let each = [holds(&Kv, &x), holds(&Kv, &y)];
        let together = holds(&Kv, &show::history(both));
        assert_eq!(together, each[0] && each[1], "{x:?}\n{y:?}");
        seen[usize::from(each[0]) + usize::from(each[1])] += 1;
    }
    assert!(seen.iter().all(|&seen| seen > EACH / 50), "{seen:?}");
}
