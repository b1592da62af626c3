//! What may break in a run, and how a seed picks from it.

use crate::{Config, Draw, Family, PlannedFault};

/// The families of faults that may strike.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Nemesis {
    families: Vec<Family>,
}

impl Nemesis {
    /// These families. Each plan switches each of them off with some probability.
    pub fn of(families: &[Family]) -> Nemesis {
        Nemesis { families: families.to_vec() }
    }

    pub(crate) fn configure(&self, _draw: &Draw, config: &mut Config) {
        config.families.clone_from(&self.families);
    }

    pub(crate) fn faults(
        &self,
        _draw: &Draw,
        _config: &Config,
        _last_ms: u64,
    ) -> Vec<PlannedFault> {
        Vec::new()
    }
}
