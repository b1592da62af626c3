//! One run: a plan and a cluster become a record.

mod clients;
mod control;
mod driver;
mod faults;
mod nodes;
mod thread;

pub use self::result::{Ran, RunError};

use crate::cluster::Cluster;
use crate::host::now_ms;
use crate::ladder::{self, Determinism, Drawn};
use crate::log::Log;
use crate::plan::Plan;
use crate::trace::{Keep, Trace, Tracer};
use crate::workload::Workload;
use std::io::Write;
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
) -> Result<Ran<M>, RunError> {
    run_with(cluster, plan, out, None, patience).map(|(ran, _)| ran)
}

/// The same with the trace of everything that happened, and with what hosts drew from the operating
/// system, where this build sees it.
pub(crate) fn run_traced<M: Model, W: Workload<M>>(
    cluster: &Cluster<M, W>,
    plan: &Plan<W::Step>,
    keep: Keep,
) -> Result<(Ran<M>, Trace, Vec<Drawn>), RunError> {
    let progress = Progress::default();
    let tracer = Tracer::new(&plan.config.host_names(), Arc::clone(&progress.now_ms), keep);
    let out = Box::new(tracer.clone());
    let traced = Some((tracer.clone(), progress));
    let (ran, drawn) = run_with(cluster, plan, Some(out), traced, PATIENCE)?;
    for finding in &ran.record.findings {
        tracer.happened(None, finding);
    }
    Ok((ran, tracer.take(), drawn))
}

fn run_with<M: Model, W: Workload<M>>(
    cluster: &Cluster<M, W>,
    plan: &Plan<W::Step>,
    out: Option<Box<dyn Write + Send>>,
    traced: Option<(Tracer, Progress)>,
    patience: Duration,
) -> Result<(Ran<M>, Vec<Drawn>), RunError> {
    let (required, has) = (cluster.required(), Determinism::of_this_process());
    if has < required {
        return Err(RunError::LowLevel { required, has });
    }
    plan.validate()?;
    if plan.system != cluster.system() {
        return Err(RunError::OtherSystem {
            plan: plan.system.clone(),
            cluster: cluster.system().to_owned(),
        });
    }
    let (tracer, progress) = traced.unzip();
    let progress = Progress { names: plan.config.host_names(), ..progress.unwrap_or_default() };
    let (cluster, plan, lit) = (cluster.clone(), plan.clone(), progress.clone());
    thread::on_fresh_thread(patience, &progress, move || {
        lit.host.light();
        if cluster.has_shared_luck() {
            crate::draw::give_luck_in_turn();
        }
        ladder::begin(plan.seed, tracer.is_some());
        let log = Log::new(lit.names.clone(), now_ms).with_tracer(tracer);
        let drive = || driver::Driver::new(&cluster, &plan, out, Arc::clone(&lit.now_ms))?.drive();
        let ran = log.during(drive);
        let drawn = ladder::end(&lit.names);
        Ok((Ran { log: log.take(), ..ran? }, drawn))
    })
}
