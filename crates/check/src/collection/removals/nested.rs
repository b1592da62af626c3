//! Stacks as nested pairs: what goes on between a put and its take does not depend on what is below.
//!
//! Orders are followed operation by operation. What is kept of one is how far it got in time (a
//! [frontier](frontiers)) and which put is on top; what that was put on is not told apart. So whatever
//! leads from a put to its take is found once for all stacks that the put may be on: the tables grow
//! with the square of the number of frontiers, not with the number of stacks, and the number of
//! frontiers is linear in the operations and exponential only in how many are open at once. The idea is
//! that of summaries of procedures (Sharir and Pnueli, *Two Approaches to Interprocedural Data Flow
//! Analysis*, 1981) and of stacks as graphs (Tomita, *Efficient Parsing for Natural Language*, 1985).
//!
//! Not every order is followed, but one of those that are alike:
//!
//! - Of two operations that do the same, the one goes first that returns first.
//! - What only looks, and sees what it should, does so at once.
//! - A put goes as late as it may. So what is put on it and taken again, before anybody saw it, cannot
//!   all have been before it.
//! - What nobody was answered happens right before an answer that needs it: a take, of what is in its
//!   way; a put, of what it takes or sees. How much of it happened belongs to the frontier: the more
//!   there is, the more frontiers there are. So what needs it is left for later, and then goes first
//!   from where least of it got furthest.
//!
//! All of these are followed to the end: finding no order is a decision. For if there are orders, one of
//! them keeps all the rules: of those with the fewest operations that nobody was answered, and of these
//! with the latest puts, the one that looks earliest (places are counted among what was answered). To
//! move a put behind what was taken again, or a look forward, would make it better; to move what nobody
//! was answered to where it is needed, or to exchange two that do the same, makes it no worse.

mod frontiers;
mod timeline;
mod unanswered;

use super::super::accesses::{Accesses, Kind};
use super::super::tuned::index;
use super::super::{NEVER, NONE};
use crate::budget::{Meter, Spent, reserve, reserve_entry, reserve_place};
use crate::part::Standing;
use frontiers::{Frontiers, Urgency};
use rustc_hash::FxHashMap;
use std::collections::BinaryHeap;
use std::hash::Hash;
use timeline::Timeline;
use unanswered::Unanswered;

/// Nothing was put in.
const BOTTOM: u32 = 0;

/// What was found.
pub(super) enum Found {
    /// Positions in an order.
    Order(Vec<u32>),
    /// That there is none, and the answer whose return no order could pass.
    None { stuck: Option<usize> },
}

/// Decides a stack; an error says what ran out.
pub(super) fn decide(
    accesses: &Accesses,
    standing: impl Fn(usize) -> Standing + Copy,
    meter: &mut Meter<'_>,
) -> Result<Found, Spent> {
    let timeline = Timeline::new(accesses, standing, meter)?;
    let unanswered = Unanswered::new(accesses, standing);
    let mut nested = Nested::new(accesses, &timeline, &unanswered);
    Ok(match nested.go(meter)? {
        Some(order) => Found::Order(order),
        None => Found::None { stuck: timeline.stuck(nested.frontiers.furthest()) },
    })
}

/// A frontier that was reached with a put on top.
#[derive(Clone, Copy)]
struct Spot {
    frontier: u32,
    level: u32,
    /// Whether the put that is on top was seen, and could not have waited any longer.
    is_seen: bool,
    from: From,
}

/// How a spot was reached first.
#[derive(Clone, Copy)]
enum From {
    /// By the put that is on top, or as the first of all.
    Put,
    /// From another spot of the level, by an operation that changes nothing.
    Seen { spot: u32, operation: u32 },
    /// From another spot of the level, by a put and its take.
    Both { spot: u32, put: u32, take: u32 },
    /// From another spot of the level, by a put, what led to the inner spot on top of it, and its take.
    Taken { spot: u32, put: u32, inner: u32, take: u32 },
}

/// What goes on while a put is inside.
struct Level {
    value: u32,
    /// When the put returns.
    end: u32,
    /// From which spots it was put in.
    puts: Vec<Put>,
    /// From which of its own spots it was taken.
    takes: Vec<Take>,
}

#[derive(Clone, Copy)]
struct Put {
    spot: u32,
    put: u32,
}

#[derive(Clone, Copy)]
struct Take {
    spot: u32,
    take: u32,
    /// The frontier after it.
    next: u32,
}

/// The tables.
struct Nested<'a> {
    accesses: &'a Accesses,
    frontiers: Frontiers<'a>,
    spots: Vec<Spot>,
    levels: Vec<Level>,
    /// By the put and the frontier after it.
    level_of: FxHashMap<(u32, u32), u32>,
    /// The spots that are known: by frontier, level, and whether it was seen.
    reached: FxHashMap<(u32, u32, bool), ()>,
    /// Which level was put on which, and whether that was seen.
    put_on: FxHashMap<(u32, u32, bool), ()>,
    /// After which frontiers a level was taken.
    taken_at: FxHashMap<(u32, u32), ()>,
    /// Spots that were not followed yet.
    waiting: Vec<u32>,
    /// Operations that need what nobody was answered, with their spots.
    needy: BinaryHeap<(Urgency, u32, u32)>,
}

impl<'a> Nested<'a> {
    fn new(
        accesses: &'a Accesses,
        timeline: &'a Timeline,
        unanswered: &'a Unanswered,
    ) -> Nested<'a> {
        Nested {
            accesses,
            frontiers: Frontiers::new(accesses, timeline, unanswered),
            spots: Vec::new(),
            levels: Vec::new(),
            level_of: FxHashMap::default(),
            reached: FxHashMap::default(),
            put_on: FxHashMap::default(),
            taken_at: FxHashMap::default(),
            waiting: Vec::new(),
            needy: BinaryHeap::new(),
        }
    }

    /// Positions in an order, if there is one.
    fn go(&mut self, meter: &mut Meter<'_>) -> Result<Option<Vec<u32>>, Spent> {
        self.begin_level(NONE, NEVER, meter)?;
        let first = self.frontiers.first(meter)?;
        self.reach(first, BOTTOM, false, From::Put, meter)?;
        let mut candidates = Vec::new();
        loop {
            while let Some(at) = self.waiting.pop() {
                let Spot { frontier, level, .. } = self.spots[at as usize];
                if self.frontiers.is_last(frontier) {
                    return Ok(Some(self.order(at)));
                }
                let looked_at = self.frontiers.candidates(frontier, &mut candidates);
                meter.step(1 + looked_at)?;
                if let Some(&seen) = candidates.iter().find(|&&one| self.sees(level, one)) {
                    self.explain(at, seen, meter)?;
                    continue;
                }
                for &one in &candidates {
                    self.explain(at, one, meter)?;
                }
            }
            let Some((_, at, one)) = self.needy.pop() else { return Ok(None) };
            meter.step(1)?;
            self.help(at, one, meter)?;
        }
    }

    /// Whether an operation sees what it should, and changes nothing.
    fn sees(&self, level: u32, one: u32) -> bool {
        match self.accesses.kinds[one as usize] {
            Kind::Peek(value) => self.levels[level as usize].value == value,
            Kind::Empty => level == BOTTOM,
            _ => false,
        }
    }

    /// Explains an operation next, or leaves that for later.
    fn explain(&mut self, at: u32, one: u32, meter: &mut Meter<'_>) -> Result<(), Spent> {
        let Spot { frontier, level, .. } = self.spots[at as usize];
        let kind = self.accesses.kinds[one as usize];
        if let Kind::Insert(value) = kind {
            let next = self.frontiers.with(frontier, one, meter)?;
            return self.put(Put { spot: at, put: one }, value, next, meter);
        }
        if self.sees(level, one) {
            let next = self.frontiers.with(frontier, one, meter)?;
            return self.reach(next, level, true, From::Seen { spot: at, operation: one }, meter);
        }
        if kind == Kind::Take(self.levels[level as usize].value) {
            let next = self.frontiers.with(frontier, one, meter)?;
            self.take(Take { spot: at, take: one, next }, meter)?;
        }
        if self.frontiers.may_be_helped() {
            reserve_place(&mut self.needy, meter)?;
            self.needy.push((self.frontiers.urgency(frontier), at, one));
        }
        Ok(())
    }

    /// Explains an operation next by what nobody was answered.
    fn help(&mut self, at: u32, one: u32, meter: &mut Meter<'_>) -> Result<(), Spent> {
        let Spot { frontier, level, is_seen, .. } = self.spots[at as usize];
        let kind = self.accesses.kinds[one as usize];
        if level != BOTTOM
            && kind != Kind::Take(self.levels[level as usize].value)
            && let Some((next, take)) = self.frontiers.with_open(frontier, one, meter)?
        {
            self.take(Take { spot: at, take, next }, meter)?;
        }
        let (Kind::Take(value) | Kind::Peek(value)) = kind else { return Ok(()) };
        let Some((next, put)) = self.frontiers.with_spare(frontier, value, one, meter)? else {
            return Ok(());
        };
        if let Kind::Peek(_) = kind {
            return self.put(Put { spot: at, put }, value, next, meter);
        }
        let next = self.frontiers.with(next, one, meter)?;
        self.reach(next, level, is_seen, From::Both { spot: at, put, take: one }, meter)
    }

    fn put(&mut self, put: Put, value: u32, next: u32, meter: &mut Meter<'_>) -> Result<(), Spent> {
        let Spot { level: below, is_seen, .. } = self.spots[put.spot as usize];
        let known = self.level_of.get(&(put.put, next)).copied();
        let level = match known {
            Some(level) => level,
            None => {
                let end = self.accesses.spans[put.put as usize].end;
                let level = self.begin_level(value, end, meter)?;
                reserve_entry(&mut self.level_of, meter)?;
                self.level_of.insert((put.put, next), level);
                self.reach(next, level, false, From::Put, meter)?;
                level
            }
        };
        if !is_new(&mut self.put_on, (level, below, is_seen), meter)? {
            return Ok(());
        }
        reserve(&mut self.levels[level as usize].puts, 1, meter)?;
        self.levels[level as usize].puts.push(put);
        for number in 0..self.levels[level as usize].takes.len() {
            self.close(put, self.levels[level as usize].takes[number], meter)?;
        }
        Ok(())
    }

    fn begin_level(&mut self, value: u32, end: u32, meter: &mut Meter<'_>) -> Result<u32, Spent> {
        reserve(&mut self.levels, 1, meter)?;
        self.levels.push(Level { value, end, puts: Vec::new(), takes: Vec::new() });
        Ok(index(self.levels.len() - 1))
    }

    fn take(&mut self, take: Take, meter: &mut Meter<'_>) -> Result<(), Spent> {
        let level = self.spots[take.spot as usize].level;
        if !is_new(&mut self.taken_at, (level, take.next), meter)? {
            return Ok(());
        }
        reserve(&mut self.levels[level as usize].takes, 1, meter)?;
        self.levels[level as usize].takes.push(take);
        for number in 0..self.levels[level as usize].puts.len() {
            self.close(self.levels[level as usize].puts[number], take, meter)?;
        }
        Ok(())
    }

    /// What was put in is gone.
    fn close(&mut self, put: Put, take: Take, meter: &mut Meter<'_>) -> Result<(), Spent> {
        meter.step(1)?;
        let Take { spot: inner, take, next } = take;
        let Spot { level, is_seen, .. } = self.spots[put.spot as usize];
        let end = self.levels[level as usize].end;
        // The put below could have waited for all that: that is another level.
        let can_wait = !is_seen && end != NEVER && self.frontiers.latest(next) <= end;
        if can_wait && !self.frontiers.is_wanted(next) {
            return Ok(());
        }
        let Put { spot, put } = put;
        self.reach(next, level, is_seen, From::Taken { spot, put, inner, take }, meter)
    }

    fn reach(
        &mut self,
        frontier: u32,
        level: u32,
        is_seen: bool,
        from: From,
        meter: &mut Meter<'_>,
    ) -> Result<(), Spent> {
        if is_new(&mut self.reached, (frontier, level, is_seen), meter)? {
            reserve(&mut self.spots, 1, meter)?;
            reserve(&mut self.waiting, 1, meter)?;
            self.waiting.push(index(self.spots.len()));
            self.spots.push(Spot { frontier, level, is_seen, from });
        }
        Ok(())
    }

    /// The operations that led to a spot.
    fn order(&self, last: u32) -> Vec<u32> {
        enum Part {
            To(u32),
            One(u32),
        }
        let mut parts = vec![Part::To(last)];
        let mut level = self.spots[last as usize].level;
        while let Some(&Put { spot, put }) = self.levels[level as usize].puts.first() {
            parts.extend([Part::One(put), Part::To(spot)]);
            level = self.spots[spot as usize].level;
        }
        parts.reverse();
        let mut from_last = Vec::new();
        while let Some(part) = parts.pop() {
            match part {
                Part::One(one) => from_last.push(one),
                Part::To(spot) => match self.spots[spot as usize].from {
                    From::Put => {}
                    From::Seen { spot, operation } => {
                        parts.extend([Part::To(spot), Part::One(operation)]);
                    }
                    From::Both { spot, put, take } => {
                        parts.extend([Part::To(spot), Part::One(put), Part::One(take)]);
                    }
                    From::Taken { spot, put, inner, take } => {
                        let inner = [Part::To(inner), Part::One(take)];
                        parts.extend([Part::To(spot), Part::One(put)].into_iter().chain(inner));
                    }
                },
            }
        }
        from_last.reverse();
        from_last
    }
}

/// Adds a fact to a table, if it is not there yet.
fn is_new<T: Eq + Hash>(
    table: &mut FxHashMap<T, ()>,
    fact: T,
    meter: &mut Meter<'_>,
) -> Result<bool, Spent> {
    reserve_entry(table, meter)?;
    Ok(table.insert(fact, ()).is_none())
}
