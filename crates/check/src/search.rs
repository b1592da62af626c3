//! The general search: any model, any values.
//!
//! A walk over *configurations* (returns passed, pending operations already placed, state,
//! uses of optional operations), after Wing and Gong (*Testing and Verifying Concurrent Objects*,
//! 1993) and Lowe (*Testing for Linearizability*, 2017), with
//!
//! - keys as wide as the window of pending operations instead of the history ([`window`]);
//! - operations that only observe placed as soon as their answer is possible: whatever could be
//!   done without them can still be done. Only for those that *never* change the state; a write of
//!   the value that is already there may be needed later, over another value;
//! - branching just in time, when the operation that must return next is not placed yet, and
//!   goal-directed: first it, then what makes its answer possible, then the rest;
//! - equal optional operations as counts ([`uses`]), first as if one could stand for any other, or
//!   each be used any number of times: the smaller search, which nearly always sees that there is no
//!   order ([`run`]);
//! - nothing optional that nobody saw ([`unseen`], [`cells`]);
//! - equal pending operations taken in the order of their returns;
//! - dominance ([`visited`]): what owes less and has spent less can do whatever the other can;
//! - transitions of a model asked once ([`asked`]), and none at all for registers ([`cells`]);
//! - the order that the system itself tells, where it tells one, tried before all others ([`told`]);
//! - two ways to walk: a dive for an order ([`depth`]), then level by level ([`best`]).
//!
//! # Writes that nobody sees
//!
//! A write replaces whatever is there. So when one is placed, every other pending write may have
//! taken effect right in front of it, unseen: it *owes* nothing any more. It need not be placed, but
//! it still may be, until it returns. The same holds for a write of the value that is there. So the
//! search branches only on the writes that somebody sees, not on every subset of the pending ones:
//!
//! - Settled and unplaced dominates placed (never place it) and dominates owing (settle it again).
//! - The return of a settled write is the last moment to place it, so the search branches there: let
//!   it pass, or place it, or place something else first, and then it *must* be placed. Nothing else
//!   need be placed at that moment: everything but this write can wait for the next return, where it
//!   settles no less, and whoever could see it is still pending.
//! - A write that is placed and neither lets an observation happen nor makes an operation possible
//!   that is no write could only be followed by another write, and then it need not have been placed.
//!
//! The order that is found names only what was placed; [`weave`] puts the others to where they were
//! settled. That it explains every answer is checked by the verifier, as every order is; that none is
//! missed is compared with an oracle on more than a million histories (`tests/differential.rs`,
//! `tests/search.rs`).
//!
//! # What brings nothing here
//!
//! - A key without the state, where the state is a function of the operations that were placed
//!   (counters, banks): a configuration is a level, what is placed of the pending operations, the
//!   uses, and the state. Where the first three decide the fourth, leaving it out of the key makes no
//!   two configurations one; with it, other uses that lead to the same state are compared.
//! - Cutting at moments at which nothing is pending: there the state alone is the key, so that each
//!   state is gone on from once, whatever was before. What is cut is the memory ([`best`]).
//!
//! Exponential in the number of pending operations in the worst case: the problem is NP-complete.
//! Every table is accounted before it grows.

mod asked;
mod best;
mod cells;
mod choice;
mod depth;
#[cfg(test)]
mod figures;
mod run;
mod tables;
#[cfg(test)]
mod tests;
mod texts;
mod told;
mod unseen;
mod uses;
mod visited;
mod weave;
mod window;

use crate::budget::Meter;
use crate::part::{Decision, Hint, Part, Standing};
use run::{Most, Outcome, Run};
use tables::Tables;
use testimony_verdict::Unknown;

/// Steps of the dive, beside some for each operation: several times what a valid history takes.
const DIVE_STEPS: u64 = 2_000;
const DIVE_STEPS_EACH: u64 = 64;
/// Steps of the dive of a probe: few, for most probes have no order.
const PROBE_DIVE_STEPS: u64 = 500;
const PROBE_DIVE_STEPS_EACH: u64 = 16;
/// Steps with uses told together: enough for a hundred thousand states with twenty operations of
/// their own that were not answered.
const TOTAL_STEPS: u64 = 1 << 22;
const PROBE_TOTAL_STEPS: u64 = 1 << 16;
/// Steps before that is tried: small searches need no help.
const EACH_STEPS: u64 = 1 << 16;
const PROBE_EACH_STEPS: u64 = 1 << 12;

/// The search for one part; its tables serve the decision and every probe.
pub(crate) struct Search<'p, 'h> {
    part: &'p Part<'h>,
    tables: Tables<'p, 'h>,
    run: Run,
}

impl<'p, 'h> Search<'p, 'h> {
    /// Prepares the search of a part. O(n).
    pub(crate) fn new(part: &'p Part<'h>, meter: &mut Meter) -> Result<Self, Unknown> {
        let made = Tables::new(part, meter).and_then(|tables| {
            let run = Run::new(part, &tables, meter)?;
            Ok((tables, run))
        });
        let (tables, run) = made.map_err(|spent| meter.unknown(spent, part.key.as_deref()))?;
        Ok(Search { part, tables, run })
    }

    /// Decides the part as recorded.
    pub(crate) fn decide(&mut self, meter: &mut Meter) -> Decision {
        let dive = DIVE_STEPS + DIVE_STEPS_EACH * self.part.operations.len() as u64;
        let most = Most { dive, each: EACH_STEPS, total: TOTAL_STEPS };
        let found = self.run.go(self.part, &mut self.tables, &|_| Standing::Required, most, meter);
        if let Some(broken) = self.tables.broken() {
            return Decision::Unknown(Unknown::NotApplicable(broken.to_owned()));
        }
        let id = |position: u32| self.part.operations[position as usize].id;
        match found {
            Ok(Outcome::Order) => {
                let order = self.run.order(&self.tables);
                Decision::Valid(order.into_iter().map(id).collect())
            }
            Ok(Outcome::None) => {
                let stuck = self.run.stuck().map(|position| position as usize);
                Decision::Invalid(Hint { suspects: Vec::new(), stuck })
            }
            Err(spent) => {
                let reached = self.run.reached().map(id);
                if let Some(progress) = self.run.progress() {
                    meter.got(progress, reached);
                }
                Decision::Unknown(meter.unknown(spent, self.part.key.as_deref()))
            }
        }
    }

    /// Whether the part is linearizable with these standings; `None` when the meter ran out or the
    /// model broke its word.
    pub(crate) fn probe(&mut self, standings: &[Standing], meter: &mut Meter) -> Option<bool> {
        let standing = |position: usize| standings[position];
        let required = standings.iter().filter(|&&one| one == Standing::Required).count() as u64;
        let dive = PROBE_DIVE_STEPS + PROBE_DIVE_STEPS_EACH * required;
        let most = Most { dive, each: PROBE_EACH_STEPS, total: PROBE_TOTAL_STEPS };
        let found = self.run.go(self.part, &mut self.tables, &standing, most, meter);
        match (found, self.tables.broken()) {
            (Ok(outcome), None) => Some(outcome == Outcome::Order),
            _ => None,
        }
    }
}
