//! Last in, first out.
//!
//! A value can lie at the bottom of all the others when it can have been pushed and popped, and was
//! seen on top, at moments at which none of them is certainly inside. Whoever can, may: taking it
//! out only makes more such moments. So the values are peeled off from the bottom, and an order
//! exists exactly when nothing is left (Lee and Mathur, 2025). For the order each is pushed as late
//! and popped as early as those moments allow: then no moment of a value below it lies between, and
//! the values nest.

mod choices;

use super::accesses::Accesses;
use super::lost::Lost;
use super::place::Placed;
use super::points::{Moments, NumberSet};
use super::tree::{Covers, Intervals, Names};
use super::tuned::{Tuned, index};
use super::{NEVER, NONE, Span};
use super::{blame, empties};
use choices::Choices;
use std::ops::Range;

/// Before everything that stays at a moment: what goes then.
const GOES: u8 = 0;
/// What happens between.
const BETWEEN: u8 = 1;
/// What comes, and stays beyond the moment.
const COMES: u8 = 2;

/// An order, or positions that contradict each other. O(n log n).
pub(super) fn order(
    accesses: &Accesses,
    tuned: &Tuned,
    empty_at: &[u32],
) -> Result<Vec<usize>, Vec<usize>> {
    let peeled = Peel::new(tuned, empty_at).run();
    match peeled {
        Ok(found) => Ok(place(tuned, &found, empty_at)),
        Err(stuck) => {
            Err(blame::values(accesses, tuned, stuck, |some| Peel::new(some, &[]).run().is_err()))
        }
    }
}

/// An order, with other choices of who took the values that nobody is known to have taken: where
/// nothing can lie at the bottom, the fewest of them that are in the way are taken earlier. `None`
/// when none was found. At most so many steps, each O(log n).
pub(super) fn order_with_choices(
    accesses: &Accesses,
    tuned: &mut Tuned,
    lost: &mut Lost,
    steps_max: usize,
) -> Option<Vec<usize>> {
    let mut steps = 0;
    while steps < steps_max {
        let empty_at = empties::moments(accesses, tuned).ok()?;
        let mut peel = Peel::new(tuned, &empty_at);
        steps += peel.moments.len();
        peel.peel_all();
        let mut wanted: Vec<(usize, u32)> = Vec::new();
        if peel.left > 0 {
            let mut choices = Choices::new(&peel, lost);
            while peel.left > 0 && steps < steps_max {
                steps += choices.loosen(&mut peel, &mut wanted)?;
                while let Some(value) = peel.next() {
                    choices.remove(&peel, value);
                    peel.peel(value);
                }
            }
            if peel.left > 0 {
                return None;
            }
        }
        if wanted.is_empty() {
            let peeled = peel.peeled;
            return Some(place(tuned, &peeled, &empty_at));
        }
        drop(peel);
        lost.tighten(&wanted);
        lost.give(tuned).ok()?;
    }
    None
}

/// Steps for each value while other choices are tried: several times the 15 that the most needed of
/// the histories of 14 to a million operations that were looked at, of which up to 30 % were not
/// answered.
pub(super) const STEPS_EACH: usize = 64;

/// When a value lay where.
#[derive(Clone, Copy, Debug)]
struct Layer {
    /// How many lie below it, or beside it and earlier.
    depth: u32,
    pushed: u32,
    popped: u32,
}

/// What came out of peeling.
struct Peeled {
    /// For each value.
    layers: Vec<Layer>,
    /// For each peek the moment, where it is neither that of the push nor that of the pop.
    peeked: Vec<u32>,
}

/// Values on their way out.
struct Peel<'t> {
    tuned: &'t Tuned,
    moments: Moments,
    /// Moments at which no value that is left is certainly inside.
    open: NumberSet,
    covers: Covers,
    names: Names,
    /// Moments of which the one value that covers them knows.
    alone: Vec<bool>,
    /// Pushes, pops and peeks by start; who they are, and how many start by each moment.
    intervals: Intervals,
    whose: Vec<Whose>,
    begun: Vec<u32>,
    /// Peeks of each value by start.
    peeks: Intervals,
    peeks_by_start: Vec<u32>,
    met: Vec<bool>,
    /// When each value can first have gone.
    gone_from: Vec<u32>,
    /// Whether there is a moment at which it can have gone.
    gone: Vec<bool>,
    /// For each value how many of its operations still need a moment.
    needs: Vec<u32>,
    ready: Vec<u32>,
    depth: u32,
    /// How many values were not peeled.
    left: usize,
    peeled: Peeled,
}

/// Whose an interval is: that of a peek, of the push ([`NONE`]), or of the pop ([`POP`]).
#[derive(Clone, Copy)]
struct Whose {
    value: u32,
    peek: u32,
}

/// In the place of a peek: the pop.
const POP: u32 = NONE - 1;

impl<'t> Peel<'t> {
    fn new(tuned: &'t Tuned, empty_at: &[u32]) -> Peel<'t> {
        let values = &tuned.values;
        let starts = values.iter().flat_map(|value| [value.add.start, value.rem.start]);
        let seen = tuned.peeks.iter().map(|peek| peek.span.start);
        // From then on a value that nobody is known to have taken can be gone.
        let open = tuned.open.first().map(|open| open.span.start);
        let all = starts.chain(seen).chain(empty_at.iter().copied()).chain(open).chain([NEVER]);
        let moments = Moments::new(all.collect());
        let mut changes = vec![0_i32; moments.len() + 1];
        let mut names = Names::new(moments.len());
        let mut whose: Vec<(Span, Whose)> = Vec::with_capacity(values.len() * 2);
        let mut needs = vec![0; values.len()];
        let mut peeled = Peeled {
            layers: vec![Layer { depth: NONE, pushed: 0, popped: 0 }; values.len()],
            peeked: vec![NONE; tuned.peeks.len()],
        };
        let (mut depth, mut left) = (0, 0);
        let places = |span: Span| Span {
            start: index(moments.from(span.start)),
            end: index(moments.until(span.end) - 1),
        };
        for (at, value) in values.iter().enumerate() {
            if !value.is_critical() {
                // It comes and goes at one moment, and is in nobody's way.
                let moment = value.rem.start;
                peeled.layers[at] = Layer { depth, pushed: moment, popped: moment };
                depth += 1;
                continue;
            }
            let (from, to) = inside(&moments, value.add.end, value.rem.start);
            changes[from] += 1;
            changes[to] -= 1;
            let name = index(at);
            names.toggle(from, to, name + 1);
            let own = |peek| Whose { value: name, peek };
            whose.push((places(value.add), own(NONE)));
            whose.push((places(value.rem), own(POP)));
            for peek in value.peeks() {
                whose.push((places(tuned.peeks[peek].span), own(index(peek))));
            }
            needs[at] = index(2 + value.peeks().len());
            left += 1;
        }
        let covers = sums(&changes[..moments.len()]);
        whose.sort_unstable_by_key(|(span, _)| span.start);
        let begun = begun(&whose, moments.len());
        let mut by_start: Vec<u32> = (0..index(tuned.peeks.len())).collect();
        for value in values {
            by_start[value.peeks()]
                .sort_unstable_by_key(|&peek| tuned.peeks[peek as usize].span.start);
        }
        let ends = by_start.iter().map(|&peek| places(tuned.peeks[peek as usize].span).end);
        Peel {
            tuned,
            open: NumberSet::new(moments.len(), false),
            covers: Covers::new(&covers),
            names,
            alone: vec![false; moments.len()],
            intervals: Intervals::new(whose.iter().map(|(span, _)| span.end)),
            whose: whose.into_iter().map(|(_, whose)| whose).collect(),
            begun,
            peeks: Intervals::new(ends),
            peeks_by_start: by_start,
            met: vec![false; tuned.peeks.len()],
            gone_from: values.iter().map(|value| value.rem.start).collect(),
            gone: vec![false; values.len()],
            needs,
            ready: Vec::new(),
            depth,
            left,
            peeled,
            moments,
        }
    }

    /// Peels everything, or says what is left.
    fn run(mut self) -> Result<Peeled, Vec<usize>> {
        self.peel_all();
        if self.left == 0 { Ok(self.peeled) } else { Err(self.values_left().collect()) }
    }

    /// Peels as long as some value can lie at the bottom.
    fn peel_all(&mut self) {
        while let Some(value) = self.next() {
            self.peel(value);
        }
    }

    /// A value that can lie at the bottom.
    fn next(&mut self) -> Option<usize> {
        self.look();
        self.ready.pop().map(|value| value as usize)
    }

    /// The values that were not peeled.
    fn values_left(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.peeled.layers.len()).filter(|&value| self.is_left(value))
    }

    fn is_left(&self, value: usize) -> bool {
        self.peeled.layers[value].depth == NONE
    }

    /// Finds the moments that opened since the last time, and those that one value has alone.
    fn look(&mut self) {
        // A moment that was found while one value covered it counts one more from then on.
        let most = i32::from(!self.tuned.peeks.is_empty());
        while let Some((at, cover)) = self.covers.at_most(most) {
            if cover == most && most == 1 && !self.alone[at] {
                self.alone[at] = true;
                self.covers.add(at, at + 1, 1);
                self.seen_alone(at);
            } else {
                self.covers.retire(at);
                self.open.insert(at);
                self.opened(at);
            }
        }
    }

    /// Everything that can happen at this moment has one.
    fn opened(&mut self, at: usize) {
        let begun = self.begun[at + 1] as usize;
        while let Some(found) = self.intervals.take(0..begun, index(at)) {
            let Whose { value, peek } = self.whose[found];
            let known = match peek {
                NONE => false,
                POP => std::mem::replace(&mut self.gone[value as usize], true),
                peek => std::mem::replace(&mut self.met[peek as usize], true),
            };
            if !known {
                self.meet(value);
            }
        }
    }

    /// The peeks of the one value that covers this moment have one.
    fn seen_alone(&mut self, at: usize) {
        let Some(value) = self.names.at(at).checked_sub(1) else { return };
        let moment = self.moments.at(at);
        let begun = self.peeks_begun(value as usize, moment);
        while let Some(found) = self.peeks.take(begun.clone(), index(at)) {
            let peek = self.peeks_by_start[found] as usize;
            if !std::mem::replace(&mut self.met[peek], true) {
                self.peeled.peeked[peek] = moment;
                self.meet(value);
            }
        }
    }

    /// Whether a peek of this value that has no moment yet can be at this one.
    fn is_sought(&mut self, value: usize, at: usize) -> bool {
        let begun = self.peeks_begun(value, self.moments.at(at));
        while let Some(found) = self.peeks.find(begun.clone(), index(at)) {
            if !self.met[self.peeks_by_start[found] as usize] {
                return true;
            }
            self.peeks.give_up(found);
        }
        false
    }

    /// The peeks of a value that start by this moment, as a range of those by start.
    fn peeks_begun(&self, value: usize, moment: u32) -> Range<usize> {
        let own = self.tuned.values[value].peeks();
        let begun = self.peeks_by_start[own.clone()]
            .partition_point(|&peek| self.tuned.peeks[peek as usize].span.start <= moment);
        own.start..own.start + begun
    }

    /// The moments at which a value is certainly inside, as far as that is known by now.
    fn inside(&self, at: usize) -> (usize, usize) {
        inside(&self.moments, self.tuned.values[at].add.end, self.gone_from[at])
    }

    /// A value can be gone from this moment on, at which it was certainly inside.
    fn let_go(&mut self, at: usize, moment: usize) {
        let (_, to) = self.inside(at);
        self.gone_from[at] = self.moments.at(moment);
        self.covers.add(moment, to, -1);
        self.names.toggle(moment, to, index(at) + 1);
        if !std::mem::replace(&mut self.gone[at], true) {
            self.meet(index(at));
        }
    }

    fn meet(&mut self, value: u32) {
        let needs = &mut self.needs[value as usize];
        *needs -= 1;
        if *needs == 0 {
            self.ready.push(value);
        }
    }

    /// Takes a value out from below all that are left.
    fn peel(&mut self, at: usize) {
        let value = &self.tuned.values[at];
        let pushed = self.open.last(self.moments.until(value.add.end) - 1);
        let gone_from = self.gone_from[at];
        let popped = self.open.next(self.moments.from(gone_from));
        let moment = |at: Option<usize>, other| at.map_or(other, |at| self.moments.at(at));
        let (pushed, popped) = (moment(pushed, value.add.end), moment(popped, NEVER));
        self.peeled.layers[at] = Layer { depth: self.depth, pushed, popped };
        self.depth += 1;
        self.left -= 1;
        let (from, to) = self.inside(at);
        self.covers.add(from, to, -1);
        self.names.toggle(from, to, index(at) + 1);
    }
}

/// What changes add up to.
fn sums(changes: &[i32]) -> Vec<i32> {
    let sum = |sum: &mut i32, change: &i32| {
        *sum += change;
        Some(*sum)
    };
    changes.iter().scan(0, sum).collect()
}

/// For each moment how many intervals start before it.
fn begun(intervals: &[(Span, Whose)], moments: usize) -> Vec<u32> {
    let mut begun = vec![0; moments + 1];
    intervals.iter().for_each(|(span, _)| begun[span.start as usize + 1] += 1);
    for at in 1..begun.len() {
        begun[at] += begun[at - 1];
    }
    begun
}

/// The moments at which a value is certainly inside that came by one moment and went from another.
fn inside(moments: &Moments, came: u32, gone: u32) -> (usize, usize) {
    (moments.until(came), moments.from(gone))
}

/// Puts every operation at its moment: what goes from the top down, what comes from the bottom up.
fn place(tuned: &Tuned, peeled: &Peeled, empty_at: &[u32]) -> Vec<usize> {
    let operations = tuned.values.len() * 2 + tuned.peeks.len() + tuned.empties.len();
    let mut placed = Placed::with_capacity(operations);
    for (value, layer) in tuned.values.iter().zip(&peeled.layers) {
        let Layer { depth, pushed, popped } = *layer;
        let at_once = pushed == popped;
        let taken = value.take != NONE && popped != NEVER;
        let (come, go) = if at_once { (BETWEEN, BETWEEN) } else { (COMES, GOES) };
        let from_top = if at_once { depth } else { !depth };
        placed.add(pushed, come, depth, 0, value.insert);
        for peek in value.peeks() {
            let (seen, own) = (tuned.peeks[peek], peeled.peeked[peek]);
            if own != NONE {
                placed.add(own, BETWEEN, depth, 1, seen.position);
            } else if seen.span.start <= pushed {
                placed.add(pushed, come, depth, 1, seen.position);
            } else {
                placed.add(popped, go, from_top, 1, seen.position);
            }
        }
        if taken {
            placed.add(popped, go, from_top, 2, value.take);
        }
    }
    for (empty, &at) in tuned.empties.iter().zip(empty_at) {
        placed.add(at, BETWEEN, NONE, 0, empty.position);
    }
    placed.into_order()
}
