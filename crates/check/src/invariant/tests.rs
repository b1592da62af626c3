//! Invariants on histories whose answer is known.

use super::{Convergence, NoOversell, StockConservation};
use crate::{Budget, Checker};
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{Stock, StockOp, StockRet};
use testimony_verdict::{Anomaly, AnomalyKind, Certificate, Unknown, Verdict};

type One = Operation<StockOp, StockRet>;

fn one(op: StockOp, outcome: Outcome<StockRet>, call: u32, ret: u32) -> One {
    let (id, process, call, ret) = (OpId(call), Process(call), Rank(call), Rank(ret));
    let ns = |rank: Rank| u64::from(rank.0) * 1_000_000;
    Operation { id, process, op, outcome, call, ret, call_ns: ns(call), ret_ns: ns(ret) }
}

fn sale(units: u32, call: u32, ret: u32) -> One {
    one(StockOp::Buy(units), Outcome::Ok(StockRet::Sold), call, ret)
}

fn restock(units: u32, call: u32, ret: u32) -> One {
    one(StockOp::Restock(units), Outcome::Ok(StockRet::Restocked), call, ret)
}

fn open(op: StockOp, call: u32) -> One {
    one(op, Outcome::Info(String::new()), call, u32::MAX)
}

fn count(units: i64, call: u32, ret: u32) -> One {
    one(StockOp::Read, Outcome::Ok(StockRet::Count(units)), call, ret)
}

fn check(checker: &dyn Checker<Stock>, quiet: Option<u32>, operations: Vec<One>) -> Verdict {
    let quiet_from = quiet.map(Rank);
    let history = History { operations, quiet_from, ..History::default() };
    checker.check(&Stock { initial: 3 }, &history, &Budget::default()).verdict
}

fn only(verdict: Verdict) -> Anomaly {
    match verdict {
        Verdict::Invalid(mut anomalies) if anomalies.len() == 1 => anomalies.remove(0),
        other => panic!("expected one anomaly, found {other:?}"),
    }
}

fn ids(ids: &[OpId]) -> Vec<u32> {
    ids.iter().map(|id| id.0).collect()
}

#[test]
fn four_sales_of_three_are_an_oversell() {
    let sales = vec![sale(1, 0, 1), sale(1, 2, 9), sale(1, 3, 8), sale(1, 4, 7)];
    let found = only(check(&NoOversell, None, sales));
    assert_eq!(found.kind, AnomalyKind::Oversell);
    assert_eq!(ids(&found.core.required), [0, 2, 3, 4]);
    assert_eq!(found.explanation.headline, "oversold: 4 units sold, 3 in stock");
    assert_eq!(
        found.explanation.sentence,
        "client 2 bought 1 unit (#2) at 9 ms: with it 4 were sold, but only 3 can have been there."
    );
}

#[test]
fn only_the_sales_that_it_takes_are_required() {
    let found = only(check(&NoOversell, None, vec![sale(1, 0, 1), sale(2, 2, 3), sale(2, 4, 5)]));
    assert_eq!(ids(&found.core.required), [2, 4]);
}

#[test]
fn a_restock_that_may_have_happened_did() {
    let sales = || vec![sale(2, 0, 1), sale(2, 2, 3)];
    let with = |more: One| {
        let mut operations = sales();
        operations.push(more);
        check(&NoOversell, None, operations)
    };
    let valid = Verdict::Valid(Certificate::Checked);
    assert_eq!(with(open(StockOp::Restock(1), 2)), valid);
    assert_eq!(with(restock(1, 3, 4)), valid);
    assert_eq!(only(with(restock(1, 4, 5))).core.optional, []);
}

#[test]
fn a_count_that_nothing_explains_is_not_conserved() {
    let found = only(check(
        &StockConservation,
        Some(5),
        vec![sale(1, 0, 1), open(StockOp::Buy(1), 2), restock(4, 3, 4), count(7, 6, 7)],
    ));
    assert_eq!(found.kind, AnomalyKind::StockConservation);
    // The open sale would make it worse, and so would any other fate of the restock.
    assert_eq!((ids(&found.core.required), ids(&found.core.optional)), (vec![0, 6], vec![2, 3]));
    assert!(found.explanation.headline.contains("expected from 5 to 6"), "{found:?}");
}

#[test]
fn counts_within_what_nobody_knows_are_conserved() {
    let with = |counted| {
        let operations = vec![sale(1, 0, 1), open(StockOp::Buy(1), 2), count(counted, 6, 7)];
        check(&StockConservation, Some(5), operations)
    };
    let valid = Verdict::Valid(Certificate::Checked);
    assert_eq!((with(1), with(2)), (valid.clone(), valid));
    assert_eq!(only(with(3)).kind, AnomalyKind::StockConservation);
}

#[test]
fn reads_that_disagree_at_rest_diverge() {
    let with =
        |second: One| check(&Convergence, Some(4), vec![sale(1, 0, 3), count(2, 5, 6), second]);
    assert_eq!(with(count(2, 7, 8)), Verdict::Valid(Certificate::Checked));
    let found = only(with(count(1, 7, 8)));
    assert_eq!((found.kind, ids(&found.core.required)), (AnomalyKind::Divergence, vec![5, 7]));
}

#[test]
fn without_rest_nothing_is_said() {
    let operations = || vec![sale(1, 0, 1), count(9, 2, 3)];
    let unknown = |verdict| matches!(verdict, Verdict::Unknown(Unknown::NotApplicable(_)));
    assert!(unknown(check(&StockConservation, None, operations())));
    assert!(unknown(check(&Convergence, None, operations())));
    assert!(unknown(check(&StockConservation, Some(3), operations())));
    assert!(unknown(check(&Convergence, Some(1), operations())));
}
