//! A plan: an order that goes from one answer to the next by as few operations as explain it.
//!
//! Everything happens as late as it may, when it returns, but what an answer needs before it, and
//! observations, which are placed as soon as their answers are right: that is never a mistake. An
//! answer is reached by some of the operations that are open, and, where those do not do, by a few of
//! which nobody knows whether they happened ([`subsets`]). There may be several ways; they are tried
//! depth first, for as long as the steps last. A plan that is found is an order, which the model
//! itself has accepted step by step; where none is found, there may still be one.
//!
//! [`subsets`]: super::subsets

use super::Term;
use super::schedule::{Schedule, add};
use super::subsets::{COIN_COST, Coins};
use crate::budget::Meter;
use rustc_hash::{FxHashSet, FxHasher};
use std::collections::VecDeque;
use std::hash::{Hash, Hasher};

/// Steps that a plan may take for each event that it came to, and beside that: one that gets no
/// further has gone wrong long before.
const STEPS_EACH: u64 = 256;
const STEPS: u64 = 50_000;

/// Open answers that are looked at where an operation may come before or after them.
const AHEAD_MAX: usize = 4;

/// Operations that are looked at that are called before an open answer was given; with more, nobody
/// can tell whether it can still be right.
const TO_COME_MAX: usize = 32;
/// Answers that are looked at whether they can still be right.
const LOOKED_AT_MAX: usize = 8;

/// Forks that are kept: nobody goes back over more of them.
const FORKS_MAX: usize = 1_024;

/// More than any way costs.
const ASIDE: i64 = 1_000_000;

/// An order of positions, if a plan finds one.
pub(super) fn plan(schedule: &Schedule<'_, '_, '_>, meter: &mut Meter<'_>) -> Option<Vec<usize>> {
    Planner::new(schedule, meter.left() / 4 * 3).run(meter)
}

/// What happened in a plan, so that it can be taken back.
#[derive(Clone, Copy)]
enum Done {
    /// An operation was called.
    Called(usize),
    /// An operation took effect.
    Placed(usize),
}

/// A place with several ways on.
struct Fork {
    /// The event at which it stands.
    event: usize,
    /// How much had been done.
    done: usize,
    /// The ways that are left, the best last.
    ways: Vec<Vec<usize>>,
}

/// A plan as far as it got.
pub(super) struct Planner<'s, 'p, 'h> {
    pub(super) schedule: &'s Schedule<'s, 'p, 'h>,
    /// What the numbers are.
    pub(super) state: Vec<i128>,
    placed: Vec<bool>,
    /// Required operations that were called and not placed.
    pub(super) open: Vec<usize>,
    /// What may have happened and was not placed.
    pub(super) coins: Coins,
    done: Vec<Done>,
    forks: VecDeque<Fork>,
    /// Where it has forked before: it does not again.
    seen: FxHashSet<u64>,
    pub(super) steps: u64,
    steps_max: u64,
    /// Steps that were taken from the meter.
    spent: u64,
    /// The last event that it came to.
    furthest: usize,
}

impl<'s, 'p, 'h> Planner<'s, 'p, 'h> {
    fn new(schedule: &'s Schedule<'s, 'p, 'h>, steps_max: u64) -> Self {
        Planner {
            state: schedule.initial(),
            placed: vec![false; schedule.required.len()],
            open: Vec::new(),
            done: Vec::new(),
            forks: VecDeque::new(),
            seen: FxHashSet::default(),
            steps: 0,
            spent: 0,
            furthest: 0,
            coins: Coins::of(schedule),
            schedule,
            steps_max,
        }
    }

    fn run(mut self, meter: &mut Meter<'_>) -> Option<Vec<usize>> {
        let mut event = 0;
        loop {
            let Some(due) = self.advance(&mut event) else { return Some(self.order()) };
            self.furthest = self.furthest.max(event);
            self.spend(meter)?;
            let mut ways = self.ways(due);
            let mut first = ways.pop();
            if !ways.is_empty() {
                match self.seen.insert(self.fingerprint(event)) {
                    true => self.fork(Fork { event, done: self.done.len(), ways }),
                    false => first = None,
                }
            }
            if !first.is_some_and(|way| self.place_all(&way) && self.is_open_still(event)) {
                event = self.go_back(meter)?;
            }
        }
    }

    /// Takes the steps from the meter that were taken since; `None` where there are no more.
    fn spend(&mut self, meter: &mut Meter<'_>) -> Option<()> {
        let since = self.steps - self.spent;
        self.spent = self.steps;
        let steps_max = (STEPS + STEPS_EACH * self.furthest as u64).min(self.steps_max);
        (meter.step(since).is_ok() && self.steps <= steps_max).then_some(())
    }

    fn fork(&mut self, fork: Fork) {
        if self.forks.len() == FORKS_MAX {
            self.forks.pop_front();
        }
        self.forks.push_back(fork);
    }

    /// What was placed, in order.
    fn order(&self) -> Vec<usize> {
        let placed = |done: &Done| match *done {
            Done::Placed(at) => Some(at),
            Done::Called(_) => None,
        };
        self.done.iter().filter_map(placed).collect()
    }

    /// Takes events in time, up to the return of an operation that is not placed.
    fn advance(&mut self, event: &mut usize) -> Option<usize> {
        while let Some(&(_, at, is_call)) = self.schedule.events.get(*event) {
            let at = at as usize;
            self.steps += 1;
            match is_call {
                true => self.call(at),
                false if !self.placed[at] => return Some(at),
                false => {}
            }
            *event += 1;
        }
        None
    }

    fn call(&mut self, at: usize) {
        self.done.push(Done::Called(at));
        if !self.schedule.required[at] {
            self.coins.add(at);
            return;
        }
        self.open.push(at);
        if !self.schedule.adds(at) && self.schedule.fits(at, &self.state) {
            self.place(at);
        }
    }

    fn place(&mut self, at: usize) {
        add(&mut self.state, self.schedule.sums.terms(at));
        self.placed[at] = true;
        self.done.push(Done::Placed(at));
        match self.schedule.required[at] {
            true => self.open.retain(|&other| other != at),
            false => self.coins.remove(at),
        }
    }

    /// Places each of these where it fits, the last one last; `false` where that cannot be.
    fn place_all(&mut self, way: &[usize]) -> bool {
        let Some((&last, before)) = way.split_last() else { return false };
        self.steps += way.len() as u64;
        let mut before = before.to_vec();
        while !before.is_empty() {
            let Some(next) = before.iter().position(|&at| self.schedule.fits(at, &self.state))
            else {
                return false;
            };
            let at = before.remove(next);
            self.place(at);
            self.settle(last);
        }
        if self.placed[last] {
            return true;
        }
        if !self.schedule.fits(last, &self.state) {
            return false;
        }
        self.place(last);
        self.settle(last);
        true
    }

    /// Places the observations whose answers are right now; not this one, unless it is one.
    fn settle(&mut self, last: usize) {
        let right = |&at: &usize| {
            at != last && !self.schedule.adds(at) && self.schedule.fits(at, &self.state)
        };
        let right: Vec<usize> = self.open.iter().copied().filter(right).collect();
        self.steps += self.open.len() as u64;
        right.into_iter().for_each(|at| self.place(at));
    }

    /// Takes back what was done since the last fork, and goes another way from there.
    fn go_back(&mut self, meter: &mut Meter<'_>) -> Option<usize> {
        loop {
            self.spend(meter)?;
            let fork = self.forks.back_mut()?;
            let (event, done, way) = (fork.event, fork.done, fork.ways.pop());
            while self.done.len() > done {
                self.take_back();
            }
            match way {
                Some(way) if self.place_all(&way) && self.is_open_still(event) => {
                    return Some(event);
                }
                Some(_) => {}
                None => {
                    self.forks.pop_back();
                }
            }
        }
    }

    fn take_back(&mut self) {
        self.steps += 1;
        match self.done.pop() {
            Some(Done::Placed(at)) => {
                for term in self.schedule.sums.terms(at) {
                    self.state[term.number as usize] -= i128::from(term.adds);
                }
                self.placed[at] = false;
                match self.schedule.required[at] {
                    true => self.open.push(at),
                    false => self.coins.add(at),
                }
            }
            Some(Done::Called(at)) if self.schedule.required[at] => {
                self.open.retain(|&other| other != at);
            }
            Some(Done::Called(at)) => self.coins.remove(at),
            None => {}
        }
    }

    /// The ways to get past the return of an operation, the best last.
    fn ways(&mut self, due: usize) -> Vec<Vec<usize>> {
        let fits = self.schedule.fits(due, &self.state);
        let mut ahead: Vec<usize> = self
            .open
            .iter()
            .copied()
            .filter(|&at| at != due && self.schedule.is_limited(at))
            .collect();
        ahead.sort_unstable_by_key(|&at| self.schedule.sums.part.operations[at].ret);
        ahead.truncate(AHEAD_MAX);
        if fits && (ahead.is_empty() || !self.schedule.adds(due)) {
            return vec![vec![due]];
        }
        // The way on, and then others which place an answer first that is still open.
        let mut ways = match fits {
            true => vec![(0, vec![due])],
            false => self.ways_to(due, None, &[]),
        };
        for at in ahead {
            let first = self.ways_to(at, Some(due), &[]);
            let Some(cost) = first.first().map(|(cost, _)| *cost) else { continue };
            let is_better = match fits {
                true => {
                    let after = self.schedule.sums.terms(due).to_vec();
                    let later = self.ways_to(at, Some(due), &after).first().map(|way| way.0 + 1);
                    cost < COIN_COST && later.is_none_or(|later| cost < later)
                }
                false => self.distance(at) < self.distance(due),
            };
            // Ahead of everything, or behind it.
            let rank = |cost: i64| if is_better { cost - ASIDE } else { cost + ASIDE };
            ways.extend(first.into_iter().map(|(cost, way)| (rank(cost), way)));
        }
        ways.sort_by(|(one, _), (other, _)| other.cmp(one));
        ways.into_iter().map(|(_, way)| way).collect()
    }

    /// How far the numbers are from what an answer says.
    fn distance(&self, at: usize) -> i128 {
        let far = |term: &Term| {
            let (least, most) = self.schedule.limits(at, term);
            let now = self.state[term.number as usize];
            if now < least { least - now } else { (now - most).max(0) }
        };
        self.schedule.sums.terms(at).iter().map(far).fold(0, i128::saturating_add)
    }

    /// Whether the next answers can still be right, as far as can be told: after what is open, what is
    /// called before they are given, and a few that may have happened.
    fn is_open_still(&mut self, event: usize) -> bool {
        let (mut to_come, mut looked_at) = (Vec::new(), 0);
        let mut next = event;
        while let Some(&(_, at, is_call)) = self.schedule.events.get(next) {
            let at = at as usize;
            next += 1;
            if self.placed[at] {
                continue;
            }
            if is_call {
                to_come.push(at);
            } else if self.schedule.is_limited(at) {
                if !self.can_reach(at, &to_come) {
                    return false;
                }
                looked_at += 1;
            }
            if looked_at == LOOKED_AT_MAX || to_come.len() > TO_COME_MAX {
                return true;
            }
        }
        true
    }

    /// What a plan that stands here depends on, but for which equal operations were used.
    fn fingerprint(&self, event: usize) -> u64 {
        let mut hasher = FxHasher::default();
        (event, &self.state).hash(&mut hasher);
        let mut open = self.open.clone();
        open.sort_unstable();
        open.hash(&mut hasher);
        hasher.finish()
    }
}
