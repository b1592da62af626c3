//! The session guarantees: which writes the reads of a session must not miss.
//!
//! Each guarantee names writes that a read must take into account. It does when there is an order of
//! the writes of each key, for the session alone, that keeps the order of each session's writes and
//! in which none of them is newer than the one that the read saw. That is: no cycle among "must come
//! before what the read saw". (Terry et al., 1994, speak of the servers' databases; this is what
//! clients can see of it. The order within a session is taken as given in all four: whoever reads
//! the first of two writes of one session after the second went back.)

use super::story::{BEGINNING, Story};
use super::{Clash, Explained};
use crate::budget::{Meter, Spent};
use std::collections::{BTreeMap, BTreeSet};
use testimony_verdict::Level;

/// The newest write that matters, for each key and session that wrote it.
type Must = BTreeMap<(usize, usize), usize>;

/// An order of the writes that matter to this session, or the read that contradicts.
/// O(n log n) for each session.
pub(crate) fn versions(
    explained: &Explained<'_>,
    session: usize,
    level: Level,
    meter: &mut Meter<'_>,
) -> Result<Result<Vec<usize>, Clash>, Spent> {
    let story = explained.story;
    let mut must = Must::new();
    let mut merged = BTreeMap::new();
    let mut arrows: Vec<(usize, usize)> = Vec::new();
    for &at in &story.sessions[session] {
        meter.step(1)?;
        let act = &story.acts[at];
        if let Some(source) = explained.source(at) {
            if source != BEGINNING {
                let steps = seen(explained, source, level, &mut merged, &mut must);
                meter.step(steps)?;
            }
            let of_key = must.range((act.key, 0)..(act.key + 1, 0));
            for (_, &other) in of_key.filter(|(_, other)| **other != source) {
                if source == BEGINNING {
                    return Ok(Err(Clash(at)));
                }
                arrows.push((other, source));
            }
            if level == Level::MonotonicReads && source != BEGINNING {
                add(story, &mut must, source);
            }
        }
        if level == Level::ReadYourWrites && act.wrote.is_some() && explained.is_there(at) {
            add(story, &mut must, at);
        }
    }
    meter.step(4 * arrows.len() as u64)?;
    Ok(order(story, &arrows))
}

fn add(story: &Story, must: &mut Must, write: usize) {
    let act = &story.acts[write];
    // Places of one session rise with its order.
    must.entry((act.key, act.session)).and_modify(|at| *at = (*at).max(write)).or_insert(write);
}

/// Takes in what the writer of a write that was seen had written, or read, before it.
fn seen(
    explained: &Explained<'_>,
    source: usize,
    level: Level,
    merged: &mut BTreeMap<usize, usize>,
    must: &mut Must,
) -> u64 {
    if !matches!(level, Level::MonotonicWrites | Level::WritesFollowReads) {
        return 0;
    }
    let story = explained.story;
    let writer = story.acts[source].session;
    let merged = merged.entry(writer).or_default();
    let before = &story.sessions[writer][*merged..];
    let before = &before[..before.partition_point(|&at| at < source)];
    for &at in before {
        match level {
            Level::MonotonicWrites if story.acts[at].wrote.is_some() && explained.is_there(at) => {
                add(story, must, at);
            }
            Level::WritesFollowReads => {
                if let Some(read) = explained.write_seen(at) {
                    add(story, must, read);
                }
            }
            _ => {}
        }
    }
    // A swap had read before it wrote.
    if level == Level::WritesFollowReads {
        let read = explained.write_seen(source);
        read.into_iter().for_each(|read| add(story, must, read));
    }
    *merged += before.len();
    before.len() as u64
}

/// An order of all writes on these arrows that keeps them and the order of each session for each
/// key.
fn order(story: &Story, arrows: &[(usize, usize)]) -> Result<Vec<usize>, Clash> {
    let places: BTreeSet<usize> = arrows.iter().flat_map(|&(from, to)| [from, to]).collect();
    let mut writes: Vec<usize> = places.into_iter().collect();
    writes.sort_by_key(|&at| (story.acts[at].key, story.acts[at].session, at));
    let number: BTreeMap<usize, usize> = writes.iter().copied().zip(0..).collect();
    let mut all: Vec<(usize, usize)> =
        arrows.iter().map(|(from, to)| (number[from], number[to])).collect();
    for (at, pair) in writes.windows(2).enumerate() {
        let [a, b] = [&story.acts[pair[0]], &story.acts[pair[1]]];
        if (a.key, a.session) == (b.key, b.session) {
            all.push((at, at + 1));
        }
    }
    all.sort_unstable();
    all.dedup();
    let mut missing = vec![0_usize; writes.len()];
    all.iter().for_each(|&(_, to)| missing[to] += 1);
    let mut open: Vec<usize> = (0..writes.len()).filter(|&at| missing[at] == 0).collect();
    let mut order = Vec::with_capacity(writes.len());
    while let Some(at) = open.pop() {
        order.push(writes[at]);
        let first = all.partition_point(|&(from, _)| from < at);
        for &(_, to) in all[first..].iter().take_while(|(from, _)| *from == at) {
            missing[to] -= 1;
            if missing[to] == 0 {
                open.push(to);
            }
        }
    }
    match (0..writes.len()).find(|&at| missing[at] > 0) {
        Some(at) => Err(Clash(writes[at])),
        None => Ok(order),
    }
}
