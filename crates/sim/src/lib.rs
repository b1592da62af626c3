//! The deterministic cluster: plan, nodes, clients, nemesis, recorder and message journal, on
//! turmoil.

mod client;
mod cluster;
mod compare;
mod context;
mod coverage;
mod draw;
pub mod fault;
mod host;
mod lines;
mod nemesis;
mod plan;
mod plane;
mod planner;
mod recorder;
mod run;
mod schedule;
#[cfg(test)]
mod tests;
pub mod workload;

pub use client::{Client, Memory};
pub use cluster::{BoxError, Cluster};
pub use compare::{Difference, compare};
pub use context::{ClientCtx, NodeCtx};
pub use coverage::{Coverage, Struck};
pub use draw::Draw;
pub use fault::{Family, Fault, Pair};
pub use nemesis::Nemesis;
pub use plan::{
    CLIENTS_HOST, Config, PLAN_VERSION, Plan, PlanError, PlannedFault, PlannedStep, When,
};
pub use run::{Ran, RunError};
pub use testimony_net as net;
pub use workload::Workload;
