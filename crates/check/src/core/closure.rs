//! Everything that required operations could have seen.
//!
//! An operation called after every required one returned comes after all of them. Among the rest,
//! collections allow everything to be left out that concerns other values than theirs ([`elements`]),
//! and registers allow more, too: a writer of a value that nobody inside sees makes no
//! difference, because in any order of the whole it can be taken out together with everything else
//! that is outside, and what each operation inside sees stays where it was. Locks allow critical
//! sections to be left out ([`super::owners`]). The verifier (the crate
//! `certify`) has the proof, and checks this rule by code of its own.

use super::elements::Elements;
use super::owners::Owners;
use super::{Shape, Values};
use crate::part::{Part, Standing};
use crate::subject::Interval;
use testimony_history::Rank;

/// What closes a set of required operations.
pub(crate) struct Closure<'v, 'h> {
    values: Option<&'v Values<'v>>,
    elements: Option<Elements<'h>>,
    owners: Option<Owners>,
    observation: Vec<bool>,
}

impl<'v, 'h> Closure<'v, 'h> {
    pub(crate) fn new(part: &Part<'h>, values: Option<&'v Values<'_>>) -> Closure<'v, 'h> {
        let observation = |operation: &Interval| !part.may_change(operation);
        let observation = part.operations.iter().map(observation).collect();
        let (elements, owners) = (Elements::of(part), Owners::of(part));
        Closure { values, elements, owners, observation }
    }

    /// Whether what concerns other values or other owners than those of the required operations is
    /// left out.
    pub(crate) fn leaves_out(&self) -> bool {
        self.elements.is_some() || self.owners.is_some()
    }

    /// Of a collection, unless it is read as a whole: for each value, and for pairs with the one that
    /// is named where it got stuck, those of the positions that name it, or none. A few at most.
    pub(crate) fn by_value(&self, positions: &[usize], stuck: Option<usize>) -> Vec<Vec<usize>> {
        let elements = self.elements.as_ref();
        elements.map_or_else(Vec::new, |elements| elements.by_value(positions, stuck))
    }

    /// Whether the operation at this position certainly changed nothing.
    pub(crate) fn is_observation(&self, at: usize) -> bool {
        self.observation[at]
    }

    /// The standing of each position when these are required: everything that they could have seen
    /// is optional, the rest dropped. O(n).
    pub(crate) fn standings(&self, part: &Part<'_>, required: &[usize]) -> Vec<Standing> {
        let mut standings = vec![Standing::Dropped; part.operations.len()];
        let Some(last) = required.iter().map(|&at| part.operations[at].ret).max() else {
            return standings;
        };
        let changes = |at: usize| !self.observation[at];
        let owners = self.owners.as_ref().and_then(|owners| owners.concern(required));
        let concerned = |at: usize| owners.as_ref().is_none_or(|concern| concern(at));
        match (&self.elements, self.values) {
            (Some(elements), _) => elements.keep(part, required, changes, &mut standings),
            (None, Some(values))
                if !required.iter().any(|&at| values.shapes[at].missed.is_some()) =>
            {
                keep_seen(part, values, required, last, &mut standings);
            }
            _ => {
                for (at, operation) in part.operations.iter().enumerate() {
                    if operation.call <= last && !self.observation[at] && concerned(at) {
                        standings[at] = Standing::Optional;
                    }
                }
            }
        }
        for &at in required {
            standings[at] = Standing::Required;
        }
        standings
    }
}

/// Makes the writers of every value optional that a required operation saw, and of those that these
/// writers compare with, and so on.
fn keep_seen(
    part: &Part<'_>,
    values: &Values<'_>,
    required: &[usize],
    last: Rank,
    standings: &mut [Standing],
) {
    let mut seen = vec![false; values.atoms.len()];
    let mut open: Vec<usize> = Vec::new();
    let mut see = |shape: &Shape, open: &mut Vec<usize>| {
        if let Some(value) = shape.sees.filter(|&value| !std::mem::replace(&mut seen[value], true))
        {
            open.push(value);
        }
    };
    for &at in required {
        see(&values.shapes[at], &mut open);
    }
    while let Some(value) = open.pop() {
        for &at in &values.writers[value] {
            if part.operations[at].call > last {
                break;
            }
            standings[at] = Standing::Optional;
            see(&values.shapes[at], &mut open);
        }
    }
}

#[cfg(test)]
mod tests;
