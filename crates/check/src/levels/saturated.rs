//! What must come before what in one order for everybody.
//!
//! Where it is known which write a read saw, every other write of the key that must come before the
//! read must come before that write, and one that must come after that write must come after the
//! read. With the order of the sessions and what each read saw, and repeated until nothing new
//! follows, this finds most of what a search would have to try out. (The problem with a known write
//! for each read is that of Gibbons and Korach, *Testing Shared Memories*, 1997: NP-complete, so
//! these consequences alone need not decide it.) Reads that may have seen several writes demand
//! nothing here.

use super::Clash;
use super::explained::Explained;
use super::past::{Cycle, Past};
use super::story::BEGINNING;
use crate::budget::{Meter, Spent};
use std::collections::BTreeMap;

/// For each place the places of other sessions that must come before it, or a place that contradicts.
/// Polynomial: each round is O((n + arrows) sessions), and adds an arrow or is the last one.
pub(crate) fn before(
    explained: &Explained<'_>,
    meter: &mut Meter<'_>,
) -> Result<Result<Vec<Vec<usize>>, Clash>, Spent> {
    let story = explained.story;
    let mut arrows = explained.reads_from(|_| true);
    let reads = last_reads(explained);
    loop {
        let mut round = match Past::new(story, &arrows, meter)? {
            Ok(past) => Round::new(explained, past),
            Err(Cycle(at)) => return Ok(Err(Clash(at))),
        };
        let known = arrows.len();
        for &(read, source) in &reads {
            meter.step(story.writes_by_session(story.acts[read].key).len() as u64)?;
            if !round.others_before(read, source, &mut arrows) {
                return Ok(Err(Clash(read)));
            }
            let compared = round.others_after(read, source, &mut arrows);
            meter.step(compared / 8)?;
        }
        if arrows.len() == known {
            let mut before = vec![Vec::new(); story.acts.len()];
            for (from, to) in arrows {
                before[to].push(from);
            }
            return Ok(Ok(before));
        }
    }
}

/// Reads with the write that they saw, without those after which the session read the same of the key
/// again: what follows from them follows from that one.
fn last_reads(explained: &Explained<'_>) -> Vec<(usize, usize)> {
    let story = explained.story;
    let mut reads = Vec::new();
    for session in &story.sessions {
        let mut next: BTreeMap<usize, usize> = BTreeMap::new();
        for &at in session.iter().rev() {
            let Some(source) = explained.source(at) else { continue };
            if next.insert(story.acts[at].key, source) != Some(source) {
                reads.push((at, source));
            }
        }
    }
    reads.sort_unstable();
    reads
}

/// What is known at the beginning of a round, and what was learned in it.
struct Round<'r, 's> {
    explained: &'r Explained<'s>,
    past: Past,
    /// For each place where it stands in an order that every arrow keeps.
    number: Vec<usize>,
}

impl<'r, 's> Round<'r, 's> {
    fn new(explained: &'r Explained<'s>, past: Past) -> Round<'r, 's> {
        let mut number = vec![0; past.order.len()];
        past.order.iter().zip(0..).for_each(|(&at, place)| number[at] = place);
        Round { explained, past, number }
    }

    /// Adds that other writes before a read come before the write that it saw; `false` when it saw
    /// the beginning although there are some.
    fn others_before(
        &mut self,
        read: usize,
        source: usize,
        arrows: &mut Vec<(usize, usize)>,
    ) -> bool {
        let others = self.past.last_writes(self.explained, read);
        let mut others: Vec<usize> = others.filter(|&other| other != source).collect();
        if source == BEGINNING {
            return others.is_empty();
        }
        // The latest first: it brings its past with it, and with that most of the others.
        others.sort_by_key(|&other| std::cmp::Reverse(self.number[other]));
        for other in others {
            if !self.past.has(self.explained.story, other, source) {
                arrows.push((other, source));
                self.past.merge(other, source);
            }
        }
        true
    }

    /// Adds that other writes after the write that a read saw come after the read. Gives how many
    /// comparisons that took.
    fn others_after(
        &mut self,
        read: usize,
        source: usize,
        arrows: &mut Vec<(usize, usize)>,
    ) -> u64 {
        let (story, past) = (self.explained.story, &self.past);
        let mut others: Vec<usize> = Vec::new();
        for (_, writes) in story.writes_by_session(story.acts[read].key) {
            // The past grows along a session; where it has grown at one place only in this round, what
            // is found still comes after the source, and the next round sees the rest.
            let after = |&other: &usize| source == BEGINNING || past.has(story, source, other);
            let first = writes.partition_point(|other| !after(other));
            let there = |&&other: &&usize| {
                other != source && other != read && self.explained.is_there(other)
            };
            others.extend(writes[first..].iter().find(there));
        }
        // The earliest first: what comes after it needs no arrow.
        others.sort_by_key(|&other| self.number[other]);
        let mut new: Vec<usize> = Vec::new();
        let mut compared = 0;
        for other in others {
            compared += new.len() as u64;
            let follows = new.iter().any(|&earlier| past.has(story, earlier, other));
            if !follows && !past.has(story, read, other) {
                new.push(other);
            }
        }
        for other in new {
            arrows.push((read, other));
            self.past.merge(read, other);
        }
        compared
    }
}
