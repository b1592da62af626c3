//! Each generator by what it compiles to, and reactive ones by their runs.

use super::{Completion, Gen, Generated};
use crate::generator::schedule::compile;
use crate::tests::programs::{connect, planned, serve};
use crate::{Cluster, Draw, Fault, Plan, PlannedStep, compare};
use testimony_model::{CellOp, Register};

const SEED: u64 = 7;

fn steps(gen_: &Gen<u32>, clients: u16) -> Vec<PlannedStep<u32>> {
    compile(gen_, &Draw::new(SEED), clients, 10, true)
}

/// What is done, in the order of time.
fn what(gen_: &Gen<u32>) -> Vec<u32> {
    steps(gen_, 3).into_iter().map(|step| step.step).collect()
}

fn times(gen_: &Gen<u32>, clients: u16) -> Vec<u64> {
    steps(gen_, clients).into_iter().map(|step| step.not_before_ms).collect()
}

fn small(number: u64) -> u32 {
    number.try_into().expect("a small number")
}

fn list(steps: &[u32]) -> Gen<u32> {
    Gen::concat(steps.iter().map(|step| Gen::step(*step)))
}

fn for_ever(step: u32) -> Gen<u32> {
    Gen::repeat_step(step)
}

#[test]
fn lists_limits_and_repetitions() {
    assert_eq!(what(&list(&[1, 2, 3])), [1, 2, 3]);
    assert_eq!(what(&Gen::nothing()), [0_u32; 0]);
    assert_eq!(what(&for_ever(4).limit(3)), [4, 4, 4]);
    assert_eq!(what(&list(&[1, 2]).once()), [1]);
    assert_eq!(what(&list(&[1, 2]).repeat(Some(3))), [1, 1, 1], "it does not move on");
    assert_eq!(what(&list(&[1, 2]).cycle(Some(2))), [1, 2, 1, 2]);
    assert_eq!(what(&list(&[1, 2]).cycle(None).limit(5)), [1, 2, 1, 2, 1]);
    assert_eq!(what(&Gen::nothing().cycle(None)), [0_u32; 0]);
    let counted = Gen::source(|dice| dice.step() * 10 + small(dice.count()));
    assert_eq!(what(&Gen::concat([Gen::step(7), counted.limit(3)])), [7, 10, 21, 32]);
}

#[test]
fn maps_and_filters() {
    let odd = Gen::source(|dice| dice.step()).filter(|step| step % 2 == 1);
    // Ids are given to steps that are taken: what is left out has none.
    assert_eq!(what(&odd.limit(3)), [0_u32; 0], "step 0 is offered for ever");
    let counted = Gen::source(|dice| small(dice.count())).filter(|step| step % 2 == 1);
    assert_eq!(what(&counted.map(|step| step * 100).limit(3)), [100, 300, 500]);
}

#[test]
fn times_are_kept() {
    assert_eq!(times(&for_ever(1).delay(7).limit(4), 3), [0, 7, 14, 21]);
    // A single client that is busy for 10 ms takes them later.
    assert_eq!(times(&for_ever(1).delay(7).limit(3), 1), [0, 10, 20]);
    assert_eq!(times(&for_ever(1).limit(4), 2), [0, 0, 10, 10]);
    let slept = Gen::concat([Gen::step(1), Gen::sleep(100), Gen::step(2)]);
    assert_eq!(times(&slept, 3), [0, 100]);
    let limited = for_ever(1).delay(10).time_limit(35);
    assert_eq!(times(&limited, 3), [0, 10, 20, 30]);
    let late = Gen::concat([Gen::sleep(1_000), limited]);
    assert_eq!(times(&late, 3), [1_000, 1_010, 1_020, 1_030], "from when it is asked first");
    let staggered = times(&for_ever(1).stagger(10).limit(1_000), 5);
    let last = *staggered.last().expect("steps");
    assert!((9_000..11_000).contains(&last), "10 ms apart on average: {last}");
    assert!(staggered.is_sorted() && times(&for_ever(1), 1).len() < 100_001);
}

#[test]
fn phases_wait_for_all_clients() {
    let phases = Gen::phases([for_ever(1).delay(3).limit(4), Gen::step(2).each_thread()]);
    let steps = steps(&phases, 3);
    assert_eq!(steps.iter().map(|step| step.step).collect::<Vec<_>>(), [1, 1, 1, 1, 2, 2, 2]);
    // The fourth begins at 10, when the first client is free again, and takes 10 ms.
    assert!(steps[4..].iter().all(|step| step.not_before_ms == 20), "{steps:?}");
    let mut clients: Vec<u16> = steps[4..].iter().map(|step| step.client).collect();
    clients.sort_unstable();
    assert_eq!(clients, [0, 1, 2], "each its own");
    assert_eq!(what(&Gen::step(1).then(Gen::step(2))), [1, 2]);
}

#[test]
fn mixes_are_fair_and_keyed_by_their_place() {
    let mixed = what(&Gen::mix([for_ever(1), for_ever(2), list(&[3; 5])]).limit(900));
    let count = |step: u32| mixed.iter().filter(|one| **one == step).count();
    assert_eq!(count(3), 5, "what has no more steps falls out");
    assert!((370..530).contains(&count(1)), "{}", count(1));
    let weighted = Gen::mix_weighted([(9, for_ever(1)), (1, for_ever(2)), (0, for_ever(3))]);
    let weighted = what(&weighted.limit(1_000));
    let rare = weighted.iter().filter(|step| **step == 2).count();
    assert!((60..140).contains(&rare) && !weighted.contains(&3), "{rare}");
    // Another generator beside it does not change its luck.
    let dice = || Gen::source(|dice| small(dice.below(1_000, "x")));
    let beside = |other: Gen<u32>| what(&Gen::concat([other, dice().limit(20)]));
    let (short, long) = (beside(Gen::step(5_000)), beside(for_ever(5_000).limit(9)));
    assert_eq!(short[1..], long[9..]);
    assert_ne!(what(&dice().limit(20)), short[1..]);
}

#[test]
fn the_soonest_of_any_comes_first() {
    let fast = for_ever(1).delay(10).limit(5);
    let slow = for_ever(2).delay(25).limit(2);
    let any = what(&Gen::any([slow.clone(), fast.clone()]));
    assert_eq!(any.iter().filter(|step| **step == 1).count(), 5);
    assert_eq!(any.len(), 7);
    assert_eq!(any[2..], [1, 1, 2, 1, 1], "after both at 0: {any:?}");
    assert!(what(&Gen::shortest_any([slow, fast])).len() < 7);
    let both = what(&Gen::any([for_ever(1), for_ever(2)]).limit(400));
    let ones = both.iter().filter(|step| **step == 1).count();
    assert!((140..260).contains(&ones), "ties are decided by chance: {ones}");
}

#[test]
fn clients_are_reserved() {
    let reserved = Gen::reserve([(1, for_ever(1)), (2, for_ever(2))], for_ever(3));
    let steps = steps(&reserved.limit(200), 5);
    for step in &steps {
        let expected = match step.client {
            0 => 1,
            1 | 2 => 2,
            _ => 3,
        };
        assert_eq!(step.step, expected, "{step:?}");
    }
    assert!(steps.iter().any(|step| step.client == 4));
    assert_eq!(what(&for_ever(1).on_clients(7, 9)), [0_u32; 0], "there is no such client");
}

#[test]
fn turns_are_taken_by_count_and_by_time() {
    let turns = Gen::flip_flop([for_ever(1), list(&[2, 2])]);
    assert_eq!(what(&turns), [1, 2, 1, 2, 1]);
    let windows = Gen::cycle_times([(50, for_ever(1).delay(10)), (30, for_ever(2).delay(10))]);
    let steps = steps(&windows.limit(16), 3);
    for step in &steps {
        let expected = if step.not_before_ms % 80 < 50 { 1 } else { 2 };
        assert_eq!(step.step, expected, "{steps:?}");
    }
    assert!(steps.iter().filter(|step| step.step == 1).count() >= 8);
    assert_eq!(what(&Gen::cycle_times([(0, for_ever(1))])), [0_u32; 0]);
}

#[test]
fn what_never_ends_is_cut_off() {
    assert_eq!(what(&for_ever(1)).len(), 100_000);
    let stuck = Gen::phases([Gen::sleep(u64::MAX), Gen::step(1)]);
    assert_eq!(what(&stuck), [0_u32; 0]);
}

fn reads_until_ok() -> Gen<CellOp> {
    Gen::concat([
        Gen::repeat_step(CellOp::Read).delay(30).until_ok(),
        Gen::source(|dice| CellOp::Write(i64::from(dice.step()).into())).limit(4).delay(20),
    ])
}

fn cluster(main: Gen<CellOp>) -> Cluster<Register, Generated<Register>> {
    let workload = Generated::new(main).finally(Gen::step(CellOp::Read).each_thread());
    Cluster::new("generated", Register, workload).nodes(1, serve).clients(3, connect)
}

/// Nothing arrives for the first 400 ms.
fn deaf(plan: &mut Plan<CellOp>) {
    let pairs = crate::fault::between(&["n1"], &[crate::CLIENTS_HOST]);
    plan.faults = vec![planned(0, 1, Some(400), Fault::Cut { pairs })];
}

/// Goal: reactive generators depend on answers, and the plan that the run leaves behind is complete:
/// as JSON and back it gives the same bytes, without the generator. Method: reads until one is
/// answered, while nothing can be answered for 400 ms; the replay is a cluster whose workload would
/// choose something else.
#[test]
fn what_was_chosen_is_recorded_and_replayed() {
    let cluster = cluster(reads_until_ok());
    let mut open = cluster.plan(SEED);
    assert!(open.reactive.open && open.steps.is_empty() && open.finals.len() == 3);
    deaf(&mut open);
    let (ran, complete) = cluster.run_and_record(&open, None).expect("a run");
    let operations = &ran.record.history.operations;
    let failed = operations.iter().filter(|op| op.op == CellOp::Read && !op.is_ok()).count();
    assert!(failed >= 3, "reads fail until the cut is over: {failed}");
    let writes = operations.iter().filter(|op| op.op != CellOp::Read).count();
    assert_eq!(writes, 4, "and after the first answer others follow");
    assert!(!complete.reactive.open && complete.steps.len() == operations.len() - 3);
    let read: Plan<CellOp> = Plan::from_json(&complete.to_json()).expect("a plan");
    assert_eq!(read, complete);
    let other = self::cluster(Gen::nothing());
    let (again, left) = other.run_and_record(&read, None).expect("a run");
    assert!(compare(&ran, &again).is_none(), "{:?}", compare(&ran, &again));
    assert_eq!(left, complete, "nothing is chosen any more");
    // Without the cut fewer reads are needed.
    let (calm, _) = cluster.run_and_record(&cluster.plan(SEED), None).expect("a run");
    assert!(calm.record.history.operations.len() < operations.len());
}

/// Goal: an update may change everything that follows. Method: the first completion of all replaces
/// endless reads by one write for each client; many seeds, each replayed.
#[test]
fn updates_change_what_follows() {
    let reads = Gen::repeat_step(CellOp::Read).stagger(5);
    let main = reads.on_update(|gen_, event| match (&event.step, event.completion) {
        (CellOp::Read, Completion::Ok) => {
            let write = |id: u32| CellOp::Write(i64::from(id).into());
            Gen::source(move |dice| write(dice.step())).limit(2).each_thread()
        }
        _ => gen_,
    });
    let cluster = cluster(main);
    for seed in 0..20 {
        let (ran, complete) = cluster.run_and_record(&cluster.plan(seed), None).expect("a run");
        let operations = &ran.record.history.operations;
        let writes = operations.iter().filter(|op| op.op != CellOp::Read).count();
        assert!(writes >= 2, "seed {seed}: {writes}");
        assert!(ran.record.findings.is_empty(), "{:?}", ran.record.findings);
        let again = cluster.run(&complete, None).expect("a run");
        assert!(compare(&ran, &again).is_none(), "seed {seed}: {:?}", compare(&ran, &again));
    }
}

#[test]
fn a_plan_that_is_open_and_has_steps_is_refused() {
    let cluster = cluster(reads_until_ok());
    let (_, mut complete) = cluster.run_and_record(&cluster.plan(SEED), None).expect("a run");
    complete.reactive.open = true;
    let error = complete.validate().expect_err("a problem").to_string();
    assert!(error.contains("either there or still to be chosen"), "{error}");
    complete.reactive.open = false;
    // A step that waits for one that was taken out waits for nothing.
    let first = complete.steps.remove(0);
    assert!(complete.reactive.after.values().any(|before| *before == first.id));
    let ran = cluster.run(&complete, None).expect("a run");
    assert_eq!(ran.record.findings, Vec::<String>::new());
}

#[test]
fn the_shape_limits_what_is_chosen() {
    let shape = crate::Shape { ops: Some(5), ..crate::Shape::default() };
    let cluster = cluster(Gen::repeat_step(CellOp::Read).on_update(|gen_, _| gen_));
    let plan = cluster.plan_as(SEED, &shape);
    let (_, complete) = cluster.run_and_record(&plan, None).expect("a run");
    assert_eq!(complete.steps.len(), 5);
}

/// The operations of a run of this generator while nothing is answered for 400 ms, as (process, call,
/// return): clients give a write up after 200 ms, as an `info`. The run and its replay are the same.
fn spans(main: Gen<CellOp>, is_deaf: bool) -> Vec<(u32, u64, u64)> {
    let cluster = cluster(main);
    let mut plan = cluster.plan(SEED);
    assert!(plan.reactive.open, "it depends on answers");
    if is_deaf {
        deaf(&mut plan);
    }
    let (ran, complete) = cluster.run_and_record(&plan, None).expect("a run");
    let again = self::cluster(Gen::nothing()).run(&complete, None).expect("a run");
    assert!(compare(&ran, &again).is_none(), "{:?}", compare(&ran, &again));
    assert_eq!(ran.record.findings, Vec::<String>::new());
    let quiet_from = ran.record.history.quiet_from.expect("a final phase");
    let main = ran.record.history.operations.iter().filter(|op| op.call < quiet_from);
    main.map(|op| (op.process.0, op.call_ns, op.ret_ns)).collect()
}

fn writes() -> Gen<CellOp> {
    Gen::source(|dice| CellOp::Write(i64::from(dice.step()).into()))
}

/// How many operations were open at once at most.
fn most_open(spans: &[(u32, u64, u64)]) -> usize {
    let open = |at: u64| spans.iter().filter(move |(_, call, ret)| (*call..*ret).contains(&at));
    spans.iter().map(|(_, call, _)| open(*call).count()).max().unwrap_or(0)
}

#[test]
fn so_many_steps_are_open_at_once() {
    for limit in 1..=3 {
        let spans = spans(writes().limit(40).concurrency_limit(limit), false);
        assert_eq!((spans.len(), most_open(&spans)), (40, limit));
    }
    assert_eq!(spans(writes().concurrency_limit(0), false), []);
    // Each limits its own steps only.
    let two = [writes().limit(20).concurrency_limit(1), writes().limit(20).concurrency_limit(1)];
    assert_eq!(most_open(&spans(Gen::any(two), false)), 2);
}

#[test]
fn so_many_processes_take_steps() {
    let of = |processes, is_deaf| -> Vec<u32> {
        let spans = spans(writes().limit(30).process_limit(processes), is_deaf);
        spans.into_iter().map(|(process, _, _)| process).collect()
    };
    let distinct = |of: &[u32]| of.iter().collect::<std::collections::BTreeSet<_>>().len();
    let calm = of(2, false);
    assert_eq!((calm.len(), distinct(&calm)), (30, 2));
    // Every step is an info: its process is over, and the next one is another.
    let deaf = of(5, true);
    assert_eq!((deaf.len(), distinct(&deaf)), (5, 5));
    assert!(deaf.iter().any(|process| *process >= 3), "{deaf:?}");
    assert_eq!(of(0, false), [0_u32; 0]);
}

#[test]
fn every_process_begins_anew() {
    let spans = spans(writes().limit(3).each_process(), true);
    let mut by_process = std::collections::BTreeMap::<u32, usize>::new();
    for (process, _, _) in spans {
        *by_process.entry(process).or_default() += 1;
    }
    // The first two processes of each client end with their first step; the third takes all three.
    for client in 0..3 {
        let taken = [0, 3, 6].map(|over| by_process.get(&(client + over)).copied());
        assert_eq!(taken, [Some(1), Some(1), Some(3)], "{by_process:?}");
    }
    assert_eq!(by_process.len(), 9);
}
