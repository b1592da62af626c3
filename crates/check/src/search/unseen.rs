//! Values that nobody saw.
//!
//! A put into a collection that may take effect or not need not, where no required answer names its
//! value. Take it out of any order, and with it whatever took the value out again, which has no
//! answer either: of a queue, stack or priority queue the other values stay in the order they had,
//! of a set the other elements are what they were, and no answer that something is missing, or that
//! nothing is there, becomes wrong.

use super::tables::NONE;
use crate::budget::{Meter, Spent};
use crate::numbers::Numbers;
use crate::part::{Part, Standing};
use testimony_model::{Access, Element, Object};

/// Which values the operations of a collection put in and name.
pub(super) struct Unseen {
    /// By position the value that it puts in, or [`NONE`].
    puts: Vec<u32>,
    /// By position where the values that its answer names end among `named`.
    ends: Vec<u32>,
    named: Vec<u32>,
    /// By value whether a required answer names it, in the run that is laid out.
    seen: Vec<bool>,
}

impl Unseen {
    /// Numbers the values; `None` where some operation is no access to a collection. O(n) in the
    /// operations and the elements that were read.
    pub(super) fn new(part: &Part<'_>, meter: &mut Meter) -> Result<Option<Unseen>, Spent> {
        use Object::{PriorityQueue, Queue, Set, Stack};
        if ![Set, Queue, Stack, PriorityQueue].contains(&part.subject.object()) {
            return Ok(None);
        }
        let mut numbers = Numbers::new(part.operations.len());
        let mut unseen =
            Unseen { puts: Vec::new(), ends: Vec::new(), named: Vec::new(), seen: Vec::new() };
        for operation in &part.operations {
            let Access::Element(access) = part.access(operation) else { return Ok(None) };
            let mut put = NONE;
            match access {
                Element::Insert(value) | Element::Add { element: value, new: None } => {
                    put = numbers.of(value);
                }
                Element::Add { element, new: Some(_) } => {
                    put = numbers.of(element);
                    unseen.named.push(put);
                }
                Element::Take(Some(Some(value)))
                | Element::Peek(Some(Some(value)))
                | Element::Remove { element: value, there: Some(_) }
                | Element::Contains { element: value, there: Some(_) } => {
                    unseen.named.push(numbers.of(value));
                }
                Element::All(Some(elements)) => {
                    unseen.named.extend(elements.iter().map(|value| numbers.of(value.atom())));
                }
                _ => {}
            }
            unseen.puts.push(put);
            unseen.ends.push(u32::try_from(unseen.named.len()).unwrap_or(NONE));
        }
        unseen.seen.resize(numbers.len(), false);
        let words = unseen.puts.len() + unseen.ends.len() + unseen.named.len();
        meter.grow(words * size_of::<u32>() + unseen.seen.len())?;
        Ok(Some(unseen))
    }

    /// Gets ready for a run with these standings. O(n).
    pub(super) fn lay_out(&mut self, part: &Part<'_>, standing: &impl Fn(usize) -> Standing) {
        self.seen.fill(false);
        let mut from = 0;
        for (at, operation) in part.operations.iter().enumerate() {
            let to = self.ends[at] as usize;
            if operation.is_ok() && standing(at) == Standing::Required {
                self.named[from..to].iter().for_each(|&value| self.seen[value as usize] = true);
            }
            from = to;
        }
    }

    /// Whether this position only puts in what nobody saw.
    pub(super) fn is_dead(&self, position: u32) -> bool {
        self.seen.get(self.puts[position as usize] as usize) == Some(&false)
    }
}
