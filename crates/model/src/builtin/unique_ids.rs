//! A generator of ids: whatever it answers, it never answered before.

use crate::builtin::tree::map_bytes;
use crate::json::{read_value, write_value};
use crate::{Model, Step, Value, Written};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use testimony_history::Answer;

/// A generator of unique ids. It may answer any id that nobody has got yet; nothing is said of
/// their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct UniqueIds;

/// An operation on [`UniqueIds`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "f", content = "value", rename_all = "kebab-case")]
pub enum IdOp {
    /// Answers a new id.
    Generate,
}

impl Model for UniqueIds {
    type Op = IdOp;
    /// The id.
    type Ret = Value;
    /// The ids that somebody has got. One that was never answered is known to nobody, and nobody
    /// may get it later.
    type State = BTreeSet<Value>;
    type Key = String;
    const NAME: &'static str = "unique-ids";

    fn init(&self) -> BTreeSet<Value> {
        BTreeSet::new()
    }

    fn step(
        &self,
        state: &BTreeSet<Value>,
        _op: &IdOp,
        ret: Option<&Value>,
    ) -> Step<BTreeSet<Value>> {
        match ret {
            None => Step::To(state.clone()),
            Some(id) if state.contains(id) => Step::Refuse(format!("{id} was given before")),
            Some(id) => {
                let mut state = state.clone();
                state.insert(id.clone());
                Step::To(state)
            }
        }
    }

    fn describe(&self, _op: &IdOp) -> String {
        "generate".to_owned()
    }

    fn describe_ret(&self, _op: &IdOp, ret: &Value) -> String {
        ret.to_string()
    }

    fn state_bytes(&self, state: &Self::State) -> Option<usize> {
        Some(map_bytes::<Value, ()>(state.len()))
    }

    fn describe_state(&self, state: &BTreeSet<Value>) -> String {
        format!("{} ids given", state.len())
    }

    fn read_op(&self, f: &str, _value: &str) -> Result<IdOp, String> {
        match f {
            "generate" => Ok(IdOp::Generate),
            _ => Err(format!("unknown operation `{f}`; known: generate")),
        }
    }

    fn read_ret(&self, _op: &IdOp, answer: Answer<'_>) -> Result<Value, String> {
        if answer.mismatch {
            return Err("generate cannot be a mismatch".to_owned());
        }
        read_value(answer.value)?.ok_or_else(|| "expected an id, found null".to_owned())
    }

    fn write_op(&self, _op: &IdOp) -> Written {
        Written::new("generate", "null")
    }

    fn write_ret(&self, _op: &IdOp, ret: &Value) -> Written {
        Written::new("generate", write_value(Some(ret)))
    }
}
