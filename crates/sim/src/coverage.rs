//! What a run exercised: green counts only where it is high.

use crate::Family;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
}

/// How a family of faults struck.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Struck {
    /// How many faults of the family began.
    pub faults: u32,
    /// How many operations were open when they began, counted for each fault.
    pub open_operations: u32,
}

impl Coverage {
    /// The share of answered operations among those in calm windows, of a thousand; `None` when
    /// there were none.
    pub fn calm_ok_per_mille(&self) -> Option<u32> {
        let share = (u64::from(self.calm_ok) * 1000).checked_div(u64::from(self.calm))?;
        u32::try_from(share).ok()
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Coverage) {
        self.operations += other.operations;
        self.ok += other.ok;
        self.calm += other.calm;
        self.calm_ok += other.calm_ok;
        for (family, struck) in &other.struck {
            let sum = self.struck.entry(*family).or_default();
            sum.faults += struck.faults;
            sum.open_operations += struck.open_operations;
        }
    }
}
