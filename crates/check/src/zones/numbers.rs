//! Numbers for values: equal values get equal numbers, counted from the first that is seen.

use super::fit::{NONE, Value};
use rustc_hash::FxHashMap;
use testimony_model::Atom;

/// The numbers that values have got so far.
///
/// Most histories count their values up, so integers from zero to a small multiple of the number of
/// operations have a table, and only others are hashed.
pub(super) struct Numbers<'a> {
    next: Value,
    nil: Value,
    small: Vec<Value>,
    small_max: usize,
    others: FxHashMap<i64, Value>,
    texts: FxHashMap<&'a str, Value>,
}

impl<'a> Numbers<'a> {
    /// None yet, for so many operations.
    pub(super) fn new(operations: usize) -> Numbers<'a> {
        Numbers {
            next: 0,
            nil: NONE,
            small: Vec::new(),
            small_max: operations.saturating_mul(2).saturating_add(64),
            others: FxHashMap::default(),
            texts: FxHashMap::default(),
        }
    }

    /// How many values have a number.
    pub(super) fn count(&self) -> usize {
        self.next as usize
    }

    /// The number of a value. Expected O(1).
    pub(super) fn of(&mut self, atom: Atom<'a>) -> Value {
        let next = self.next;
        let number = match atom {
            Atom::Nil => &mut self.nil,
            Atom::Text(text) => self.texts.entry(text).or_insert(NONE),
            Atom::Int(number) => match usize::try_from(number) {
                Ok(small) if small < self.small_max => {
                    if small >= self.small.len() {
                        self.small.resize(small + 1, NONE);
                    }
                    &mut self.small[small]
                }
                _ => self.others.entry(number).or_insert(NONE),
            },
        };
        if *number == NONE {
            *number = next;
            self.next += 1;
        }
        *number
    }
}
