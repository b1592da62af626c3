//! The states of a model by number, and its steps between them.

use super::Interval;
use crate::budget::{Meter, Spent, reserve, reserve_entry};
use rustc_hash::{FxHashMap, FxHasher};
use std::fmt::{self, Debug, Write};
use std::hash::Hasher;
use std::mem::{needs_drop, size_of};
use std::sync::Arc;
use testimony_history::Operation;
use testimony_model::{Model, Step};

/// A number of a state, of what was asked or of what was answered.
pub(crate) type Number = u32;

/// No number.
const NONE: Number = Number::MAX;

/// Where a step leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Reached {
    /// Nowhere.
    Nothing,
    /// To this state.
    One(Number),
    /// To any of these different states, two or more.
    Any(Vec<Number>),
}

/// A model as a machine of numbered states. Numbers are given in the order in which states are met;
/// the first is the state at the beginning.
pub(crate) trait Stepper {
    /// The state at the beginning.
    fn initial(&mut self, meter: &mut Meter) -> Result<Number, Spent>;

    /// The numbers of what an operation asked and of what it was answered: equal numbers are equal
    /// values. Equal values may get different numbers (where `Debug` tells them apart or too many look
    /// alike): that costs time, never truth.
    fn numbers(
        &mut self,
        operation: &Interval,
        meter: &mut Meter,
    ) -> Result<(Number, Option<Number>), Spent>;

    /// Asks the model what an operation does to a state, with its answer or without.
    fn step(
        &mut self,
        from: Number,
        operation: &Interval,
        answered: bool,
        meter: &mut Meter,
    ) -> Result<Reached, Spent>;

    /// The model's words when this step, with the answer, leads nowhere.
    fn refusal(&self, from: Number, operation: &Interval) -> Option<String>;

    /// A state in words.
    fn describe(&self, state: Number) -> String;
}

/// Values by number.
struct Interner<'h, T> {
    heads: FxHashMap<u64, Number>,
    all: Vec<(&'h T, Number)>,
}

/// How many values of one hash are compared before a new number is given.
const LOOKALIKES_MAX: usize = 32;

impl<'h, T: PartialEq + Debug> Interner<'h, T> {
    fn new() -> Self {
        Interner { heads: FxHashMap::default(), all: Vec::new() }
    }

    fn number(&mut self, value: &'h T, meter: &mut Meter) -> Result<Number, Spent> {
        let mut text = HashText(FxHasher::default());
        // Writing into a hasher cannot fail; a `Debug` that fails by itself only hashes less.
        let _ = write!(text, "{value:?}");
        reserve(&mut self.all, 1, meter)?;
        reserve_entry(&mut self.heads, meter)?;
        let head = self.heads.entry(text.0.finish()).or_insert(NONE);
        let mut at = *head;
        for _ in 0..LOOKALIKES_MAX {
            let Some(&(other, next)) = self.all.get(at as usize) else { break };
            if other == value {
                return Ok(at);
            }
            at = next;
        }
        let number = Number::try_from(self.all.len()).unwrap_or(NONE);
        self.all.push((value, *head));
        *head = number;
        Ok(number)
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

/// Counts what is written into it.
struct CountText(usize);

impl Write for CountText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

/// What a state costs where it lies, beside itself: its counts, and what the allocator rounds up.
const STATE_BYTES: usize = 2 * size_of::<usize>();

/// Bytes that a state holds elsewhere for each letter of its text, where it holds anything: numbers
/// and short words take about as much.
const LETTER_BYTES: usize = 2;

/// Bytes that a state holds elsewhere, where the model does not say.
fn guessed_bytes<S: Debug>(state: &S) -> usize {
    if !needs_drop::<S>() {
        return 0;
    }
    let mut text = CountText(0);
    // Counting cannot fail; a `Debug` that fails by itself only counts less.
    let _ = write!(text, "{state:?}");
    LETTER_BYTES * text.0
}

/// The steps of some model over the operations of a history.
pub(super) struct Steps<'h, M: Model> {
    model: &'h M,
    operations: &'h [Operation<M::Op, M::Ret>],
    ops: Interner<'h, M::Op>,
    rets: Interner<'h, M::Ret>,
    states: Vec<Arc<M::State>>,
    known: FxHashMap<Arc<M::State>, Number>,
}

impl<'h, M: Model> Steps<'h, M> {
    pub(super) fn new(model: &'h M, operations: &'h [Operation<M::Op, M::Ret>]) -> Self {
        let (ops, rets) = (Interner::new(), Interner::new());
        let (states, known) = (Vec::new(), FxHashMap::default());
        Steps { model, operations, ops, rets, states, known }
    }

    fn get(&self, operation: &Interval) -> &'h Operation<M::Op, M::Ret> {
        &self.operations[operation.at as usize]
    }

    /// The number of a state.
    fn state(&mut self, state: M::State, meter: &mut Meter) -> Result<Number, Spent> {
        if let Some(&number) = self.known.get(&state) {
            return Ok(number);
        }
        reserve(&mut self.states, 1, meter)?;
        reserve_entry(&mut self.known, meter)?;
        let elsewhere = self.model.state_bytes(&state).unwrap_or_else(|| guessed_bytes(&state));
        meter.grow(size_of::<M::State>() + elsewhere + STATE_BYTES)?;
        let number = Number::try_from(self.states.len()).unwrap_or(NONE);
        let state = Arc::new(state);
        self.states.push(Arc::clone(&state));
        self.known.insert(state, number);
        Ok(number)
    }
}

impl<M: Model> Stepper for Steps<'_, M> {
    fn initial(&mut self, meter: &mut Meter) -> Result<Number, Spent> {
        self.state(self.model.init(), meter)
    }

    fn numbers(
        &mut self,
        operation: &Interval,
        meter: &mut Meter,
    ) -> Result<(Number, Option<Number>), Spent> {
        let operation = self.get(operation);
        let op = self.ops.number(&operation.op, meter)?;
        let ret = match operation.outcome.answer() {
            Some(ret) => Some(self.rets.number(ret, meter)?),
            None => None,
        };
        Ok((op, ret))
    }

    fn step(
        &mut self,
        from: Number,
        operation: &Interval,
        answered: bool,
        meter: &mut Meter,
    ) -> Result<Reached, Spent> {
        let operation = self.get(operation);
        let ret = if answered { operation.outcome.answer() } else { None };
        let from = Arc::clone(&self.states[from as usize]);
        let nexts = match self.model.step(&from, &operation.op, ret) {
            Step::Refuse(_) => return Ok(Reached::Nothing),
            Step::To(next) => return Ok(Reached::One(self.state(next, meter)?)),
            Step::Any(nexts) => nexts,
        };
        meter.grow(nexts.len() * size_of::<Number>())?;
        let mut states = Vec::with_capacity(nexts.len());
        for next in nexts {
            let state = self.state(next, meter)?;
            if !states.contains(&state) {
                states.push(state);
            }
        }
        Ok(match states[..] {
            [] => Reached::Nothing,
            [state] => Reached::One(state),
            _ => Reached::Any(states),
        })
    }

    fn refusal(&self, from: Number, operation: &Interval) -> Option<String> {
        let operation = self.get(operation);
        let from = &self.states[from as usize];
        match self.model.step(from, &operation.op, operation.outcome.answer()) {
            Step::Refuse(why) => Some(why),
            Step::To(_) | Step::Any(_) => None,
        }
    }

    fn describe(&self, state: Number) -> String {
        self.model.describe_state(&self.states[state as usize])
    }
}
