//! What each operation of a part does to its register, with the values numbered.

use crate::part::Part;
use rustc_hash::FxHashMap;
use testimony_model::{Access, Atom};

/// An operation as an access to a register, with its values by number or as they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shape<V = usize> {
    /// The value that it saw: the answer of a read, what a swap compared with. An unanswered
    /// compare-and-set sees it if it takes effect.
    pub(crate) sees: Option<V>,
    /// The value that it wrote, or may have written.
    pub(crate) writes: Option<V>,
    /// The value that it compared with and did not find.
    pub(crate) missed: Option<V>,
}

impl<'h> Shape<Atom<'h>> {
    /// The shape of an access, if it is one to a register.
    pub(crate) fn of(access: Access<'h>) -> Option<Shape<Atom<'h>>> {
        let (sees, writes, missed) = match access {
            Access::Read(value) => (value, None, None),
            Access::Write(value) => (None, Some(value), None),
            Access::Cas { from, swapped: Some(false), .. } => (None, None, Some(from)),
            Access::Cas { from, to, swapped: Some(true) | None } => (Some(from), Some(to), None),
            _ => return None,
        };
        Some(Shape { sees, writes, missed })
    }
}

/// The accesses of a part to its one register.
pub(crate) struct Values<'h> {
    /// The shape of the operation at each position.
    pub(crate) shapes: Vec<Shape>,
    /// The value with each number.
    pub(crate) atoms: Vec<Atom<'h>>,
    /// Positions of the operations that may have written each value, by call.
    pub(crate) writers: Vec<Vec<usize>>,
    /// The number of the value at the beginning.
    pub(crate) initial: usize,
}

impl<'h> Values<'h> {
    /// The accesses, if every operation of the part is one and all are to the same register.
    pub(crate) fn of(part: &Part<'h>) -> Option<Values<'h>> {
        if !part.is_single() {
            return None;
        }
        let mut numbers: FxHashMap<Atom<'h>, usize> = FxHashMap::default();
        let mut atoms = Vec::new();
        let mut number = |atom: Atom<'h>| {
            *numbers.entry(atom).or_insert_with(|| {
                atoms.push(atom);
                atoms.len() - 1
            })
        };
        let initial = number(part.subject.initial());
        let mut shapes = Vec::with_capacity(part.operations.len());
        for operation in &part.operations {
            let Shape { sees, writes, missed } = Shape::of(part.access(operation))?;
            let (sees, writes) = (sees.map(&mut number), writes.map(&mut number));
            shapes.push(Shape { sees, writes, missed: missed.map(&mut number) });
        }
        let mut writers = vec![Vec::new(); atoms.len()];
        for (at, shape) in shapes.iter().enumerate() {
            if let Some(value) = shape.writes {
                writers[value].push(at);
            }
        }
        Some(Values { shapes, atoms, writers, initial })
    }
}
