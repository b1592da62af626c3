//! The library as a user has it: replication code of their own, checked from a `#[test]`.
//!
//! The README shows the parts between the marks; `readme.rs` holds it to that.

use std::io;
use std::time::Duration;
use testimony::history::Outcome;
use testimony::model::{CellOp, CellRet, Register};
use testimony::net::{UdpSocket, time::timeout};
use testimony::sim::workload::Cells;
use testimony::sim::{BoxError, Client, ClientCtx, Nemesis, NodeCtx};
use testimony::verdict::AnomalyKind;
use testimony::{Check, Expect};

// README: begin
/// A store with one primary, `n1`, which tells every write to its replicas.
async fn serve(node: NodeCtx) -> Result<(), BoxError> {
    let socket = UdpSocket::bind(("0.0.0.0", 7000)).await?;
    let disk = node.disk();
    let mut value = disk.read("value").await?.unwrap_or_default();
    let mut buffer = [0; 64];
    loop {
        let (length, from) = socket.recv_from(&mut buffer).await?;
        let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
        let mut words = request.split(' ');
        match (words.next(), words.next(), words.next()) {
            (Some("write"), Some(id), Some(new)) => {
                value = new.as_bytes().to_vec();
                disk.write("value", &value).await?;
                disk.sync().await?;
                for peer in &node.peers {
                    socket.send_to(format!("copy {id} {new}").as_bytes(), (&**peer, 7000)).await?;
                }
                socket.send_to(format!("{id} ").as_bytes(), from).await?;
            }
            (Some("copy"), _, Some(new)) => value = new.as_bytes().to_vec(),
            (Some("read"), Some(id), _) => {
                let value = String::from_utf8_lossy(&value);
                socket.send_to(format!("{id} {value}").as_bytes(), from).await?;
            }
            _ => {}
        }
    }
}

struct StoreClient {
    socket: UdpSocket,
    reads_from: String,
    requests: u32,
}

impl StoreClient {
    /// One datagram there, one back; `None` when no answer came in time.
    async fn ask(&mut self, node: &str, what: &str, value: &str) -> io::Result<Option<String>> {
        self.requests += 1;
        let id = self.requests.to_string();
        self.socket.send_to(format!("{what} {id} {value}").as_bytes(), (node, 7000)).await?;
        let answer = async {
            let mut buffer = [0; 64];
            loop {
                let (length, _) = self.socket.recv_from(&mut buffer).await?;
                let answer = String::from_utf8_lossy(&buffer[..length]).into_owned();
                // An answer to an earlier request may still come in: it is not ours.
                if let Some((to, value)) = answer.split_once(' ')
                    && to == id
                {
                    return Ok(value.to_owned());
                }
            }
        };
        timeout(Duration::from_millis(200), answer).await.ok().transpose()
    }
}

impl Client<Register> for StoreClient {
    async fn invoke(&mut self, op: &CellOp) -> Outcome<CellRet> {
        match op {
            CellOp::Write(value) => match self.ask("n1", "write", &value.to_string()).await {
                Ok(Some(_)) => Outcome::Ok(CellRet::Done),
                // The write may have happened, or may still happen: nobody knows.
                _ => Outcome::Info("no answer".to_owned()),
            },
            _ => match self.ask(&self.reads_from.clone(), "read", "").await {
                Ok(Some(value)) => Outcome::Ok(CellRet::Value(value.parse().ok().map(i64::into))),
                // A read that failed had no effect.
                _ => Outcome::Fail("no answer".to_owned()),
            },
        }
    }
}

async fn connect(reads_from: String) -> io::Result<StoreClient> {
    let socket = UdpSocket::bind(("0.0.0.0", 0)).await?;
    Ok(StoreClient { socket, reads_from, requests: 0 })
}

#[test]
fn reads_from_the_primary_are_linearizable() {
    Check::new("my-store", Register)
        .nodes(3, serve)
        .clients(5, |_client: ClientCtx| connect("n1".to_owned()))
        .workload(Cells::default())
        .faults(Nemesis::basic())
        .seeds(0..20)
        .run()
        .assert_valid();
}
// README: end

#[test]
fn reads_from_a_replica_are_stale() {
    let broken = Check::new("my-store-replicas", Register)
        .nodes(3, serve)
        .clients(5, |client: ClientCtx| connect(client.home))
        .workload(Cells::default())
        .faults(Nemesis::basic())
        .seeds(0..20);
    let any_of = &[AnomalyKind::StaleRead, AnomalyKind::NewOldInversion];
    let summary = broken.expect(Expect::Breaks { any_of }).run();
    summary.assert_valid();
    assert!(summary.caught.is_some(), "{summary:?}");
}

#[test]
fn a_campaign_without_seeds_is_no_success() {
    let nothing = Check::new("my-store-unseen", Register)
        .nodes(3, serve)
        .clients(5, |_client: ClientCtx| connect("n1".to_owned()))
        .workload(Cells::default())
        .seeds(0..0)
        .run();
    let failure = nothing.failure.expect("nothing was run");
    assert!(failure.report.contains("nothing was run"), "{failure}");
}
