//! The operations of a queue, stack or priority queue, with its values numbered.

use super::Span;
use crate::numbers::Numbers;
use crate::part::Part;
use testimony_model::{Access, Element, Object};

/// What an operation does, by the number of its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Puts a value in.
    Insert(u32),
    /// Took this value.
    Take(u32),
    /// Saw this value.
    Peek(u32),
    /// Found nothing.
    Empty,
    /// Takes what is there, if anything: its answer is not known.
    Open,
}

impl Kind {
    /// The value that it names.
    pub(super) fn value(self) -> Option<u32> {
        match self {
            Kind::Insert(value) | Kind::Take(value) | Kind::Peek(value) => Some(value),
            Kind::Empty | Kind::Open => None,
        }
    }
}

/// The accesses of a part.
pub(super) struct Accesses {
    /// For each position.
    pub(super) kinds: Vec<Kind>,
    /// From when to when it may take effect.
    pub(super) spans: Vec<Span>,
    /// How many values there are. In a priority queue a greater value has a greater number.
    pub(super) values: usize,
}

impl Accesses {
    /// Reads the accesses. O(n), for a priority queue O(n log n).
    ///
    /// # Errors
    ///
    /// Says why these are not accesses to a collection of unique values.
    pub(super) fn of(part: &Part<'_>) -> Result<Accesses, String> {
        let accesses = Accesses::read(part)?;
        let mut inserted = vec![false; accesses.values];
        for (kind, operation) in accesses.kinds.iter().zip(&part.operations) {
            if let Kind::Insert(value) = *kind
                && std::mem::replace(&mut inserted[value as usize], true)
            {
                return Err(format!("the value of {} was put in twice", operation.id));
            }
        }
        Ok(accesses)
    }

    /// Reads accesses of which several may put in the same value. O(n), for a priority queue
    /// O(n log n).
    ///
    /// # Errors
    ///
    /// Says why these are not accesses to a collection.
    pub(super) fn read(part: &Part<'_>) -> Result<Accesses, String> {
        let mut numbers = Numbers::new(part.operations.len());
        let mut number = |atom| numbers.of(atom);
        let mut kinds = Vec::with_capacity(part.operations.len());
        let mut spans = Vec::with_capacity(part.operations.len());
        for operation in &part.operations {
            let access = part.access(operation);
            let kind = match access {
                Access::Element(Element::Insert(value)) => Kind::Insert(number(value)),
                Access::Element(Element::Take(Some(Some(value)))) => Kind::Take(number(value)),
                Access::Element(Element::Peek(Some(Some(value)))) => Kind::Peek(number(value)),
                Access::Element(Element::Take(Some(None)) | Element::Peek(Some(None))) => {
                    Kind::Empty
                }
                // One that certainly happened, at a moment of its own, is for the search.
                Access::Element(Element::Take(None)) if operation.is_ok() => {
                    return Err(format!("{} does not say what it took", operation.id));
                }
                Access::Element(Element::Take(None)) => Kind::Open,
                _ => return Err(format!("{} is no access to this object", operation.id)),
            };
            kinds.push(kind);
            spans.push(Span::of(operation));
        }
        if part.subject.object() == Object::PriorityQueue {
            let ranks = numbers.ranks();
            for kind in &mut kinds {
                if let Kind::Insert(value) | Kind::Take(value) | Kind::Peek(value) = kind {
                    *value = ranks[*value as usize];
                }
            }
        }
        Ok(Accesses { kinds, spans, values: numbers.len() })
    }

    /// These positions, everything that names a value that they name, and takes without an answer,
    /// rising. O(n).
    pub(super) fn near(&self, positions: &[usize]) -> Vec<usize> {
        let mut named = vec![false; self.values];
        for value in positions.iter().filter_map(|&at| self.kinds[at].value()) {
            named[value as usize] = true;
        }
        let mut near: Vec<usize> = positions.to_vec();
        near.extend(self.kinds.iter().enumerate().filter_map(|(at, kind)| match kind.value() {
            Some(value) => named[value as usize].then_some(at),
            None => (*kind == Kind::Open).then_some(at),
        }));
        near.sort_unstable();
        near.dedup();
        near
    }
}
