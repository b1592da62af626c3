//! Which of two values is the older one.
//!
//! A value is *done* when every write of it has certainly taken effect: when all of them have
//! returned, or, where it was there only once, when anybody has seen it. A value is older than
//! another one when it was done before an operation was called that wrote or saw the other.

use crate::core::{Reduced, Values};
use crate::part::Part;
use std::collections::BTreeSet;
use testimony_history::Rank;

/// The ages of the values of a core.
pub(crate) struct Ages {
    calls: Vec<Rank>,
    /// For each value the rank at which it was done; `None` for the initial value when nobody
    /// writes it.
    done: Vec<Option<Rank>>,
    /// `(old, new)`: the new value was there only once, and came after every write of the old one.
    older: BTreeSet<(usize, usize)>,
}

impl Ages {
    /// The ages of all values that operations of the core saw or wrote. Cubic in their number.
    pub(crate) fn new(part: &Part<'_>, values: &Values<'_>, core: &Reduced) -> Ages {
        let operation = |at: usize| part.operations[at];
        let last = core.required.iter().map(|&at| operation(at).ret).max();
        let in_time = |&at: &usize| last.is_some_and(|last| operation(at).call <= last);
        let writers = |value: usize| values.writers[value].iter().copied().filter(in_time);
        let times = |value: usize| writers(value).count() + usize::from(value == values.initial);
        let members = || core.required.iter().chain(&core.optional).copied();

        let mut done = vec![None; values.atoms.len()];
        for (value, done) in done.iter_mut().enumerate() {
            let written = writers(value).map(|at| operation(at).ret).max();
            let seen = core.required.iter().filter(|&&at| values.shapes[at].sees == Some(value));
            *done = match written {
                Some(written) if times(value) == 1 => {
                    seen.map(|&at| operation(at).ret).chain([written]).min()
                }
                other => other,
            };
        }
        let mut ages = Ages {
            calls: part.operations.iter().map(|o| o.call).collect(),
            done,
            older: BTreeSet::new(),
        };

        let named: BTreeSet<usize> = members()
            .flat_map(|at| [values.shapes[at].sees, values.shapes[at].writes])
            .flatten()
            .chain([values.initial])
            .collect();
        let once: Vec<usize> = named.iter().copied().filter(|&value| times(value) == 1).collect();
        for &new in &once {
            let of_new = |at: &usize| {
                let shape = values.shapes[*at];
                shape.writes == Some(new) || (shape.sees == Some(new) && core.required.contains(at))
            };
            for at in members().filter(of_new) {
                let shape = values.shapes[at];
                let swapped =
                    shape.sees.filter(|old| shape.writes == Some(new) && once.contains(old));
                let older = named.iter().filter(|&&old| ages.was_done_before(old, at));
                let older: Vec<usize> = older.copied().chain(swapped).collect();
                ages.older
                    .extend(older.into_iter().filter(|&old| old != new).map(|old| (old, new)));
            }
        }
        for &middle in &once {
            for &old in &named {
                for &new in &once {
                    let chain = [(old, middle), (middle, new)];
                    if old != new && chain.iter().all(|pair| ages.older.contains(pair)) {
                        ages.older.insert((old, new));
                    }
                }
            }
        }
        ages
    }

    fn was_done_before(&self, value: usize, at: usize) -> bool {
        self.done[value].is_none_or(|done| done < self.calls[at])
    }

    /// Whether `old` was gone for good when `new` was there, which the operation at `at` wrote or
    /// saw.
    pub(crate) fn is_older(&self, old: usize, new: usize, at: usize) -> bool {
        old != new && (self.was_done_before(old, at) || self.older.contains(&(old, new)))
    }
}
