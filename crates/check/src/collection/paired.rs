//! A guess where values were put in more than once: which take took what which put put in.
//!
//! Were each put the only one of its value, its answer would name it, and an order would be found in
//! O(n log n). So each put is given a value of its own, and each answer one of those that may have
//! been meant: of a queue and a priority queue what was put in first went first, of a stack what was
//! put in last. An order of that is an order of what was recorded: where the same value is there twice
//! it does not matter which is which. Where there is none, neighbours among what contradicts itself
//! change places, and at last nothing is said: another guess might have had one. (With the guess left
//! open the problem is NP-complete: Gibbons and Korach, *Testing Shared Memories*, 1997.)

use super::accesses::{Accesses, Kind};
use super::tuned::index;
use super::{Answer, NEVER, Span};
use crate::part::Standing;
use std::collections::BTreeSet;
use testimony_model::Object;

/// So often a guess is changed at most, and so many operations are looked at for that, all together:
/// nothing here is counted in the steps of a budget.
const CHANGES_MAX: usize = 256;
const LOOKED_AT_MAX: usize = 1 << 19;

/// A guess: the operations of each value in an order.
pub(super) struct Pairing<'a, S> {
    object: Object,
    accesses: &'a Accesses,
    standing: S,
    by_value: Vec<Named>,
    /// Neighbours that changed places.
    changed: BTreeSet<(usize, usize)>,
    /// Takes without an answer that were not given anything.
    open: usize,
    changes: usize,
}

impl<'a, S: Fn(usize) -> Standing> Pairing<'a, S> {
    /// The first guess: each operation in the middle of its time. O(n log n).
    pub(super) fn new(object: Object, accesses: &'a Accesses, standing: S) -> Pairing<'a, S> {
        let counts = |at: &usize| match accesses.kinds[*at] {
            Kind::Insert(_) => standing(*at) != Standing::Dropped,
            _ => standing(*at) == Standing::Required,
        };
        let is_open =
            |at: usize| accesses.spans[at].end == NEVER || standing(at) == Standing::Optional;
        let mut by_value: Vec<Named> = (0..accesses.values).map(|_| Named::default()).collect();
        let mut by_moment: Vec<usize> = (0..accesses.kinds.len()).filter(counts).collect();
        by_moment.sort_unstable_by_key(|&at| (middle(accesses.spans[at]), at));
        for at in by_moment {
            match accesses.kinds[at] {
                Kind::Insert(value) => by_value[value as usize].puts.push(at),
                Kind::Take(value) => by_value[value as usize].takes.push(at),
                Kind::Peek(value) => by_value[value as usize].peeks.push(at),
                Kind::Empty | Kind::Open => {}
            }
        }
        by_value.iter_mut().for_each(|named| named.drop_unneeded(&accesses.spans, is_open));
        let takes = |&at: &usize| match accesses.kinds[at] {
            Kind::Open => standing(at) != Standing::Dropped,
            Kind::Take(_) => standing(at) == Standing::Optional,
            _ => false,
        };
        let open = (0..accesses.kinds.len()).filter(takes).count();
        let changed = BTreeSet::new();
        Pairing { object, accesses, standing, by_value, changed, open, changes: 0 }
    }

    /// An order, if this guess or one near it has one. O(n log n) for each guess.
    pub(super) fn order(mut self) -> Option<Vec<usize>> {
        loop {
            match super::answer(self.object, &self.told_apart()?, &self.standing) {
                Answer::Valid(order) => return Some(order),
                Answer::Invalid(suspects) if self.change(&suspects) => {}
                Answer::Invalid(_) | Answer::Undecided(_) => return None,
            }
        }
    }

    /// The accesses with a value of its own for each put; `None` where some answer fits none of them.
    fn told_apart(&self) -> Option<Accesses> {
        let (mut kinds, spans) = (self.accesses.kinds.clone(), &self.accesses.spans);
        let mut values = 0;
        for named in &self.by_value {
            let number = |place: usize| match self.object {
                // What is taken first of a priority queue is the greatest.
                Object::PriorityQueue => index(values + named.puts.len() - 1 - place),
                _ => index(values + place),
            };
            for (place, &put) in named.puts.iter().enumerate() {
                kinds[put] = Kind::Insert(number(place));
            }
            let pairs = match self.object {
                Object::Stack => named.last_first(spans)?,
                _ => named.first_first(spans)?,
            };
            for (at, place) in pairs {
                kinds[at] = match kinds[at] {
                    Kind::Take(_) => Kind::Take(number(place)),
                    _ => Kind::Peek(number(place)),
                };
            }
            values += named.puts.len();
            // What nobody needs has a value that nobody names.
            for &put in &named.alone {
                kinds[put] = Kind::Insert(index(values));
                values += 1;
            }
        }
        Some(Accesses { kinds, spans: spans.clone(), values })
    }

    /// Lets one of those that contradict each other see the next one of its value, or change places
    /// with another one of its value, of which one lies within the time of the other: only there is
    /// it not clear which was first.
    fn change(&mut self, suspects: &[usize]) -> bool {
        let changes_max = LOOKED_AT_MAX / self.accesses.kinds.len().max(1);
        if self.changes >= CHANGES_MAX.min(changes_max) || self.object == Object::Stack {
            return false;
        }
        self.changes += 1;
        let changed = suspects.iter().any(|&at| {
            let Some(value) = self.accesses.kinds[at].value() else { return false };
            let named = &mut self.by_value[value as usize];
            if named.peeks.contains(&at) && named.later.insert(at) {
                return true;
            }
            [&mut named.puts, &mut named.takes]
                .into_iter()
                .any(|all| change_one(all, at, &self.accesses.spans, &mut self.changed))
        });
        changed || suspects.iter().any(|&at| self.lose(at))
    }

    /// Lets a take without an answer have what was put in here.
    fn lose(&mut self, put: usize) -> bool {
        let Kind::Insert(value) = self.accesses.kinds[put] else { return false };
        let named = &mut self.by_value[value as usize];
        if self.open == 0 || named.puts.len() == named.takes.len() {
            return false;
        }
        let Some(place) = named.puts.iter().position(|&at| at == put) else { return false };
        named.alone.push(named.puts.remove(place));
        self.open -= 1;
        true
    }
}

/// Lets an operation change places with a neighbour, if it may and has not yet.
fn change_one(
    all: &mut [usize],
    one: usize,
    spans: &[Span],
    changed: &mut BTreeSet<(usize, usize)>,
) -> bool {
    let within = |a: Span, b: Span| b.start <= a.start && a.end <= b.end;
    let Some(place) = all.iter().position(|&at| at == one) else { return false };
    let before = place.checked_sub(1);
    let neighbours = [before, Some(place + 1).filter(|&next| next < all.len())];
    for other in neighbours.into_iter().flatten() {
        let (a, b) = (one.min(all[other]), one.max(all[other]));
        let unclear = within(spans[a], spans[b]) || within(spans[b], spans[a]);
        if unclear && changed.insert((a, b)) {
            all.swap(place, other);
            return true;
        }
    }
    false
}

/// Where in time an operation may be thought to be: in the middle, where that is known.
fn middle(span: Span) -> u64 {
    let end = if span.end == NEVER { span.start } else { span.end };
    u64::from(span.start) + u64::from(end)
}

/// The operations of one value, each kind by moment.
#[derive(Default)]
struct Named {
    puts: Vec<usize>,
    takes: Vec<usize>,
    peeks: Vec<usize>,
    /// Peeks that saw a later one than they might have.
    later: BTreeSet<usize>,
    /// Puts that no answer needs.
    alone: Vec<usize>,
}

impl Named {
    /// Keeps of the puts that need not have happened only those without which there would be too few
    /// by the end of some take or peek, the earliest of them.
    fn drop_unneeded(&mut self, spans: &[Span], is_open: impl Fn(usize) -> bool) {
        let mut ends: Vec<u32> = self.takes.iter().map(|&take| spans[take].end).collect();
        ends.sort_unstable();
        let mut demands: Vec<(u32, usize)> = ends.iter().copied().zip(1..).collect();
        demands.extend(self.peeks.iter().map(|&peek| {
            let gone = ends.partition_point(|&end| end < spans[peek].start);
            (spans[peek].end, gone + 1)
        }));
        demands.sort_unstable();
        let (mut open, answered): (Vec<usize>, Vec<usize>) =
            self.puts.iter().copied().partition(|&at| is_open(at));
        let mut starts: Vec<u32> = answered.iter().map(|&at| spans[at].start).collect();
        starts.sort_unstable();
        open.sort_unstable_by_key(|&at| (spans[at].start, at));
        let mut open = open.into_iter().peekable();
        let mut needed = BTreeSet::new();
        for (by, count) in demands {
            let there = starts.partition_point(|&start| start <= by);
            while there + needed.len() < count {
                let Some(put) = open.next_if(|&at| spans[at].start <= by) else { break };
                needed.insert(put);
            }
        }
        let is_needed = |at: &usize| !is_open(*at) || needed.contains(at);
        (self.puts, self.alone) = std::mem::take(&mut self.puts).into_iter().partition(is_needed);
    }

    /// Takes and peeks with the places of their puts, if what was put in first went first.
    fn first_first(&self, spans: &[Span]) -> Option<Vec<(usize, usize)>> {
        if self.takes.len() > self.puts.len() || (self.puts.is_empty() && !self.peeks.is_empty()) {
            return None;
        }
        let mut pairs: Vec<(usize, usize)> = self.takes.iter().copied().zip(0..).collect();
        let last = self.puts.len().saturating_sub(1);
        let mut place = 0;
        for &peek in &self.peeks {
            // The first that was not certainly gone, or the next one.
            let gone = |place: usize| {
                self.takes.get(place).is_some_and(|&take| spans[take].end < spans[peek].start)
            };
            while place < last && gone(place) {
                place += 1;
            }
            pairs.push((peek, last.min(place + usize::from(self.later.contains(&peek)))));
        }
        Some(pairs)
    }

    /// The same, if what was put in last went first.
    fn last_first(&self, spans: &[Span]) -> Option<Vec<(usize, usize)>> {
        let puts = self.puts.iter().map(|&at| (at, Event::Put));
        let takes = self.takes.iter().map(|&at| (at, Event::Take));
        let mut events: Vec<_> =
            puts.chain(takes).chain(self.peeks.iter().map(|&at| (at, Event::Peek))).collect();
        events.sort_unstable_by_key(|&(at, _)| (middle(spans[at]), at));
        let (mut pairs, mut next) = (Vec::with_capacity(self.takes.len()), 0);
        let (mut inside, mut early): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
        for (at, event) in events {
            match event {
                Event::Put => {
                    // Whoever took it before the middle of its put.
                    match early.pop() {
                        Some(take) => pairs.push((take, next)),
                        None => inside.push(next),
                    }
                    next += 1;
                }
                Event::Take => match inside.pop() {
                    Some(place) => pairs.push((at, place)),
                    None => early.push(at),
                },
                Event::Peek => pairs.push((at, *inside.last()?)),
            }
        }
        early.is_empty().then_some(pairs)
    }
}

#[derive(Clone, Copy)]
enum Event {
    Put,
    Take,
    Peek,
}
