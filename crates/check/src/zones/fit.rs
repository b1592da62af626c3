//! Which parts the zones can judge: accesses to one register with unique written values.

use crate::part::Part;
use rustc_hash::FxHashMap;
use testimony_model::{Access, Atom, Model};

/// A value by number; [`INITIAL`] is the one at the beginning.
pub(super) type Value = u32;

/// The value at the beginning.
pub(super) const INITIAL: Value = 0;

/// No position, no value.
pub(super) const NONE: u32 = u32::MAX;

/// The end of an operation that never returned.
pub(super) const NEVER: i64 = i64::MAX;

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

/// An operation as an access.
#[derive(Clone, Copy, Debug)]
pub(super) struct One {
    /// Rank of its call.
    pub(super) start: i64,
    /// Rank of its return, or [`NEVER`].
    pub(super) end: i64,
    /// What it does.
    pub(super) kind: Kind,
}

impl One {
    /// The value that it wrote, where it wrote one.
    pub(super) fn writes(self) -> Option<Value> {
        match self.kind {
            Kind::Write(value) | Kind::Swap(_, value) => Some(value),
            Kind::Read(_) | Kind::Mismatch(_) => None,
        }
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
    pub(crate) fn of<M: Model>(part: &Part<M>) -> Result<Accesses, String> {
        let mut values: FxHashMap<Atom, Value> = FxHashMap::default();
        values.insert(part.model.initial(), INITIAL);
        let mut fit =
            Accesses { all: Vec::with_capacity(part.operations.len()), writers: vec![NONE] };
        for (position, operation) in part.operations.iter().enumerate() {
            let answer = operation.outcome.answer();
            let mut number = |atom| {
                let next = u32::try_from(values.len()).unwrap_or(NONE);
                *values.entry(atom).or_insert(next)
            };
            let kind = match part.model.access(&operation.op, answer) {
                Access::Read(Some(value)) => Kind::Read(number(value)),
                Access::Write(value) => Kind::Write(number(value)),
                Access::Cas { from, swapped: Some(false), .. } => Kind::Mismatch(number(from)),
                Access::Cas { from, to, .. } => Kind::Swap(number(from), number(to)),
                _ => {
                    let words = part.model.describe(&operation.op);
                    return Err(format!("{} ({words}) is not a plain access", operation.id));
                }
            };
            let end = if operation.is_ok() { i64::from(operation.ret.0) } else { NEVER };
            let one = One { start: i64::from(operation.call.0), end, kind };
            fit.writers.resize(values.len(), NONE);
            if let Some(value) = one.writes() {
                fit.claim(part, position, value)?;
            }
            fit.all.push(one);
        }
        Ok(fit)
    }

    /// Notes who wrote a value; an error if it is not the only one.
    fn claim<M: Model>(
        &mut self,
        part: &Part<M>,
        position: usize,
        value: Value,
    ) -> Result<(), String> {
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
