//! What faults do to streams.

use super::programs::{PORT, nodes, numbers, observed, planned, run_with};
use crate::fault::{between, one_way};
use crate::net::time::sleep;
use crate::net::{TcpListener, TcpStream};
use crate::workload::Cells;
use crate::{BoxError, Cluster, Fault, NodeCtx};
use std::time::Duration;
use testimony_history::{Fate, MessageKind};
use testimony_model::Register;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// n1 answers every byte; n2 sends the bytes 0 to 99, one every 10 ms, and observes the answers.
pub(super) fn echo(connect_at_ms: u64) -> Cluster<Register, Cells> {
    nodes(2, 4_000, move |node| async move {
        match node.id {
            0 => answer(node).await,
            _ => ask(node, connect_at_ms).await,
        }
    })
}

async fn answer(node: NodeCtx) -> Result<(), BoxError> {
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    loop {
        let (mut stream, _) = listener.accept().await?;
        let node = node.clone();
        crate::net::spawn_local(async move {
            let mut byte = [0];
            let end = loop {
                if let Err(error) = stream.read_exact(&mut byte).await {
                    break error;
                }
                if let Err(error) = stream.write_all(&byte).await {
                    break error;
                }
            };
            node.observe("served", end.kind().to_string());
        });
    }
}

async fn ask(node: NodeCtx, connect_at_ms: u64) -> Result<(), BoxError> {
    sleep(Duration::from_millis(connect_at_ms)).await;
    let stream = TcpStream::connect(("n1", PORT)).await?;
    node.observe("connected", crate::host::now_ms());
    let (mut reading, mut writing) = stream.into_split();
    let reader = crate::net::spawn_local(async move {
        let mut byte = [0];
        loop {
            match reading.read(&mut byte).await {
                Ok(0) => break node.observe("end", "closed"),
                Ok(_) => node.observe("echo", byte[0]),
                Err(error) => break node.observe("end", error.kind().to_string()),
            }
        }
    });
    for number in 0..100_u8 {
        sleep(Duration::from_millis(10)).await;
        if writing.write_all(&[number]).await.is_err() {
            break;
        }
    }
    reader.await?;
    Ok(())
}

#[test]
fn a_stream_survives_a_partition_and_delivers_everything_in_order() {
    let cut = Fault::Cut { pairs: between(&["n1"], &["n2"]) };
    let ran = run_with(&echo(20), vec![planned(0, 300, Some(900), cut)]);
    assert_eq!(numbers(&ran, "n2", "echo"), (0..100).collect::<Vec<u64>>());
    let echoes: Vec<u64> = ran
        .record
        .history
        .observations
        .iter()
        .filter(|told| told.name == "echo")
        .map(|told| told.time_ns / 1_000_000)
        .collect();
    assert!(!echoes.iter().any(|time| (330..1_200).contains(time)), "nothing passes meanwhile");
    assert!(echoes.iter().filter(|time| **time >= 1_200).count() > 60, "the rest comes after it");
    assert!(ran.record.messages.iter().all(|message| message.fate != Fate::Lost));
}

#[test]
fn a_stream_survives_a_cut_of_one_direction() {
    let cut = Fault::Cut { pairs: one_way(&["n1"], &["n2"]) };
    let ran = run_with(&echo(20), vec![planned(0, 300, Some(900), cut)]);
    assert_eq!(numbers(&ran, "n2", "echo"), (0..100).collect::<Vec<u64>>());
}

#[test]
fn lost_segments_are_sent_again() {
    let lose = Fault::Lose { pairs: between(&["n1"], &["n2"]), per_mille: 200 };
    let ran = run_with(&echo(20), vec![planned(0, 0, None, lose)]);
    assert_eq!(numbers(&ran, "n2", "echo"), (0..100).collect::<Vec<u64>>());
    let late = ran.record.messages.iter().filter(|message| {
        message.done_ns.is_some_and(|done_ns| done_ns - message.sent_ns > 150_000_000)
    });
    assert!(late.count() > 20);
}

#[test]
fn connecting_waits_for_the_heal_in_either_direction() {
    for pairs in [one_way(&["n1"], &["n2"]), one_way(&["n2"], &["n1"])] {
        let cut = Fault::Cut { pairs };
        let ran = run_with(&echo(400), vec![planned(0, 300, Some(600), cut)]);
        let connected = numbers(&ran, "n2", "connected");
        assert!((900..2_000).contains(&connected[0]), "{connected:?}");
    }
}

#[test]
fn a_crash_of_the_server_ends_its_streams() {
    let crash = Fault::Crash { node: "n1".to_owned() };
    let ran = run_with(&echo(20), vec![planned(0, 500, Some(300), crash)]);
    assert_eq!(observed(&ran, "n2", "end").len(), 1);
    let echoed = numbers(&ran, "n2", "echo").len();
    assert!((30..50).contains(&echoed), "{echoed} echoes before the crash");
}

#[test]
fn connecting_to_a_node_that_is_down_waits_until_it_is_up() {
    let crash = Fault::Crash { node: "n1".to_owned() };
    let ran = run_with(&echo(600), vec![planned(0, 500, Some(400), crash)]);
    let connected = numbers(&ran, "n2", "connected");
    assert!((900..2_000).contains(&connected[0]), "{connected:?}");
    assert_eq!(numbers(&ran, "n2", "echo").len(), 100);
}

#[test]
fn streams_are_the_same_in_every_run() {
    let cluster = echo(20).faults(crate::Nemesis::all());
    let mut segments = 0;
    for seed in 0..8 {
        let plan = cluster.plan(seed);
        let (a, b) = (cluster.run(&plan, None).unwrap(), cluster.run(&plan, None).unwrap());
        assert_eq!(crate::compare(&a, &b), None, "seed {seed}");
        segments +=
            a.record.messages.iter().filter(|message| message.kind == MessageKind::Data).count();
    }
    assert!(segments > 500, "{segments} segments are little to compare");
}
