//! Every hazard of the code under test that the rules forbid, planted: each is cured at its level of
//! the determinism ladder, and found by the doctor below it.
//!
//! What this build cures follows from how it is built: run these tests plainly, with the feature
//! `interpose`, and with `RUSTFLAGS="--cfg tokio_unstable"`.

use super::programs::{PORT, nodes, register};
use crate::ladder::IS_INTERPOSED;
use crate::net::UdpSocket;
use crate::net::time::sleep;
use crate::workload::Cells;
use crate::{BoxError, Cluster, Determinism, Divergence, NodeCtx, RunError};
use std::future::{pending, ready};
use std::process::Command;
use std::time::Duration;
use testimony_model::Register;

/// What a hazard makes of chance.
type Chance = fn() -> String;

/// The keys of hash maps are drawn once for a thread, by whoever makes the first map: the audit
/// sees them only where that is the code under test.
const UNSEEN: &str = "nothing";

/// A node that tells another one what chance has brought.
fn tells(chance: Chance) -> Cluster<Register, Cells> {
    tells_later(move || ready(chance()))
}

/// The same where chance takes a future.
fn tells_later<F: Future<Output = String> + 'static>(
    chance: impl Fn() -> F + Copy + Send + Sync + 'static,
) -> Cluster<Register, Cells> {
    nodes(2, 300, move |node: NodeCtx| async move {
        let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
        if node.id == 0 {
            sleep(Duration::from_millis(10)).await;
            socket.send_to(chance().await.as_bytes(), ("n2", PORT)).await?;
        }
        pending::<Result<(), BoxError>>().await
    })
}

fn diagnosed(cluster: &Cluster<Register, Cells>) -> Option<Divergence> {
    cluster.diagnose(&cluster.plan(1)).expect("it runs")
}

/// The chance is the same in all runs of this process, and the audit names its place.
fn cured(chance: Chance, drawn: &str) {
    let cluster = tells(chance);
    assert_eq!(diagnosed(&cluster), None);
    if drawn == UNSEEN {
        return;
    }
    let seen = cluster.fingerprint(&cluster.plan(1)).expect("it runs").drawn;
    let of = seen.iter().filter(|seen| seen.what == drawn);
    let of: Vec<_> = of.filter(|seen| seen.host == "n1").collect();
    assert!(of.iter().any(|seen| seen.place.contains("tests/hazards.rs:")), "{seen:?}");
}

/// The runs differ, and the doctor shows the message in which they do.
fn found(cluster: &Cluster<Register, Cells>) -> Divergence {
    let divergence = diagnosed(cluster).expect("two runs that differ");
    let first = divergence.first.as_ref().expect("an event");
    assert_eq!((first.host.as_str(), first.at_ms), ("n1", 10), "{divergence}");
    assert!(first.what.starts_with("turmoil Send"), "{divergence}");
    assert_eq!(divergence.differs_in(), "event", "{divergence}");
    divergence
}

/// Cured where entropy and clocks follow from the seed, else found.
fn cured_by_interposition(chance: Chance, drawn: &str) {
    match IS_INTERPOSED {
        true => cured(chance, drawn),
        false => {
            assert!(found(&tells(chance)).drawn.is_empty(), "nothing is seen without the feature")
        }
    }
}

#[expect(clippy::disallowed_types, reason = "the planted hazard")]
fn order_of_a_map() -> String {
    use std::collections::HashMap;
    let keys: HashMap<u32, ()> = (0..40).map(|key| (key, ())).collect();
    format!("{:?}", keys.keys().collect::<Vec<_>>())
}

fn random_number() -> String {
    rand::random::<u64>().to_string()
}

fn unique_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

#[expect(clippy::disallowed_methods, reason = "the planted hazard")]
fn stopwatch() -> String {
    format!("{:?}", std::time::Instant::now())
}

#[expect(clippy::disallowed_methods, reason = "the planted hazard")]
fn time_of_day() -> String {
    format!("{:?}", std::time::SystemTime::now())
}

/// The real time that a thread of its own takes.
fn thread() -> String {
    std::thread::scope(|scope| {
        let thread = scope.spawn(stopwatch);
        thread.join().unwrap_or_default()
    })
}

#[test]
fn the_order_of_a_hash_map() {
    cured_by_interposition(order_of_a_map, UNSEEN);
}

#[test]
fn random_numbers() {
    cured_by_interposition(random_number, "entropy");
}

#[test]
fn unique_ids() {
    cured_by_interposition(unique_id, "entropy");
}

#[test]
fn the_monotonic_clock() {
    cured_by_interposition(stopwatch, "the monotonic clock");
}

#[test]
fn the_wall_clock() {
    cured_by_interposition(time_of_day, "the wall clock");
}

#[test]
fn threads_are_found() {
    found(&tells(thread));
}

/// Sixty-four choices between two branches that are both ready.
async fn choices() -> String {
    let mut chosen = String::new();
    for _ in 0..64 {
        chosen.push(tokio::select! {
            () = ready(()) => '0',
            () = ready(()) => '1',
        });
    }
    chosen
}

/// The same with the macro of `futures`, whose generator belongs to the thread and takes its seed from
/// the keys of a hash map and from a counter of the whole process.
async fn choices_of_futures() -> String {
    let mut chosen = String::new();
    for _ in 0..64 {
        let (mut one, mut other) = (futures::future::ready(()), futures::future::ready(()));
        chosen.push(futures::select! {
            () = one => '0',
            () = other => '1',
        });
    }
    chosen
}

/// The number of a task: they are counted in the whole process.
async fn number_of_a_task() -> String {
    crate::net::spawn(async {}).id().to_string()
}

#[test]
#[expect(unexpected_cfgs, reason = "a flag of the whole build, not of this package")]
fn choices_of_the_runtime() {
    match cfg!(tokio_unstable) {
        true => assert_eq!(diagnosed(&tells_later(choices)), None),
        false => drop(found(&tells_later(choices))),
    }
}

#[test]
fn choices_of_futures_are_found() {
    let divergence = found(&tells_later(choices_of_futures));
    let seeds = divergence.drawn.iter().filter(|drawn| drawn.what == "entropy");
    // The keys of the thread's hash maps may have been drawn before, by whoever made the first map.
    assert!(IS_INTERPOSED || seeds.count() == 0, "nothing is seen without the feature");
}

#[test]
fn numbers_of_tasks_are_found() {
    found(&tells_later(number_of_a_task));
}

/// Where a child process writes what its one run did.
const CHILD_FILE: &str = "TESTIMONY_SIM_HAZARD_FILE";

/// Run alone it only sees that the runs end well; started by the test below it also writes.
#[test]
fn child_process_runs_once() {
    let print = |cluster: Cluster<Register, Cells>| {
        let print = cluster.fingerprint(&cluster.plan(1)).expect("it runs");
        (print.events, print.hash)
    };
    let Some(file) = std::env::var_os(CHILD_FILE) else {
        assert!(print(register()).0 > 100);
        return;
    };
    crate::declare_isolated();
    if IS_INTERPOSED {
        assert_eq!(Determinism::of_this_process(), Determinism::Isolated);
    }
    let prints = [
        print(tells_later(choices)),
        print(tells_later(choices_of_futures)),
        print(tells_later(number_of_a_task)),
        print(tells(order_of_a_map)),
    ];
    std::fs::write(file, format!("{prints:?}")).expect("a file");
}

/// Goal: what is counted in the whole process is cured by a process for each run, where entropy
/// follows from the seed; without that even a fresh process draws anew.
#[test]
fn a_process_for_each_run_cures_counters() {
    let child = |number: u32| {
        let name = format!("testimony-sim-hazard-{}-{number}", std::process::id());
        let file = std::env::temp_dir().join(name);
        let child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "tests::hazards::child_process_runs_once"])
            .env(CHILD_FILE, &file)
            .output()
            .expect("a child");
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
        let text = std::fs::read_to_string(&file).expect("what the child wrote");
        std::fs::remove_file(&file).expect("its file");
        text
    };
    assert_eq!(child(0) == child(1), IS_INTERPOSED);
}

#[test]
fn runs_without_hazards_are_the_same_and_draw_nothing() {
    let cluster = register();
    let plan = cluster.plan(3);
    assert_eq!(cluster.diagnose(&plan).expect("it runs"), None);
    let one = cluster.fingerprint(&plan).expect("it runs");
    let other = std::thread::scope(|scope| {
        scope.spawn(|| cluster.fingerprint(&plan)).join().expect("a result").expect("it runs")
    });
    assert!(one.is_same(&other) && one.drawn.is_empty(), "{:?}", one.drawn);
    let mut later = plan.clone();
    later.steps[7].not_before_ms += 1;
    assert!(!one.is_same(&cluster.fingerprint(&later).expect("it runs")));
}

#[test]
fn a_level_that_is_not_there_is_refused_with_the_way_to_it() {
    let has = Determinism::of_this_process();
    let cluster = register().require(has);
    assert!(cluster.run(&cluster.plan(1), None).is_ok());
    let cluster = register().require(Determinism::Isolated);
    let refused = cluster.run(&cluster.plan(1), None).map(|_| ());
    let Err(error @ RunError::LowLevel { .. }) = refused else { panic!("{refused:?}") };
    let words = error.to_string();
    assert!(words.contains("`isolated`") && words.contains("--isolate"), "{words}");
    let ran = register().run(&register().plan(1), None).expect("it runs");
    let level = ran.record.header.determinism.expect("a level");
    assert!(level.starts_with(has.name()), "{level}");
}
