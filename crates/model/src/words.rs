//! How operations and answers stand in files, by default through serde.

use crate::Model;
use serde::Serialize;
use serde::de::DeserializeOwned;
use testimony_history::{Answer, Process, Vocabulary};

/// An operation or an answer as it stands in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// The name of the operation.
    pub f: String,
    /// JSON text of the value.
    pub value: String,
    /// JSON text of the answer, where it stands apart from the value.
    pub ret: Option<String>,
    /// Whether it is the answer of a comparison that did not match: written as `fail` with
    /// `"error":"mismatch"`.
    pub mismatch: bool,
}

impl Written {
    /// A name and a value, nothing else.
    pub fn new(f: impl Into<String>, value: impl Into<String>) -> Written {
        Written { f: f.into(), value: value.into(), ret: None, mismatch: false }
    }

    /// The same, marked as a comparison that did not match.
    pub fn mismatched(self) -> Written {
        Written { mismatch: true, ..self }
    }
}

/// The words of a model, for readers of histories.
pub struct Words<'m, M>(pub &'m M);

impl<M: Model> Vocabulary for Words<'_, M> {
    type Op = M::Op;
    type Ret = M::Ret;

    fn read_op(&self, f: &str, value: &str) -> Result<M::Op, String> {
        self.0.read_op(f, value)
    }

    fn read_op_by(&self, process: Process, f: &str, value: &str) -> Result<M::Op, String> {
        self.0.read_op_by(process, f, value)
    }

    fn read_ret(&self, op: &M::Op, answer: Answer<'_>) -> Result<M::Ret, String> {
        self.0.read_ret(op, answer)
    }
}

pub(crate) fn default_read_op<T: DeserializeOwned>(f: &str, value: &str) -> Result<T, String> {
    let name = serde_json::Value::from(f);
    let text = match value {
        "null" => format!("{{\"f\":{name}}}"),
        _ => format!("{{\"f\":{name},\"value\":{value}}}"),
    };
    serde_json::from_str(&text).map_err(|error| format!("operation {f} {value}: {error}"))
}

pub(crate) fn default_read_ret<T: DeserializeOwned>(answer: Answer<'_>) -> Result<T, String> {
    let text = answer.ret.unwrap_or("null");
    serde_json::from_str(text).map_err(|error| format!("answer `ret` {text}: {error}"))
}

pub(crate) fn default_write_op<T: Serialize>(op: &T) -> Written {
    let json = serde_json::to_value(op).unwrap_or_default();
    let f = json.get("f").and_then(|f| f.as_str()).unwrap_or("op").to_owned();
    let value = json.get("value").unwrap_or(&serde_json::Value::Null).to_string();
    Written::new(f, value)
}

pub(crate) fn default_write_ret<T: Serialize>(op: &Written, ret: &T) -> Written {
    let ret = serde_json::to_string(ret).unwrap_or_else(|_| "null".to_owned());
    Written { ret: Some(ret), ..op.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
    #[serde(tag = "f", content = "value", rename_all = "kebab-case")]
    enum Op {
        ReadAll,
        Add(i64),
        Move { from: String, to: String },
        Swap(i64, i64),
        Put(Option<i64>),
    }

    #[test]
    fn every_kind_of_variant_is_written_and_read_again() {
        let moved = Op::Move { from: "a".to_owned(), to: "\"b".to_owned() };
        for (op, f, value) in [
            (Op::ReadAll, "read-all", "null"),
            (Op::Add(-3), "add", "-3"),
            (moved, "move", r#"{"from":"a","to":"\"b"}"#),
            (Op::Swap(1, 2), "swap", "[1,2]"),
            (Op::Put(None), "put", "null"),
            (Op::Put(Some(1)), "put", "1"),
        ] {
            let written = default_write_op(&op);
            assert_eq!((written.f.as_str(), written.value.as_str()), (f, value));
            assert_eq!(default_read_op(f, value), Ok(op));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_in_words() {
        let refused = |f, value| default_read_op::<Op>(f, value).unwrap_err();
        assert!(refused("pop", "null").contains("unknown variant `pop`, expected one of"));
        assert!(refused("add", "1.5").starts_with("operation add 1.5: invalid type"));
        assert!(refused("add", "null").contains("missing field"));
        assert!(refused("add", "1 2").starts_with("operation add 1 2:"));
    }

    #[test]
    fn an_answer_stands_beside_the_value() {
        let written = default_write_ret(&default_write_op(&Op::Add(1)), &Some(7));
        assert_eq!(written.ret.as_deref(), Some("7"));
        let answer = |ret| Answer { value: "1", ret, mismatch: false };
        assert_eq!(default_read_ret::<Option<i64>>(answer(Some("7"))), Ok(Some(7)));
        assert_eq!(default_read_ret::<Option<i64>>(answer(None)), Ok(None));
        assert!(default_read_ret::<i64>(answer(Some("\"x\""))).is_err());
    }
}
