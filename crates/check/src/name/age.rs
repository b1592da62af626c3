//! Which of two values is the older one.
//!
//! A value is *done* when every write of it has certainly taken effect: when all of them have
//! returned, or, where it was there only once, when anybody has seen it. A value is older than
//! another one when it was done before an operation was called that wrote or saw the other, when it
//! was swapped for it, or when a value that was there only once stands between the two.

use crate::core::{Reduced, Values};
use crate::part::Part;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use testimony_history::Rank;

/// The ages of the values of a core.
pub(crate) struct Ages<'c, 'h> {
    part: &'c Part<'h>,
    /// For each value the rank at which it was done; `None` for the initial value when nobody
    /// writes it.
    done: Vec<Option<Rank>>,
    /// Whether it was there only once.
    once: Vec<bool>,
    /// The last call of an operation that certainly came with it or after it, of those only once.
    latest: Vec<Option<Rank>>,
    /// What those that were there only once were swapped for: `(new, old)`, sorted.
    swapped: Vec<(usize, usize)>,
    /// Those that were there only once, by when they were done.
    by_done: Vec<usize>,
    /// What is known of values that were asked about.
    pasts: RefCell<FxHashMap<usize, Past>>,
}

/// Everything that is older than a value.
#[derive(Default)]
struct Past {
    /// What was done before this.
    before: Option<Rank>,
    /// And these.
    swapped: FxHashSet<usize>,
}

impl<'c, 'h> Ages<'c, 'h> {
    /// The ages of all values that operations of the core saw or wrote. O(n log n).
    pub(crate) fn new(part: &'c Part<'h>, values: &Values<'_>, core: &Reduced) -> Ages<'c, 'h> {
        let operation = |at: usize| part.operations[at];
        let last = core.required.iter().map(|&at| operation(at).ret).max();
        let in_time = |&at: &usize| last.is_some_and(|last| operation(at).call <= last);
        let mut seen: Vec<Option<Rank>> = vec![None; values.atoms.len()];
        for &at in &core.required {
            if let Some(value) = values.shapes[at].sees {
                let ret = operation(at).ret;
                seen[value] = Some(seen[value].map_or(ret, |first| first.min(ret)));
            }
        }
        let (mut done, mut once) = (seen, Vec::with_capacity(values.atoms.len()));
        for (value, done) in done.iter_mut().enumerate() {
            // By call, so that those in time come first.
            let writers = values.writers[value].iter().copied().take_while(in_time);
            let (mut times, mut written) = (usize::from(value == values.initial), None);
            for at in writers {
                times += 1;
                written = written.max(Some(operation(at).ret));
            }
            once.push(times == 1);
            *done = match written {
                Some(written) if times == 1 => Some(done.map_or(written, |seen| seen.min(written))),
                other => other,
            };
        }
        let mut latest = vec![None; values.atoms.len()];
        let mut swapped = Vec::new();
        let required = core.required.iter().map(|&at| (at, true));
        for (at, required) in required.chain(core.optional.iter().map(|&at| (at, false))) {
            let shape = values.shapes[at];
            let seen = shape.sees.filter(|_| required);
            for new in [shape.writes, seen].into_iter().flatten().filter(|&new| once[new]) {
                latest[new] = latest[new].max(Some(operation(at).call));
            }
            if let (Some(new), Some(old)) = (shape.writes, shape.sees)
                && once[new]
                && once[old]
            {
                swapped.push((new, old));
            }
        }
        swapped.sort_unstable();
        let is_named = |&value: &usize| once[value] && latest[value].is_some();
        let mut by_done: Vec<usize> = (0..once.len()).filter(is_named).collect();
        by_done.sort_unstable_by_key(|&value| done[value]);
        Ages { part, done, once, latest, swapped, by_done, pasts: RefCell::default() }
    }

    fn was_done_before(&self, value: usize, rank: Rank) -> bool {
        self.done[value].is_none_or(|done| done < rank)
    }

    /// Whether `old` was gone for good when `new` was there, which the operation at `at` wrote or
    /// saw. O(v) for each new value that is asked about, then O(1).
    pub(crate) fn is_older(&self, old: usize, new: usize, at: usize) -> bool {
        if old == new {
            return false;
        }
        self.was_done_before(old, self.part.operations[at].call) || {
            let mut pasts = self.pasts.borrow_mut();
            let past = pasts.entry(new).or_insert_with(|| self.past(new));
            past.swapped.contains(&old)
                || past.before.is_some_and(|before| self.was_done_before(old, before))
        }
    }

    /// Everything that is older than a value that was there only once.
    fn past(&self, new: usize) -> Past {
        let mut past = Past::default();
        if !self.once[new] {
            return past;
        }
        let (mut open, mut next) = (vec![new], 0);
        while let Some(value) = open.pop() {
            past.before = past.before.max(self.latest[value]);
            let first = self.swapped.partition_point(|&(to, _)| to < value);
            let from = self.swapped[first..].iter().take_while(|&&(to, _)| to == value);
            for &(_, old) in from {
                if past.swapped.insert(old) {
                    open.push(old);
                }
            }
            // Whatever was done by then is older, too, and so is what is older than that.
            while open.is_empty()
                && let Some(&old) = self.by_done.get(next)
                && past.before.is_some_and(|before| self.was_done_before(old, before))
            {
                open.push(old);
                next += 1;
            }
        }
        past
    }
}
