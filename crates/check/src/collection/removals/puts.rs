//! The puts that are still there to be taken, each with the window of moments that are left for it.

use super::super::accesses::{Accesses, Kind};
use super::super::tuned::index;
use super::super::{NEVER, NONE};
use super::closed::Closed;
use super::key::{Key, Sort};
use super::moment::{Moment, first, last};
use crate::budget::{Meter, Spent, reserve};
use crate::part::Standing;
use std::collections::BTreeSet;
use testimony_model::Object;

/// So many changes a step makes, about.
const CHANGES_EACH: usize = 16;

/// What is left for a put.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Window {
    pub(super) start: Moment,
    pub(super) end: Moment,
    /// Whether somebody saw it: it is inside from then on.
    pub(super) is_seen: bool,
}

impl Window {
    /// Whether the put certainly is inside at this moment.
    pub(super) fn is_inside(self, now: Moment) -> bool {
        self.is_seen || self.end < now
    }
}

/// The puts of a collection.
pub(super) struct Puts<'a> {
    object: Object,
    accesses: &'a Accesses,
    /// Those that were answered, by call, of which so many were called.
    answered: Vec<u32>,
    called: usize,
    windows: Vec<Window>,
    /// Those that are there, as `(value, start, position)` and as `(value, end, position)`.
    by_start: BTreeSet<(u32, Moment, u32)>,
    by_end: BTreeSet<(u32, Moment, u32)>,
    /// Of a queue `(end, position)`, of a stack `(start, position)`.
    line: BTreeSet<(Moment, u32)>,
    /// Of a stack `(end, position)`.
    ends: BTreeSet<(Moment, u32)>,
    /// By value those that may have happened, by call, and how many of them have.
    spare: Vec<Vec<u32>>,
    used: Vec<u32>,
    is_spare: Vec<bool>,
    /// The put at the front of a queue that somebody saw there, or [`NONE`].
    head: u32,
    pub(super) closed: Closed,
    /// What was done to puts, and how many of those were used that may have happened.
    changed: Key,
    used_key: Key,
    done: Vec<Done>,
}

/// A change, for taking it back.
enum Done {
    Called(u32),
    Went(u32, Window),
    Came(u32),
    Changed(u32, Window),
    Used(u32),
    Headed(u32),
}

/// Where to go back to.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    done: usize,
    closed: usize,
    changed: Key,
    used: Key,
}

impl<'a> Puts<'a> {
    /// O(n log n).
    pub(super) fn new(
        object: Object,
        accesses: &'a Accesses,
        standing: impl Fn(usize) -> Standing,
    ) -> Puts<'a> {
        let mut wanted = vec![false; accesses.values];
        for (at, kind) in accesses.kinds.iter().enumerate() {
            if let Kind::Take(value) | Kind::Peek(value) = *kind
                && standing(at) == Standing::Required
            {
                wanted[value as usize] = true;
            }
        }
        let (mut answered, mut spare) = (Vec::new(), vec![Vec::new(); accesses.values]);
        let mut is_spare = vec![false; accesses.kinds.len()];
        for (at, kind) in accesses.kinds.iter().enumerate() {
            let Kind::Insert(value) = *kind else { continue };
            let is_open = accesses.spans[at].end == NEVER;
            match standing(at) {
                Standing::Dropped => {}
                Standing::Required if !is_open => answered.push(index(at)),
                // What nobody was answered need not have happened.
                _ if wanted[value as usize] => {
                    is_spare[at] = true;
                    spare[value as usize].push(index(at));
                }
                _ => {}
            }
        }
        let by_call = |at: &u32| (accesses.spans[*at as usize].start, *at);
        answered.sort_unstable_by_key(by_call);
        spare.iter_mut().for_each(|all| all.sort_unstable_by_key(by_call));
        Puts {
            object,
            accesses,
            answered,
            called: 0,
            windows: (0..is_spare.len()).map(|at| recorded(accesses, &is_spare, at)).collect(),
            by_start: BTreeSet::new(),
            by_end: BTreeSet::new(),
            line: BTreeSet::new(),
            ends: BTreeSet::new(),
            used: vec![0; accesses.values],
            spare,
            is_spare,
            head: NONE,
            closed: Closed::default(),
            changed: Key::default(),
            used_key: Key::default(),
            done: Vec::new(),
        }
    }

    pub(super) fn object(&self) -> Object {
        self.object
    }

    pub(super) fn head(&self) -> u32 {
        self.head
    }

    pub(super) fn window(&self, at: u32) -> Window {
        self.windows[at as usize]
    }

    pub(super) fn value(&self, at: u32) -> u32 {
        self.accesses.kinds[at as usize].value().unwrap_or(NONE)
    }

    /// Lets everything come that is called by the limit.
    pub(super) fn call(&mut self, limit: Moment, meter: &mut Meter<'_>) -> Result<(), Spent> {
        while let Some(&at) = self.answered.get(self.called)
            && self.windows[at as usize].start <= limit
        {
            reserve(&mut self.done, 1, meter)?;
            self.done.push(Done::Called(at));
            self.insert(at);
            self.called += 1;
        }
        Ok(())
    }

    /// Of the puts of a value those that may begin before a moment, the earliest first.
    pub(super) fn starting(&self, value: u32, before: Moment) -> impl Iterator<Item = u32> {
        self.by_start.range((value, 0, 0)..(value, before, 0)).map(|&(.., at)| at)
    }

    /// The puts of a value, the first to end first.
    pub(super) fn ending(&self, value: u32) -> impl DoubleEndedIterator<Item = u32> {
        self.by_end.range((value, 0, 0)..=(value, Moment::MAX, u32::MAX)).map(|&(.., at)| at)
    }

    /// The next put of a value that may have happened.
    pub(super) fn spare(&self, value: u32) -> Option<u32> {
        self.spare[value as usize].get(self.used[value as usize] as usize).copied()
    }

    /// Those that may be in the way of a put, and there when it is next.
    pub(super) fn behind(&self, bound: Bound) -> Box<dyn Iterator<Item = u32> + '_> {
        match bound {
            Bound::EndsBefore(moment) => {
                Box::new(self.line.range(..(moment, 0)).map(|&(_, at)| at))
            }
            Bound::StartsFrom(moment) => {
                Box::new(self.line.range((moment, 0)..).map(|&(_, at)| at))
            }
            Bound::Greater(value) => {
                let from = value.map_or(0, |value| value + 1);
                Box::new(self.by_end.range((from, 0, 0)..).map(|&(.., at)| at))
            }
        }
    }

    /// A put goes, whoever took it.
    pub(super) fn go(&mut self, at: u32) {
        if at == self.head {
            return self.set_head(NONE);
        }
        let window = self.windows[at as usize];
        self.remove(at);
        self.changed ^= self.fact(at, window);
        if !self.is_spare[at as usize] {
            self.changed ^= Key::of(Sort::Gone, [u64::from(at), 0, 0]);
        }
        self.done.push(Done::Went(at, window));
    }

    /// The next put of a value that may have happened did.
    pub(super) fn use_spare(&mut self, value: u32) {
        let used = &mut self.used[value as usize];
        *used += 1;
        let fact = Key::of(Sort::Spare, [u64::from(value), u64::from(*used), 0]);
        self.changed ^= fact;
        self.used_key ^= fact;
        self.done.push(Done::Used(value));
    }

    /// A put that may have happened did, and stays for now.
    pub(super) fn come(&mut self, at: u32, window: Window) {
        self.windows[at as usize] = window;
        self.insert(at);
        self.changed ^= self.fact(at, window);
        self.done.push(Done::Came(at));
    }

    pub(super) fn change(&mut self, at: u32, window: Window) {
        let before = self.windows[at as usize];
        if before == window {
            return;
        }
        self.remove(at);
        self.windows[at as usize] = window;
        self.insert(at);
        self.changed ^= self.fact(at, before);
        self.changed ^= self.fact(at, window);
        self.done.push(Done::Changed(at, before));
    }

    pub(super) fn set_head(&mut self, at: u32) {
        self.changed ^= head_fact(self.head);
        self.changed ^= head_fact(at);
        self.done.push(Done::Headed(std::mem::replace(&mut self.head, at)));
    }

    /// Makes room for what a step changes, accounted for.
    pub(super) fn make_room(&mut self, meter: &mut Meter<'_>) -> Result<(), Spent> {
        reserve(&mut self.done, CHANGES_EACH, meter)
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            done: self.done.len(),
            closed: self.closed.mark(),
            changed: self.changed,
            used: self.used_key,
        }
    }

    /// What decides how a walk goes on that stands here, with how many puts that looked at: two puts of
    /// a value that are inside are as good as each other where they are in the way of the same others.
    /// Of a stack that is nothing of what is certainly inside: see [`layers`](super::layers).
    pub(super) fn key(&self, now: Moment, limit: Moment) -> (Key, u64) {
        match self.object {
            Object::Queue => (self.changed, 1),
            Object::Stack => self.pending(now, limit),
            _ => self.held(now, limit),
        }
    }

    /// How many puts of each value are inside a priority queue, and which may still come.
    fn held(&self, now: Moment, limit: Moment) -> (Key, u64) {
        let mut key = self.used_key;
        let there = self.by_end.iter().filter(|&&(.., at)| self.window(at).start <= limit);
        for &(value, _, at) in there {
            key = match self.window(at).is_inside(now) {
                true => key.then([0, u64::from(value), 0]),
                false => key.then([1, u64::from(at), 0]),
            };
        }
        (key, self.by_end.len() as u64)
    }

    /// Which puts of a stack may still come.
    fn pending(&self, now: Moment, limit: Moment) -> (Key, u64) {
        let (mut key, mut looked_at) = (self.used_key, 0);
        for at in self.by_end_down() {
            let window = self.window(at);
            looked_at += 1;
            if window.end < now {
                break;
            }
            if window.start <= limit && !window.is_inside(now) {
                key = key.then([u64::from(at), 0, 0]);
            }
        }
        (key, looked_at)
    }

    /// The puts of a stack, the last to begin first.
    pub(super) fn by_start_down(&self) -> impl Iterator<Item = u32> {
        self.line.iter().rev().map(|&(_, at)| at)
    }

    /// The puts of a stack, the last to end first.
    pub(super) fn by_end_down(&self) -> impl Iterator<Item = u32> {
        self.ends.iter().rev().map(|&(_, at)| at)
    }

    /// Takes back what was done since a mark.
    pub(super) fn go_back(&mut self, mark: Mark) {
        while self.done.len() > mark.done {
            match self.done.pop() {
                Some(Done::Called(at)) => {
                    self.remove(at);
                    self.called -= 1;
                }
                Some(Done::Went(at, window)) => {
                    self.windows[at as usize] = window;
                    self.insert(at);
                }
                Some(Done::Came(at)) => {
                    self.remove(at);
                    self.windows[at as usize] =
                        recorded(self.accesses, &self.is_spare, at as usize);
                }
                Some(Done::Changed(at, window)) => {
                    self.remove(at);
                    self.windows[at as usize] = window;
                    self.insert(at);
                }
                Some(Done::Used(value)) => self.used[value as usize] -= 1,
                Some(Done::Headed(before)) => self.head = before,
                None => {}
            }
        }
        self.closed.go_back(mark.closed);
        (self.changed, self.used_key) = (mark.changed, mark.used);
    }

    /// What is different about a put that is there.
    fn fact(&self, at: u32, window: Window) -> Key {
        if window == recorded(self.accesses, &self.is_spare, at as usize) {
            return Key::default();
        }
        let seen = u64::from(at) << 1 | u64::from(window.is_seen);
        Key::of(Sort::Window, [seen, window.start, window.end])
    }

    fn place(&self, at: u32) -> Moment {
        let Window { start, end, .. } = self.windows[at as usize];
        if self.object == Object::Stack { start } else { end }
    }

    fn insert(&mut self, at: u32) {
        let (value, window) = (self.value(at), self.windows[at as usize]);
        self.by_start.insert((value, window.start, at));
        self.by_end.insert((value, window.end, at));
        if self.object != Object::PriorityQueue {
            self.line.insert((self.place(at), at));
        }
        if self.object == Object::Stack {
            self.ends.insert((window.end, at));
        }
    }

    fn remove(&mut self, at: u32) {
        let (value, window) = (self.value(at), self.windows[at as usize]);
        self.by_start.remove(&(value, window.start, at));
        self.by_end.remove(&(value, window.end, at));
        if self.object != Object::PriorityQueue {
            self.line.remove(&(self.place(at), at));
        }
        if self.object == Object::Stack {
            self.ends.remove(&(window.end, at));
        }
    }
}

/// The window of a put of which nothing else is known.
fn recorded(accesses: &Accesses, is_spare: &[bool], at: usize) -> Window {
    let span = accesses.spans[at];
    let end = if is_spare[at] { NEVER } else { span.end };
    Window { start: first(span.start), end: last(end), is_seen: false }
}

fn head_fact(at: u32) -> Key {
    if at == NONE { Key::default() } else { Key::of(Sort::Head, [u64::from(at), 0, 0]) }
}

/// Which puts may be in the way of one that is to be next.
#[derive(Clone, Copy)]
pub(super) enum Bound {
    /// Of a queue: what certainly came before this moment.
    EndsBefore(Moment),
    /// Of a stack: what can only have come from this moment on.
    StartsFrom(Moment),
    /// Of a priority queue: what is greater, or everything.
    Greater(Option<u32>),
}
