//! Sequential specifications: what an object does when it is used by one client at a time.
//!
//! A [`Model`] is a set of pure functions; a checker asks it whether an order of operations could
//! have happened. The built-in models are [`Register`], [`CasRegister`], [`Kv`] and [`Stock`].

mod access;
mod builtin;
mod json;
mod lines;
mod model;
mod value;
mod words;

pub use access::{Access, Atom};
pub use builtin::cas_register::CasRegister;
pub use builtin::cell::{CellOp, CellRet};
pub use builtin::kv::{Kv, KvOp, KvState};
pub use builtin::register::Register;
pub use builtin::stock::{Stock, StockOp, StockRet};
pub use lines::{write_completion, write_history, write_invocation};
pub use model::{Data, Keys, Model, Step};
pub use value::Value;
pub use words::{Words, Written};
