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
use crate::{BoxError, Cluster, NodeCtx, Plan, Ran, Workload};
use std::fmt::Debug;
use testimony_history::{Fate, Message};
use testimony_model::Register;

/// The plan of a seed and its run, which nothing was found about. JSON keeps the plan, and what is read
/// from there gives the same run.
fn run_and_read_again<W: Workload<Register>>(
    cluster: &Cluster<Register, W>,
    seed: u64,
) -> (Plan<W::Step>, Ran<Register>)
where
    W::Step: PartialEq + Debug,
{
    let plan = cluster.plan(seed);
    let read = Plan::from_json(&plan.to_json()).unwrap();
    assert_eq!(read, plan, "seed {seed}");
    let (one, other) = (cluster.run(&plan, None).unwrap(), cluster.run(&read, None).unwrap());
    assert_eq!(crate::compare(&one, &other), None, "seed {seed}");
    assert_eq!(one.record.findings, Vec::<String>::new(), "seed {seed}");
    (plan, one)
}

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
