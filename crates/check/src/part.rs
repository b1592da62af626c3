//! The seam between the engines, which decide, and the reduction, which explains.
//!
//! An engine decides a [`Part`]: the operations that are judged together. Where it says no, it
//! leaves a [`Hint`] and a [`Probe`], and the reduction asks that probe which operations matter.

use crate::subject::{Interval, Subject};
use testimony_history::OpId;
use testimony_model::Access;
use testimony_verdict::Unknown;

/// The operations that are judged together: those of one key, or all of them.
///
/// Failed operations and observers without an answer are left out: neither constrains anything.
pub(crate) struct Part<'h> {
    /// What it is a part of.
    pub(crate) subject: &'h dyn Subject,
    /// The key in its display form, where keys are judged apart.
    pub(crate) key: Option<String>,
    /// By call rank, then by id. A *position* is an index into this list.
    pub(crate) operations: Vec<Interval>,
}

impl<'h> Part<'h> {
    /// The access that an operation is.
    pub(crate) fn access(&self, operation: &Interval) -> Access<'h> {
        self.subject.access(operation)
    }

    /// Whether an operation of this part may have changed something.
    pub(crate) fn may_change(&self, operation: &Interval) -> bool {
        match operation.is_ok() {
            true => !self.subject.is_observation(operation),
            false => !self.subject.is_observer(operation),
        }
    }

    /// The operations at these positions, which rise, as a part of their own.
    pub(crate) fn only(&self, positions: &[usize]) -> Part<'h> {
        let operations = positions.iter().map(|&at| self.operations[at]).collect();
        Part { subject: self.subject, key: self.key.clone(), operations }
    }

    /// Where an operation stands among those of this part. O(log n).
    pub(crate) fn position(&self, operation: &Interval) -> usize {
        let key = (operation.call, operation.id);
        self.operations.partition_point(|other| (other.call, other.id) < key)
    }

    /// All operations of a history in its order, whatever came of them.
    pub(crate) fn all(subject: &'h dyn Subject) -> Part<'h> {
        let operations = (0..subject.len()).map(|at| subject.interval(at)).collect();
        Part { subject, key: None, operations }
    }

    /// Whether all operations are on the same object: those of one key, or none with a key.
    pub(crate) fn is_single(&self) -> bool {
        self.key.is_some() || self.operations.iter().all(|one| self.subject.is_on_all(one))
    }
}

/// How an operation counts in a probe of a reduction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// As recorded: an `ok` with its answer and its interval, an `info` as it always counts.
    Required,
    /// It may take effect at any time from its call on, whatever it answers, or never. One that
    /// only observed ([`Model::is_observation`]) had no effect to keep: it counts as dropped.
    Optional,
    /// It is not there.
    Dropped,
}

/// Whether the part, with a standing for each position, is linearizable; `None` when the budget of
/// the probe ran out.
pub(crate) type Probe<'p> = dyn FnMut(&[Standing]) -> Option<bool> + 'p;

/// What an engine says of one part.
pub(crate) enum Decision {
    /// Linearizable in this order: every `ok` once, each `info` at most once.
    Valid(Vec<OpId>),
    /// Not linearizable.
    Invalid(Hint),
    /// Nobody knows.
    Unknown(Unknown),
}

/// Where an engine stopped: what a reduction starts from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Hint {
    /// Positions that contradict each other when they are required and every other operation is
    /// optional: a few (zones). Empty when the engine knows none.
    pub(crate) suspects: Vec<usize>,
    /// The position whose return no order could pass (search): operations called after it returned
    /// do not matter.
    pub(crate) stuck: Option<usize>,
}
