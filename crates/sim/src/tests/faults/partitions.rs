//! Partitions: their shapes, the flapping one, the one that goes around, and that of the leader.

use super::timed;
use crate::fault::{LEADER, between, bridge, isolate, one_way, ring};
use crate::net::UdpSocket;
use crate::net::time::sleep;
use crate::tests::datagrams::crossing;
use crate::tests::programs::{PORT, nodes, planned, run_with};
use crate::workload::Cells;
use crate::{BoxError, Cluster, Fault, NodeCtx, Pair, Ran};
use std::collections::BTreeSet;
use std::time::Duration;
use testimony_model::Register;

const NODES: [&str; 5] = ["n1", "n2", "n3", "n4", "n5"];

/// Every node tells every other its name every 10 ms, and observes whom it hears.
fn gossip(for_ms: u32) -> Cluster<Register, Cells> {
    nodes(5, for_ms, |node| async move {
        crate::net::spawn_local(tell(node.clone()));
        hear(node).await
    })
}

async fn tell(node: NodeCtx) -> Result<(), BoxError> {
    let socket = UdpSocket::bind(("0.0.0.0", 0)).await?;
    loop {
        sleep(Duration::from_millis(10)).await;
        for peer in &node.peers {
            socket.send_to(node.name.as_bytes(), (peer.as_str(), PORT)).await?;
        }
    }
}

async fn hear(node: NodeCtx) -> Result<(), BoxError> {
    let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
    let mut buffer = [0; 100];
    loop {
        let (length, _) = socket.recv_from(&mut buffer).await?;
        node.observe("heard", std::str::from_utf8(&buffer[..length])?);
    }
}

/// Who heard whom within a span: directed pairs.
fn heard(ran: &Ran<Register>, span: std::ops::Range<u64>) -> BTreeSet<Pair> {
    let mut pairs = BTreeSet::new();
    for to in NODES {
        for (time, from) in timed(ran, to, "heard") {
            if span.contains(&time) {
                pairs.insert((serde_json::from_str(&from).unwrap(), to.to_owned()));
            }
        }
    }
    pairs
}

fn all() -> BTreeSet<Pair> {
    one_way(&NODES, &NODES).into_iter().collect()
}

fn without(cut: Vec<Pair>) -> BTreeSet<Pair> {
    let cut = cut.into_iter().collect();
    all().difference(&cut).cloned().collect()
}

#[test]
fn partitions_of_every_shape_cut_what_they_say() {
    let shapes = [
        isolate("n3", &NODES),
        between(&NODES[..2], &NODES[2..]),
        between(&NODES[..1], &NODES[1..]),
        ring(&NODES),
        bridge(&NODES),
        one_way(&["n1"], &NODES),
        one_way(&NODES, &["n1"]),
    ];
    for pairs in shapes {
        let cut = Fault::Cut { pairs: pairs.clone() };
        let ran = run_with(&gossip(500), vec![planned(0, 100, Some(200), cut)]);
        assert_eq!(heard(&ran, 112..300), without(pairs.clone()), "{pairs:?}");
        assert_eq!(heard(&ran, 300..500), all(), "it ends: {pairs:?}");
    }
}

#[test]
fn two_shapes_compose() {
    let cut = |pairs: &[Pair]| Fault::Cut { pairs: pairs.to_vec() };
    let (ring, bridge) = (ring(&NODES), bridge(&NODES));
    let faults =
        vec![planned(0, 100, Some(300), cut(&ring)), planned(1, 200, Some(100), cut(&bridge))];
    let ran = run_with(&gossip(500), faults);
    assert_eq!(heard(&ran, 212..300), without([ring.clone(), bridge].concat()));
    assert_eq!(heard(&ran, 312..400), without(ring), "the end of one heals nothing of the other");
}

#[test]
fn a_flapping_link_is_cut_again_and_again() {
    let pairs = one_way(&["n1"], &["n2"]);
    let flap = Fault::Flap { pairs, on_ms: 100, off_ms: 50 };
    let ran = run_with(&crossing(1_200), vec![planned(0, 200, Some(500), flap)]);
    let times: Vec<u64> = timed(&ran, "n2", "got").iter().map(|(time, _)| *time).collect();
    let some = |range: std::ops::Range<u64>| times.iter().any(|time| range.contains(time));
    for cut in [201..300, 351..450, 501..600, 651..700] {
        assert!(!some(cut.clone()), "{cut:?}: {times:?}");
    }
    for healed in [312..350, 462..500, 612..650] {
        assert!(some(healed.clone()), "{healed:?}: {times:?}");
    }
    assert!(some(712..800), "it ends");
    assert_eq!(ran.record.faults.len(), 2, "one fault, however often it flaps");
}

#[test]
fn a_cut_covers_the_pauses_of_a_flapping_link() {
    let pairs = one_way(&["n1"], &["n2"]);
    let faults = vec![
        planned(0, 200, Some(500), Fault::Flap { pairs: pairs.clone(), on_ms: 100, off_ms: 50 }),
        planned(1, 320, Some(160), Fault::Cut { pairs }),
    ];
    let ran = run_with(&crossing(1_200), faults);
    let times: Vec<u64> = timed(&ran, "n2", "got").iter().map(|(time, _)| *time).collect();
    assert!(!times.iter().any(|time| (321..480).contains(time)), "{times:?}");
    assert!(times.iter().any(|time| (612..650).contains(time)), "{times:?}");
}

#[test]
fn nodes_are_jammed_one_by_one_and_released_in_another_order() {
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
    let swizzle =
        Fault::Swizzle { clog: names(&["n1", "n2"]), release: names(&["n2", "n1"]), step_ms: 100 };
    let jam = Fault::Jam { pairs: isolate("n1", &NODES) };
    let faults = vec![planned(0, 100, Some(1_000), swizzle), planned(1, 350, Some(100), jam)];
    let ran = run_with(&gossip(800), faults);
    let hears =
        |node: &str, span: std::ops::Range<u64>| heard(&ran, span).iter().any(|(_, to)| to == node);
    // n1: 100 to 400 ms, and by the jam until 450. n2: 200 to 300 ms.
    assert!(!hears("n1", 101..450) && hears("n1", 450..500));
    assert!(hears("n2", 112..200) && !hears("n2", 201..300) && hears("n2", 300..350));
    assert!(hears("n3", 201..300), "the others hear each other");
}

/// As gossip, and n2 leads from 200 ms on, n4 from 600 ms on.
fn led() -> Cluster<Register, Cells> {
    nodes(5, 1_500, |node| async move {
        crate::net::spawn_local(tell(node.clone()));
        if node.id % 2 == 1 && node.incarnation == 0 {
            let node = node.clone();
            crate::net::spawn_local(async move {
                sleep(Duration::from_millis(if node.id == 1 { 200 } else { 600 })).await;
                node.lead(true);
            });
        }
        hear(node).await
    })
}

#[test]
fn the_leader_of_the_moment_is_cut_off() {
    let cut = || Fault::Cut { pairs: between(&[LEADER], &NODES) };
    let faults = vec![planned(0, 100, Some(400), cut()), planned(1, 800, Some(200), cut())];
    let ran = run_with(&led(), faults);
    assert_eq!(heard(&ran, 101..200), all(), "nobody leads: the fault waits");
    assert_eq!(heard(&ran, 215..500), without(isolate("n2", &NODES)));
    assert_eq!(heard(&ran, 515..800), all(), "it ends when it was to end");
    assert_eq!(heard(&ran, 815..1_000), without(isolate("n4", &NODES)));
    let labels: Vec<&str> = ran.record.faults.iter().map(|event| &*event.label).collect();
    assert_eq!(labels[0], "n1 n3 n4 n5 | n2");
    assert_eq!(ran.coverage.struck[&crate::Family::Leader].faults, 2);
}

#[test]
fn a_leader_that_crashed_leads_no_more() {
    let crash = Fault::Crash { node: LEADER.to_owned() };
    let cut = Fault::Cut { pairs: between(&[LEADER], &NODES) };
    let faults = vec![
        planned(0, 300, Some(100), crash),
        planned(1, 450, Some(100), cut.clone()),
        planned(2, 700, Some(100), cut),
    ];
    let ran = run_with(&led(), faults);
    let labels: Vec<&str> = ran.record.faults.iter().map(|event| &*event.label).collect();
    assert_eq!(labels, ["n2 down", "n2 down", "n1 n2 n3 n5 | n4", "n1 n2 n3 n5 | n4"]);
    assert!(!heard(&ran, 301..400).iter().any(|(from, to)| from == "n2" || to == "n2"));
}
