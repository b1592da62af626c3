//! The library as a user has it: replication code of their own, checked from a `#[test]`.
//!
//! The README shows the parts between the marks; `readme.rs` holds it to that.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{fs, io};
use testimony::history::Outcome;
use testimony::model::{CellOp, CellRet, Register};
use testimony::net::{
    UdpSocket,
    time::{sleep, timeout},
};
use testimony::sim::workload::Cells;
use testimony::sim::{BoxError, Client, ClientCtx, Nemesis, NodeCtx};
use testimony::verdict::AnomalyKind;
use testimony::{Campaign, Check, Expect, Minimal};

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

/// The store whose clients ask a replica, under the name that its recorded plans have.
fn asks_a_replica() -> Campaign<Register, Cells> {
    mended_or_not(|client| client.home)
}

fn mended_or_not(reads_from: fn(ClientCtx) -> String) -> Campaign<Register, Cells> {
    Check::new("my-store", Register)
        .nodes(3, serve)
        .clients(5, move |client: ClientCtx| connect(reads_from(client)))
        .workload(Cells::default())
        .faults(Nemesis::basic())
        .seeds(0..20)
}

/// The test that a failing campaign left behind, pasted beside the store that was mended since.
mod pasted {
    use super::{Campaign, Cells, Register, mended_or_not};

    fn check() -> Campaign<Register, Cells> {
        mended_or_not(|_client| "n1".to_owned())
    }

    include!("golden/minimal_test.txt");
}

/// A failing campaign leaves its smallest plan, which fails again, and a test made of it, which is
/// the one above.
#[test]
fn a_failing_campaign_leaves_a_test_to_paste() {
    let failure = asks_a_replica().run().failure.expect("a replica is late");
    let folder = failure.folder.expect("the run is kept");
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect(name);
    snapbox::assert_data_eq!(
        read(Minimal::TEST_FILE),
        snapbox::file!["golden/minimal_test.txt": Text].raw()
    );
    let messages = testimony::journal::read_messages(&read("messages.jsonl"));
    assert!(messages.is_ok_and(|messages| messages.len() > 100), "the journal is left, too");
    let again = asks_a_replica().replay(&read(Minimal::MINIMAL_FILE)).failure;
    let report = again.expect("the smallest plan fails").report;
    assert!(report.contains("[stale-read]"), "{report}");
}

use testimony::history::Decoded;

/// What the store says of its messages: `write ID VALUE`, `copy ID VALUE`, `read ID `, `ID VALUE`.
fn decode(_message: &testimony::history::Message, payload: &[u8]) -> Option<Decoded> {
    let text = std::str::from_utf8(payload).ok()?;
    let (_, value) = text.rsplit_once(' ')?;
    let decoded = Decoded::new(text);
    Some(if value.is_empty() { decoded } else { decoded.value(value) })
}

/// Goal: a user learns from the messages why a replica was late. Method: the reads that the anomalies
/// of twenty runs blame: most often a copy was on its way or lost. (Else an older copy came after it,
/// and took its place.)
#[test]
fn a_late_replica_is_explained_from_its_messages() {
    let store = asks_a_replica().decode(decode);
    let (mut explained, mut on_the_way) = (0, 0);
    for seed in 0..20 {
        let (ran, judgement) = store.run_plan(&store.plan(seed)).expect("a run");
        for anomaly in judgement.anomalies() {
            let whys = anomaly.core.required.iter().map(|op| store.why(&ran, *op).expect("why"));
            for why in whys.filter(|why| !why.missed.is_empty()) {
                let missed = &why.missed[0];
                assert!(missed.by_value, "{why:#?}");
                explained += 1;
                on_the_way += usize::from(!missed.stopped.is_empty() && missed.told.is_empty());
            }
        }
    }
    assert!(on_the_way >= 5 && 2 * on_the_way > explained, "{on_the_way} of {explained}");
}

#[test]
fn a_plan_that_cannot_be_replayed_is_a_failure() {
    for (plan, what) in [("{", "line 1"), (r#"{"version":99}"#, "99")] {
        let failure = asks_a_replica().replay(plan).failure.expect("no plan");
        assert!(failure.report.contains(what), "{what}: {failure}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let twice = asks_a_replica().verify_determinism();
    twice.assert_valid();
    assert_eq!(twice.runs, 20);
}

/// Numbers that go on from one run to the next are told, with the first message that differs.
#[test]
fn a_counter_of_the_whole_process_is_found() {
    async fn counts(node: NodeCtx) -> Result<(), BoxError> {
        static COUNTED: AtomicU32 = AtomicU32::new(0);
        let socket = UdpSocket::bind(("0.0.0.0", 7000)).await?;
        sleep(Duration::from_millis(25)).await;
        let number = COUNTED.fetch_add(1, Ordering::Relaxed).to_string();
        for peer in &node.peers {
            socket.send_to(number.as_bytes(), (&**peer, 7000)).await?;
        }
        serve_on(socket).await
    }

    async fn serve_on(socket: UdpSocket) -> Result<(), BoxError> {
        let mut buffer = [0; 64];
        loop {
            socket.recv_from(&mut buffer).await?;
        }
    }

    let twice = Check::new("my-counter", Register)
        .nodes(3, counts)
        .clients(1, |_client: ClientCtx| connect("n1".to_owned()))
        .workload(Cells::default())
        .seeds(4..6)
        .verify_determinism();
    let failure = twice.failure.expect("the second run counts on");
    assert_eq!(failure.seed, Some(4), "{failure}");
    for told in ["not deterministic", "n1", "25 ms"] {
        assert!(failure.report.contains(told), "{told}: {failure}");
    }
}
