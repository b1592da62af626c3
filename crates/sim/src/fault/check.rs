//! What makes a fault impossible: each problem says what is allowed.

use super::Fault;
use std::collections::BTreeSet;

fn listed(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Tells every problem of a fault in a cluster of these nodes and hosts.
pub(crate) fn check(
    fault: &Fault,
    nodes: &BTreeSet<String>,
    hosts: &BTreeSet<String>,
    problem: &mut impl FnMut(String),
) {
    match fault {
        Fault::Crash { node } if !nodes.contains(node) => {
            problem(format!("unknown node `{node}`; known: {}", listed(nodes)));
        }
        Fault::Lose { per_mille, .. } | Fault::Slow { per_mille, .. } if *per_mille > 1000 => {
            problem(format!("per_mille {per_mille}: expected 0 to 1000"));
        }
        Fault::Slow { min_ms, max_ms, .. } if min_ms > max_ms => {
            problem(format!("min_ms {min_ms} is more than max_ms {max_ms}"));
        }
        _ => {}
    }
    let mut unknown = BTreeSet::new();
    for (from, to) in fault.pairs() {
        if from == to {
            problem(format!("the pair {from} to {to}: expected two different hosts"));
        }
        unknown.extend([from, to].into_iter().filter(|host| !hosts.contains(*host)));
    }
    for host in unknown {
        problem(format!("unknown host `{host}`; known: {}", listed(hosts)));
    }
}
