//! One run: a plan and a cluster become a record.

mod clients;
mod control;
mod driver;
mod nodes;
mod queue;
mod thread;

pub use self::result::{Ran, RunError};

use crate::cluster::Cluster;
use crate::host::now_ms;
use crate::log::Log;
use crate::plan::{CLIENTS_HOST, Plan};
use crate::workload::{Reactor, Workload};
use crate::{Config, Draw};
use control::Control;
use queue::Queue;
use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use testimony_model::Model;
use thread::Progress;

mod result;

/// Virtual time that stands still for so long (of real time) does not move any more.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a plan on a thread of its own, so that no thread-local state of the caller or of another
/// run is seen by the code under test.
pub(crate) fn run<M: Model, W: Workload<M>>(
    cluster: &Cluster<M, W>,
    plan: &Plan<W::Step>,
    out: Option<Box<dyn Write + Send>>,
    patience: Duration,
) -> Result<(Ran<M>, Plan<W::Step>), RunError> {
    plan.validate()?;
    if plan.system != cluster.system() {
        return Err(RunError::OtherSystem {
            plan: plan.system.clone(),
            cluster: cluster.system().to_owned(),
        });
    }
    let mut names = plan.config.node_names();
    names.push(CLIENTS_HOST.to_owned());
    let progress = Progress { names, ..Progress::default() };
    let (cluster, plan, lit) = (cluster.clone(), plan.clone(), progress.clone());
    thread::on_fresh_thread(patience, &progress, move || {
        lit.host.light();
        let log = Log::new(lit.names.clone(), now_ms);
        let control = Rc::new(Control::new(plan.config.clients));
        let reactor = reactor(&cluster, &plan);
        let queue = Rc::new(Queue::new(&plan, reactor, Rc::clone(&control)));
        let drive = || {
            let now_ms = Arc::clone(&lit.now_ms);
            driver::Driver::new(&cluster, &plan, out, (control, &queue), now_ms)?.drive()
        };
        let ran = log.during(drive)?;
        let complete = queue::complete(&plan, &queue);
        Ok((Ran { log: log.take(), ..ran }, complete))
    })
}

/// What chooses the steps of a plan that does not say them.
fn reactor<M: Model, W: Workload<M>>(
    cluster: &Cluster<M, W>,
    plan: &Plan<W::Step>,
) -> Option<Box<dyn Reactor<W::Step>>> {
    if !plan.reactive.open {
        return None;
    }
    let config = Config { ops: plan.reactive.ops, ..plan.config.clone() };
    cluster.workload().reactor(&Draw::new(plan.seed), &config)
}
