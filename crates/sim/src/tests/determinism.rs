//! Same plan, same bytes: on other threads, in other processes; and a planted hazard that the
//! comparison must catch.

use super::programs::{PORT, nodes, register};
use crate::net::UdpSocket;
use crate::net::time::sleep;
use crate::{Nemesis, NodeCtx, Ran, compare};
use std::io::Write;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testimony_model::Register;

/// The seeds that are compared.
const SEEDS: std::ops::Range<u64> = 0..12;

/// Where a child process writes what it ran.
const CHILD_FILE: &str = "TESTIMONY_SIM_TEST_CHILD_FILE";

fn run(seed: u64) -> (Vec<u8>, Ran<Register>) {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let cluster = register().faults(
        Nemesis::of(&[
            crate::Family::Partition,
            crate::Family::OneWay,
            crate::Family::Crash,
            crate::Family::Loss,
            crate::Family::Delay,
        ])
        .skew_ms(30),
    );
    let lines = Lines::default();
    let ran = cluster.run(&cluster.plan(seed), Some(Box::new(lines.clone()))).unwrap();
    let bytes = lines.0.lock().unwrap().clone();
    (bytes, ran)
}

/// Everything of all runs as bytes: histories, faults, messages, coverage.
fn everything() -> Vec<u8> {
    let mut bytes = Vec::new();
    for seed in SEEDS {
        let (history, ran) = run(seed);
        bytes.extend(history);
        for message in &ran.record.messages {
            bytes.extend(serde_json::to_vec(message).unwrap());
            bytes.push(b'\n');
        }
        bytes.extend(serde_json::to_vec(&ran.record.faults).unwrap());
        bytes.extend(serde_json::to_vec(&ran.coverage).unwrap());
        bytes.extend(format!("{:?}\n", ran.record.findings).into_bytes());
    }
    bytes
}

#[test]
fn the_same_plan_gives_the_same_bytes_on_other_threads() {
    let here = everything();
    let others: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(everything)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(here.len() > 100_000, "{} bytes are little to compare", here.len());
    for other in others {
        assert_eq!(here.len(), other.len());
        assert!(here == other);
    }
    for seed in SEEDS {
        assert_eq!(compare(&run(seed).1, &run(seed).1), None);
    }
}

/// Run alone it only sees that the runs end well; started by the test below it also writes.
#[test]
fn child_process_writes_everything() {
    let bytes = everything();
    assert!(bytes.len() > 100_000);
    if let Some(file) = std::env::var_os(CHILD_FILE) {
        std::fs::write(file, bytes).unwrap();
    }
}

#[test]
fn the_same_plan_gives_the_same_bytes_in_other_processes() {
    let here = everything();
    for number in 0..2 {
        let name = format!("testimony-sim-child-{}-{number}", std::process::id());
        let file = std::env::temp_dir().join(name);
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::determinism::child_process_writes_everything"])
            .env(CHILD_FILE, &file)
            .output()
            .unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
        let there = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(here == there, "child {number} differs");
    }
}

/// Sends a message to itself through n2 for each key of a hash map, in the map's order.
#[expect(clippy::disallowed_types, reason = "the planted hazard: iteration order of a hash map")]
async fn in_order_of_a_hash_map(node: NodeCtx) -> Result<(), crate::BoxError> {
    use std::collections::HashMap;
    let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
    if node.id == 0 {
        let keys: HashMap<u32, ()> = (0..20).map(|key| (key, ())).collect();
        sleep(Duration::from_millis(10)).await;
        for key in keys.keys() {
            socket.send_to(format!("key {key}").as_bytes(), ("n2", PORT)).await?;
        }
    }
    std::future::pending().await
}

#[test]
fn a_planted_hash_map_is_caught_and_named() {
    let cluster = nodes(2, 300, in_order_of_a_hash_map);
    let plan = cluster.plan(1);
    let (a, b) = (cluster.run(&plan, None).unwrap(), cluster.run(&plan, None).unwrap());
    let difference = compare(&a, &b).expect("two runs send in two orders");
    assert_eq!(difference.stream, "messages");
    assert_ne!(difference.first, difference.second);
    let shown = difference.to_string();
    assert!(shown.contains("messages differ at") && shown.contains("key "), "{shown}");
}

/// Tells the real time of day in a message.
async fn wall_clock(node: NodeCtx) -> Result<(), crate::BoxError> {
    let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
    if node.id == 0 {
        #[expect(clippy::disallowed_methods, reason = "the planted hazard: the wall clock")]
        let now = std::time::SystemTime::now();
        sleep(Duration::from_millis(10)).await;
        socket.send_to(format!("{now:?}").as_bytes(), ("n2", PORT)).await?;
    }
    std::future::pending().await
}

#[test]
fn a_planted_wall_clock_is_caught() {
    let cluster = nodes(2, 300, wall_clock);
    let plan = cluster.plan(1);
    let (a, b) = (cluster.run(&plan, None).unwrap(), cluster.run(&plan, None).unwrap());
    assert_eq!(compare(&a, &b).map(|difference| difference.stream), Some("messages"));
}
