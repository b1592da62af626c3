//! Every kind of fault: what it does to a small program, that it ends when it should, and that it
//! composes with another that overlaps it.

mod all;
mod clocks;
mod datagrams;
mod disks;
mod loads;
mod members;
mod partitions;
mod points;
mod processes;
mod streams;

use super::programs::PORT;
use crate::net::UdpSocket;
use crate::{BoxError, NodeCtx, Ran};
use testimony_history::{Fate, Message};
use testimony_model::Register;

/// The messages of a host in the order of sending.
fn sent<'a>(ran: &'a Ran<Register>, from: &str) -> Vec<&'a Message> {
    ran.record.messages.iter().filter(|message| message.from == from).collect()
}

fn of_fate(ran: &Ran<Register>, fate: Fate) -> Vec<&Message> {
    ran.record.messages.iter().filter(|message| message.fate == fate).collect()
}

fn sent_ms(message: &Message) -> u64 {
    message.sent_ns / 1_000_000
}

fn done_ms(message: &Message) -> u64 {
    message.done_ns.unwrap() / 1_000_000
}

/// What a node observed under a name, with its time in milliseconds.
fn timed(ran: &Ran<Register>, node: &str, name: &str) -> Vec<(u64, String)> {
    let all = ran.record.history.observations.iter();
    let of = all.filter(|told| told.node == node && told.name == name);
    of.map(|told| (told.time_ns / 1_000_000, told.value.clone())).collect()
}

/// Observes every datagram that arrives, as it is.
async fn watch(node: NodeCtx) -> Result<(), BoxError> {
    let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
    let mut buffer = [0; 100];
    loop {
        let (length, _) = socket.recv_from(&mut buffer).await?;
        node.observe("got", String::from_utf8_lossy(&buffer[..length]));
    }
}
