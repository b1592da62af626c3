//! What comes before what: a graph over a story, each node with its past as a clock.
//!
//! The past of an operation always holds, with an operation, those before it in its session. So a
//! number for each session says all: how many of its operations are in the past.

use super::explained::Explained;
use super::story::Story;
use crate::budget::{Meter, Spent};
use std::collections::VecDeque;

/// An order in which every arrow points forwards, and the past of each place.
pub(crate) struct Past {
    width: usize,
    /// For each place and session how many of the session's operations are in its past, the
    /// operation itself included.
    clocks: Vec<u32>,
    /// For each place its position in its session, from one.
    pub(crate) position: Vec<u32>,
    /// Places in an order that every arrow keeps.
    pub(crate) order: Vec<usize>,
}

/// The arrows form a cycle through this place.
pub(crate) struct Cycle(pub(crate) usize);

impl Past {
    /// The past of each place by the order of the sessions and these arrows. Places that are not
    /// `there` count as passed over: they have no arrows of their own, but the order of their session
    /// goes through them. O((n + arrows) sessions).
    pub(crate) fn new(
        story: &Story,
        arrows: &[(usize, usize)],
        meter: &mut Meter<'_>,
    ) -> Result<Result<Past, Cycle>, Spent> {
        let (count, width) = (story.acts.len(), story.sessions.len());
        // Clocks are merged several sessions at a time.
        meter.step(((count + arrows.len()) * (1 + width / 8)) as u64)?;
        // The arrows are held three times: as they were found, here, and by whoever asks.
        let bytes = count * width * size_of::<u32>() + 3 * size_of_val(arrows);
        meter.grow(bytes)?;
        let past = Past::build(story, arrows);
        meter.release(bytes);
        Ok(past)
    }

    fn build(story: &Story, arrows: &[(usize, usize)]) -> Result<Past, Cycle> {
        let (count, width) = (story.acts.len(), story.sessions.len());
        let mut position = vec![0; count];
        let mut missing = vec![0_u32; count];
        let mut next = vec![usize::MAX; count];
        for session in &story.sessions {
            for (number, &at) in (1..).zip(session) {
                position[at] = number;
                missing[at] += u32::from(number > 1);
            }
            for pair in session.windows(2) {
                next[pair[0]] = pair[1];
            }
        }
        let mut start = vec![0_usize; count + 1];
        for &(from, to) in arrows {
            start[from + 1] += 1;
            missing[to] += 1;
        }
        for at in 0..count {
            start[at + 1] += start[at];
        }
        let (mut fill, mut targets) = (start.clone(), vec![0; arrows.len()]);
        for &(from, to) in arrows {
            targets[fill[from]] = to;
            fill[from] += 1;
        }
        let mut clocks = vec![0_u32; count * width];
        let mut order = Vec::with_capacity(count);
        let mut open: VecDeque<usize> = (0..count).filter(|&at| missing[at] == 0).collect();
        let mut row = vec![0_u32; width];
        while let Some(at) = open.pop_front() {
            order.push(at);
            clocks[at * width + story.acts[at].session] = position[at];
            row.copy_from_slice(&clocks[at * width..(at + 1) * width]);
            let after = std::iter::once(next[at]).filter(|&next| next != usize::MAX);
            for to in after.chain(targets[start[at]..start[at + 1]].iter().copied()) {
                let clock = &mut clocks[to * width..(to + 1) * width];
                clock.iter_mut().zip(&row).for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
                missing[to] -= 1;
                if missing[to] == 0 {
                    open.push_back(to);
                }
            }
        }
        match (0..count).find(|&at| missing[at] > 0) {
            Some(at) => Err(Cycle(at)),
            None => Ok(Past { width, clocks, position, order }),
        }
    }

    /// How many operations of each session are in the past of this place.
    pub(crate) fn clock(&self, at: usize) -> &[u32] {
        &self.clocks[at * self.width..(at + 1) * self.width]
    }

    /// Whether `before` is in the past of `at`, or is it.
    pub(crate) fn has(&self, story: &Story, before: usize, at: usize) -> bool {
        self.position[before] <= self.clock(at)[story.acts[before].session]
    }

    /// Takes in that `before` comes before `at`, for this place alone.
    pub(crate) fn merge(&mut self, before: usize, at: usize) {
        for session in 0..self.width {
            let theirs = self.clocks[before * self.width + session];
            let mine = &mut self.clocks[at * self.width + session];
            *mine = (*mine).max(theirs);
        }
    }

    /// The last write of a key in each session that is in the past of a place and is not it, among
    /// those that are `there`.
    pub(crate) fn last_writes<'p>(
        &'p self,
        explained: &'p Explained<'_>,
        at: usize,
    ) -> impl Iterator<Item = usize> + 'p {
        let (story, clock) = (explained.story, self.clock(at));
        story.writes_by_session(story.acts[at].key).iter().filter_map(move |(session, writes)| {
            let known = writes.partition_point(|&write| self.position[write] <= clock[*session]);
            writes[..known]
                .iter()
                .rev()
                .copied()
                .find(|&write| write != at && explained.is_there(write))
        })
    }
}
