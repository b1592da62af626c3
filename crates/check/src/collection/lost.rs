//! Values that nobody is known to have taken, and takes whose answer nobody knows.
//!
//! Such a take may have taken any of these values, or have found nothing, or never have happened.
//! Some of the values must be gone by a certain moment, or an answer would be impossible: of a queue
//! by the time a later value was found at the front, of a stack by the time a lower one was found on
//! top, of a priority queue by the time a lesser one was found to be the greatest, and of each by
//! the time it was found empty. That is a *deadline*. The takes go to the earliest deadlines, the
//! earliest first. Where that does not come out, there are too few takes, whatever they took.
//! Otherwise it is a choice, and only a choice: an order found with it is one, but a contradiction
//! counts only if it remains when each of the values may have gone with the earliest take. Of a stack
//! the deadlines do not say everything: there, what was in the way with one choice gets an earlier
//! deadline for the next ([`super::stack`]).

use super::accesses::Accesses;
use super::empties;
use super::tuned::{Tuned, Value, index};
use super::{NEVER, NONE, Span};
use testimony_model::Object;

/// The values that nobody is known to have taken, with their deadlines.
pub(super) struct Lost {
    /// Deadline, end of the put, value.
    due: Vec<(Deadline, u32, usize)>,
    /// For each value whether it is one of them.
    is_lost: Vec<bool>,
    /// The call of the earliest unanswered take.
    earliest: u32,
}

impl Lost {
    /// Finds them; `None` when there is nothing to choose: no such value, or no take without an
    /// answer. O(n log n).
    pub(super) fn of(object: Object, tuned: &Tuned) -> Option<Lost> {
        let earliest = tuned.open.first()?.span.start;
        let is_lost: Vec<bool> = tuned.values.iter().map(|value| value.take == NONE).collect();
        let lost: Vec<usize> = (0..is_lost.len()).filter(|&at| is_lost[at]).collect();
        if lost.is_empty() {
            return None;
        }
        let deadlines = deadlines(object, tuned, &lost).into_iter().zip(&lost);
        let due = deadlines.map(|(deadline, &at)| (deadline, tuned.values[at].add.end, at));
        Some(Lost { due: due.collect(), is_lost, earliest })
    }

    /// Gives unanswered takes to the values, the earliest to the earliest deadline. O(n log n).
    ///
    /// # Errors
    ///
    /// There are too few; how many deadlines show that.
    pub(super) fn give(&mut self, tuned: &mut Tuned) -> Result<(), usize> {
        self.due.sort_unstable();
        for (place, &(deadline, _, at)) in self.due.iter().enumerate() {
            let open = tuned.open.get(place);
            let value = &mut tuned.values[at];
            match open {
                Some(open) if open.span.start <= deadline.moment => {
                    value.take = open.position;
                    value.rem = gone_from(value, &tuned.peeks[value.peeks()], open.span.start);
                }
                _ if deadline.moment == NEVER => {
                    (value.take, value.rem) = (NONE, Span { start: NEVER, end: NEVER });
                }
                _ => return Err(place + 1),
            }
        }
        Ok(())
    }

    /// Why there are too few takes for so many deadlines.
    pub(super) fn why(&self, accesses: &Accesses, tuned: &Tuned, deadlines: usize) -> Vec<usize> {
        why(accesses, tuned, &self.due[..deadlines])
    }

    /// These values must be gone by these moments, too. O(n).
    pub(super) fn tighten(&mut self, wanted: &[(usize, u32)]) {
        let mut by = vec![NEVER; self.is_lost.len()];
        wanted.iter().for_each(|&(value, moment)| by[value] = by[value].min(moment));
        for (deadline, _, at) in &mut self.due {
            deadline.moment = deadline.moment.min(by[*at]);
        }
    }

    /// When a lost value can first have gone; `None` for the others.
    pub(super) fn earliest(&self, tuned: &Tuned, at: usize) -> Option<u32> {
        let value = &tuned.values[at];
        let gone = || gone_from(value, &tuned.peeks[value.peeks()], self.earliest).start;
        self.is_lost[at].then(gone)
    }
}

/// Lets each value that nobody is known to have taken go with the earliest of the unanswered takes.
pub(super) fn relax(tuned: &mut Tuned) {
    let Some(earliest) = tuned.open.first().map(|open| open.span.start) else { return };
    for value in &mut tuned.values {
        if value.rem.end == NEVER {
            value.rem = gone_from(value, &tuned.peeks[value.peeks()], earliest);
        }
    }
}

/// When a value can have gone with a take that was called at this moment.
fn gone_from(value: &Value, peeks: &[super::tuned::Seen], call: u32) -> Span {
    let seen = peeks.iter().map(|peek| peek.span.start);
    let start = seen.chain([value.add.start, call]).max().unwrap_or(call);
    Span { start, end: NEVER }
}

/// By when a value must be gone, and the position that says so.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Deadline {
    moment: u32,
    cause: u32,
}

const NO_DEADLINE: Deadline = Deadline { moment: NEVER, cause: NONE };

/// An answer that some values must be gone by: those that certainly came before `start`, and whose
/// rank is greater.
#[derive(Clone, Copy)]
struct Demand {
    start: u32,
    rank: u64,
    by: Deadline,
}

/// The deadline of each of the lost values.
fn deadlines(object: Object, tuned: &Tuned, lost: &[usize]) -> Vec<Deadline> {
    let mut demands = Vec::with_capacity(tuned.values.len() + tuned.empties.len());
    for value in &tuned.values {
        let demand = |span: Span, position: u32| {
            let (start, rank) = match object {
                Object::Queue => (value.add.start, 0),
                Object::Stack => (span.start, u64::from(value.add.end) + 1),
                _ => (span.start, u64::from(value.number) + 1),
            };
            Demand { start, rank, by: Deadline { moment: span.end, cause: position } }
        };
        if value.take != NONE {
            demands.push(demand(value.rem, value.take));
        }
        let peeks = tuned.peeks[value.peeks()].iter();
        demands.extend(peeks.map(|peek| demand(peek.span, peek.position)));
    }
    demands.extend(tuned.empties.iter().zip(empties::latest(tuned)).map(|(empty, moment)| {
        let by = Deadline { moment, cause: empty.position };
        Demand { start: empty.span.start, rank: 0, by }
    }));
    demands.sort_unstable_by_key(|demand| demand.rank);
    let rank = |at: usize| match object {
        Object::Queue => 1,
        Object::Stack => u64::from(tuned.values[at].add.start) + 1,
        _ => u64::from(tuned.values[at].number) + 1,
    };
    let mut asked: Vec<usize> = (0..lost.len()).collect();
    asked.sort_unstable_by_key(|&number| rank(lost[number]));
    let mut starts: Vec<u32> = demands.iter().map(|demand| demand.start).collect();
    starts.sort_unstable();
    let mut least = Least(vec![NO_DEADLINE; starts.len() + 1]);
    let mut found = vec![NO_DEADLINE; lost.len()];
    let mut next = 0;
    for number in asked {
        let rank = rank(lost[number]);
        while let Some(demand) = demands.get(next).filter(|demand| demand.rank < rank) {
            let later = starts.len() - starts.partition_point(|&start| start < demand.start);
            least.offer(later, demand.by);
            next += 1;
        }
        let came = tuned.values[lost[number]].add.end;
        let later = starts.len() - starts.partition_point(|&start| start <= came);
        found[number] = least.among(later);
    }
    found
}

/// The earliest deadline among the first few places (a Fenwick tree).
struct Least(Vec<Deadline>);

impl Least {
    /// Offers a deadline at a place, counted from 1.
    fn offer(&mut self, mut place: usize, deadline: Deadline) {
        while place < self.0.len() && place > 0 {
            self.0[place] = self.0[place].min(deadline);
            place += place & place.wrapping_neg();
        }
    }

    fn among(&self, mut places: usize) -> Deadline {
        let mut least = NO_DEADLINE;
        while places > 0 {
            least = least.min(self.0[places]);
            places &= places - 1;
        }
        least
    }
}

/// Values with deadlines for which there are too few takes.
fn why(accesses: &Accesses, tuned: &Tuned, due: &[(Deadline, u32, usize)]) -> Vec<usize> {
    let mut suspects = Vec::new();
    for (deadline, _, at) in due {
        suspects.push(tuned.ends_first(accesses, &tuned.values[*at]));
        suspects.push(deadline.cause as usize);
        let end = accesses.spans[deadline.cause as usize].end;
        if deadline.moment < end {
            // Something that was taken is in the way of a later moment.
            let taken = tuned.values.iter().filter(|value| value.take != NONE);
            let span = Span { start: deadline.moment + 1, end };
            suspects.extend(empties::around(accesses, tuned, taken, span));
        }
    }
    // What the causes found came some time: that is a part of why they say so.
    let causes: Vec<u32> = due.iter().map(|(deadline, ..)| deadline.cause).collect();
    for value in &tuned.values {
        let is_cause = |at: usize| causes.contains(&index(at));
        if causes.len() <= 64 && tuned.operations(value).any(is_cause) {
            suspects.push(value.insert as usize);
            suspects.push(tuned.ends_first(accesses, value));
        }
    }
    suspects.sort_unstable();
    suspects.dedup();
    suspects
}
