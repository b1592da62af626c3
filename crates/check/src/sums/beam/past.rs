//! Where plans were before, so that more of them can be kept from there on.

use super::{BACK, Beam, Node, WIDTHS};
use std::collections::VecDeque;

/// Events between two moments to which the plans can go back.
const EVERY: usize = 32;

/// How many such moments there are, beside the beginning.
pub(super) const LENGTH_MAX: usize = BACK[BACK.len() - 2] / EVERY + 2;

/// The plans at a moment.
struct Checkpoint {
    event: usize,
    open: Vec<u32>,
    nodes: Vec<Node>,
}

/// The last moments to which the plans can go back, and how wide the beam is.
#[derive(Default)]
pub(super) struct Past {
    first: Option<Checkpoint>,
    last: VecDeque<Checkpoint>,
    /// Whether there were others between these and the beginning.
    is_cut: bool,
    /// Where the width is among [`WIDTHS`], and until which event it stays so.
    level: usize,
    until: usize,
}

impl Past {
    /// All plans that are remembered.
    pub(super) fn nodes(&mut self) -> impl Iterator<Item = &mut Node> {
        self.first.iter_mut().chain(&mut self.last).flat_map(|checkpoint| &mut checkpoint.nodes)
    }

    /// How often all plans went wrong here: where the width is among [`WIDTHS`].
    pub(super) fn level(&self) -> usize {
        self.level
    }

    /// On which level to go on where no plan was left at this event.
    pub(super) fn level_for(&self, event: usize) -> Option<usize> {
        let level = if event <= self.until { self.level + 1 } else { 1 };
        (level < WIDTHS.len()).then_some(level)
    }

    /// The last moment that is so many events before this one; of those that are remembered the first,
    /// if that is later: all the way back is far.
    fn back(&mut self, event: usize, back: usize) -> Option<&Checkpoint> {
        let then = event.saturating_sub(back);
        let stays = usize::from(self.is_cut && back != usize::MAX);
        while self.last.len() > stays && self.last.back().is_some_and(|one| one.event > then) {
            self.last.pop_back();
        }
        self.last.back().or(self.first.as_ref())
    }
}

impl Beam<'_, '_, '_> {
    /// Before an event: remembers where the plans are, now and then; fewer are enough again once the
    /// place is passed where none was left.
    pub(super) fn remember(&mut self, event: usize) {
        if self.past.level > 0 && event > self.past.until {
            self.past.level = 0;
            self.width = WIDTHS[0];
            self.nodes.truncate(self.width);
        }
        if !event.is_multiple_of(EVERY)
            || self.past.last.back().is_some_and(|one| one.event == event)
        {
            return;
        }
        let checkpoint = Checkpoint { event, open: self.open.clone(), nodes: self.nodes.clone() };
        self.steps += self.nodes.len() as u64;
        if event == 0 {
            self.past.first = Some(checkpoint);
            return;
        }
        self.past.last.push_back(checkpoint);
        if self.past.last.len() > LENGTH_MAX {
            self.past.last.pop_front();
            self.past.is_cut = true;
        }
    }

    /// Goes back from behind an event at which no plan was left, as far as on this level. The event
    /// that comes next.
    pub(super) fn go_back(&mut self, level: usize, event: usize) -> usize {
        let back = BACK[level];
        self.past.level = level;
        self.past.until = event.saturating_add(back).max(self.past.until);
        let Some(checkpoint) = self.past.back(event, back) else { return event };
        let then = checkpoint.event;
        self.open.clone_from(&checkpoint.open);
        self.nodes.clone_from(&checkpoint.nodes);
        for &(_, at, is_call) in self.schedule.events[then..event].iter().rev() {
            if is_call {
                self.called.take_back(at as usize);
            }
        }
        self.steps += (event - then) as u64;
        then
    }
}
