//! Orders of valid verdicts.

use super::*;
use std::collections::BTreeMap;
use testimony_model::{CasRegister, Keys, Kv, KvOp, MicroOp, MultiRegister, Register, Step, Txn};

#[test]
fn an_order_is_accepted_only_if_it_respects_real_time_and_the_model() {
    let operations = || vec![write(0, 1, 1), write(2, 2, 6), read(3, 1, 4), read(5, 2, 7)];
    assert_eq!(order(&Register, operations(), &[0, 3, 2, 5]), Ok(()));
    assert_eq!(
        order(&Register, operations(), &[3, 0, 2, 5]),
        Err(Rejected::Refused { id: OpId(3), why: "read 1 where nothing is".to_owned() })
    );
    assert_eq!(
        order(&Register, operations(), &[0, 2, 5, 3]),
        Err(Rejected::RealTime { before: OpId(3), after: OpId(5) })
    );
}

#[test]
fn equal_ranks_are_concurrent() {
    let operations = vec![write(0, 1, 2), read(2, 0, 4)];
    assert_eq!(order(&Register, operations, &[2, 0]), Ok(()));
}

#[test]
fn every_answered_operation_stands_there_once_and_no_other_twice() {
    let operations = || vec![write(0, 1, 1), lost(2, 2), read(4, 2, 5)];
    assert_eq!(order(&Register, operations(), &[0, 2, 4]), Ok(()));
    assert_eq!(order(&Register, operations(), &[2, 4]), Err(Rejected::Missing(OpId(0))));
    assert_eq!(order(&Register, operations(), &[0, 2, 2, 4]), Err(Rejected::Repeated(OpId(2))));
    assert_eq!(order(&Register, operations(), &[0, 2, 4, 9]), Err(Rejected::Unknown(OpId(9))));
}

#[test]
fn what_nobody_answered_may_be_left_out_or_stand_late_but_not_early() {
    let operations = || vec![write(0, 1, 1), lost(2, 2), read(4, 1, 5), read(6, 2, 7)];
    assert_eq!(order(&Register, operations(), &[0, 4, 2, 6]), Ok(()));
    assert_eq!(
        order(&Register, operations(), &[2, 0, 4, 6]),
        Err(Rejected::RealTime { before: OpId(0), after: OpId(2) })
    );
    let unseen = vec![write(0, 1, 1), lost(2, 2), read(4, 1, 5)];
    assert_eq!(order(&Register, unseen, &[0, 4]), Ok(()));
}

#[test]
fn a_failed_operation_has_no_place() {
    let failed = operation(0, CellOp::Write(1.into()), Outcome::Fail("refused".to_owned()), 1);
    let operations = || vec![failed.clone(), read(2, 0, 3)];
    assert_eq!(order(&Register, operations(), &[0, 2]), Err(Rejected::Failed(OpId(0))));
    assert_eq!(order(&Register, operations(), &[2]), Ok(()));
}

#[test]
fn a_mismatch_is_replayed_as_an_answer() {
    let operations =
        || vec![write(0, 1, 9), cas(2, 1, 2, Some(CellRet::Mismatch), 3), read(10, 1, 11)];
    assert_eq!(order(&CasRegister, operations(), &[2, 0, 10]), Ok(()));
    assert!(matches!(
        order(&CasRegister, operations(), &[0, 2, 10]),
        Err(Rejected::Refused { id: OpId(2), .. })
    ));
}

fn keyed(key: &str, cell: Cell) -> Operation<KvOp, CellRet> {
    let Operation { id, process, op, outcome, call, ret, call_ns, ret_ns } = cell;
    Operation { id, process, op: KvOp::new(key, op), outcome, call, ret, call_ns, ret_ns }
}

fn by_key(orders: &[(&str, &[u32])]) -> Result<(), Rejected> {
    let operations = vec![
        keyed("x", write(0, 1, 1)),
        keyed("y", lost(2, 5)),
        keyed("z", read(3, 0, 6)),
        keyed("x", read(4, 1, 5)),
    ];
    let certificates: BTreeMap<_, _> = orders
        .iter()
        .map(|(key, order)| ((*key).to_owned(), Certificate::Order(ids(order))))
        .collect();
    let mut verdict = Verdict::Valid(Certificate::ByKey(certificates));
    verify(&Kv, &history(operations), &Property::LINEARIZABLE, None, &mut verdict)
}

#[test]
fn keys_cover_the_history_and_each_is_replayed() {
    assert_eq!(by_key(&[("x", &[0, 4]), ("z", &[3])]), Ok(()));
    assert_eq!(by_key(&[("x", &[0, 4]), ("y", &[2]), ("z", &[3])]), Ok(()));
    assert_eq!(by_key(&[("x", &[0, 4])]), Err(Rejected::MissingKey("z".to_owned())));
    assert_eq!(
        by_key(&[("x", &[0, 4]), ("w", &[]), ("z", &[3])]),
        Err(Rejected::StrayKey("w".to_owned()))
    );
    let in_key = |key: &str, why| Err(Rejected::InKey(key.to_owned(), Box::new(why)));
    assert_eq!(
        by_key(&[("x", &[0, 3, 4]), ("z", &[])]),
        in_key("x", Rejected::Unknown(OpId(3))),
        "an operation of another key"
    );
    assert_eq!(by_key(&[("x", &[0]), ("z", &[3])]), in_key("x", Rejected::Missing(OpId(4))));
}

/// Goal: what had no effect and told nothing does not tie keys together; what may have written does.
#[test]
fn only_what_counts_ties_keys_together() {
    let micro = |key: &str, write: bool| match write {
        true => MicroOp::Write(key.into(), 1.into()),
        false => MicroOp::Read(key.into()),
    };
    let both = |write| Txn(vec![micro("x", write), micro("y", write)]);
    let verified = |op: Txn, outcome| {
        let one = operation(2, Txn(vec![micro("x", true)]), Outcome::Ok(vec![]), 3);
        let orders = [("x".to_owned(), Certificate::Order(ids(&[2])))];
        let mut verdict = Verdict::Valid(Certificate::ByKey(orders.into()));
        let history = history(vec![operation(0, op, outcome, 1), one]);
        let model = MultiRegister::default();
        verify(&model, &history, &Property::LINEARIZABLE, None, &mut verdict)
    };
    assert_eq!(verified(both(true), Outcome::Fail("full".to_owned())), Ok(()));
    assert_eq!(verified(both(false), Outcome::Info("timeout".to_owned())), Ok(()));
    let tied = Err(Rejected::SeveralKeys(OpId(0)));
    assert_eq!(verified(both(true), Outcome::Info("timeout".to_owned())), tied);
    assert_eq!(verified(both(false), Outcome::Ok(vec![None, None])), tied);
}

#[test]
fn a_model_without_keys_has_no_evidence_by_key() {
    let mut verdict = Verdict::Valid(Certificate::ByKey(BTreeMap::new()));
    let history = history(vec![write(0, 1, 1)]);
    let verified = verify(&Register, &history, &Property::LINEARIZABLE, None, &mut verdict);
    assert_eq!(verified, Err(Rejected::SeveralKeys(OpId(0))));
}

/// A coin whose side nobody sees when it is tossed.
#[derive(Clone)]
struct Coin;

impl Model for Coin {
    type Op = bool;
    type Ret = bool;
    type State = bool;
    type Key = String;
    const NAME: &'static str = "coin";

    fn init(&self) -> bool {
        false
    }

    fn step(&self, side: &bool, toss: &bool, shown: Option<&bool>) -> Step<bool> {
        match (toss, shown) {
            (true, _) => Step::Any(vec![false, true]),
            (false, Some(shown)) if shown != side => Step::Refuse(format!("shows {side}")),
            (false, _) => Step::To(*side),
        }
    }

    fn keys(&self, _: &bool) -> Keys<String> {
        Keys::All
    }
}

#[test]
fn a_nondeterministic_model_may_be_in_several_states() {
    let toss = |id| operation(id, true, Outcome::Ok(true), id + 1);
    let look = |id, side| operation(id, false, Outcome::Ok(side), id + 1);
    assert_eq!(order(&Coin, vec![toss(0), look(2, true), look(4, true)], &[0, 2, 4]), Ok(()));
    assert_eq!(
        order(&Coin, vec![toss(0), look(2, true), look(4, false)], &[0, 2, 4]),
        Err(Rejected::Refused { id: OpId(4), why: "shows true".to_owned() })
    );
    let looks = vec![toss(0), look(2, true), look(4, false)];
    assert_eq!(core(&Coin, looks, None, &[2, 4], &[0]), Ok(Assurance::Reproved));
    let twice = vec![toss(0), look(2, true), toss(4), look(6, false)];
    assert_eq!(core(&Coin, twice, None, &[2, 6], &[0, 4]), Err(Rejected::Consistent));
}
