//! What a history can be held to: levels of consistency and named invariants.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A level of consistency.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Level {
    /// Every operation seems to take effect at one moment between its call and its return
    /// (Herlihy and Wing, 1990).
    Linearizable,
}

impl Level {
    /// Every level that an engine judges.
    pub const ALL: &'static [Level] = &[Level::Linearizable];

    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Level::Linearizable => "linearizable",
        }
    }

    /// Its definition in one sentence.
    pub fn definition(self) -> &'static str {
        match self {
            Level::Linearizable => {
                "every operation seems to take effect at one moment between its call and its return"
            }
        }
    }

    /// Whether a history has it exactly when its part for each key has it
    /// (Herlihy and Wing, 1990, theorem 1).
    pub fn is_local(self) -> bool {
        match self {
            Level::Linearizable => true,
        }
    }
}

/// One thing that a history is judged by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Property {
    /// A level of consistency.
    Level(Level),
    /// A named invariant of the domain, e.g. `no-oversell`.
    Invariant(Cow<'static, str>),
}

impl Property {
    /// Linearizability, the property most often asked for.
    pub const LINEARIZABLE: Property = Property::Level(Level::Linearizable);

    /// An invariant with this name (kebab-case).
    pub const fn invariant(name: &'static str) -> Property {
        Property::Invariant(Cow::Borrowed(name))
    }

    /// Its name in files and on the command line.
    pub fn name(&self) -> &str {
        match self {
            Property::Level(level) => level.name(),
            Property::Invariant(name) => name,
        }
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(name: &str) -> Result<Level, String> {
        let found = Level::ALL.iter().find(|level| level.name() == name);
        found.copied().ok_or_else(|| {
            let known: Vec<_> = Level::ALL.iter().map(|level| level.name()).collect();
            format!("unknown level `{name}`; known: {}", known.join(", "))
        })
    }
}
