//! Zones: the log-linear engine for registers whose written values are unique.
//!
//! Every read then names the one operation that wrote its value, so each value has a *cluster* (its
//! writer and its readers), compare-and-sets link clusters to *chains*, and the operations of a
//! chain must be contiguous in any order. A chain with the earliest end `f` and the latest start
//! `s` of its operations occupies the *zone* between the two, and an order exists exactly when no
//! two zones are in each other's way (Gibbons and Korach, *Testing Shared Memories*, 1997, section
//! 4). Operations whose outcome nobody knows cost nothing: observed ones happened, the others need
//! not have.
//!
//! O(n), without recursion, whatever the number of clients.

mod chains;
mod cluster;
mod fit;
mod mismatch;
mod sorted;
#[cfg(test)]
mod tests;
mod zone;

use crate::fast::Fast;
use crate::part::{Decision, Hint, Part, Standing};
use fit::{Accesses, Kind, NONE};
use std::collections::BTreeSet;
use testimony_history::OpId;
use testimony_verdict::{Engine, Unknown};

/// The zones of one part.
pub(crate) struct Zones<'p, 'h> {
    part: &'p Part<'h>,
    accesses: Accesses,
}

impl<'p, 'h> Zones<'p, 'h> {
    /// Reads the accesses of a part. O(n).
    ///
    /// # Errors
    ///
    /// Says why the zones cannot judge this part.
    pub(crate) fn new(part: &'p Part<'h>) -> Result<Self, String> {
        Ok(Zones { part, accesses: Accesses::of(part)? })
    }
}

impl Fast for Zones<'_, '_> {
    fn engine(&self) -> Engine {
        Engine::Zones
    }

    fn decide(&self) -> Decision {
        let id = |position: usize| -> OpId { self.part.operations[position].id };
        match self.accesses.decide() {
            Answer::Valid(order) => {
                Decision::Valid(order.into_iter().map(|at| id(at as usize)).collect())
            }
            Answer::Invalid(suspects) => Decision::Invalid(Hint { suspects, stuck: None }),
            Answer::Undecided(at) => {
                let which = id(at);
                let why = format!("the comparison {which}, which did not match, needs the search");
                Decision::Unknown(Unknown::NotApplicable(why))
            }
        }
    }

    fn probe(&self, standings: &[Standing]) -> Option<bool> {
        let missed = |(one, standing): (&fit::One, &Standing)| {
            *standing == Standing::Required && matches!(one.kind(), Kind::Mismatch(_))
        };
        if !self.accesses.consistent(standings) {
            return Some(false);
        }
        (!self.accesses.all.iter().zip(standings).any(missed)).then_some(true)
    }

    /// The suspects, whoever wrote what they saw, whoever wrote what those saw, and so on.
    fn near(&self, suspects: &[usize]) -> Option<Vec<usize>> {
        // A comparison that did not match could have seen every write.
        let missed = |&at: &usize| matches!(self.accesses.all[at].kind(), Kind::Mismatch(_));
        (!suspects.iter().any(missed)).then(|| self.accesses.sources(suspects))
    }
}

/// What the zones say of a part.
enum Answer {
    /// An order of positions.
    Valid(Vec<u32>),
    /// Positions that contradict each other, whatever the others did.
    Invalid(Vec<usize>),
    /// The comparison at this position, which did not match, fits nowhere in the order that was
    /// found; another order might have room for it.
    Undecided(usize),
}

impl Accesses {
    /// Decides the part as recorded.
    fn decide(&self) -> Answer {
        match self.order(|_| Standing::Required) {
            Err(suspects) => Answer::Invalid(suspects),
            Ok(order) => match mismatch::place(self, order) {
                Ok(order) => Answer::Valid(order),
                Err(position) => Answer::Undecided(position),
            },
        }
    }

    /// Whether the part is consistent with these standings, when comparisons that did not match are
    /// left out. (A part that is invalid without them is invalid.)
    fn consistent(&self, standings: &[Standing]) -> bool {
        self.order(|position| standings[position]).is_ok()
    }

    /// These positions and the writers of what they saw, of what those saw, and so on, rising.
    fn sources(&self, positions: &[usize]) -> Vec<usize> {
        let mut found: BTreeSet<usize> = BTreeSet::new();
        let mut open = positions.to_vec();
        while let Some(position) = open.pop() {
            if !found.insert(position) {
                continue;
            }
            let writer = self.all[position].sees().map(|value| self.writers[value as usize]);
            open.extend(writer.filter(|&writer| writer != NONE).map(|writer| writer as usize));
        }
        found.into_iter().collect()
    }

    /// An order of the operations that must have happened, or positions that contradict each other.
    fn order(&self, standing: impl Fn(usize) -> Standing) -> Result<Vec<u32>, Vec<usize>> {
        let clusters = cluster::Clusters::new(self, standing)?;
        let chains = chains::chains(self, &clusters)?;
        let order = zone::order(&chains).map_err(|ends| clusters.reasons(self, &ends))?;
        Ok(chains::unfold(self, &clusters, &chains, &order))
    }
}
