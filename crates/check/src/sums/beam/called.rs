//! Operations without an answer that were called so far, and what two of them add together.

use crate::sums::kinds::Kinds;
use crate::sums::schedule::Schedule;
use rustc_hash::FxHashMap;

/// Kinds whose pairs are known.
const PAIRED_MAX: usize = 128;

/// Bytes of a kind, of a member, and of a pair, about.
const KIND_BYTES: usize = 160;
const MEMBER_BYTES: usize = 16;
const PAIR_BYTES: usize = 56;

/// How many of each kind were called.
pub(super) struct Called {
    pub(super) kinds: Kinds,
    /// By kind: what it adds as one number ([`mixed`]).
    mixed: Vec<u64>,
    /// By kind.
    counts: Vec<u32>,
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

impl Called {
    /// None so far.
    pub(super) fn none(schedule: &Schedule<'_, '_, '_>) -> Called {
        let kinds = Kinds::of(schedule);
        let of = |amounts: &Vec<(u32, i64)>| {
            mixed(amounts.iter().map(|&(number, adds)| (number as usize, i128::from(adds))))
        };
        Called {
            mixed: kinds.amounts.iter().map(of).collect(),
            counts: vec![0; kinds.len()],
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
        self.kinds.len() * KIND_BYTES + members * MEMBER_BYTES + paired * paired / 2 * PAIR_BYTES
    }

    /// An operation was called.
    pub(super) fn call(&mut self, at: usize) {
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
