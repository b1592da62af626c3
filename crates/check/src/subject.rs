//! What is judged: a history with its model, without the types of either.
//!
//! Engines, reductions, explanations, levels and staleness see every operation as an [`Interval`]
//! and ask a [`Subject`] for the rest. So they are compiled once, and not once for each model: only
//! what really calls a model ([`Typed`], [`Stepper`]) is.

mod stepper;
#[cfg(test)]
mod tests;
mod typed;

pub(crate) use stepper::{Number, Reached, Stepper};
pub(crate) use typed::Typed;

use std::any::Any;
use testimony_history::{OpId, Process, Rank};
use testimony_model::{Access, Atom, Object, Term};
use testimony_verdict::{DrawnOp, Role};

/// An operation: who, when, and whether it was answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Interval {
    /// Its place in the history.
    pub(crate) at: u32,
    /// The operation.
    pub(crate) id: OpId,
    /// Who invoked it.
    pub(crate) process: Process,
    /// Rank of the invoke event.
    pub(crate) call: Rank,
    /// Rank of the completion; [`Rank::NEVER`] for an `info`.
    pub(crate) ret: Rank,
    /// What came of it.
    pub(crate) came: Came,
}

/// What came of an operation, without the answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Came {
    /// It was answered.
    Ok,
    /// It certainly had no effect.
    Fail,
    /// Nobody knows.
    Info,
}

impl Interval {
    /// Whether this operation returned before `other` was called.
    pub(crate) fn precedes(&self, other: &Interval) -> bool {
        self.ret < other.call
    }

    /// Who invoked it, in words: `client 2`.
    pub(crate) fn client(&self) -> String {
        format!("client {}", self.process.0)
    }

    /// Whether it was answered.
    pub(crate) fn is_ok(&self) -> bool {
        self.came == Came::Ok
    }

    /// Whether it certainly had no effect.
    pub(crate) fn is_fail(&self) -> bool {
        self.came == Came::Fail
    }

    /// Whether nobody knows what became of it.
    pub(crate) fn is_info(&self) -> bool {
        self.came == Came::Info
    }
}

/// Which keys an operation touches, by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Touches {
    /// The one with this number.
    One(u32),
    /// Several.
    Many,
    /// All of them.
    All,
}

/// The keys of a history.
pub(crate) struct Keyed {
    /// By place in the history.
    pub(crate) touches: Vec<Touches>,
    /// The keys in their display form, in the order of the keys.
    pub(crate) names: Vec<String>,
}

/// A history with its model.
///
/// Everything is asked for an operation as it was recorded, with its answer where it has one.
pub(crate) trait Subject: Sync {
    /// How many operations there are.
    fn len(&self) -> usize;
    /// The operations that count: not those that failed, nor observers without an answer. In the
    /// order of the history, with whether that is the order of the calls.
    ///
    /// # Errors
    ///
    /// An operation that returned before it was called.
    fn counted(&self) -> Result<(Vec<Interval>, bool), Interval>;
    /// The operation at a place.
    fn interval(&self, at: usize) -> Interval;
    /// The operation with this id. O(log n).
    fn find(&self, id: OpId) -> Option<Interval>;
    /// When it was called, in nanoseconds.
    fn call_ns(&self, operation: &Interval) -> u64;
    /// When it returned, in nanoseconds.
    fn ret_ns(&self, operation: &Interval) -> u64;
    /// After this rank no fault was active, where that is known.
    fn quiet_from(&self) -> Option<Rank>;

    /// The keys that the operations touch. O(n log n).
    fn keyed(&self) -> Keyed;
    /// The one key that an operation touches, in its display form.
    fn key(&self, operation: &Interval) -> Option<String>;
    /// Whether an operation touches the object as a whole.
    fn is_on_all(&self, operation: &Interval) -> bool;

    /// The object that the accesses are to.
    fn object(&self) -> Object;
    /// The value at the beginning.
    fn initial(&self) -> Atom<'_>;
    /// The access that an operation is.
    fn access(&self, operation: &Interval) -> Access<'_>;
    /// The access that it is when its answer is not looked at.
    fn unanswered(&self, operation: &Interval) -> Access<'_>;
    /// The text that it adds to the end of a register's text, where that is all it does.
    fn appended(&self, operation: &Interval) -> Option<&str>;
    /// The numbers that the terms of operations are about.
    fn numbers(&self) -> Vec<testimony_model::Number<'_>>;
    /// What an operation found in them and adds to them.
    fn terms<'s>(&'s self, operation: &Interval, each: &mut dyn FnMut(Term<'s>));
    /// Whether it never changes the state, whatever it answers.
    fn is_observer(&self, operation: &Interval) -> bool;
    /// Whether it was answered, and with this answer certainly changed nothing.
    fn is_observation(&self, operation: &Interval) -> bool;

    /// The place that its answer tells in the order in which the system did things.
    fn order(&self, operation: &Interval) -> Option<i64>;

    /// The operation in words, without its answer.
    fn describe(&self, operation: &Interval) -> String;
    /// Its answer in words.
    fn answer(&self, operation: &Interval) -> Option<String>;

    /// The states of the model and its steps between them.
    fn stepper(&self) -> Box<dyn Stepper + '_>;
    /// The model, for those who know it by its type.
    fn model(&self) -> &dyn Any;
    /// What was asked, likewise.
    fn asked(&self, operation: &Interval) -> &dyn Any;
    /// What was answered, likewise.
    fn answered(&self, operation: &Interval) -> Option<&dyn Any>;
}

impl dyn Subject + '_ {
    /// The first operation here that would have written this value, but certainly did not. O(n).
    pub(crate) fn failed_writer(
        &self,
        value: Atom<'_>,
        here: impl Fn(&Interval) -> bool,
    ) -> Option<Interval> {
        let mut all = (0..self.len()).map(|at| self.interval(at));
        all.find(|operation| {
            let without_effect = match self.access(operation) {
                Access::Write(to) => to == value && operation.is_fail(),
                Access::Cas { to, swapped, .. } => {
                    to == value && (operation.is_fail() || swapped == Some(false))
                }
                _ => false,
            };
            without_effect && here(operation)
        })
    }

    /// An operation as it is drawn.
    pub(crate) fn drawn(&self, operation: &Interval, role: Role) -> DrawnOp {
        let answer = match operation.came {
            Came::Ok if matches!(self.access(operation), Access::Write(_)) => "ok".to_owned(),
            Came::Ok => self.answer(operation).unwrap_or_default(),
            Came::Fail => "fail".to_owned(),
            Came::Info => "?".to_owned(),
        };
        DrawnOp {
            id: operation.id,
            process: operation.process,
            label: self.describe(operation),
            answer,
            call: operation.call,
            ret: (!operation.is_info()).then_some(operation.ret),
            call_ns: self.call_ns(operation),
            ret_ns: self.ret_ns(operation),
            role,
        }
    }
}
