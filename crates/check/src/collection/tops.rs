//! Until when a value of a stack can have been on top.
//!
//! What certainly was pushed after it lies above it. So whoever found it on top did so at a moment at
//! which none of those was certainly inside.

use super::points::{Moments, NumberSet};
use super::tuned::{Tuned, Value};
use super::{NONE, Span};

/// For each of these operations, that found a value which came by a moment, the last moment of its
/// span at which the value can have been on top, as far as the values say that somebody is known to
/// have taken; the end of the span where there is none. O(n log n).
pub(super) fn latest(tuned: &Tuned, found: &[(u32, Span)]) -> Vec<u32> {
    let taken = tuned.values.iter().filter(|value| value.take != NONE && value.is_critical());
    let mut above: Vec<&Value> = taken.collect();
    above.sort_unstable_by_key(|value| value.add.start);
    let edges = above.iter().flat_map(|value| [value.add.end, value.rem.start]);
    let moments = Moments::new(edges.chain(found.iter().map(|(_, span)| span.end)).collect());
    let mut free = NumberSet::new(moments.len(), true);
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_unstable_by_key(|&at| std::cmp::Reverse(found[at].0));
    let mut latest = vec![0; found.len()];
    for at in order {
        let (came, span) = found[at];
        while let Some(value) = above.pop_if(|value| value.add.start > came) {
            let (from, to) = (moments.until(value.add.end), moments.from(value.rem.start));
            while let Some(covered) = free.next(from).filter(|&moment| moment < to) {
                free.remove(covered);
            }
        }
        let last = free.last(moments.from(span.end)).map(|last| moments.at(last));
        latest[at] = last.filter(|&last| last >= span.start).unwrap_or(span.end);
    }
    latest
}
