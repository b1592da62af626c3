//! A whole history, ready for a checker.

use crate::{OpId, Operation, Rank};
use serde::{Deserialize, Serialize};

/// A fact that a node told about itself (white box), beside what its clients saw.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Observation {
    /// Rank at which it was told.
    pub rank: Rank,
    /// Virtual time in nanoseconds.
    pub time_ns: u64,
    /// The node that told it.
    pub node: String,
    /// What is observed, e.g. `stock` or `term`.
    pub name: String,
    /// The value as JSON text.
    pub value: String,
}

/// The operations of a run in the order of their calls, and the two facts beside them that checkers
/// may use.
#[derive(Clone, PartialEq, Debug)]
pub struct History<O, R> {
    /// Operations, ordered by id (the order of their invoke events).
    pub operations: Vec<Operation<O, R>>,
    /// After this rank no fault was active; `None` when that is not known.
    pub quiet_from: Option<Rank>,
    /// White-box facts in the order in which they were told.
    pub observations: Vec<Observation>,
}

impl<O, R> Default for History<O, R> {
    fn default() -> Self {
        History { operations: Vec::new(), quiet_from: None, observations: Vec::new() }
    }
}

impl<O, R> History<O, R> {
    /// The operation with this id. O(log n).
    pub fn get(&self, id: OpId) -> Option<&Operation<O, R>> {
        let found = self.operations.binary_search_by_key(&id, |operation| operation.id);
        found.ok().map(|position| &self.operations[position])
    }

    /// How many operations completed with `Ok`.
    pub fn ok_count(&self) -> usize {
        self.operations.iter().filter(|operation| operation.is_ok()).count()
    }
}
