//! The formats by name.

use std::fmt;
use std::str::FromStr;

/// The format of a history.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Format {
    /// Our own JSON lines.
    Native,
    /// Jepsen's `history.edn`: operation maps, one after another or in a vector.
    Edn,
    /// The logs in Porcupine's collection: lines of `jepsen.util`, or maps with `:key`.
    Porcupine,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 3] = [Format::Native, Format::Edn, Format::Porcupine];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Native => "native",
            Format::Edn => "edn",
            Format::Porcupine => "porcupine",
        }
    }

    /// What it is, in a few words.
    pub fn description(self) -> &'static str {
        match self {
            Format::Native => "testimony's JSON lines, an event a line",
            Format::Edn => "Jepsen's history.edn, maps one after another or in a vector",
            Format::Porcupine => "Porcupine's logs: lines of jepsen.util, or maps with :key",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No format has this name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unknown format `{0}`; known: native, edn, porcupine")]
pub struct UnknownFormat(pub String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Format, UnknownFormat> {
        let found = Format::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}
