//! Random operations and answers for sets, queues, stacks and priority queues.

use crate::draw::Draw;
use crate::families::Values;
use crate::random::Family;
use testimony_model::{
    CollectionOp, CollectionRet, PriorityQueue, Queue, Set, SetOp, SetRet, Stack, Value,
};

impl Values {
    /// The value that operation `number` puts in.
    fn put(self, draw: &mut Draw, number: usize) -> Value {
        let number = i64::try_from(number).expect("few operations");
        match self {
            // Not in the order of the calls, or priorities would be times.
            Values::Unique => Value::Int((number * 7) % 11 + 11 * number.div_euclid(11)),
            Values::Few(values) => Value::Int(draw.between(1, values)),
        }
    }

    /// Values that operations around `number` may have put in.
    fn near(self, number: usize) -> Vec<Value> {
        let number = i64::try_from(number).expect("few operations");
        match self {
            Values::Unique => {
                let first = (number - 64).max(0);
                let put = (first..=number + 2).map(|n| (n * 7) % 11 + 11 * n.div_euclid(11));
                put.map(Value::Int).collect()
            }
            Values::Few(values) => (1..=values).map(Value::Int).collect(),
        }
    }
}

/// The operations of a collection that says itself which value is next.
fn op(values: Values, draw: &mut Draw, number: usize) -> CollectionOp {
    match draw.below(20) {
        0..9 => CollectionOp::Insert(values.put(draw, number)),
        9..16 => CollectionOp::Take,
        _ => CollectionOp::Peek,
    }
}

fn answers(values: Values, op: &CollectionOp, number: usize) -> Vec<CollectionRet> {
    match op {
        CollectionOp::Insert(_) => vec![CollectionRet::Done],
        CollectionOp::Take | CollectionOp::Peek => {
            let near = values.near(number).into_iter().map(Some);
            near.chain([None]).map(CollectionRet::Value).collect()
        }
    }
}

macro_rules! families {
    ($($(#[$doc:meta])* $name:ident of $model:ident;)*) => {$(
        $(#[$doc])*
        pub struct $name(pub Values);

        impl Family for $name {
            type Model = $model;

            fn model(&self, _draw: &mut Draw) -> $model {
                $model
            }

            fn op(&self, draw: &mut Draw, number: usize) -> CollectionOp {
                op(self.0, draw, number)
            }

            fn answers(&self, op: &CollectionOp, number: usize) -> Vec<CollectionRet> {
                answers(self.0, op, number)
            }
        }
    )*};
}

families! {
    /// Enqueue, dequeue, peek.
    Queues of Queue;
    /// Push, pop, top.
    Stacks of Stack;
    /// Insert, poll, peek.
    PriorityQueues of PriorityQueue;
}

/// Which operations a family of sets has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reads {
    /// Add, remove and contains, on one element at a time.
    Elements,
    /// Add and contains, and reads of the whole set.
    Growing,
    /// All of them.
    All,
}

/// Operations on sets.
pub struct Sets(pub Values, pub Reads);

impl Sets {
    /// An element that may have been added before operation `number`.
    fn seen(&self, draw: &mut Draw, number: usize) -> Value {
        let near = self.0.near(number);
        draw.of(&near[near.len().saturating_sub(6)..]).clone()
    }
}

impl Family for Sets {
    type Model = Set;

    fn model(&self, _draw: &mut Draw) -> Set {
        Set
    }

    fn op(&self, draw: &mut Draw, number: usize) -> SetOp {
        let luck = draw.below(10);
        match (luck, self.1) {
            (0..4, _) => SetOp::Add(self.0.put(draw, number)),
            (4..6, Reads::Elements | Reads::All) => SetOp::Remove(self.seen(draw, number)),
            (4..9, Reads::Growing) | (8..10, Reads::All) => SetOp::Read,
            _ => SetOp::Contains(self.seen(draw, number)),
        }
    }

    fn answers(&self, op: &SetOp, number: usize) -> Vec<SetRet> {
        match op {
            SetOp::Add(_) | SetOp::Remove(_) => {
                vec![SetRet::Done, SetRet::Told(true), SetRet::Told(false)]
            }
            SetOp::Contains(_) => vec![SetRet::Told(true), SetRet::Told(false)],
            SetOp::Read => {
                let near = self.0.near(number);
                // Every subset of the last few.
                let near = &near[near.len().saturating_sub(6)..];
                let subset = |bits: usize| {
                    let is_in = |at: &usize| bits & (1 << at) != 0;
                    (0..near.len()).filter(is_in).map(|at| near[at].clone()).collect()
                };
                (0..1 << near.len()).map(subset).map(SetRet::Elements).collect()
            }
        }
    }
}
