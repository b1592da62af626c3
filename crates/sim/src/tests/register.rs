//! A small system for tests: every node is a register of its own, and clients use the first.

use crate::net::{UdpSocket, time::timeout};
use crate::workload::Cells;
use crate::{BoxError, Client, ClientCtx, Cluster, NodeCtx};
use std::io;
use std::time::Duration;
use testimony_history::Outcome;
use testimony_model::{CellOp, CellRet, Register, Value};

pub(super) const PORT: u16 = 7000;

/// One node, three clients, reads and writes over datagrams.
pub(super) fn register() -> Cluster<Register, Cells> {
    Cluster::new("test-register", Register, Cells::default().ops(30))
        .nodes(1, serve)
        .clients(3, connect)
}

/// Answers `read ID` and `write ID VALUE`.
pub(super) async fn serve(_node: NodeCtx) -> Result<(), BoxError> {
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

pub(super) struct Udp {
    socket: UdpSocket,
    context: ClientCtx,
    count: u64,
}

pub(super) async fn connect(context: ClientCtx) -> io::Result<Udp> {
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
                _ => Outcome::Ok(CellRet::Done),
            },
            Ok(Err(error)) => Outcome::Fail(error.to_string()),
            Err(_) if matches!(op, CellOp::Read) => Outcome::Fail("timeout".to_owned()),
            Err(_) => Outcome::Info("timeout".to_owned()),
        }
    }
}
