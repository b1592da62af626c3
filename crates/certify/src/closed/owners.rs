//! The rule for locks: critical sections that a core may leave out.

use crate::part::{Members, Op, Part};
use std::collections::{BTreeMap, BTreeSet};
use testimony_history::OpId;
use testimony_model::{Access, Atom, Locking, Model};

/// What the rule for locks says of a core.
pub(crate) struct Owners<'h> {
    /// Those that own a required request.
    concerned: BTreeSet<Atom<'h>>,
    /// Requests of certain critical sections without a required one.
    apart: BTreeSet<OpId>,
}

/// A request: whether it acquires, for whom, and whether it was granted.
fn request<'h, M: Model>(
    model: &M,
    operation: &'h Op<M>,
) -> Option<(bool, Atom<'h>, Option<bool>)> {
    match model.access(&operation.op, operation.outcome.answer()) {
        Access::Lock(Locking::Acquire { by, granted, .. }) => Some((true, by, granted)),
        Access::Lock(Locking::Release { by, granted }) => Some((false, by, granted)),
        _ => None,
    }
}

impl<'h> Owners<'h> {
    /// `None` where the rule does not apply.
    pub(crate) fn of<M: Model>(
        model: &M,
        part: &Part<'h, M>,
        core: &Members<'h, M>,
    ) -> Option<Owners<'h>> {
        let mut concerned = BTreeSet::new();
        for &operation in &core.required {
            match request(model, operation)? {
                (true, _, Some(false)) => return None,
                (_, by, _) => concerned.insert(by),
            };
        }
        let mut of: BTreeMap<Atom<'h>, Vec<(bool, &'h Op<M>)>> = BTreeMap::new();
        for &operation in part.operations.iter().filter(|operation| !operation.is_fail()) {
            let (acquires, by, granted) = request(model, operation)?;
            if granted != Some(false) {
                of.entry(by).or_default().push((acquires, operation));
            }
        }
        let required: BTreeSet<OpId> = core.required.iter().map(|one| one.id).collect();
        let mut apart = BTreeSet::new();
        for requests in of.values_mut() {
            requests.sort_by_key(|(_, operation)| (operation.call, operation.id));
            for (number, pair) in requests.chunks(2).enumerate() {
                let &[(true, acquire), (false, release)] = pair else { break };
                let done = acquire.is_ok() && release.is_ok() && acquire.precedes(release);
                // Requests are by call, so the next one decides for all that follow.
                let after = requests.get(2 * number + 2);
                if !done || after.is_some_and(|(_, next)| !release.precedes(next)) {
                    break;
                }
                if !required.contains(&acquire.id) && !required.contains(&release.id) {
                    apart.extend([acquire.id, release.id]);
                }
            }
        }
        Some(Owners { concerned, apart })
    }

    /// Whether an operation must be inside.
    pub(crate) fn concerns<M: Model>(&self, model: &M, operation: &'h Op<M>) -> bool {
        let by = request(model, operation).map(|(_, by, _)| by);
        by.is_none_or(|by| self.concerned.contains(&by)) && !self.apart.contains(&operation.id)
    }
}
