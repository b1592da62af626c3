//! The engines against the oracle: one history, many random ones, and every small one.

use crate::draw::Draw;
use crate::evidence::evidence_of;
use crate::exhaustive::{self, Letter};
use crate::random::{Family, Shape, history};
use crate::{oracle, show};
use std::ops::RangeInclusive;
use testimony_check::{Budget, Linearizable};
use testimony_history::History;
use testimony_model::Model;
use testimony_verdict::Engine;

/// The engine that the checker chooses.
pub const AUTOMATIC: Linearizable = Linearizable { engine: None };
/// The general search.
pub const SEARCH: Linearizable = Linearizable { engine: Some(Engine::Search) };

/// Each so many histories the certificates and cores are looked at, too.
const EVIDENCE_EVERY: usize = 8;

/// What was seen of a family.
#[derive(Default, Debug)]
pub struct Seen {
    /// How many histories.
    pub histories: usize,
    /// How many of them are not linearizable.
    pub invalid: usize,
    /// How many a log-linear engine decided.
    pub fast: usize,
}

impl Seen {
    /// A family that is nearly always valid or nearly always invalid tests nothing.
    ///
    /// # Panics
    ///
    /// The share of invalid histories, in percent, is not within these bounds.
    pub fn assert_invalid(&self, percent: RangeInclusive<usize>) {
        let share = self.invalid * 100 / self.histories.max(1);
        assert!(percent.contains(&share), "{share} % invalid of {self:?}");
    }

    /// # Panics
    ///
    /// Log-linear engines decided less than so many percent.
    pub fn assert_fast(&self, percent: usize) {
        assert!(self.fast * 100 >= self.histories * percent, "they judge too few: {self:?}");
    }
}

/// Compares every engine with the oracle on one history, and now and then what they show for it.
///
/// # Panics
///
/// An engine is wrong, a certificate is no order, or a core does not contradict itself or is not
/// minimal.
pub fn compare<M: Model>(model: &M, history: &History<M::Op, M::Ret>, seen: &mut Seen) {
    let budget = Budget::default();
    let truth = oracle::linearizable(model, history);
    let fail = |what: &str| -> ! {
        let (model, history) = (std::any::type_name::<M>(), show::paste::<M>(history));
        panic!("{what}, the oracle says {truth}, of\n{model}\n{history}")
    };
    let looked_at = seen.histories.is_multiple_of(EVIDENCE_EVERY);
    seen.histories += 1;
    seen.invalid += usize::from(!truth);
    for checker in [SEARCH, AUTOMATIC] {
        if checker.holds(model, history, &budget) != Some(truth) {
            fail(&format!("{checker:?} is wrong"));
        }
    }
    for &engine in Engine::LINEARIZABLE.iter().filter(|engine| **engine != Engine::Search) {
        match (Linearizable { engine: Some(engine) }).holds(model, history, &budget) {
            None => {}
            Some(found) if found == truth => seen.fast += 1,
            Some(_) => fail(&format!("{engine} is wrong")),
        }
    }
    for checker in [AUTOMATIC, SEARCH].iter().filter(|_| looked_at) {
        if let Err(why) = evidence_of(checker, model, history) {
            fail(&format!("{checker:?}: {why}"));
        }
    }
}

/// So many random histories of a family.
pub fn random<F: Family>(family: &F, (shape, histories): (Shape, usize), seed: u64) -> Seen {
    let mut draw = Draw::new(seed);
    let mut seen = Seen::default();
    for _ in 0..histories {
        let (model, history) = history(family, &shape, &mut draw);
        compare(&model, &history, &mut seen);
    }
    seen
}

/// Every history of so many operations over an alphabet.
///
/// # Panics
///
/// Some were left out, or see [`compare`].
pub fn every<M: Model>(model: &M, alphabet: &[Letter<M::Op, M::Ret>], operations: u32) -> Seen {
    let mut seen = Seen::default();
    exhaustive::every(alphabet, operations, |history| {
        compare(model, &history, &mut seen);
    });
    assert_eq!(seen.histories, exhaustive::count(alphabet, operations));
    seen
}
