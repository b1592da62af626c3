//! The reduction, with probes that are not engines.

use super::{Reduced, Values, reduce};
use crate::part::{Hint, Part, Standing};
use crate::subject::Typed;
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{CellOp, CellRet, Register, Stock, StockOp, StockRet, Value};

fn operations<O: Clone, R: Clone>(asked: &[(O, Option<R>)]) -> Vec<Operation<O, R>> {
    let operation = |(number, (op, ret)): (u32, &(O, Option<R>))| Operation {
        id: OpId(2 * number),
        process: Process(0),
        op: op.clone(),
        outcome: ret.clone().map_or_else(|| Outcome::Info(String::new()), Outcome::Ok),
        call: Rank(2 * number),
        ret: if ret.is_some() { Rank(2 * number + 1) } else { Rank::NEVER },
        call_ns: 0,
        ret_ns: 0,
    };
    (0..).zip(asked).map(operation).collect()
}

fn write(value: i64) -> (CellOp, Option<CellRet>) {
    (CellOp::Write(value.into()), Some(CellRet::Done))
}

fn read(value: i64) -> (CellOp, Option<CellRet>) {
    (CellOp::Read, Some(CellRet::Value(Some(Value::Int(value)))))
}

fn lost(value: i64) -> (CellOp, Option<CellRet>) {
    (CellOp::Write(value.into()), None)
}

/// Reduces with a probe that says no exactly when all of `needed` are required. Gives the number of
/// probes, too.
fn reduced(asked: &[(CellOp, Option<CellRet>)], hint: &Hint, needed: &[usize]) -> (Reduced, usize) {
    let operations = operations(asked);
    let history = History { operations, ..History::default() };
    let subject = Typed::new(&Register, &history);
    let part = Part::all(&subject);
    let values = Values::of(&part);
    let mut probes = 0;
    let mut probe = |standings: &[Standing]| {
        probes += 1;
        Some(!needed.iter().all(|&at| standings[at] == Standing::Required))
    };
    let core = reduce(&part, values.as_ref(), hint, &mut probe);
    (core, probes)
}

#[test]
fn exactly_what_is_needed_is_found_with_few_probes() {
    let asked: Vec<_> = (0..500).flat_map(|value| [write(value), read(value)]).collect();
    let needed = [3, 400, 401, 997];
    let hint = Hint { suspects: Vec::new(), stuck: Some(997) };
    let (core, probes) = reduced(&asked, &hint, &needed);
    assert_eq!(core.required, needed);
    assert!(probes < 80, "{probes} probes");
}

#[test]
fn suspects_are_tried_one_by_one() {
    let asked = [write(1), write(2), read(1), read(2), read(1)];
    let hint = Hint { suspects: vec![4, 0, 2, 1], stuck: None };
    let (core, probes) = reduced(&asked, &hint, &[0, 1, 4]);
    assert_eq!(core, Reduced { required: vec![0, 1, 4], optional: vec![] });
    assert!(probes <= 5, "{probes} probes");
}

#[test]
fn suspects_that_do_not_contradict_each_other_are_only_a_hint() {
    let asked = [write(1), write(2), read(1), read(2), read(1)];
    let hint = Hint { suspects: vec![0, 1], stuck: None };
    assert_eq!(reduced(&asked, &hint, &[1, 2]).0.required, [1, 2]);
}

#[test]
fn only_writers_of_what_is_seen_are_optional() {
    let cas = (CellOp::Cas(Some(3.into()), 1.into()), None);
    let asked = [lost(3), lost(1), lost(9), cas, read(1), lost(1), read(9)];
    let hint = Hint { suspects: vec![4], stuck: None };
    let (core, _) = reduced(&asked, &hint, &[4]);
    // #3 may have given 1, but only where 3 was; the write of 9 and what came later matter not.
    assert_eq!(core, Reduced { required: vec![4], optional: vec![0, 1, 3] });
}

#[test]
fn a_mismatch_could_have_seen_every_write() {
    let mismatch = (CellOp::Cas(Some(1.into()), 2.into()), Some(CellRet::Mismatch));
    let asked = [write(1), read(1), lost(7), mismatch];
    let hint = Hint { suspects: vec![0, 3], stuck: None };
    let (core, _) = reduced(&asked, &hint, &[0, 3]);
    assert_eq!(core, Reduced { required: vec![0, 3], optional: vec![2] });
}

#[test]
fn other_models_keep_every_effect_and_no_observation() {
    let asked = [
        (StockOp::Buy(1), Some(StockRet::Sold)),
        (StockOp::Buy(1), Some(StockRet::SoldOut)),
        (StockOp::Read, Some(StockRet::Count(0))),
        (StockOp::Restock(1), None),
        (StockOp::Buy(1), Some(StockRet::Sold)),
        (StockOp::Restock(1), None),
    ];
    let operations = operations(&asked);
    let model = Stock { initial: 1 };
    let history = History { operations, ..History::default() };
    let subject = Typed::new(&model, &history);
    let part = Part::all(&subject);
    assert!(Values::of(&part).is_none());
    let hint = Hint { suspects: Vec::new(), stuck: Some(4) };
    let mut probe = |standings: &[Standing]| Some(standings[4] != Standing::Required);
    let core = reduce(&part, None, &hint, &mut probe);
    assert_eq!(core, Reduced { required: vec![4], optional: vec![0, 3] });
}

#[test]
fn a_probe_without_budget_leaves_a_larger_core() {
    let asked: Vec<_> = (0..50).map(write).collect();
    let operations = operations(&asked);
    let history = History { operations, ..History::default() };
    let subject = Typed::new(&Register, &history);
    let part = Part::all(&subject);
    let mut probes = 0;
    let mut probe = |_: &[Standing]| {
        probes += 1;
        None
    };
    let core = reduce(&part, None, &Hint::default(), &mut probe);
    assert_eq!(core.required.len(), 50, "nothing was shown to be needless");
    assert!(probes < 80, "{probes} probes");
}
