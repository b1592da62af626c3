//! A node: a replica, a coordinator for the clients that come to it, and an ear for the operator.

use super::group::Protocol;
use super::message::Order;
use super::operator::OPERATOR_PORT;
use super::replica::Replica;
use crate::quorum_register::coordinator::Coordinator;
use crate::quorum_register::node::coordinate;
use crate::wire::{CLIENT_PORT, Peers, serve_lines};
use std::io;
use std::rc::Rc;
use testimony::net::{TcpListener, spawn_local};
use testimony::sim::NodeCtx;

/// Runs a node until it crashes.
pub(crate) async fn serve(node: NodeCtx, protocol: Protocol) -> io::Result<()> {
    let peers = Peers::start(&node, Replica::open(&node).await).await?;
    let coordinator = Rc::new(Coordinator::new(Rc::clone(&peers), protocol, node.clone()));
    let keeping_up = Rc::clone(&coordinator);
    spawn_local(async move { keeping_up.keep_up().await });
    let operator = TcpListener::bind(("0.0.0.0", OPERATOR_PORT)).await?;
    spawn_local(serve_lines(operator, move |order| obey(Rc::clone(&peers), node.clone(), order)));
    let listener = TcpListener::bind(("0.0.0.0", CLIENT_PORT)).await?;
    serve_lines(listener, move |operation| coordinate(Rc::clone(&coordinator), operation)).await
}

async fn obey(peers: Rc<Peers<Replica>>, node: NodeCtx, order: Order) -> super::message::Report {
    let point = match order {
        Order::Seal { .. } => "sealed",
        Order::Install { .. } => "installed",
    };
    let report = peers.service().obey(order).await;
    node.point(point).await;
    report
}
