//! What a model's operations read: what invariants ask that compare answers.

use crate::{
    Access, Bank, CasRegister, Counter, FetchAdd, Keys, Kv, Log, Model, MultiRegister, Object,
    PriorityQueue, Queue, Register, Set, SetRet, Stack, Stock, StockOp, StockRet, Value,
};

/// A model whose observers answer a function of the state: two of them with the same question, in
/// the same state, get the same answer. The defaults suit every such model.
///
/// A model opts in with an empty `impl`. One whose observers may answer any of several things (a
/// read that any of several values satisfies) must not.
pub trait Readings: Model {
    /// What an operation asked that got this answer, in words; `None` when it asked nothing.
    fn question(&self, op: &Self::Op, _ret: &Self::Ret) -> Option<String> {
        self.is_observer(op).then(|| self.describe(op))
    }

    /// Whether two answers to the same question say the same.
    fn agree(&self, one: &Self::Ret, other: &Self::Ret) -> bool {
        one == other
    }

    /// Whether an operation with this answer may have changed something.
    fn changes(&self, op: &Self::Op, ret: &Self::Ret) -> bool {
        !self.is_observation(op, ret)
    }

    /// Whether `late`, an operation without an answer, could be the last change before a state in
    /// which `read` answers `ret`. `true` is always safe.
    fn explains(&self, late: &Self::Op, read: &Self::Op, ret: &Self::Ret) -> bool {
        if self.is_observer(late) {
            return false;
        }
        if let (Keys::One(here), Keys::One(there)) = (self.keys(late), self.keys(read))
            && here != there
        {
            return false;
        }
        if self.object() != Object::Register {
            return true;
        }
        match (self.access(late, None), self.access(read, Some(ret))) {
            (Access::Write(to) | Access::Cas { to, .. }, Access::Read(Some(seen))) => to == seen,
            _ => true,
        }
    }
}

impl Readings for Register {}
impl Readings for CasRegister {}
impl Readings for Kv {}
impl Readings for MultiRegister {}
impl Readings for Counter {}
impl Readings for FetchAdd {}
impl Readings for Log {}
impl Readings for Bank {}
impl Readings for Queue {}
impl Readings for Stack {}
impl Readings for PriorityQueue {}

impl Readings for Set {
    fn agree(&self, one: &SetRet, other: &SetRet) -> bool {
        let sorted = |elements: &[Value]| {
            let mut sorted = elements.to_vec();
            sorted.sort_unstable();
            sorted
        };
        match (one, other) {
            (SetRet::Elements(one), SetRet::Elements(other)) => sorted(one) == sorted(other),
            _ => one == other,
        }
    }
}

impl Readings for Stock {
    fn changes(&self, op: &StockOp, ret: &StockRet) -> bool {
        match op {
            StockOp::Buy(units) => *units > 0 && *ret != StockRet::SoldOut,
            StockOp::Restock(units) => *units > 0,
            StockOp::Read => false,
        }
    }

    fn explains(&self, late: &StockOp, _read: &StockOp, _ret: &StockRet) -> bool {
        match late {
            StockOp::Buy(units) | StockOp::Restock(units) => *units > 0,
            StockOp::Read => false,
        }
    }
}
