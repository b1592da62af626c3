//! Which lost values go earlier than what was chosen for them, where nothing can lie at the bottom.
//!
//! At some moments only lost values are certainly inside, because of when they were given a take:
//! with an earlier one they would be gone. Where the fewest of them are, they are let go. The same
//! where one other value must be inside that was seen on top and has no moment for that yet.
//!
//! Moments and covers are kept in trees, so that each choice is O(log n), beside a step for each
//! value that it lets go.

use super::{Peel, sums};
use crate::collection::lost::Lost;
use crate::collection::tree::{Covers, Intervals, Names};
use crate::collection::tuned::index;
use crate::collection::{NEVER, NONE};

/// Which values are in the way at which moments, and which of them need not be.
pub(super) struct Choices {
    /// Values that must be inside.
    must: Covers,
    names: Names,
    /// Moments that were looked at when one value was left that must be inside. Since then they count
    /// one more.
    alone: Vec<bool>,
    /// Lost values that need not be inside, at the moments that are a choice.
    may: Covers,
    is_choice: Vec<bool>,
    /// Of the lost values by that moment: up to when each need not be inside.
    loose: Vec<Loose>,
    ends: Intervals,
    /// For each value the first moment at which it need not be inside, or [`NONE`].
    loose_from: Vec<u32>,
}

/// A lost value that need not be inside from a moment on.
struct Loose {
    value: usize,
    from: usize,
}

impl Choices {
    /// What can be chosen for the values that are left. O(n log n).
    pub(super) fn new(peel: &Peel<'_>, lost: &Lost) -> Choices {
        let moments = peel.moments.len();
        let (mut must, mut may) = (vec![0; moments + 1], vec![0; moments + 1]);
        let mut names = Names::new(moments);
        let mut loose_from = vec![NONE; peel.gone_from.len()];
        let mut loose: Vec<(Loose, usize)> = Vec::new();
        for value in peel.values_left() {
            let (from, to) = peel.inside(value);
            let least = lost.earliest(peel.tuned, value).unwrap_or(NEVER);
            let middle = peel.moments.from(least).clamp(from, to);
            must[from] += 1;
            must[middle] -= 1;
            names.toggle(from, middle, index(value) + 1);
            if middle < to {
                may[middle] += 1;
                may[to] -= 1;
                loose_from[value] = index(middle);
                loose.push((Loose { value, from: middle }, to));
            }
        }
        loose.sort_unstable_by_key(|(loose, _)| loose.from);
        let covers = |changes: &[i32]| Covers::new(&sums(&changes[..moments]));
        let mut may = covers(&may);
        may.retire_all();
        Choices {
            must: covers(&must),
            names,
            alone: vec![false; moments],
            may,
            is_choice: vec![false; moments],
            ends: Intervals::new(loose.iter().map(|&(_, to)| index(to - 1))),
            loose: loose.into_iter().map(|(loose, _)| loose).collect(),
            loose_from,
        }
    }

    /// Lets the fewest lost values go that are in the way at some moment, and notes which and when.
    /// Gives how many steps that took, or `None` when there is no such moment.
    pub(super) fn loosen(
        &mut self,
        peel: &mut Peel<'_>,
        wanted: &mut Vec<(usize, u32)>,
    ) -> Option<usize> {
        let mut steps = self.look(peel);
        let moment = self.best(peel, &mut steps)?;
        let begun = self.loose.partition_point(|loose| loose.from <= moment);
        let mut let_go = Vec::new();
        while let Some(found) = self.ends.take(0..begun, index(moment)) {
            steps += 1;
            if peel.is_left(self.loose[found].value) {
                let_go.push(found);
            }
        }
        for found in let_go {
            let Loose { value, from } = self.loose[found];
            self.may.add(moment, peel.inside(value).1, -1);
            peel.let_go(value, moment);
            wanted.push((value, peel.moments.at(moment)));
            if from < moment {
                self.ends.cut(found, index(moment) - 1);
            }
        }
        Some(steps)
    }

    /// Finds the moments that became a choice since the last time. Gives how many were looked at.
    fn look(&mut self, peel: &mut Peel<'_>) -> usize {
        let mut looked = 0;
        while let Some((at, cover)) = self.must.at_most(1) {
            looked += 1;
            let first = cover == 1 && !self.alone[at];
            if first {
                self.alone[at] = true;
                self.must.add(at, at + 1, 1);
            } else {
                self.must.retire(at);
            }
            if (!first || self.is_sought(peel, at)) && !self.is_choice[at] {
                self.is_choice[at] = true;
                self.may.admit(at);
            }
        }
        looked
    }

    /// The moment at which the fewest values are in the way, none of which need be.
    fn best(&mut self, peel: &mut Peel<'_>, steps: &mut usize) -> Option<usize> {
        loop {
            *steps += 1;
            let (at, fewest) = self.may.least()?;
            let must = self.names.at(at) != 0;
            if fewest > 0 && (!must || self.is_sought(peel, at)) {
                return Some(at);
            }
            // It is open, or the one that must be inside was seen on top at some other moment.
            self.may.retire(at);
            self.is_choice[at] = fewest == 0;
        }
    }

    /// Whether the one value that must be inside at this moment is to be seen on top at it.
    fn is_sought(&self, peel: &mut Peel<'_>, at: usize) -> bool {
        let value = self.names.at(at).checked_sub(1);
        value.is_some_and(|value| peel.is_sought(value as usize, at))
    }

    /// A value that is about to be peeled is in nobody's way any more.
    pub(super) fn remove(&mut self, peel: &Peel<'_>, value: usize) {
        let (from, to) = peel.inside(value);
        let middle = (self.loose_from[value] as usize).min(to);
        self.must.add(from, middle, -1);
        self.names.toggle(from, middle, index(value) + 1);
        self.may.add(middle, to, -1);
    }
}
