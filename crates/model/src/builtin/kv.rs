//! A map from keys to values, each key a cell of its own.

use super::cell::{self, Cell, CellOp, CellRet};
use crate::builtin::tree::map_bytes;
use crate::json::{read_pair, write_value};
use crate::{Access, Keys, Model, Step, Value, Written};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use testimony_history::Answer;

/// A map: read, write, cas, append and delete, each on one key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Kv;

/// An operation on one key of a map.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct KvOp {
    /// The key.
    pub key: SmolStr,
    /// What is done to its cell.
    pub op: CellOp,
}

impl KvOp {
    /// An operation on this key.
    pub fn new(key: impl Into<SmolStr>, op: CellOp) -> KvOp {
        KvOp { key: key.into(), op }
    }
}

/// The values by key; absent keys hold nothing.
pub type KvState = BTreeMap<SmolStr, Value>;

const NAMES: &[&str] = &["read", "write", "cas", "append", "delete"];

impl Model for Kv {
    type Op = KvOp;
    type Ret = CellRet;
    type State = KvState;
    type Key = SmolStr;
    const NAME: &'static str = "kv";

    fn init(&self) -> KvState {
        BTreeMap::new()
    }

    fn step(&self, state: &KvState, op: &KvOp, ret: Option<&CellRet>) -> Step<KvState> {
        let cell: Cell = state.get(&op.key).cloned();
        match cell::step(&cell, &op.op, ret) {
            Step::To(after) if after == cell => Step::To(state.clone()),
            Step::To(after) => Step::To(with(state, &op.key, after)),
            Step::Any(cells) => {
                Step::Any(cells.into_iter().map(|after| with(state, &op.key, after)).collect())
            }
            Step::Refuse(why) => Step::Refuse(format!("{}: {why}", op.key)),
        }
    }

    fn keys(&self, op: &KvOp) -> Keys<SmolStr> {
        Keys::One(op.key.clone())
    }

    fn is_observer(&self, op: &KvOp) -> bool {
        matches!(op.op, CellOp::Read)
    }

    fn access<'a>(&self, op: &'a KvOp, ret: Option<&'a CellRet>) -> Access<'a> {
        cell::access(&op.op, ret)
    }

    fn appended<'a>(&self, op: &'a KvOp, _ret: Option<&'a CellRet>) -> Option<&'a str> {
        match &op.op {
            CellOp::Append(text) => Some(text),
            _ => None,
        }
    }

    fn describe(&self, op: &KvOp) -> String {
        cell::describe(&op.op, &format!(" {}", op.key))
    }

    fn describe_ret(&self, _op: &KvOp, ret: &CellRet) -> String {
        cell::describe_ret(ret)
    }

    fn state_bytes(&self, state: &Self::State) -> Option<usize> {
        Some(map_bytes::<SmolStr, Value>(state.len()))
    }

    fn describe_state(&self, state: &KvState) -> String {
        let entries: Vec<_> = state.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        format!("{{{}}}", entries.join(", "))
    }

    fn read_op(&self, f: &str, value: &str) -> Result<KvOp, String> {
        cell::check_name(f, NAMES)?;
        let (key, value) = read_pair(value)?;
        Ok(KvOp { key: read_key(key)?, op: cell::read_op(f, value, NAMES)? })
    }

    fn read_ret(&self, op: &KvOp, answer: Answer<'_>) -> Result<CellRet, String> {
        let (key, value) = read_pair(answer.value)?;
        if read_key(key)? != op.key {
            return Err(format!("expected the key {:?} of the invocation, found {key}", op.key));
        }
        cell::read_ret(&op.op, value, answer.mismatch)
    }

    fn write_op(&self, op: &KvOp) -> Written {
        keyed(&op.key, cell::write_op(&op.op))
    }

    fn write_ret(&self, op: &KvOp, ret: &CellRet) -> Written {
        keyed(&op.key, cell::write_ret(&op.op, ret))
    }
}

fn with(state: &KvState, key: &SmolStr, cell: Cell) -> KvState {
    let mut state = state.clone();
    match cell {
        Some(value) => state.insert(key.clone(), value),
        None => state.remove(key),
    };
    state
}

/// Keys are strings; numbers are taken as their text, as other tools write them.
pub(crate) fn read_key(text: &str) -> Result<SmolStr, String> {
    match crate::json::read_value(text)? {
        Some(Value::Text(text)) => Ok(text),
        Some(Value::Int(number)) => Ok(SmolStr::from(number.to_string())),
        None => Err("expected a key, found null".to_owned()),
    }
}

fn keyed(key: &SmolStr, written: Written) -> Written {
    let key = write_value(Some(&Value::Text(key.clone())));
    Written { value: format!("[{key},{}]", written.value), ..written }
}
