//! Operations without an answer that were called so far, and what two of them add together.

use crate::sums::kinds::Kinds;
use crate::sums::schedule::Schedule;
use rustc_hash::FxHashMap;

/// Kinds whose pairs are known.
const PAIRED_MAX: usize = 128;

/// Operations that are called between the call of one and what is still soon after it.
const SOON: u32 = 16;

/// Bytes of a kind, of a member, and of a pair, about.
const KIND_BYTES: usize = 160;
const MEMBER_BYTES: usize = 16;
const PAIR_BYTES: usize = 56;

/// When operations without an answer are thought to take effect, if they do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum When {
    /// As likely soon as never, which costs nothing, and hardly later: twice the binary logarithm of how
    /// long ago the last of a kind was called.
    Soon,
    /// Whenever: each costs the same.
    Any,
}

/// How many of each kind were called.
pub(super) struct Called {
    when: When,
    pub(super) kinds: Kinds,
    /// By kind: what it adds as one number ([`mixed`]).
    mixed: Vec<u64>,
    /// By kind.
    counts: Vec<u32>,
    /// How many operations were called, and by position: how many before it.
    calls: u32,
    before: Vec<u32>,
    /// Kinds of which some were called, in that order, each by what it adds; and pairs of the first
    /// of them, each by what they add together.
    known: Vec<u32>,
    singles: FxHashMap<u64, u32>,
    pairs: Vec<[u32; 2]>,
    pairs_of: FxHashMap<u64, Vec<[u32; 2]>>,
}

/// A large odd number for each number of a sum, unrelated to the others' (splitmix64).
fn factor(number: usize) -> u64 {
    let mut mixed = (number as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed ^ (mixed >> 31)) | 1
}

/// A sum of numbers as one, so that sums of sums are sums: each times a number of its own.
pub(super) fn mixed(amounts: impl Iterator<Item = (usize, i128)>) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "modulo 2^64")]
    let add = |sum: u64, (number, amount): (usize, i128)| {
        sum.wrapping_add((amount as u64).wrapping_mul(factor(number)))
    };
    amounts.fold(0, add)
}

/// By position: how many operations are called before it.
fn calls_before(schedule: &Schedule<'_, '_, '_>) -> Vec<u32> {
    let mut before = vec![0; schedule.required.len()];
    let called = schedule.events.iter().filter(|&&(_, _, is_call)| is_call);
    for (calls, &(_, at, _)) in (0..).zip(called) {
        before[at as usize] = calls;
    }
    before
}

impl Called {
    /// None so far.
    pub(super) fn none(schedule: &Schedule<'_, '_, '_>, when: When) -> Called {
        let kinds = Kinds::of(schedule);
        let of = |amounts: &Vec<(u32, i64)>| {
            mixed(amounts.iter().map(|&(number, adds)| (number as usize, i128::from(adds))))
        };
        Called {
            when,
            mixed: kinds.amounts.iter().map(of).collect(),
            counts: vec![0; kinds.len()],
            calls: 0,
            before: calls_before(schedule),
            known: Vec::new(),
            singles: FxHashMap::default(),
            pairs: Vec::new(),
            pairs_of: FxHashMap::default(),
            kinds,
        }
    }

    /// Bytes that this takes in the end, about.
    pub(super) fn bytes(&self) -> usize {
        let paired = self.kinds.len().min(PAIRED_MAX);
        let members: usize = self.kinds.members.iter().map(Vec::len).sum();
        self.kinds.len() * KIND_BYTES
            + members * MEMBER_BYTES
            + paired * paired / 2 * PAIR_BYTES
            + self.before.len() * size_of::<u32>()
    }

    /// An operation was called; if it may have happened, one more of its kind.
    pub(super) fn call(&mut self, at: usize) {
        self.calls += 1;
        let Some(kind) = self.kinds.kind(at) else { return };
        self.counts[kind as usize] += 1;
        if self.counts[kind as usize] > 1 {
            return;
        }
        self.singles.insert(self.mixed(kind), kind);
        self.known.push(kind);
        if self.known.len() <= PAIRED_MAX {
            for &other in &self.known {
                let sum = self.mixed(kind).wrapping_add(self.mixed(other));
                self.pairs_of.entry(sum).or_default().push([other, kind]);
                self.pairs.push([other, kind]);
            }
        }
    }

    /// The last operation that was called was not, after all.
    pub(super) fn take_back(&mut self, at: usize) {
        self.calls -= 1;
        let Some(kind) = self.kinds.kind(at) else { return };
        self.counts[kind as usize] -= 1;
        if self.counts[kind as usize] > 0 {
            return;
        }
        self.singles.remove(&self.mixed(kind));
        if self.known.len() <= PAIRED_MAX {
            for &other in self.known.iter().rev() {
                let sum = self.mixed(kind).wrapping_add(self.mixed(other));
                self.pairs_of.entry(sum).or_default().pop();
                self.pairs.pop();
            }
        }
        self.known.pop();
    }

    /// What it costs that one of each of these kinds takes effect only now.
    pub(super) fn cost(&self, kinds: &[u32]) -> u32 {
        match self.when {
            When::Soon => {
                kinds.iter().map(|&kind| 2 * (u32::BITS - self.age(kind).leading_zeros())).sum()
            }
            When::Any => u32::try_from(kinds.len()).unwrap_or(u32::MAX),
        }
    }

    /// How long ago the last of a kind was called; zero: not long.
    fn age(&self, kind: u32) -> u32 {
        let last = self.counts[kind as usize].saturating_sub(1) as usize;
        let called = self.before[self.kinds.members[kind as usize][last] as usize];
        (self.calls - called) / SOON
    }

    pub(super) fn mixed(&self, kind: u32) -> u64 {
        self.mixed[kind as usize]
    }

    /// How many of a kind were called.
    pub(super) fn count(&self, kind: u32) -> u32 {
        self.counts[kind as usize]
    }

    /// Kinds of which some were called.
    pub(super) fn known(&self) -> &[u32] {
        &self.known
    }

    /// Pairs of these, or of the first of them.
    pub(super) fn pairs(&self) -> &[[u32; 2]] {
        &self.pairs
    }

    /// The kind that adds so much, as one number.
    pub(super) fn single_of(&self, mixed: u64) -> Option<u32> {
        self.singles.get(&mixed).copied()
    }

    /// Pairs of kinds that add so much, as one number.
    pub(super) fn pairs_of(&self, mixed: u64) -> &[[u32; 2]] {
        self.pairs_of.get(&mixed).map_or(&[], Vec::as_slice)
    }

    /// An order with operations in the place of kinds, which stand behind so many positions: of each
    /// kind, whoever was called first.
    pub(super) fn by_position(&self, order: Vec<usize>, positions: usize) -> Vec<usize> {
        let mut next = vec![0; self.kinds.len()];
        let member = |what: usize| match what.checked_sub(positions) {
            None => what,
            Some(kind) => {
                next[kind] += 1;
                self.kinds.members[kind][next[kind] - 1] as usize
            }
        };
        order.into_iter().map(member).collect()
    }
}

#[cfg(test)]
mod tests {
    //! Goal: what is taken back was never called. Method: random calls, taken back and called again,
    //! beside calls alone.

    use super::{Called, When};
    use crate::families::{Draw, counters, draw_history};
    use crate::part::{Part, Standing};
    use crate::subject::Typed;
    use crate::sums::Sums;
    use crate::sums::schedule::Schedule;
    use std::collections::BTreeMap;

    fn shown(called: &Called) -> impl PartialEq + std::fmt::Debug {
        let pairs_of: BTreeMap<_, _> =
            called.pairs_of.iter().filter(|(_, pairs)| !pairs.is_empty()).collect();
        let singles: BTreeMap<_, _> = called.singles.iter().collect();
        let lists = (&called.counts, &called.known, &called.pairs, called.calls);
        format!("{lists:?} {singles:?} {pairs_of:?}")
    }

    #[test]
    fn what_is_taken_back_was_never_called() {
        let (family, mut draw, mut kinds) = (counters(), Draw(5), 0);
        for _ in 0..200 {
            let history = draw_history(&family, &mut draw);
            let subject = Typed::new(&family.model, &history);
            let part = Part { key: Some("x".to_owned()), ..Part::all(&subject) };
            let sums = Sums::of(&part).expect("numbers");
            let optional = vec![Standing::Optional; part.operations.len()];
            let schedule = Schedule::of(&sums, &optional);
            let calls: Vec<usize> = schedule.optional().map(|at| at as usize).collect();
            let (mut called, mut there) = (Called::none(&schedule, When::Soon), 0);
            for _ in 0..20 {
                let to = draw.below(u32::try_from(calls.len() + 1).expect("few")) as usize;
                calls[there.min(to)..to].iter().for_each(|&at| called.call(at));
                calls[to.min(there)..there].iter().rev().for_each(|&at| called.take_back(at));
                there = to;
                let mut alone = Called::none(&schedule, When::Soon);
                calls[..to].iter().for_each(|&at| alone.call(at));
                assert_eq!(shown(&called), shown(&alone));
                kinds += called.known.len();
            }
        }
        assert!(kinds > 1_000, "{kinds}");
    }
}
