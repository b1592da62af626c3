//! The operations of a set, by element.

use super::Span;
use super::tuned::index;
use crate::numbers::Numbers;
use crate::part::Part;
use testimony_model::{Access, Element};

/// What an operation does to a set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Puts an element in; it was not there before, or nothing is said of that.
    Add,
    /// Takes an element out; `there` when the answer says that it was there.
    Remove {
        /// Whether it certainly was there.
        there: bool,
    },
    /// Saw an element, or saw that it is missing.
    Seen(bool),
    /// Read all elements: the list with this number.
    All(u32),
    /// Says nothing.
    Nothing,
}

/// The accesses of a part to its set.
pub(super) struct Members {
    /// For each position what it does.
    pub(super) kinds: Vec<Kind>,
    /// For each position when it may take effect.
    pub(super) spans: Vec<Span>,
    /// For each element the range of its positions in [`Members::by_element`].
    pub(super) bounds: Vec<u32>,
    /// Positions by element, and by call for each.
    pub(super) by_element: Vec<u32>,
    /// The elements of each read of the whole set.
    pub(super) lists: Vec<Vec<u32>>,
}

impl Members {
    /// Reads the accesses. O(n) in operations and elements read.
    ///
    /// # Errors
    ///
    /// Names an operation that is no access to a set.
    pub(super) fn of(part: &Part<'_>) -> Result<Members, String> {
        let mut numbers = Numbers::new(part.operations.len());
        let mut number = |atom| numbers.of(atom);
        let (mut kinds, mut spans) = (Vec::new(), Vec::new());
        kinds.reserve(part.operations.len());
        spans.reserve(part.operations.len());
        let mut whose: Vec<u32> = Vec::with_capacity(part.operations.len());
        let mut lists = Vec::new();
        for operation in &part.operations {
            let access = part.access(operation);
            let Access::Element(access) = access else {
                return Err(format!("{} is no access to a set", operation.id));
            };
            let (kind, element) = match access {
                Element::Add { element, new: Some(false) } => (Kind::Seen(true), Some(element)),
                Element::Add { element, .. } => (Kind::Add, Some(element)),
                Element::Remove { element, there: Some(false) } => {
                    (Kind::Seen(false), Some(element))
                }
                Element::Remove { element, there } => {
                    (Kind::Remove { there: there.is_some() }, Some(element))
                }
                Element::Contains { element, there: Some(there) } => {
                    (Kind::Seen(there), Some(element))
                }
                Element::All(Some(elements)) => {
                    lists.push(elements.iter().map(|value| number(value.atom())).collect());
                    (Kind::All(index(lists.len() - 1)), None)
                }
                Element::Contains { .. } | Element::All(None) => (Kind::Nothing, None),
                Element::Insert(_) | Element::Take(_) | Element::Peek(_) => {
                    return Err(format!("{} is no access to a set", operation.id));
                }
            };
            kinds.push(kind);
            spans.push(Span::of(operation));
            whose.push(element.map_or(u32::MAX, &mut number));
        }
        let (bounds, by_element) = group(&whose, numbers.len());
        Ok(Members { kinds, spans, bounds, by_element, lists })
    }

    /// These positions and everything that names an element that they name, rising; `None` where a
    /// read of the whole set names every element. O(n).
    pub(super) fn near(&self, positions: &[usize]) -> Option<Vec<usize>> {
        if positions.iter().any(|&at| matches!(self.kinds[at], Kind::All(_))) {
            return None;
        }
        let mut wanted = vec![false; self.kinds.len()];
        positions.iter().for_each(|&at| wanted[at] = true);
        let elements = (0..self.elements()).map(|element| self.positions(element));
        let named = elements.filter(|all| all.iter().any(|&at| wanted[at as usize]));
        let mut near: Vec<usize> = positions.to_vec();
        near.extend(named.flatten().map(|&at| at as usize));
        near.sort_unstable();
        near.dedup();
        Some(near)
    }

    /// How many elements there are.
    pub(super) fn elements(&self) -> usize {
        self.bounds.len() - 1
    }

    /// The positions of an element.
    pub(super) fn positions(&self, element: usize) -> &[u32] {
        &self.by_element[self.bounds[element] as usize..self.bounds[element + 1] as usize]
    }
}

/// Positions by what they belong to, which is below `groups` (or nothing).
fn group(whose: &[u32], groups: usize) -> (Vec<u32>, Vec<u32>) {
    let known = |&&owner: &&u32| (owner as usize) < groups;
    let mut bounds = vec![0; groups + 1];
    whose.iter().filter(known).for_each(|&owner| bounds[owner as usize + 1] += 1);
    for at in 1..bounds.len() {
        bounds[at] += bounds[at - 1];
    }
    let mut next = bounds.clone();
    let mut grouped = vec![0; bounds[groups] as usize];
    for (position, owner) in (0..).zip(whose) {
        if let Some(place) = next.get_mut(*owner as usize).filter(|_| (*owner as usize) < groups) {
            grouped[*place as usize] = position;
            *place += 1;
        }
    }
    (bounds, grouped)
}
