//! How stale reads were, against the definition: the smallest delay of reads, among all that can
//! make a difference, with which the oracle finds an order; and for each read the writes that
//! certainly lie between.

use testimony_check::{Budget, staleness};
use testimony_history::{History, OpId, Operation, Rank};
use testimony_model::{Access, CasRegister, Model};
use testimony_tests::draw::Draw;
use testimony_tests::families::{CasRegisters, Registers, Values};
use testimony_tests::oracle;
use testimony_tests::random::{self, Family, Shape};
use testimony_tests::show::paste;
use testimony_verdict::Bound;

type HistoryOf<M> = History<<M as Model>::Op, <M as Model>::Ret>;

fn is_read<M: Model>(model: &M, operation: &Operation<M::Op, M::Ret>) -> bool {
    operation.outcome.answer().is_some_and(|ret| model.is_observation(&operation.op, ret))
}

/// The history with every read begun so much earlier, rank by rank: a read may be called as soon as
/// everything has returned that returned more than the delay before it was called.
fn delayed<M: Model>(model: &M, history: &HistoryOf<M>, delay: u64) -> HistoryOf<M> {
    let mut history = history.clone();
    let original = history.operations.clone();
    for operation in &mut history.operations {
        if is_read(model, operation) {
            let still = original.iter().filter(|other| {
                other.is_ok()
                    && other.ret < operation.call
                    && other.ret_ns.saturating_add(delay) < operation.call_ns
            });
            let call = still.map(|other| other.ret.0 + 1).max().unwrap_or(0);
            operation.call = Rank(call);
        }
    }
    history
}

/// The smallest delay that explains the history, by trying all that can make a difference.
fn smallest<M: Model>(model: &M, history: &HistoryOf<M>) -> Option<u64> {
    let mut delays = vec![0];
    for read in &history.operations {
        let ended = history.operations.iter().filter(|other| other.is_ok());
        let gaps = ended.filter_map(|other| read.call_ns.checked_sub(other.ret_ns));
        delays.extend(gaps);
    }
    delays.sort_unstable();
    delays.dedup();
    delays.into_iter().find(|&delay| oracle::linearizable(model, &delayed(model, history, delay)))
}

/// Whether this pair is in the way: with some of the reads begun as much earlier as the delay says, and
/// the others only almost, an order explains the history when this read is among the first, and none
/// does when it is called just behind the other's return. Every choice of those reads is tried.
fn makes_the_difference<M: Model>(
    model: &M,
    history: &HistoryOf<M>,
    delay: u64,
    (worst, missed): (OpId, OpId),
) -> bool {
    let early = delayed(model, history, delay);
    let late = match delay.checked_sub(1) {
        Some(almost) => delayed(model, history, almost),
        None => history.clone(),
    };
    let both = early.operations.iter().zip(&late.operations);
    let moved: Vec<OpId> = both.filter(|(e, l)| e.call != l.call).map(|(one, _)| one.id).collect();
    let missed = history.get(missed).expect("an operation of the history").ret;
    let with = |chosen: u32, call: Rank| {
        let mut mixed = early.clone();
        for (operation, late) in mixed.operations.iter_mut().zip(&late.operations) {
            let place = moved.iter().position(|id| *id == operation.id);
            if place.is_some_and(|place| chosen & (1 << place) != 0) {
                operation.call = late.call;
            }
            if operation.id == worst {
                operation.call = operation.call.min(call);
            }
        }
        oracle::linearizable(model, &mixed)
    };
    let place = moved.iter().position(|id| *id == worst);
    place.is_some_and(|place| {
        (0..1_u32 << moved.len()).filter(|chosen| chosen & (1 << place) != 0).any(|chosen| {
            with(chosen & !(1 << place), Rank::NEVER) && !with(chosen, Rank(missed.0 + 1))
        })
    })
}

/// By how many versions the read that was worst was behind.
fn behind<M: Model>(model: &M, history: &HistoryOf<M>) -> Option<usize> {
    let mut worst = 0;
    for read in &history.operations {
        let Access::Read(Some(value)) = model.access(&read.op, read.outcome.answer()) else {
            continue;
        };
        let count = |returned: Option<Rank>| {
            let between = history.operations.iter().filter(|write| {
                let wrote = match model.access(&write.op, write.outcome.answer()) {
                    Access::Write(_) => true,
                    Access::Cas { swapped, .. } => swapped == Some(true),
                    _ => false,
                };
                let after = returned.is_none_or(|returned| returned < write.call);
                wrote && write.is_ok() && after && write.ret < read.call
            });
            between.count()
        };
        let mut least = (value == model.initial()).then(|| count(None));
        for writer in history.operations.iter().filter(|one| !one.is_fail()) {
            let wrote = match model.access(&writer.op, writer.outcome.answer()) {
                Access::Write(wrote) => Some(wrote),
                Access::Cas { to, swapped, .. } if swapped != Some(false) => Some(to),
                _ => None,
            };
            if wrote == Some(value) && writer.call <= read.ret {
                let one = if writer.is_ok() { count(Some(writer.ret)) } else { 0 };
                least = Some(least.map_or(one, |least: usize| least.min(one)));
            }
        }
        worst = worst.max(least.unwrap_or(0));
    }
    (worst > 0).then_some(worst)
}

/// Times that grow with the ranks, in irregular steps and sometimes not at all.
fn retime<O, R>(history: &mut History<O, R>, draw: &mut Draw) {
    let mut times = vec![0_u64];
    for _ in 0..64 {
        let last = times[times.len() - 1];
        times.push(last + [0, 1, 1, 7, 100][draw.below(5)]);
    }
    for operation in &mut history.operations {
        operation.call_ns = times[operation.call.0 as usize];
        if operation.is_ok() {
            operation.ret_ns = times[operation.ret.0 as usize];
        }
    }
}

/// Compares many histories of a family; gives how many had a delay.
fn compare<F: Family>(family: &F, shape: &Shape, rounds: u64) -> usize {
    let (mut stale, mut invalid) = (0, 0);
    for round in 0..rounds {
        let mut draw = Draw::new(round);
        let (model, mut history) = random::history(family, shape, &mut draw);
        retime(&mut history, &mut draw);
        let text = || paste::<F::Model>(&history);
        let found = staleness(&model, &history, &[None], &Budget::default());
        assert!(found.len() <= 1);
        let found = found.into_iter().next();
        let versions = found.as_ref().and_then(|found| found.versions.as_ref());
        assert_eq!(
            versions.map(|versions| versions.versions),
            behind(&model, &history),
            "round {round}\n{}",
            text()
        );
        let time = found.as_ref().and_then(|found| found.time.as_ref());
        if oracle::linearizable(&model, &history) {
            assert!(time.is_none(), "round {round}: {time:?}\n{}", text());
            continue;
        }
        invalid += 1;
        let first = history.operations.iter().map(|one| one.call_ns).min();
        let last = history.operations.iter().map(|one| one.ret_ns.max(one.call_ns)).max();
        if first == last {
            continue;
        }
        let smallest = smallest(&model, &history);
        assert_eq!(time.map(|time| time.ns), smallest, "round {round}: {time:?}\n{}", text());
        let Some(time) = time else { continue };
        assert_eq!(time.bound, Bound::Exact, "round {round}");
        stale += 1;
        // The read that was worst, and what it missed, are that far apart.
        let one = |id| history.get(id).expect("an operation of the history");
        let (read, missed) = (time.read.map(one), time.missed.map(one));
        let (read, missed) = (read.expect("a read"), missed.expect("what it missed"));
        assert!(is_read(&model, read), "round {round}");
        assert!(missed.ret < read.call, "round {round}");
        assert_eq!(read.call_ns - missed.ret_ns, time.ns, "round {round}\n{}", text());
        let makes = makes_the_difference(&model, &history, time.ns, (read.id, missed.id));
        assert!(makes, "round {round}: {time:?}\n{}", text());
    }
    assert!(invalid > 0);
    stale
}

#[test]
fn unique_values_against_brute_force() {
    let stale = compare(&CasRegisters(Values::Unique), &Shape::SMALL, 4_000)
        + compare(&Registers(Values::Unique), &Shape::SMALL, 4_000);
    assert!(stale >= 200, "only {stale} stale histories");
}

#[test]
fn repeated_values_against_brute_force() {
    let stale = compare(&CasRegisters(Values::Few(2)), &Shape::SMALL, 1_500)
        + compare(&Registers(Values::Few(3)), &Shape::SMALL, 1_500);
    assert!(stale >= 50, "only {stale} stale histories");
}

/// Whatever the budget, what is said is true: exactly the smallest delay, or one that is enough.
#[test]
fn a_small_budget_makes_no_false_delay() {
    let (mut exact, mut at_most) = (0, 0);
    for round in 0..400 {
        let mut draw = Draw::new(round);
        let (model, mut history) =
            random::history(&CasRegisters(Values::Few(2)), &Shape::SMALL, &mut draw);
        retime(&mut history, &mut draw);
        let Some(smallest) = smallest(&model, &history).filter(|&delay| delay > 0) else {
            continue;
        };
        for steps_max in (0..4_000).step_by(37) {
            let budget = Budget { steps_max, ..Budget::default() };
            let found = staleness(&model, &history, &[None], &budget).pop();
            let Some(time) = found.and_then(|found| found.time) else { continue };
            let text =
                || format!("round {round}, {steps_max} steps\n{}", paste::<CasRegister>(&history));
            match time.bound {
                Bound::Exact => assert_eq!(time.ns, smallest, "{}", text()),
                _ => assert!(time.ns >= smallest && time.read.is_none(), "{}", text()),
            }
            exact += usize::from(time.bound == Bound::Exact);
            at_most += usize::from(time.bound != Bound::Exact);
        }
    }
    assert!(exact > 100 && at_most > 10, "{exact} exact, {at_most} at most");
}

#[test]
fn what_returned_at_the_rank_of_the_call_was_not_missed() {
    use testimony_model::{CellOp, CellRet, Register};
    use testimony_tests::show::{history, ok};
    let write = |id, ret, value: i64| ok(id, id, ret, CellOp::Write(value.into()), CellRet::Done);
    let mut history = history(vec![
        write(1, 7, 1),
        write(4, 6, 2),
        ok(7, 7, 10, CellOp::Read, CellRet::Value(None)),
        write(8, 9, 1),
    ]);
    history.operations[1].ret_ns = history.operations[0].ret_ns;
    let found = staleness(&Register, &history, &[None], &Budget::default()).pop();
    let time = found.and_then(|found| found.time).expect("a delay");
    assert_eq!((time.ns, time.bound), (0, Bound::Exact));
    assert_eq!(time.missed.map(|id| id.0), Some(4));
}

#[test]
fn times_that_say_nothing_are_not_used() {
    use testimony_model::{CellOp, CellRet, Register};
    use testimony_tests::show::{history, ok};
    let with = |times: [u64; 6]| {
        let write = |id, value: i64| ok(id, id, id + 1, CellOp::Write(value.into()), CellRet::Done);
        let read = ok(4, 4, 5, CellOp::Read, CellRet::Value(Some(1.into())));
        let mut history = history(vec![write(0, 1), write(2, 2), read]);
        for (operation, times) in history.operations.iter_mut().zip(times.chunks(2)) {
            (operation.call_ns, operation.ret_ns) = (times[0], times[1]);
        }
        let found = staleness(&Register, &history, &[None], &Budget::default()).pop();
        let found = found.expect("it is one version behind");
        assert_eq!(found.versions.map(|versions| versions.versions), Some(1));
        found.time.map(|time| time.ns)
    };
    assert_eq!(with([0, 10, 20, 30, 45, 50]), Some(15));
    assert_eq!(with([7; 6]), None);
    assert_eq!(with([0, 10, 20, 30, 25, 50]), None);
}

/// A value all of whose operations meet at one rank is in nobody's way.
#[test]
fn a_value_of_one_moment_needs_no_delay() {
    use testimony_model::{CellOp, CellRet, Register};
    use testimony_tests::show::{history, ok};
    let write =
        |call, ret, value: i64| ok(call, call, ret, CellOp::Write(value.into()), CellRet::Done);
    let read = |call, ret, value: i64| {
        ok(call, call, ret, CellOp::Read, CellRet::Value(Some(value.into())))
    };
    let history = history(vec![
        write(0, 1, 3),
        write(2, 5, 1),
        read(3, 5, 2),
        write(5, 9, 2),
        read(6, 7, 3),
        read(20, 21, 1),
    ]);
    let found = staleness(&Register, &history, &[None], &Budget::default()).pop();
    let time = found.and_then(|found| found.time).expect("a delay");
    assert_eq!((time.ns, time.bound), (1_000_000, Bound::Exact));
}
