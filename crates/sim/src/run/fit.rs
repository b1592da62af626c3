//! Whether a system can have the faults of a plan.

use crate::cluster::Cluster;
use crate::workload::Workload;
use crate::{Fault, Plan, PlanError};
use testimony_model::Model;

/// Whether the system has what the faults of a plan need.
///
/// # Errors
/// Every fault that needs what the system does not have, with what would be needed.
pub(super) fn check<M: Model, W: Workload<M>>(
    cluster: &Cluster<M, W>,
    plan: &Plan<W::Step>,
) -> Result<(), PlanError> {
    let keys = cluster.workload().keys();
    let problems = plan.faults.iter().filter_map(|planned| {
        let why = match &planned.fault {
            Fault::HotKey { .. } if keys < 2 => {
                "hot-key: expected a system whose workload has several keys".to_owned()
            }
            Fault::HotKey { key, .. } if *key >= keys => {
                format!("key {key}: expected a key of the workload, 0 to {}", keys - 1)
            }
            fault if fault.membership().is_some() && cluster.membership_software().is_none() => {
                let name = fault.name();
                format!("{name}: expected a system whose nodes can join and leave")
            }
            _ => return None,
        };
        Some(format!("fault {}: {why}", planned.id))
    });
    let problems: Vec<String> = problems.collect();
    if problems.is_empty() { Ok(()) } else { Err(PlanError { problems }) }
}
