//! Any model: states are interned, and each transition is asked once.

use super::tables::{Move, NONE, State, Symbol};
use super::unseen::Unseen;
use crate::budget::{Meter, Spent, reserve, reserve_entry};
use crate::part::{Part, Standing};
use crate::subject::{Reached, Stepper};
use rustc_hash::FxHashMap;
use testimony_model::{Access, Object};

/// What a symbol stands for: a position whose operation it is, and whether with its answer.
#[derive(Clone, Copy)]
struct Meaning {
    position: u32,
    answered: bool,
    observes: bool,
    /// The state to which it leads from everywhere, where the model says so.
    overwrites: Option<State>,
    /// Its place in the order that the system told.
    order: Option<i64>,
}

/// The symbols, states and transitions of a part.
pub(super) struct Asked<'p, 'h> {
    part: &'p Part<'h>,
    stepper: Box<dyn Stepper + 'h>,
    /// By position: as recorded, and as it counts without an answer.
    symbols: Vec<(Symbol, Symbol)>,
    meanings: Vec<Meaning>,
    /// Whether some answer told its place in the order of the system.
    is_ordered: bool,
    moves: FxHashMap<u64, Move>,
    several: Vec<State>,
    /// Of a collection, which values nobody saw.
    unseen: Option<Unseen>,
    /// The first operation with which the model broke its word, in words.
    broken: Option<String>,
}

impl<'p, 'h> Asked<'p, 'h> {
    /// Numbers the operations of a part. O(n).
    pub(super) fn new(part: &'p Part<'h>, meter: &mut Meter) -> Result<Self, Spent> {
        meter.grow(part.operations.len() * size_of::<(Symbol, Symbol)>())?;
        let mut stepper = part.subject.stepper();
        let mut known: FxHashMap<u64, Symbol> = FxHashMap::default();
        let mut meanings: Vec<Meaning> = Vec::new();
        let mut symbols = Vec::with_capacity(part.operations.len());
        let mut is_ordered = false;
        for (position, operation) in part.operations.iter().enumerate() {
            let (op, ret) = stepper.numbers(operation, meter)?;
            // Two symbols at most.
            reserve(&mut meanings, 2, meter)?;
            reserve_entry(&mut known, meter)?;
            reserve_entry(&mut known, meter)?;
            let position = u32::try_from(position).unwrap_or(NONE);
            let mut symbol = |ret: u32, meaning: Meaning| {
                let next = u32::try_from(meanings.len()).unwrap_or(NONE);
                let symbol = *known.entry(pair(op, ret)).or_insert(next);
                if symbol == next {
                    meanings.push(meaning);
                }
                symbol
            };
            let silent = Meaning {
                position,
                answered: false,
                observes: false,
                overwrites: None,
                order: None,
            };
            let unanswered = symbol(NONE, silent);
            let answered = match ret {
                None => unanswered,
                Some(ret) => {
                    let observes = part.subject.is_observation(operation);
                    let order = part.subject.order(operation);
                    is_ordered |= order.is_some();
                    symbol(ret, Meaning { answered: true, observes, order, ..silent })
                }
            };
            symbols.push((answered, unanswered));
        }
        stepper.initial(meter)?;
        let (moves, several, broken) = (FxHashMap::default(), Vec::new(), None);
        let unseen = Unseen::new(part, meter)?;
        let mut asked =
            Asked { part, stepper, symbols, meanings, is_ordered, moves, several, unseen, broken };
        asked.find_overwrites(meter)?;
        Ok(asked)
    }

    /// Finds the operations that replace the whole state whatever it was: writes of a register, if
    /// all operations of the part are on the same one.
    fn find_overwrites(&mut self, meter: &mut Meter) -> Result<(), Spent> {
        let subject = self.part.subject;
        if subject.object() != Object::Register || !self.part.is_single() {
            return Ok(());
        }
        for symbol in 0..self.meanings.len() {
            let Meaning { position, answered, .. } = self.meanings[symbol];
            let operation = &self.part.operations[position as usize];
            let access = match answered {
                true => subject.access(operation),
                false => subject.unanswered(operation),
            };
            if let Access::Write(_) = access {
                let symbol = u32::try_from(symbol).unwrap_or(NONE);
                if let Move::To(state) = self.go(Self::INITIAL, symbol, meter)? {
                    self.meanings[symbol as usize].overwrites = Some(state);
                }
            }
        }
        Ok(())
    }

    /// The state at the beginning.
    pub(super) const INITIAL: State = 0;

    /// The symbols of a position: as recorded, and without its answer.
    pub(super) fn symbols(&self, position: u32) -> (Symbol, Symbol) {
        self.symbols[position as usize]
    }

    /// Gets ready for a run with these standings. O(n) for a collection.
    pub(super) fn lay_out(&mut self, standing: &impl Fn(usize) -> Standing) {
        if let Some(unseen) = &mut self.unseen {
            unseen.lay_out(self.part, standing);
        }
    }

    /// The symbol of a position that may take effect or not, in the run that was laid out; `None`
    /// when it certainly helps nobody.
    pub(super) fn optional(&self, position: u32) -> Option<Symbol> {
        let (recorded, unanswered) = self.symbols(position);
        let is_dead = self.unseen.as_ref().is_some_and(|unseen| unseen.is_dead(position));
        (!is_dead && !self.observes(recorded)).then_some(unanswered)
    }

    /// How many symbols there are.
    pub(super) fn symbol_count(&self) -> usize {
        self.meanings.len()
    }

    /// The state to which a symbol leads from everywhere.
    #[inline]
    pub(super) fn overwrites(&self, symbol: Symbol) -> Option<State> {
        self.meanings[symbol as usize].overwrites
    }

    /// Whether a symbol leaves every state as it is.
    pub(super) fn observes(&self, symbol: Symbol) -> bool {
        self.meanings[symbol as usize].observes
    }

    /// Whether some answer told its place in the order of the system.
    pub(super) fn is_ordered(&self) -> bool {
        self.is_ordered
    }

    /// The place that its answer told.
    pub(super) fn order(&self, symbol: Symbol) -> Option<i64> {
        self.meanings[symbol as usize].order
    }

    /// The states that [`Move::Any`] leads to.
    pub(super) fn several(&self, from: u32, to: u32) -> &[State] {
        &self.several[from as usize..to as usize]
    }

    /// What the model did against its own word, if it did.
    pub(super) fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// Where a symbol leads from a state.
    #[inline]
    pub(super) fn go(
        &mut self,
        state: State,
        symbol: Symbol,
        meter: &mut Meter,
    ) -> Result<Move, Spent> {
        match self.moves.get(&pair(state, symbol)) {
            Some(&known) => Ok(known),
            None => self.ask(state, symbol, meter),
        }
    }

    #[cold]
    fn ask(&mut self, state: State, symbol: Symbol, meter: &mut Meter) -> Result<Move, Spent> {
        reserve_entry(&mut self.moves, meter)?;
        let meaning = self.meanings[symbol as usize];
        let operation = &self.part.operations[meaning.position as usize];
        let found = match self.stepper.step(state, operation, meaning.answered, meter)? {
            Reached::Nothing => Move::Refused,
            Reached::One(next) => Move::To(next),
            Reached::Any(mut nexts) => {
                let place = |length: usize| u32::try_from(length).unwrap_or(NONE);
                let from = place(self.several.len());
                reserve(&mut self.several, nexts.len(), meter)?;
                self.several.append(&mut nexts);
                Move::Any { from, to: place(self.several.len()) }
            }
        };
        let changed = meaning.observes && found != Move::To(state) && found != Move::Refused;
        let kept = meaning.overwrites.is_some_and(|only| found != Move::To(only));
        if changed || kept {
            let words = self.part.subject.describe(operation);
            let broke = match changed {
                true => "an observation, but it changes the state",
                false => "a write, but what it leads to depends on the state",
            };
            let broke = format!("the model calls {words} ({}) {broke}", operation.id);
            self.broken.get_or_insert(broke);
        }
        self.moves.insert(pair(state, symbol), found);
        Ok(found)
    }
}

/// Two numbers as one key.
#[inline]
fn pair(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}
