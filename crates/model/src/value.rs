//! Values of registers and maps.

use crate::Atom;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::fmt;

/// A value: a number or a text. In files an integer (within 64 bits, signed) or a string.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A number.
    Int(i64),
    /// A text.
    Text(SmolStr),
}

impl Value {
    /// Its identity.
    pub fn atom(&self) -> Atom<'_> {
        match self {
            Value::Int(number) => Atom::Int(*number),
            Value::Text(text) => Atom::Text(text),
        }
    }

    /// The identity of a value that may be absent.
    pub fn atom_of(value: Option<&Value>) -> Atom<'_> {
        value.map_or(Atom::Nil, Value::atom)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Int(number) => write!(f, "{number}"),
            Value::Text(text) => write!(f, "{text:?}"),
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Int(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.into())
    }
}
