//! Sets whose values are unique, and queues, stacks and priority queues.

use super::{Flat, Flatten, HistoryOf, Service, Turn};
use crate::draw::Draw;
use crate::recipe::{Recipe, Values};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use testimony::model::{Bank, Counter, FencedLock, FetchAdd, Mutex, Stock};
use testimony::model::{
    CollectionOp, CollectionRet, Log, Model, PriorityQueue, Queue, Set, SetOp, SetRet, Stack, Value,
};

/// Peers have no specification of these.
macro_rules! no_cells {
    ($($model:ty),*) => {
        $(impl Flatten for $model {
            fn flatten(_op: &Self::Op, _ret: Option<&Self::Ret>) -> Option<(u32, Flat)> {
                None
            }
        })*
    };
}

no_cells!(Set, Queue, Stack, PriorityQueue, Log);
no_cells!(Counter, Stock, Bank, FetchAdd, Mutex, FencedLock);

/// What decides which value is next.
pub(super) trait Rule {
    type Model: Model<Op = CollectionOp, Ret = CollectionRet>;
    fn put(&mut self, value: i64);
    fn next(&self) -> Option<i64>;
    fn drop_next(&mut self);
}

/// First in, first out.
#[derive(Default)]
pub(super) struct Fifo(VecDeque<i64>);

impl Rule for Fifo {
    type Model = Queue;
    fn put(&mut self, value: i64) {
        self.0.push_back(value);
    }
    fn next(&self) -> Option<i64> {
        self.0.front().copied()
    }
    fn drop_next(&mut self) {
        self.0.pop_front();
    }
}

/// Last in, first out.
#[derive(Default)]
pub(super) struct Lifo(Vec<i64>);

impl Rule for Lifo {
    type Model = Stack;
    fn put(&mut self, value: i64) {
        self.0.push(value);
    }
    fn next(&self) -> Option<i64> {
        self.0.last().copied()
    }
    fn drop_next(&mut self) {
        self.0.pop();
    }
}

/// The greatest first.
#[derive(Default)]
pub(super) struct Greatest(BTreeMap<i64, u32>);

impl Rule for Greatest {
    type Model = PriorityQueue;
    fn put(&mut self, value: i64) {
        *self.0.entry(value).or_default() += 1;
    }
    fn next(&self) -> Option<i64> {
        self.0.last_key_value().map(|(value, _)| *value)
    }
    fn drop_next(&mut self) {
        if let Some(mut last) = self.0.last_entry() {
            *last.get_mut() -= 1;
            if *last.get() == 0 {
                last.remove();
            }
        }
    }
}

/// A collection under a rule. It grows: with as many takes as inserts it would be empty so often
/// that hardly anything were left to choose where answers are missing.
pub(super) struct Collection<R> {
    rule: R,
    values: Values,
}

impl<R: Rule + Default> Collection<R> {
    pub(super) fn new(recipe: &Recipe) -> Collection<R> {
        Collection { rule: R::default(), values: recipe.values }
    }
}

impl<R: Rule> Collection<R> {
    fn value(&self, draw: &mut Draw, turn: Turn) -> i64 {
        match self.values {
            // Unique, and neither rising nor falling: a product with an odd number.
            Values::Unique => i64::from(turn.number.wrapping_mul(0x9e37_79b1)),
            Values::Few(values) => i64::try_from(draw.below(values as usize)).unwrap_or(0),
        }
    }
}

impl<R: Rule> Service for Collection<R> {
    type Model = R::Model;

    fn draw(&mut self, draw: &mut Draw, turn: Turn) -> CollectionOp {
        match draw.below(40) {
            0..20 => CollectionOp::Insert(self.value(draw, turn).into()),
            20..37 => CollectionOp::Take,
            _ => CollectionOp::Peek,
        }
    }

    fn take(&mut self, op: &CollectionOp, _at: usize) -> CollectionRet {
        if let CollectionOp::Insert(value) = op {
            self.rule.put(number(value));
            return CollectionRet::Done;
        }
        let next = self.rule.next();
        if *op == CollectionOp::Take {
            self.rule.drop_next();
        }
        CollectionRet::Value(next.map(Value::Int))
    }

    /// Near the end two takes that are some way apart have their answers swapped.
    fn spoil(&self, history: &mut HistoryOf<R::Model>) -> bool {
        let from = history.operations.len() * 95 / 100;
        let took = |&at: &usize| {
            let one = &history.operations[at];
            let value = matches!(one.outcome.answer(), Some(CollectionRet::Value(Some(_))));
            one.op == CollectionOp::Take && value
        };
        let takes: Vec<usize> = (from..history.operations.len()).filter(took).take(APART).collect();
        let [first, .., last] = takes[..] else { return false };
        let (before, after) = history.operations.split_at_mut(last);
        std::mem::swap(&mut before[first].outcome, &mut after[0].outcome);
        true
    }
}

/// Takes from the one to the other of two whose answers are swapped.
const APART: usize = 200;

pub(super) fn number(value: &Value) -> i64 {
    match value {
        Value::Int(number) => *number,
        Value::Text(_) => 0,
    }
}

/// A set: each element is added once and removed at most once, and asked for now and then.
#[derive(Default)]
pub(super) struct Members {
    there: BTreeSet<i64>,
    /// Added, and nobody wants to remove them so far.
    kept: Vec<i64>,
}

impl Service for Members {
    type Model = Set;

    fn draw(&mut self, draw: &mut Draw, turn: Turn) -> SetOp {
        let number = i64::from(turn.number) + 1;
        match draw.below(3) {
            1 if !self.kept.is_empty() => {
                let at = draw.below(self.kept.len());
                SetOp::Remove(self.kept.swap_remove(at).into())
            }
            2 => SetOp::Contains((number - i64::try_from(draw.below(64)).unwrap_or(0)).into()),
            _ => {
                self.kept.push(number);
                SetOp::Add(number.into())
            }
        }
    }

    fn take(&mut self, op: &SetOp, _at: usize) -> SetRet {
        SetRet::Told(match op {
            SetOp::Add(value) => self.there.insert(number(value)),
            SetOp::Remove(value) => self.there.remove(&number(value)),
            SetOp::Contains(value) => self.there.contains(&number(value)),
            SetOp::Read => false,
        })
    }

    fn spoil(&self, _history: &mut HistoryOf<Set>) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use crate::make::{Flatten, HistoryOf, Visitor, with};
    use crate::recipe::{Object, Recipe};
    use testimony::check::{Budget, Linearizable};

    struct Holds;

    impl Visitor for Holds {
        type Out = Option<bool>;
        fn visit<M: Flatten>(self, model: &M, history: HistoryOf<M>) -> Self::Out {
            Linearizable::default().holds(model, &history, &Budget::default())
        }
    }

    /// Goal: the answers are those of the objects. Method: judge small histories of each.
    #[test]
    fn histories_are_valid() {
        let objects = [Object::Set, Object::WholeSet, Object::Log];
        let ordered = [Object::Queue, Object::Stack, Object::PriorityQueue];
        for object in objects.into_iter().chain(ordered) {
            for seed in 0..8 {
                let recipe = Recipe { seed, ..Recipe::new(object, 80) }.clients(3);
                assert_eq!(with(&recipe, Holds), Some(true), "{recipe}, seed {seed}");
            }
        }
    }

    /// Goal: what is spoilt is not valid. Method: judge a history of each that can be spoilt.
    #[test]
    fn spoilt_histories_are_invalid() {
        let objects = [Object::WholeSet, Object::Log];
        let ordered = [Object::Queue, Object::Stack, Object::PriorityQueue];
        for object in objects.into_iter().chain(ordered) {
            let recipe = Recipe::new(object, 2_000).stale();
            assert_eq!(with(&recipe, Holds), Some(false), "{recipe}");
        }
    }
}
