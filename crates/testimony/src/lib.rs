//! Deterministic consistency checking for replication code.
//!
//! testimony runs a replicated system in one process on a simulated network, breaks it on purpose,
//! records what its clients saw, and decides whether one consistent story explains all of it. From
//! one seed follow the same bytes, every time.
//!
//! Three ways in:
//!
//! - [`Check`]: your own replication code from your own `#[test]`.
//! - [`AnyModel::read`] and [`AnyHistory::judge`]: a recorded history, whatever recorded it.
//! - [`Subject`] and [`Registry`]: systems and models for a command line like `cargo xtask`.
//!
//! The parts are re-exported as modules: [`history`], [`model`], [`verdict`], [`check`], [`certify`],
//! [`sim`], [`net`], [`report`], [`formats`].

mod any_model;
mod builder;
mod environment;
mod expect;
mod judge;
mod models;
mod subject;
mod threads;

pub use any_model::{AnyHistory, AnyModel, ModelEntry, Verified};
pub use builder::{Campaign, Check, Failure, Summary, WithClients, WithNodes};
pub use expect::Expect;
pub use judge::{Claim, JudgeOptions, judge_verified};
pub use models::{models, no_oversell, stock_conservation, stock_convergence};
pub use subject::{AnyRun, Registry, Subject};

pub use testimony_certify as certify;
pub use testimony_check as check;
pub use testimony_formats as formats;
pub use testimony_history as history;
pub use testimony_model as model;
pub use testimony_net as net;
pub use testimony_report as report;
pub use testimony_sim as sim;
pub use testimony_verdict as verdict;
