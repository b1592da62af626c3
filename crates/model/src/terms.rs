//! Numbers that operations add to: what the state of a counter, a stock or a bank is made of.

use crate::Atom;

/// A number that belongs to the state: the sum of a counter, the units of a stock, a balance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Number<'a> {
    /// Its name; [`Atom::Nil`] where a model has one number, or for one that follows from the others.
    pub name: Atom<'a>,
    /// What it is at the beginning.
    pub initial: i64,
    /// What it never falls below, in any state that can be reached.
    pub least: Option<i64>,
}

/// What an operation found in one of the numbers, as its answer says, and adds to it.
///
/// ```
/// use testimony_model::{Counter, CounterOp, CounterRet, Model, Term};
///
/// let (counter, read) = (Counter::default(), CounterRet::Sum(7));
/// let mut terms = Vec::new();
/// counter.terms(&CounterOp::Read, Some(&read), &mut |term| terms.push(term));
/// assert_eq!(terms, [Term::default().found(7)]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Term<'a> {
    /// The name of the number.
    pub number: Atom<'a>,
    /// What it adds, of either sign.
    pub adds: i64,
    /// The number was not less than this before it.
    pub at_least: Option<i64>,
    /// The number was not more than this before it.
    pub at_most: Option<i64>,
}

impl Default for Term<'_> {
    fn default() -> Self {
        Term { number: Atom::Nil, adds: 0, at_least: None, at_most: None }
    }
}

impl<'a> Term<'a> {
    /// On the number with this name.
    pub fn on(self, number: Atom<'a>) -> Term<'a> {
        Term { number, ..self }
    }

    /// It adds this much.
    pub fn adds(self, adds: i64) -> Term<'a> {
        Term { adds, ..self }
    }

    /// The number was this before it.
    pub fn found(self, number: i64) -> Term<'a> {
        Term { at_least: Some(number), at_most: Some(number), ..self }
    }

    /// The number was this after it; says nothing where that leads beyond 64 bits.
    pub fn left(self, number: i64) -> Term<'a> {
        number.checked_sub(self.adds).map_or(self, |before| self.found(before))
    }
}
