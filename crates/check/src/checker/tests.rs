//! That no finding depends on who works.

use super::*;
use crate::OneByOne;
use std::sync::atomic::{AtomicUsize, Ordering};
use testimony_history::{OpId, Operation, Outcome, Process, Rank};
use testimony_model::{CellOp, CellRet, Kv, KvOp};

/// Threads that take the next piece as soon as they can.
struct Crew(usize);

impl Workers for Crew {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..self.0 {
                scope.spawn(|| {
                    loop {
                        match next.fetch_add(1, Ordering::Relaxed) {
                            number if number < count => work(number),
                            _ => break,
                        }
                    }
                });
            }
        });
    }
}

const KEYS: u32 = 100;
const EACH: u32 = 60;

/// Operations on a hundred keys, three at a time on each; a third of the keys with unique values. Of
/// every fifth key one read answers what nobody wrote, if it is to be `wrong`.
fn history(wrong: bool) -> History<KvOp, CellRet> {
    let mut operations = Vec::new();
    let mut cells = vec![None; KEYS as usize];
    for number in 0..KEYS * EACH {
        let (key, turn) = (number % KEYS, number / KEYS);
        let cell = &mut cells[key as usize];
        let value = i64::from(if key % 3 == 0 { number } else { number * 7 % 11 % 4 });
        let (op, ret) = if (turn + key) % 2 == 0 {
            *cell = Some(value.into());
            (CellOp::Write(value.into()), CellRet::Done)
        } else if wrong && key % 5 == 0 && turn / 2 == EACH / 4 {
            (CellOp::Read, CellRet::Value(Some((-1).into())))
        } else {
            (CellOp::Read, CellRet::Value(cell.clone()))
        };
        operations.push(Operation {
            id: OpId(2 * number),
            process: Process(number),
            op: KvOp::new(format!("key{key:03}"), op),
            outcome: Outcome::Ok(ret),
            call: Rank(2 * number),
            ret: Rank(2 * number + 5 * KEYS + 1),
            call_ns: 0,
            ret_ns: 0,
        });
    }
    History { operations, ..History::default() }
}

#[test]
fn findings_do_not_depend_on_the_workers() {
    let (mut unknown, mut valid) = (0, 0);
    for wrong in [false, true] {
        let history = history(wrong);
        for (steps_max, bytes_max) in
            [(3_000, 1 << 30), (100_000, 1 << 30), (1 << 30, 1 << 22), (1 << 30, 1 << 30)]
        {
            let check = |workers: &dyn Workers| {
                let budget = Budget { steps_max, bytes_max, workers, ..Budget::default() };
                Linearizable::default().check(&Kv, &history, &budget)
            };
            let alone = check(&OneByOne);
            assert_eq!(alone.engine, Engine::Mixed);
            unknown += usize::from(matches!(alone.verdict, Verdict::Unknown(_)));
            valid += usize::from(matches!(alone.verdict, Verdict::Valid(_)));
            for workers in [1, 2, 5] {
                assert!(check(&Crew(workers)) == alone, "{workers} workers, {steps_max} steps");
            }
            if let Verdict::Invalid(anomalies) = &alone.verdict {
                assert!(wrong);
                let keys: Vec<_> = anomalies.iter().filter_map(|one| one.key.as_deref()).collect();
                assert!(keys.is_sorted() && !keys.is_empty());
                if steps_max == 1 << 30 && bytes_max == 1 << 30 {
                    // Of twenty keys that are wrong so many are explained.
                    let first = |number: usize| format!("key{:03}", 5 * number);
                    let expected: Vec<_> = (0..EXPLAINED_MAX).map(first).collect();
                    assert_eq!(keys, expected);
                }
            } else {
                assert!(!wrong);
            }
        }
    }
    assert!(unknown > 0 && valid > 0, "{unknown} unknown, {valid} valid");
}

#[test]
fn parts_that_ran_out_share_what_is_left() {
    let history = history(false);
    let found = |steps_max| {
        let budget = Budget { steps_max, ..Budget::default() };
        Linearizable::default().holds(&Kv, &history, &budget)
    };
    // The least budget with which it is decided, within a factor of two.
    let least = (0..40).map(|bits| 1_u64 << bits).find(|&steps| found(steps) == Some(true));
    let least = least.expect("some budget is enough");
    let needed: u64 = {
        let budget = Budget::default();
        let subject = Typed::new(&Kv, &history);
        let job = Job { budget: &budget, engine: None, explained_max: 0 };
        let parts = split(&subject).expect("keys");
        job.judge_all(&parts).iter().map(|one| one.steps).sum()
    };
    assert!(least <= 8 * needed, "{least} of {needed}");
}

/// The history of keys whose values are unique, which need no steps, and of so many that need some.
fn with_hard_keys(count: u32) -> History<KvOp, CellRet> {
    let mut history = history(false);
    let hard: Vec<String> = (0..KEYS)
        .filter(|key| key % 3 > 0)
        .take(count as usize)
        .map(|key| format!("key{key:03}"))
        .collect();
    let easy = |key: &str| key[3..].parse::<u32>().is_ok_and(|key| key % 3 == 0);
    history
        .operations
        .retain(|one| easy(&one.op.key) || hard.iter().any(|key| one.op.key == **key));
    history
}

/// The steps and the least bytes that one hard key needs.
fn needs_of_a_hard_key() -> (u64, usize) {
    let mut alone = with_hard_keys(1);
    alone.operations.retain(|one| one.op.key == "key001");
    let subject = Typed::new(&Kv, &alone);
    let parts = split(&subject).expect("a key");
    let judged = |bytes_max| {
        let budget = Budget { bytes_max, ..Budget::default() };
        Job { budget: &budget, engine: None, explained_max: 0 }.judge_all(&parts).remove(0)
    };
    let is_enough = |bytes: usize| matches!(judged(bytes).said, Said::Valid(_));
    let bytes = (4..40).map(|bits| 1_usize << bits).find(|&bytes| is_enough(bytes));
    (judged(1 << 30).steps, bytes.expect("some memory is enough"))
}

#[test]
fn a_hard_key_gets_the_steps_that_easy_ones_do_not_need() {
    let (steps, _) = needs_of_a_hard_key();
    assert!(steps > 100, "{steps}");
    for count in [1, 2, 3] {
        let history = with_hard_keys(count);
        let found = |steps_max| {
            let budget = Budget { steps_max, ..Budget::default() };
            Linearizable::default().holds(&Kv, &history, &budget)
        };
        // What is spent in vain before is lost.
        let count = u64::from(count);
        assert_eq!(found(steps * (count + 1) * 2), Some(true), "{count} hard keys");
        assert_eq!(found(steps * count / 2), None, "{count} hard keys");
    }
}

#[test]
fn keys_that_ran_out_of_memory_are_judged_one_by_one() {
    let (_, bytes) = needs_of_a_hard_key();
    let history = with_hard_keys(3);
    let found = |bytes_max| {
        let budget = Budget { bytes_max, ..Budget::default() };
        Linearizable::default().holds(&Kv, &history, &budget)
    };
    // Less than what each may have while others work, and enough for one after the other.
    assert!(bytes < bytes * AT_ONCE_MAX / 2);
    assert_eq!(found(bytes), Some(true));
    assert_eq!(found(bytes / 4), None);
}

#[test]
fn what_is_left_is_shared_and_not_exceeded() {
    let (steps, _) = needs_of_a_hard_key();
    let mut history = with_hard_keys(3);
    history.operations.retain(|one| one.op.key[3..].parse::<u32>().is_ok_and(|key| key % 3 > 0));
    let subject = Typed::new(&Kv, &history);
    let parts = split(&subject).expect("keys");
    let budget = Budget::default();
    let job = Job { budget: &budget, engine: None, explained_max: 0 };
    let all: Vec<usize> = (0..parts.len()).collect();
    let needed: Vec<u64> = job.judge_all(&parts).iter().map(|one| one.steps).collect();
    assert!(needed.len() == 3 && needed.iter().all(|&needed| needed.abs_diff(steps) < steps / 5));
    let most = *needed.iter().max().expect("three keys");
    for (left, decided) in [(3 * most, 3), (2 * most, 0), (most / 2, 0)] {
        let share = Share { steps: 10, bytes: budget.bytes_max };
        let mut judged = job.judge_some(&parts, &all, share, |_| false);
        assert!(judged.iter().all(Judged::is_out_of_steps));
        job.judge_spent(&parts, &mut judged, left);
        let spent: u64 = judged.iter().map(|one| one.steps).sum();
        assert!(spent <= left + 3, "{spent} of {left}");
        assert_eq!(judged.iter().filter(|one| !one.is_spent()).count(), decided, "with {left}");
    }
    // Who cannot get more than it had is not asked again.
    let share = Share { steps: most / 2, bytes: budget.bytes_max };
    let mut judged = job.judge_some(&parts, &all, share, |_| false);
    job.judge_spent(&parts, &mut judged, 30);
    assert!(judged.iter().all(|one| one.steps > most / 2));
}
