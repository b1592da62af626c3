//! Registers: one cell, with or without compare-and-set.

use super::cell::{self, Cell, CellOp, CellRet};
use crate::{Access, Model, Step, Written};
use testimony_history::Answer;

/// Registers differ only in the operations that they have.
macro_rules! register {
    ($(#[$doc:meta])* $name:ident, $file_name:literal, $operations:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        pub struct $name;

        impl Model for $name {
            type Op = CellOp;
            type Ret = CellRet;
            type State = Cell;
            type Key = String;
            const NAME: &'static str = $file_name;

            fn init(&self) -> Cell {
                None
            }

            fn step(&self, state: &Cell, op: &CellOp, ret: Option<&CellRet>) -> Step<Cell> {
                cell::step(state, op, ret)
            }

            fn is_observer(&self, op: &CellOp) -> bool {
                matches!(op, CellOp::Read)
            }

            fn access<'a>(&self, op: &'a CellOp, ret: Option<&'a CellRet>) -> Access<'a> {
                cell::access(op, ret)
            }

            fn appended<'a>(&self, op: &'a CellOp, _ret: Option<&'a CellRet>) -> Option<&'a str> {
                match op {
                    CellOp::Append(text) => Some(text),
                    _ => None,
                }
            }

            fn describe(&self, op: &CellOp) -> String {
                cell::describe(op, "")
            }

            fn describe_ret(&self, _op: &CellOp, ret: &CellRet) -> String {
                cell::describe_ret(ret)
            }

            fn state_bytes(&self, _state: &Cell) -> Option<usize> {
                Some(0)
            }

            fn describe_state(&self, state: &Cell) -> String {
                cell::shown(state)
            }

            fn read_op(&self, f: &str, value: &str) -> Result<CellOp, String> {
                cell::read_op(f, value, &$operations)
            }

            fn read_ret(&self, op: &CellOp, answer: Answer<'_>) -> Result<CellRet, String> {
                cell::read_plain_ret(op, answer)
            }

            fn write_op(&self, op: &CellOp) -> Written {
                cell::write_op(op)
            }

            fn write_ret(&self, op: &CellOp, ret: &CellRet) -> Written {
                cell::write_ret(op, ret)
            }
        }
    };
}

register! {
    /// One value that is read and written; nothing at the beginning.
    Register, "register", ["read", "write"]
}

register! {
    /// One value that is read, written, and compared and set; nothing at the beginning.
    CasRegister, "cas-register", ["read", "write", "cas"]
}
