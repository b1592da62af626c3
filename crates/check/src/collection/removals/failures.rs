//! From where a walk found no order.
//!
//! That there is none mostly follows from little of what is there: of a stack, from what is above the
//! lowest place that was looked at. What is further down may be anything (the idea is that of nogoods:
//! Stallman and Sussman, *Forward Reasoning and Dependency-Directed Backtracking*, 1977). And whoever
//! has fewer unanswered takes left finds none either.

use super::key::Key;
use super::layers::{Layer, layers};
use super::moment::Moment;
use super::puts::Puts;
use crate::budget::{Meter, Spent, reserve_entry};
use rustc_hash::FxHashMap;

/// So many layers are looked at in a step.
const SHARE: u64 = 8;

/// Where a walk stands.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) now: Moment,
    /// Nothing may be later.
    pub(super) limit: Moment,
    /// What was explained, and what else is not part of the layers.
    pub(super) key: Key,
    /// So many takes without an answer have taken something.
    pub(super) used: usize,
}

/// States from which there is no order.
#[derive(Default)]
pub(super) struct Failures {
    /// How many layers of a stack must be looked at, by the key of all else.
    layers: FxHashMap<Key, usize>,
    /// How few takes without an answer have taken something, with these layers.
    used: FxHashMap<Key, usize>,
}

impl Failures {
    pub(super) fn len(&self) -> usize {
        self.used.len()
    }

    /// Whether it is known that there is no order from here, and from what is above which moment that
    /// follows.
    pub(super) fn floor(
        &self,
        puts: &Puts<'_>,
        place: Place,
        meter: &mut Meter<'_>,
    ) -> Result<Option<Moment>, Spent> {
        let Some(&most) = self.layers.get(&place.key) else { return Ok(None) };
        let has_failed =
            |key| self.used.get(&place.key.with(key)).is_some_and(|&used| used <= place.used);
        if has_failed(Key::default()) {
            return Ok(Some(Moment::MAX));
        }
        let (mut key, mut looked_at) = (Key::default(), 0);
        let mut left = layers(puts, place.now, place.limit);
        let found = left.by_ref().take(most).find_map(|layer| {
            looked_at += 1;
            key = layer.key;
            has_failed(key).then_some(layer.moment)
        });
        meter.step(looked_at / SHARE)?;
        let is_bottom = found.is_none() && left.next().is_none();
        Ok(found.or_else(|| (is_bottom && has_failed(whole(key))).then_some(0)))
    }

    /// There is no order from here, which follows from what is above a moment or there.
    pub(super) fn insert(
        &mut self,
        puts: &Puts<'_>,
        place: Place,
        floor: Moment,
        meter: &mut Meter<'_>,
    ) -> Result<(), Spent> {
        let (mut key, mut count) = (Key::default(), 0);
        let above = |layer: &Layer| layer.moment >= floor;
        for layer in layers(puts, place.now, place.limit).take_while(above) {
            (key, count) = (layer.key, count + 1);
        }
        meter.step(count as u64 / SHARE)?;
        if floor == 0 {
            key = whole(key);
        }
        reserve_entry(&mut self.layers, meter)?;
        reserve_entry(&mut self.used, meter)?;
        let most = self.layers.entry(place.key).or_default();
        *most = count.max(*most);
        let used = self.used.entry(place.key.with(key)).or_insert(place.used);
        *used = place.used.min(*used);
        Ok(())
    }
}

/// The key of a stack below which there is nothing.
fn whole(key: Key) -> Key {
    key.then([u64::MAX; 3])
}
