//! The walk over the answers, depth first.

use super::super::accesses::{Accesses, Kind};
use super::super::tuned::index;
use super::Pair;
use super::answers::Answers;
use super::failures::{Failures, Place};
use super::key::{Key, Sort};
use super::moment::{Moment, first, last, rank};
use super::puts::{Mark, Puts};
use super::ways::{self, Here, Way};
use crate::budget::{Meter, Spent, reserve};
use crate::part::Standing;
use testimony_model::Object;
use testimony_verdict::Progress;

/// So many puts are looked at for a key in a step.
const KEY_SHARE: u64 = 8;

/// Takes without an answer, by call.
pub(super) struct Opens {
    takes: Vec<(u32, u32)>,
}

impl Opens {
    pub(super) fn new(accesses: &Accesses, standing: impl Fn(usize) -> Standing) -> Opens {
        let is_open = |&at: &usize| match accesses.kinds[at] {
            Kind::Open => standing(at) != Standing::Dropped,
            Kind::Take(_) => standing(at) == Standing::Optional,
            _ => false,
        };
        let call = |at: usize| (accesses.spans[at].start, index(at));
        let mut takes: Vec<_> = (0..accesses.kinds.len()).filter(is_open).map(call).collect();
        takes.sort_unstable();
        Opens { takes }
    }

    /// How many are called by a moment.
    pub(super) fn called_by(&self, moment: u32) -> usize {
        self.takes.partition_point(|&(call, _)| call <= moment)
    }

    /// All of them: `(call, position)`.
    pub(super) fn calls(&self) -> &[(u32, u32)] {
        &self.takes
    }

    /// When this one was called.
    pub(super) fn call(&self, number: usize) -> u32 {
        self.takes[number].0
    }
}

/// A place where the walk can go several ways.
struct Fork {
    /// Where its ways begin that were not gone yet; the best is last.
    ways: usize,
    /// The answer that the way explained that was gone last.
    gone: Option<u32>,
    mark: Mark,
    pairs: usize,
    now: Moment,
    used: usize,
    /// That there is no order follows from what is above this moment or there, as far as is known.
    floor: Moment,
}

/// A walk.
pub(super) struct Walk<'a> {
    accesses: &'a Accesses,
    answers: Answers,
    opens: Opens,
    puts: Puts<'a>,
    pairs: Vec<Pair>,
    forks: Vec<Fork>,
    ways: Vec<Way>,
    failed: Failures,
    /// So many answers were explained at most where it turned back.
    failed_at: usize,
    explained: Key,
    now: Moment,
    /// So many takes without an answer have taken something.
    used: usize,
    /// The latest return that had to be passed, with its position.
    reached: Option<(u32, u32)>,
    /// So many answers were explained at most.
    passed: usize,
}

impl<'a> Walk<'a> {
    /// O(n log n).
    pub(super) fn new(
        object: Object,
        accesses: &'a Accesses,
        standing: impl Fn(usize) -> Standing + Copy,
    ) -> Walk<'a> {
        Walk {
            accesses,
            answers: Answers::new(accesses, standing),
            opens: Opens::new(accesses, standing),
            puts: Puts::new(object, accesses, standing),
            pairs: Vec::new(),
            forks: Vec::new(),
            ways: Vec::new(),
            failed: Failures::default(),
            failed_at: 0,
            explained: Key::default(),
            now: 0,
            used: 0,
            reached: None,
            passed: 0,
        }
    }

    /// The answer whose return no way could pass.
    pub(super) fn stuck(&self) -> Option<usize> {
        self.reached.map(|(_, at)| at as usize)
    }

    /// How far it got.
    pub(super) fn progress(&self) -> Progress {
        let (passed, answers) = (self.passed, self.answers.len());
        Progress::Removals { passed, answers, failed: self.failed.len() }
    }

    /// What took and saw what, if there is an order.
    pub(super) fn go(&mut self, meter: &mut Meter<'_>) -> Result<Option<Vec<Pair>>, Spent> {
        while let Some((limit, due)) = self.answers.next(self.accesses) {
            self.reached = self.reached.max(Some((limit, due)));
            self.passed = self.passed.max(self.forks.len());
            self.puts.call(last(limit), meter)?;
            match self.known(limit, meter)? {
                Some(floor) => self.fail(floor),
                None => self.fork(limit, meter)?,
            }
            if !self.go_on(meter)? {
                return Ok(None);
            }
        }
        Ok(Some(std::mem::take(&mut self.pairs)))
    }

    /// Whether the walk was here before, in vain, and from what is above which moment that follows.
    fn known(&self, limit: u32, meter: &mut Meter<'_>) -> Result<Option<Moment>, Spent> {
        if self.forks.len() > self.failed_at {
            return Ok(None);
        }
        self.failed.floor(&self.puts, self.place(limit, meter)?, meter)
    }

    /// What decides how the walk can go on.
    fn place(&self, limit: u32, meter: &mut Meter<'_>) -> Result<Place, Spent> {
        let (now, limit, used) = (self.now, last(limit), self.used);
        let (key, looked_at) = self.puts.key(now, limit);
        meter.step(1 + looked_at / KEY_SHARE)?;
        let key = key.with(self.explained).then([u64::from(rank(now)), 0, 1]);
        Ok(Place { now, limit, key, used })
    }

    /// The way that was gone last is in vain, which follows from what is above a moment or there.
    fn fail(&mut self, floor: Moment) {
        if let Some(fork) = self.forks.last_mut() {
            fork.floor = fork.floor.min(floor);
        }
    }

    /// Looks for all ways from here.
    fn fork(&mut self, limit: u32, meter: &mut Meter<'_>) -> Result<(), Spent> {
        let known = self.ways.len();
        let (mut looked_at, mut floor) = (0, Moment::MAX);
        let mut tried: Vec<(Kind, Moment)> = Vec::new();
        for at in self.answers.open(self.accesses, limit) {
            let (kind, call) = (self.accesses.kinds[at], first(self.accesses.spans[at].start));
            let now = call.max(self.now + 1);
            looked_at += 1;
            // One that returns later does no better, unless it was called earlier.
            if tried.iter().any(|&(other, call)| other == kind && call <= now) {
                continue;
            }
            tried.push((kind, call));
            let here = Here { now, limit: last(limit), opens: &self.opens, used: self.used };
            let found = ways::ways(&self.puts, here, index(at), kind, &mut self.ways);
            looked_at += found.looked_at;
            floor = floor.min(found.floor);
        }
        meter.step(looked_at)?;
        // Those that return first are first already.
        self.ways[known..].reverse();
        self.ways[known..].sort_by_key(|way| std::cmp::Reverse(way.cost(&self.puts)));
        let added = self.ways.len() - known;
        reserve(&mut self.ways, added, meter)?;
        reserve(&mut self.forks, 1, meter)?;
        self.puts.make_room(meter)?;
        self.forks.push(Fork {
            ways: known,
            gone: None,
            mark: self.puts.mark(),
            pairs: self.pairs.len(),
            now: self.now,
            used: self.used,
            floor,
        });
        Ok(())
    }

    /// Goes the best way that was not gone yet; `false` where there is none anywhere.
    fn go_on(&mut self, meter: &mut Meter<'_>) -> Result<bool, Spent> {
        while let Some(fork) = self.forks.last_mut() {
            if let Some(gone) = fork.gone.take() {
                self.puts.go_back(fork.mark);
                self.pairs.truncate(fork.pairs);
                (self.now, self.used) = (fork.now, fork.used);
                self.answers.take_back(self.accesses, gone);
                self.explained ^= explained(gone);
            }
            if self.ways.len() > fork.ways
                && let Some(way) = self.ways.pop()
            {
                fork.gone = Some(way.answer);
                self.explain(&way);
                return Ok(true);
            }
            let floor = fork.floor;
            self.forks.pop();
            self.fail(floor);
            self.failed_at = self.failed_at.max(self.forks.len());
            let Some((limit, _)) = self.answers.next(self.accesses) else { continue };
            let place = self.place(limit, meter)?;
            self.failed.insert(&self.puts, place, floor, meter)?;
        }
        Ok(false)
    }

    /// Explains an answer.
    fn explain(&mut self, way: &Way) {
        let Walk { pairs, opens, used, .. } = self;
        let kind = self.accesses.kinds[way.answer as usize];
        ways::go(&mut self.puts, way, kind, |put| {
            pairs.push(Pair { answer: opens.takes[*used].1, put });
            *used += 1;
        });
        if let Some(put) = way.put() {
            self.pairs.push(Pair { answer: way.answer, put });
        }
        self.now = way.now;
        self.answers.explain(self.accesses, way.answer);
        self.explained ^= explained(way.answer);
    }
}

fn explained(answer: u32) -> Key {
    Key::of(Sort::Answered, [u64::from(answer), 0, 0])
}
