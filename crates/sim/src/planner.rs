//! From a seed to a plan.

use crate::cluster::Cluster;
use crate::nemesis::Nemesis;
use crate::plan::{MAIN_MS_MAX, PLAN_VERSION};
use crate::workload::Workload;
use crate::{Config, Draw, Plan, Reactive, Shape};
use testimony_model::Model;

/// Draws the configuration, then the steps, then the faults within the time that the steps take.
pub(crate) fn plan<M: Model, W: Workload<M>>(
    cluster: &Cluster<M, W>,
    config: &Config,
    nemesis: &Nemesis,
    seed: u64,
    shape: &Shape,
) -> Plan<W::Step> {
    let draw = Draw::new(seed);
    let (mut config, mut nemesis) = (config.clone(), nemesis.clone());
    shape.apply(&mut config, &mut nemesis);
    let keys = cluster.workload().keys();
    nemesis = nemesis.fitting(keys, cluster.membership_software().is_some());
    nemesis.configure(&draw, &mut config);
    let steps = cluster.workload().plan(&draw, &config);
    let finals = cluster.workload().finals(&draw, &config);
    let last_ms = steps.iter().map(|step| step.not_before_ms).max().unwrap_or(0);
    // Time for the last steps to be answered, however long the run is.
    let needed_ms =
        u32::try_from(last_ms.saturating_mul(2).saturating_add(30_000)).unwrap_or(u32::MAX);
    config.main_max_ms = config.main_max_ms.max(needed_ms).min(MAIN_MS_MAX);
    let faults = nemesis.faults(&draw, &config, last_ms);
    // What is known ahead of a workload that reacts is only how long it may take.
    let open = cluster.workload().reactor(&draw, &config).is_some();
    let steps = if open { Vec::new() } else { steps };
    let ops = config.ops.take().filter(|_| open);
    let reactive = Reactive { open, ops, ..Reactive::default() };
    let (version, system) = (PLAN_VERSION, cluster.system().to_owned());
    Plan { version, system, seed, config, steps, finals, faults, reactive }
}
