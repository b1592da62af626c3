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
//! [`sim`], [`journal`], [`net`], [`report`], [`formats`].

mod any_model;
mod builder;
mod claims;
mod environment;
mod expect;
mod judge;
mod marks;
mod minimal;
mod models;
mod subject;
mod threads;

pub use any_model::{AnyHistory, AnyModel, ModelEntry, Verified};
pub use builder::{Campaign, Check, Failure, Summary, WithClients, WithNodes};
pub use claims::{
    bank_total, bounded_staleness, convergence, exactly_once, fencing, ids_are_unique,
    monotonic_versions, mutual_exclusion, no_double_sale, no_negative_balance, no_oversell,
    no_stale_elements, no_unexpected_elements, set_full, stock_conservation, total_queue,
};
pub use expect::Expect;
pub use judge::{Claim, JudgeOptions, judge_verified};
pub use minimal::{Minimal, ShrinkOptions};
pub use models::models;
pub use subject::{AnyRun, Moment, Registry, RunParts, Subject};

pub use testimony_certify as certify;
pub use testimony_check as check;
pub use testimony_formats as formats;
pub use testimony_history as history;
pub use testimony_journal as journal;
pub use testimony_model as model;
pub use testimony_net as net;
pub use testimony_report as report;
pub use testimony_sim as sim;
pub use testimony_verdict as verdict;
