//! One cell that holds a value or nothing: what registers are, and what a map has for each key.

use crate::json::{read_pair, read_value, write_value};
use crate::{Access, Atom, Step, Value, Written};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use testimony_history::Answer;

/// An operation on one cell.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "f", content = "value", rename_all = "kebab-case")]
pub enum CellOp {
    /// Answers the value.
    Read,
    /// Replaces the value.
    Write(Value),
    /// Replaces the first by the second if the value is the first.
    Cas(Option<Value>, Value),
    /// Adds to the end of the text (of the empty text, when there is no value).
    Append(SmolStr),
    /// Removes the value.
    Delete,
}

/// The answer to a [`CellOp`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", content = "value", rename_all = "kebab-case")]
pub enum CellRet {
    /// The value that was read, or nothing.
    Value(Option<Value>),
    /// It is done.
    Done,
    /// The comparison did not match: another value was there.
    Mismatch,
}

/// What a cell holds.
pub(crate) type Cell = Option<Value>;

pub(crate) fn step(cell: &Cell, op: &CellOp, ret: Option<&CellRet>) -> Step<Cell> {
    match op {
        CellOp::Read => match ret {
            Some(CellRet::Value(read)) if read != cell => {
                Step::Refuse(format!("read {} where {} is", shown(read), shown(cell)))
            }
            _ => Step::To(cell.clone()),
        },
        CellOp::Write(value) => Step::To(Some(value.clone())),
        CellOp::Delete => Step::To(None),
        CellOp::Append(text) => append(cell, text),
        CellOp::Cas(from, to) => cas(cell, from, to, ret),
    }
}

fn cas(cell: &Cell, from: &Cell, to: &Value, ret: Option<&CellRet>) -> Step<Cell> {
    let (matches, from) = (cell == from, shown(from));
    match (matches, ret) {
        (true, Some(CellRet::Mismatch)) => {
            Step::Refuse(format!("did not match {from} although {from} is"))
        }
        (false, Some(CellRet::Done)) => {
            Step::Refuse(format!("matched {from} where {} is", shown(cell)))
        }
        (true, _) => Step::To(Some(to.clone())),
        (false, _) => Step::To(cell.clone()),
    }
}

fn append(cell: &Cell, text: &SmolStr) -> Step<Cell> {
    match cell {
        None => Step::To(Some(Value::Text(text.clone()))),
        Some(Value::Text(before)) => {
            Step::To(Some(Value::Text(SmolStr::from(format!("{before}{text}")))))
        }
        Some(Value::Int(number)) => Step::Refuse(format!("append to the number {number}")),
    }
}

pub(crate) fn access<'a>(op: &'a CellOp, ret: Option<&'a CellRet>) -> Access<'a> {
    match op {
        CellOp::Read => Access::Read(match ret {
            Some(CellRet::Value(value)) => Some(Value::atom_of(value.as_ref())),
            Some(CellRet::Done | CellRet::Mismatch) | None => None,
        }),
        CellOp::Write(value) => Access::Write(value.atom()),
        CellOp::Delete => Access::Write(Atom::Nil),
        // `step` takes such an answer as none, and no access says that.
        CellOp::Cas(..) if matches!(ret, Some(CellRet::Value(_))) => Access::Other,
        CellOp::Cas(from, to) => Access::Cas {
            from: Value::atom_of(from.as_ref()),
            to: to.atom(),
            swapped: ret.map(|ret| *ret == CellRet::Done),
        },
        CellOp::Append(_) => Access::Other,
    }
}

/// A value in words.
pub(crate) fn shown(value: &Cell) -> String {
    value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string)
}

/// An operation in words; `of` is ` x` for the key `x`, or empty.
pub(crate) fn describe(op: &CellOp, of: &str) -> String {
    match op {
        CellOp::Read => format!("read{of}"),
        CellOp::Write(value) => format!("write{of} {value}"),
        CellOp::Cas(from, to) => format!("cas{of} {} -> {to}", shown(from)),
        CellOp::Append(text) => format!("append{of} {text:?}"),
        CellOp::Delete => format!("delete{of}"),
    }
}

pub(crate) fn describe_ret(ret: &CellRet) -> String {
    match ret {
        CellRet::Value(value) => shown(value),
        CellRet::Done => "ok".to_owned(),
        CellRet::Mismatch => "mismatch".to_owned(),
    }
}

/// Refuses a name that is not among `known`.
pub(crate) fn check_name(f: &str, known: &[&str]) -> Result<(), String> {
    if known.contains(&f) {
        return Ok(());
    }
    Err(format!("unknown operation `{f}`; known: {}", known.join(", ")))
}

/// Reads an operation; `known` are the names that the model has.
pub(crate) fn read_op(f: &str, value: &str, known: &[&str]) -> Result<CellOp, String> {
    check_name(f, known)?;
    let some = |text: &str| {
        let read = read_value(text)?;
        read.ok_or_else(|| format!("{f} needs a value, found null"))
    };
    match f {
        "read" => Ok(CellOp::Read),
        "write" => some(value).map(CellOp::Write),
        "cas" => {
            let (from, to) = read_pair(value)?;
            Ok(CellOp::Cas(read_value(from)?, some(to)?))
        }
        "append" => match some(value)? {
            Value::Text(text) => Ok(CellOp::Append(text)),
            Value::Int(number) => Err(format!("append needs a text, found {number}")),
        },
        "delete" => Ok(CellOp::Delete),
        _ => Err(format!("unknown operation `{f}`")),
    }
}

pub(crate) fn read_ret(op: &CellOp, value: &str, mismatch: bool) -> Result<CellRet, String> {
    match op {
        CellOp::Read => read_value(value).map(CellRet::Value),
        CellOp::Cas(..) if mismatch => Ok(CellRet::Mismatch),
        _ if mismatch => Err("only a cas can be a mismatch".to_owned()),
        _ => Ok(CellRet::Done),
    }
}

pub(crate) fn write_op(op: &CellOp) -> Written {
    match op {
        CellOp::Read => Written::new("read", "null"),
        CellOp::Write(value) => Written::new("write", write_value(Some(value))),
        CellOp::Cas(from, to) => {
            let (from, to) = (write_value(from.as_ref()), write_value(Some(to)));
            Written::new("cas", format!("[{from},{to}]"))
        }
        CellOp::Append(text) => {
            Written::new("append", write_value(Some(&Value::Text(text.clone()))))
        }
        CellOp::Delete => Written::new("delete", "null"),
    }
}

pub(crate) fn write_ret(op: &CellOp, ret: &CellRet) -> Written {
    match ret {
        CellRet::Value(value) => Written::new("read", write_value(value.as_ref())),
        CellRet::Done => write_op(op),
        CellRet::Mismatch => write_op(op).mismatched(),
    }
}

/// The value part of an answer's text, for models that add nothing to it.
pub(crate) fn read_plain_ret(op: &CellOp, answer: Answer<'_>) -> Result<CellRet, String> {
    read_ret(op, answer.value, answer.mismatch)
}
