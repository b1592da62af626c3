//! Trees over numbered places, in flat arrays: the least cover, the furthest end, who covers.

use std::ops::Range;

/// How many intervals cover each place; answers which place few cover. Each change and question is
/// O(log n).
pub(super) struct Covers {
    size: usize,
    /// For each node the least cover below it, with what was added to the whole of it.
    least: Vec<i32>,
    added: Vec<i32>,
}

/// A cover that no place has: it is out.
const OUT: i32 = i32::MAX / 4;

impl Covers {
    /// Places with these covers.
    pub(super) fn new(covers: &[i32]) -> Covers {
        let size = covers.len().next_power_of_two();
        let mut least = vec![OUT; 2 * size];
        least[size..size + covers.len()].copy_from_slice(covers);
        for node in (1..size).rev() {
            least[node] = least[2 * node].min(least[2 * node + 1]);
        }
        Covers { size, least, added: vec![0; 2 * size] }
    }

    /// Changes the covers of the places from `from` up to `to` (without it).
    pub(super) fn add(&mut self, from: usize, to: usize, change: i32) {
        if from >= to {
            return;
        }
        let (mut left, mut right) = (from + self.size, to + self.size);
        // The ancestors of the first and the last place: only below them anything changes.
        let (mut first, mut last) = (left, right - 1);
        let mut changed = true;
        while changed && first > 1 || left < right {
            if left < right {
                if left % 2 == 1 {
                    self.apply(left, change);
                    left += 1;
                }
                if right % 2 == 1 {
                    right -= 1;
                    self.apply(right, change);
                }
                (left, right) = (left / 2, right / 2);
            }
            (first, last) = (first / 2, last / 2);
            changed = self.rebuild(first);
            changed |= first != last && self.rebuild(last);
        }
    }

    fn apply(&mut self, node: usize, change: i32) {
        self.least[node] += change;
        self.added[node] += change;
    }

    /// Whether that changes anything.
    fn rebuild(&mut self, node: usize) -> bool {
        let least = self.least[2 * node].min(self.least[2 * node + 1]) + self.added[node];
        std::mem::replace(&mut self.least[node], least) != least
    }

    /// Takes a place out.
    pub(super) fn retire(&mut self, place: usize) {
        self.add(place, place + 1, OUT);
    }

    /// Takes a place in that is out.
    pub(super) fn admit(&mut self, place: usize) {
        self.add(place, place + 1, -OUT);
    }

    /// Takes out all places.
    pub(super) fn retire_all(&mut self) {
        self.apply(1, OUT);
    }

    /// The last of the places with the least cover that are not out, with its cover.
    pub(super) fn least(&self) -> Option<(usize, i32)> {
        let mut node = 1;
        while node < self.size {
            let (left, right) = (2 * node, 2 * node + 1);
            node = if self.least[right] <= self.least[left] { right } else { left };
        }
        Some((node - self.size, self.least[1])).filter(|&(_, cover)| cover < OUT / 2)
    }

    /// A place with at most this cover, with its cover.
    pub(super) fn at_most(&self, cover: i32) -> Option<(usize, i32)> {
        if self.least[1] > cover {
            return None;
        }
        let (mut node, mut above) = (1, 0);
        while node < self.size {
            above += self.added[node];
            let left = 2 * node;
            node = if self.least[left] + above <= cover { left } else { left + 1 };
        }
        Some((node - self.size, self.least[node] + above))
    }
}

/// Intervals by their starts; gives up, once each, those that contain a place.
pub(super) struct Intervals {
    size: usize,
    /// For each node the furthest end below it, one more than the place; 0 when it was given up.
    furthest: Vec<u32>,
}

impl Intervals {
    /// Intervals with these last places.
    pub(super) fn new(last: impl ExactSizeIterator<Item = u32>) -> Intervals {
        let size = last.len().next_power_of_two();
        let mut furthest = vec![0; 2 * size];
        for (at, last) in last.enumerate() {
            furthest[size + at] = last + 1;
        }
        for node in (1..size).rev() {
            furthest[node] = furthest[2 * node].max(furthest[2 * node + 1]);
        }
        Intervals { size, furthest }
    }

    /// Gives up one of the intervals with these numbers whose last place is at least `place`.
    pub(super) fn take(&mut self, among: Range<usize>, place: u32) -> Option<usize> {
        let found = self.find(among, place)?;
        self.give_up(found);
        Some(found)
    }

    /// The first of the intervals with these numbers whose last place is at least `place`.
    pub(super) fn find(&self, among: Range<usize>, place: u32) -> Option<usize> {
        if among.is_empty() {
            return None;
        }
        let mut node = among.start + self.size;
        // Up and to the right to the first subtree that reaches so far, then down to its first leaf.
        while self.furthest[node] <= place {
            while node % 2 == 1 {
                node /= 2;
            }
            if node == 0 {
                return None;
            }
            node += 1;
        }
        while node < self.size {
            node *= 2;
            node += usize::from(self.furthest[node] <= place);
        }
        Some(node - self.size).filter(|&found| found < among.end)
    }

    /// Gives up an interval.
    pub(super) fn give_up(&mut self, interval: usize) {
        self.set(interval, 0);
    }

    /// Lets an interval end at this place.
    pub(super) fn cut(&mut self, interval: usize, last: u32) {
        self.set(interval, last + 1);
    }

    fn set(&mut self, interval: usize, furthest: u32) {
        let mut node = interval + self.size;
        self.furthest[node] = furthest;
        while node > 1 {
            node /= 2;
            self.furthest[node] = self.furthest[2 * node].max(self.furthest[2 * node + 1]);
        }
    }
}

/// The exclusive or of the names of the intervals that cover each place: where one does, its name.
pub(super) struct Names(Vec<u32>);

impl Names {
    pub(super) fn new(places: usize) -> Names {
        Names(vec![0; places + 2])
    }

    /// Puts the interval from `from` up to `to` (without it) in, or takes it out.
    pub(super) fn toggle(&mut self, from: usize, to: usize, name: u32) {
        if from < to {
            self.from(from, name);
            self.from(to, name);
        }
    }

    fn from(&mut self, place: usize, name: u32) {
        let mut at = place + 1;
        while at < self.0.len() {
            self.0[at] ^= name;
            at += at & at.wrapping_neg();
        }
    }

    /// The exclusive or of the names at a place.
    pub(super) fn at(&self, place: usize) -> u32 {
        let (mut at, mut name) = (place + 1, 0);
        while at > 0 {
            name ^= self.0[at];
            at &= at - 1;
        }
        name
    }
}
