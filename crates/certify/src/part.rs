//! The operations that are judged together: all of them, or those of one key.

use crate::Rejected;
use std::collections::BTreeMap;
use testimony_history::{History, OpId, Operation};
use testimony_model::{Keys, Model};
use testimony_verdict::Core;

pub(crate) type Op<M> = Operation<<M as Model>::Op, <M as Model>::Ret>;

/// Operations that are judged together, by id.
pub(crate) struct Part<'h, M: Model> {
    pub(crate) operations: Vec<&'h Op<M>>,
    /// Whether all of them touch the same, single register (for models whose operations have the
    /// shape of accesses to one).
    pub(crate) single: bool,
}

/// The operations of a core.
pub(crate) struct Members<'h, M: Model> {
    pub(crate) required: Vec<&'h Op<M>>,
    pub(crate) optional: Vec<&'h Op<M>>,
}

/// Whether an operation constrains anything or may have changed anything: a failed one did not, and
/// neither did one without an answer that only observes.
fn counts<M: Model>(model: &M, operation: &Op<M>) -> bool {
    operation.is_ok() || (!operation.is_fail() && !model.is_observer(&operation.op))
}

impl<'h, M: Model> Part<'h, M> {
    /// The whole history.
    pub(crate) fn whole(model: &M, history: &'h History<M::Op, M::Ret>) -> Part<'h, M> {
        let counted = history.operations.iter().filter(|operation| counts(model, operation));
        let mut keys = counted.map(|operation| model.keys(&operation.op));
        let single = match keys.next() {
            None | Some(Keys::All) => keys.all(|other| matches!(other, Keys::All)),
            Some(Keys::Many(_)) => false,
            Some(Keys::One(key)) => {
                keys.all(|other| matches!(other, Keys::One(other) if other == key))
            }
        };
        Part { operations: history.operations.iter().collect(), single }
    }

    /// The operations of the key with this display form. Every operation that counts must touch one
    /// key.
    pub(crate) fn of_key(
        model: &M,
        history: &'h History<M::Op, M::Ret>,
        key: &str,
    ) -> Result<Part<'h, M>, Rejected> {
        let part = Part::by_key(model, history)?.remove(key);
        part.ok_or_else(|| Rejected::StrayKey(key.to_owned()))
    }

    /// A part for each key by its display form. Keys that look the same are judged together, which
    /// is sound for orders (one order for both) and for cores (closed over both).
    ///
    /// An operation on several keys ties them together only if it counts: one that had no effect and
    /// told nothing is in an order of the whole history or not as one likes, so it is left out, and
    /// what is left is local. A write of several keys of which nobody knows whether it happened
    /// does count: it took effect on all of them or on none.
    pub(crate) fn by_key(
        model: &M,
        history: &'h History<M::Op, M::Ret>,
    ) -> Result<BTreeMap<String, Part<'h, M>>, Rejected> {
        let mut by_key: BTreeMap<M::Key, Vec<&'h Op<M>>> = BTreeMap::new();
        for operation in &history.operations {
            match model.keys(&operation.op) {
                Keys::One(key) => by_key.entry(key).or_default().push(operation),
                _ if !counts(model, operation) => {}
                Keys::Many(_) | Keys::All => return Err(Rejected::SeveralKeys(operation.id)),
            }
        }
        let mut parts: BTreeMap<String, Part<'h, M>> = BTreeMap::new();
        for (key, operations) in by_key {
            match parts.entry(key.to_string()) {
                std::collections::btree_map::Entry::Vacant(entry) => {
                    entry.insert(Part { operations, single: true });
                }
                std::collections::btree_map::Entry::Occupied(mut entry) => {
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
    pub(crate) fn members(&self, core: &Core) -> Result<Members<'h, M>, Rejected> {
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
