//! When a collection can have been empty.
//!
//! Whoever found nothing needs a moment at which no value is certainly inside. If each of them has
//! one, they are in nobody's way: everything that is certainly inside stays on one side of that
//! moment (Gibbons, Bruno and Phillips, 2002).

use super::accesses::Accesses;
use super::tuned::{Tuned, Value};
use super::{NEVER, Span};

/// A moment for each answer that nothing was there, in the order of [`Tuned::empties`].
///
/// # Errors
///
/// Positions that contradict each other. O(n log n).
pub(super) fn moments(accesses: &Accesses, tuned: &Tuned) -> Result<Vec<u32>, Vec<usize>> {
    if tuned.empties.is_empty() {
        return Ok(Vec::new());
    }
    let inside = inside(tuned.values.iter());
    let mut found = Vec::with_capacity(tuned.empties.len());
    for empty in &tuned.empties {
        let at = first_free(&inside, empty.span.start);
        if at > empty.span.end {
            let mut suspects = vec![empty.position as usize];
            suspects.extend(around(accesses, tuned, tuned.values.iter(), empty.span));
            return Err(suspects);
        }
        found.push(at);
    }
    Ok(found)
}

/// The moments at which one of these values is certainly inside, as open intervals that do not
/// overlap. O(n log n).
pub(super) fn inside<'v>(values: impl Iterator<Item = &'v Value>) -> Vec<Span> {
    let mut inside: Vec<Span> = Vec::new();
    for value in by_come(values) {
        let (start, end) = (value.add.end, value.rem.start);
        match inside.last_mut() {
            Some(last) if start < last.end => last.end = last.end.max(end),
            _ => inside.push(Span { start, end }),
        }
    }
    inside
}

/// The first moment from this one on at which nothing is certainly inside.
pub(super) fn first_free(inside: &[Span], from: u32) -> u32 {
    let begun = inside.partition_point(|other| other.start < from);
    let around = begun.checked_sub(1).map(|last| inside[last]);
    around.filter(|other| from < other.end).map_or(from, |other| other.end)
}

/// Values that are certainly inside at some moment, by that moment.
fn by_come<'v>(values: impl Iterator<Item = &'v Value>) -> Vec<&'v Value> {
    let mut critical: Vec<&Value> = values.filter(|value| value.is_critical()).collect();
    critical.sort_unstable_by_key(|value| (value.add.end, value.number));
    critical
}

/// Why there is no moment in the span at which none of these values is certainly inside: few of
/// them that cover all of it. O(n log n).
pub(super) fn around<'v>(
    accesses: &Accesses,
    tuned: &Tuned,
    values: impl Iterator<Item = &'v Value>,
    span: Span,
) -> Vec<usize> {
    let in_the_way = |value: &&Value| value.add.end < span.end && span.start < value.rem.start;
    let mut open = by_come(values.filter(in_the_way)).into_iter().peekable();
    let mut suspects = Vec::new();
    let (mut covered, mut best): (u32, Option<&Value>) = (span.start, None);
    while covered <= span.end {
        while let Some(value) = open.next_if(|value| value.add.end < covered) {
            best = best.filter(|best| best.rem.start >= value.rem.start).or(Some(value));
        }
        match best.take().filter(|best| best.rem.start > covered) {
            None => break,
            Some(value) => {
                tuned.why_inside(accesses, value, &mut suspects);
                if value.rem.start == NEVER {
                    break;
                }
                covered = value.rem.start;
            }
        }
    }
    suspects
}
