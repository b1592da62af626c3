//! The messages that brought an answer to the nodes that gave it.

use crate::order::What;
use crate::talk::Talk;
use crate::why::Carried;
use crate::{Journal, sweep};
use std::collections::BTreeSet;
use testimony_history::CLIENTS_HOST;

/// The messages that carried what an operation answered to the nodes on whose word it rests, newest
/// first; where the system does not say
/// what its messages carry, the latest that the answering node had heard from each sender before.
pub(crate) fn carriers(journal: &Journal, op: usize, talk: &Talk) -> (Carried, Vec<usize>) {
    let past = sweep::past(&journal.order, &[talk.until]);
    let mark = &journal.marks[op];
    let arrivals = journal.order.events.iter().enumerate().rev().filter(|(at, _)| past[*at]);
    let arrivals = arrivals.filter_map(|(_, event)| match event.what {
        What::Arrived(message) if !talk.messages.contains(&message) => Some(message),
        _ => None,
    });
    let says = journal.decoded.iter().flatten().any(|decoded| decoded.value.is_some());
    if says {
        let Some(value) = mark.read.as_deref().filter(|value| *value != "null") else {
            return (Carried::Nothing, Vec::new());
        };
        let carry = arrivals.filter(|at| {
            let to_them = talk.nodes.contains(journal.messages[*at].to.as_str());
            to_them && journal.carries(*at, mark.key.as_deref(), value)
        });
        return (Carried::ByValue, carry.collect());
    }
    let node = talk.node.as_deref();
    let mut senders = BTreeSet::new();
    let heard = arrivals.filter(|at| {
        let message = &journal.messages[*at];
        let to_it = node == Some(message.to.as_str()) && message.from != CLIENTS_HOST;
        to_it && message.bytes > 0 && senders.insert(message.from.clone())
    });
    (Carried::Latest, heard.collect())
}
