//! The operations that are judged together: all of them, or those of one key.

use crate::Rejected;
use crate::recorded::{Op, Recorded, Touches};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use testimony_history::OpId;
use testimony_verdict::Core;

/// Operations that are judged together, by id.
pub(crate) struct Part<'h> {
    pub(crate) operations: Vec<&'h Op>,
    /// Whether all of them touch the same, single register (for models whose operations have the
    /// shape of accesses to one).
    pub(crate) single: bool,
}

/// Parts by the display form of their key.
pub(crate) type Parts<'h> = BTreeMap<String, Part<'h>>;

/// The operations of a core.
pub(crate) struct Members<'h> {
    pub(crate) required: Vec<&'h Op>,
    pub(crate) optional: Vec<&'h Op>,
}

/// Whether an operation constrains anything or may have changed anything: a failed one did not, and
/// neither did one without an answer that only observes.
fn counts(history: &dyn Recorded, operation: &Op) -> bool {
    operation.is_ok() || (!operation.is_fail() && !history.is_observer(operation))
}

impl<'h> Part<'h> {
    /// The whole history.
    pub(crate) fn whole(history: &'h dyn Recorded) -> Part<'h> {
        let all = history.operations().iter().zip(&history.keyed().touches);
        let mut counted = all.filter(|(operation, _)| counts(history, operation));
        let single = counted.next().is_none_or(|(_, first)| {
            *first != Touches::Many && counted.all(|(_, other)| other == first)
        });
        Part { operations: history.operations().iter().collect(), single }
    }

    /// A part for each key by its display form. Keys that look the same are judged together, which
    /// is sound for orders (one order for both) and for cores (closed over both). Every operation that
    /// counts must touch one key.
    ///
    /// An operation on several keys ties them together only if it counts: one that had no effect and
    /// told nothing is in an order of the whole history or not as one likes, so it is left out, and
    /// what is left is local. A write of several keys of which nobody knows whether it happened
    /// does count: it took effect on all of them or on none.
    pub(crate) fn by_key(history: &'h dyn Recorded) -> Result<Parts<'h>, Rejected> {
        let keyed = history.keyed();
        let mut by_key: Vec<Vec<&'h Op>> = vec![Vec::new(); keyed.names.len()];
        for (operation, touches) in history.operations().iter().zip(&keyed.touches) {
            match touches {
                Touches::One(key) => by_key[*key].push(operation),
                _ if !counts(history, operation) => {}
                Touches::Many | Touches::All => return Err(Rejected::SeveralKeys(operation.id)),
            }
        }
        let mut parts: Parts<'h> = BTreeMap::new();
        for (name, operations) in keyed.names.iter().zip(by_key) {
            match parts.entry(name.clone()) {
                Entry::Vacant(entry) => {
                    entry.insert(Part { operations, single: true });
                }
                Entry::Occupied(mut entry) => {
                    let part = entry.get_mut();
                    part.operations.extend(operations);
                    part.operations.sort_by_key(|operation| operation.id);
                    part.single = false;
                }
            }
        }
        Ok(parts)
    }

    /// Where the operation with this id stands in the part.
    pub(crate) fn position(&self, id: OpId) -> Result<usize, Rejected> {
        let found = self.operations.binary_search_by_key(&id, |operation| operation.id);
        found.map_err(|_| Rejected::Unknown(id))
    }

    /// The same for an id that probably stands near a position: orders are nearly those of the ids.
    pub(crate) fn position_near(&self, id: OpId, near: usize) -> Result<usize, Rejected> {
        const AROUND: usize = 32;
        let from = near.saturating_sub(AROUND);
        let window = &self.operations[from..self.operations.len().min(near + AROUND)];
        match window.binary_search_by_key(&id, |operation| operation.id) {
            Ok(found) => Ok(from + found),
            Err(_) => self.position(id),
        }
    }

    /// The operations of a core: all in this part, none twice, none failed, and the required ones
    /// answered.
    pub(crate) fn members(&self, core: &Core) -> Result<Members<'h>, Rejected> {
        let mut seen = vec![false; self.operations.len()];
        let mut member = |id: OpId| {
            let position = self.position(id)?;
            if std::mem::replace(&mut seen[position], true) {
                return Err(Rejected::Repeated(id));
            }
            match self.operations[position] {
                failed if failed.is_fail() => Err(Rejected::Failed(id)),
                operation => Ok(operation),
            }
        };
        let required: Vec<_> =
            core.required.iter().map(|&id| member(id)).collect::<Result<_, _>>()?;
        let optional = core.optional.iter().map(|&id| member(id)).collect::<Result<_, _>>()?;
        match required.iter().find(|operation| !operation.is_ok()) {
            Some(open) => Err(Rejected::Unanswered(open.id)),
            None => Ok(Members { required, optional }),
        }
    }
}
