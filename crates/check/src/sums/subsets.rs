//! The few operations that lead from what the numbers are to what an answer says.

use super::kinds::{Amounts, Kinds};
use super::plan::Planner;
use super::schedule::{Missing, Schedule};
use super::{Sums, Term};
use std::collections::BTreeSet;

/// Operations that may have happened, by kind.
pub(super) struct Coins {
    kinds: Kinds,
    /// By kind: who can still be used.
    free: Vec<BTreeSet<usize>>,
    /// What all that can still be used take from each number, and add to it.
    falls: Vec<i128>,
    rises: Vec<i128>,
}

impl Coins {
    pub(super) fn of(schedule: &Schedule<'_, '_, '_>) -> Coins {
        let (kinds, numbers) = (Kinds::of(schedule), schedule.sums.numbers.len());
        let free = vec![BTreeSet::new(); kinds.len()];
        Coins { kinds, free, falls: vec![0; numbers], rises: vec![0; numbers] }
    }

    pub(super) fn add(&mut self, at: usize) {
        if let Some(kind) = self.kinds.kind(at) {
            self.free[kind as usize].insert(at);
            self.count(kind, 1);
        }
    }

    fn count(&mut self, kind: u32, sign: i128) {
        for &(number, adds) in &self.kinds.amounts[kind as usize] {
            let total = if adds < 0 { &mut self.falls } else { &mut self.rises };
            total[number as usize] += sign * i128::from(adds);
        }
    }

    pub(super) fn remove(&mut self, at: usize) {
        if let Some(kind) = self.kinds.kind(at)
            && self.free[kind as usize].remove(&at)
        {
            self.count(kind, -1);
        }
    }

    /// Whether some of a kind are left.
    fn is_left(&self, kind: u32) -> bool {
        !self.free[kind as usize].is_empty()
    }

    /// Kinds of which there are some left.
    fn left(&self) -> impl Iterator<Item = u32> + '_ {
        (0..).zip(&self.free).filter(|(_, free)| !free.is_empty()).map(|(kind, _)| kind)
    }

    /// What a sum is with one of a kind.
    fn added(&self, kind: u32, sum: &[i128]) -> Vec<i128> {
        let mut sum = sum.to_vec();
        self.kinds.add(kind, &mut sum);
        sum
    }

    /// The operations for these kinds, if there are enough of each.
    fn take(&self, kinds: &[u32]) -> Option<Vec<usize>> {
        let mut taken: Vec<usize> = Vec::with_capacity(kinds.len());
        for &kind in kinds {
            let mut free = self.free[kind as usize].iter();
            taken.push(*free.find(|at| !taken.contains(at))?);
        }
        Some(taken)
    }
}

/// Ways that are kept for one answer, of each kind.
const WAYS_MAX: usize = 6;
/// Subsets of the open operations that are looked at.
const SUBSETS_MAX: usize = 256;
/// Numbers of a subset that are added up in a step.
const NUMBERS_EACH: usize = 8;
/// Operations of which there are subsets.
const MEMBERS_MAX: usize = 64;
/// Kinds of operations that may have happened that are looked at in pairs.
const KINDS_MAX: usize = 64;
/// Subsets of the open operations beside which three that may have happened are looked at.
const TRIPLES_BESIDE_MAX: usize = 8;
/// Operations that may have happened that one answer may need.
const GREEDY_MAX: usize = 256;
/// What one that may have happened costs beside one that is open, which must be placed anyway.
pub(super) const COIN_COST: i64 = 3;

impl Missing {
    /// What is missing beside a sum, where every number is told and it fits 64 bits.
    fn beside(&self, sum: &[i128]) -> Option<Amounts> {
        let mut amounts = Amounts::new();
        for (number, ((least, _), sum)) in (0..).zip(self.ranges.iter().zip(sum)) {
            let missing = least - sum;
            if missing != 0 {
                amounts.push((number, i64::try_from(missing).ok()?));
            }
        }
        Some(amounts)
    }
}

/// Subsets of some operations, the small ones first, with what each adds to the numbers.
pub(super) struct Subsets {
    members: Vec<usize>,
    masks: Vec<u64>,
    /// By subset, for each number.
    sums: Vec<i128>,
    numbers: usize,
}

impl Subsets {
    pub(super) fn of(sums: &Sums<'_, '_>, mut members: Vec<usize>) -> Subsets {
        members.truncate(MEMBERS_MAX);
        let numbers = sums.numbers.len();
        let mut all = Subsets { members, masks: vec![0], sums: vec![0; numbers], numbers };
        let mut next = 0;
        while next < all.masks.len() && all.masks.len() < SUBSETS_MAX {
            let mask = all.masks[next];
            let first = (u64::BITS - mask.leading_zeros()) as usize;
            for member in first..all.members.len() {
                let from = all.sums.len();
                all.masks.push(mask | 1 << member);
                all.sums.extend_from_within(next * numbers..(next + 1) * numbers);
                for term in sums.terms(all.members[member]) {
                    all.sums[from + term.number as usize] += i128::from(term.adds);
                }
            }
            next += 1;
        }
        all
    }

    pub(super) fn len(&self) -> usize {
        self.masks.len()
    }

    /// What making them counts as.
    pub(super) fn steps(&self) -> u64 {
        self.sums.len().div_ceil(NUMBERS_EACH) as u64
    }

    pub(super) fn sum(&self, subset: usize) -> &[i128] {
        &self.sums[subset * self.numbers..(subset + 1) * self.numbers]
    }

    pub(super) fn operations(&self, subset: usize) -> Vec<usize> {
        let mask = self.masks[subset];
        let inside = |&(member, _): &(usize, &usize)| mask & (1 << member) != 0;
        self.members.iter().enumerate().filter(inside).map(|(_, &at)| at).collect()
    }
}

/// A way: what it costs, and the operations.
type Way = (i64, Vec<usize>);

impl Planner<'_, '_, '_> {
    /// Ways to an answer, without this operation, after these terms: the operations that take effect
    /// before it and itself at last, with their costs, the cheapest first.
    pub(super) fn ways_to(
        &mut self,
        target: usize,
        without: Option<usize>,
        after: &[Term],
    ) -> Vec<Way> {
        let missing = self.schedule.missing(target, &self.state, after);
        let adds = |&at: &usize| at != target && Some(at) != without && self.schedule.is_free(at);
        let mut open: Vec<usize> = self.open.iter().copied().filter(adds).collect();
        open.sort_unstable_by_key(|&at| self.schedule.sums.part.operations[at].ret);
        let subsets = Subsets::of(self.schedule.sums, open);
        self.steps += subsets.steps();
        let mut ways = self.by_coins(&missing, &subsets);
        ways.sort_by_key(|(cost, _)| *cost);
        ways.iter_mut().for_each(|(_, way)| way.push(target));
        ways
    }

    /// Whether an answer can still be right, after what is open and these, which are still to come.
    pub(super) fn can_reach(&mut self, target: usize, to_come: &[usize]) -> bool {
        let missing = self.schedule.missing(target, &self.state, &[]);
        let adds = |&at: &usize| at != target && self.schedule.adds(at);
        let all: Vec<usize> = self.open.iter().chain(to_come).copied().filter(adds).collect();
        if !self.is_within(&missing, &all) {
            return false;
        }
        if 1 << all.len().min(MEMBERS_MAX - 1) > SUBSETS_MAX {
            return true;
        }
        let subsets = Subsets::of(self.schedule.sums, all);
        self.steps += subsets.steps();
        let met = (0..subsets.len()).any(|subset| missing.is_met(subsets.sum(subset)));
        met || !self.by_coins(&missing, &subsets).is_empty()
    }

    /// Whether each number can come to where it is missing, looked at alone, by these operations and
    /// all that may have happened.
    fn is_within(&mut self, missing: &Missing, operations: &[usize]) -> bool {
        let (mut low, mut high) = (self.coins.falls.clone(), self.coins.rises.clone());
        for term in operations.iter().flat_map(|&at| self.schedule.sums.terms(at)) {
            low[term.number as usize] += i128::from(term.adds.min(0));
            high[term.number as usize] += i128::from(term.adds.max(0));
        }
        self.steps += operations.len() as u64;
        let reach = low.into_iter().zip(high);
        missing
            .ranges
            .iter()
            .zip(reach)
            .all(|(&(least, most), (low, high))| least <= high && low <= most)
    }

    /// Subsets that do, alone or with one operation that may have happened; where there is none, with
    /// two, with three, and with as many as it takes.
    fn by_coins(&mut self, missing: &Missing, subsets: &Subsets) -> Vec<Way> {
        let met = (0..subsets.len()).filter(|&subset| missing.is_met(subsets.sum(subset)));
        let way = |subset: usize, coins: Vec<usize>| {
            let (members, coined) = (subsets.operations(subset), coins.len() as i64);
            (members.len() as i64 + COIN_COST * coined, [members, coins].concat())
        };
        let mut ways: Vec<Way> = met.take(WAYS_MAX).map(|subset| way(subset, Vec::new())).collect();
        let left: Vec<u32> = self.coins.left().take(KINDS_MAX).collect();
        for count in 1..=4 {
            if left.is_empty() || (count > 1 && !ways.is_empty()) {
                break;
            }
            let beside = if count < 3 { subsets.len() } else { TRIPLES_BESIDE_MAX };
            let mut found = 0;
            for subset in 0..subsets.len().min(beside) {
                let sum = subsets.sum(subset);
                let kinds = match (missing.exact, count) {
                    (true, 4) => self.greedily(missing, sum).into_iter().collect(),
                    (true, _) => self.exactly(missing, sum, &left, count).into_iter().collect(),
                    (false, 1) => self.within(missing, sum, &left),
                    (false, _) => Vec::new(),
                };
                for coins in kinds.iter().filter_map(|kinds| self.coins.take(kinds)) {
                    ways.push(way(subset, coins));
                    found += 1;
                }
                if found >= WAYS_MAX {
                    break;
                }
            }
        }
        ways
    }

    /// One, two or three kinds that add exactly what is missing.
    fn exactly(
        &mut self,
        missing: &Missing,
        sum: &[i128],
        left: &[u32],
        count: usize,
    ) -> Option<Vec<u32>> {
        self.steps += 1;
        if count == 1 {
            let kind = self.coins.kinds.with(&missing.beside(sum)?)?;
            return self.coins.is_left(kind).then(|| vec![kind]);
        }
        for &kind in left {
            let with = self.coins.added(kind, sum);
            if let Some(mut kinds) = self.exactly(missing, &with, left, count - 1) {
                kinds.push(kind);
                if self.coins.take(&kinds).is_some() {
                    return Some(kinds);
                }
            }
        }
        None
    }

    /// Kinds that lead to where the numbers may be, one each.
    fn within(&mut self, missing: &Missing, sum: &[i128], left: &[u32]) -> Vec<Vec<u32>> {
        self.steps += left.len() as u64;
        let left = left.iter().copied();
        let right = left.filter(|&kind| missing.is_met(&self.coins.added(kind, sum)));
        right.map(|kind| vec![kind]).collect()
    }

    /// Of one number: the greatest that fit first, until nothing is missing.
    fn greedily(&mut self, missing: &Missing, sum: &[i128]) -> Option<Vec<u32>> {
        let (&[(least, _)], &[sum]) = (&missing.ranges[..], sum) else { return None };
        let mut rest = least - sum;
        let amount = |kind: u32| self.coins.kinds.to(kind, 0);
        let mut kinds: Vec<u32> =
            self.coins.left().filter(|&kind| (amount(kind) > 0) == (rest > 0)).collect();
        kinds.sort_unstable_by_key(|&kind| std::cmp::Reverse(amount(kind).abs()));
        self.steps += kinds.len() as u64;
        let mut taken = Vec::new();
        for kind in kinds {
            let one = amount(kind);
            let there = self.coins.free[kind as usize].len() as i128;
            let count = (rest / one).min(there).min((GREEDY_MAX - taken.len()) as i128);
            taken.extend((0..count).map(|_| kind));
            rest -= count * one;
        }
        (rest == 0).then_some(taken)
    }
}
