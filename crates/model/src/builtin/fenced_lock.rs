//! A lock with fencing tokens, and the resource that they guard.

use super::cell::check_name;
use super::mutex::{self, Holder, MutexOp, MutexRet, read_owner};
use crate::json::{read_int, read_pair, read_value, write_value};
use crate::{Access, Keys, Locking, Model, Object, Step, Value, Written};
use serde::{Deserialize, Serialize};
use std::fmt;
use testimony_history::{Answer, Process};

/// A lock whose every grant carries a token higher than all before, and a resource that refuses
/// writes with a token below the highest that it has accepted.
///
/// The two are independent of each other, so they are judged apart: the resource does not ask the
/// lock which tokens it has granted. Owners are as those of [`crate::Mutex`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FencedLock;

/// An operation on a [`FencedLock`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "f", content = "value", rename_all = "kebab-case")]
pub enum FencedOp {
    /// Takes the lock if nobody holds it; the answer has the token.
    Acquire(Value),
    /// Gives it back if the owner holds it.
    Release(Value),
    /// Writes to the resource with this token.
    Write(i64),
}

/// The answer to a [`FencedOp`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", content = "value", rename_all = "kebab-case")]
pub enum FencedRet {
    /// The lock was taken, with this token.
    Token(i64),
    /// The lock was given back, or the write accepted.
    Done,
    /// Somebody held the lock; the one who wanted to give it back did not; or the resource had
    /// accepted a higher token. In files: `fail` with `"error":"mismatch"`.
    Refused,
}

/// What a [`FencedLock`] remembers.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct FencedState {
    /// Who holds the lock.
    pub holder: Option<Value>,
    /// The token of the last grant.
    pub granted: Option<i64>,
    /// The highest token that the resource has accepted.
    pub accepted: Option<i64>,
}

/// The two halves of a [`FencedLock`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FencedPart {
    /// The lock.
    Lock,
    /// What it guards.
    Resource,
}

impl fmt::Display for FencedPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FencedPart::Lock => "lock",
            FencedPart::Resource => "resource",
        })
    }
}

impl FencedOp {
    /// The operation on the lock that it is, if it is one.
    fn on_lock(&self) -> Option<MutexOp> {
        match self {
            FencedOp::Acquire(by) => Some(MutexOp::Acquire(by.clone())),
            FencedOp::Release(by) => Some(MutexOp::Release(by.clone())),
            FencedOp::Write(_) => None,
        }
    }

    /// The token that it was granted.
    fn token(&self, ret: Option<FencedRet>) -> Option<i64> {
        match (self, ret) {
            (FencedOp::Acquire(_), Some(FencedRet::Token(token))) => Some(token),
            _ => None,
        }
    }
}

fn granted(ret: FencedRet) -> MutexRet {
    match ret {
        FencedRet::Token(_) | FencedRet::Done => MutexRet::Granted,
        FencedRet::Refused => MutexRet::Refused,
    }
}

/// What an operation on the lock does; `token` is the one that it was granted.
fn locked(
    state: &FencedState,
    op: &MutexOp,
    ret: Option<FencedRet>,
    token: Option<i64>,
) -> Result<FencedState, String> {
    // The token first: a release can help where somebody holds the lock, but nothing helps here.
    if let (Some(token), Some(last)) = (token, state.granted)
        && token <= last
    {
        return Err(format!("token {token} granted after token {last}"));
    }
    let holder: Holder = mutex::step(&state.holder, op, ret.map(granted))?;
    Ok(FencedState { holder, granted: token.or(state.granted), ..state.clone() })
}

fn write(state: &FencedState, token: i64, ret: Option<FencedRet>) -> Result<FencedState, String> {
    let higher = state.accepted.filter(|accepted| token < *accepted);
    match (higher, ret) {
        (Some(higher), Some(FencedRet::Done | FencedRet::Token(_))) => {
            Err(format!("accepted token {token} after token {higher}"))
        }
        (None, Some(FencedRet::Refused)) => {
            let highest = state.accepted.map_or_else(
                || "nothing was accepted before".to_owned(),
                |highest| format!("the highest accepted is {highest}"),
            );
            Err(format!("refused token {token} although {highest}"))
        }
        (Some(_), _) => Ok(state.clone()),
        (None, _) => Ok(FencedState { accepted: Some(token), ..state.clone() }),
    }
}

impl FencedLock {
    fn read(process: Option<Process>, f: &str, value: &str) -> Result<FencedOp, String> {
        check_name(f, &["acquire", "release", "write"])?;
        match f {
            "acquire" => read_owner(process, value).map(FencedOp::Acquire),
            "release" => read_owner(process, value).map(FencedOp::Release),
            _ => read_int("a token", value).map(FencedOp::Write),
        }
    }
}

impl Model for FencedLock {
    type Op = FencedOp;
    type Ret = FencedRet;
    type State = FencedState;
    type Key = FencedPart;
    const NAME: &'static str = "fenced-lock";

    fn init(&self) -> FencedState {
        FencedState::default()
    }

    fn step(
        &self,
        state: &FencedState,
        op: &FencedOp,
        ret: Option<&FencedRet>,
    ) -> Step<FencedState> {
        let ret = ret.copied();
        let next = match (op, op.on_lock()) {
            (FencedOp::Write(token), _) => write(state, *token, ret),
            (_, Some(on_lock)) => locked(state, &on_lock, ret, op.token(ret)),
            (_, None) => Ok(state.clone()),
        };
        next.map_or_else(Step::Refuse, Step::To)
    }

    fn keys(&self, op: &FencedOp) -> Keys<FencedPart> {
        Keys::One(match op {
            FencedOp::Acquire(_) | FencedOp::Release(_) => FencedPart::Lock,
            FencedOp::Write(_) => FencedPart::Resource,
        })
    }

    fn is_observation(&self, _op: &FencedOp, ret: &FencedRet) -> bool {
        *ret == FencedRet::Refused
    }

    fn object(&self) -> Object {
        Object::Lock
    }

    fn access<'a>(&self, op: &'a FencedOp, ret: Option<&'a FencedRet>) -> Access<'a> {
        let granted = ret.map(|ret| *ret != FencedRet::Refused);
        match op {
            FencedOp::Acquire(by) => {
                let (by, token) = (by.atom(), op.token(ret.copied()));
                Access::Lock(Locking::Acquire { by, granted, token })
            }
            FencedOp::Release(by) => Access::Lock(Locking::Release { by: by.atom(), granted }),
            FencedOp::Write(_) => Access::Other,
        }
    }

    fn describe(&self, op: &FencedOp) -> String {
        match (op, op.on_lock()) {
            (FencedOp::Write(token), _) => format!("write with token {token}"),
            (_, on_lock) => on_lock.as_ref().map(mutex::describe).unwrap_or_default(),
        }
    }

    fn describe_ret(&self, op: &FencedOp, ret: &FencedRet) -> String {
        match (op, ret) {
            (_, FencedRet::Token(token)) => format!("token {token}"),
            (_, FencedRet::Done) => "ok".to_owned(),
            (FencedOp::Release(_), FencedRet::Refused) => "not held".to_owned(),
            (_, FencedRet::Refused) => "refused".to_owned(),
        }
    }

    fn state_bytes(&self, _state: &Self::State) -> Option<usize> {
        Some(0)
    }

    fn describe_state(&self, state: &FencedState) -> String {
        let token = |token: Option<i64>| {
            token.map_or_else(|| "no token yet".to_owned(), |token| format!("token {token}"))
        };
        format!(
            "{}, {} granted, {} accepted",
            mutex::describe_holder(&state.holder),
            token(state.granted),
            token(state.accepted)
        )
    }

    fn read_op(&self, f: &str, value: &str) -> Result<FencedOp, String> {
        FencedLock::read(None, f, value)
    }

    fn read_op_by(&self, process: Process, f: &str, value: &str) -> Result<FencedOp, String> {
        FencedLock::read(Some(process), f, value)
    }

    fn read_ret(&self, op: &FencedOp, answer: Answer<'_>) -> Result<FencedRet, String> {
        match op {
            _ if answer.mismatch => Ok(FencedRet::Refused),
            FencedOp::Release(_) | FencedOp::Write(_) => Ok(FencedRet::Done),
            FencedOp::Acquire(by) => {
                let (owner, token) = read_pair(answer.value)?;
                if read_value(owner)?.is_some_and(|owner| owner != *by) {
                    return Err(format!(
                        "expected the owner {by} of the invocation, found {owner}"
                    ));
                }
                read_int("a token", token).map(FencedRet::Token)
            }
        }
    }

    fn write_op(&self, op: &FencedOp) -> Written {
        match op {
            FencedOp::Acquire(by) => Written::new("acquire", write_value(Some(by))),
            FencedOp::Release(by) => Written::new("release", write_value(Some(by))),
            FencedOp::Write(token) => Written::new("write", token.to_string()),
        }
    }

    fn write_ret(&self, op: &FencedOp, ret: &FencedRet) -> Written {
        let written = self.write_op(op);
        match ret {
            FencedRet::Token(token) => {
                Written { value: format!("[{},{token}]", written.value), ..written }
            }
            FencedRet::Done => written,
            FencedRet::Refused => written.mismatched(),
        }
    }
}
