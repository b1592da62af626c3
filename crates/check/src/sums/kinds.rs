//! Operations that may have happened by what they add: equal ones are interchangeable.

use super::schedule::Schedule;
use rustc_hash::FxHashMap;

/// What an operation adds to each number that it changes.
pub(super) type Amounts = Vec<(u32, i64)>;

/// Kinds of operations that may have happened, numbered by call.
pub(super) struct Kinds {
    /// By kind.
    pub(super) amounts: Vec<Amounts>,
    /// By kind: who is of it, by call.
    pub(super) members: Vec<Vec<u32>>,
    by_amounts: FxHashMap<Amounts, u32>,
    of: FxHashMap<u32, u32>,
}

impl Kinds {
    /// O(n).
    pub(super) fn of(schedule: &Schedule<'_, '_, '_>) -> Kinds {
        let mut kinds = Kinds {
            amounts: Vec::new(),
            members: Vec::new(),
            by_amounts: FxHashMap::default(),
            of: FxHashMap::default(),
        };
        for at in schedule.optional() {
            let terms = schedule.sums.terms(at as usize).iter();
            let mut amounts: Amounts = terms.map(|term| (term.number, term.adds)).collect();
            amounts.retain(|&(_, adds)| adds != 0);
            amounts.sort_unstable();
            // What changes nothing need not have happened.
            if !amounts.is_empty() {
                kinds.enter(at, amounts);
            }
        }
        kinds
    }

    fn enter(&mut self, at: u32, amounts: Amounts) {
        let kind = self.with(&amounts).unwrap_or_else(|| {
            let next = u32::try_from(self.amounts.len()).unwrap_or(u32::MAX);
            self.by_amounts.insert(amounts.clone(), next);
            self.amounts.push(amounts);
            self.members.push(Vec::new());
            next
        });
        self.members[kind as usize].push(at);
        self.of.insert(at, kind);
    }

    pub(super) fn len(&self) -> usize {
        self.amounts.len()
    }

    /// The kind of an operation, if it may have happened and changes something.
    pub(super) fn kind(&self, at: usize) -> Option<u32> {
        self.of.get(&u32::try_from(at).ok()?).copied()
    }

    /// The kind that adds just this.
    pub(super) fn with(&self, amounts: &Amounts) -> Option<u32> {
        self.by_amounts.get(amounts).copied()
    }

    /// Adds one of a kind to the numbers.
    pub(super) fn add(&self, kind: u32, sum: &mut [i128]) {
        for &(number, adds) in &self.amounts[kind as usize] {
            sum[number as usize] += i128::from(adds);
        }
    }

    /// What one of a kind adds to a number.
    pub(super) fn to(&self, kind: u32, number: usize) -> i128 {
        let is_it = |&&(other, _): &&(u32, i64)| other as usize == number;
        self.amounts[kind as usize].iter().find(is_it).map_or(0, |&(_, adds)| i128::from(adds))
    }
}
