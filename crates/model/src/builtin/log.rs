//! A log: append an entry, read by offset.

mod entries;

use super::cell::check_name;
use crate::json::{
    read_int, read_list, read_pair, read_params, read_value, write_list, write_value,
};
use crate::{Access, Atom, Model, Object, Placing, Step, Value, Written};
use serde::{Deserialize, Serialize};
use testimony_history::Answer;

pub use entries::LogState;

/// Entries in a row, each at its offset.
///
/// The offsets give the order of the appends, so a log-linear engine judges, whatever the entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// The offset of the first entry.
    pub first: i64,
}

/// An operation on a [`Log`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "f", content = "value", rename_all = "kebab-case")]
pub enum LogOp {
    /// Puts an entry at the end; the answer is its offset.
    Append(Value),
    /// Answers the entry at this offset.
    Read(i64),
    /// Answers all entries from this offset on.
    ReadFrom(i64),
    /// Answers how many entries there are.
    Length,
}

/// The answer to a [`LogOp`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", content = "value", rename_all = "kebab-case")]
pub enum LogRet {
    /// Where the entry was put.
    Offset(i64),
    /// What is there; nothing, where nothing is yet.
    Entry(Option<Value>),
    /// What is there, up to the end.
    Entries(Vec<Value>),
    /// How many there are.
    Length(i64),
}

impl Log {
    /// How many entries stand before an offset; `None` where no entry can be.
    fn index(self, offset: i64) -> Option<usize> {
        offset.checked_sub(self.first).and_then(|index| usize::try_from(index).ok())
    }

    /// The offset of the next entry.
    fn end(self, state: &LogState) -> Option<i64> {
        i64::try_from(state.len()).ok().and_then(|len| self.first.checked_add(len))
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

fn shown_all<'v>(values: impl Iterator<Item = &'v Value>) -> String {
    let shown: Vec<String> = values.map(Value::to_string).collect();
    match shown.len() {
        0..=8 => format!("[{}]", shown.join(", ")),
        all => format!("[{}, .. {} in all]", shown[..8].join(", "), all),
    }
}

impl Model for Log {
    type Op = LogOp;
    type Ret = LogRet;
    type State = LogState;
    type Key = String;
    const NAME: &'static str = "log";

    fn init(&self) -> LogState {
        LogState::default()
    }

    fn step(&self, state: &LogState, op: &LogOp, ret: Option<&LogRet>) -> Step<LogState> {
        let Some(end) = self.end(state) else {
            return Step::Refuse("no offset of 64 bits is left".to_owned());
        };
        match (op, ret) {
            (LogOp::Append(_), Some(LogRet::Offset(offset))) if *offset != end => {
                Step::Refuse(format!("appended at {offset} where {end} is the end"))
            }
            (LogOp::Append(value), _) => Step::To(state.with(value.clone())),
            (LogOp::Read(offset), Some(LogRet::Entry(read))) => {
                let there = self.index(*offset).and_then(|index| state.get(index));
                match there == read.as_ref() {
                    true => Step::To(state.clone()),
                    false => {
                        let (read, there) = (shown(read.as_ref()), shown(there));
                        Step::Refuse(format!("read {read} at {offset} where {there} is"))
                    }
                }
            }
            (LogOp::ReadFrom(offset), Some(LogRet::Entries(read))) => {
                let from = self.index(*offset).unwrap_or(0);
                match state.is_suffix(from, read) {
                    true => Step::To(state.clone()),
                    false => {
                        let there = state.suffix(from);
                        Step::Refuse(format!(
                            "read {} from {offset} on where {} is",
                            shown_all(read.iter()),
                            shown_all(there.into_iter())
                        ))
                    }
                }
            }
            (LogOp::Length, Some(LogRet::Length(length))) if *length != end - self.first => {
                Step::Refuse(format!("length {length} where it is {}", end - self.first))
            }
            (LogOp::Read(_) | LogOp::ReadFrom(_) | LogOp::Length, _) => Step::To(state.clone()),
        }
    }

    fn is_observer(&self, op: &LogOp) -> bool {
        !matches!(op, LogOp::Append(_))
    }

    fn object(&self) -> Object {
        Object::Sequence
    }

    fn access<'a>(&self, op: &'a LogOp, ret: Option<&'a LogRet>) -> Access<'a> {
        match (op, ret) {
            (LogOp::Append(_), Some(LogRet::Offset(i64::MAX))) => Access::Other,
            (LogOp::Append(value), ret) => {
                let at = match ret {
                    Some(LogRet::Offset(offset)) => Some(*offset),
                    _ => None,
                };
                Access::Place(Placing::Take { at, size: 1, entry: Some(value.atom()) })
            }
            (LogOp::Read(at), Some(LogRet::Entry(entry))) => {
                Access::Place(Placing::Entry { at: *at, entry: Value::atom_of(entry.as_ref()) })
            }
            (LogOp::ReadFrom(from), Some(LogRet::Entries(entries))) => {
                let from = (*from).max(self.first);
                // Behind the last place there is nothing.
                let length = i64::try_from(entries.len()).ok();
                match length.and_then(|length| from.checked_add(length)) {
                    Some(_) => Access::Place(Placing::Suffix { from, entries }),
                    None => Access::Other,
                }
            }
            (LogOp::Length, Some(LogRet::Length(length))) => {
                let end = self.first.checked_add(*length);
                end.map_or(Access::Other, |end| Access::Place(Placing::End(Some(end))))
            }
            (LogOp::Read(_) | LogOp::ReadFrom(_) | LogOp::Length, _) => {
                Access::Place(Placing::End(None))
            }
        }
    }

    fn initial(&self) -> Atom<'_> {
        Atom::Int(self.first)
    }

    fn describe(&self, op: &LogOp) -> String {
        match op {
            LogOp::Append(value) => format!("append {value}"),
            LogOp::Read(offset) => format!("read at {offset}"),
            LogOp::ReadFrom(offset) => format!("read from {offset}"),
            LogOp::Length => "length".to_owned(),
        }
    }

    fn describe_ret(&self, _op: &LogOp, ret: &LogRet) -> String {
        match ret {
            LogRet::Offset(offset) => format!("at {offset}"),
            LogRet::Entry(value) => shown(value.as_ref()),
            LogRet::Entries(values) => shown_all(values.iter()),
            LogRet::Length(length) => length.to_string(),
        }
    }

    fn state_bytes(&self, state: &Self::State) -> Option<usize> {
        Some(state.own_bytes())
    }

    fn describe_state(&self, state: &LogState) -> String {
        shown_all(state.suffix(0).into_iter())
    }

    fn with_params(&self, params: &str) -> Result<Log, String> {
        read_params(params, "{\"first\": offset}")
    }

    fn params(&self) -> Option<String> {
        Some(format!("{{\"first\":{}}}", self.first))
    }

    fn read_op(&self, f: &str, value: &str) -> Result<LogOp, String> {
        check_name(f, &["append", "read", "read-from", "length"])?;
        match f {
            "append" => match read_value(value)? {
                Some(value) => Ok(LogOp::Append(value)),
                None => Err("append needs a value, found null".to_owned()),
            },
            "length" => Ok(LogOp::Length),
            "read" => read_int("an offset", value).map(LogOp::Read),
            _ => read_int("an offset", value).map(LogOp::ReadFrom),
        }
    }

    fn read_ret(&self, op: &LogOp, answer: Answer<'_>) -> Result<LogRet, String> {
        if answer.mismatch {
            return Err("a log has no mismatch".to_owned());
        }
        if *op == LogOp::Length {
            return read_int("a length", answer.value).map(LogRet::Length);
        }
        let (asked, answer) = read_pair(answer.value)?;
        let again = match op {
            LogOp::Append(value) => read_value(asked)?.as_ref() == Some(value),
            LogOp::Read(offset) | LogOp::ReadFrom(offset) => {
                read_int("an offset", asked)? == *offset
            }
            LogOp::Length => true,
        };
        if !again {
            let op = self.write_op(op).value;
            return Err(format!("expected {op} again, as in the invocation, found {asked}"));
        }
        match op {
            LogOp::Append(_) => read_int("an offset", answer).map(LogRet::Offset),
            LogOp::Read(_) => read_value(answer).map(LogRet::Entry),
            LogOp::ReadFrom(_) | LogOp::Length => read_list(answer).map(LogRet::Entries),
        }
    }

    fn write_op(&self, op: &LogOp) -> Written {
        match op {
            LogOp::Append(value) => Written::new("append", write_value(Some(value))),
            LogOp::Read(offset) => Written::new("read", offset.to_string()),
            LogOp::ReadFrom(offset) => Written::new("read-from", offset.to_string()),
            LogOp::Length => Written::new("length", "null"),
        }
    }

    fn write_ret(&self, op: &LogOp, ret: &LogRet) -> Written {
        let written = self.write_op(op);
        let answer = match ret {
            LogRet::Length(length) => return Written { value: length.to_string(), ..written },
            LogRet::Offset(offset) => offset.to_string(),
            LogRet::Entry(value) => write_value(value.as_ref()),
            LogRet::Entries(values) => write_list(values),
        };
        Written { value: format!("[{},{answer}]", written.value), ..written }
    }
}
