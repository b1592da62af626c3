//! Places comparisons that did not match into an order that was found without them.
//!
//! Each goes to the first moment of its interval at which another value was there. Going first is
//! best for those that must come after it, so for a given order this decides; where one does not
//! fit, another order may still have room.

use super::cluster::number;
use super::fit::{Accesses, INITIAL, Kind, Value};

/// The order with the mismatches in their places, or the position of one that does not fit.
/// O(n log n).
pub(super) fn place(accesses: &Accesses, order: Vec<u32>) -> Result<Vec<u32>, usize> {
    let mismatch = |&position: &usize| matches!(accesses.all[position].kind(), Kind::Mismatch(_));
    let mut waiting: Vec<usize> = (0..accesses.all.len()).filter(mismatch).collect();
    if waiting.is_empty() {
        return Ok(order);
    }
    let times = Times::new(accesses, &order);
    let segments = Segments::new(accesses, &order);
    // A place `p` is before the p-th operation of the order. Positions are by call.
    let mut places: Vec<(usize, u32)> = Vec::with_capacity(waiting.len());
    let mut by_end = waiting.clone();
    by_end.sort_unstable_by_key(|&position| (accesses.all[position].end, position));
    let (mut returned, mut after) = (by_end.iter().peekable(), 0);
    let mut place_of = vec![0; accesses.all.len()];
    for position in waiting.drain(..) {
        let one = accesses.all[position];
        while let Some(&&earlier) = returned.peek()
            && accesses.all[earlier].end < one.start
        {
            after = after.max(place_of[earlier]);
            returned.next();
        }
        let from = after.max(times.earliest(one.start));
        let place = match one.kind() {
            Kind::Mismatch(value) => segments.other_than(value, from),
            Kind::Read(_) | Kind::Write(_) | Kind::Swap(..) => Some(from),
        };
        match place {
            Some(place) if place <= times.latest(one.end) => {
                place_of[position] = place;
                places.push((place, number(position)));
            }
            Some(_) | None => return Err(position),
        }
    }
    Ok(merge(&order, places))
}

/// The order with each placed position before the operation at its place; by call within a place.
fn merge(order: &[u32], mut places: Vec<(usize, u32)>) -> Vec<u32> {
    places.sort_unstable();
    let mut merged = Vec::with_capacity(order.len() + places.len());
    let mut placed = places.into_iter().peekable();
    for index in 0..=order.len() {
        while let Some((_, position)) = placed.next_if(|&(place, _)| place == index) {
            merged.push(position);
        }
        merged.extend(order.get(index));
    }
    merged
}

/// Where real time lets an interval be placed into an order.
struct Times {
    /// Ends of the operations of the order, rising, each with the place after the last operation
    /// that ends up to then.
    ends: Vec<(u32, usize)>,
    /// Starts, rising, each with the place before the first operation that starts from then on.
    starts: Vec<(u32, usize)>,
}

impl Times {
    fn new(accesses: &Accesses, order: &[u32]) -> Times {
        let indexed = order.iter().enumerate();
        let mut ends: Vec<_> = indexed
            .clone()
            .map(|(index, &at)| (accesses.all[at as usize].end, index + 1))
            .collect();
        let mut starts: Vec<_> =
            indexed.map(|(index, &at)| (accesses.all[at as usize].start, index)).collect();
        ends.sort_unstable();
        starts.sort_unstable();
        for index in 1..ends.len() {
            ends[index].1 = ends[index].1.max(ends[index - 1].1);
        }
        for index in (1..starts.len()).rev() {
            starts[index - 1].1 = starts[index - 1].1.min(starts[index].1);
        }
        Times { ends, starts }
    }

    /// The first place after every operation that ended before `start`.
    fn earliest(&self, start: u32) -> usize {
        let ended = self.ends.partition_point(|&(end, _)| end < start);
        ended.checked_sub(1).map_or(0, |last| self.ends[last].1)
    }

    /// The last place before every operation that started after `end`.
    fn latest(&self, end: u32) -> usize {
        let started = self.starts.partition_point(|&(start, _)| start <= end);
        self.starts.get(started).map_or(self.ends.len(), |&(_, place)| place)
    }
}

/// Which value is there at each place of an order.
struct Segments {
    /// First place and value of each segment; every value has one.
    all: Vec<(usize, Value)>,
}

impl Segments {
    fn new(accesses: &Accesses, order: &[u32]) -> Segments {
        let mut all = vec![(0, INITIAL)];
        for (index, &position) in order.iter().enumerate() {
            if let Some(value) = accesses.all[position as usize].writes() {
                all.push((index + 1, value));
            }
        }
        Segments { all }
    }

    /// The first place from `from` on at which another value is there.
    fn other_than(&self, value: Value, from: usize) -> Option<usize> {
        let segment = self.all.partition_point(|&(first, _)| first <= from) - 1;
        if self.all[segment].1 != value {
            return Some(from);
        }
        // Values are unique, so the next segment has another one.
        self.all.get(segment + 1).map(|&(first, _)| first)
    }
}
