//! Families of faults: what is switched on or off together.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The kinds of fault that are switched on or off together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Family {
    /// Cuts in both directions: one isolated, halves, a ring of majorities, a bridge.
    Partition,
    /// Cuts in one direction.
    OneWay,
    /// Crash and restart.
    Crash,
    /// Lost messages.
    Loss,
    /// Delay tails.
    Delay,
}

impl Family {
    /// Every family, in the order of their names in lists.
    pub const ALL: &[Family] =
        &[Family::Partition, Family::OneWay, Family::Crash, Family::Loss, Family::Delay];

    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Family::Partition => "partition",
            Family::OneWay => "one-way",
            Family::Crash => "crash",
            Family::Loss => "loss",
            Family::Delay => "delay",
        }
    }

    /// The family of this name.
    pub fn named(name: &str) -> Option<Family> {
        Family::ALL.iter().copied().find(|family| family.name() == name)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
