//! What took effect in the plans of a beam, which share their beginnings.

use crate::budget::{Meter, Spent, reserve};

/// Nothing came before.
const NOTHING: u32 = u32::MAX;

/// With fewer entries than this, nothing is forgotten.
const ENTRIES_MIN: usize = 1 << 14;

/// The end of a plan's trail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct End(u32);

impl End {
    /// Where nothing has taken effect.
    pub(super) const FIRST: End = End(NOTHING);
}

/// What took effect, and after what.
#[derive(Clone, Copy)]
struct Entry {
    before: u32,
    what: u32,
}

/// What took effect in all plans.
#[derive(Default)]
pub(super) struct Trail {
    entries: Vec<Entry>,
    /// How many were left when some were forgotten last.
    left: usize,
}

impl Trail {
    /// The end of the trail on which this took effect next.
    pub(super) fn after(
        &mut self,
        end: End,
        what: u32,
        meter: &mut Meter<'_>,
    ) -> Result<End, Spent> {
        reserve(&mut self.entries, 1, meter)?;
        let next = u32::try_from(self.entries.len()).map_err(|_| Spent::Budget)?;
        self.entries.push(Entry { before: end.0, what });
        Ok(End(next))
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Takes back what was entered since there were so many.
    pub(super) fn truncate(&mut self, len: usize) {
        self.entries.truncate(len);
    }

    /// What took effect, the first of it first. O(its length).
    pub(super) fn to(&self, end: End) -> Vec<u32> {
        let (mut all, mut at) = (Vec::new(), end.0);
        while at != NOTHING {
            let entry = self.entries[at as usize];
            all.push(entry.what);
            at = entry.before;
        }
        all.reverse();
        all
    }

    /// Forgets what is on none of these trails, if that may be much: amortised O(1) for each entry.
    pub(super) fn keep<'e>(&mut self, ends: impl Iterator<Item = &'e mut End>) {
        if self.entries.len() < ENTRIES_MIN.max(2 * self.left) {
            return;
        }
        let mut ends: Vec<&mut End> = ends.collect();
        let mut moved = vec![NOTHING; self.entries.len()];
        for end in &ends {
            let mut at = end.0;
            while at != NOTHING && moved[at as usize] == NOTHING {
                moved[at as usize] = 0;
                at = self.entries[at as usize].before;
            }
        }
        let mut next = 0;
        for at in 0..moved.len() {
            if moved[at] == NOTHING {
                continue;
            }
            moved[at] = next;
            let Entry { before, what } = self.entries[at];
            let before = if before == NOTHING { NOTHING } else { moved[before as usize] };
            self.entries[next as usize] = Entry { before, what };
            next += 1;
        }
        self.entries.truncate(next as usize);
        self.left = self.entries.len();
        for end in ends.iter_mut().filter(|end| end.0 != NOTHING) {
            end.0 = moved[end.0 as usize];
        }
    }
}

#[cfg(test)]
mod tests {
    //! Goal: what is forgotten is on no trail that is kept. Method: random trails, beside lists.

    use super::{ENTRIES_MIN, End, Trail};
    use crate::budget::{Budget, Meter};
    use crate::families::Draw;

    #[test]
    fn trails_that_are_kept_stay_as_they_are() {
        let budget = Budget::default();
        let (mut meter, mut draw, mut trail) = (Meter::new(&budget), Draw(7), Trail::default());
        let mut plans: Vec<(End, Vec<u32>)> = vec![(End::FIRST, Vec::new()); 8];
        let mut most = 0;
        for what in 0..100_000 {
            let (from, to) = (draw.below(8) as usize, draw.below(8) as usize);
            let mut plan = plans[from].clone();
            // Now and then one begins anew, so that not all of them share their beginnings.
            if draw.below(5_000) == 0 {
                plan = (End::FIRST, Vec::new());
            }
            plan.0 = trail.after(plan.0, what, &mut meter).expect("room");
            plan.1.push(what);
            plans[to] = plan;
            trail.keep(plans.iter_mut().map(|(end, _)| end));
            most = most.max(trail.len());
        }
        for (end, all) in &plans {
            assert_eq!(trail.to(*end), *all);
        }
        assert!(most < 4 * ENTRIES_MIN, "{most}");
    }
}
