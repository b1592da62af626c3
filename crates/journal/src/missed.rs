//! What an operation should have seen, and why it did not.

use crate::order::What;
use crate::talk::Talk;
use crate::{Journal, Mark, Seen, sweep};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use testimony_history::CLIENTS_HOST;

/// A write that had been acknowledged, or read by somebody, before an operation began, and that it did
/// not see.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Missed {
    /// The write.
    pub write: Mark,
    /// The first operation whose return told that it had its effect: itself, or a read of its value.
    pub shown_by: Mark,
    /// Whether it replaced what was read. Otherwise the two writes were concurrent, and either may have
    /// replaced the other.
    pub certain: bool,
    /// Whether it lies in the causal past of the operation. Where it does not, no message could have
    /// told of it; where it does, one that was sent after it had begun had arrived.
    pub in_past: bool,
    /// Whether the system says what its messages carry, so that the next two lists are those that
    /// carried this very value.
    pub by_value: bool,
    /// The messages that told a node on whose word the answer rests, in time.
    pub told: Vec<Seen>,
    /// Whether the answering node was restarted after all that told it had arrived: what it did not have
    /// on its disk was gone.
    pub restarted: bool,
    /// The messages to these nodes that would have told it and did not arrive in time.
    pub stopped: Vec<Seen>,
    /// The other nodes that had been told in time, where the system says what its messages carry.
    pub known_to: Vec<String>,
}

/// The first operation that tells that a value was written: its write, or a read of it, which returned.
type Shown<'a> = BTreeMap<(Option<&'a str>, &'a str), &'a Mark>;

fn shown(marks: &[Mark]) -> Shown<'_> {
    let mut shown = Shown::new();
    for mark in marks.iter().filter(|mark| mark.is_ok()) {
        let Some(value) = mark.wrote.as_deref().or(mark.read.as_deref()) else { continue };
        let first = shown.entry((mark.key.as_deref(), value)).or_insert(mark);
        if mark.ret < first.ret {
            *first = mark;
        }
    }
    shown
}

fn shown_by<'a>(shown: &Shown<'a>, write: &Mark) -> Option<&'a Mark> {
    shown.get(&(write.key.as_deref(), write.wrote.as_deref()?)).copied()
}

/// The writes that an operation missed, the latest first: those that were acknowledged, or read by
/// somebody, before it was called, and wrote something else than what it read, unless that is
/// older. First those that certainly are newer, then those that ran beside the write of it.
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
    let shown = shown(&journal.marks);
    // What was read is at least as old as the first who told of it.
    let age = source.map(|source| shown_by(&shown, source).map_or(source.ret, |first| first.ret));
    let found = journal.marks.iter().enumerate().filter_map(|(at, write)| {
        let first = shown_by(&shown, write).filter(|first| first.precedes(mark))?;
        let other = write.wrote.as_ref().is_some_and(|wrote| wrote != read);
        let certain = age.is_none_or(|age| age < write.call);
        let older = source.is_some_and(|source| write.precedes(source));
        let found = other && write.key == mark.key && (certain || !older);
        found.then_some(Found { write: at, first, certain })
    });
    let mut found: Vec<Found<'_>> = found.collect();
    found.sort_by_key(|found| std::cmp::Reverse((found.certain, found.first.ret)));
    let past = sweep::past(&journal.order, &[journal.end_of(op)]);
    // The later ones made the earlier ones unseen, too: a few say it all.
    const MISSED_MAX: usize = 3;
    found.iter().take(MISSED_MAX).map(|found| of(journal, found, talk, &past)).collect()
}

/// A write that an operation missed, and the first that told of it.
struct Found<'a> {
    write: usize,
    first: &'a Mark,
    certain: bool,
}

fn of(journal: &Journal, found: &Found<'_>, talk: &Talk, past: &[bool]) -> Missed {
    let Found { write, first, certain } = *found;
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
    let life = talk.reply.map_or(0, |reply| journal.messages[reply].from_life);
    let earlier = |at: &usize| {
        let message = &journal.messages[*at];
        talk.node.as_deref() == Some(message.to.as_str()) && message.to_life < life
    };
    let restarted = !told.is_empty() && told.iter().all(earlier);
    Missed {
        write: mark.clone(),
        shown_by: first.clone(),
        certain,
        in_past: past[order.called[write]],
        by_value,
        told: journal.seen_all(told),
        restarted,
        stopped: journal.seen_all(stopped),
        known_to: known_to.into_iter().collect(),
    }
}
