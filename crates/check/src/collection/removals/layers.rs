//! What is on a stack, from the top down.
//!
//! How a walk goes on depends on the order of the moments at which puts begin and at which they end
//! at the latest, not on what these are. And it depends on no more of them than it comes down to: so
//! the keys here are those of what is above, layer by layer.

use super::key::Key;
use super::moment::Moment;
use super::puts::Puts;
use rustc_hash::FxHashMap;
use std::iter::Peekable;
use testimony_model::Object;

/// What begins or ends at a moment: which of both, what is told of it, and which put it is.
type Entry = (u64, u64, u32);

/// A moment with all that is above it or there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer {
    pub(super) moment: Moment,
    /// The key of all from here up.
    pub(super) key: Key,
}

/// The layers of a stack, the top first.
pub(super) struct Layers<'p, I: Iterator, J: Iterator> {
    puts: &'p Puts<'p>,
    now: Moment,
    starts: Peekable<I>,
    ends: Peekable<J>,
    key: Key,
    numbers: FxHashMap<u32, u64>,
    entries: Vec<Entry>,
}

/// The layers of what is called by a limit; other objects than stacks have none.
pub(super) fn layers<'p>(
    puts: &'p Puts<'p>,
    now: Moment,
    limit: Moment,
) -> impl Iterator<Item = Layer> + 'p {
    let is_stack = puts.object() == Object::Stack;
    let is_called = move |at: &u32| puts.window(*at).start <= limit;
    let starts = puts.by_start_down().take_while(move |_| is_stack).filter(is_called);
    let ends = puts.by_end_down().filter(is_called);
    Layers {
        puts,
        now,
        starts: starts.peekable(),
        ends: ends.filter(move |&at| puts.window(at).is_inside(now)).peekable(),
        key: Key::default(),
        numbers: FxHashMap::default(),
        entries: Vec::new(),
    }
}

impl<I: Iterator<Item = u32>, J: Iterator<Item = u32>> Layers<'_, I, J> {
    /// When a put ends at the latest.
    fn latest(&self, at: u32) -> Moment {
        self.puts.closed.latest(self.puts.window(at).end)
    }

    fn next_moment(&mut self) -> Option<Moment> {
        let start = self.starts.peek().copied().map(|at| self.puts.window(at).start);
        let end = self.ends.peek().copied().map(|at| self.latest(at));
        start.max(end)
    }

    /// What begins there. A put that is not certainly inside is told apart from all others.
    fn begun(&self, at: u32) -> Entry {
        let window = self.puts.window(at);
        if !window.is_inside(self.now) {
            return (1, u64::from(at), at);
        }
        (u64::from(window.is_seen) << 2, u64::from(self.puts.value(at)), at)
    }
}

impl<I: Iterator<Item = u32>, J: Iterator<Item = u32>> Iterator for Layers<'_, I, J> {
    type Item = Layer;

    fn next(&mut self) -> Option<Layer> {
        let moment = self.next_moment()?;
        self.entries.clear();
        while let Some(at) = self.starts.next_if(|&at| self.puts.window(at).start == moment) {
            let entry = self.begun(at);
            self.entries.push(entry);
        }
        while let Some(&at) = self.ends.peek()
            && self.latest(at) == moment
        {
            self.ends.next();
            // What begins where another one ends can still be right below it, unless it was seen.
            self.entries.push((2, u64::from(self.puts.window(at).is_seen), at));
        }
        self.entries.sort_unstable();
        for &(sort, what, at) in &self.entries {
            let next = self.numbers.len() as u64;
            let number = *self.numbers.entry(at).or_insert(next);
            self.key = self.key.then([sort, what, number]);
        }
        self.key = self.key.then([3, 0, 0]);
        Some(Layer { moment, key: self.key })
    }
}
