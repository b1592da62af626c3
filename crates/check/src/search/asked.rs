//! Any model: states are interned, and each transition is asked once.

use super::tables::{Move, NONE, State, Symbol};
use crate::budget::{Meter, Spent};
use crate::part::{OperationOf, Part};
use rustc_hash::{FxHashMap, FxHasher};
use std::fmt::{self, Debug, Write};
use std::hash::Hasher;
use std::mem::size_of;
use std::sync::Arc;
use testimony_model::{Access, Keys, Model, Object, Step};

/// Values by number. Equal ones may get different numbers (where `Debug` tells them apart or too
/// many look alike): that costs time, never truth.
struct Interner<'h, T> {
    heads: FxHashMap<u64, u32>,
    all: Vec<(&'h T, u32)>,
}

/// How many values of one hash are compared before a new number is given.
const LOOKALIKES_MAX: usize = 32;

impl<'h, T: PartialEq + Debug> Interner<'h, T> {
    fn new() -> Self {
        Interner { heads: FxHashMap::default(), all: Vec::new() }
    }

    fn number(&mut self, value: &'h T) -> u32 {
        let mut text = HashText(FxHasher::default());
        // Writing into a hasher cannot fail; a `Debug` that fails by itself only hashes less.
        let _ = write!(text, "{value:?}");
        let head = self.heads.entry(text.0.finish()).or_insert(NONE);
        let mut at = *head;
        for _ in 0..LOOKALIKES_MAX {
            let Some(&(other, next)) = self.all.get(at as usize) else { break };
            if other == value {
                return at;
            }
            at = next;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(NONE);
        self.all.push((value, *head));
        *head = number;
        number
    }
}

/// Hashes what is written into it.
struct HashText(FxHasher);

impl Write for HashText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

/// What a symbol stands for: a position whose operation it is, and whether with its answer.
#[derive(Clone, Copy)]
struct Meaning {
    position: u32,
    answered: bool,
    observes: bool,
    /// The state to which it leads from everywhere, where the model says so.
    overwrites: Option<State>,
}

/// The symbols, states and transitions of a part.
pub(super) struct Asked<'p, 'h, M: Model> {
    part: &'p Part<'h, M>,
    /// By position: as recorded, and as it counts without an answer.
    symbols: Vec<(Symbol, Symbol)>,
    meanings: Vec<Meaning>,
    states: Vec<Arc<M::State>>,
    numbers: FxHashMap<Arc<M::State>, State>,
    moves: FxHashMap<u64, Move>,
    several: Vec<State>,
    /// The first operation with which the model broke its word, in words.
    broken: Option<String>,
}

impl<'p, 'h, M: Model> Asked<'p, 'h, M> {
    /// Numbers the operations of a part. O(n).
    pub(super) fn new(part: &'p Part<'h, M>, meter: &mut Meter) -> Result<Self, Spent> {
        meter.grow(part.operations.len() * 96)?;
        let (mut ops, mut rets) = (Interner::new(), Interner::new());
        let mut known: FxHashMap<u64, Symbol> = FxHashMap::default();
        let mut meanings: Vec<Meaning> = Vec::new();
        let mut symbols = Vec::with_capacity(part.operations.len());
        for (position, operation) in part.operations.iter().enumerate() {
            let op = ops.number(&operation.op);
            let position = u32::try_from(position).unwrap_or(NONE);
            let mut symbol = |ret: u32, meaning: Meaning| {
                let next = u32::try_from(meanings.len()).unwrap_or(NONE);
                let symbol = *known.entry(pair(op, ret)).or_insert(next);
                if symbol == next {
                    meanings.push(meaning);
                }
                symbol
            };
            let silent = Meaning { position, answered: false, observes: false, overwrites: None };
            let unanswered = symbol(NONE, silent);
            let answered = match operation.outcome.answer() {
                None => unanswered,
                Some(ret) => {
                    let observes = part.model.is_observation(&operation.op, ret);
                    symbol(rets.number(ret), Meaning { answered: true, observes, ..silent })
                }
            };
            symbols.push((answered, unanswered));
        }
        let (states, numbers) = (Vec::new(), FxHashMap::default());
        let (moves, several, broken) = (FxHashMap::default(), Vec::new(), None);
        let mut asked = Asked { part, symbols, meanings, states, numbers, moves, several, broken };
        asked.state(part.model.init(), meter)?;
        asked.find_overwrites(meter)?;
        Ok(asked)
    }

    /// Finds the operations that replace the whole state whatever it was: writes of a register, if
    /// all operations of the part are on the same one.
    fn find_overwrites(&mut self, meter: &mut Meter) -> Result<(), Spent> {
        let Part { model, key, operations } = self.part;
        let on_all = |operation: &&OperationOf<M>| matches!(model.keys(&operation.op), Keys::All);
        if model.object() != Object::Register || !(key.is_some() || operations.iter().all(on_all)) {
            return Ok(());
        }
        for symbol in 0..self.meanings.len() {
            let Meaning { position, answered, .. } = self.meanings[symbol];
            let operation = operations[position as usize];
            let ret = if answered { operation.outcome.answer() } else { None };
            if let Access::Write(_) = model.access(&operation.op, ret) {
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
        meter.grow(MOVE_BYTES)?;
        let meaning = self.meanings[symbol as usize];
        let operation = self.part.operations[meaning.position as usize];
        let ret = if meaning.answered { operation.outcome.answer() } else { None };
        let from = Arc::clone(&self.states[state as usize]);
        let found = match self.part.model.step(&from, &operation.op, ret) {
            Step::Refuse(_) => Move::Refused,
            Step::To(next) => Move::To(self.state(next, meter)?),
            Step::Any(nexts) => self.any(nexts, meter)?,
        };
        let changed = meaning.observes && found != Move::To(state) && found != Move::Refused;
        let kept = meaning.overwrites.is_some_and(|only| found != Move::To(only));
        if changed || kept {
            let words = self.part.model.describe(&operation.op);
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

    fn any(&mut self, nexts: Vec<M::State>, meter: &mut Meter) -> Result<Move, Spent> {
        meter.grow(nexts.len() * size_of::<State>())?;
        let mut states = Vec::with_capacity(nexts.len());
        for next in nexts {
            let state = self.state(next, meter)?;
            if !states.contains(&state) {
                states.push(state);
            }
        }
        match states[..] {
            [] => Ok(Move::Refused),
            [state] => Ok(Move::To(state)),
            _ => {
                let place = |length: usize| u32::try_from(length).unwrap_or(NONE);
                let from = place(self.several.len());
                self.several.append(&mut states);
                Ok(Move::Any { from, to: place(self.several.len()) })
            }
        }
    }

    /// The number of a state.
    fn state(&mut self, state: M::State, meter: &mut Meter) -> Result<State, Spent> {
        if let Some(&number) = self.numbers.get(&state) {
            return Ok(number);
        }
        // What a state holds beyond its own size is unknown; its text is about as long.
        let mut text = CountText(0);
        let _ = write!(text, "{state:?}");
        meter.grow(size_of::<M::State>() + 4 * text.0 + STATE_BYTES)?;
        let number = u32::try_from(self.states.len()).unwrap_or(NONE);
        let state = Arc::new(state);
        self.states.push(Arc::clone(&state));
        self.numbers.insert(state, number);
        Ok(number)
    }
}

/// What a move costs in its table at the worst moment, when the table has just grown.
const MOVE_BYTES: usize = 64;
/// What a state costs beside itself: its counts, its place in the list and in the table.
const STATE_BYTES: usize = 96;

/// Counts what is written into it.
struct CountText(usize);

impl Write for CountText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

/// Two numbers as one key.
#[inline]
fn pair(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}
