//! What makes a fault impossible: each problem says what is allowed.

use super::{Fault, LEADER};
use crate::CLIENTS_HOST;
use std::collections::BTreeSet;

/// The names, for a message about what is allowed.
pub(crate) fn listed(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Tells every problem of a fault in a cluster of these nodes and hosts.
pub(crate) fn check(
    fault: &Fault,
    nodes: &BTreeSet<String>,
    hosts: &BTreeSet<String>,
    problem: &mut impl FnMut(String),
) {
    check_numbers(fault, problem);
    for node in fault.nodes() {
        if node == CLIENTS_HOST {
            let fault = fault.name();
            problem(format!(
                "the host of the clients cannot have the fault `{fault}`; nodes can: {}",
                listed(nodes)
            ));
        } else if node != LEADER && !nodes.contains(node) {
            problem(format!("unknown node `{node}`; known: {}", listed(nodes)));
        }
    }
    let mut unknown = BTreeSet::new();
    for (from, to) in fault.pairs() {
        if from == to {
            problem(format!("the pair {from} to {to}: expected two different hosts"));
        }
        let named = [from, to].into_iter().filter(|host| *host != LEADER);
        unknown.extend(named.filter(|host| !hosts.contains(*host)));
    }
    for host in unknown {
        problem(format!("unknown host `{host}`; known: {}", listed(hosts)));
    }
}

fn check_numbers(fault: &Fault, problem: &mut impl FnMut(String)) {
    match fault {
        Fault::Lose { per_mille, .. }
        | Fault::Slow { per_mille, .. }
        | Fault::Tail { per_mille, .. }
        | Fault::Duplicate { per_mille, .. }
        | Fault::Corrupt { per_mille, .. }
        | Fault::Reorder { per_mille, .. }
        | Fault::DiskError { per_mille, .. }
        | Fault::BitRot { per_mille, .. }
        | Fault::Misdirect { per_mille, .. }
        | Fault::HotKey { per_mille, .. }
        | Fault::Burst { per_mille, .. }
        | Fault::QuietWindow { per_mille }
            if *per_mille > 1000 =>
        {
            problem(format!("per_mille {per_mille}: expected 0 to 1000"));
        }
        Fault::Drift { per_mille, .. } if !(-1000..=100_000).contains(per_mille) => {
            problem(format!("per_mille {per_mille}: expected -1000 to 100000"));
        }
        _ => {}
    }
    match fault {
        Fault::Slow { min_ms, max_ms, .. }
        | Fault::Tail { min_ms, max_ms, .. }
        | Fault::Duplicate { min_ms, max_ms, .. }
            if min_ms > max_ms =>
        {
            problem(format!("min_ms {min_ms} is more than max_ms {max_ms}"));
        }
        Fault::Swizzle { clog, release, .. } => {
            let sets = [clog, release].map(|nodes| nodes.iter().collect::<BTreeSet<_>>());
            if sets[0] != sets[1] || sets[0].len() != clog.len() || clog.len() != release.len() {
                problem("release: expected the nodes of clog, each once".to_owned());
            }
        }
        _ => {}
    }
    let mut positive = |what: &str, number: u32| {
        if number == 0 {
            problem(format!("{what} 0: expected at least 1"));
        }
    };
    match fault {
        Fault::Cap { bytes_per_s, .. } => positive("bytes_per_s", *bytes_per_s),
        Fault::Resegment { max_bytes, .. } => positive("max_bytes", *max_bytes),
        Fault::Flap { on_ms, off_ms, .. } => {
            positive("on_ms", *on_ms);
            positive("off_ms", *off_ms);
        }
        Fault::Swizzle { step_ms, .. } => positive("step_ms", *step_ms),
        Fault::SlowCpu { one_in, .. } => positive("one_in", *one_in),
        Fault::Strobe { every_ms, .. } => positive("every_ms", *every_ms),
        _ => {}
    }
}
