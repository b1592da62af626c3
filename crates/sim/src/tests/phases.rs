//! Which faults struck in which phases, and what was sometimes true.

use super::programs::{nodes, planned, run_with, tick};
use crate::fault::between;
use crate::net::time::sleep;
use crate::{Family, Fault, NodeCtx, sometimes};
use std::time::Duration;

/// In the first half of every 200 ms this node replicates, in the second half it is idle.
async fn in_turns(node: NodeCtx) -> Result<(), crate::BoxError> {
    loop {
        {
            let _replicate = node.phase("replicate");
            sleep(Duration::from_millis(100)).await;
        }
        sometimes!(node, node.id == 1, "the second node gets here");
        sometimes!(node, node.incarnation > 7);
        sleep(Duration::from_millis(100)).await;
    }
}

fn crash(node: &str) -> Fault {
    Fault::Crash { node: node.to_owned() }
}

/// Goal: a fault counts for a phase when it begins while the phase is open on a host that it strikes;
/// a crash ends the phases of its node. Method: crashes of n1 in both halves, a cut of n2 and n3 while
/// they replicate.
#[test]
fn faults_count_for_the_phases_that_they_strike() {
    let cluster = nodes(3, 1_000, in_turns).sometimes(&["nobody asks for this"]);
    let cut = Fault::Cut { pairs: between(&["n2"], &["n3"]) };
    let faults = vec![
        planned(0, 250, Some(20), crash("n1")),
        planned(1, 430, Some(40), cut),
        // n1 began anew at 270: at 610 its phase is over, the others are in theirs since 600.
        planned(2, 615, Some(100), crash("n1")),
    ];
    let coverage = run_with(&cluster, faults).coverage;
    let replicate = &coverage.phases["replicate"];
    assert_eq!(replicate.struck, [(Family::Crash, 1), (Family::Partition, 1)].into());
    assert!(replicate.entered > 12, "{replicate:?}");
    assert_eq!(coverage.never_hit(), ["nobody asks for this", "node.incarnation > 7"]);
    assert!(coverage.sometimes["the second node gets here"] > 3);
}

/// Goal: what clients wait for is a phase too. Method: the client of these nodes is answered at once,
/// so that nothing of it is ever open.
#[test]
fn clients_have_phases_of_their_own() {
    let cluster = nodes(1, 500, in_turns);
    let coverage = run_with(&cluster, vec![planned(0, 250, Some(20), crash("n1"))]).coverage;
    let writes = &coverage.phases["client:write"];
    assert_eq!((writes.entered, writes.struck.len()), (5, 0));
    assert_eq!(coverage.never_struck()[&Family::Crash], ["client:read", "client:write"]);
    let asked = super::programs::register();
    let cut = Fault::Cut { pairs: between(&["n1"], &[crate::CLIENTS_HOST]) };
    let coverage = run_with(&asked, vec![planned(0, 100, Some(600), cut)]).coverage;
    let struck: u64 = coverage.phases.values().flat_map(|phase| phase.struck.values()).sum();
    assert!(struck <= u64::from(coverage.struck[&Family::Partition].open_operations));
}

/// Goal: the cluster is left alone until it has come to rest, not longer, and never longer than the
/// plan says. Method: nodes that send nothing, nodes that send for ever, and a plan without an end for
/// calm; the final reads take no time.
#[test]
fn a_run_ends_when_nothing_is_sent_any_more() {
    let lasts = |cluster: crate::Cluster<testimony_model::Register, crate::workload::Cells>,
                 calm| {
        let mut plan = cluster.plan(1);
        plan.config.calm_ms = calm;
        cluster.run(&plan, None).expect("a run").virtual_ms
    };
    let silent = || nodes(2, 500, in_turns);
    let busy =
        || nodes(2, 500, |node| async move { tick(if node.id == 0 { "n2" } else { "n1" }).await });
    let always = lasts(silent(), None);
    assert_eq!(lasts(silent(), Some(250)), always - 250, "of 500 ms");
    assert_eq!(lasts(silent(), Some(40)), always - 460);
    assert_eq!(lasts(busy(), Some(250)), lasts(busy(), None));
}
