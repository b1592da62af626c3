//! Who must be gone earlier so that a collection can have been found empty.
//!
//! Which value went with which unanswered take is a choice, and for some of the answers that nothing
//! was there it may leave no moment without a value that is certainly inside. Then the values that
//! are in the way at one moment must go by then: at the one where they are the fewest.

use super::empties::{first_free, inside};
use super::lost::Lost;
use super::tuned::{Seen, Tuned};
use super::{NEVER, Span};

/// The choice is changed so often at most.
const ROUNDS_MAX: usize = 64;

/// Changes the choice until every answer that nothing was there has a moment; `false` when that does
/// not come out. O(n log n) for each round.
pub(super) fn vacate(tuned: &mut Tuned, lost: &mut Lost) -> bool {
    for _ in 0..ROUNDS_MAX {
        match wanted(tuned, lost) {
            None => return false,
            Some(wanted) if wanted.is_empty() => return true,
            Some(wanted) => lost.tighten(&wanted),
        }
        if lost.give(tuned).is_err() {
            return false;
        }
    }
    false
}

/// Which values must be gone by when; `None` when some answer cannot be helped.
fn wanted(tuned: &Tuned, lost: &Lost) -> Option<Vec<(usize, u32)>> {
    let all = inside(tuned.values.iter());
    let stuck = |empty: &&Seen| first_free(&all, empty.span.start) > empty.span.end;
    let mut stuck = tuned.empties.iter().filter(stuck).peekable();
    let mut wanted = Vec::new();
    if stuck.peek().is_none() {
        return Some(wanted);
    }
    let known = tuned.values.iter().enumerate().filter(|&(at, _)| !lost.has(at));
    let known = inside(known.map(|(_, value)| value));
    for empty in stuck.take(STUCK_MAX) {
        wanted.extend(fewest(tuned, lost, &known, empty.span)?);
    }
    Some(wanted)
}

/// Answers that are helped in one round: each looks at every value.
const STUCK_MAX: usize = 16;

/// The fewest values that must be gone by some moment of a span for nothing to be inside then.
fn fewest(tuned: &Tuned, lost: &Lost, known: &[Span], span: Span) -> Option<Vec<(usize, u32)>> {
    // Those that are inside at some moment of the span: from when to when, and when they can first
    // have gone.
    let in_the_way: Vec<(usize, Span, u32)> = lost
        .all()
        .map(|at| {
            let value = &tuned.values[at];
            let inside = Span { start: value.add.end, end: value.rem.start };
            (at, inside, lost.earliest(tuned, at).unwrap_or(NEVER))
        })
        .filter(|(_, inside, _)| inside.start < span.end && span.start < inside.end)
        .collect();
    let came = in_the_way.iter().map(|(_, inside, _)| inside.start);
    let free_again = known.iter().map(|known| known.start);
    let moments = came.chain(free_again).chain([span.start, span.end]);
    let moments = moments.filter(|moment| (span.start..=span.end).contains(moment));
    let helped =
        moments.filter(|&moment| first_free(known, moment) == moment).filter_map(|moment| {
            let around = in_the_way
                .iter()
                .filter(|(_, inside, _)| inside.start < moment && moment < inside.end);
            let (mut wanted, mut possible) = (Vec::new(), true);
            for &(at, _, earliest) in around {
                possible &= earliest <= moment;
                wanted.push((at, moment));
            }
            possible.then_some((wanted.len(), std::cmp::Reverse(moment), wanted))
        });
    helped.min_by_key(|&(count, moment, _)| (count, moment)).map(|(.., wanted)| wanted)
}
