//! One run: a plan and a cluster become a record.

mod clients;
mod control;
mod driver;
mod faults;
mod fit;
mod load;
mod nodes;
mod operator;
mod queue;
mod thread;

pub use self::result::{Ran, RunError};

use crate::cluster::Cluster;
use crate::host::now_ms;
use crate::ladder::{self, Determinism, Drawn};
use crate::log::Log;
use crate::plan::Plan;
use crate::trace::{Keep, Trace, Tracer};
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
    run_with(cluster, plan, out, None, patience).map(|(ran, complete, _)| (ran, complete))
}

/// The same with the trace of everything that happened, and with what hosts drew from the operating
/// system, where this build sees it.
pub(crate) fn run_traced<M: Model, W: Workload<M>>(
    cluster: &Cluster<M, W>,
    plan: &Plan<W::Step>,
    keep: Keep,
) -> Result<(Ran<M>, Trace, Vec<Drawn>), RunError> {
    let progress = Progress::default();
    let tracer = Tracer::new(&plan.host_names(), Arc::clone(&progress.now_ms), keep);
    let out = Box::new(tracer.clone());
    let traced = Some((tracer.clone(), progress));
    let (ran, _, drawn) = run_with(cluster, plan, Some(out), traced, PATIENCE)?;
    for finding in &ran.record.findings {
        tracer.happened(None, finding);
    }
    Ok((ran, tracer.take(), drawn))
}

/// A run, its plan with what was chosen on the way, and what hosts drew from the operating system.
type Whole<M, S> = (Ran<M>, Plan<S>, Vec<Drawn>);

fn run_with<M: Model, W: Workload<M>>(
    cluster: &Cluster<M, W>,
    plan: &Plan<W::Step>,
    out: Option<Box<dyn Write + Send>>,
    traced: Option<(Tracer, Progress)>,
    patience: Duration,
) -> Result<Whole<M, W::Step>, RunError> {
    let (required, has) = (cluster.required(), Determinism::of_this_process());
    if has < required {
        return Err(RunError::LowLevel { required, has });
    }
    plan.validate()?;
    fit::check(cluster, plan)?;
    if plan.system != cluster.system() {
        return Err(RunError::OtherSystem {
            plan: plan.system.clone(),
            cluster: cluster.system().to_owned(),
        });
    }
    let (tracer, progress) = traced.unzip();
    let progress = Progress { names: plan.host_names(), ..progress.unwrap_or_default() };
    let (cluster, plan, lit) = (cluster.clone(), plan.clone(), progress.clone());
    thread::on_fresh_thread(patience, &progress, move || {
        lit.host.light();
        if cluster.has_shared_luck() {
            crate::draw::give_luck_in_turn();
        }
        ladder::begin(plan.seed, tracer.is_some());
        let log = Log::new(lit.names.clone(), now_ms).with_tracer(tracer);
        let control = Rc::new(Control::new(plan.config.clients));
        let reactor = reactor(&cluster, &plan);
        let queue = Rc::new(Queue::new(&plan, reactor, Rc::clone(&control)));
        let drive = || {
            let now_ms = Arc::clone(&lit.now_ms);
            driver::Driver::new(&cluster, &plan, out, (control, &queue), now_ms)?.drive()
        };
        let ran = log.during(drive);
        let drawn = ladder::end(&lit.names);
        let complete = queue::complete(&plan, &queue);
        Ok((Ran { log: log.take(), ..ran? }, complete, drawn))
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
