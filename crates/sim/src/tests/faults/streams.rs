//! Streams: reset, half open, refused, hanging, given up, cut into other pieces.

use super::{of_fate, timed};
use crate::fault::{between, one_way};
use crate::net::time::{Instant, sleep};
use crate::net::{TcpListener, TcpStream};
use crate::tests::programs::{PORT, nodes, numbers, observed, planned, run_with};
use crate::tests::streams::echo;
use crate::workload::Cells;
use crate::{BoxError, Cluster, Fault, NodeCtx, Pair};
use std::time::Duration;
use testimony_history::Fate;
use testimony_model::Register;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn both() -> Vec<Pair> {
    between(&["n1"], &["n2"])
}

const RESET: &str = "\"connection reset\"";

#[test]
fn a_reset_is_seen_at_both_ends_at_once() {
    let reset = Fault::Reset { pairs: both() };
    let ran = run_with(&echo(20), vec![planned(0, 500, Some(1), reset)]);
    let ends = [timed(&ran, "n2", "end"), timed(&ran, "n1", "served")];
    for end in &ends {
        assert_eq!(end.len(), 1, "{end:?}");
        assert_eq!(end[0].1, RESET);
        assert!((500..=501).contains(&end[0].0), "{end:?}");
    }
    assert!((40..50).contains(&observed(&ran, "n2", "echo").len()));
}

/// n1 accepts and holds streams; n2 connects every 100 ms, says hello, waits for what comes and
/// observes how each connection ended and how long that took.
fn connecting(for_ms: u32) -> Cluster<Register, Cells> {
    nodes(2, for_ms, |node| async move {
        match node.id {
            0 => hold().await,
            _ => connect(node).await,
        }
    })
}

async fn hold() -> Result<(), BoxError> {
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    loop {
        let (mut stream, _) = listener.accept().await?;
        crate::net::spawn_local(async move {
            let mut byte = [0];
            while matches!(stream.read(&mut byte).await, Ok(count) if count > 0) {
                if stream.write_all(&byte).await.is_err() {
                    break;
                }
            }
        });
    }
}

async fn connect(node: NodeCtx) -> Result<(), BoxError> {
    for number in 0_u64.. {
        sleep(Duration::from_millis(100)).await;
        let begun = Instant::now();
        let outcome =
            try_once().await.map_or_else(|error| error.kind().to_string(), |()| "ok".into());
        let took = u64::try_from(begun.elapsed().as_millis())?;
        node.observe("connection", (number, outcome, took));
    }
    Ok(())
}

async fn try_once() -> std::io::Result<()> {
    let mut stream = TcpStream::connect(("n1", PORT)).await?;
    stream.write_all(b"x").await?;
    stream.read_exact(&mut [0]).await?;
    Ok(())
}

/// The connections by the time at which they ended: what came of each, and how long it took.
fn connections(ran: &crate::Ran<Register>) -> Vec<(u64, String, u64)> {
    let told = timed(ran, "n2", "connection").into_iter();
    told.map(|(time, text)| {
        let (_, outcome, took): (u64, String, u64) = serde_json::from_str(&text).unwrap();
        (time, outcome, took)
    })
    .collect()
}

#[test]
fn connections_are_refused_while_the_fault_lasts() {
    let refuse = Fault::Refuse { pairs: one_way(&["n2"], &["n1"]) };
    let ran = run_with(&connecting(2_000), vec![planned(0, 500, Some(500), refuse)]);
    let connections = connections(&ran);
    let refused: Vec<_> =
        connections.iter().filter(|(_, outcome, _)| outcome == "connection refused").collect();
    assert!((3..6).contains(&refused.len()), "{connections:?}");
    assert!(refused.iter().all(|(time, _, took)| (500..=1_010).contains(time) && *took <= 12));
    assert!(connections.iter().any(|(time, outcome, _)| *time > 1_010 && outcome == "ok"));
}

#[test]
fn connections_hang_until_the_fault_ends_and_streams_go_on() {
    let hang = || Fault::Hang { pairs: one_way(&["n2"], &["n1"]) };
    let faults = vec![planned(0, 500, Some(700), hang()), planned(1, 600, Some(100), hang())];
    let ran = run_with(&connecting(3_000), faults.clone());
    let connections = connections(&ran);
    let hanging: Vec<_> = connections.iter().filter(|(_, _, took)| *took > 100).collect();
    assert_eq!(hanging.len(), 1, "{connections:?}");
    assert!(hanging[0].0 >= 1_200 && hanging[0].1 == "ok", "{hanging:?}");
    let streams = run_with(&echo(20), faults);
    assert_eq!(numbers(&streams, "n2", "echo"), (0..100).collect::<Vec<u64>>());
}

#[test]
fn connecting_into_a_partition_times_out() {
    let cluster = connecting(4_000).configure(|config| config.stream_max_ms = 1_000);
    let cut = Fault::Cut { pairs: both() };
    let ran = run_with(&cluster, vec![planned(0, 500, Some(2_500), cut)]);
    let connections = connections(&ran);
    let timeouts: Vec<_> =
        connections.iter().filter(|(_, outcome, _)| outcome == "timed out").collect();
    assert!(timeouts.len() == 2, "{connections:?}");
    assert!(timeouts.iter().all(|(_, _, took)| *took == 1_000), "{timeouts:?}");
}

#[test]
fn a_stream_that_does_not_get_through_is_reset_at_both_ends() {
    let cluster = echo(20).configure(|config| config.stream_max_ms = 1_000);
    let cut = Fault::Cut { pairs: both() };
    let ran = run_with(&cluster, vec![planned(0, 300, Some(3_000), cut)]);
    for end in [timed(&ran, "n2", "end"), timed(&ran, "n1", "served")] {
        assert_eq!(end.len(), 1);
        assert_eq!(end[0].1, RESET);
        assert!((1_300..2_200).contains(&end[0].0), "{end:?}");
    }
    assert!(!of_fate(&ran, Fate::Lost).is_empty(), "what was under way is lost");
    // A shorter one is survived by the same stream.
    let cut = Fault::Cut { pairs: both() };
    let ran = run_with(&cluster, vec![planned(0, 300, Some(600), cut)]);
    assert_eq!(numbers(&ran, "n2", "echo"), (0..100).collect::<Vec<u64>>());
}

#[test]
fn a_half_open_stream_is_known_to_one_end_only() {
    let half = Fault::HalfOpen { pairs: one_way(&["n2"], &["n1"]) };
    let ran = run_with(&echo(20), vec![planned(0, 500, Some(300), half)]);
    let (forgot, kept) = (timed(&ran, "n1", "served"), timed(&ran, "n2", "end"));
    assert!((500..=501).contains(&forgot[0].0), "{forgot:?}");
    assert_eq!(kept[0].1, RESET);
    assert!((800..1_700).contains(&kept[0].0), "it learns when the fault is over: {kept:?}");
    assert!(observed(&ran, "n2", "echo").len() < 50);
}

#[test]
fn a_reset_ends_a_half_open_stream_that_overlaps() {
    let half = Fault::HalfOpen { pairs: one_way(&["n2"], &["n1"]) };
    let reset = Fault::Reset { pairs: both() };
    let faults = vec![planned(0, 300, Some(3_000), half), planned(1, 600, Some(50), reset)];
    let ran = run_with(&echo(20), faults);
    assert!((300..=301).contains(&timed(&ran, "n1", "served")[0].0));
    assert!((600..=601).contains(&timed(&ran, "n2", "end")[0].0));
}

#[test]
fn refusing_and_resetting_compose_on_new_streams() {
    let refuse = Fault::Refuse { pairs: one_way(&["n2"], &["n1"]) };
    let reset = Fault::Reset { pairs: both() };
    let faults = vec![planned(0, 400, Some(400), refuse), planned(1, 600, Some(600), reset)];
    let ran = run_with(&connecting(2_000), faults);
    let outcome = |range: std::ops::Range<u64>| -> Vec<String> {
        let connections = connections(&ran).into_iter();
        connections.filter(|(time, _, _)| range.contains(time)).map(|(_, what, _)| what).collect()
    };
    assert!(outcome(420..800).iter().all(|what| what == "connection refused"));
    assert!(!outcome(830..1_200).is_empty());
    assert!(outcome(830..1_200).iter().all(|what| what == "connection reset"));
    assert!(outcome(1_330..2_000).iter().all(|what| what == "ok"));
}

const WORDS: &[u8] = b"abcdefghij";

/// n1 writes ten bytes every 50 ms, in two pieces; n2 reads and observes each piece.
fn pieces() -> Cluster<Register, Cells> {
    nodes(2, 2_000, |node| async move {
        if node.id == 0 {
            let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
            let (mut stream, _) = listener.accept().await?;
            loop {
                stream.write_all(&WORDS[..5]).await?;
                stream.write_all(&WORDS[5..]).await?;
                sleep(Duration::from_millis(50)).await;
            }
        }
        sleep(Duration::from_millis(20)).await;
        let mut stream = TcpStream::connect(("n1", PORT)).await?;
        let mut buffer = [0; 100];
        loop {
            let length = stream.read(&mut buffer).await?;
            node.observe("piece", String::from_utf8_lossy(&buffer[..length]));
        }
    })
}

fn read(ran: &crate::Ran<Register>) -> Vec<(u64, String)> {
    let told = timed(ran, "n2", "piece").into_iter();
    told.map(|(time, text)| (time, serde_json::from_str(&text).unwrap())).collect()
}

#[test]
fn reads_get_other_pieces_than_were_written() {
    let resegment = |max_bytes| Fault::Resegment { pairs: one_way(&["n1"], &["n2"]), max_bytes };
    let jam = Fault::Jam { pairs: one_way(&["n1"], &["n2"]) };
    let faults = vec![
        planned(0, 500, Some(500), resegment(8)),
        planned(1, 600, Some(100), resegment(3)),
        planned(2, 800, Some(150), jam),
    ];
    let ran = run_with(&pieces(), faults);
    let read = read(&ran);
    let all: String = read.iter().map(|(_, piece)| piece.as_str()).collect();
    let expected = String::from_utf8(WORDS.repeat(all.len() / 10 + 1)).unwrap();
    assert!(expected.starts_with(&all), "nothing is lost, doubled or out of order");
    let lengths = |range: std::ops::Range<u64>| -> Vec<usize> {
        read.iter().filter(|(time, _)| range.contains(time)).map(|(_, piece)| piece.len()).collect()
    };
    assert!(lengths(0..500).iter().all(|length| *length == 5));
    assert!(lengths(515..600).iter().all(|length| *length <= 8));
    assert!(lengths(615..700).iter().all(|length| *length <= 3), "the smaller of two counts");
    assert!(lengths(1_010..2_000).iter().all(|length| *length == 5), "it has ended");
    // After the jam what had piled up is one sequence: some read runs over a border.
    let merged = read.iter().any(|(_, piece)| piece.contains("ef") || piece.contains("ja"));
    assert!(merged, "{read:?}");
}
