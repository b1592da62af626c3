//! Several registers, read and written together.

use super::cell::check_name;
use crate::builtin::tree::map_bytes;
use crate::json::{read_items, read_value, write_value};
use crate::{Access, Keys, Model, Step, Value, Written};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use testimony_history::Answer;

/// Registers by key; one operation reads and writes any number of them, in its order, at one moment.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MultiRegister {
    /// The values at the beginning; keys that are not here hold nothing.
    pub initial: BTreeMap<SmolStr, Value>,
}

/// Reads and writes that happen together.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Txn(pub Vec<MicroOp>);

/// One read or write of a [`Txn`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MicroOp {
    /// Answers the value of a key.
    Read(SmolStr),
    /// Replaces the value of a key.
    Write(SmolStr, Value),
}

impl MicroOp {
    fn key(&self) -> &SmolStr {
        match self {
            MicroOp::Read(key) | MicroOp::Write(key, _) => key,
        }
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

/// The texts of a micro-operation `[f, key, value]`.
fn read_micro(text: &str) -> Result<(MicroOp, Option<Value>), String> {
    let items = read_items(text)?;
    let [f, key, value] = items[..] else {
        return Err(format!("expected [\"r\", key, value] or [\"w\", key, value], found {text}"));
    };
    let key = super::kv::read_key(key)?;
    let value = read_value(value)?;
    match (f, value) {
        ("\"r\"" | "\"read\"", value) => Ok((MicroOp::Read(key), value)),
        ("\"w\"" | "\"write\"", Some(value)) => Ok((MicroOp::Write(key, value), None)),
        ("\"w\"" | "\"write\"", None) => Err(format!("a write needs a value, found {text}")),
        _ => Err(format!("expected \"r\" or \"w\", found {f}")),
    }
}

/// Writes a transaction with the values that it read, in their order.
fn write_txn(op: &Txn, read: &[Option<Value>]) -> Written {
    let mut read = read.iter();
    let micro = |micro: &MicroOp| {
        let key = write_value(Some(&Value::Text(micro.key().clone())));
        match micro {
            MicroOp::Read(_) => {
                let value = read.next().and_then(Option::as_ref);
                format!("[\"r\",{key},{}]", write_value(value))
            }
            MicroOp::Write(_, value) => format!("[\"w\",{key},{}]", write_value(Some(value))),
        }
    };
    let all: Vec<String> = op.0.iter().map(micro).collect();
    Written::new("txn", format!("[{}]", all.join(",")))
}

impl Model for MultiRegister {
    type Op = Txn;
    /// The values read, in their order.
    type Ret = Vec<Option<Value>>;
    type State = BTreeMap<SmolStr, Value>;
    type Key = SmolStr;
    const NAME: &'static str = "multi-register";

    fn init(&self) -> Self::State {
        self.initial.clone()
    }

    fn step(&self, state: &Self::State, op: &Txn, ret: Option<&Self::Ret>) -> Step<Self::State> {
        let mut next = state.clone();
        let mut answers = ret.into_iter().flatten();
        for micro in &op.0 {
            match micro {
                MicroOp::Write(key, value) => {
                    next.insert(key.clone(), value.clone());
                }
                MicroOp::Read(key) => match (answers.next(), next.get(key)) {
                    (Some(read), there) if read.as_ref() != there => {
                        let (read, there) = (shown(read.as_ref()), shown(there));
                        return Step::Refuse(format!("{key}: read {read} where {there} is"));
                    }
                    _ => {}
                },
            }
        }
        Step::To(next)
    }

    fn keys(&self, op: &Txn) -> Keys<SmolStr> {
        let mut keys: Vec<SmolStr> = op.0.iter().map(|micro| micro.key().clone()).collect();
        keys.sort_unstable();
        keys.dedup();
        match keys.pop() {
            Some(only) if keys.is_empty() => Keys::One(only),
            last => {
                keys.extend(last);
                Keys::Many(keys)
            }
        }
    }

    fn is_observer(&self, op: &Txn) -> bool {
        op.0.iter().all(|micro| matches!(micro, MicroOp::Read(_)))
    }

    fn access<'a>(&self, op: &'a Txn, ret: Option<&'a Self::Ret>) -> Access<'a> {
        // A register of its own begins with nothing; one operation on it is one access.
        match (&op.0[..], ret.map(Vec::as_slice)) {
            _ if !self.initial.is_empty() => Access::Other,
            ([MicroOp::Read(_)], None | Some([])) => Access::Read(None),
            ([MicroOp::Read(_)], Some([read, ..])) => {
                Access::Read(Some(Value::atom_of(read.as_ref())))
            }
            ([MicroOp::Write(_, value)], _) => Access::Write(value.atom()),
            _ => Access::Other,
        }
    }

    fn describe(&self, op: &Txn) -> String {
        let micro = |micro: &MicroOp| match micro {
            MicroOp::Read(key) => format!("read {key}"),
            MicroOp::Write(key, value) => format!("write {key} {value}"),
        };
        match op.0.is_empty() {
            true => "nothing".to_owned(),
            false => op.0.iter().map(micro).collect::<Vec<_>>().join(", "),
        }
    }

    fn describe_ret(&self, _op: &Txn, ret: &Self::Ret) -> String {
        match ret.is_empty() {
            true => "ok".to_owned(),
            false => ret.iter().map(|read| shown(read.as_ref())).collect::<Vec<_>>().join(", "),
        }
    }

    fn state_bytes(&self, state: &Self::State) -> Option<usize> {
        Some(map_bytes::<SmolStr, Value>(state.len()))
    }

    fn describe_state(&self, state: &Self::State) -> String {
        let entries: Vec<_> = state.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        format!("{{{}}}", entries.join(", "))
    }

    fn with_params(&self, params: &str) -> Result<MultiRegister, String> {
        crate::json::read_params(params, "{\"initial\": {key: value, ..}}")
    }

    fn params(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    fn read_op(&self, f: &str, value: &str) -> Result<Txn, String> {
        check_name(f, &["txn"])?;
        let micro = |text| read_micro(text).map(|(micro, _)| micro);
        read_items(value)?.into_iter().map(micro).collect::<Result<_, _>>().map(Txn)
    }

    fn read_ret(&self, op: &Txn, answer: Answer<'_>) -> Result<Self::Ret, String> {
        if answer.mismatch {
            return Err("a transaction has no mismatch".to_owned());
        }
        let answered = read_items(answer.value)?;
        if answered.len() != op.0.len() {
            return Err(format!("expected {} reads and writes, as invoked", op.0.len()));
        }
        let mut read = Vec::new();
        for (asked, text) in op.0.iter().zip(answered) {
            let (again, value) = read_micro(text)?;
            if again != *asked {
                return Err(format!("expected what was invoked, found {text}"));
            }
            if matches!(asked, MicroOp::Read(_)) {
                read.push(value);
            }
        }
        Ok(read)
    }

    fn write_op(&self, op: &Txn) -> Written {
        write_txn(op, &[])
    }

    fn write_ret(&self, op: &Txn, ret: &Self::Ret) -> Written {
        write_txn(op, ret)
    }
}
