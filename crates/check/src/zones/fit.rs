//! Which parts the zones can judge: accesses to one register with unique written values.

use crate::numbers::Numbers;
use crate::part::Part;
use testimony_history::Rank;
use testimony_model::Access;

/// A value by number; [`INITIAL`] is the one at the beginning.
pub(super) type Value = u32;

/// The value at the beginning.
pub(super) const INITIAL: Value = 0;

/// No position, no value.
pub(super) const NONE: u32 = u32::MAX;

/// The end of an operation that never returned.
pub(super) const NEVER: u32 = u32::MAX;

/// What an operation does, with values by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// It answered this value.
    Read(Value),
    /// It wrote this value.
    Write(Value),
    /// It replaced the first by the second.
    Swap(Value, Value),
    /// It found another value than this one.
    Mismatch(Value),
}

/// What a comparison that did not match has for the value that it wrote.
const UNMATCHED: Value = NONE - 1;

/// An operation as an access, in few bytes: histories have millions.
#[derive(Clone, Copy, Debug)]
pub(super) struct One {
    /// One more than the rank of its call: 0 is before every operation.
    pub(super) start: u32,
    /// One more than the rank of its return, or [`NEVER`].
    pub(super) end: u32,
    /// The value that it saw or was compared with, or [`NONE`].
    saw: Value,
    /// The value that it wrote, [`NONE`], or [`UNMATCHED`].
    wrote: Value,
}

impl One {
    fn new(start: u32, end: u32, kind: Kind) -> One {
        let (saw, wrote) = match kind {
            Kind::Read(value) => (value, NONE),
            Kind::Write(value) => (NONE, value),
            Kind::Swap(from, to) => (from, to),
            Kind::Mismatch(value) => (value, UNMATCHED),
        };
        One { start, end, saw, wrote }
    }

    /// The same with another end.
    pub(super) fn until(self, end: u32) -> One {
        One { end, ..self }
    }

    /// What it does.
    pub(super) fn kind(self) -> Kind {
        match (self.saw, self.wrote) {
            (value, NONE) => Kind::Read(value),
            (value, UNMATCHED) => Kind::Mismatch(value),
            (NONE, value) => Kind::Write(value),
            (from, to) => Kind::Swap(from, to),
        }
    }

    /// The value that it saw, or was compared with in vain.
    pub(super) fn sees(self) -> Option<Value> {
        if self.saw == NONE { None } else { Some(self.saw) }
    }

    /// The value that it wrote, where it wrote one.
    pub(super) fn writes(self) -> Option<Value> {
        if self.wrote < UNMATCHED { Some(self.wrote) } else { None }
    }
}

/// A part as accesses to one register.
pub(crate) struct Accesses {
    /// By position.
    pub(super) all: Vec<One>,
    /// The position that wrote a value: [`NONE`] for the initial one and for one that nobody wrote.
    pub(super) writers: Vec<u32>,
}

impl Accesses {
    /// Reads the accesses of a part. O(n).
    ///
    /// # Errors
    ///
    /// Says why the zones cannot judge this part.
    pub(crate) fn of(part: &Part<'_>) -> Result<Accesses, String> {
        let operations = part.operations.len();
        if u32::try_from(operations).is_err() {
            return Err("too many operations".to_owned());
        }
        let mut numbers = Numbers::new(operations);
        numbers.of(part.subject.initial());
        let mut fit = Accesses { all: Vec::with_capacity(operations), writers: vec![NONE] };
        for (position, operation) in part.operations.iter().enumerate() {
            let kind = match part.access(operation) {
                Access::Read(Some(value)) => Kind::Read(numbers.of(value)),
                Access::Write(value) => Kind::Write(numbers.of(value)),
                Access::Cas { from, swapped: Some(false), .. } => Kind::Mismatch(numbers.of(from)),
                Access::Cas { from, to, swapped } if swapped.is_some() || !operation.is_ok() => {
                    Kind::Swap(numbers.of(from), numbers.of(to))
                }
                _ => {
                    let words = part.subject.describe(operation);
                    return Err(format!("{} ({words}) is not a plain access", operation.id));
                }
            };
            let end = if operation.is_ok() { place(operation.ret)? } else { NEVER };
            let one = One::new(place(operation.call)?, end, kind);
            fit.writers.resize(numbers.len(), NONE);
            if let Some(value) = one.writes() {
                fit.claim(part, position, value)?;
            }
            fit.all.push(one);
        }
        Ok(fit)
    }

    /// Notes who wrote a value; an error if it is not the only one.
    fn claim(&mut self, part: &Part<'_>, position: usize, value: Value) -> Result<(), String> {
        let id = part.operations[position].id;
        if value == INITIAL {
            return Err(format!("{id} writes the value that was there at the beginning"));
        }
        let writer = &mut self.writers[value as usize];
        if *writer != NONE {
            let other = part.operations[*writer as usize].id;
            return Err(format!("{other} and {id} write the same value"));
        }
        *writer = u32::try_from(position).map_err(|_| "too many operations".to_owned())?;
        Ok(())
    }
}

/// A rank with room for one before all of them and for [`NEVER`].
fn place(rank: Rank) -> Result<u32, String> {
    let place = rank.0.checked_add(1).filter(|&place| place < NEVER);
    place.ok_or_else(|| format!("the index {} leaves no room after it", rank.0))
}
