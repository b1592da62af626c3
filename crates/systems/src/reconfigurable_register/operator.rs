//! The operator's part: it seals the old group and installs the new one.

use super::group::{Group, Protocol};
use super::message::{Order, Report, Versions};
use crate::wire::{Reached, reach_port};
use std::io;
use std::time::Duration;
use testimony::net::spawn_local;
use testimony::sim::MemberChange;
use tokio::sync::mpsc;

/// The port on which nodes listen to the operator.
pub(crate) const OPERATOR_PORT: u16 = 7002;

/// So long a node may take to answer.
const PATIENCE: Duration = Duration::from_millis(400);

/// One attempt at a change. Each of them does the same, so that one that was given up does no harm.
pub(crate) async fn change(change: MemberChange, protocol: Protocol) -> io::Result<()> {
    let group = Group { epoch: change.number + 1, members: change.after() };
    let old = Group { epoch: change.number, members: change.members };
    let seal = Order::Seal { group: group.clone() };
    let mut versions = Versions::new();
    for report in ask(&old.members, &seal, protocol.quorum(&old)).await? {
        let Report::Sealed(held) = report else { continue };
        for (key, version) in held.into_iter().filter(|_| protocol.hands_over) {
            let newest = versions.entry(key).or_default();
            if version.tag > newest.tag {
                *newest = version;
            }
        }
    }
    let needed = protocol.quorum(&group);
    let members = group.members.clone();
    ask(&members, &Order::Install { group, versions }, needed).await?;
    Ok(())
}

/// Gives all nodes an order and waits for so many answers.
async fn ask(nodes: &[String], order: &Order, needed: usize) -> io::Result<Vec<Report>> {
    let (sender, mut reports) = mpsc::unbounded_channel();
    for node in nodes {
        let (sender, order, node) = (sender.clone(), order.clone(), node.clone());
        spawn_local(async move {
            let mut connection = None;
            let address = (node.as_str(), OPERATOR_PORT);
            let reached = reach_port(&mut connection, address, &order, PATIENCE).await;
            if let Reached::Answered(report @ (Report::Sealed(_) | Report::Installed)) = reached {
                // Whoever waited may have enough.
                let _ = sender.send(report);
            }
        });
    }
    drop(sender);
    let mut answers = Vec::with_capacity(needed);
    while answers.len() < needed {
        match reports.recv().await {
            Some(report) => answers.push(report),
            None => return Err(io::Error::other("not enough nodes answered")),
        }
    }
    Ok(answers)
}
