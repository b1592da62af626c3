//! Verdicts on invariants, and verdicts of the wrong form.

use super::*;
use crate::{Again, rest, stock};
use testimony_model::{Register, Stock, StockOp, StockRet};

const ONE: Stock = Stock { initial: 1 };

fn sale(id: u32, end: u32) -> Operation<StockOp, StockRet> {
    operation(id, StockOp::Buy(1), Outcome::Ok(StockRet::Sold), end)
}

fn count(id: u32, units: i64) -> Operation<StockOp, StockRet> {
    operation(id, StockOp::Read, Outcome::Ok(StockRet::Count(units)), id + 1)
}

fn open(id: u32, op: StockOp) -> Operation<StockOp, StockRet> {
    operation(id, op, Outcome::Info("timeout".to_owned()), 0)
}

fn at_rest(operations: Vec<Operation<StockOp, StockRet>>, rank: u32) -> History<StockOp, StockRet> {
    History { operations, quiet_from: Some(Rank(rank)), ..History::default() }
}

#[test]
fn a_checked_invariant_is_decided_again() {
    let property = Property::invariant("no-oversell");
    let again: Again<'_, Stock> = &stock::no_oversell;
    let verified = |operations, verdict: Verdict, again| {
        let mut verdict = verdict;
        verify(&ONE, &history(operations), &property, again, &mut verdict)
    };
    let valid = || Verdict::Valid(Certificate::Checked);
    let invalid = || Verdict::Invalid(vec![anomaly(property.clone(), None, &[0, 2], &[])]);
    let twice = || vec![sale(0, 1), sale(2, 3)];
    assert_eq!(verified(vec![sale(0, 1)], valid(), Some(again)), Ok(()));
    assert!(matches!(verified(twice(), valid(), Some(again)), Err(Rejected::Broken(_))));
    assert_eq!(
        verified(twice(), valid(), None),
        Err(Rejected::Undecided("no-oversell".to_owned()))
    );
    assert_eq!(verified(twice(), invalid(), Some(again)), Ok(()));
    let once = vec![sale(0, 1), operation(2, StockOp::Read, Outcome::Fail(String::new()), 3)];
    assert_eq!(verified(once, invalid(), Some(again)), Err(Rejected::Consistent));
    let unknown = Verdict::Invalid(vec![anomaly(property.clone(), None, &[0, 5], &[])]);
    assert_eq!(verified(twice(), unknown, Some(again)), Err(Rejected::Unknown(OpId(5))));
}

#[test]
fn units_are_oversold_when_no_restock_called_in_time_explains_them() {
    let sold = |operations| stock::no_oversell(&ONE, &history(operations));
    assert!(sold(vec![sale(0, 9), sale(2, 3), open(4, StockOp::Restock(1))]).is_ok());
    assert!(sold(vec![sale(0, 1), sale(2, 3), open(4, StockOp::Restock(1))]).is_err());
    assert!(sold(vec![sale(0, 1), open(2, StockOp::Restock(1)), sale(3, 4)]).is_ok());
}

#[test]
fn counts_at_rest_are_explained_by_what_was_sold_and_restocked() {
    let kept = |operations| stock::conservation(&ONE, &at_rest(operations, 5));
    assert!(kept(vec![sale(0, 1), count(6, 0)]).is_ok());
    assert!(kept(vec![sale(0, 1), count(6, 1)]).is_err());
    assert!(kept(vec![sale(0, 1), count(3, 1)]).is_ok(), "not yet at rest");
    assert!(kept(vec![sale(0, 9), count(6, 1)]).is_ok(), "a sale is under way");
    assert!(kept(vec![open(0, StockOp::Buy(1)), count(6, 0), count(8, 1)]).is_ok());
    assert!(kept(vec![open(0, StockOp::Restock(2)), count(6, 2)]).is_err());
    assert!(kept(vec![open(0, StockOp::Restock(2)), count(6, 3)]).is_ok());
}

#[test]
fn counts_at_rest_are_the_same_everywhere() {
    let same = |operations, rank| rest::convergence(&ONE, &at_rest(operations, rank));
    assert!(same(vec![count(6, 1), count(8, 1)], 5).is_ok());
    assert!(same(vec![count(6, 1), count(8, 2)], 5).is_err());
    assert!(same(vec![count(6, 1), count(8, 2)], 7).is_ok());
    let nobody_knows = history(vec![count(6, 1), count(8, 2)]);
    assert!(rest::convergence(&ONE, &nobody_knows).is_ok());
}

#[test]
fn verdicts_of_the_wrong_form_are_rejected() {
    let verified = |verdict: Verdict| {
        let mut verdict = verdict;
        let history = history(vec![write(0, 1, 1), read(2, 0, 3)]);
        verify(&Register, &history, &Property::LINEARIZABLE, None, &mut verdict)
    };
    assert_eq!(verified(Verdict::Invalid(Vec::new())), Err(Rejected::NoAnomaly));
    let other = anomaly(Property::invariant("no-oversell"), None, &[0, 2], &[]);
    assert_eq!(
        verified(Verdict::Invalid(vec![other])),
        Err(Rejected::OtherProperty("no-oversell".to_owned()))
    );
    assert_eq!(
        verified(Verdict::Valid(Certificate::Checked)),
        Err(Rejected::Undecided("linearizable".to_owned()))
    );
    assert_eq!(verified(Verdict::Unknown(testimony_verdict::Unknown::Vacuous)), Ok(()));
}
