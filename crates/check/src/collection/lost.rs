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
//! deadline for the next ([`super::stack`]). Of a queue a line of all values says more than the deadline of
//! each ([`super::due`]).

use super::accesses::Accesses;
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
        let is_lost: Vec<bool> = tuned.values.iter().map(Value::is_lost).collect();
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
    /// There are too few; how many deadlines show that. Then nothing is changed.
    pub(super) fn give(&mut self, tuned: &mut Tuned) -> Result<(), usize> {
        self.due.sort_unstable();
        let opens = |place: usize, deadline: Deadline| {
            tuned.open.get(place).is_some_and(|open| open.span.start <= deadline.moment)
        };
        // Nobody gets a take where not everybody can.
        for (place, &(deadline, ..)) in self.due.iter().enumerate() {
            if deadline.moment != NEVER && !opens(place, deadline) {
                return Err(place + 1);
            }
        }
        for (place, &(deadline, _, at)) in self.due.iter().enumerate() {
            let open = tuned.open.get(place).filter(|open| open.span.start <= deadline.moment);
            let value = &mut tuned.values[at];
            (value.take, value.rem) = match open {
                Some(open) => {
                    let peeks = &tuned.peeks[value.peeks()];
                    (open.position, value.gone_from(peeks, open.span.start))
                }
                None => (NONE, Span { start: NEVER, end: NEVER }),
            };
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
        let gone = || value.gone_from(&tuned.peeks[value.peeks()], self.earliest).start;
        self.is_lost[at].then(gone)
    }
}

/// Lets each value that nobody is known to have taken go with the earliest of the unanswered takes.
pub(super) fn relax(tuned: &mut Tuned) {
    let Some(earliest) = tuned.open.first().map(|open| open.span.start) else { return };
    for value in tuned.values.iter_mut().filter(|value| value.is_lost()) {
        value.rem = value.gone_from(&tuned.peeks[value.peeks()], earliest);
    }
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
    let mut demands: Vec<Demand> = Vec::with_capacity(tuned.values.len() + tuned.empties.len());
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
        for peek in &tuned.peeks[value.peeks()] {
            demands.push(demand(peek.span, peek.position));
        }
    }
    demands.extend(tuned.empties.iter().map(|empty| {
        let by = Deadline { moment: empty.span.end, cause: empty.position };
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
    let mut least = Least::new(starts.len(), NO_DEADLINE);
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

/// The least of what was offered at the first few places (a Fenwick tree).
pub(super) struct Least<T> {
    greatest: T,
    places: Vec<T>,
}

impl<T: Copy + Ord> Least<T> {
    /// So many places, at which nothing less than `greatest` was offered.
    pub(super) fn new(places: usize, greatest: T) -> Least<T> {
        Least { greatest, places: vec![greatest; places + 1] }
    }

    /// Offers something at a place, counted from 1. O(log n).
    pub(super) fn offer(&mut self, mut place: usize, one: T) {
        while place < self.places.len() && place > 0 {
            self.places[place] = self.places[place].min(one);
            place += place & place.wrapping_neg();
        }
    }

    /// The least at so many first places. O(log n).
    pub(super) fn among(&self, mut places: usize) -> T {
        let mut least = self.greatest;
        while places > 0 {
            least = least.min(self.places[places]);
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
