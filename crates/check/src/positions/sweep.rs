//! Real time against the order of the places.
//!
//! What took a place stands behind everything that took an earlier one; who saw the end stands
//! behind what is below it and before what is from there on. If one operation stands behind another
//! one that was called only after it had returned, there is no order; and if there is no such pair,
//! there is one: real time is an interval order, so any longer circle has such a pair in it. Then
//! the latest call up to each operation is a moment at which it can have taken effect.

use super::fit::{NEVER, Places};

/// What took the places from `at` up to before `to`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Seat {
    pub(super) at: i64,
    pub(super) to: i64,
    pub(super) position: usize,
}

/// Who saw the end between these two, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Sight {
    pub(super) low: i64,
    pub(super) high: i64,
    pub(super) position: usize,
}

/// Where an operation stands among those that can take effect at the same moment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Key {
    at: i64,
    step: Step,
    pub(super) position: usize,
}

/// What happens at one place, in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Step {
    /// Somebody must have seen the end from here on.
    See,
    /// Somebody must have seen the end up to here.
    Seen,
    /// Somebody takes the place.
    Take,
}

/// Goes through the places upwards and tells each operation with a moment for it, or finds two in
/// the wrong order. O(n log n) for the sights, O(n) for the seats, which come sorted.
pub(super) fn sweep(
    places: &Places,
    seats: &[Seat],
    sights: &[Sight],
    mut tell: impl FnMut(Key, i64),
) -> Result<(), Vec<usize>> {
    let mut seen: Vec<Key> = Vec::with_capacity(2 * sights.len());
    for &Sight { low, high, position } in sights {
        seen.push(Key { at: low, step: Step::See, position });
        if high < NEVER {
            seen.push(Key { at: high, step: Step::Seen, position });
        }
    }
    seen.sort_unstable();
    let taken =
        seats.iter().map(|seat| Key { at: seat.at, step: Step::Take, position: seat.position });
    let (mut seen, mut taken) = (seen.into_iter().peekable(), taken.peekable());
    let mut latest: Option<(i64, usize)> = None;
    loop {
        let next = match (seen.peek(), taken.peek()) {
            (Some(see), Some(take)) if see < take => seen.next(),
            (Some(_), None) => seen.next(),
            (_, _) => taken.next(),
        };
        let Some(key) = next else { return Ok(()) };
        let one = &places.all[key.position];
        if key.step != Step::Seen {
            if let Some((start, before)) = latest.filter(|&(start, _)| one.end < start) {
                debug_assert!(start > one.end);
                return Err(vec![before, key.position]);
            }
            tell(key, latest.map_or(one.start, |(start, _)| start.max(one.start)));
        }
        if key.step != Step::See {
            latest = latest.max(Some((one.start, key.position)));
        }
    }
}
