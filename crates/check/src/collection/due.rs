//! Which of the values of a queue that nobody is known to have taken went with which unanswered take.
//!
//! In the line of the values (see [`super::queue`]) those that are gone stand before those that stay,
//! and they went in that order. So the first of them may as well have gone with the earliest
//! unanswered take, the second with the second, and so on: which value has which take follows from
//! the line alone. And a value that was found at the front by a certain moment can have no more of
//! them before it than there were unanswered takes by then. To find a line is a known problem: jobs on
//! one machine, of which some take a unit of time (the values that nobody is known to have taken) and
//! the others none, each with a deadline, some before others. Deadlines are brought forward to those
//! of what comes after; then whoever has the earliest is next (Lawler, *Optimal Sequencing of a Single
//! Machine Subject to Precedence Constraints*, 1973). If any line will do, that one does.
//!
//! An answer that nothing was there stands in the line as a value that came and went then. That is
//! less than it says, so with such answers the line is only a proposal.

use super::lost::{Least, Lost, gone_from};
use super::queue::{Line, Sorts};
use super::tuned::{Tuned, Value, index};
use super::{NEVER, NONE, Span};

/// Of a value that may stand anywhere.
const ANYWHERE: u32 = NEVER;

/// Gives unanswered takes to the values that nobody is known to have taken, by their places in a
/// line. `false` when there is none. O(n log n).
pub(super) fn give(tuned: &mut Tuned, lost: &Lost) -> bool {
    for at in lost.all() {
        let value = &mut tuned.values[at];
        (value.take, value.rem) = (NONE, Span { start: NEVER, end: NEVER });
    }
    let values = jobs(tuned, lost);
    let sorts = Sorts::new(&values);
    let Some(latest) = latest(tuned, lost, &values, &sorts) else { return false };
    // What counts is when a value has passed, not when it begins to.
    let done = |at: usize| latest[at].saturating_add(u32::from(lost.has(at)));
    let urgency = |at: usize| (done(at), values[at].rem.start);
    let Ok(line) = Line::new(&values, &sorts, urgency).run() else { return false };
    let mut before = 0;
    for at in line {
        if latest[at] < before {
            return false;
        }
        if latest[at] == ANYWHERE || !lost.has(at) {
            continue;
        }
        let Some(open) = tuned.open.get(before as usize) else { return false };
        let value = &mut tuned.values[at];
        value.take = open.position;
        value.rem = gone_from(value, &tuned.peeks[value.peeks()], open.span.start);
        before += 1;
    }
    true
}

/// The values, as if those that nobody is known to have taken could go at any time; then the answers
/// that nothing was there.
fn jobs(tuned: &Tuned, lost: &Lost) -> Vec<Value> {
    let mut values = tuned.values.clone();
    for at in lost.all() {
        let value = &mut values[at];
        value.rem = gone_from(value, &tuned.peeks[value.peeks()], 0);
    }
    values.extend(tuned.empties.iter().map(|empty| Value {
        number: NONE,
        insert: NONE,
        take: empty.position,
        add: empty.span,
        rem: empty.span,
        next_by: empty.span.end,
        peeks: (0, 0),
    }));
    values
}

/// For each value how many of those that nobody is known to have taken may stand before it;
/// [`ANYWHERE`] where that does not matter. `None` when some value would need fewer than none.
fn latest(tuned: &Tuned, lost: &Lost, values: &[Value], sorts: &Sorts) -> Option<Vec<u32>> {
    let line = Line::new(values, sorts, |at| values[at].rem.start).run().ok()?;
    let takes = |by: u32| index(tuned.open.partition_point(|open| open.span.start <= by));
    let mut comes = Later::new(values.iter().map(|value| value.add.start));
    let mut goes = Later::new(values.iter().map(|value| value.rem.start));
    let mut latest = vec![ANYWHERE; values.len()];
    for (at, moment) in lost.deadlines().filter(|&(_, moment)| moment != NEVER) {
        latest[at] = takes(moment).checked_sub(1)?;
    }
    for at in line.into_iter().rev() {
        let value = &values[at];
        let found = if value.next_by == NEVER { ANYWHERE } else { takes(value.next_by) };
        let own = latest[at].min(found);
        let behind = comes.after(value.add.end).min(goes.after(value.next_by));
        let behind = match behind {
            ANYWHERE => ANYWHERE,
            behind if lost.has(at) => behind.checked_sub(1)?,
            behind => behind,
        };
        latest[at] = own.min(behind);
        if latest[at] != ANYWHERE {
            comes.offer(value.add.start, latest[at]);
            goes.offer(value.rem.start, latest[at]);
        }
    }
    Some(latest)
}

/// The least number that was offered at any later moment.
struct Later {
    moments: Vec<u32>,
    least: Least<u32>,
}

impl Later {
    fn new(moments: impl Iterator<Item = u32>) -> Later {
        let mut moments: Vec<u32> = moments.collect();
        moments.sort_unstable();
        moments.dedup();
        Later { least: Least::new(moments.len(), ANYWHERE), moments }
    }

    fn offer(&mut self, moment: u32, number: u32) {
        let place = self.moments.len() - self.moments.partition_point(|&other| other < moment);
        self.least.offer(place, number);
    }

    fn after(&self, moment: u32) -> u32 {
        let places = self.moments.len() - self.moments.partition_point(|&other| other <= moment);
        self.least.among(places)
    }
}
