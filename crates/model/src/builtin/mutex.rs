//! A mutex: one holder at a time; who takes it gives it back.

use super::cell::check_name;
use crate::json::{read_value, write_value};
use crate::{Access, Locking, Model, Object, Step, Value, Written};
use serde::{Deserialize, Serialize};
use testimony_history::{Answer, Process};

/// A lock with an owner, not reentrant.
///
/// In files the owner is the operation's value; where that is `null`, as in Jepsen's logs, the
/// process is the owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mutex;

/// An operation on a [`Mutex`], with the owner on whose behalf it is asked.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "f", content = "value", rename_all = "kebab-case")]
pub enum MutexOp {
    /// Takes the lock if nobody holds it.
    Acquire(Value),
    /// Gives it back if the owner holds it.
    Release(Value),
}

/// The answer to a [`MutexOp`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MutexRet {
    /// The lock was taken, or given back.
    Granted,
    /// Somebody held it already (a failed try-lock), or the one who wanted to give it back did not
    /// hold it. In files: `fail` with `"error":"mismatch"`.
    Refused,
}

/// Who holds a lock.
pub(crate) type Holder = Option<Value>;

/// The holder after an acquisition or a release, or why the answer is impossible.
pub(crate) fn step(holder: &Holder, op: &MutexOp, ret: Option<MutexRet>) -> Result<Holder, String> {
    let who = |holder: &Value| format!("{holder} holds it");
    match (op, ret) {
        (MutexOp::Acquire(by), Some(MutexRet::Granted) | None) if holder.is_none() => {
            Ok(Some(by.clone()))
        }
        (MutexOp::Release(by), Some(MutexRet::Granted) | None) if holder.as_ref() == Some(by) => {
            Ok(None)
        }
        (_, None) => Ok(holder.clone()),
        (MutexOp::Acquire(by), Some(MutexRet::Granted)) => {
            let holder = holder.as_ref().map(who).unwrap_or_default();
            Err(format!("granted to {by} although {holder}"))
        }
        (MutexOp::Release(by), Some(MutexRet::Granted)) => {
            let holder = holder.as_ref().map_or_else(|| "nobody holds it".to_owned(), who);
            Err(format!("{by} gave it back although {holder}"))
        }
        (MutexOp::Acquire(by), Some(MutexRet::Refused)) => match holder {
            Some(_) => Ok(holder.clone()),
            None => Err(format!("refused to {by} although nobody holds it")),
        },
        (MutexOp::Release(by), Some(MutexRet::Refused)) => match holder.as_ref() == Some(by) {
            true => Err(format!("{by} was told not to hold it, but does")),
            false => Ok(holder.clone()),
        },
    }
}

pub(crate) fn describe_holder(holder: &Holder) -> String {
    match holder {
        Some(owner) => format!("held by {owner}"),
        None => "free".to_owned(),
    }
}

pub(crate) fn describe(op: &MutexOp) -> String {
    match op {
        MutexOp::Acquire(by) => format!("acquire by {by}"),
        MutexOp::Release(by) => format!("release by {by}"),
    }
}

/// Reads an owner; none named means the process, where there is one.
pub(crate) fn read_owner(process: Option<Process>, value: &str) -> Result<Value, String> {
    let named = read_value(value)?;
    let process = process.map(|Process(id)| Value::Int(id.into()));
    named.or(process).ok_or_else(|| "expected an owner, found null".to_owned())
}

impl Mutex {
    fn read(process: Option<Process>, f: &str, value: &str) -> Result<MutexOp, String> {
        check_name(f, &["acquire", "release"])?;
        let by = read_owner(process, value)?;
        Ok(if f == "acquire" { MutexOp::Acquire(by) } else { MutexOp::Release(by) })
    }
}

impl Model for Mutex {
    type Op = MutexOp;
    type Ret = MutexRet;
    type State = Option<Value>;
    type Key = String;
    const NAME: &'static str = "mutex";

    fn init(&self) -> Holder {
        None
    }

    fn step(&self, state: &Holder, op: &MutexOp, ret: Option<&MutexRet>) -> Step<Holder> {
        step(state, op, ret.copied()).map_or_else(Step::Refuse, Step::To)
    }

    fn is_observation(&self, _op: &MutexOp, ret: &MutexRet) -> bool {
        *ret == MutexRet::Refused
    }

    fn object(&self) -> Object {
        Object::Lock
    }

    fn access<'a>(&self, op: &'a MutexOp, ret: Option<&'a MutexRet>) -> Access<'a> {
        let granted = ret.map(|ret| *ret == MutexRet::Granted);
        Access::Lock(match op {
            MutexOp::Acquire(by) => Locking::Acquire { by: by.atom(), granted, token: None },
            MutexOp::Release(by) => Locking::Release { by: by.atom(), granted },
        })
    }

    fn describe(&self, op: &MutexOp) -> String {
        describe(op)
    }

    fn describe_ret(&self, op: &MutexOp, ret: &MutexRet) -> String {
        let said = match (op, ret) {
            (_, MutexRet::Granted) => "ok",
            (MutexOp::Acquire(_), MutexRet::Refused) => "refused",
            (MutexOp::Release(_), MutexRet::Refused) => "not held",
        };
        said.to_owned()
    }

    fn state_bytes(&self, _state: &Self::State) -> Option<usize> {
        Some(0)
    }

    fn describe_state(&self, state: &Holder) -> String {
        describe_holder(state)
    }

    fn read_op(&self, f: &str, value: &str) -> Result<MutexOp, String> {
        Mutex::read(None, f, value)
    }

    fn read_op_by(&self, process: Process, f: &str, value: &str) -> Result<MutexOp, String> {
        Mutex::read(Some(process), f, value)
    }

    fn read_ret(&self, _op: &MutexOp, answer: Answer<'_>) -> Result<MutexRet, String> {
        Ok(if answer.mismatch { MutexRet::Refused } else { MutexRet::Granted })
    }

    fn write_op(&self, op: &MutexOp) -> Written {
        match op {
            MutexOp::Acquire(by) => Written::new("acquire", write_value(Some(by))),
            MutexOp::Release(by) => Written::new("release", write_value(Some(by))),
        }
    }

    fn write_ret(&self, op: &MutexOp, ret: &MutexRet) -> Written {
        match ret {
            MutexRet::Granted => self.write_op(op),
            MutexRet::Refused => self.write_op(op).mismatched(),
        }
    }
}
