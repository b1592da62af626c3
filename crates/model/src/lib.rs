//! Sequential specifications: what an object does when it is used by one client at a time.
//!
//! A [`Model`] is a set of pure functions; a checker asks it whether an order of operations could
//! have happened. The built-in models are [`Register`], [`CasRegister`], [`Kv`], [`Stock`], [`Bank`]
//! and [`UniqueIds`].
//!
//! # A model of your own
//!
//! A register that only rises, read from a file by the words of its enum. The attribute of `Op` makes
//! the name of a variant the `f` of an event and its content the `value`; an answer stands beside
//! them as `ret`.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use testimony_history::{ReadOptions, native, read};
//! use testimony_model::{Model, Step, Words};
//!
//! /// A register that keeps the largest value that was ever offered.
//! #[derive(Clone)]
//! struct MaxRegister;
//!
//! #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
//! #[serde(tag = "f", content = "value", rename_all = "kebab-case")]
//! enum Op {
//!     Offer(i64),
//!     Read,
//! }
//!
//! impl Model for MaxRegister {
//!     type Op = Op;
//!     type Ret = Option<i64>;
//!     type State = i64;
//!     type Key = String;
//!     const NAME: &'static str = "max-register";
//!
//!     fn init(&self) -> i64 {
//!         0
//!     }
//!
//!     fn step(&self, state: &i64, op: &Op, ret: Option<&Option<i64>>) -> Step<i64> {
//!         match (op, ret) {
//!             (Op::Offer(value), _) => Step::To(*state.max(value)),
//!             (Op::Read, Some(Some(read))) if read != state => {
//!                 Step::Refuse(format!("read {read} where {state} is"))
//!             }
//!             (Op::Read, _) => Step::To(*state),
//!         }
//!     }
//!
//!     fn is_observer(&self, op: &Op) -> bool {
//!         matches!(op, Op::Read)
//!     }
//! }
//!
//! let file = r#"{"process":0,"type":"invoke","f":"offer","value":3}
//! {"process":0,"type":"ok","f":"offer","value":3}
//! {"process":1,"type":"invoke","f":"read","value":null}
//! {"process":1,"type":"ok","f":"read","value":null,"ret":2}
//! "#;
//! let source = native::Reader::new(file.as_bytes());
//! let read = read(&source, &Words(&MaxRegister), &ReadOptions::default());
//! assert!(read.problems.is_empty(), "{}", read.problems);
//!
//! let [offer, stale] = &read.history.operations[..] else { panic!() };
//! let after = MaxRegister.step(&MaxRegister.init(), &offer.op, offer.outcome.answer());
//! assert_eq!(after, Step::To(3));
//! let refused = MaxRegister.step(&3, &stale.op, stale.outcome.answer());
//! assert_eq!(refused, Step::Refuse("read 2 where 3 is".to_owned()));
//! ```

mod access;
mod builtin;
mod json;
mod lines;
mod model;
mod readings;
mod terms;
mod value;
mod words;

pub use access::{Access, Atom, Element, Locking, Object, Placing, places};
pub use builtin::bag::{Bag, Row};
pub use builtin::bank::{Balances, Bank, BankOp, BankRet};
pub use builtin::cell::{CellOp, CellRet};
pub use builtin::collection::{
    CollectionOp, CollectionRet, PriorityQueue, PriorityState, Queue, QueueState, Stack, StackState,
};
pub use builtin::counter::{Counter, CounterOp, CounterRet};
pub use builtin::fenced_lock::{FencedLock, FencedOp, FencedPart, FencedRet, FencedState};
pub use builtin::fetch_add::{FetchAdd, FetchAddOp, Returns};
pub use builtin::kv::{Kv, KvOp, KvState};
pub use builtin::log::{Log, LogOp, LogRet, LogState};
pub use builtin::multi_register::{MicroOp, MultiRegister, Txn};
pub use builtin::mutex::{Mutex, MutexOp, MutexRet};
pub use builtin::register::{CasRegister, Register};
pub use builtin::sequence::{Sequence, SequenceOp};
pub use builtin::set::{Set, SetOp, SetRet};
pub use builtin::stock::{Stock, StockOp, StockRet};
pub use builtin::unique_ids::{IdOp, UniqueIds};
pub use lines::{write_completion, write_history, write_invocation};
pub use model::{Data, Keys, Model, Step};
pub use readings::Readings;
pub use terms::{Number, Term};
pub use value::Value;
pub use words::{Words, Written};
