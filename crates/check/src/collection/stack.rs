//! Last in, first out.
//!
//! A value can lie at the bottom of all the others when it can have been pushed and popped, and was
//! seen on top, at moments at which none of them is certainly inside. Whoever can, may: taking it
//! out only makes more such moments. So the values are peeled off from the bottom, and an order
//! exists exactly when nothing is left (Lee and Mathur, 2025). For the order each is pushed as late
//! and popped as early as those moments allow: then no moment of a value below it lies between, and
//! the values nest.

use super::accesses::Accesses;
use super::lost::Lost;
use super::place::Placed;
use super::points::{Moments, NumberSet};
use super::tree::{Covers, Intervals, Names};
use super::tuned::{Tuned, index};
use super::{NEVER, NONE, Span};
use super::{blame, empties};

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

/// An order with other choices of who took the values that nobody is known to have taken: where
/// nothing can lie at the bottom, the fewest of them that are in the way are taken earlier. `None`
/// when none was found. At most so many steps.
pub(super) fn order_with_others(
    accesses: &Accesses,
    tuned: &mut Tuned,
    lost: &mut Lost,
    work_max: usize,
) -> Option<Vec<usize>> {
    let mut work = 0;
    while work < work_max {
        let empty_at = empties::moments(accesses, tuned).ok()?;
        let mut peel = Peel::new(tuned, &empty_at);
        let mut wanted: Vec<(usize, u32)> = Vec::new();
        work += peel.moments.len();
        peel.peel_all();
        for most in (FEW..).map(|passes| passes / FEW) {
            if peel.left().next().is_none() {
                break;
            }
            let loosened = peel.loosen(lost, most, &mut wanted)?;
            work += peel.moments.len() + peel.needs.len() + loosened;
            if work > work_max {
                return None;
            }
            peel.peel_all();
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

/// Moments and values that are looked at while other choices are tried, before it is asked whether any
/// choice can help.
pub(super) const WORK_SOON: usize = 1 << 27;

/// The same after it, for each value: several times what histories of a million operations took, of
/// which up to 30 % were not answered.
pub(super) const WORK_EACH: usize = 1 << 13;

/// So many passes later one moment more is opened at once: where few choices are wrong each is made
/// by itself, where many are the passes are fewer.
const FEW: usize = 8;

/// One moment of so many that would do is opened at once where there are many.
const SPREAD: usize = 32;

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
        let mut depth = 0;
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
            peeled,
            moments,
        }
    }

    /// Peels everything, or says what is left.
    fn run(mut self) -> Result<Peeled, Vec<usize>> {
        self.peel_all();
        let stuck: Vec<usize> = self.left().collect();
        if stuck.is_empty() { Ok(self.peeled) } else { Err(stuck) }
    }

    /// Peels as long as some value can lie at the bottom.
    fn peel_all(&mut self) {
        loop {
            self.look();
            let Some(value) = self.ready.pop() else { return };
            self.peel(value as usize);
        }
    }

    /// The values that were not peeled.
    fn left(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.peeled.layers.len()).filter(|&value| self.peeled.layers[value].depth == NONE)
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
        let own = self.tuned.values[value as usize].peeks();
        let begun = self.peeks_by_start[own.clone()]
            .partition_point(|&peek| self.tuned.peeks[peek as usize].span.start <= moment);
        while let Some(found) = self.peeks.take(own.start..own.start + begun, index(at)) {
            let peek = self.peeks_by_start[found] as usize;
            if !std::mem::replace(&mut self.met[peek], true) {
                self.peeled.peeked[peek] = moment;
                self.meet(value);
            }
        }
    }

    /// Lets the fewest lost values that cover some moment alone, or alone with a value that was seen
    /// on top then, be gone by then, at so many moments at most, and notes which and when. Gives how
    /// many values were looked at, or `None` when there is no such moment. O(n) for each moment.
    fn loosen(
        &mut self,
        lost: &Lost,
        most: usize,
        wanted: &mut Vec<(usize, u32)>,
    ) -> Option<usize> {
        // For each moment the values that must be inside, the lost ones that need not, and the name
        // of the first kind where it is one.
        let mut covers = vec![(0_i32, 0_i32, 0_u32); self.moments.len() + 1];
        let mut loose: Vec<(usize, usize, usize)> = Vec::new();
        for at in self.left() {
            let came = self.tuned.values[at].add.end;
            let (from, to) = inside(&self.moments, came, self.gone_from[at]);
            let least = lost.earliest(self.tuned, at).unwrap_or(NEVER);
            let middle = self.moments.from(least).clamp(from, to.max(from));
            covers[from].0 += 1;
            covers[from].2 ^= index(at) + 1;
            covers[middle].0 -= 1;
            covers[middle].2 ^= index(at) + 1;
            if middle < to {
                covers[middle].1 += 1;
                covers[to].1 -= 1;
                loose.push((at, middle, to));
            }
        }
        let mut best: Vec<(i32, usize)> = Vec::new();
        let mut before = (0, 0, 0);
        for (moment, cover) in covers.iter_mut().enumerate() {
            *cover = (cover.0 + before.0, cover.1 + before.1, cover.2 ^ before.2);
            before = *cover;
            if cover.0 == 0 && cover.1 > 0 {
                best.push((cover.1, moment));
            }
        }
        for at in self.left() {
            for peek in self.tuned.values[at].peeks().filter(|&peek| !self.met[peek]) {
                let span = self.tuned.peeks[peek].span;
                let moments = self.moments.from(span.start)..self.moments.until(span.end);
                let alone = |&moment: &usize| {
                    let (must, may, who) = covers[moment];
                    must == 1 && may > 0 && who == index(at) + 1
                };
                best.extend(moments.filter(alone).map(|moment| (covers[moment].1, moment)));
            }
        }
        let fewest = best.iter().map(|&(may, _)| may).min()?;
        let mut best: Vec<usize> =
            best.into_iter().filter(|&(may, _)| may == fewest).map(|(_, moment)| moment).collect();
        best.sort_unstable();
        best.dedup();
        // Of many moments some far from each other: they have little to do with each other.
        let most = most.max(best.len() / SPREAD);
        let stride = best.len().div_ceil(most);
        let mut chosen: Vec<usize> = best.into_iter().rev().step_by(stride).collect();
        chosen.reverse();
        let mut around: Vec<Vec<usize>> = vec![Vec::new(); chosen.len()];
        for (number, &(_, from, to)) in loose.iter().enumerate() {
            let place = |moment: usize| chosen.partition_point(|&other| other < moment);
            around[place(from)..place(to)].iter_mut().for_each(|around| around.push(number));
        }
        let mut gone = vec![false; loose.len()];
        for (moment, around) in chosen.into_iter().zip(around).rev() {
            // Fewer are in the way where some of them were let go at a later moment.
            if around.iter().any(|&number| gone[number]) {
                continue;
            }
            for number in around {
                let (value, _, to) = loose[number];
                gone[number] = true;
                self.let_go(value, moment, to);
                wanted.push((value, self.moments.at(moment)));
            }
        }
        Some(loose.len())
    }

    /// A value that covers the moments up to `to` (without it) can be gone from `moment` on.
    fn let_go(&mut self, at: usize, moment: usize, to: usize) {
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
        let (from, to) = inside(&self.moments, value.add.end, gone_from);
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
