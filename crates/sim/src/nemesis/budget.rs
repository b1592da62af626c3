//! What a cluster must survive: never more than a minority of its nodes is struck at once.

use super::members::fewest;
use crate::{Fault, PlannedFault, When};

/// The nodes that a fault takes from the cluster, as far as they are known before it strikes.
fn taken(fault: &Fault) -> Vec<&str> {
    match fault {
        Fault::Crash { .. }
        | Fault::PowerLoss { .. }
        | Fault::Amnesia { .. }
        | Fault::Stop { .. }
        | Fault::Correlated { .. }
        | Fault::Pause { .. }
        | Fault::Torn { .. }
        | Fault::LyingSync { .. }
        | Fault::DiskError { .. }
        | Fault::DiskFull { .. }
        | Fault::BitRot { .. }
        | Fault::Misdirect { .. } => fault.nodes(),
        // One at a time, and whichever it is then.
        Fault::Rolling { .. } => vec!["one in turn"],
        _ => Vec::new(),
    }
}

/// From when to when a fault takes its nodes. Lost data stays lost.
fn span(planned: &PlannedFault) -> (u64, u64) {
    if let When::AtPoint { .. } = planned.when {
        // Nobody knows when.
        return (0, u64::MAX);
    }
    let begins = planned.at_ms();
    match (&planned.fault, planned.lasts_ms) {
        (
            Fault::Amnesia { .. }
            | Fault::Torn { .. }
            | Fault::LyingSync { .. }
            | Fault::BitRot { .. }
            | Fault::Misdirect { .. },
            _,
        )
        | (_, None) => (begins, u64::MAX),
        (_, Some(lasts)) => (begins, begins.saturating_add(lasts)),
    }
}

/// Whether never more than a minority of the nodes is struck at once with this fault too.
pub(super) fn is_survivable(faults: &[PlannedFault], new: &PlannedFault, nodes: u16) -> bool {
    let mut struck = taken(&new.fault);
    if struck.is_empty() {
        return true;
    }
    let (begins, ends) = span(new);
    for fault in faults {
        let (other_begins, other_ends) = span(fault);
        // Nodes that are struck at any time of the new fault count as struck together: stricter
        // than need be where two older faults do not meet.
        if other_begins <= ends && begins <= other_ends {
            for node in taken(&fault.fault) {
                if !struck.contains(&node) {
                    struck.push(node);
                }
            }
        }
    }
    // Where members come and go the group may be smaller at times.
    let members = fewest(faults, nodes);
    struck.len() <= usize::from(members.saturating_sub(1) / 2)
}
