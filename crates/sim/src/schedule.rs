//! When each fault begins and ends.

use crate::PlannedFault;
use std::collections::BTreeMap;

/// The faults that are still to come, and those that are active.
pub(crate) struct Schedule {
    /// By time and position in the plan; the latest last.
    coming: Vec<PlannedFault>,
    /// By the time of their end (never: `u64::MAX`) and their id.
    active: BTreeMap<(u64, u32), PlannedFault>,
}

impl Schedule {
    pub(crate) fn new(faults: &[PlannedFault]) -> Schedule {
        let mut coming = faults.to_vec();
        coming.sort_by_key(PlannedFault::at_ms);
        coming.reverse();
        Schedule { coming, active: BTreeMap::new() }
    }

    /// What changes now: faults that end (`false`) before faults that begin (`true`).
    pub(crate) fn due(&mut self, now_ms: u64) -> Vec<(PlannedFault, bool)> {
        let mut due = Vec::new();
        while self.active.first_key_value().is_some_and(|((ends_ms, _), _)| *ends_ms <= now_ms) {
            due.extend(self.active.pop_first().map(|(_, fault)| (fault, false)));
        }
        while self.coming.last().is_some_and(|fault| fault.at_ms() <= now_ms) {
            let Some(fault) = self.coming.pop() else { break };
            let ends_ms = fault.lasts_ms.map_or(u64::MAX, |lasts| now_ms.saturating_add(lasts));
            self.active.insert((ends_ms, fault.id), fault.clone());
            due.push((fault, true));
        }
        due
    }

    /// Ends everything: the active faults in the order of their ends; those to come never begin.
    pub(crate) fn end_all(&mut self) -> Vec<PlannedFault> {
        self.coming.clear();
        std::mem::take(&mut self.active).into_values().collect()
    }
}
