//! What is verified: a history with its model, without the types of either.
//!
//! The verifier sees every operation as an [`Op`] and asks a [`Recorded`] for the rest. So it is
//! compiled once, and not once for each model: only what really calls a model ([`Typed`] and its
//! states) is.

use crate::Rejected;
use rustc_hash::FxHashMap;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{Access, Atom, Keys, Model, Number, Object, Step, Term};

/// How many states of a nondeterministic model are followed at once.
const STATES_MAX: usize = 4096;

/// An operation: who, when, and whether it was answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Op {
    /// Its place in the history.
    at: u32,
    pub(crate) id: OpId,
    pub(crate) process: Process,
    pub(crate) call: Rank,
    pub(crate) ret: Rank,
    came: Came,
}

/// What came of an operation, without the answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Came {
    Ok,
    Fail,
    Info,
}

impl Op {
    /// Whether it returned before `other` was called.
    pub(crate) fn precedes(&self, other: &Op) -> bool {
        self.ret < other.call
    }

    /// Whether it was answered.
    pub(crate) fn is_ok(&self) -> bool {
        self.came == Came::Ok
    }

    /// Whether it certainly had no effect.
    pub(crate) fn is_fail(&self) -> bool {
        self.came == Came::Fail
    }
}

/// Which keys an operation touches, by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Touches {
    /// The one with this number.
    One(usize),
    /// Several.
    Many,
    /// All of them.
    All,
}

/// The keys of a history.
pub(crate) struct Keyed {
    /// By place in the history.
    pub(crate) touches: Vec<Touches>,
    /// The keys in their display form, by number, in the order of the keys.
    pub(crate) names: Vec<String>,
}

/// A history with its model. Everything is asked for an operation as it was recorded, with its
/// answer where it has one.
pub(crate) trait Recorded {
    /// The operations, by id.
    fn operations(&self) -> &[Op];
    /// After this rank no fault was active, where that is known.
    fn quiet_from(&self) -> Option<Rank>;
    /// The keys that the operations touch. O(n log n) when it is first asked for.
    fn keyed(&self) -> &Keyed;
    /// The object that the accesses are to.
    fn object(&self) -> Object;
    /// The value at the beginning.
    fn initial(&self) -> Atom<'_>;
    /// The access that an operation is.
    fn access(&self, operation: &Op) -> Access<'_>;
    /// The numbers that the terms of operations are about.
    fn numbers(&self) -> Vec<Number<'_>>;
    /// What an operation found in them and adds to them.
    fn terms<'r>(&'r self, operation: &Op, each: &mut dyn FnMut(Term<'r>));
    /// Whether it never changes the state, whatever it answers.
    fn is_observer(&self, operation: &Op) -> bool;
    /// Whether it certainly changed nothing.
    fn is_observation(&self, operation: &Op) -> bool;
    /// Whether two operations asked the same and were answered the same.
    fn is_same(&self, one: &Op, other: &Op) -> bool;
    /// The model at the beginning, to be followed through one order.
    fn follower(&self) -> Box<dyn Follower + '_>;
    /// The states of the model by number; the first is the one at the beginning.
    fn states(&self) -> Box<dyn States + '_>;
}

/// A model that is followed through one order: every state in which it can be.
pub(crate) trait Follower {
    /// Takes a step; nothing may be asked of it after an error.
    ///
    /// # Errors
    ///
    /// The model refuses in every state, or there are too many states.
    fn step(&mut self, operation: &Op) -> Result<(), Rejected>;
    /// Whether there is one state only.
    fn is_certain(&self) -> bool;
}

/// A model as a machine of numbered states.
pub(crate) trait States {
    /// The different states in which an operation can leave the object. Rising; none where the model
    /// refuses.
    fn step(&mut self, from: usize, operation: &Op) -> Vec<usize>;
}

/// A history of some model.
pub(crate) struct Typed<'h, M: Model> {
    model: &'h M,
    history: &'h History<M::Op, M::Ret>,
    operations: Vec<Op>,
    keyed: OnceCell<Keyed>,
}

impl<'h, M: Model> Typed<'h, M> {
    pub(crate) fn new(model: &'h M, history: &'h History<M::Op, M::Ret>) -> Typed<'h, M> {
        let untyped = |(at, operation): (u32, &Operation<M::Op, M::Ret>)| Op {
            at,
            id: operation.id,
            process: operation.process,
            call: operation.call,
            ret: operation.ret,
            came: match operation.outcome {
                Outcome::Ok(_) => Came::Ok,
                Outcome::Fail(_) => Came::Fail,
                Outcome::Info(_) => Came::Info,
            },
        };
        let operations = (0..).zip(&history.operations).map(untyped).collect();
        Typed { model, history, operations, keyed: OnceCell::new() }
    }

    fn touched(&self) -> Keyed {
        let mut numbers: BTreeMap<M::Key, usize> = BTreeMap::new();
        let touched = |operation: &Operation<M::Op, M::Ret>| match self.model.keys(&operation.op) {
            Keys::All => Touches::All,
            Keys::Many(_) => Touches::Many,
            Keys::One(key) => {
                let next = numbers.len();
                Touches::One(*numbers.entry(key).or_insert(next))
            }
        };
        let mut touches: Vec<Touches> = self.history.operations.iter().map(touched).collect();
        let mut sorted = vec![0; numbers.len()];
        for (place, &number) in numbers.values().enumerate() {
            sorted[number] = place;
        }
        for touched in &mut touches {
            if let Touches::One(number) = touched {
                *number = sorted[*number];
            }
        }
        Keyed { touches, names: numbers.keys().map(M::Key::to_string).collect() }
    }

    fn get(&self, operation: &Op) -> &'h Operation<M::Op, M::Ret> {
        &self.history.operations[operation.at as usize]
    }
}

impl<M: Model> Recorded for Typed<'_, M> {
    fn operations(&self) -> &[Op] {
        &self.operations
    }

    fn quiet_from(&self) -> Option<Rank> {
        self.history.quiet_from
    }

    fn keyed(&self) -> &Keyed {
        self.keyed.get_or_init(|| self.touched())
    }

    fn object(&self) -> Object {
        self.model.object()
    }

    fn initial(&self) -> Atom<'_> {
        self.model.initial()
    }

    fn access(&self, operation: &Op) -> Access<'_> {
        let operation = self.get(operation);
        self.model.access(&operation.op, operation.outcome.answer())
    }

    fn numbers(&self) -> Vec<Number<'_>> {
        self.model.numbers()
    }

    fn terms<'r>(&'r self, operation: &Op, each: &mut dyn FnMut(Term<'r>)) {
        let operation = self.get(operation);
        self.model.terms(&operation.op, operation.outcome.answer(), each);
    }

    fn is_observer(&self, operation: &Op) -> bool {
        self.model.is_observer(&self.get(operation).op)
    }

    fn is_observation(&self, operation: &Op) -> bool {
        let operation = self.get(operation);
        match operation.outcome.answer() {
            Some(ret) => self.model.is_observation(&operation.op, ret),
            None => self.model.is_observer(&operation.op),
        }
    }

    fn is_same(&self, one: &Op, other: &Op) -> bool {
        let (one, other) = (self.get(one), self.get(other));
        one.op == other.op && one.outcome.answer() == other.outcome.answer()
    }

    fn follower(&self) -> Box<dyn Follower + '_> {
        Box::new(Followed { history: self, states: vec![self.model.init()] })
    }

    fn states(&self) -> Box<dyn States + '_> {
        let mut numbered =
            Numbered { history: self, states: Vec::new(), numbers: FxHashMap::default() };
        numbered.number(self.model.init());
        Box::new(numbered)
    }
}

struct Followed<'r, 'h, M: Model> {
    history: &'r Typed<'h, M>,
    states: Vec<M::State>,
}

impl<M: Model> Follower for Followed<'_, '_, M> {
    fn step(&mut self, operation: &Op) -> Result<(), Rejected> {
        let asked = self.history.get(operation);
        let step =
            |state: &M::State| self.history.model.step(state, &asked.op, asked.outcome.answer());
        // Nearly always there is one state, and one after it.
        if let [state] = self.states.as_mut_slice()
            && let Step::To(after) = step(state)
        {
            *state = after;
            return Ok(());
        }
        let mut after: Vec<M::State> = Vec::with_capacity(self.states.len());
        let mut refusal = String::new();
        for state in &self.states {
            match step(state) {
                Step::To(state) => add(&mut after, state)?,
                Step::Any(several) => {
                    several.into_iter().try_for_each(|state| add(&mut after, state))?;
                }
                Step::Refuse(why) => refusal = why,
            }
        }
        if after.is_empty() {
            return Err(Rejected::Refused { id: operation.id, why: refusal });
        }
        self.states = after;
        Ok(())
    }

    fn is_certain(&self) -> bool {
        self.states.len() == 1
    }
}

fn add<S: Eq>(states: &mut Vec<S>, state: S) -> Result<(), Rejected> {
    if !states.contains(&state) {
        states.push(state);
    }
    if states.len() > STATES_MAX { Err(Rejected::TooManyStates(STATES_MAX)) } else { Ok(()) }
}

struct Numbered<'r, 'h, M: Model> {
    history: &'r Typed<'h, M>,
    states: Vec<M::State>,
    numbers: FxHashMap<M::State, usize>,
}

impl<M: Model> Numbered<'_, '_, M> {
    fn number(&mut self, state: M::State) -> usize {
        let next = self.states.len();
        *self.numbers.entry(state).or_insert_with_key(|state| {
            self.states.push(state.clone());
            next
        })
    }
}

impl<M: Model> States for Numbered<'_, '_, M> {
    fn step(&mut self, from: usize, operation: &Op) -> Vec<usize> {
        let asked = self.history.get(operation);
        let step = self.history.model.step(&self.states[from], &asked.op, asked.outcome.answer());
        let states = match step {
            Step::To(state) => vec![state],
            Step::Any(states) => states,
            Step::Refuse(_) => Vec::new(),
        };
        let mut after: Vec<usize> = states.into_iter().map(|state| self.number(state)).collect();
        after.sort_unstable();
        after.dedup();
        after
    }
}
