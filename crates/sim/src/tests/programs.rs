//! Small systems for tests: a register on one node, and nodes that are watched from inside.

use crate::net::{UdpSocket, time::timeout};
use crate::workload::{Cells, Pace};
use crate::{BoxError, Client, ClientCtx, Cluster, Fault, NodeCtx, PlannedFault, Ran, When};
use std::future::Future;
use std::io;
use std::time::Duration;
use testimony_history::Outcome;
use testimony_model::{CellOp, CellRet, Register, Value};

pub(crate) const PORT: u16 = 7000;

/// One node, three clients, reads and writes over datagrams.
pub(crate) fn register() -> Cluster<Register, Cells> {
    Cluster::new("test-register", Register, Cells::default().ops(30))
        .nodes(1, serve)
        .clients(3, connect)
}

/// Answers `read ID` and `write ID VALUE`.
pub(crate) async fn serve(_node: NodeCtx) -> Result<(), BoxError> {
    let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
    let mut value: Option<i64> = None;
    let mut buffer = [0; 100];
    loop {
        let (length, from) = socket.recv_from(&mut buffer).await?;
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        let words: Vec<&str> = text.split(' ').collect();
        if let ["write", _, new] = words[..] {
            value = Some(new.parse()?);
        }
        let shown = value.map_or("none".to_owned(), |value| value.to_string());
        socket.send_to(format!("{} {shown}", words[1]).as_bytes(), from).await?;
    }
}

pub(crate) struct Udp {
    socket: UdpSocket,
    context: ClientCtx,
    count: u64,
}

pub(crate) async fn connect(context: ClientCtx) -> io::Result<Udp> {
    let socket = UdpSocket::bind(("0.0.0.0", 0)).await?;
    Ok(Udp { socket, context, count: 0 })
}

impl Udp {
    async fn ask(&mut self, text: &str) -> io::Result<String> {
        self.socket.send_to(text.as_bytes(), ("n1", PORT)).await?;
        let mut buffer = [0; 100];
        let (length, _) = self.socket.recv_from(&mut buffer).await?;
        Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }
}

impl Client<Register> for Udp {
    async fn invoke(&mut self, op: &CellOp) -> Outcome<CellRet> {
        self.count += 1;
        let id = format!("{}.{}", self.context.process.0, self.count);
        let text = match op {
            CellOp::Write(value) => format!("write {id} {value}"),
            _ => format!("read {id}"),
        };
        match timeout(Duration::from_millis(200), self.ask(&text)).await {
            Ok(Ok(answer)) => match (op, answer.rsplit_once(' ')) {
                (CellOp::Read, Some((_, "none"))) => Outcome::Ok(CellRet::Value(None)),
                (CellOp::Read, Some((_, value))) => match value.parse() {
                    Ok(value) => Outcome::Ok(CellRet::Value(Some(Value::Int(value)))),
                    Err(error) => Outcome::Fail(format!("{error}")),
                },
                // Its bytes were corrupted.
                (CellOp::Read, None) => Outcome::Fail(format!("answered {answer:?}")),
                _ => Outcome::Ok(CellRet::Done),
            },
            Ok(Err(error)) => Outcome::Fail(error.to_string()),
            Err(_) if matches!(op, CellOp::Read) => Outcome::Fail("timeout".to_owned()),
            Err(_) => Outcome::Info("timeout".to_owned()),
        }
    }
}

/// A client that answers without asking anyone.
pub(crate) struct Idle;

impl Client<Register> for Idle {
    async fn invoke(&mut self, op: &CellOp) -> Outcome<CellRet> {
        match op {
            CellOp::Read => Outcome::Ok(CellRet::Value(None)),
            _ => Outcome::Ok(CellRet::Done),
        }
    }
}

/// Nodes that run for about `for_ms` while an idle client bides the time.
pub(crate) fn nodes<F, Fut>(count: u16, for_ms: u32, node: F) -> Cluster<Register, Cells>
where
    F: Fn(NodeCtx) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), BoxError>> + 'static,
{
    let pace = Pace { ops: for_ms / 100, gap_min_ms: 100, gap_max_ms: 100 };
    Cluster::new("test-nodes", Register, Cells::default().pace(pace).weights(0, 1, 0))
        .nodes(count, node)
        .clients(1, |_context| async { Ok(Idle) })
        // What these nodes do is no message: nothing would tell that they have not come to rest.
        .configure(|config| config.calm_ms = None)
}

/// A fault with its span.
pub(crate) fn planned(id: u32, at_ms: u64, lasts_ms: Option<u64>, fault: Fault) -> PlannedFault {
    PlannedFault { id, when: When::AtMs(at_ms), lasts_ms, fault }
}

/// Runs the plan of seed 1 with these faults and expects no findings.
pub(crate) fn run_with(
    cluster: &Cluster<Register, Cells>,
    faults: Vec<PlannedFault>,
) -> Ran<Register> {
    let ran = run_with_findings(cluster, faults);
    assert_eq!(ran.record.findings, Vec::<String>::new());
    ran
}

/// The same where something may be found about the run.
pub(crate) fn run_with_findings(
    cluster: &Cluster<Register, Cells>,
    faults: Vec<PlannedFault>,
) -> Ran<Register> {
    let mut plan = cluster.plan(1);
    plan.faults = faults;
    cluster.run(&plan, None).unwrap()
}

/// What a node observed under a name, in order, as JSON text.
pub(crate) fn observed(ran: &Ran<Register>, node: &str, name: &str) -> Vec<String> {
    let all = ran.record.history.observations.iter();
    let of = all.filter(|told| told.node == node && told.name == name);
    of.map(|told| told.value.clone()).collect()
}

/// The same as numbers.
pub(crate) fn numbers(ran: &Ran<Register>, node: &str, name: &str) -> Vec<u64> {
    observed(ran, node, name).iter().map(|text| text.parse().unwrap()).collect()
}

/// Sends a numbered datagram to `to` every 10 ms, from number 0 at 10 ms on.
pub(crate) async fn tick(to: &'static str) -> Result<(), BoxError> {
    let socket = UdpSocket::bind(("0.0.0.0", 0)).await?;
    for number in 0_u64.. {
        crate::net::time::sleep(Duration::from_millis(10)).await;
        socket.send_to(number.to_string().as_bytes(), (to, PORT)).await?;
    }
    Ok(())
}

/// Observes every number that arrives as `got`.
pub(crate) async fn listen(node: NodeCtx) -> Result<(), BoxError> {
    let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
    let mut buffer = [0; 100];
    loop {
        let (length, _) = socket.recv_from(&mut buffer).await?;
        let number: u64 = std::str::from_utf8(&buffer[..length])?.parse()?;
        node.observe("got", number);
    }
}
