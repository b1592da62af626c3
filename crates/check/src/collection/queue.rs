//! First in, first out.
//!
//! Two things say that a value is before another one in the queue: it certainly came first, or it
//! was found at the front by an operation that returned before the other one can have gone. An order
//! exists exactly when these have no circle, and then any order of the values that respects them
//! will do: they come in that order, each as early as it can, and go in that order, each as early as
//! it can. Both relations are "ends before starts", so the values that nothing precedes are found by
//! looking at the two earliest ends only; no arrow is ever drawn.

use super::accesses::Accesses;
use super::tuned::{Tuned, Value, index};
use super::{NEVER, NONE};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// An order, or positions that contradict each other. O(n log n).
pub(super) fn order(
    accesses: &Accesses,
    tuned: &Tuned,
    empty_at: &[u32],
) -> Result<Vec<usize>, Vec<usize>> {
    let values = &tuned.values;
    // The earliest to go first: so those that are gone before the queue was found empty stand before
    // the others.
    let sorts = Sorts::new(values);
    let line = Line::new(values, &sorts, |value| values[value].rem.start).run();
    let line = line.map_err(|circle| why(accesses, tuned, &circle))?;
    let (order, in_time) = schedule(tuned, &with_empties(tuned, &line, empty_at));
    debug_assert!(in_time, "the values precede each other, but not in time");
    Ok(order)
}

/// Why one value precedes the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Because {
    /// It came first.
    Came,
    /// It was found at the front before the other one can have gone.
    Found,
}

/// Values in a row, each with the reason why it precedes the one after it (the last one: the first).
pub(super) type Circle = Vec<(usize, Because)>;

/// Values by each of the moments that say which precedes which.
pub(super) struct Sorts {
    come_end: Vec<u32>,
    come_start: Vec<u32>,
    next_by: Vec<u32>,
    go_start: Vec<u32>,
}

impl Sorts {
    /// Sorts these values. O(n log n).
    pub(super) fn new(values: &[Value]) -> Sorts {
        let by = |key: fn(&Value) -> u32| {
            // With the moment beside each value nothing is looked up to sort them.
            let pair = |(at, value)| (key(value), index(at));
            let mut pairs: Vec<(u32, u32)> = values.iter().enumerate().map(pair).collect();
            pairs.sort_unstable();
            pairs.into_iter().map(|(_, value)| value).collect()
        };
        Sorts {
            come_end: by(|value| value.add.end),
            come_start: by(|value| value.add.start),
            next_by: by(|value| value.next_by),
            go_start: by(|value| value.rem.start),
        }
    }
}

/// Values sorted by a moment, with those that are already in line passed over.
struct Sorted<'v> {
    by: &'v [u32],
    at: usize,
}

impl<'v> Sorted<'v> {
    fn new(by: &'v [u32]) -> Sorted<'v> {
        Sorted { by, at: 0 }
    }

    /// The first that is not in line yet.
    fn first(&mut self, done: &[bool]) -> Option<usize> {
        while self.by.get(self.at).is_some_and(|&value| done[value as usize]) {
            self.at += 1;
        }
        self.by.get(self.at).map(|&value| value as usize)
    }
}

/// The values on their way into a line; of those that may be next, the least by `urgency` is.
pub(super) struct Line<'v, U, F> {
    urgency: F,
    values: &'v [Value],
    done: Vec<bool>,
    /// Of the two reasons to wait, how many are left.
    waits: Vec<u8>,
    /// Whether the second reason is gone.
    may_go: Vec<bool>,
    come_end: Sorted<'v>,
    come_start: Sorted<'v>,
    next_by: Sorted<'v>,
    /// Behind the first of `next_by`.
    second: usize,
    go_start: Sorted<'v>,
    ready: BinaryHeap<Reverse<(U, u32)>>,
}

impl<'v, U: Ord, F: Fn(usize) -> U> Line<'v, U, F> {
    pub(super) fn new(values: &'v [Value], sorts: &'v Sorts, urgency: F) -> Line<'v, U, F> {
        Line {
            urgency,
            values,
            done: vec![false; values.len()],
            waits: vec![2; values.len()],
            may_go: vec![false; values.len()],
            come_end: Sorted::new(&sorts.come_end),
            come_start: Sorted::new(&sorts.come_start),
            next_by: Sorted::new(&sorts.next_by),
            second: 1,
            go_start: Sorted::new(&sorts.go_start),
            ready: BinaryHeap::new(),
        }
    }

    /// The values in a line, or a circle.
    pub(super) fn run(mut self) -> Result<Vec<usize>, Circle> {
        let mut line = Vec::with_capacity(self.values.len());
        while line.len() < self.values.len() {
            self.release();
            let Some(Reverse((_, value))) = self.ready.pop() else { return Err(self.circle()) };
            self.done[value as usize] = true;
            line.push(value as usize);
        }
        Ok(line)
    }

    fn free(&mut self, value: usize) {
        self.waits[value] -= 1;
        if self.waits[value] == 0 {
            let number = u32::try_from(value).unwrap_or(NONE);
            self.ready.push(Reverse(((self.urgency)(value), number)));
        }
    }

    /// Frees the values that need no longer wait.
    fn release(&mut self) {
        if let Some(first) = self.come_end.first(&self.done) {
            let bound = self.values[first].add.end;
            while let Some(&value) = self.come_start.by.get(self.come_start.at) {
                if self.values[value as usize].add.start > bound {
                    break;
                }
                self.come_start.at += 1;
                self.free(value as usize);
            }
        }
        let (first, second) = self.fronts();
        let Some(first) = first else { return };
        let bound = self.values[first].next_by;
        while let Some(&value) = self.go_start.by.get(self.go_start.at) {
            if self.values[value as usize].rem.start > bound {
                break;
            }
            self.go_start.at += 1;
            self.may_go_now(value as usize);
        }
        // A value does not precede itself.
        let bound = second.map_or(NEVER, |second| self.values[second].next_by);
        if self.values[first].rem.start <= bound {
            self.may_go_now(first);
        }
    }

    fn may_go_now(&mut self, value: usize) {
        if !std::mem::replace(&mut self.may_go[value], true) {
            self.free(value);
        }
    }

    /// The two values that were found at the front by the earliest ends.
    fn fronts(&mut self) -> (Option<usize>, Option<usize>) {
        let first = self.next_by.first(&self.done);
        self.second = self.second.max(self.next_by.at + 1);
        while self.next_by.by.get(self.second).is_some_and(|&value| self.done[value as usize]) {
            self.second += 1;
        }
        (first, self.next_by.by.get(self.second).map(|&value| value as usize))
    }

    /// A circle among the values that are left, none of which is free.
    fn circle(mut self) -> Circle {
        let (first, second) = self.fronts();
        let came = self.come_end.first(&self.done);
        let before = |value: usize| match came.filter(|&other| {
            other != value && self.values[other].add.end < self.values[value].add.start
        }) {
            Some(other) => Some((other, Because::Came)),
            None => first.filter(|&other| other != value).or(second).map(|v| (v, Because::Found)),
        };
        let mut walk: Vec<(usize, Because)> = Vec::new();
        let mut at = self.done.iter().position(|done| !done);
        while let Some((other, because)) = at.and_then(before) {
            if let Some(start) = walk.iter().position(|&(seen, _)| seen == other) {
                // `walk` goes backwards: each entry precedes the value found before it.
                let mut circle = walk.split_off(start);
                circle[0].1 = because;
                return reversed(circle);
            }
            walk.push((other, because));
            at = Some(other);
        }
        Vec::new()
    }
}

/// Turns a walk against the arrows into one along them.
fn reversed(mut walk: Circle) -> Circle {
    walk.reverse();
    walk
}

/// The operations behind a circle.
fn why(accesses: &Accesses, tuned: &Tuned, circle: &[(usize, Because)]) -> Vec<usize> {
    let mut suspects = Vec::new();
    for (place, &(before, because)) in circle.iter().enumerate() {
        let (after, _) = circle[(place + 1) % circle.len()];
        let (before, after) = (&tuned.values[before], &tuned.values[after]);
        match because {
            Because::Came => {
                suspects.push(tuned.ends_first(accesses, before));
                suspects.push(after.insert as usize);
            }
            Because::Found => {
                suspects.push(tuned.next_first(accesses, before));
                if after.rem.start != NEVER {
                    suspects.push(tuned.starts_last(accesses, after));
                }
            }
        }
    }
    suspects
}

/// Puts the answers that nothing was there into a line, each behind what is gone by its moment; such
/// an answer stands there with its number, behind those of all values. O(n log n).
fn with_empties(tuned: &Tuned, line: &[usize], empty_at: &[u32]) -> Vec<usize> {
    let empties =
        empty_at.iter().enumerate().map(|(number, &at)| (at, tuned.values.len() + number));
    let mut empties: Vec<(u32, usize)> = empties.collect();
    empties.sort_unstable();
    let mut empties = empties.into_iter().peekable();
    let mut all = Vec::with_capacity(line.len() + empty_at.len());
    for &value in line {
        let gone = tuned.values[value].rem.start;
        while let Some((_, empty)) = empties.next_if(|&(at, _)| at < gone) {
            all.push(empty);
        }
        all.push(value);
    }
    all.extend(empties.map(|(_, empty)| empty));
    all
}

/// Lets what stands in a line ([`with_empties`]) come and go one after the other, each as early as it
/// can. With whether none of it is too late. O(n), and O(n log n) in the peeks.
pub(super) fn schedule(tuned: &Tuned, line: &[usize]) -> (Vec<usize>, bool) {
    // Moments with how often the queue was empty before: what comes and goes between the same two.
    let mut come: Vec<((u32, usize), u32)> = Vec::with_capacity(line.len());
    let mut go: Vec<((u32, usize), u32)> = Vec::with_capacity(line.len() + tuned.peeks.len());
    let mut empties: Vec<((u32, usize), u32)> = Vec::with_capacity(tuned.empties.len());
    let (mut came, mut gone, mut in_time) = (0, 0, true);
    for &at in line {
        let epoch = empties.len();
        let Some(value) = tuned.values.get(at) else {
            let empty = &tuned.empties[at - tuned.values.len()];
            // Everything before it is gone, and nothing behind it has come.
            came = empty.span.start.max(came).max(gone);
            gone = came;
            in_time &= came <= empty.span.end;
            empties.push(((came, epoch), empty.position));
            continue;
        };
        came = value.add.start.max(came);
        in_time &= came <= value.add.end;
        come.push(((came, epoch), value.insert));
        let start = go.len();
        for peek in &tuned.peeks[value.peeks()] {
            let seen = peek.span.start.max(came).max(gone);
            in_time &= seen <= peek.span.end;
            go.push(((seen, epoch), peek.position));
        }
        go[start..].sort_unstable();
        gone = value.rem.start.max(came).max(gone);
        in_time &= gone <= value.rem.end;
        if value.take != NONE && gone != NEVER {
            go.push(((gone, epoch), value.take));
        }
    }
    (merge(&[come, go, empties]), in_time)
}

/// Merges three sorted lists; of what is equal the earlier list is first.
fn merge(lists: &[Vec<((u32, usize), u32)>; 3]) -> Vec<usize> {
    let total = lists.iter().map(Vec::len).sum();
    let mut order = Vec::with_capacity(total);
    let mut at = [0; 3];
    while order.len() < total {
        let heads = (0..3).filter_map(|list| Some((lists[list].get(at[list])?.0, list)));
        let Some((_, list)) = heads.min() else { break };
        order.push(lists[list][at[list]].1 as usize);
        at[list] += 1;
    }
    order
}
