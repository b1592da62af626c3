//! A history of some model as a [`Subject`].

use super::stepper::{Stepper, Steps};
use super::{Came, Interval, Keyed, Subject, Touches};
use rustc_hash::FxHashMap;
use std::any::Any;
use testimony_history::{History, OpId, Operation, Outcome, Rank};
use testimony_model::{Access, Atom, Keys, Model, Number, Object, Term};

/// A history with its model.
pub(crate) struct Typed<'h, M: Model> {
    pub(crate) model: &'h M,
    history: &'h History<M::Op, M::Ret>,
}

impl<'h, M: Model> Typed<'h, M> {
    pub(crate) fn new(model: &'h M, history: &'h History<M::Op, M::Ret>) -> Self {
        Typed { model, history }
    }

    fn get(&self, operation: &Interval) -> &'h Operation<M::Op, M::Ret> {
        &self.history.operations[operation.at as usize]
    }
}

impl<M: Model> Subject for Typed<'_, M> {
    fn len(&self) -> usize {
        self.history.operations.len()
    }

    fn counted(&self) -> Result<(Vec<Interval>, bool), Interval> {
        let mut counted: Vec<Interval> = Vec::with_capacity(self.len());
        let (mut last, mut by_call) = ((Rank(0), OpId(0)), true);
        for (at, recorded) in self.history.operations.iter().enumerate() {
            let operation = self.interval(at);
            if operation.is_ok() && operation.ret < operation.call {
                return Err(operation);
            }
            let silent = !operation.is_ok() && self.model.is_observer(&recorded.op);
            if !operation.is_fail() && !silent {
                let key = (operation.call, operation.id);
                by_call &= last <= key;
                last = key;
                counted.push(operation);
            }
        }
        Ok((counted, by_call))
    }

    fn interval(&self, at: usize) -> Interval {
        let Operation { id, process, call, ret, ref outcome, .. } = self.history.operations[at];
        let came = match outcome {
            Outcome::Ok(_) => Came::Ok,
            Outcome::Fail(_) => Came::Fail,
            Outcome::Info(_) => Came::Info,
        };
        // Ids are 32 bits wide, so there are no more operations than that.
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        Interval { at, id, process, call, ret, came }
    }

    fn find(&self, id: OpId) -> Option<Interval> {
        let found = self.history.operations.binary_search_by_key(&id, |operation| operation.id);
        found.ok().map(|at| self.interval(at))
    }

    fn call_ns(&self, operation: &Interval) -> u64 {
        self.get(operation).call_ns
    }

    fn ret_ns(&self, operation: &Interval) -> u64 {
        self.get(operation).ret_ns
    }

    fn quiet_from(&self) -> Option<Rank> {
        self.history.quiet_from
    }

    fn keyed(&self) -> Keyed {
        let mut numbers: FxHashMap<M::Key, u32> = FxHashMap::default();
        let mut keys: Vec<M::Key> = Vec::new();
        let mut touches = Vec::with_capacity(self.history.operations.len());
        for operation in &self.history.operations {
            touches.push(match self.model.keys(&operation.op) {
                Keys::All => Touches::All,
                Keys::Many(_) => Touches::Many,
                Keys::One(key) => Touches::One(match numbers.get(&key) {
                    Some(&number) => number,
                    None => {
                        let number = u32::try_from(keys.len()).unwrap_or(u32::MAX);
                        keys.push(key.clone());
                        numbers.insert(key, number);
                        number
                    }
                }),
            });
        }
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_unstable_by(|&one, &other| keys[one].cmp(&keys[other]));
        let mut ranks = vec![0_u32; keys.len()];
        for (rank, &number) in (0..).zip(&order) {
            ranks[number] = rank;
        }
        for touched in &mut touches {
            if let Touches::One(number) = touched {
                *number = ranks[*number as usize];
            }
        }
        Keyed { touches, names: order.iter().map(|&number| keys[number].to_string()).collect() }
    }

    fn key(&self, operation: &Interval) -> Option<String> {
        match self.model.keys(&self.get(operation).op) {
            Keys::One(key) => Some(key.to_string()),
            Keys::Many(_) | Keys::All => None,
        }
    }

    fn is_on_all(&self, operation: &Interval) -> bool {
        matches!(self.model.keys(&self.get(operation).op), Keys::All)
    }

    fn object(&self) -> Object {
        self.model.object()
    }

    fn initial(&self) -> Atom<'_> {
        self.model.initial()
    }

    fn access(&self, operation: &Interval) -> Access<'_> {
        let operation = self.get(operation);
        self.model.access(&operation.op, operation.outcome.answer())
    }

    fn unanswered(&self, operation: &Interval) -> Access<'_> {
        self.model.access(&self.get(operation).op, None)
    }

    fn appended(&self, operation: &Interval) -> Option<&str> {
        let operation = self.get(operation);
        self.model.appended(&operation.op, operation.outcome.answer())
    }

    fn numbers(&self) -> Vec<Number<'_>> {
        self.model.numbers()
    }

    fn terms<'s>(&'s self, operation: &Interval, each: &mut dyn FnMut(Term<'s>)) {
        let operation = self.get(operation);
        self.model.terms(&operation.op, operation.outcome.answer(), each);
    }

    fn is_observer(&self, operation: &Interval) -> bool {
        self.model.is_observer(&self.get(operation).op)
    }

    fn is_observation(&self, operation: &Interval) -> bool {
        let operation = self.get(operation);
        let answer = operation.outcome.answer();
        answer.is_some_and(|ret| self.model.is_observation(&operation.op, ret))
    }

    fn order(&self, operation: &Interval) -> Option<i64> {
        let operation = self.get(operation);
        operation.outcome.answer().and_then(|ret| self.model.order(&operation.op, ret))
    }

    fn describe(&self, operation: &Interval) -> String {
        self.model.describe(&self.get(operation).op)
    }

    fn answer(&self, operation: &Interval) -> Option<String> {
        let operation = self.get(operation);
        operation.outcome.answer().map(|ret| self.model.describe_ret(&operation.op, ret))
    }

    fn stepper(&self) -> Box<dyn Stepper + '_> {
        Box::new(Steps::new(self.model, &self.history.operations))
    }

    fn model(&self) -> &dyn Any {
        self.model
    }

    fn asked(&self, operation: &Interval) -> &dyn Any {
        &self.get(operation).op
    }

    fn answered(&self, operation: &Interval) -> Option<&dyn Any> {
        self.get(operation).outcome.answer().map(|ret| ret as &dyn Any)
    }
}
