//! Why an operation answered what it did.

use crate::talk::Talk;
use crate::{Ended, Journal, Mark, Missed, Seen, carried, missed, sweep};
use serde::Serialize;

/// How the messages were found that brought an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carried {
    /// They carried the value, as their system says.
    ByValue,
    /// The system does not say what its messages carry: they are the latest from each sender.
    Latest,
    /// The operation answered no value that messages could carry.
    Nothing,
}

/// The answer to "why did it answer that".
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Why {
    /// The operation.
    pub operation: Mark,
    /// The node that answered it; where none did, the one that was asked last.
    pub node: Option<String>,
    /// Whether an answer reached the client in time.
    pub answered: bool,
    /// The messages of the operation, in the order in which they were sent: between client and node,
    /// and what the node said and heard because of it.
    pub talk: Vec<Seen>,
    /// How many messages about other keys went between the same nodes meanwhile: they are left out.
    pub aside: usize,
    /// How `carriers` were found.
    pub carried: Carried,
    /// Earlier messages that brought what was answered, newest first.
    pub carriers: Vec<Seen>,
    /// The operation that wrote what was answered, where there is one.
    pub source: Option<Mark>,
    /// Writes that had been acknowledged, or read by somebody, and were not seen: the latest first.
    pub missed: Vec<Missed>,
    /// Operations on the same key in the causal past, newest first.
    pub past: Vec<Mark>,
    /// Operations on the same key that were called before this one returned, and neither of the two is
    /// in the causal past of the other: newest first.
    pub concurrent: Vec<Mark>,
    /// Whether the journal knows a message of this operation's process. Where it does not, its client
    /// uses other sockets than testimony's, or needed none.
    pub client_known: bool,
}

pub(crate) fn why(journal: &Journal, op: usize) -> Why {
    let mark = &journal.marks[op];
    let talk = Talk::of(journal, op);
    let (carried, carriers) = carried::carriers(journal, op, &talk);
    let source = source(journal, op);
    let (past, concurrent) = around(journal, op);
    Why {
        operation: mark.clone(),
        node: talk.node.clone(),
        answered: talk.reply.is_some(),
        talk: journal.seen_all(talk.messages.iter().copied().collect()),
        aside: talk.aside,
        carried,
        carriers: carriers.into_iter().map(|at| journal.seen(at)).collect(),
        missed: missed::missed(journal, op, &talk, source),
        source: source.cloned(),
        past,
        concurrent,
        client_known: journal.messages.iter().any(|m| m.process == Some(mark.process.0)),
    }
}

/// The write whose value an operation read: the only one of that value that had begun.
fn source(journal: &Journal, op: usize) -> Option<&Mark> {
    let mark = &journal.marks[op];
    let read = mark.read.as_ref().filter(|read| *read != "null")?;
    let mut writes = journal.marks.iter().filter(|write| {
        let begun = write.call < mark.ret && !matches!(write.ended, Ended::Fail(_));
        begun && write.wrote.as_ref() == Some(read) && write.key == mark.key
    });
    let first = writes.next()?;
    writes.next().is_none().then_some(first)
}

/// The other operations on the same key: in the past, and concurrent.
fn around(journal: &Journal, op: usize) -> (Vec<Mark>, Vec<Mark>) {
    let order = &journal.order;
    let mark = &journal.marks[op];
    let past = sweep::past(order, &[journal.end_of(op)]);
    let future = sweep::future(order, &[order.called[op]]);
    let (mut before, mut beside) = (Vec::new(), Vec::new());
    for (at, other) in journal.marks.iter().enumerate().rev() {
        if at == op || !other.shares_key(mark) || other.call > mark.ret {
            continue;
        }
        if past[order.called[at]] {
            before.push(other.clone());
        } else if !future[journal.end_of(at)] {
            beside.push(other.clone());
        }
    }
    (before, beside)
}
