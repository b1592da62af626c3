//! Collections that say themselves which value comes next: queue, stack and priority queue.

use super::bag::{Bag, Row, listed};
use super::cell::{check_name, shown};
use crate::json::{read_value, write_value};
use crate::{Access, Element, Model, Object, Step, Value, Written};
use serde::{Deserialize, Serialize};
use testimony_history::Answer;

/// An operation on a [`Queue`], a [`Stack`] or a [`PriorityQueue`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "f", content = "value", rename_all = "kebab-case")]
pub enum CollectionOp {
    /// Puts a value in.
    Insert(Value),
    /// Takes the next value out and answers it, or answers that there is none. Without an answer it
    /// did either.
    Take,
    /// Answers the next value and leaves it there, or answers that there is none.
    Peek,
}

/// The answer to a [`CollectionOp`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", content = "value", rename_all = "kebab-case")]
pub enum CollectionRet {
    /// The value is in.
    Done,
    /// The next value, or nothing.
    Value(Option<Value>),
}

/// What a collection holds, and which value of it is next.
trait Holds: Clone {
    fn next(&self) -> Option<&Value>;
    fn with(&self, value: &Value) -> Self;
    fn without_next(&self) -> Self;
}

fn step<S: Holds>(state: &S, op: &CollectionOp, ret: Option<&CollectionRet>) -> Step<S> {
    let verb = match op {
        CollectionOp::Insert(value) => return Step::To(state.with(value)),
        CollectionOp::Take => "took",
        CollectionOp::Peek => "saw",
    };
    match (ret, state.next()) {
        (Some(CollectionRet::Value(answer)), next) if answer.as_ref() != next => {
            let next = next.cloned();
            Step::Refuse(match answer {
                Some(_) if next.is_none() => format!("{verb} {} where nothing is", shown(answer)),
                Some(_) => format!("{verb} {} where {} is next", shown(answer), shown(&next)),
                None => format!("found it empty although {} is there", shown(&next)),
            })
        }
        (_, Some(_)) if *op == CollectionOp::Take => Step::To(state.without_next()),
        _ => Step::To(state.clone()),
    }
}

fn access<'a>(op: &'a CollectionOp, ret: Option<&'a CollectionRet>) -> Access<'a> {
    let answer = match ret {
        Some(CollectionRet::Value(value)) => Some(value.as_ref().map(Value::atom)),
        Some(CollectionRet::Done) | None => None,
    };
    Access::Element(match op {
        CollectionOp::Insert(value) => Element::Insert(value.atom()),
        CollectionOp::Take => Element::Take(answer),
        CollectionOp::Peek => Element::Peek(answer),
    })
}

fn read_op(f: &str, value: &str, names: &[&str; 3]) -> Result<CollectionOp, String> {
    check_name(f, names)?;
    if f == names[0] {
        let value = read_value(value)?.ok_or_else(|| format!("{f} needs a value, found null"))?;
        return Ok(CollectionOp::Insert(value));
    }
    Ok(if f == names[1] { CollectionOp::Take } else { CollectionOp::Peek })
}

fn read_ret(op: &CollectionOp, answer: Answer<'_>, insert: &str) -> Result<CollectionRet, String> {
    match op {
        CollectionOp::Insert(_) if answer.mismatch => Err(format!("{insert} cannot be a mismatch")),
        CollectionOp::Insert(_) => Ok(CollectionRet::Done),
        // Who says that nothing was there has seen that nothing was there.
        CollectionOp::Take | CollectionOp::Peek if answer.mismatch => {
            Ok(CollectionRet::Value(None))
        }
        CollectionOp::Take | CollectionOp::Peek => {
            read_value(answer.value).map(CollectionRet::Value)
        }
    }
}

fn write_op(op: &CollectionOp, names: &[&str; 3]) -> Written {
    match op {
        CollectionOp::Insert(value) => Written::new(names[0], write_value(Some(value))),
        CollectionOp::Take => Written::new(names[1], "null"),
        CollectionOp::Peek => Written::new(names[2], "null"),
    }
}

fn describe(op: &CollectionOp, names: &[&str; 3]) -> String {
    match op {
        CollectionOp::Insert(value) => format!("{} {value}", names[0]),
        CollectionOp::Take => names[1].to_owned(),
        CollectionOp::Peek => names[2].to_owned(),
    }
}

/// The next value of a queue: the one that came first.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct QueueState(pub Row);

impl Holds for QueueState {
    fn next(&self) -> Option<&Value> {
        self.0.front()
    }

    fn with(&self, value: &Value) -> Self {
        QueueState(self.0.with_back(value))
    }

    fn without_next(&self) -> Self {
        QueueState(self.0.without_front())
    }
}

impl QueueState {
    fn shown(&self) -> String {
        format!("[{}]", listed(self.0.iter(), self.0.len()))
    }
}

/// The next value of a stack: the one that came last.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct StackState(pub Row);

impl Holds for StackState {
    fn next(&self) -> Option<&Value> {
        self.0.back()
    }

    fn with(&self, value: &Value) -> Self {
        StackState(self.0.with_back(value))
    }

    fn without_next(&self) -> Self {
        StackState(self.0.without_back())
    }
}

impl StackState {
    fn shown(&self) -> String {
        format!("[{}] (top last)", listed(self.0.iter(), self.0.len()))
    }
}

/// The next value of a priority queue: the greatest.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct PriorityState(pub Bag);

impl Holds for PriorityState {
    fn next(&self) -> Option<&Value> {
        self.0.greatest()
    }

    fn with(&self, value: &Value) -> Self {
        PriorityState(self.0.with(value))
    }

    fn without_next(&self) -> Self {
        let greatest = self.0.greatest();
        PriorityState(greatest.map_or_else(|| self.0.clone(), |value| self.0.without(value)))
    }
}

impl PriorityState {
    fn shown(&self) -> String {
        format!("{{{}}}", listed(self.0.iter(), self.0.len()))
    }
}

/// The three differ in which value is next, and in their words.
macro_rules! collection {
    ($(#[$doc:meta])* $name:ident, $file_name:literal, $state:ident, $names:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        pub struct $name;

        impl Model for $name {
            type Op = CollectionOp;
            type Ret = CollectionRet;
            type State = $state;
            type Key = String;
            const NAME: &'static str = $file_name;

            fn init(&self) -> $state {
                $state::default()
            }

            fn step(
                &self,
                state: &$state,
                op: &CollectionOp,
                ret: Option<&CollectionRet>,
            ) -> Step<$state> {
                step(state, op, ret)
            }

            fn is_observer(&self, op: &CollectionOp) -> bool {
                matches!(op, CollectionOp::Peek)
            }

            fn is_observation(&self, op: &CollectionOp, ret: &CollectionRet) -> bool {
                self.is_observer(op)
                    || (*op == CollectionOp::Take && *ret == CollectionRet::Value(None))
            }

            fn object(&self) -> Object {
                Object::$name
            }

            fn access<'a>(
                &self,
                op: &'a CollectionOp,
                ret: Option<&'a CollectionRet>,
            ) -> Access<'a> {
                access(op, ret)
            }

            fn describe(&self, op: &CollectionOp) -> String {
                describe(op, &$names)
            }

            fn describe_ret(&self, _op: &CollectionOp, ret: &CollectionRet) -> String {
                match ret {
                    CollectionRet::Done => "ok".to_owned(),
                    CollectionRet::Value(None) => "empty".to_owned(),
                    CollectionRet::Value(value) => shown(value),
                }
            }

            fn state_bytes(&self, state: &$state) -> Option<usize> {
                Some(state.0.own_bytes())
            }

            fn describe_state(&self, state: &$state) -> String {
                state.shown()
            }

            fn read_op(&self, f: &str, value: &str) -> Result<CollectionOp, String> {
                read_op(f, value, &$names)
            }

            fn read_ret(
                &self,
                op: &CollectionOp,
                answer: Answer<'_>,
            ) -> Result<CollectionRet, String> {
                read_ret(op, answer, $names[0])
            }

            fn write_op(&self, op: &CollectionOp) -> Written {
                write_op(op, &$names)
            }

            fn write_ret(&self, op: &CollectionOp, ret: &CollectionRet) -> Written {
                let written = write_op(op, &$names);
                match ret {
                    CollectionRet::Done => written,
                    CollectionRet::Value(value) => {
                        Written { value: write_value(value.as_ref()), ..written }
                    }
                }
            }
        }
    };
}

collection! {
    /// First in, first out; empty at the beginning.
    Queue, "queue", QueueState, ["enqueue", "dequeue", "peek"]
}

collection! {
    /// Last in, first out; empty at the beginning.
    Stack, "stack", StackState, ["push", "pop", "top"]
}

collection! {
    /// The greatest goes first (numbers by size, then texts); empty at the beginning.
    PriorityQueue, "priority-queue", PriorityState, ["insert", "poll", "peek"]
}
