//! Objects of which a read shows more than one operation: sets that are read as a whole, logs.

use super::collections::number;
use super::{HistoryOf, Service, Turn};
use crate::draw::Draw;
use testimony::history::Outcome;
use testimony::model::{Log, LogOp, LogRet, Set, SetOp, SetRet, Value};

/// A set to which elements are added, each once, and of which every third operation reads the whole.
#[derive(Default)]
pub(super) struct Whole(Vec<Value>);

impl Service for Whole {
    type Model = Set;

    fn draw(&mut self, draw: &mut Draw, turn: Turn) -> SetOp {
        match draw.below(3) {
            0 => SetOp::Read,
            _ => SetOp::Add(i64::from(turn.number).into()),
        }
    }

    fn take(&mut self, op: &SetOp, _at: usize) -> SetRet {
        if let SetOp::Add(element) = op {
            self.0.push(element.clone());
            return SetRet::Done;
        }
        SetRet::Elements(self.0.clone())
    }

    /// A read at 95 % of the history lacks an element that was added long before.
    fn spoil(&self, history: &mut HistoryOf<Set>) -> bool {
        let from = history.operations.len() * 95 / 100;
        history.operations[from..].iter_mut().any(|operation| match &mut operation.outcome {
            Outcome::Ok(SetRet::Elements(elements)) if !elements.is_empty() => {
                elements.remove(elements.len() / 2);
                true
            }
            _ => false,
        })
    }
}

/// A log of unique entries, of which every third operation reads one of the last few.
#[derive(Default)]
pub(super) struct Entries(Vec<Value>);

impl Service for Entries {
    type Model = Log;

    fn draw(&mut self, draw: &mut Draw, turn: Turn) -> LogOp {
        let end = i64::try_from(self.0.len()).unwrap_or(i64::MAX);
        match draw.below(3) {
            0 => LogOp::Read((end - i64::try_from(draw.below(64)).unwrap_or(0)).max(0)),
            _ => LogOp::Append(i64::from(turn.number).into()),
        }
    }

    fn take(&mut self, op: &LogOp, _at: usize) -> LogRet {
        match op {
            LogOp::Append(entry) => {
                self.0.push(entry.clone());
                LogRet::Offset(i64::try_from(self.0.len()).unwrap_or(i64::MAX) - 1)
            }
            LogOp::Read(at) => {
                let at = usize::try_from(*at).ok();
                LogRet::Entry(at.and_then(|at| self.0.get(at)).cloned())
            }
            LogOp::ReadFrom(_) | LogOp::Length => LogRet::Length(0),
        }
    }

    /// A read at 95 % of the history shows an entry that stands elsewhere.
    fn spoil(&self, history: &mut HistoryOf<Log>) -> bool {
        let from = history.operations.len() * 95 / 100;
        let first = self.0.first().map_or(0, number);
        history.operations[from..].iter_mut().any(|operation| match &mut operation.outcome {
            Outcome::Ok(LogRet::Entry(Some(entry))) => {
                *entry = first.into();
                true
            }
            _ => false,
        })
    }
}
