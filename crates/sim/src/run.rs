//! One run: a plan and a cluster become a record.

mod clients;
mod control;
mod driver;
mod nodes;
mod thread;

pub use self::result::{Ran, RunError};

use crate::Plan;
use crate::cluster::Cluster;
use crate::workload::Workload;
use std::io::Write;
use testimony_model::Model;

mod result;

/// Runs a plan on a thread of its own, so that no thread-local state of the caller or of another
/// run is seen by the code under test.
pub(crate) fn run<M: Model, W: Workload<M>>(
    cluster: &Cluster<M, W>,
    plan: &Plan<W::Step>,
    out: Option<Box<dyn Write + Send>>,
) -> Result<Ran<M>, RunError> {
    plan.validate()?;
    if plan.system != cluster.system() {
        return Err(RunError::OtherSystem {
            plan: plan.system.clone(),
            cluster: cluster.system().to_owned(),
        });
    }
    thread::on_fresh_thread(|| driver::Driver::new(cluster, plan, out)?.drive())
}
