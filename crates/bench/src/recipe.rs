//! A history by its recipe: all that it takes to make the same one again in another process.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What kind of object the clients use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Object {
    Register,
    CasRegister,
    Kv,
    Set,
    Queue,
    Stack,
    PriorityQueue,
    /// A set from which nothing is removed and of which the whole is read.
    WholeSet,
    Log,
    Counter,
    Stock,
    Bank,
    FetchAdd,
    Mutex,
    FencedLock,
}

impl Object {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Object::Register => "register",
            Object::CasRegister => "cas-register",
            Object::Kv => "kv",
            Object::Set => "set",
            Object::Queue => "queue",
            Object::Stack => "stack",
            Object::PriorityQueue => "priority-queue",
            Object::WholeSet => "set/whole-reads",
            Object::Log => "log",
            Object::Counter => "counter",
            Object::Stock => "stock",
            Object::Bank => "bank",
            Object::FetchAdd => "fetch-add",
            Object::Mutex => "mutex",
            Object::FencedLock => "fenced-lock",
        }
    }

    /// Whether clients write values: to others they add amounts, or take them and give them back.
    fn has_values(self) -> bool {
        match self {
            Object::Counter | Object::Stock | Object::Bank | Object::FetchAdd => false,
            Object::Mutex | Object::FencedLock => false,
            Object::Register | Object::CasRegister | Object::Kv => true,
            Object::Set | Object::WholeSet | Object::Log => true,
            Object::Queue | Object::Stack | Object::PriorityQueue => true,
        }
    }

    /// What is wrong with a history of it that is spoilt.
    fn wrong(self) -> &'static str {
        match self {
            Object::Register | Object::CasRegister | Object::Kv | Object::Bank => "a stale read",
            Object::Set | Object::WholeSet | Object::Log => "a wrong read",
            Object::Queue | Object::Stack | Object::PriorityQueue => "two takes swapped",
            Object::Counter | Object::Stock => "a read too low",
            Object::FetchAdd => "an answer given twice",
            Object::Mutex => "a second holder",
            Object::FencedLock => "an old token",
        }
    }
}

/// Which values are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Values {
    /// Each value once.
    Unique,
    /// So many values, again and again.
    Few(u32),
}

/// A history that clients of a correct object saw, or nearly correct.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Recipe {
    pub(crate) object: Object,
    pub(crate) operations: u32,
    pub(crate) clients: u32,
    pub(crate) keys: u32,
    pub(crate) values: Values,
    /// Percent of operations whose answer never arrives; half of them take effect.
    pub(crate) info: u32,
    /// At 95 % of the history one read answers a value that was overwritten some 30 writes before;
    /// of other objects, an answer there is wrong, and of those that are added to and of locks one in
    /// the middle.
    pub(crate) stale: bool,
    pub(crate) seed: u64,
}

impl Recipe {
    /// A valid history of one key, unique values, five clients that always get their answer.
    pub(crate) fn new(object: Object, operations: u32) -> Recipe {
        let (clients, keys, values, info) = (5, 1, Values::Unique, 0);
        Recipe { object, operations, clients, keys, values, info, stale: false, seed: 1 }
    }

    pub(crate) fn clients(self, clients: u32) -> Recipe {
        Recipe { clients, ..self }
    }

    pub(crate) fn keys(self, keys: u32) -> Recipe {
        Recipe { keys, ..self }
    }

    /// Only so many different values.
    pub(crate) fn few(self, values: u32) -> Recipe {
        Recipe { values: Values::Few(values), ..self }
    }

    pub(crate) fn info(self, info: u32) -> Recipe {
        Recipe { info, ..self }
    }

    pub(crate) fn stale(self) -> Recipe {
        Recipe { stale: true, ..self }
    }
}

/// A count for people: `1k`, `1M`.
pub(crate) fn count(number: u32) -> String {
    match number {
        0 => "0".to_owned(),
        number if number.is_multiple_of(1_000_000) => format!("{}M", number / 1_000_000),
        number if number.is_multiple_of(1_000) => format!("{}k", number / 1_000),
        number => number.to_string(),
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} operations", self.object.name(), count(self.operations))?;
        if self.keys > 1 {
            write!(f, ", {} keys", count(self.keys))?;
        }
        write!(f, ", {} clients", self.clients)?;
        match self.values {
            _ if !self.object.has_values() => {}
            Values::Unique => write!(f, ", unique values")?,
            Values::Few(values) => write!(f, ", {values} values")?,
        }
        if self.info > 0 {
            write!(f, ", {} % indeterminate", self.info)?;
        }
        if self.stale {
            write!(f, ", {}", self.object.wrong())?;
        }
        Ok(())
    }
}
