//! The greatest goes first.
//!
//! Whoever took or saw a value needs a moment at which no greater one is certainly inside. The
//! values are gone through from the greatest on, and what the greater ones cover is left out of the
//! moments. For the order each value comes as late as it can and goes at the first moment that is
//! left: then no moment of a lesser one lies between.

use super::accesses::Accesses;
use super::empties::around;
use super::place::Placed;
use super::points::{Moments, NumberSet};
use super::tuned::{Seen, Tuned, Value};
use super::{NEVER, NONE, Span};

/// What goes, is seen, or comes and goes at once.
const GOES: u8 = 0;
/// What comes, and stays beyond the moment.
const COMES: u8 = 1;

/// An order, or positions that contradict each other. O(n log n).
pub(super) fn order(
    accesses: &Accesses,
    tuned: &Tuned,
    empty_at: &[u32],
) -> Result<Vec<usize>, Vec<usize>> {
    let gone = tuned.values.iter().map(|value| value.rem.start);
    let seen = tuned.peeks.iter().map(|peek| peek.span.start);
    let all = gone.chain(seen).chain(empty_at.iter().copied()).chain([NEVER]);
    let moments = Moments::new(all.collect());
    let mut free = NumberSet::new(moments.len(), true);
    let mut placed = Placed::with_capacity(accesses.kinds.len());
    let mut peeked: Vec<(u32, Seen)> = Vec::new();
    for value in tuned.values.iter().rev() {
        let blamed = |position: u32, span: Span| {
            let mut suspects = vec![position as usize, value.insert as usize];
            suspects.push(tuned.ends_first(accesses, value));
            suspects.push(tuned.starts_last(accesses, value));
            let greater = tuned.values.iter().filter(|other| other.number > value.number);
            suspects.extend(around(accesses, tuned, greater, span));
            suspects.sort_unstable();
            suspects.dedup();
            suspects
        };
        let next = |moment: u32| free.next(moments.from(moment)).map_or(NEVER, |at| moments.at(at));
        let gone = next(value.rem.start);
        if gone > value.rem.end {
            return Err(blamed(value.take, value.rem));
        }
        let at_once = gone <= value.add.end;
        let mut come = if at_once { gone } else { value.add.end };
        peeked.clear();
        for &peek in &tuned.peeks[value.peeks()] {
            let later = next(peek.span.start.max(come)).min(gone);
            let at = if later <= peek.span.end {
                later
            } else {
                let earlier = moments.until(come).checked_sub(1).and_then(|at| free.last(at));
                let earlier = earlier.map_or(0, |at| moments.at(at));
                if earlier < peek.span.start {
                    return Err(blamed(peek.position, peek.span));
                }
                earlier
            };
            peeked.push((at, peek));
        }
        come = peeked.iter().map(|(at, _)| *at).min().unwrap_or(come).min(come);
        put(&mut placed, value, (come, gone), &peeked);
        let (from, to) = (moments.until(value.add.end), moments.from(value.rem.start));
        let mut at = from;
        while let Some(covered) = free.next(at).filter(|&covered| covered < to) {
            free.remove(covered);
            at = covered + 1;
        }
    }
    for (empty, &at) in tuned.empties.iter().zip(empty_at) {
        placed.add(at, GOES, NONE, 0, empty.position);
    }
    Ok(placed.into_order())
}

/// Puts the operations of a value at their moments: at each the greater ones go first and come last.
fn put(placed: &mut Placed, value: &Value, (come, gone): (u32, u32), peeked: &[(u32, Seen)]) {
    let downwards = NONE - 1 - value.number;
    let first = if come == gone { (GOES, downwards) } else { (COMES, value.number) };
    placed.add(come, first.0, first.1, 0, value.insert);
    for (at, peek) in peeked {
        let (class, group) = if *at == come { first } else { (GOES, downwards) };
        placed.add(*at, class, group, 1, peek.position);
    }
    if value.take != NONE && gone != NEVER {
        placed.add(gone, GOES, downwards, 2, value.take);
    }
}
