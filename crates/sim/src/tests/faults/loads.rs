//! Loads: hot keys, bursts, quiet times.

use crate::fault::isolate;
use crate::tests::programs::{Idle, nodes, planned, run_with};
use crate::workload::{Cells, Pace};
use crate::{BoxError, Client, Cluster, Family, Fault, Nemesis, NodeCtx, PlannedFault, Ran};
use std::collections::BTreeSet;
use std::future::pending;
use testimony_history::Outcome;
use testimony_model::{CellOp, CellRet, Kv, KvOp, Model, Register};

/// One client takes a step at 120 ms, 220 ms and so on, to 1520 ms; each is answered at once.
fn steady() -> Cluster<Register, Cells> {
    nodes(1, 1_500, idle)
}

async fn idle(_node: NodeCtx) -> Result<(), BoxError> {
    pending().await
}

/// When the operations of the main phase began, in milliseconds.
fn began<M: Model>(ran: &Ran<M>) -> Vec<u64> {
    let quiet_from = ran.record.history.quiet_from.unwrap();
    let main = ran.record.history.operations.iter().filter(|operation| operation.call < quiet_from);
    main.map(|operation| operation.call_ns / 1_000_000).collect()
}

fn times(faults: Vec<PlannedFault>) -> Vec<u64> {
    began(&run_with(&steady(), faults))
}

fn undisturbed() -> Vec<u64> {
    (1..=15).map(|number| number * 100 + 20).collect()
}

fn quiet(id: u32, at_ms: u64, lasts_ms: u64) -> PlannedFault {
    planned(id, at_ms, Some(lasts_ms), Fault::QuietWindow { per_mille: 1_000 })
}

fn burst(id: u32, at_ms: u64, lasts_ms: u64, ahead_ms: u32) -> PlannedFault {
    planned(id, at_ms, Some(lasts_ms), Fault::Burst { per_mille: 1_000, ahead_ms })
}

/// The undisturbed times, those for which this is true at another one.
fn moved(to: u64, when: impl Fn(u64) -> bool) -> Vec<u64> {
    undisturbed().into_iter().map(|time| if when(time) { to } else { time }).collect()
}

#[test]
fn no_step_begins_in_a_quiet_time_and_all_come_after_it() {
    assert_eq!(times(Vec::new()), undisturbed());
    let one = times(vec![quiet(0, 300, 300)]);
    assert_eq!(one, moved(600, |time| (300..600).contains(&time)));
    // Two that overlap are one long one, and a cut beside them is healed at its own time.
    let cut = planned(2, 350, Some(100), Fault::Cut { pairs: isolate("n1", &["clients"]) });
    let two = times(vec![quiet(0, 300, 300), cut, quiet(1, 500, 300)]);
    assert_eq!(two, moved(800, |time| (300..800).contains(&time)));
}

#[test]
fn a_burst_takes_steps_ahead_and_leaves_a_gap() {
    let one = times(vec![burst(0, 300, 50, 400)]);
    let ahead = moved(300, |time| (300..700).contains(&time));
    // The step at 720 is due at 320, while the burst still lasts; that at 820 comes in its own time.
    let expected = ahead.iter().map(|time| if *time == 720 { 320 } else { *time });
    assert_eq!(one, expected.collect::<Vec<_>>());
    // Of two that overlap the one that reaches farther counts; when it is over, the other goes on.
    let two = times(vec![burst(0, 300, 300, 100), burst(1, 350, 10, 400)]);
    let early = |time: u64| match time {
        320 => 300,
        420 => 320,
        520..=720 => 350,
        other => other,
    };
    let expected: Vec<u64> = undisturbed().into_iter().map(early).collect();
    assert_eq!(two, expected);
}

#[test]
fn a_quiet_time_holds_a_burst_back() {
    let both = times(vec![quiet(0, 300, 300), burst(1, 400, 400, 500)]);
    let taken = |time: u64| match time {
        300..=1_100 => 600,
        // Due ahead of their time while the burst lasts.
        1_101..=1_299 => time - 500,
        other => other,
    };
    let expected: Vec<u64> = undisturbed().into_iter().map(taken).collect();
    assert_eq!(both, expected);
}

#[test]
fn a_share_of_the_clients_is_drawn_by_their_numbers() {
    let cluster = steady().clients(20, |_context| async { Ok(Idle) });
    let half = Fault::QuietWindow { per_mille: 500 };
    let mut plan = cluster.plan(1);
    plan.faults = vec![planned(0, 100, Some(1_000), half)];
    let who = |plan: &crate::Plan<_>| -> BTreeSet<u32> {
        let ran = cluster.run(plan, None).unwrap();
        let early = ran.record.history.operations.iter().filter(|op| op.call_ns < 1_000_000_000);
        early.map(|operation| operation.process.0).collect()
    };
    let all: BTreeSet<u32> = plan.steps.iter().map(|step| step.client.into()).collect();
    let busy = who(&plan);
    assert!((3..all.len() - 3).contains(&busy.len()), "{busy:?} of {all:?}");
    // With fewer steps the same clients are quiet.
    plan.steps.retain(|step| step.client % 2 == 0);
    let even: BTreeSet<u32> = busy.into_iter().filter(|client| client % 2 == 0).collect();
    assert_eq!(who(&plan), even);
}

impl Client<Kv> for Idle {
    async fn invoke(&mut self, op: &KvOp) -> Outcome<CellRet> {
        match op.op {
            CellOp::Read => Outcome::Ok(CellRet::Value(None)),
            _ => Outcome::Ok(CellRet::Done),
        }
    }
}

/// Three keys, five clients, 300 writes in about 1.2 seconds.
fn keyed() -> Cluster<Kv, Cells> {
    let pace = Pace { ops: 300, gap_min_ms: 20, gap_max_ms: 20 };
    Cluster::new("test-keys", Kv, Cells::default().pace(pace).keys(3).weights(0, 1, 0))
        .nodes(1, idle)
        .clients(5, |_context| async { Ok(Idle) })
        .configure(|config| config.calm_ms = None)
}

/// How many operations on each key there were from one time to another.
fn on_keys(ran: &Ran<Kv>, span_ms: std::ops::Range<u64>) -> [usize; 3] {
    let operations = ran.record.history.operations.iter();
    let keys = operations
        .filter(|operation| span_ms.contains(&(operation.call_ns / 1_000_000)))
        .map(|operation| operation.op.key.to_string());
    let keys: Vec<String> = keys.collect();
    ["x", "y", "z"].map(|name| keys.iter().filter(|key| *key == name).count())
}

#[test]
fn a_hot_key_draws_its_share_of_the_steps_while_it_lasts() {
    let hot = |key, per_mille| Fault::HotKey { key, per_mille };
    let run = |faults: Vec<PlannedFault>| {
        let mut plan = keyed().plan(1);
        plan.faults = faults;
        keyed().run(&plan, None).unwrap()
    };
    let (calm, one) = (run(Vec::new()), run(vec![planned(0, 300, Some(300), hot(1, 1_000))]));
    assert!(on_keys(&calm, 300..600).iter().all(|count| *count > 10));
    let [x, y, z] = on_keys(&one, 300..600);
    assert!((x, z) == (0, 0) && y > 60, "{x} {y} {z}");
    for span in [0..300, 600..1_200] {
        assert_eq!(on_keys(&one, span.clone()), on_keys(&calm, span), "as without it");
    }
    // The second takes what the first leaves, and goes on when that is over.
    let faults =
        vec![planned(0, 300, Some(300), hot(1, 700)), planned(1, 400, Some(400), hot(2, 1_000))];
    let both = run(faults);
    let [x, y, z] = on_keys(&both, 300..400);
    assert!(x > 0 && y > x + z, "{x} {y} {z}");
    let [x, y, z] = on_keys(&both, 400..600);
    assert!(x == 0 && z > 5 && y > z, "{x} {y} {z}");
    let [x, y, z] = on_keys(&both, 600..800);
    assert!((x, y) == (0, 0) && z > 40, "{x} {y} {z}");
    let struck = &both.coverage.struck[&Family::HotKey];
    assert_eq!(struck.faults, 2);
    let writes = &both.coverage.phases["client:write"];
    assert!(writes.entered > 0, "{:?}", both.coverage);
}

#[test]
fn a_load_strikes_every_phase_that_is_open_and_is_in_the_log() {
    let busy = nodes(2, 1_000, |node: NodeCtx| async move {
        let _serve = node.phase("serve");
        pending().await
    });
    let ran = run_with(&busy, vec![burst(3, 300, 200, 50), quiet(4, 400, 300)]);
    let served = &ran.coverage.phases["serve"].struck;
    assert_eq!((served[&Family::Burst], served[&Family::QuietWindow]), (1, 1));
    let log =
        ran.record.faults.iter().map(|event| {
            (event.fault, event.begins, event.name.as_str(), event.time_ns / 1_000_000)
        });
    let log: Vec<_> = log.collect();
    let expected = [
        (3, true, "burst", 300),
        (4, true, "quiet-window", 400),
        (3, false, "burst", 500),
        (4, false, "quiet-window", 700),
    ];
    assert_eq!(log, expected);
    assert!(ran.coverage.calm < ran.coverage.operations, "what meets a load is not calm");
}

#[test]
fn loads_are_drawn_where_the_workload_can_have_them_and_leave_the_steps_alone() {
    let load = Nemesis::of(Family::LOAD).on_per_mille(1_000);
    let (plain, loaded) = (keyed().plan(3), keyed().faults(load.clone()).plan(3));
    assert_eq!(plain.steps, loaded.steps);
    let kinds: BTreeSet<&str> = loaded.faults.iter().map(|fault| fault.fault.name()).collect();
    assert_eq!(kinds, ["burst", "hot-key", "quiet-window"].into());
    // Old families keep their faults.
    let cuts = Nemesis::of(&[Family::Partition]).on_per_mille(1_000);
    let with = keyed().faults(cuts.clone().and(Family::LOAD)).plan(3);
    let alone = keyed().faults(cuts).plan(3);
    let cut = |plan: &crate::Plan<_>| -> Vec<PlannedFault> {
        plan.faults.iter().filter(|one| !one.fault.is_load()).cloned().collect()
    };
    assert_eq!(cut(&with), alone.faults);
    let single = steady().faults(load).plan(3);
    assert!(!single.config.families.contains(&Family::HotKey), "there is one key only");
}

#[test]
fn loads_that_cannot_be_are_refused() {
    let refused = |faults: Vec<PlannedFault>| {
        let mut plan = keyed().plan(1);
        plan.faults = faults;
        keyed().run(&plan, None).unwrap_err().to_string()
    };
    let key = planned(4, 1, None, Fault::HotKey { key: 3, per_mille: 5 });
    assert_eq!(
        refused(vec![key.clone()]),
        "bad plan: fault 4: key 3: expected a key of the workload, 0 to 2"
    );
    let ever = planned(5, 1, None, Fault::QuietWindow { per_mille: 5 });
    assert!(refused(vec![ever]).contains("fault 5: quiet-window without lasts_ms: expected"));
    let share = planned(6, 1, Some(9), Fault::Burst { per_mille: 1_001, ahead_ms: 1 });
    assert!(refused(vec![share]).contains("per_mille 1001: expected 0 to 1000"));
    let mut plan = steady().plan(1);
    plan.faults = vec![key];
    let refused = steady().run(&plan, None).unwrap_err().to_string();
    assert!(refused.contains("expected a system whose workload has several keys"), "{refused}");
}
