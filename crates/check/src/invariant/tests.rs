//! Invariants on histories whose answer is known.

use super::{
    BankTotal, BoundedStaleness, Convergence, ExactlyOnce, IdsAreUnique, MonotonicVersions,
    MutualExclusion, NoDoubleSale, NoOversell, NoStaleElements, SetFull, SetSummary,
    StockConservation, TotalQueue,
};
use crate::{AtLevel, Budget, Checker};
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{
    Access, Balances, Bank, BankOp, BankRet, CellOp, CellRet, CollectionOp, CollectionRet, IdOp,
    Keys, Kv, KvOp, KvState, Log, LogOp, LogRet, Model, Mutex, MutexOp, MutexRet, Object, Queue,
    Register, Set, SetOp, SetRet, Step, Stock, StockOp, StockRet, UniqueIds, Value,
};
use testimony_verdict::{Anomaly, AnomalyKind, Certificate, Level, Unknown, Verdict};

type Of<M> = Operation<<M as Model>::Op, <M as Model>::Ret>;
type One = Of<Stock>;

/// An operation of a client of its own, whose times are its ranks in milliseconds.
fn one<O, R>(op: O, outcome: Outcome<R>, call: u32, ret: u32) -> Operation<O, R> {
    let (id, process, call, ret) = (OpId(call), Process(call), Rank(call), Rank(ret));
    let ns = |rank: Rank| u64::from(rank.0) * 1_000_000;
    Operation { id, process, op, outcome, call, ret, call_ns: ns(call), ret_ns: ns(ret) }
}

fn ok<O, R>(op: O, ret: R, from: u32, to: u32) -> Operation<O, R> {
    one(op, Outcome::Ok(ret), from, to)
}

fn sale(units: u32, call: u32, ret: u32) -> One {
    one(StockOp::Buy(units), Outcome::Ok(StockRet::Sold), call, ret)
}

fn restock(units: u32, call: u32, ret: u32) -> One {
    one(StockOp::Restock(units), Outcome::Ok(StockRet::Restocked), call, ret)
}

fn open<O, R>(op: O, call: u32) -> Operation<O, R> {
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

fn judge<M: Model>(checker: &dyn Checker<M>, model: &M, operations: Vec<Of<M>>) -> Verdict {
    let history = History { operations, ..History::default() };
    checker.check(model, &history, &Budget::default()).verdict
}

const VALID: Verdict = Verdict::Valid(Certificate::Checked);

fn not_applicable(why: &str) -> Verdict {
    Verdict::Unknown(Unknown::NotApplicable(why.to_owned()))
}

fn why(anomaly: &Anomaly) -> Vec<&str> {
    anomaly.explanation.why.iter().map(|reason| reason.text.as_str()).collect()
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

#[test]
fn a_long_list_of_sales_is_cut() {
    let told = |restocked: u32| {
        let sales = (0..4 + restocked).map(|at| sale(1, 2 + 2 * at, 3 + 2 * at));
        let operations = [restock(restocked, 0, 1)].into_iter().chain(sales).collect();
        only(check(&NoOversell, None, operations))
    };
    let whole = told(3);
    assert_eq!(why(&whole).len(), 8);
    assert_eq!(
        why(&whole)[1..3],
        [
            "client 2 (#2) sold 1 unit at 3 ms: 1 in all",
            "client 4 (#4) sold 1 unit at 5 ms: 2 in all"
        ]
    );
    assert_eq!((whole.explanation.scene.len(), told(20).explanation.scene.len()), (8, 12));
    let cut = told(6);
    assert_eq!(why(&cut).len(), 9);
    assert_eq!(
        why(&cut)[..4],
        [
            "at most 9 units were ever there: 3 at the beginning, and every restock called by then",
            "client 2 (#2) sold 1 unit at 3 ms: 1 in all",
            "3 more sales",
            "client 10 (#10) sold 1 unit at 11 ms: 5 in all"
        ]
    );
}

#[test]
fn whoever_buys_nothing_is_sold_nothing() {
    let nothing = |left: i64, call: u32| ok(StockOp::Buy(0), StockRet::Left(left), call, call + 1);
    assert_eq!(check(&NoOversell, None, vec![nothing(-1, 0)]), VALID);
    let twice = check(&NoDoubleSale, None, vec![nothing(3, 0), nothing(3, 2)]);
    assert_eq!(twice, not_applicable("no sale of a unit told how many it left"));
}

#[test]
fn a_restock_at_the_rank_of_a_return_may_come_first() {
    let with = |call: u32| {
        let left = |call, ret| ok(StockOp::Buy(1), StockRet::Left(2), call, ret);
        check(&NoDoubleSale, None, vec![left(0, 1), left(2, 5), restock(1, call, 9)])
    };
    assert_eq!(with(5), VALID);
    assert_eq!(only(with(6)).kind, AnomalyKind::DoubleSale);
}

#[test]
fn what_nobody_knows_widens_what_may_be_counted() {
    let open = [open(StockOp::Buy(1), 4), open(StockOp::Restock(4), 5)];
    let mut operations = vec![sale(1, 0, 1), restock(2, 2, 3), count(6, 10, 11)];
    operations.extend(open);
    let found = only(check(&StockConservation, Some(9), operations));
    assert_eq!(
        why(&found),
        [
            "3 units were there at the beginning",
            "restocked for certain: 2 units; sold for certain: 1 unit",
            "2 sales and restocks were never answered and may have happened",
            "so from 3 to 8 must be there, but #10 counted 6",
        ]
    );
}

fn acquire(by: i64, call: u32, ret: u32) -> Of<Mutex> {
    ok(MutexOp::Acquire(by.into()), MutexRet::Granted, call, ret)
}

fn release(by: i64, call: u32, ret: u32) -> Of<Mutex> {
    ok(MutexOp::Release(by.into()), MutexRet::Granted, call, ret)
}

#[test]
fn holds_that_meet_at_one_rank_do_not_overlap() {
    let with = |given_back: u32| {
        let operations = vec![acquire(1, 0, 1), acquire(2, 2, 4), release(1, given_back, 9)];
        judge(&MutualExclusion, &Mutex, operations)
    };
    assert_eq!(with(4), VALID);
    assert_eq!(ids(&only(with(5)).core.required), [0, 2]);
}

#[test]
fn whoever_gives_a_lock_back_at_once_did_not_hold_it() {
    let with = |given_back: u32| {
        let operations = vec![acquire(1, 0, 2), acquire(2, 1, 3), release(2, given_back, 9)];
        judge(&MutualExclusion, &Mutex, operations)
    };
    assert_eq!(with(3), VALID);
    assert_eq!(ids(&only(with(4)).core.required), [0, 1]);
}

#[test]
fn of_two_grants_to_one_owner_the_first_is_told() {
    let operations = vec![acquire(1, 0, 1), acquire(1, 2, 3), acquire(2, 4, 5), release(1, 8, 9)];
    let found = only(judge(&MutualExclusion, &Mutex, operations));
    assert_eq!((ids(&found.core.required), ids(&found.core.optional)), (vec![0, 4], vec![8]));
}

fn add(element: i64, call: u32) -> Of<Set> {
    ok(SetOp::Add(element.into()), SetRet::Done, call, call + 1)
}

fn elements(elements: &[i64], call: u32) -> Of<Set> {
    let elements = elements.iter().map(|&element| element.into()).collect();
    ok(SetOp::Read, SetRet::Elements(elements), call, call + 1)
}

#[test]
fn what_became_of_the_elements() {
    let operations = vec![
        add(1, 0),
        add(2, 2),
        add(3, 4),
        elements(&[1, 2], 6),
        elements(&[1, 3], 8),
        add(4, 10),
    ];
    let history = History { operations, ..History::default() };
    let told = SetSummary {
        stable: 2,
        lost: 1,
        stale: 1,
        never_read: 1,
        stable_ns: vec![0, 1_000_000],
        lost_ns: vec![3_000_000],
    };
    assert_eq!(SetFull::summary(&Set, &history), Some(told));
    assert_eq!(SetFull::summary(&Mutex, &History::default()), None);
}

#[test]
fn what_is_lost_weighs_more_than_what_was_stale_for_longer() {
    let operations =
        || vec![add(1, 0), add(2, 8), elements(&[2], 10), elements(&[1], 12), elements(&[1], 14)];
    let found = only(judge(&NoStaleElements, &Set, operations()));
    assert_eq!((found.kind, ids(&found.core.required)), (AnomalyKind::LostElement, vec![8, 14]));
    assert_eq!(only(judge(&SetFull, &Set, operations())).core, found.core);
    assert_eq!(
        why(&found),
        [
            "#8 made it known that 2 is in",
            "#14 was called after that, and does not show it",
            "#10 was the last to see it",
            "of all elements 1 are stable (1 of them were stale for a while), 1 lost, 0 never read",
            "elements became stable after: 9 ms in the median, 9 ms at most",
            "lost elements were seen for: 1 ms in the median, 1 ms at most",
        ]
    );
}

#[test]
fn who_saw_an_element_is_told_once() {
    let late = || open(SetOp::Add(1.into()), 0);
    let lost = only(judge(&SetFull, &Set, vec![late(), elements(&[1], 2), elements(&[], 4)]));
    assert_eq!(
        why(&lost)[..3],
        [
            "#2 made it known that 1 is in",
            "#4 was called after that, and does not show it",
            "of all elements 0 are stable (0 of them were stale for a while), 1 lost, 0 never read",
        ]
    );
    let operations = vec![late(), elements(&[1], 2), elements(&[], 4), elements(&[1], 6)];
    let stale = only(judge(&NoStaleElements, &Set, operations));
    assert_eq!((stale.kind, why(&stale)[2]), (AnomalyKind::StaleElement, "#6 saw it again"));
}

#[test]
fn sets_that_nobody_read_are_not_judged() {
    let unread = not_applicable(
        "no element was read after it was known to be in and before anybody may have removed it",
    );
    assert_eq!(judge(&SetFull, &Set, vec![add(1, 0)]), unread);
    assert_eq!(judge(&SetFull, &Set, vec![add(1, 0), elements(&[1], 2)]), VALID);
}

fn write(value: i64, call: u32, ret: u32) -> Of<Register> {
    ok(CellOp::Write(value.into()), CellRet::Done, call, ret)
}

fn read(value: i64, call: u32, ret: u32) -> Of<Register> {
    ok(CellOp::Read, CellRet::Value(Some(value.into())), call, ret)
}

#[test]
fn a_read_is_stale_by_its_rank_and_by_its_time() {
    let checker = BoundedStaleness { max_ns: 1_000_000 };
    // When a second write returned, and a third one, by rank and in milliseconds.
    let with = |second: (u32, u64), third: (u32, u64)| {
        let mut operations =
            vec![write(1, 0, 1), write(2, 2, second.0), write(3, 3, third.0), read(1, 7, 9)];
        operations[1].ret_ns = second.1 * 1_000_000;
        operations[2].ret_ns = third.1 * 1_000_000;
        judge(&checker, &Register, operations)
    };
    let never = (8, 8);
    assert_eq!(ids(&only(with((6, 5), never)).core.required), [0, 2, 7]);
    assert_eq!(with((6, 6), never), VALID);
    assert_eq!(with((7, 5), never), VALID);
    assert_eq!(with((8, 5), never), VALID);
    // The second one returned first by its time, but not in time by its rank.
    assert_eq!(ids(&only(with((7, 4), (6, 5))).core.required), [0, 3, 7]);
    assert_eq!(with((7, 4), (6, 6)), VALID);
}

#[test]
fn every_read_that_is_too_old_is_counted() {
    let with = |reads: Vec<Of<Register>>| {
        let operations = [write(1, 0, 1), write(2, 2, 3)].into_iter().chain(reads).collect();
        let found = only(judge(&BoundedStaleness { max_ns: 1_000_000 }, &Register, operations));
        why(&found).iter().skip(3).map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(with(vec![read(1, 6, 7)]), [""; 0]);
    let both = "2 reads are older than 1ms; this one is the oldest";
    assert_eq!(with(vec![read(1, 6, 7), read(1, 8, 9)]), [both]);
}

fn insert(value: i64, call: u32) -> Of<Queue> {
    ok(CollectionOp::Insert(value.into()), CollectionRet::Done, call, call + 1)
}

#[test]
fn all_elements_that_a_queue_lost_are_counted() {
    let told = |inserts: Vec<Of<Queue>>| {
        let empty = ok(CollectionOp::Take, CollectionRet::Value(None), 8, 9);
        let operations = inserts.into_iter().chain([empty]).collect();
        let found = only(judge(&TotalQueue, &Queue, operations));
        why(&found).iter().skip(3).map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(told(vec![insert(1, 0)]), [""; 0]);
    assert_eq!(told(vec![insert(1, 0), insert(2, 2)]), ["2 elements are missing in all"]);
}

#[test]
fn all_ids_that_were_given_again_are_counted() {
    let told = |times: u32| {
        let id = |at: u32| ok(IdOp::Generate, Value::Int(7), 2 * at, 2 * at + 1);
        let found = only(judge(&IdsAreUnique, &UniqueIds, (0..times).map(id).collect()));
        assert_eq!(ids(&found.core.required), [0, 2]);
        why(&found).iter().skip(2).map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(told(2), [""; 0]);
    let many = "in the whole history 2 operations got an id that another one had got before; these \
                two are the first";
    assert_eq!(told(3), [many]);
}

fn version(key: &str, value: impl Into<Value>, client: u32, call: u32, ret: u32) -> Of<Kv> {
    let value = CellRet::Value(Some(value.into()));
    Operation { process: Process(client), ..ok(KvOp::new(key, CellOp::Read), value, call, ret) }
}

#[test]
fn the_version_that_went_back_first_is_told() {
    let read = |version: i64, client, call, ret| self::version("x", version, client, call, ret);
    let operations = vec![read(2, 0, 0, 1), read(1, 0, 2, 9), read(2, 1, 3, 4), read(1, 1, 5, 6)];
    let found = only(judge(&MonotonicVersions, &Kv, operations));
    assert_eq!(ids(&found.core.required), [3, 5]);
    assert_eq!(found.explanation.headline, "version went back of x: 2, then 1");
}

#[test]
fn texts_are_no_versions() {
    let why = |key: &str| format!("{key} holds values that are no versions");
    let operations = vec![version("x", "old", 0, 0, 1), version("y", "new", 0, 2, 3)];
    assert_eq!(judge(&MonotonicVersions, &Kv, operations), not_applicable(&why("x")));
    let text = ok(CellOp::Write("old".into()), CellRet::Done, 0, 1);
    assert_eq!(
        judge(&MonotonicVersions, &Register, vec![text]),
        not_applicable(&why("the register"))
    );
}

/// Keys of which an operation reads all at once.
#[derive(Clone)]
struct Mixed;

impl Model for Mixed {
    type Op = KvOp;
    type Ret = CellRet;
    type State = KvState;
    type Key = String;
    const NAME: &'static str = "mixed";

    fn init(&self) -> KvState {
        KvState::new()
    }

    fn step(&self, state: &KvState, op: &KvOp, ret: Option<&CellRet>) -> Step<KvState> {
        Kv.step(state, op, ret)
    }

    fn keys(&self, op: &KvOp) -> Keys<String> {
        match op.key.as_str() {
            "*" => Keys::All,
            key => Keys::One(key.to_owned()),
        }
    }

    fn object(&self) -> Object {
        Object::Register
    }

    fn access<'a>(&self, op: &'a KvOp, ret: Option<&'a CellRet>) -> Access<'a> {
        Kv.access(op, ret)
    }
}

#[test]
fn keys_that_cannot_be_told_apart_are_not_judged() {
    let with = |keys: [&str; 2]| {
        let read = |key: &str, call| version(key, 1, 0, call, call + 1);
        judge(&MonotonicVersions, &Mixed, vec![read(keys[0], 0), read(keys[1], 2)])
    };
    assert_eq!(with(["x", "*"]), not_applicable("some operations touch one key, some all of them"));
    assert_eq!(with(["x", "y"]), VALID);
    assert_eq!(with(["*", "*"]), VALID);
    let pram = |keys: [&str; 2]| {
        let read = |key: &str, call| version(key, 1, 0, call, call + 1);
        judge(&AtLevel::new(Level::Pram), &Mixed, vec![read(keys[0], 0), read(keys[1], 2)])
    };
    let why = "#2 touches one key, and others touch all of them";
    assert_eq!(pram(["x", "*"]), not_applicable(why));
    assert_eq!(only(pram(["*", "*"])).kind, AnomalyKind::ThinAirRead);
}

fn balances(balances: &[(&str, i64)]) -> Balances {
    balances.iter().map(|&(account, balance)| (account.into(), balance)).collect()
}

#[test]
fn what_is_wrong_with_a_total_is_told() {
    let bank = Bank { accounts: balances(&[("a", 5), ("b", 5)]), overdraft: false };
    let told = |reads: &[Balances]| {
        let read = |(at, read): (u32, &Balances)| {
            ok(BankOp::Read, BankRet::Balances(read.clone()), 2 * at, 2 * at + 1)
        };
        let found = only(judge(&BankTotal, &bank, (0..).zip(reads).map(read).collect()));
        why(&found).iter().skip(1).map(ToString::to_string).collect::<Vec<_>>()
    };
    let plain = balances(&[("a", 5), ("b", 4)]);
    assert_eq!(told(std::slice::from_ref(&plain)), ["#0 shows accounts that add up to 9"]);
    assert_eq!(
        told(&[balances(&[("a", 5), ("c", 6), ("d", 1)]), plain]),
        [
            "#0 shows accounts that add up to 12",
            "it leaves out b",
            "it shows accounts that there are not: c, d",
            "2 reads have a wrong total, from 9 to 12",
        ]
    );
}

#[test]
fn of_all_effects_before_the_one_furthest_behind_counts() {
    let append = |entry: i64, at: i64, call: u32, ret: u32| {
        ok(LogOp::Append(entry.into()), LogRet::Offset(at), call, ret)
    };
    let with = |third: i64| {
        let operations = vec![append(1, 5, 0, 3), append(2, 1, 1, 4), append(3, third, 6, 7)];
        judge(&ExactlyOnce, &Log { first: 0 }, operations)
    };
    assert_eq!(with(6), VALID);
    let found = only(with(3));
    assert_eq!((found.kind, ids(&found.core.required)), (AnomalyKind::ReorderedEffect, vec![0, 6]));
}

#[test]
fn what_nobody_appended_is_unexpected() {
    let append = ok(LogOp::Append(8.into()), LogRet::Offset(0), 0, 1);
    let failed = one(LogOp::Append(7.into()), Outcome::Fail("rejected".to_owned()), 2, 3);
    let shows = |entries: &[i64]| {
        let entries = entries.iter().map(|entry| Value::from(*entry)).collect();
        ok(LogOp::ReadFrom(0), LogRet::Entries(entries), 4, 5)
    };
    let log = Log { first: 0 };
    let told = |operations: Vec<Of<Log>>| {
        let found = only(judge(&ExactlyOnce, &log, operations));
        assert_eq!(found.kind, AnomalyKind::UnexpectedEffect);
        why(&found)[1].to_owned()
    };
    assert_eq!(told(vec![append.clone(), shows(&[8, 9, 9])]), "no append of 9 was ever called");
    assert_eq!(
        told(vec![append.clone(), failed, shows(&[8, 7])]),
        "#2 is the append of 7, and failed: it certainly had no effect"
    );
    let late = ok(LogOp::Append(9.into()), LogRet::Offset(1), 6, 7);
    assert_eq!(
        told(vec![append, shows(&[8, 9]), late]),
        "no append of 9 was called before #4 returned; #6 came later"
    );
}

#[test]
fn moments_are_told_where_there_are_times() {
    let told = [0, 999, 1_000, 412_000_000, 412_500_000].map(super::scene::at);
    assert_eq!(told, ["", "", " at 0.001 ms", " at 412 ms", " at 412.5 ms"]);
}
