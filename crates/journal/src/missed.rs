//! What an operation should have seen, and why it did not.

use crate::order::What;
use crate::talk::Talk;
use crate::{Journal, Mark, Seen, sweep};
use serde::Serialize;
use std::collections::BTreeSet;
use testimony_history::CLIENTS_HOST;

/// A write that had been acknowledged before an operation began, and that it did not see.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Missed {
    /// The write.
    pub write: Mark,
    /// Whether it lies in the causal past of the operation. Where it does not, no message could have
    /// told of it; where it does, one that was sent after it had begun had arrived.
    pub in_past: bool,
    /// Whether the system says what its messages carry, so that the next two lists are those that
    /// carried this very value.
    pub by_value: bool,
    /// The messages that told a node on whose word the answer rests, in time.
    pub told: Vec<Seen>,
    /// The messages to these nodes that would have told it and did not arrive in time.
    pub stopped: Vec<Seen>,
    /// The other nodes that had been told in time, where the system says what its messages carry.
    pub known_to: Vec<String>,
}

/// The writes that an operation missed, the latest first: those that returned before it was called and
/// wrote something else than what it read, unless what it read may be newer.
pub(crate) fn missed(
    journal: &Journal,
    op: usize,
    talk: &Talk,
    source: Option<&Mark>,
) -> Vec<Missed> {
    let mark = &journal.marks[op];
    let Some(read) = &mark.read else { return Vec::new() };
    if source.is_none() && read != "null" {
        // Nobody knows how old the answer is.
        return Vec::new();
    }
    let writes = journal.marks.iter().enumerate().filter(|(_, write)| {
        let older = source.is_none_or(|source| source.precedes(write));
        let other = write.wrote.as_ref().is_some_and(|wrote| wrote != read);
        other && write.is_ok() && write.key == mark.key && write.precedes(mark) && older
    });
    let mut writes: Vec<usize> = writes.map(|(at, _)| at).collect();
    writes.sort_by_key(|at| std::cmp::Reverse(journal.marks[*at].ret));
    let past = sweep::past(&journal.order, &[journal.end_of(op)]);
    // The later ones made the earlier ones unseen, too: a few say it all.
    const MISSED_MAX: usize = 3;
    writes.into_iter().take(MISSED_MAX).map(|write| of(journal, write, talk, &past)).collect()
}

fn of(journal: &Journal, write: usize, talk: &Talk, past: &[bool]) -> Missed {
    let order = &journal.order;
    let mark = &journal.marks[write];
    let after = sweep::future(order, &[order.called[write]]);
    let value = mark.wrote.as_deref().unwrap_or_default();
    let telling = |at: usize| journal.carries(at, mark.key.as_deref(), value);
    let by_value = (0..journal.messages.len()).any(telling);
    let (mut told, mut stopped, mut known_to) = (Vec::new(), Vec::new(), BTreeSet::new());
    let before = order.events.iter().enumerate().take(talk.until);
    for (_, event) in before.filter(|(at, _)| after[*at]) {
        let What::Sent(message) = event.what else { continue };
        let said = &journal.messages[message];
        let of_others = said.bytes > 0 && !talk.messages.contains(&message);
        if !of_others || (by_value && !telling(message)) {
            continue;
        }
        let in_time = order.arrived[message].is_some_and(|arrival| arrival < talk.until);
        match (talk.nodes.contains(said.to.as_str()), in_time) {
            (true, true) => told.push(message),
            (true, false) => stopped.push(message),
            (false, true) if by_value && said.to != CLIENTS_HOST => {
                known_to.insert(said.to.to_string());
            }
            (false, _) => {}
        }
    }
    Missed {
        write: mark.clone(),
        in_past: past[order.called[write]],
        by_value,
        told: journal.seen_all(told),
        stopped: journal.seen_all(stopped),
        known_to: known_to.into_iter().collect(),
    }
}
