//! The engines: what a history is judged by.
//!
//! A [`Checker`] judges one property of a history; [`judge`] runs several and gathers the verdicts.
//! [`Linearizable`] has log-linear engines for objects whose values are unique (zones for registers,
//! tuning for sets, queues, stacks and priority queues, blocks for locks, positions for sequences
//! and logs), and a general search for everything else. Every `Valid` carries an order, every
//! `Invalid` a core that is as small as possible.
//!
//! The other levels of consistency, for registers and maps of them, are judged by [`AtLevel`].
//! Invariants of a domain, weaker than an order of everything, are in [`invariant`].
//!
//! # The log-linear engines for a model of your own
//!
//! The search judges any model. A model whose operations are accesses to one of the objects that a
//! log-linear engine knows says so with two more functions, and is judged by that engine, too:
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use testimony_check::{Budget, Checker, Linearizable};
//! use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
//! use testimony_model::{Access, Atom, Element, Model, Object, Step};
//! use testimony_verdict::{Engine, VerdictName};
//!
//! /// Letters, fetched in the order in which they were posted.
//! #[derive(Clone)]
//! struct Mailbox;
//!
//! #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
//! enum Op {
//!     Post(i64),
//!     Fetch,
//! }
//!
//! impl Model for Mailbox {
//!     type Op = Op;
//!     type Ret = Option<i64>;
//!     type State = Vec<i64>;
//!     type Key = String;
//!     const NAME: &'static str = "mailbox";
//!
//!     fn init(&self) -> Vec<i64> {
//!         Vec::new()
//!     }
//!
//!     fn step(&self, letters: &Vec<i64>, op: &Op, ret: Option<&Option<i64>>) -> Step<Vec<i64>> {
//!         match (op, ret) {
//!             (Op::Post(letter), _) => Step::To([&letters[..], &[*letter]].concat()),
//!             (Op::Fetch, Some(fetched)) if *fetched != letters.first().copied() => {
//!                 Step::Refuse(format!("fetched {fetched:?}, next is {:?}", letters.first()))
//!             }
//!             (Op::Fetch, _) => Step::To(letters.get(1..).unwrap_or_default().to_vec()),
//!         }
//!     }
//!
//!     // Opting in: what object this is, and which access to it each operation is.
//!     fn object(&self) -> Object {
//!         Object::Queue
//!     }
//!
//!     fn access<'a>(&self, op: &'a Op, ret: Option<&'a Option<i64>>) -> Access<'a> {
//!         Access::Element(match op {
//!             Op::Post(letter) => Element::Insert(Atom::Int(*letter)),
//!             Op::Fetch => Element::Take(ret.map(|fetched| fetched.map(Atom::Int))),
//!         })
//!     }
//! }
//!
//! let ran = |id, op, ret, call, until| Operation {
//!     id: OpId(id), process: Process(id), op, outcome: Outcome::Ok(ret),
//!     call: Rank(call), ret: Rank(until), call_ns: 0, ret_ns: 0,
//! };
//! let operations = vec![
//!     ran(0, Op::Post(1), None, 0, 1),
//!     ran(2, Op::Post(2), None, 2, 3),
//!     ran(4, Op::Fetch, Some(2), 4, 5),
//!     ran(6, Op::Fetch, Some(1), 6, 7),
//! ];
//! let history = History { operations, ..History::default() };
//! let found = Linearizable::default().check(&Mailbox, &history, &Budget::default());
//! assert_eq!((found.verdict.name(), found.engine), (VerdictName::Invalid, Engine::Tuning));
//! ```
//!
//! Nothing here touches a clock, a file, a thread or the environment: a [`Budget`] counts steps and
//! bytes, so that even "unknown" is reproducible.

mod budget;
mod checker;
mod collection;
mod core;
mod explain;
#[cfg(test)]
mod families;
mod fast;
mod forecast;
mod graph;
pub mod invariant;
mod judge;
mod levels;
mod lock;
mod minimal;
mod name;
mod numbers;
mod part;
mod positions;
mod search;
mod searched;
mod split;
mod staleness;
mod subject;
mod sums;
mod workers;
mod zones;

pub use budget::Budget;
pub use checker::{Checker, Linearizable};
pub use forecast::{Forecast, PartForecast, forecast, measure};
pub use judge::judge;
pub use levels::AtLevel;
pub use staleness::staleness;
pub use workers::{AT_ONCE_MAX, OneByOne, Workers};
