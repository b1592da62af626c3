//! What a run exercised: green counts only where it is high.

use crate::Family;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Phases, and names of `sometimes`, that are kept of a run or a campaign; what code names beyond
/// them is left out.
pub(crate) const NAMES_MAX: usize = 256;

/// What a run exercised.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Coverage {
    /// Operations that were invoked, final ones included.
    pub operations: u32,
    /// Operations that were answered.
    pub ok: u32,
    /// Operations whose whole interval lies where no fault was active.
    pub calm: u32,
    /// Those of them that were answered.
    pub calm_ok: u32,
    /// For each family that struck: how often it struck, and how many operations were open then.
    pub struck: BTreeMap<Family, Struck>,
    /// For each phase ([`NodeCtx::phase`], and `client:..` for what clients wait for): how often it
    /// was entered, and how often a fault of a family struck while it was open.
    ///
    /// [`NodeCtx::phase`]: crate::NodeCtx::phase
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub phases: BTreeMap<String, Phase>,
    /// How often each condition of `sometimes` was true; 0 where it was looked at, or announced, but
    /// never true.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sometimes: BTreeMap<String, u64>,
}

/// How a family of faults struck.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Struck {
    /// How many faults of the family began.
    pub faults: u32,
    /// How many operations were open when they began, counted for each fault.
    pub open_operations: u32,
}

/// How a phase of the code under test was exercised: a row of the matrix of phases and faults.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Phase {
    /// How often it was entered.
    pub entered: u64,
    /// By family: how many faults began while the phase was open on a host that they struck. A phase
    /// of clients is struck by every fault that begins while an operation of its kind is open.
    pub struck: BTreeMap<Family, u64>,
}

impl Coverage {
    /// The share of answered operations among those in calm windows, of a thousand; `None` when
    /// there were none.
    pub fn calm_ok_per_mille(&self) -> Option<u32> {
        let share = (u64::from(self.calm_ok) * 1000).checked_div(u64::from(self.calm))?;
        u32::try_from(share).ok()
    }

    /// For each family that struck: the phases in which it never struck. Families that struck in
    /// every phase are left out.
    ///
    /// ```
    /// use testimony_sim::{Coverage, Family, Phase, Struck};
    /// let mut coverage = Coverage::default();
    /// coverage.struck.insert(Family::Crash, Struck { faults: 3, open_operations: 1 });
    /// coverage.phases.insert("replicate".to_owned(), Phase { entered: 9, ..Phase::default() });
    /// assert_eq!(coverage.never_struck(), [(Family::Crash, vec!["replicate"])].into());
    /// ```
    pub fn never_struck(&self) -> BTreeMap<Family, Vec<&str>> {
        let of = |family: &Family| {
            let phases = self.phases.iter().filter(|(_, phase)| {
                phase.entered > 0 && phase.struck.get(family).is_none_or(|count| *count == 0)
            });
            let phases: Vec<&str> = phases.map(|(name, _)| name.as_str()).collect();
            (!phases.is_empty()).then_some((*family, phases))
        };
        self.struck.keys().filter_map(of).collect()
    }

    /// The conditions of `sometimes` that were never true.
    pub fn never_hit(&self) -> Vec<&str> {
        let never = self.sometimes.iter().filter(|(_, count)| **count == 0);
        never.map(|(name, _)| name.as_str()).collect()
    }

    /// Adds the counts of another run. Counts that do not fit any more stay at their largest value.
    pub fn add(&mut self, other: &Coverage) {
        let sums = [
            (&mut self.operations, other.operations),
            (&mut self.ok, other.ok),
            (&mut self.calm, other.calm),
            (&mut self.calm_ok, other.calm_ok),
        ];
        sums.into_iter().for_each(|(sum, more)| *sum = sum.saturating_add(more));
        for (family, struck) in &other.struck {
            let sum = self.struck.entry(*family).or_default();
            sum.faults = sum.faults.saturating_add(struck.faults);
            sum.open_operations = sum.open_operations.saturating_add(struck.open_operations);
        }
        for (name, phase) in &other.phases {
            let Some(sum) = named(&mut self.phases, name) else { continue };
            sum.entered = sum.entered.saturating_add(phase.entered);
            for (family, count) in &phase.struck {
                let sum = sum.struck.entry(*family).or_default();
                *sum = sum.saturating_add(*count);
            }
        }
        for (name, count) in &other.sometimes {
            if let Some(sum) = named(&mut self.sometimes, name) {
                *sum = sum.saturating_add(*count);
            }
        }
    }
}

/// The entry of a name; `None` when there are too many names already.
pub(crate) fn named<'m, T: Default>(
    map: &'m mut BTreeMap<String, T>,
    name: &str,
) -> Option<&'m mut T> {
    if !map.contains_key(name) {
        if map.len() >= NAMES_MAX {
            return None;
        }
        map.insert(name.to_owned(), T::default());
    }
    map.get_mut(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_all_runs_and_bounded() {
        let struck = [(Family::Crash, 2)].into();
        let run = Coverage {
            operations: u32::MAX,
            phases: [("store".to_owned(), Phase { entered: 5, struck })].into(),
            sometimes: [("a".to_owned(), 0), ("b".to_owned(), 1)].into(),
            ..Coverage::default()
        };
        let mut sum = Coverage::default();
        sum.add(&run);
        sum.add(&run);
        assert_eq!(sum.operations, u32::MAX);
        assert_eq!(
            (sum.phases["store"].entered, sum.phases["store"].struck[&Family::Crash]),
            (10, 4)
        );
        assert_eq!((sum.sometimes["b"], sum.never_hit()), (2, vec!["a"]));
        for number in 0..2 * NAMES_MAX {
            let sometimes = [(format!("name {number}"), 1)].into();
            sum.add(&Coverage { sometimes, ..Coverage::default() });
        }
        assert_eq!(sum.sometimes.len(), NAMES_MAX);
    }

    #[test]
    fn cells_that_no_fault_reached_are_named() {
        let mut coverage = Coverage::default();
        for family in [Family::Crash, Family::Loss] {
            coverage.struck.insert(family, Struck { faults: 1, open_operations: 1 });
        }
        let phase = |families: &[Family]| Phase {
            entered: 1,
            struck: families.iter().map(|family| (*family, 1)).collect(),
        };
        coverage.phases.insert("ack".to_owned(), phase(&[Family::Loss]));
        coverage.phases.insert("replicate".to_owned(), phase(&[Family::Crash, Family::Loss]));
        assert_eq!(coverage.never_struck(), [(Family::Crash, vec!["ack"])].into());
    }
}
