//! The messages of one operation: between its client and the node that it asked, and what that node
//! said and heard because of it.

use crate::Journal;
use crate::order::What;
use crate::sweep;
use std::collections::BTreeSet;
use testimony_history::{CLIENTS_HOST, Rank};

/// The conversation of an operation: positions of messages in the journal.
pub(crate) struct Talk {
    /// Everything that belongs to it.
    pub(crate) messages: BTreeSet<usize>,
    /// The answer: the last message that reached the client before the operation returned.
    pub(crate) reply: Option<usize>,
    /// The node that answered; where none did, the one that was asked.
    pub(crate) node: Option<String>,
    /// The nodes whose word the answer could rest on: the one that answered, and those it heard from.
    pub(crate) nodes: BTreeSet<String>,
    /// The event up to which the answer could be influenced: the sending of the reply.
    pub(crate) until: usize,
    /// What was said meanwhile about other keys.
    pub(crate) aside: usize,
}

impl Talk {
    pub(crate) fn of(journal: &Journal, op: usize) -> Talk {
        let own = own(journal, op);
        let order = &journal.order;
        let mark = &journal.marks[op];
        let replies = own.iter().copied().filter(|at| journal.messages[*at].from != CLIENTS_HOST);
        let reply = replies.max_by_key(|at| order.arrived[*at]);
        let reply = reply.filter(|_| mark.ret != Rank::NEVER);
        let requests = own.iter().copied().filter(|at| journal.messages[*at].to != CLIENTS_HOST);
        let node = match reply {
            Some(reply) => Some(journal.messages[reply].from.to_string()),
            None => {
                requests.clone().next_back().map(|request| journal.messages[request].to.to_string())
            }
        };
        let until = reply.map_or_else(|| journal.end_of(op), |reply| order.sent[reply]);
        let nodes = node.iter().cloned().collect();
        let mut talk = Talk { messages: own.clone(), reply, node, nodes, until, aside: 0 };
        let asked: Vec<usize> = requests.filter_map(|at| order.arrived[at]).collect();
        talk.follow(journal, op, &asked);
        talk
    }

    /// Adds what was said between nodes after the request had arrived and before the reply was sent.
    fn follow(&mut self, journal: &Journal, op: usize, asked: &[usize]) {
        let order = &journal.order;
        let future = sweep::future(order, asked);
        let past = sweep::past(order, &[self.until]);
        // Without a reply there is no past to lie in: whatever followed from the request counts.
        let answered = self.reply.is_some();
        let key = journal.marks[op].key.as_deref();
        for (at, event) in order.events.iter().enumerate().take(self.until) {
            let What::Sent(message) = event.what else { continue };
            let said = &journal.messages[message];
            let between_nodes = said.from != CLIENTS_HOST && said.to != CLIENTS_HOST;
            if !future[at] || !between_nodes || said.bytes == 0 {
                continue;
            }
            let heard = order.arrived[message].is_some_and(|arrival| past[arrival]);
            let concerns = |host: &str| self.node.as_deref() == Some(host);
            if answered && !heard && !concerns(&said.from) && !concerns(&said.to) {
                continue;
            }
            if key.is_some() && journal.key_of(message).is_some_and(|of| key != Some(of)) {
                self.aside += 1;
                continue;
            }
            self.messages.insert(message);
            if heard && self.node.as_deref() == Some(said.to.as_str()) {
                self.nodes.insert(said.from.to_string());
            }
        }
    }
}

/// The messages between the client of an operation and its nodes while it was open.
fn own(journal: &Journal, op: usize) -> BTreeSet<usize> {
    let mark = &journal.marks[op];
    let next = journal.marks.iter().skip(op + 1).find(|later| later.process == mark.process);
    let next = next.map_or(Rank::NEVER, |later| later.call);
    let process = Some(mark.process.0);
    let own = journal.messages.iter().enumerate().filter(|(_, message)| message.process == process);
    let own = own.filter(|(_, message)| message.bytes > 0).filter(|(_, message)| {
        // What is sent in a millisecond counts as sent at its end.
        let sent = message.sent_after.is_some_and(|after| mark.call.0 < after && after <= next.0);
        let heard = message.fate.arrived()
            && message.done_after.is_some_and(|after| mark.call.0 < after && after <= mark.ret.0);
        if message.from == CLIENTS_HOST { sent } else { heard }
    });
    own.map(|(at, _)| at).collect()
}
