//! All families at once: whatever overlaps, the same plan gives the same run, and nothing panics.

use super::run_and_read_again;
use crate::fault::kinds::KINDS;
use crate::net::time::{sleep, timeout};
use crate::net::{TcpListener, TcpStream, UdpSocket, spawn_local};
use crate::tests::programs::{PORT, nodes};
use crate::workload::Cells;
use crate::{BoxError, Cluster, Family, Nemesis, NodeCtx};
use std::collections::BTreeSet;
use std::time::Duration;
use testimony_model::Register;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Nodes that do a little of everything and mind no error.
async fn busy(node: NodeCtx) -> Result<(), BoxError> {
    spawn_local(serve());
    spawn_local(datagrams(node.clone()));
    for number in 0_u64.. {
        sleep(Duration::from_millis(20)).await;
        node.lead(number % 50 < 30 && number / 50 % 3 == u64::from(node.id));
        let disk = node.disk();
        let stored = disk.append("log", &number.to_le_bytes()).await.is_ok();
        let synced = disk.sync().await.is_ok();
        node.observe("disk", (stored, synced, node.clock().now_ns()));
        node.point("stored").await;
        let peer = &node.peers[usize::try_from(number)? % node.peers.len()];
        let asked = timeout(Duration::from_millis(200), ask(peer, number)).await;
        node.observe("asked", asked.map_or(0, |answer| answer.unwrap_or(1)));
        if node.is_stopping() {
            return Ok(());
        }
    }
    Ok(())
}

async fn serve() -> Result<(), BoxError> {
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    loop {
        let (mut stream, _) = listener.accept().await?;
        spawn_local(async move {
            let mut bytes = [0; 16];
            while stream.read_exact(&mut bytes).await.is_ok() {
                if stream.write_all(&bytes).await.is_err() {
                    break;
                }
            }
        });
    }
}

async fn ask(peer: &str, number: u64) -> std::io::Result<u64> {
    let mut stream = TcpStream::connect((peer, PORT)).await?;
    for half in [number, !number] {
        stream.write_all(&half.to_le_bytes()).await?;
    }
    let mut bytes = [0; 16];
    stream.read_exact(&mut bytes).await?;
    Ok(2)
}

async fn datagrams(node: NodeCtx) -> Result<(), BoxError> {
    let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
    let mut buffer = [0; 100];
    for number in 0_u64.. {
        for peer in &node.peers {
            socket
                .send_to(format!("{number} of {}", node.name).as_bytes(), (peer.as_str(), PORT))
                .await?;
        }
        while let Ok(got) = timeout(Duration::from_millis(7), socket.recv_from(&mut buffer)).await {
            let (length, _) = got?;
            node.observe("got", &buffer[..length]);
        }
    }
    Ok(())
}

fn everything() -> Cluster<Register, Cells> {
    let nemesis = Nemesis::of(Family::ALL).on_per_mille(350).at_points(&["stored"]);
    nodes(5, 3_000, busy).faults(nemesis.beyond_minority()).membership(|_change| async {
        sleep(Duration::from_millis(100)).await;
        Ok(())
    })
}

#[test]
fn all_kinds_of_fault_together_give_the_same_run_every_time() {
    let cluster = everything();
    let mut kinds = BTreeSet::new();
    let (mut seed, mut messages) = (0, 0);
    // These nodes have one key: it cannot be hotter than it is.
    while kinds.len() < KINDS.len() - 1 || seed < 12 {
        let (_, one) = run_and_read_again(&cluster, seed);
        kinds.extend(one.record.faults.iter().map(|event| event.name.clone()));
        messages += one.record.messages.len();
        let begun: BTreeSet<u32> = one.record.faults.iter().map(|event| event.fault).collect();
        let events = one.record.faults.len();
        assert_eq!(events, 2 * begun.len(), "seed {seed}: what begins ends, once");
        seed += 1;
        assert!(seed < 60, "only {kinds:?} struck");
    }
    assert!(messages > 10_000, "{messages}");
}
