//! The rule for locks: critical sections that a core may leave out.

use crate::part::{Members, Part};
use crate::recorded::{Op, Recorded};
use std::collections::{BTreeMap, BTreeSet};
use testimony_history::OpId;
use testimony_model::{Access, Atom, Locking};

/// What the rule for locks says of a core.
pub(crate) struct Owners<'h> {
    /// Those that own a required request.
    concerned: BTreeSet<Atom<'h>>,
    /// Requests of certain critical sections without a required one.
    apart: BTreeSet<OpId>,
}

/// A request: whether it acquires, for whom, and whether it was granted.
fn request<'h>(
    history: &'h dyn Recorded,
    operation: &Op,
) -> Option<(bool, Atom<'h>, Option<bool>)> {
    match history.access(operation) {
        Access::Lock(Locking::Acquire { by, granted, .. }) => Some((true, by, granted)),
        Access::Lock(Locking::Release { by, granted }) => Some((false, by, granted)),
        _ => None,
    }
}

impl<'h> Owners<'h> {
    /// `None` where the rule does not apply.
    pub(crate) fn of(
        history: &'h dyn Recorded,
        part: &Part<'h>,
        core: &Members<'h>,
    ) -> Option<Owners<'h>> {
        let mut concerned = BTreeSet::new();
        for &operation in &core.required {
            match request(history, operation)? {
                (true, _, Some(false)) => return None,
                (_, by, _) => concerned.insert(by),
            };
        }
        let mut of: BTreeMap<Atom<'h>, Vec<(bool, &'h Op)>> = BTreeMap::new();
        for &operation in part.operations.iter().filter(|operation| !operation.is_fail()) {
            let (acquires, by, granted) = request(history, operation)?;
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
    pub(crate) fn concerns(&self, history: &'h dyn Recorded, operation: &Op) -> bool {
        let by = request(history, operation).map(|(_, by, _)| by);
        by.is_none_or(|by| self.concerned.contains(&by)) && !self.apart.contains(&operation.id)
    }
}
