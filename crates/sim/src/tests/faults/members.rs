//! Nodes that join and leave.

use super::{run_and_read_again, timed, watch};
use crate::net::UdpSocket;
use crate::net::time::sleep;
use crate::tests::programs::{PORT, nodes, numbers, planned, run_with};
use crate::workload::Cells;
use crate::{Cluster, Family, Fault, MemberChange, Nemesis, NodeCtx, PlannedFault, Ran};
use std::collections::BTreeSet;
use std::io;
use std::time::Duration;
use testimony_model::Register;

/// Nodes that tell every 10 ms that they live, with their incarnation. The operator tells n1 what it
/// wants, 40 ms after it was asked.
fn group() -> Cluster<Register, Cells> {
    let living = nodes(3, 1_500, |node: NodeCtx| async move {
        assert_eq!(node.joins, node.id >= 3);
        assert_eq!(node.name, format!("n{}", node.id + 1));
        crate::net::spawn_local(watch(node.clone()));
        loop {
            node.observe("alive", node.incarnation);
            sleep(Duration::from_millis(10)).await;
        }
    });
    living.membership(|change: MemberChange| async move {
        sleep(Duration::from_millis(40)).await;
        let socket = UdpSocket::bind(("0.0.0.0", 0)).await?;
        let text = format!("{} {} {}", change.number, change.node, change.after().join(","));
        socket.send_to(text.as_bytes(), ("n1", PORT)).await?;
        Ok(())
    })
}

fn join(node: &str) -> Fault {
    Fault::Join { node: node.to_owned() }
}

fn leave(node: &str) -> Fault {
    Fault::Leave { node: node.to_owned() }
}

fn crash(node: &str) -> Fault {
    Fault::Crash { node: node.to_owned() }
}

/// The times at which a node lived, in milliseconds.
fn lived(ran: &Ran<Register>, node: &str) -> Vec<u64> {
    timed(ran, node, "alive").into_iter().map(|(time, _)| time).collect()
}

/// When faults began and ended.
fn log(ran: &Ran<Register>) -> Vec<(u32, bool, u64)> {
    let events = ran.record.faults.iter();
    events.map(|event| (event.fault, event.begins, event.time_ns / 1_000_000)).collect()
}

fn told(ran: &Ran<Register>) -> Vec<String> {
    timed(ran, "n1", "got").into_iter().map(|(_, text)| text.trim_matches('"').to_owned()).collect()
}

#[test]
fn a_node_that_joins_was_not_there_before_and_one_that_leaves_is_gone_for_ever() {
    let faults = vec![planned(0, 300, None, join("n4")), planned(1, 700, None, leave("n2"))];
    let ran = run_with(&group(), faults);
    assert_eq!(told(&ran), ["0 n4 n1,n2,n3,n4", "1 n2 n1,n3,n4"]);
    let (new, old) = (lived(&ran, "n4"), lived(&ran, "n2"));
    assert!((300..303).contains(&new[0]), "{new:?}");
    assert!(new.len() > 150 && new.last() == lived(&ran, "n1").last(), "to the end: {new:?}");
    assert!((730..760).contains(old.last().unwrap()), "until the group has let it go: {old:?}");
    assert!(numbers(&ran, "n4", "alive").iter().all(|incarnation| *incarnation == 0));
    let log = log(&ran);
    assert_eq!(
        log.iter().map(|(id, begins, _)| (*id, *begins)).collect::<Vec<_>>(),
        [(0, true), (0, false), (1, true), (1, false)]
    );
    assert!((335..350).contains(&log[1].2) && (735..750).contains(&log[3].2), "{log:?}");
}

#[test]
fn crashes_of_members_that_come_and_go_compose() {
    let faults = vec![
        planned(0, 100, Some(300), crash("n4")),
        planned(1, 200, None, join("n4")),
        planned(2, 600, Some(200), crash("n4")),
        planned(3, 700, Some(300), crash("n3")),
        planned(4, 800, None, leave("n3")),
        planned(5, 820, None, leave("n4")),
    ];
    let ran = run_with(&group(), faults);
    let new = lived(&ran, "n4");
    assert!((400..403).contains(&new[0]), "not before the first crash is over: {new:?}");
    assert!(!new.iter().any(|time| (600..800).contains(time)), "{new:?}");
    assert!(new.iter().any(|time| (800..850).contains(time)), "{new:?}");
    assert!(*new.last().unwrap() < 920, "it left after the other one: {new:?}");
    assert_eq!(numbers(&ran, "n4", "alive").last(), Some(&1), "started twice");
    let down = lived(&ran, "n3");
    assert!(*down.last().unwrap() < 701, "its crash ends, it does not come back: {down:?}");
    assert_eq!(told(&ran), ["0 n4 n1,n2,n3,n4", "1 n3 n1,n2,n4", "2 n4 n1,n2"]);
}

#[test]
fn the_operator_tries_until_it_is_done_and_ends_what_it_has_begun() {
    // The clients' host cannot reach n1 for a while: the operator's message waits to be acknowledged.
    let cluster = group().membership(|change: MemberChange| async move {
        let mut stream = crate::net::TcpStream::connect(("n1", PORT)).await?;
        let text = format!("{} {}", change.number, change.node);
        tokio::io::AsyncWriteExt::write_all(&mut stream, text.as_bytes()).await?;
        io::Result::Err(io::Error::other("never satisfied"))
    });
    let ran = run_with(&cluster, vec![planned(0, 300, None, leave("n2"))]);
    let all = log(&ran);
    assert!(all[0] == (0, true, 300) && all[1].2 > 1_500, "it ends with the main phase: {all:?}");
    assert_eq!(lived(&ran, "n2").last(), lived(&ran, "n1").last(), "a member to the end");
    let refused = ran.record.messages.iter().filter(|message| message.from == "clients");
    assert!(refused.count() > 10, "again and again");
}

#[test]
fn a_change_that_has_begun_is_done_after_the_main_phase_and_none_begins_there() {
    // The operator needs 40 ms for each; the main phase ends at about 1520 ms.
    let faults = vec![planned(0, 1_500, None, join("n4")), planned(1, 1_510, None, join("n5"))];
    let ran = run_with(&group(), faults);
    assert_eq!(told(&ran), ["0 n4 n1,n2,n3,n4"]);
    let ends = ran.record.faults.iter().filter(|event| !event.begins).count();
    assert_eq!(ends, 2, "in the log both end with the main phase");
    assert_eq!(lived(&ran, "n5").last(), lived(&ran, "n1").last(), "it is there, and no member");
}

#[test]
fn the_same_plan_gives_the_same_run_and_json_keeps_it() {
    let nemesis = Nemesis::of(&[Family::Membership, Family::Crash]).on_per_mille(1_000);
    let cluster = group().faults(nemesis);
    let mut kinds = BTreeSet::new();
    for seed in 0..12 {
        let (plan, one) = run_and_read_again(&cluster, seed);
        kinds.extend(plan.faults.iter().map(|planned| planned.fault.name()));
        let joins =
            |fault: &&PlannedFault| fault.fault.membership().is_some_and(|(_, joins)| joins);
        let first = plan.faults.iter().find(|fault| fault.fault.membership().is_some());
        assert!(first.iter().any(joins), "never fewer than at the beginning");
        assert!(one.coverage.struck.contains_key(&Family::Membership));
    }
    assert_eq!(kinds, ["crash", "join", "leave"].into());
}

#[test]
fn only_systems_that_say_how_have_members_that_come_and_go() {
    let fixed = nodes(3, 300, |_node| async { Ok(()) });
    let nemesis = Nemesis::of(&[Family::Membership]).on_per_mille(1_000);
    let mut plan = fixed.clone().faults(nemesis).plan(1);
    assert!(plan.faults.is_empty() && plan.config.families.is_empty());
    plan.faults = vec![planned(3, 50, None, join("n4"))];
    let refused = fixed.run(&plan, None).unwrap_err().to_string();
    let expected = "bad plan: fault 3: join: expected a system whose nodes can join and leave";
    assert_eq!(refused, expected);
    let problem = |faults: Vec<PlannedFault>| {
        let mut plan = group().plan(1);
        plan.faults = faults;
        plan.validate().unwrap_err().to_string()
    };
    let at = |fault| vec![planned(3, 50, None, fault)];
    assert!(problem(at(join("n2"))).contains("expected a node that was never there"));
    assert!(problem(at(join("db"))).contains("expected a name such as `n4`"));
    assert!(problem(at(leave("n7"))).contains("unknown node `n7`; known: n1, n2, n3"));
    assert!(
        problem(vec![planned(3, 50, Some(9), join("n4"))]).contains("lasts_ms 9: expected none")
    );
    let twice = vec![planned(0, 1, None, leave("n1")), planned(1, 2, None, leave("n1"))];
    assert!(problem(twice).contains("expected one of n2, n3 (those that are in the group then)"));
    let again = vec![planned(0, 1, None, leave("n1")), planned(1, 2, None, join("n1"))];
    assert!(
        problem(again).contains("fault 1: node `n1` joins: expected a node that was never there")
    );
    let crowd = (0..62).map(|id| planned(id, 1, None, join(&format!("n{}", id + 4)))).collect();
    let crowd = problem(crowd);
    assert!(
        crowd.starts_with("bad plan: fault 61: node `n65` joins: expected at most 64"),
        "{crowd}"
    );
    let all = ["n1", "n2", "n3"].map(leave).into_iter().zip(0..);
    let all = all.map(|(fault, id)| planned(id, 1, None, fault)).collect();
    assert!(problem(all).contains("fault 2: node `n3` leaves: expected at least one that stays"));
}
