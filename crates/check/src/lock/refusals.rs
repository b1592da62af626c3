//! Places refusals into an order that was found without them.
//!
//! A refused acquisition goes to the first moment of its interval at which somebody holds the lock,
//! a refused release to the first at which its owner does not. Going first is best for those that
//! must come after it, so for a given order this decides; where one does not fit, another order may
//! still have room.

use super::fit::{Kind, One, Requests};

/// The order with the refusals in their places; `None` when one does not fit. O(n log n).
pub(super) fn place(requests: &Requests, order: &[usize]) -> Option<Vec<usize>> {
    let refused = |&at: &usize| requests.all[at].granted == Some(false);
    let refusals: Vec<usize> = (0..requests.all.len()).filter(refused).collect();
    if refusals.is_empty() {
        return Some(order.to_vec());
    }
    let room = Room::new(requests, order);
    let mut by_end = refusals.clone();
    by_end.sort_unstable_by_key(|&at| (requests.all[at].end, at));
    let (mut returned, mut after) = (by_end.into_iter().peekable(), 0);
    // A place `p` is before the p-th operation of the order. Positions are by call.
    let mut place_of = vec![0; requests.all.len()];
    let mut places = Vec::with_capacity(refusals.len());
    for at in refusals {
        let one = requests.all[at];
        while let Some(earlier) = returned.next_if(|&earlier| requests.all[earlier].end < one.start)
        {
            after = after.max(place_of[earlier]);
        }
        let place = room.fitting(&one, after.max(room.earliest(one.start)));
        if place > room.latest(one.end) {
            return None;
        }
        place_of[at] = place;
        places.push((place, at));
    }
    places.sort_unstable();
    let mut merged = Vec::with_capacity(order.len() + places.len());
    let mut placed = places.into_iter().peekable();
    for index in 0..=order.len() {
        while let Some((_, at)) = placed.next_if(|&(place, _)| place == index) {
            merged.push(at);
        }
        merged.extend(order.get(index));
    }
    Some(merged)
}

/// Where something can be placed into an order.
struct Room {
    /// At each place who holds the lock.
    holders: Vec<Option<u32>>,
    /// The latest start of the operations before each place.
    starts: Vec<i64>,
    /// The earliest end of the operations from each place on.
    ends: Vec<i64>,
}

impl Room {
    fn new(requests: &Requests, order: &[usize]) -> Room {
        let (mut holders, mut starts) = (vec![None], vec![-1]);
        let mut latest = -1;
        for &at in order {
            let One { kind, owner, start, .. } = requests.all[at];
            holders.push((kind == Kind::Acquire).then_some(owner));
            latest = latest.max(start);
            starts.push(latest);
        }
        let mut ends = vec![i64::MAX; order.len() + 1];
        for (index, &at) in order.iter().enumerate().rev() {
            ends[index] = ends[index + 1].min(requests.all[at].end);
        }
        Room { holders, starts, ends }
    }

    /// The first place behind everything that ended before `start`.
    fn earliest(&self, start: i64) -> usize {
        self.ends.partition_point(|&end| end < start)
    }

    /// The last place before everything that started after `end`.
    fn latest(&self, end: i64) -> usize {
        self.starts.partition_point(|&start| start <= end) - 1
    }

    /// The first place from this one on at which the refusal is true; beyond the last if there is
    /// none. The holder changes with every operation, so it is this one or a few further.
    fn fitting(&self, refusal: &One, from: usize) -> usize {
        let fits = |holder: &Option<u32>| match refusal.kind {
            Kind::Acquire => holder.is_some(),
            Kind::Release => *holder != Some(refusal.owner),
        };
        let further = self.holders.iter().skip(from).position(fits);
        further.map_or(self.holders.len(), |further| from + further)
    }
}
