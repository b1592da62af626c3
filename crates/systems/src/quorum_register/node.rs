//! A node: a replica, and a coordinator for the clients that come to it.

use super::coordinator::{Coordinator, ReadWrite};
use super::message::{Answer, Operation};
use super::protocol::Protocol;
use super::replica::Replica;
use crate::wire::{CLIENT_PORT, Peers, serve_lines};
use std::io;
use std::rc::Rc;
use std::time::Duration;
use testimony::net::{TcpListener, time};
use testimony::sim::NodeCtx;

/// So long a coordinator tries to gather a quorum; the client is told when it gives up.
const PATIENCE: Duration = Duration::from_millis(600);

/// Runs a node until it crashes.
pub(crate) async fn serve(node: NodeCtx, protocol: Protocol) -> io::Result<()> {
    let peers = Peers::start(&node, Replica::of(&node)).await?;
    let coordinator = Rc::new(Coordinator::new(peers, protocol, node.clone()));
    let listener = TcpListener::bind(("0.0.0.0", CLIENT_PORT)).await?;
    tracing::info!(incarnation = node.incarnation, "serving");
    serve_lines(listener, move |operation| coordinate(Rc::clone(&coordinator), operation)).await
}

/// Does what a client wants; tells it when there is no quorum in time.
pub(crate) async fn coordinate(register: Rc<impl ReadWrite>, operation: Operation) -> Answer {
    let operate = async {
        match operation {
            Operation::Read { key } => Answer::Value(register.read(&key).await),
            Operation::Write { key, value } => {
                register.write(&key, value).await;
                Answer::Written
            }
        }
    };
    time::timeout(PATIENCE, operate).await.unwrap_or_else(|_| {
        tracing::info!("no quorum in time");
        Answer::NoQuorum
    })
}
