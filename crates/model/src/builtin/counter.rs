//! A counter: add any amount, read the sum.

use super::cell::check_name;
use crate::json::{read_int, read_params};
use crate::{Atom, Model, Number, Object, Step, Term, Written};
use serde::{Deserialize, Serialize};
use testimony_history::Answer;

/// A number to which amounts are added, of either sign; additions answer nothing.
///
/// The sum is exact: it has room for every history's additions of 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counter {
    /// The number at the beginning.
    pub initial: i64,
}

/// An operation on a [`Counter`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "f", content = "value", rename_all = "kebab-case")]
pub enum CounterOp {
    /// Adds this amount.
    Add(i64),
    /// Answers the sum.
    Read,
}

/// The answer to a [`CounterOp`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", content = "value", rename_all = "kebab-case")]
pub enum CounterRet {
    /// The amount is added.
    Added,
    /// The sum.
    Sum(i64),
}

const NAMES: &[&str] = &["add", "increment", "decrement", "read"];

impl Model for Counter {
    type Op = CounterOp;
    type Ret = CounterRet;
    type State = i128;
    type Key = String;
    const NAME: &'static str = "counter";

    fn init(&self) -> i128 {
        i128::from(self.initial)
    }

    fn step(&self, state: &i128, op: &CounterOp, ret: Option<&CounterRet>) -> Step<i128> {
        match (op, ret) {
            (CounterOp::Add(amount), _) => Step::To(state + i128::from(*amount)),
            (CounterOp::Read, Some(CounterRet::Sum(read))) if i128::from(*read) != *state => {
                Step::Refuse(format!("read {read} where the sum is {state}"))
            }
            (CounterOp::Read, _) => Step::To(*state),
        }
    }

    fn is_observer(&self, op: &CounterOp) -> bool {
        matches!(op, CounterOp::Read | CounterOp::Add(0))
    }

    fn object(&self) -> Object {
        Object::Other
    }

    fn numbers(&self) -> Vec<Number<'_>> {
        vec![Number { name: Atom::Nil, initial: self.initial, least: None }]
    }

    fn terms<'a>(
        &'a self,
        op: &'a CounterOp,
        ret: Option<&'a CounterRet>,
        each: &mut dyn FnMut(Term<'a>),
    ) {
        match (op, ret) {
            (CounterOp::Add(amount), _) => each(Term::default().adds(*amount)),
            (CounterOp::Read, Some(CounterRet::Sum(read))) => each(Term::default().found(*read)),
            (CounterOp::Read, _) => {}
        }
    }

    fn describe(&self, op: &CounterOp) -> String {
        match op {
            CounterOp::Add(amount) => format!("add {amount}"),
            CounterOp::Read => "read counter".to_owned(),
        }
    }

    fn describe_ret(&self, _op: &CounterOp, ret: &CounterRet) -> String {
        match ret {
            CounterRet::Added => "ok".to_owned(),
            CounterRet::Sum(sum) => sum.to_string(),
        }
    }

    fn describe_state(&self, state: &i128) -> String {
        state.to_string()
    }

    fn with_params(&self, params: &str) -> Result<Counter, String> {
        read_params(params, "{\"initial\": number}")
    }

    fn params(&self) -> Option<String> {
        Some(format!("{{\"initial\":{}}}", self.initial))
    }

    fn read_op(&self, f: &str, value: &str) -> Result<CounterOp, String> {
        check_name(f, NAMES)?;
        let amount = || match value {
            "null" if f != "add" => Ok(1),
            _ => read_int("an amount", value),
        };
        match f {
            "read" => Ok(CounterOp::Read),
            "decrement" => {
                let negated = amount()?.checked_neg();
                negated.map(CounterOp::Add).ok_or_else(|| format!("cannot decrement by {value}"))
            }
            _ => amount().map(CounterOp::Add),
        }
    }

    fn read_ret(&self, op: &CounterOp, answer: Answer<'_>) -> Result<CounterRet, String> {
        match op {
            _ if answer.mismatch => Err("a counter has no mismatch".to_owned()),
            CounterOp::Add(_) => Ok(CounterRet::Added),
            CounterOp::Read => read_int("the sum", answer.value).map(CounterRet::Sum),
        }
    }

    fn write_op(&self, op: &CounterOp) -> Written {
        match op {
            CounterOp::Add(amount) => Written::new("add", amount.to_string()),
            CounterOp::Read => Written::new("read", "null"),
        }
    }

    fn write_ret(&self, op: &CounterOp, ret: &CounterRet) -> Written {
        match ret {
            CounterRet::Added => self.write_op(op),
            CounterRet::Sum(sum) => Written::new("read", sum.to_string()),
        }
    }
}
