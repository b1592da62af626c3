//! One plan of a beam.

use super::trail::{End, Trail};
use crate::budget::{Meter, Spent};
use crate::sums::schedule::Schedule;
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};

/// A plan as far as it got.
#[derive(Clone)]
pub(super) struct Node {
    /// What the numbers are.
    pub(super) state: Vec<i128>,
    /// Open operations that have taken effect, in order.
    done: Vec<u32>,
    /// How many of each kind were used, by kind; of others none.
    pub(super) used: Vec<(u32, u32)>,
    /// What it took that they took effect when they did ([`Called::cost`]).
    ///
    /// [`Called::cost`]: super::Called::cost
    pub(super) cost: u32,
    /// What took effect last.
    pub(super) last: End,
}

impl Node {
    /// Where nothing has taken effect.
    pub(super) fn first(schedule: &Schedule<'_, '_, '_>) -> Node {
        Node {
            state: schedule.initial(),
            done: Vec::new(),
            used: Vec::new(),
            cost: 0,
            last: End::FIRST,
        }
    }

    /// Whether an open operation has taken effect.
    pub(super) fn has(&self, at: u32) -> bool {
        self.done.binary_search(&at).is_ok()
    }

    /// An open operation takes effect; the numbers are changed by whoever calls this.
    pub(super) fn take(
        &mut self,
        at: u32,
        trail: &mut Trail,
        meter: &mut Meter<'_>,
    ) -> Result<(), Spent> {
        if let Err(place) = self.done.binary_search(&at) {
            self.done.insert(place, at);
        }
        self.enter(at, trail, meter)
    }

    /// One of a kind takes effect, which counts as so many positions further.
    pub(super) fn take_kind(
        &mut self,
        kind: u32,
        what: u32,
        cost: u32,
        trail: &mut Trail,
        meter: &mut Meter<'_>,
    ) -> Result<(), Spent> {
        match self.used.binary_search_by_key(&kind, |&(kind, _)| kind) {
            Ok(place) => self.used[place].1 += 1,
            Err(place) => self.used.insert(place, (kind, 1)),
        }
        self.cost = self.cost.saturating_add(cost);
        self.enter(what, trail, meter)
    }

    fn enter(&mut self, what: u32, trail: &mut Trail, meter: &mut Meter<'_>) -> Result<(), Spent> {
        self.last = trail.after(self.last, what, meter)?;
        Ok(())
    }

    /// How many of a kind were used.
    pub(super) fn used(&self, kind: u32) -> u32 {
        let place = self.used.binary_search_by_key(&kind, |&(kind, _)| kind);
        place.map_or(0, |place| self.used[place].1)
    }

    /// An operation that has taken effect has returned.
    pub(super) fn returned(&mut self, at: u32) {
        self.done.retain(|&other| other != at);
    }

    /// What is the same of plans that differ only in what may still happen.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = FxHasher::default();
        (&self.state, &self.done).hash(&mut hasher);
        hasher.finish()
    }

    /// Whether two plans differ in what may still happen at most.
    pub(super) fn is_like(&self, other: &Node) -> bool {
        self.state == other.state && self.done == other.done
    }
}
