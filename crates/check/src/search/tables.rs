//! Operations and states by number, and transitions that are computed once.
//!
//! The search runs on numbers. A *symbol* is an operation with its answer (or without one), a state
//! is its place in a list. Registers have numbers of their own ([`Cells`]); of any other model each
//! transition is asked once ([`Asked`]).

use super::asked::Asked;
use super::cells::Cells;
use crate::budget::{Meter, Spent};
use crate::part::{Part, Standing};

/// An operation with its answer, by number.
pub(super) type Symbol = u32;
/// A state, by number.
pub(super) type State = u32;

/// No number.
pub(super) const NONE: u32 = u32::MAX;

/// Where a symbol leads from a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Move {
    /// Nowhere.
    Refused,
    /// To this state.
    To(State),
    /// To any of two or more different states, listed in [`Tables::several`].
    Any { from: u32, to: u32 },
}

/// The symbols, states and transitions of a part. They only grow, and probes share them.
pub(super) enum Tables<'p, 'h> {
    /// Every operation is an access to one register.
    Cells(Cells),
    /// Anything else.
    Asked(Asked<'p, 'h>),
}

impl<'p, 'h> Tables<'p, 'h> {
    /// Numbers the operations of a part. O(n).
    pub(super) fn new(part: &'p Part<'h>, meter: &mut Meter) -> Result<Self, Spent> {
        match Cells::new(part) {
            Some(cells) => {
                meter.grow(cells.bytes())?;
                Ok(Tables::Cells(cells))
            }
            None => Ok(Tables::Asked(Asked::new(part, meter)?)),
        }
    }

    /// Whether a pending operation that owes its effect would change nothing here, as far as that
    /// is known without asking the model.
    #[inline]
    pub(super) fn keeps(&self, state: State, symbol: Symbol, rank: u32) -> bool {
        match self {
            Tables::Cells(cells) => match cells.go(state, symbol) {
                Move::To(to) => cells.fade(to, rank) == state,
                _ => false,
            },
            Tables::Asked(asked) => asked.overwrites(symbol) == Some(state),
        }
    }

    /// The state at the beginning.
    pub(super) fn initial(&self) -> State {
        match self {
            Tables::Cells(_) => Cells::INITIAL,
            Tables::Asked(_) => Asked::INITIAL,
        }
    }

    /// Gets ready for a run with these standings.
    pub(super) fn lay_out(&mut self, part: &Part<'_>, standing: &impl Fn(usize) -> Standing) {
        match self {
            Tables::Cells(cells) => cells.lay_out(part, standing),
            Tables::Asked(asked) => asked.lay_out(standing),
        }
    }

    /// The symbol of a position that is required, in the run that was laid out.
    pub(super) fn required(&self, position: u32, call: u32) -> Symbol {
        match self {
            Tables::Cells(cells) => cells.required(position, call),
            Tables::Asked(asked) => asked.symbols(position).0,
        }
    }

    /// The symbol of a position that may take effect or not, in the run that was laid out; `None`
    /// when it certainly helps nobody.
    pub(super) fn optional(&self, position: u32, call: u32) -> Option<Symbol> {
        match self {
            Tables::Cells(cells) if cells.observes(cells.symbols(position).0) => None,
            Tables::Cells(cells) => cells.optional(position, call),
            Tables::Asked(asked) => asked.optional(position),
        }
    }

    /// Whether some answer told its place in the order of the system.
    pub(super) fn is_ordered(&self) -> bool {
        match self {
            Tables::Cells(_) => false,
            Tables::Asked(asked) => asked.is_ordered(),
        }
    }

    /// The place in the order of the system that the answer of a symbol told.
    pub(super) fn order(&self, symbol: Symbol) -> Option<i64> {
        match self {
            Tables::Cells(_) => None,
            Tables::Asked(asked) => asked.order(symbol),
        }
    }

    /// Whether there are no more states than values of a register, whatever is done how often.
    pub(super) fn has_few_states(&self) -> bool {
        matches!(self, Tables::Cells(_))
    }

    /// How many symbols there are.
    pub(super) fn symbols(&self) -> usize {
        match self {
            Tables::Cells(cells) => cells.symbol_count(),
            Tables::Asked(asked) => asked.symbol_count(),
        }
    }

    /// Whether a symbol leaves every state as it is.
    pub(super) fn observes(&self, symbol: Symbol) -> bool {
        match self {
            Tables::Cells(cells) => cells.observes(symbol),
            Tables::Asked(asked) => asked.observes(symbol),
        }
    }

    /// The state to which a symbol leads from everywhere, if it has one: an *overwrite*.
    #[inline]
    pub(super) fn overwrites(&self, symbol: Symbol) -> Option<State> {
        match self {
            Tables::Cells(cells) => cells.overwrites(symbol),
            Tables::Asked(asked) => asked.overwrites(symbol),
        }
    }

    /// The one state that a symbol without an answer changes, if there is one.
    #[inline]
    pub(super) fn source(&self, symbol: Symbol) -> Option<State> {
        match self {
            Tables::Cells(cells) => cells.source(symbol),
            Tables::Asked(_) => None,
        }
    }

    /// Whether placing a settled operation at this rank or later certainly helps nobody.
    #[inline]
    pub(super) fn is_useless(&self, symbol: Symbol, rank: u32) -> bool {
        match self {
            Tables::Cells(cells) => cells.is_useless(symbol, rank),
            Tables::Asked(_) => false,
        }
    }

    /// The state that does as well as this one when everything that returned before a rank is
    /// placed.
    #[inline]
    pub(super) fn fade(&self, state: State, rank: u32) -> State {
        match self {
            Tables::Cells(cells) => cells.fade(state, rank),
            Tables::Asked(_) => state,
        }
    }

    /// The states that [`Move::Any`] leads to.
    pub(super) fn several(&self, from: u32, to: u32) -> &[State] {
        match self {
            Tables::Cells(_) => &[],
            Tables::Asked(asked) => asked.several(from, to),
        }
    }

    /// What the model did against its own word, if it did.
    pub(super) fn broken(&self) -> Option<&str> {
        match self {
            Tables::Cells(_) => None,
            Tables::Asked(asked) => asked.broken(),
        }
    }

    /// Where a symbol leads from a state.
    #[inline]
    pub(super) fn go(
        &mut self,
        state: State,
        symbol: Symbol,
        meter: &mut Meter,
    ) -> Result<Move, Spent> {
        match self {
            Tables::Cells(cells) => Ok(cells.go(state, symbol)),
            Tables::Asked(asked) => asked.go(state, symbol, meter),
        }
    }
}
