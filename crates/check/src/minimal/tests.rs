//! Minimal sets of questions whose answers are known.

use super::{minimal, without_each};
use std::cell::Cell;
use std::collections::BTreeSet;

/// Sets of which each contradicts itself, and every set with one of them does.
struct Known(Vec<BTreeSet<usize>>);

impl Known {
    /// A few sets of a few candidates, from a seed.
    fn random(seed: u64, candidates: usize) -> Known {
        let mut state = seed;
        let mut next = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).expect("31 bits") % below
        };
        let sets = 1 + next(3);
        Known((0..sets).map(|_| (0..1 + next(6)).map(|_| next(candidates)).collect()).collect())
    }

    fn contradict(&self, asked: &[usize]) -> bool {
        self.0.iter().any(|set| set.iter().all(|one| asked.contains(one)))
    }

    fn is_minimal(&self, kept: &[usize]) -> bool {
        let without = |at: usize| [&kept[..at], &kept[at + 1..]].concat();
        self.contradict(kept) && (0..kept.len()).all(|at| !self.contradict(&without(at)))
    }
}

const CANDIDATES: usize = 60;

#[test]
fn what_is_found_is_minimal() {
    for seed in 0..2_000 {
        let known = Known::random(seed, CANDIDATES);
        let asked = Cell::new(0);
        let mut contradict = |some: &[usize]| {
            asked.set(asked.get() + 1);
            Some(known.contradict(some))
        };
        let kept = minimal((0..CANDIDATES).collect(), &mut contradict);
        assert!(known.is_minimal(&kept), "seed {seed}: {kept:?}");
        assert!(asked.get() <= 80, "seed {seed}: {} questions", asked.get());
        let every = (0..CANDIDATES).collect();
        assert!(known.is_minimal(&without_each(every, &mut contradict)), "seed {seed}");
    }
}

/// Where few are required and much is left open, a question cannot be answered.
#[test]
fn questions_that_cannot_be_answered_cost_little() {
    let mut larger = 0;
    for seed in 0..2_000 {
        let known = Known::random(seed, CANDIDATES);
        let mut contradict = |some: &[usize]| {
            let contradict = known.contradict(some);
            (contradict && some.len() < 12 && seed % 2 == 0 || some.len() > 10)
                .then_some(contradict)
        };
        let kept = minimal((0..CANDIDATES).collect(), &mut contradict);
        assert!(known.contradict(&kept), "seed {seed}: {kept:?}");
        assert!(kept.len() <= 11, "seed {seed}: {kept:?}");
        larger += usize::from(!known.is_minimal(&kept));
    }
    assert!(larger > 0, "every question was answered");
}

#[test]
fn nothing_is_asked_for_long_where_nothing_is_answered() {
    let mut asked = 0;
    let kept = minimal((0..10_000).collect(), &mut |_| {
        asked += 1;
        None
    });
    assert_eq!(kept.len(), 10_000);
    assert!(asked < 80, "{asked} questions");
    asked = 0;
    let kept = without_each((0..10_000).collect(), &mut |_| {
        asked += 1;
        None
    });
    assert_eq!(kept.len(), 10_000);
    assert!(asked < 80, "{asked} questions");
}
