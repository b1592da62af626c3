//! The engines: what a history is judged by.
//!
//! A [`Checker`] judges one property of a history; [`judge`] runs several and gathers the verdicts.
//! [`Linearizable`] has log-linear engines for objects whose values are unique (zones for registers,
//! tuning for sets, queues, stacks and priority queues), and a general search for everything else. Every `Valid` carries an order, every
//! `Invalid` a core that is as small as possible.
//!
//! The other levels of consistency, for registers and maps of them, are judged by [`AtLevel`].
//! Invariants of a domain, weaker than an order of everything, are in [`invariant`].
//!
//! Nothing here touches a clock, a file, a thread or the environment: a [`Budget`] counts steps and
//! bytes, so that even "unknown" is reproducible.

mod budget;
mod checker;
mod collection;
mod core;
mod explain;
mod fast;
mod forecast;
mod graph;
pub mod invariant;
mod judge;
mod levels;
mod lock;
mod name;
mod part;
mod positions;
mod search;
mod split;
mod staleness;
mod subject;
mod workers;
mod zones;

pub use budget::Budget;
pub use checker::{Checker, Linearizable};
pub use forecast::{Forecast, PartForecast, forecast, measure};
pub use judge::judge;
pub use levels::AtLevel;
pub use staleness::staleness;
pub use workers::{AT_ONCE_MAX, OneByOne, Workers};
