//! The ways of a plan to an answer.
//!
//! What is missing up to the answer is added up by some of the operations that are open, which must
//! take effect anyway, and a few without an answer. All numbers of a sum are mixed into one
//! ([`mixed`]), so that one look in a table tells which kind, or pair of kinds, adds exactly the rest.
//! For an answer that leaves some numbers open, kinds are tried one by one.

use super::called::mixed;
use super::{Beam, Node};
use crate::budget::{Meter, Spent};
use crate::sums::schedule::{Missing, add};
use crate::sums::subsets::Subsets;

/// Pairs of kinds that are tried for one sum.
const PAIRS_MAX: usize = 3;

/// Ways to an answer that leaves some numbers open, and ways by more than two without an answer.
const WAYS_MAX: usize = 8;

/// Operations without an answer that one answer may need, where they are taken one after another.
const GREEDY_MAX: usize = 256;

/// Looks in a table that count as a step.
const LOOKS_EACH: usize = 4;

/// Numbers of a plan that are copied in a step.
const COPIED_EACH: usize = 8;

/// What takes effect before an answer.
pub(super) struct Way {
    /// Open operations.
    members: Vec<usize>,
    /// Kinds of operations without an answer, one for each that takes effect.
    pub(super) kinds: Vec<u32>,
}

/// What is yet to take effect of a way.
#[derive(Clone, Copy)]
enum Next {
    Open(usize),
    Kind(u32),
}

/// What all ways from one plan to one answer have in common.
struct Search<'a> {
    node: &'a Node,
    missing: Missing,
    subsets: Subsets,
    /// By subset: what is missing beside it, as one number.
    rests: Vec<u64>,
    ways: Vec<Way>,
    /// Looks in tables so far, and sums that were tried.
    looks: usize,
}

impl Beam<'_, '_, '_> {
    /// Ways of a plan to an answer, without this operation, by so many without an answer at most.
    pub(super) fn ways_to(
        &mut self,
        node: &Node,
        target: u32,
        without: Option<u32>,
        most: usize,
    ) -> Vec<Way> {
        let free = |&at: &u32| {
            at != target
                && Some(at) != without
                && !node.has(at)
                && self.schedule.is_free(at as usize)
        };
        let missing = self.schedule.missing(target as usize, &node.state, &[]);
        if !missing.exact && missing.is_met(&vec![0; node.state.len()]) {
            return vec![Way { members: Vec::new(), kinds: Vec::new() }];
        }
        let open = self.open.iter().copied().filter(free).map(|at| at as usize).collect();
        let subsets = Subsets::of(self.schedule.sums, open);
        self.steps += subsets.steps();
        let (rests, ways) = (Vec::new(), Vec::new());
        let mut search = Search { node, missing, subsets, rests, ways, looks: 0 };
        match search.missing.exact {
            true => self.exactly(&mut search, most),
            false => self.within(&mut search, most),
        }
        self.steps += search.looks.div_ceil(LOOKS_EACH) as u64;
        search.ways
    }

    /// Whether there are enough left of each of these kinds.
    fn has_left(&self, node: &Node, kinds: &[u32]) -> bool {
        kinds.iter().all(|&kind| {
            let wanted = kinds.iter().filter(|&&other| other == kind).count();
            self.left(node, kind) as usize >= wanted
        })
    }

    fn left(&self, node: &Node, kind: u32) -> u32 {
        self.called.count(kind).saturating_sub(node.used(kind))
    }

    /// Ways that add exactly what is missing of every number.
    fn exactly(&self, search: &mut Search<'_>, most: usize) {
        let pairs = self.called.pairs().iter().map(<[u32; 2]>::as_slice);
        let least = search.missing.ranges.iter().map(|&(least, _)| least);
        let wanted = mixed(least.enumerate());
        let sum = |subset| mixed(search.subsets.sum(subset).iter().copied().enumerate());
        let rest = |subset| wanted.wrapping_sub(sum(subset));
        search.rests = (0..search.subsets.len()).map(rest).collect();
        search.looks += LOOKS_EACH * search.rests.len();
        for subset in 0..search.rests.len() {
            let rest = search.rests[subset];
            if search.missing.is_met(search.subsets.sum(subset)) {
                search.ways.push(Way::of(search, subset, &[]));
            }
            if let Some(kind) = self.called.single_of(rest) {
                self.take(search, subset, &[kind]);
            }
            if most >= 2 {
                self.by_pairs(search, subset, rest, &[]);
            }
        }
        if most >= 3 {
            self.by_pairs_beside(search, usize::MAX, &self.called.known().chunks(1));
        }
        if most >= 4 {
            self.by_pairs_beside(search, WAYS_MAX, &pairs);
            self.greedily(search);
        }
    }

    /// A subset with these kinds, if it adds what is missing and there are enough of each.
    fn take(&self, search: &mut Search<'_>, subset: usize, kinds: &[u32]) -> bool {
        search.looks += 1 + kinds.len();
        if !self.has_left(search.node, kinds) {
            return false;
        }
        let mut sum = search.subsets.sum(subset).to_vec();
        kinds.iter().for_each(|&kind| self.called.kinds.add(kind, &mut sum));
        let is_met = search.missing.is_met(&sum);
        if is_met {
            search.ways.push(Way::of(search, subset, kinds));
        }
        is_met
    }

    /// A subset with these kinds and pairs that add the rest.
    fn by_pairs(&self, search: &mut Search<'_>, subset: usize, rest: u64, beside: &[u32]) -> bool {
        let mut found = 0;
        for pair in self.called.pairs_of(rest) {
            let kinds = [&pair[..], beside].concat();
            found += usize::from(self.take(search, subset, &kinds));
            if found == PAIRS_MAX {
                break;
            }
        }
        found > 0
    }

    /// The first subsets with any of these and a pair that adds the rest.
    fn by_pairs_beside<'a>(
        &self,
        search: &mut Search<'_>,
        subsets: usize,
        any: &(impl Iterator<Item = &'a [u32]> + Clone),
    ) {
        let mut found = 0;
        for subset in 0..search.rests.len().min(subsets) {
            for beside in any.clone() {
                search.looks += 1;
                let adds = beside.iter().map(|&kind| self.called.mixed(kind));
                let rest = search.rests[subset].wrapping_sub(adds.fold(0, u64::wrapping_add));
                found += usize::from(self.by_pairs(search, subset, rest, beside));
                if found == WAYS_MAX {
                    return;
                }
            }
        }
    }

    /// Ways to where the numbers may be: the fewest operations without an answer that do; more as well
    /// where all plans went wrong, because more may have led there than was needed to.
    fn within(&self, search: &mut Search<'_>, most: usize) {
        let pairs = self.called.pairs().iter().map(<[u32; 2]>::as_slice);
        self.by_any(search, usize::MAX, &std::iter::once(&[][..]));
        let went_wrong = self.past.level() > 0;
        if search.ways.is_empty() || went_wrong {
            self.by_any(search, usize::MAX, &self.called.known().chunks(1));
        }
        if (search.ways.is_empty() || went_wrong) && most >= 3 {
            self.by_any(search, WAYS_MAX, &pairs);
        }
        if search.ways.is_empty() && most >= 4 {
            self.greedily(search);
        }
    }

    /// The first subsets with any of these.
    fn by_any<'a>(
        &self,
        search: &mut Search<'_>,
        subsets: usize,
        any: &(impl Iterator<Item = &'a [u32]> + Clone),
    ) {
        let ways_max = search.ways.len() + WAYS_MAX;
        for subset in 0..search.subsets.len().min(subsets) {
            for kinds in any.clone() {
                if search.ways.len() == ways_max {
                    return;
                }
                self.take(search, subset, kinds);
            }
        }
    }

    /// Of the only number that is told: the kinds that add most to it first, until nothing is missing.
    fn greedily(&self, search: &mut Search<'_>) {
        let is_told = |&(_, (least, most)): &(usize, &(i128, i128))| {
            *least != i128::MIN || *most != i128::MAX
        };
        let mut told = search.missing.ranges.iter().enumerate().filter(is_told);
        let (Some((number, &(least, most))), None) = (told.next(), told.next()) else { return };
        for subset in 0..search.subsets.len().min(WAYS_MAX) {
            let now = search.subsets.sum(subset)[number];
            let rest = if now < least {
                least - now
            } else if now > most {
                most - now
            } else {
                0
            };
            search.looks += self.called.known().len();
            let kinds = self.greatest_first(search.node, number, rest);
            self.take(search, subset, &kinds);
        }
    }

    /// Kinds that bring a number so far, or a little less or more where nothing fits.
    fn greatest_first(&self, node: &Node, number: usize, mut rest: i128) -> Vec<u32> {
        let wanted = |&&kind: &&u32| {
            let adds = self.called.kinds.to(kind, number);
            adds != 0 && (adds > 0) == (rest > 0) && self.left(node, kind) > 0
        };
        let mut kinds: Vec<u32> = self.called.known().iter().filter(wanted).copied().collect();
        kinds.sort_by_key(|&kind| std::cmp::Reverse(self.called.kinds.to(kind, number).abs()));
        let mut taken = Vec::new();
        for &kind in &kinds {
            let adds = self.called.kinds.to(kind, number);
            let there = i128::from(self.left(node, kind));
            let count = (rest / adds).min(there).min((GREEDY_MAX - taken.len()) as i128);
            taken.extend((0..count).map(|_| kind));
            rest -= count * adds;
        }
        if rest != 0 {
            let last = kinds.iter().rev().find(|&&kind| {
                let used = taken.iter().filter(|&&other| other == kind).count();
                self.left(node, kind) as usize > used
            });
            taken.extend(last);
        }
        taken
    }

    /// The plan that goes a way; `None` where what takes effect on it falls below what a number may
    /// be, or the answer is not reached after all.
    pub(super) fn follow(
        &mut self,
        node: &Node,
        way: &Way,
        target: u32,
        meter: &mut Meter<'_>,
    ) -> Result<Option<Node>, Spent> {
        let before = self.trail.len();
        let mut plan = node.clone();
        let is_there = self.go(&mut plan, way, target, meter)?;
        if !is_there {
            self.trail.truncate(before);
        }
        let copied = plan.state.len() + plan.used.len();
        let taken = way.members.len() + way.kinds.len();
        self.steps += (1 + taken + copied / COPIED_EACH) as u64;
        Ok(is_there.then_some(plan))
    }

    fn go(
        &mut self,
        plan: &mut Node,
        way: &Way,
        target: u32,
        meter: &mut Meter<'_>,
    ) -> Result<bool, Spent> {
        let members = way.members.iter().map(|&at| Next::Open(at));
        let mut rest: Vec<Next> =
            members.chain(way.kinds.iter().map(|&kind| Next::Kind(kind))).collect();
        while !rest.is_empty() {
            let Some(next) = rest.iter().position(|&next| self.fits(plan, next)) else {
                return Ok(false);
            };
            self.take_effect(plan, rest.remove(next), meter)?;
            self.observe(plan, Some(target), meter)?;
        }
        let last = Next::Open(target as usize);
        if !plan.has(target) {
            if !self.fits(plan, last) {
                return Ok(false);
            }
            self.take_effect(plan, last, meter)?;
            self.observe(plan, None, meter)?;
        }
        Ok(true)
    }

    fn fits(&self, plan: &Node, next: Next) -> bool {
        let at = match next {
            Next::Open(at) => at,
            // All of a kind need the same.
            Next::Kind(kind) => self.called.kinds.members[kind as usize][0] as usize,
        };
        self.schedule.fits(at, &plan.state)
    }

    fn take_effect(
        &mut self,
        plan: &mut Node,
        next: Next,
        meter: &mut Meter<'_>,
    ) -> Result<(), Spent> {
        match next {
            Next::Open(at) => {
                add(&mut plan.state, self.schedule.sums.terms(at));
                plan.take(u32::try_from(at).unwrap_or(u32::MAX), &mut self.trail, meter)
            }
            Next::Kind(kind) => {
                self.called.kinds.add(kind, &mut plan.state);
                let behind = u32::try_from(self.schedule.required.len()).unwrap_or(u32::MAX);
                let cost = self.called.cost(&[kind]);
                plan.take_kind(kind, behind.saturating_add(kind), cost, &mut self.trail, meter)
            }
        }
    }

    /// Observations whose answers are right now take effect; not this one.
    fn observe(
        &mut self,
        plan: &mut Node,
        but: Option<u32>,
        meter: &mut Meter<'_>,
    ) -> Result<(), Spent> {
        for &at in &self.open {
            let position = at as usize;
            let is_right = Some(at) != but
                && !plan.has(at)
                && !self.schedule.adds(position)
                && self.schedule.fits(position, &plan.state);
            if is_right {
                plan.take(at, &mut self.trail, meter)?;
            }
        }
        Ok(())
    }
}

impl Way {
    fn of(search: &Search<'_>, subset: usize, kinds: &[u32]) -> Way {
        Way { members: search.subsets.operations(subset), kinds: kinds.to_vec() }
    }
}
