//! Locks: clients that take a mutex or a lock with fencing tokens, and give it back.
//!
//! A client asks until it is granted the lock. The owner is the client and not its process, as of a
//! session that outlives a connection: one that got no answer gives the lock back, whether it holds it
//! or not, until it is told. Otherwise the first grant that is lost were the last one.

use super::sums::{before, middle};
use super::{HistoryOf, Service, Turn};
use crate::draw::Draw;
use testimony::history::{Operation, Outcome};
use testimony::model::{FencedLock, FencedOp, FencedRet, Mutex, MutexOp, MutexRet, Value};

/// A mutex.
#[derive(Default)]
pub(super) struct Exclusive {
    holder: Option<Value>,
}

impl Exclusive {
    /// Who was answered last time knows whether it holds the lock.
    fn gives_back(&self, turn: Turn) -> bool {
        turn.lost || self.holder == Some(owner(turn))
    }

    fn acquire(&mut self, by: &Value) -> bool {
        let free = self.holder.is_none();
        if free {
            self.holder = Some(by.clone());
        }
        free
    }

    fn release(&mut self, by: &Value) -> bool {
        let held = self.holder.as_ref() == Some(by);
        if held {
            self.holder = None;
        }
        held
    }
}

fn owner(turn: Turn) -> Value {
    i64::from(turn.client).into()
}

impl Service for Exclusive {
    type Model = Mutex;

    fn draw(&mut self, _draw: &mut Draw, turn: Turn) -> MutexOp {
        match self.gives_back(turn) {
            true => MutexOp::Release(owner(turn)),
            false => MutexOp::Acquire(owner(turn)),
        }
    }

    fn take(&mut self, op: &MutexOp, _at: usize) -> MutexRet {
        let granted = match op {
            MutexOp::Acquire(by) => self.acquire(by),
            MutexOp::Release(by) => self.release(by),
        };
        if granted { MutexRet::Granted } else { MutexRet::Refused }
    }

    /// In the middle somebody is granted the lock who was refused it. That owner never gives it back,
    /// so nobody else can have it from then on; a release of it that was lost would make that possible.
    fn spoil(&self, history: &mut HistoryOf<Mutex>) -> bool {
        let is_refused = |one: &Operation<MutexOp, MutexRet>| {
            let refused = one.outcome.answer() == Some(&MutexRet::Refused);
            refused && matches!(one.op, MutexOp::Acquire(_))
        };
        let Some(at) = middle(history, is_refused) else { return false };
        history.operations[at].outcome = Outcome::Ok(MutexRet::Granted);
        true
    }
}

/// A lock with tokens, and the resource that they guard: one operation in three writes to it.
#[derive(Default)]
pub(super) struct Fenced {
    lock: Exclusive,
    /// The last token that was granted, and the highest that was accepted.
    granted: i64,
    accepted: i64,
    /// By client: the last token that it knows of.
    tokens: Vec<Option<i64>>,
}

impl Fenced {
    fn token(&mut self, client: usize) -> &mut Option<i64> {
        if self.tokens.len() <= client {
            self.tokens.resize(client + 1, None);
        }
        &mut self.tokens[client]
    }
}

impl Service for Fenced {
    type Model = FencedLock;

    /// Who has been granted a token writes with it now and then, whether it still holds the lock or
    /// not: to refuse those writes is what tokens are for.
    fn draw(&mut self, draw: &mut Draw, turn: Turn) -> FencedOp {
        let writes = draw.below(3) == 0;
        let gives_back = self.lock.gives_back(turn);
        let token = self.token(turn.client as usize);
        if turn.lost {
            *token = None;
        }
        match *token {
            Some(token) if writes => FencedOp::Write(token),
            _ if gives_back => FencedOp::Release(owner(turn)),
            _ => FencedOp::Acquire(owner(turn)),
        }
    }

    fn take(&mut self, op: &FencedOp, _at: usize) -> FencedRet {
        match op {
            FencedOp::Acquire(by) if self.lock.acquire(by) => {
                self.granted += 1;
                let granted = self.granted;
                if let Value::Int(client) = by {
                    *self.token(usize::try_from(*client).unwrap_or(0)) = Some(granted);
                }
                FencedRet::Token(granted)
            }
            FencedOp::Release(by) if self.lock.release(by) => FencedRet::Done,
            FencedOp::Write(token) if *token >= self.accepted => {
                self.accepted = *token;
                FencedRet::Done
            }
            FencedOp::Acquire(_) | FencedOp::Release(_) | FencedOp::Write(_) => FencedRet::Refused,
        }
    }

    /// In the middle the token of a grant that was over is granted again.
    fn spoil(&self, history: &mut HistoryOf<FencedLock>) -> bool {
        let is_grant = |one: &Operation<FencedOp, FencedRet>| {
            matches!(one.outcome.answer(), Some(FencedRet::Token(_)))
        };
        let Some(at) = middle(history, is_grant) else { return false };
        let Some(old) = before(history, at, is_grant) else { return false };
        let old = old.outcome.clone();
        history.operations[at].outcome = old;
        true
    }
}
