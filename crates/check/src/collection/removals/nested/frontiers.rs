//! Frontiers: how far in time orders got.

use super::super::super::NONE;
use super::super::super::accesses::Accesses;
use super::super::super::tuned::index;
use super::super::key::{Key, Sort};
use super::timeline::Timeline;
use super::unanswered::{Call, Unanswered};
use crate::budget::{Meter, Spent, reserve, reserve_entry};
use rustc_hash::FxHashMap;

/// Which of several frontiers is gone on from first: the one that got furthest by the least.
pub(super) type Urgency = i64;

/// So many operations that were explained are worth one that nobody was answered, at most.
const WORTH_MAX: usize = 16;

/// What was explained.
#[derive(Clone)]
struct Frontier {
    /// So many have returned, of those that certainly happened, and are explained.
    passed: u32,
    /// These, which return later, are explained, too.
    early: Box<[u32]>,
    /// The latest call of all that happened.
    latest: u32,
    /// What must be explained next, or [`NONE`].
    wanted: u32,
    /// So many takes without an answer took something.
    opens: u32,
    /// So many puts of a value happened, of those without an answer.
    spare: Box<[(u32, u32)]>,
    /// The key of what happened.
    happened: Key,
}

impl Frontier {
    fn key(&self) -> Key {
        key(self.happened, self.wanted)
    }

    /// Something happened that nobody was answered, right before one that is explained next.
    fn help(&mut self, call: u32, one: u32) {
        self.latest = self.latest.max(call);
        self.wanted = one;
    }

    /// How much happened that nobody was answered.
    fn helped(&self) -> u32 {
        self.opens + self.spare.iter().map(|&(_, used)| used).sum::<u32>()
    }
}

/// The key of what happened, and of what must be explained next.
fn key(happened: Key, wanted: u32) -> Key {
    happened.then([u64::from(wanted), 0, 0])
}

/// The frontiers that were reached.
pub(super) struct Frontiers<'a> {
    accesses: &'a Accesses,
    timeline: &'a Timeline,
    unanswered: &'a Unanswered,
    /// So many operations that were explained are worth one that nobody was answered.
    worth: i64,
    all: Vec<Frontier>,
    known: FxHashMap<Key, u32>,
    furthest: u32,
}

impl<'a> Frontiers<'a> {
    pub(super) fn new(
        accesses: &'a Accesses,
        timeline: &'a Timeline,
        unanswered: &'a Unanswered,
    ) -> Frontiers<'a> {
        // About half of those happened.
        let worth = timeline.len() / (1 + unanswered.len() / 2);
        let worth = worth.clamp(1, WORTH_MAX) as i64;
        Frontiers {
            accesses,
            timeline,
            unanswered,
            worth,
            all: Vec::new(),
            known: FxHashMap::default(),
            furthest: 0,
        }
    }

    /// How many operations returned and were explained at most.
    pub(super) fn furthest(&self) -> u32 {
        self.furthest
    }

    /// Nothing is explained.
    pub(super) fn first(&mut self, meter: &mut Meter<'_>) -> Result<u32, Spent> {
        let first = Frontier {
            passed: 0,
            early: Box::default(),
            latest: 0,
            wanted: NONE,
            opens: 0,
            spare: Box::default(),
            happened: Key::default(),
        };
        self.number(first, meter)
    }

    /// Whether everything is explained.
    pub(super) fn is_last(&self, frontier: u32) -> bool {
        self.all[frontier as usize].passed as usize == self.timeline.len()
    }

    /// The latest call of what is explained.
    pub(super) fn latest(&self, frontier: u32) -> u32 {
        self.all[frontier as usize].latest
    }

    /// Whether something must be explained next.
    pub(super) fn is_wanted(&self, frontier: u32) -> bool {
        self.all[frontier as usize].wanted != NONE
    }

    /// How urgently it is gone on from here.
    pub(super) fn urgency(&self, frontier: u32) -> Urgency {
        let one = &self.all[frontier as usize];
        i64::from(one.passed) + one.early.len() as i64 - self.worth * i64::from(one.helped())
    }

    /// Whether anything was left without an answer.
    pub(super) fn may_be_helped(&self) -> bool {
        !self.unanswered.is_empty()
    }

    /// What may be explained next, the last to return first, with how many were looked at. Of those
    /// that do the same, only the first to return.
    pub(super) fn candidates(&self, frontier: u32, found: &mut Vec<u32>) -> u64 {
        found.clear();
        let Frontier { passed, early, wanted, .. } = &self.all[frontier as usize];
        if *wanted != NONE {
            found.push(*wanted);
            return 1;
        }
        let kind = |at: u32| self.accesses.kinds[at as usize];
        let open = self.timeline.open(*passed);
        for &one in open.iter().filter(|one| !early.contains(one)) {
            if let Some(same) = found.iter().position(|&other| kind(other) == kind(one)) {
                found.remove(same);
            }
            found.push(one);
        }
        open.len() as u64
    }

    /// One more is explained.
    pub(super) fn with(
        &mut self,
        frontier: u32,
        one: u32,
        meter: &mut Meter<'_>,
    ) -> Result<u32, Spent> {
        let before = &self.all[frontier as usize];
        let mut happened = before.happened;
        happened ^= Key::of(Sort::Answered, [u64::from(one), 0, 0]);
        if let Some(&known) = self.known.get(&key(happened, NONE)) {
            return Ok(known);
        }
        let mut next = Frontier { happened, wanted: NONE, ..before.clone() };
        let mut early = std::mem::take(&mut next.early).into_vec();
        early.push(one);
        while let Some(at) = self.timeline.next(next.passed)
            && let Some(place) = early.iter().position(|&early| early == at)
        {
            early.swap_remove(place);
            next.passed += 1;
        }
        next.early = early.into();
        next.latest = next.latest.max(self.accesses.spans[one as usize].start);
        self.number(next, meter)
    }

    /// A take without an answer took what was in the way of one that is explained next: the frontier
    /// after that, and which take that is.
    pub(super) fn with_open(
        &mut self,
        frontier: u32,
        one: u32,
        meter: &mut Meter<'_>,
    ) -> Result<Option<(u32, u32)>, Spent> {
        let before = &self.all[frontier as usize];
        let limit = self.timeline.limit(before.passed);
        let Some(Call { at, call }) = self.unanswered.open(before.opens) else { return Ok(None) };
        if call > limit {
            return Ok(None);
        }
        let mut next = before.clone();
        next.help(call, one);
        next.happened ^= Key::of(Sort::Gone, [u64::from(before.opens), 0, 0]);
        next.opens += 1;
        Ok(Some((self.number(next, meter)?, at)))
    }

    /// A put that may have happened did, right before one that is explained next: the frontier after
    /// that, and which put that is.
    pub(super) fn with_spare(
        &mut self,
        frontier: u32,
        value: u32,
        one: u32,
        meter: &mut Meter<'_>,
    ) -> Result<Option<(u32, u32)>, Spent> {
        let before = &self.all[frontier as usize];
        let limit = self.timeline.limit(before.passed);
        let used = before.spare.iter().find(|&&(of, _)| of == value).map_or(0, |&(_, used)| used);
        let Some(Call { at, call }) = self.unanswered.spare(value, used) else { return Ok(None) };
        if call > limit || before.wanted != NONE {
            return Ok(None);
        }
        let mut next = before.clone();
        next.help(call, one);
        next.happened ^= Key::of(Sort::Spare, [u64::from(value), u64::from(used), 0]);
        let others = before.spare.iter().copied().filter(|&(of, _)| of != value);
        next.spare = others.chain([(value, used + 1)]).collect();
        Ok(Some((self.number(next, meter)?, at)))
    }

    /// The number of a frontier.
    fn number(&mut self, frontier: Frontier, meter: &mut Meter<'_>) -> Result<u32, Spent> {
        reserve_entry(&mut self.known, meter)?;
        let new = index(self.all.len());
        let number = *self.known.entry(frontier.key()).or_insert(new);
        if number == new {
            let Frontier { early, spare, passed, .. } = &frontier;
            meter.grow(size_of_val(&**early) + size_of_val(&**spare))?;
            self.furthest = self.furthest.max(*passed);
            reserve(&mut self.all, 1, meter)?;
            self.all.push(frontier);
        }
        Ok(number)
    }
}
