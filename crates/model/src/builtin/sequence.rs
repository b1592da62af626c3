//! A sequence: every `next` answers a number of its own, in order.

use super::cell::check_name;
use crate::json::{read_int, read_params};
use crate::{Access, Atom, Model, Object, Placing, Step, Written};
use serde::{Deserialize, Serialize};
use testimony_history::Answer;

/// Numbers handed out in order: each the one after the last, or, with gaps, any above the last.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sequence {
    /// The first number; with gaps, the least that may come first.
    pub first: i64,
    /// Whether numbers may be left out, as the sequences of most databases do.
    pub gaps: bool,
}

impl Default for Sequence {
    fn default() -> Sequence {
        Sequence { first: 1, gaps: false }
    }
}

/// An operation on a [`Sequence`]; the answer is the number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "f", content = "value", rename_all = "kebab-case")]
pub enum SequenceOp {
    /// Answers the next number.
    Next,
}

impl Model for Sequence {
    type Op = SequenceOp;
    type Ret = i64;
    /// The next number, or the least that it may be.
    type State = i64;
    type Key = String;
    const NAME: &'static str = "sequence";

    fn init(&self) -> i64 {
        self.first
    }

    fn step(&self, state: &i64, _op: &SequenceOp, ret: Option<&i64>) -> Step<i64> {
        let number = match ret {
            Some(number) if number < state => {
                return Step::Refuse(format!("answered {number} where {state} is the least left"));
            }
            Some(number) if number > state && !self.gaps => {
                return Step::Refuse(format!("answered {number} where {state} comes next"));
            }
            Some(number) => *number,
            // Whatever an unknown answer left out, leaving nothing out leaves most to the others.
            None if self.gaps => return Step::To(*state),
            None => *state,
        };
        match number.checked_add(1) {
            Some(next) => Step::To(next),
            None => Step::Refuse(format!("after {number} no number of 64 bits is left")),
        }
    }

    fn object(&self) -> Object {
        Object::Sequence
    }

    fn access<'a>(&self, _op: &'a SequenceOp, ret: Option<&'a i64>) -> Access<'a> {
        match self.gaps {
            // No number comes after it, which no access says.
            _ if ret == Some(&i64::MAX) => Access::Other,
            true => Access::Place(Placing::Rise(ret.copied())),
            false => Access::Place(Placing::Take { at: ret.copied(), size: 1, entry: None }),
        }
    }

    fn initial(&self) -> Atom<'_> {
        Atom::Int(self.first)
    }

    fn describe(&self, _op: &SequenceOp) -> String {
        "next".to_owned()
    }

    fn describe_ret(&self, _op: &SequenceOp, ret: &i64) -> String {
        ret.to_string()
    }

    fn describe_state(&self, state: &i64) -> String {
        format!("next is {state}")
    }

    fn with_params(&self, params: &str) -> Result<Sequence, String> {
        read_params(params, "{\"first\": number, \"gaps\": true or false}")
    }

    fn params(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    fn read_op(&self, f: &str, _value: &str) -> Result<SequenceOp, String> {
        check_name(f, &["next"]).map(|()| SequenceOp::Next)
    }

    fn read_ret(&self, _op: &SequenceOp, answer: Answer<'_>) -> Result<i64, String> {
        match answer.mismatch {
            true => Err("a sequence has no mismatch".to_owned()),
            false => read_int("a number", answer.value),
        }
    }

    fn write_op(&self, _op: &SequenceOp) -> Written {
        Written::new("next", "null")
    }

    fn write_ret(&self, _op: &SequenceOp, ret: &i64) -> Written {
        Written::new("next", ret.to_string())
    }
}
