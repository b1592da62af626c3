//! Which of the values of a queue that nobody is known to have taken went with which unanswered take.
//!
//! In the line of the values (see [`super::queue`]) those that are gone stand before those that stay,
//! and they went in that order. So the first of them may as well have gone with the earliest
//! unanswered take, the second with the second, and so on: which value has which take follows from
//! the line alone. And a value that was found at the front by a certain moment can have no more of
//! them before it than there were unanswered takes by then. To find a line is a known problem: jobs on
//! one machine, of which some take a unit of time (the values that nobody is known to have taken) and
//! the others none, each with a deadline, some before others. It is solved from the end: of those that
//! nothing left has to follow, the one with the latest deadline is last (Lawler, *Optimal Sequencing
//! of a Single Machine Subject to Precedence Constraints*, 1973). If any line will do, that one does.
//!
//! An answer that nothing was there stands in the line as a value that came and went then. That is
//! less than it says: at one moment. So with such answers the line is only a proposal.

use super::accesses::Accesses;
use super::queue::{self, Line, Sorts};
use super::tuned::{Tuned, Value, index};
use super::{NEVER, NONE, Span, empties};
use std::cmp::Reverse;

/// Of a value that may stand anywhere.
const ANYWHERE: u32 = NEVER;

/// An order in which unanswered takes went to the values that nobody is known to have taken, by their
/// places in a line; `None` where there is nothing to give or none was found. O(n log n).
pub(super) fn order(accesses: &Accesses, tuned: &mut Tuned) -> Option<Vec<usize>> {
    if tuned.open.is_empty() || !tuned.values.iter().any(Value::is_lost) {
        return None;
    }
    let line = line(tuned)?;
    give(tuned, &line);
    let (order, in_time) = queue::schedule(tuned, &line);
    if in_time {
        return Some(order);
    }
    // Who has which take may still be right.
    let empty_at = empties::moments(accesses, tuned).ok()?;
    queue::order(accesses, tuned, &empty_at).ok()
}

/// A line of all values and answers that nothing was there, in which no value that was found has too
/// many before it that need a take. O(n log n).
fn line(tuned: &Tuned) -> Option<Vec<usize>> {
    let backwards = backwards(tuned);
    let sorts = Sorts::new(&backwards);
    // What counts is when a value has passed, not when it begins to.
    let urgency = |at: usize| {
        let passed = latest(tuned, at).saturating_add(u32::from(is_lost(tuned, at)));
        (Reverse(passed), backwards[at].next_by)
    };
    let mut line = Line::new(&backwards, &sorts, urgency).run().ok()?;
    line.reverse();
    let mut before = 0;
    for &at in &line {
        if latest(tuned, at) < before {
            return None;
        }
        before += u32::from(is_lost(tuned, at));
    }
    Some(line)
}

/// Gives unanswered takes to those that need one, by their places in a line: behind the last one that
/// was found nobody needs to be gone.
fn give(tuned: &mut Tuned, line: &[usize]) {
    let needed = line.iter().rposition(|&at| latest(tuned, at) != ANYWHERE).unwrap_or(0);
    let mut takes = tuned.open.iter();
    for (place, &at) in line.iter().enumerate() {
        let Some(value) = tuned.values.get_mut(at).filter(|value| value.is_lost()) else {
            continue;
        };
        (value.take, value.rem) = match takes.next().filter(|_| place < needed) {
            Some(take) => {
                let peeks = &tuned.peeks[value.peeks()];
                (take.position, value.gone_from(peeks, take.span.start))
            }
            None => (NONE, Span { start: NEVER, end: NEVER }),
        };
    }
}

/// Whether this is a value that nobody is known to have taken.
fn is_lost(tuned: &Tuned, at: usize) -> bool {
    tuned.values.get(at).is_some_and(Value::is_lost)
}

/// How many of those that nobody is known to have taken may stand before this one; [`ANYWHERE`]
/// where nobody found it.
fn latest(tuned: &Tuned, at: usize) -> u32 {
    let answers = || tuned.empties[at - tuned.values.len()].span.end;
    match tuned.values.get(at).map_or_else(answers, |value| value.next_by) {
        NEVER => ANYWHERE,
        found => index(tuned.open.partition_point(|open| open.span.start <= found)),
    }
}

/// The values, as if those that nobody is known to have taken could go at any time, and the answers
/// that nothing was there, with time running backwards: what precedes another there follows it here.
fn backwards(tuned: &Tuned) -> Vec<Value> {
    let mut all = Vec::with_capacity(tuned.values.len() + tuned.empties.len());
    all.extend(tuned.values.iter().map(|value| match value.is_lost() {
        true => Value { rem: value.gone_from(&tuned.peeks[value.peeks()], 0), ..*value },
        false => *value,
    }));
    all.extend(tuned.empties.iter().map(|empty| Value {
        number: NONE,
        insert: NONE,
        take: empty.position,
        add: empty.span,
        rem: empty.span,
        next_by: empty.span.end,
        peeks: (0, 0),
    }));
    for value in &mut all {
        let Value { add, rem, next_by, .. } = *value;
        value.add = Span { start: NEVER - add.end, end: NEVER - add.start };
        (value.rem.start, value.next_by) = (NEVER - next_by, NEVER - rem.start);
    }
    all
}
