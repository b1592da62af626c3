//! Processes: without power, without memory, asked to stop, restarted in turn, frozen, slow.

use super::timed;
use crate::fault::between;
use crate::net::time::sleep;
use crate::net::{UdpSocket, spawn_local};
use crate::tests::crashes::counter;
use crate::tests::datagrams::crossing;
use crate::tests::programs::{
    PORT, listen, nodes, numbers, observed, planned, run_with, run_with_findings, tick,
};
use crate::tests::streams::echo;
use crate::{Fault, NodeCtx, Ran};
use std::time::Duration;
use testimony_history::Fate;
use testimony_model::Register;

fn node(name: &str) -> String {
    name.to_owned()
}

/// The times at which a node observed anything within a span.
fn lives(ran: &Ran<Register>, name: &str, span: std::ops::Range<u64>) -> usize {
    let told = ran.record.history.observations.iter().filter(|told| told.node == name);
    told.filter(|told| span.contains(&(told.time_ns / 1_000_000))).count()
}

#[test]
fn without_power_nobody_says_goodbye() {
    let ends =
        |fault| timed(&run_with(&echo(20), vec![planned(0, 500, Some(300), fault)]), "n2", "end");
    let killed = ends(Fault::Crash { node: node("n1") });
    assert!((500..515).contains(&killed[0].0), "a killed process closes its streams: {killed:?}");
    let dark = ends(Fault::PowerLoss { node: node("n1") });
    assert!((800..1_700).contains(&dark[0].0), "a machine without power does not: {dark:?}");
    assert_eq!(dark[0].1, "\"connection reset\"");
}

#[test]
fn unsynced_data_goes_with_the_power_and_overlapping_losses_compose() {
    let dark = || Fault::PowerLoss { node: node("n2") };
    let crash = Fault::Crash { node: node("n2") };
    let faults = vec![planned(0, 355, Some(200), dark()), planned(1, 400, Some(300), crash)];
    let ran = run_with(&nodes(3, 1_000, counter), faults);
    assert_eq!(observed(&ran, "n2", "started"), ["[0,0,0]", "[1,30,0]"]);
    assert!((700..703).contains(&timed(&ran, "n2", "started")[1].0), "up when both are over");
}

#[test]
fn amnesia_takes_the_disk_also_of_a_node_that_is_down() {
    let amnesia = || Fault::Amnesia { node: node("n2") };
    let ran = run_with(&nodes(3, 1_000, counter), vec![planned(0, 355, Some(200), amnesia())]);
    assert_eq!(observed(&ran, "n2", "started"), ["[0,0,0]", "[1,0,0]"]);
    assert_eq!(observed(&ran, "n1", "started"), ["[0,0,0]"]);
    let crash = Fault::Crash { node: node("n2") };
    let faults = vec![planned(0, 300, Some(300), crash), planned(1, 400, Some(100), amnesia())];
    let ran = run_with(&nodes(3, 1_000, counter), faults);
    assert_eq!(observed(&ran, "n2", "started"), ["[0,0,0]", "[1,0,0]"]);
}

/// Counts on its disk without ever syncing, and says goodbye when it is asked to stop, except for
/// n3, which does not listen.
async fn polite(context: NodeCtx) -> Result<(), crate::BoxError> {
    let disk = context.disk();
    let stored = disk.read("count").await?.unwrap_or_else(|| b"0".to_vec());
    let mut count: u64 = String::from_utf8(stored)?.parse()?;
    context.observe("started", count);
    loop {
        sleep(Duration::from_millis(10)).await;
        count += 1;
        disk.write("count", count.to_string().as_bytes()).await?;
        context.observe("count", count);
        if context.is_stopping() && context.name != "n3" {
            context.observe("goodbye", count);
            return Ok(());
        }
    }
}

#[test]
fn who_is_asked_to_stop_may_finish_and_keeps_what_it_wrote() {
    let stop = |name, grace_ms| Fault::Stop { node: node(name), grace_ms };
    let faults = vec![
        planned(0, 305, Some(200), stop("n2", 100)),
        planned(1, 305, Some(200), stop("n3", 100)),
    ];
    let ran = run_with(&nodes(3, 1_000, polite), faults);
    let goodbye = timed(&ran, "n2", "goodbye");
    assert_eq!(goodbye.len(), 1);
    assert!((305..=315).contains(&goodbye[0].0), "{goodbye:?}");
    assert_eq!(lives(&ran, "n2", 316..505), 0, "it is stopped when it is done");
    assert!(lives(&ran, "n3", 316..405) > 5, "the other one uses its grace");
    assert_eq!(lives(&ran, "n3", 407..505), 0);
    let counts = numbers(&ran, "n2", "started");
    assert_eq!(counts, [0, goodbye[0].1.parse::<u64>().unwrap()], "unsynced data survives");
}

#[test]
fn a_crash_cuts_the_grace_short_and_a_stop_that_overlaps_keeps_it_down() {
    let stop = Fault::Stop { node: node("n3"), grace_ms: 150 };
    let crash = Fault::Crash { node: node("n3") };
    let faults = vec![planned(0, 305, Some(400), stop), planned(1, 350, Some(50), crash)];
    let ran = run_with(&nodes(3, 1_000, polite), faults);
    assert_eq!(lives(&ran, "n3", 352..400), 0, "crashed within its grace");
    assert!(lives(&ran, "n3", 400..455) > 0, "started again before the stop comes true");
    assert_eq!(lives(&ran, "n3", 457..705), 0);
    assert_eq!(numbers(&ran, "n3", "started").len(), 3);
}

#[test]
fn a_rolling_restart_takes_one_after_the_other() {
    let rolling = Fault::Rolling {
        nodes: vec![node("n3"), node("n1"), node("n2")],
        grace_ms: 20,
        down_ms: 100,
        gap_ms: 50,
    };
    let crash = Fault::Crash { node: node("n1") };
    let faults = vec![planned(0, 200, Some(2_000), rolling), planned(1, 420, Some(180), crash)];
    let ran = run_with(&nodes(3, 1_200, polite), faults);
    // Each is asked at 200, 370, 540 ms and up again 120 ms later; n1 crashes on top.
    for (name, down, up) in [("n3", 221..320, 320), ("n1", 391..600, 600), ("n2", 561..660, 660)] {
        assert_eq!(lives(&ran, name, down.clone()), 0, "{name}");
        let started = timed(&ran, name, "started");
        assert_eq!(started.len(), 2, "{name}");
        assert!((up..up + 3).contains(&started[1].0), "{name}: {started:?}");
    }
    assert!(lives(&ran, "n2", 221..540) > 25, "the others run meanwhile");
}

#[test]
fn correlated_crashes_take_several_at_once() {
    let rack = Fault::Correlated { nodes: vec![node("n1"), node("n2")] };
    let crash = Fault::Crash { node: node("n2") };
    let faults = vec![planned(0, 300, Some(200), rack), planned(1, 400, Some(200), crash)];
    let ran = run_with(&nodes(3, 1_000, polite), faults);
    assert_eq!(lives(&ran, "n1", 302..500) + lives(&ran, "n2", 302..600), 0);
    assert!(lives(&ran, "n3", 302..500) > 15);
    assert!((500..503).contains(&timed(&ran, "n1", "started")[1].0));
    assert!((600..603).contains(&timed(&ran, "n2", "started")[1].0));
}

#[test]
fn a_paused_node_does_nothing_and_then_everything() {
    let pause = || Fault::Pause { node: node("n2") };
    let faults = vec![planned(0, 300, Some(300), pause()), planned(1, 400, Some(100), pause())];
    let ran = run_with(&crossing(1_000), faults);
    assert_eq!(lives(&ran, "n2", 300..600), 0, "the end of one pause thaws nothing");
    let burst =
        timed(&ran, "n2", "got").iter().filter(|(time, _)| (600..603).contains(time)).count();
    assert!(burst >= 29, "what came meanwhile waited: {burst}");
    let missing: Vec<u64> = {
        let got = numbers(&ran, "n2", "got");
        (0..90).filter(|number| !got.contains(number)).collect()
    };
    assert_eq!(missing, [] as [u64; 0], "nothing is lost");
    let heard = timed(&ran, "n1", "got");
    assert!(!heard.iter().any(|(time, _)| (311..600).contains(time)), "its timers stood still");
    assert_eq!(observed(&ran, "n2", "started").len(), 0);
    assert!(ran.record.messages.iter().all(|message| message.fate != Fate::Lost));
}

#[test]
fn a_crash_within_a_pause_takes_what_was_frozen() {
    let pause = Fault::Pause { node: node("n2") };
    let crash = Fault::Crash { node: node("n2") };
    let faults = vec![planned(0, 300, Some(400), pause), planned(1, 400, Some(100), crash)];
    let ran = run_with(&nodes(3, 1_000, polite), faults);
    assert_eq!(lives(&ran, "n2", 300..700), 0, "started at 500 ms, it is still frozen");
    assert_eq!(numbers(&ran, "n2", "started"), [0, 0], "its unsynced count is gone");
    assert!((700..703).contains(&timed(&ran, "n2", "started")[1].0));
}

#[test]
fn a_task_that_escapes_a_pause_is_a_finding() {
    let cluster = nodes(2, 1_000, |context| async move {
        if context.id == 0 {
            return listen(context).await;
        }
        // Not testimony's spawn: nobody can freeze it.
        tokio::task::spawn_local(async { tick("n1").await.map_err(|error| error.to_string()) });
        let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
        socket.recv_from(&mut [0]).await?;
        Ok(())
    });
    let pause = planned(0, 300, Some(200), Fault::Pause { node: node("n2") });
    let ran = run_with_findings(&cluster, vec![pause]);
    let expected =
        "a task of n2 went on while the node was paused: it was not started by testimony's spawn";
    assert_eq!(ran.record.findings, [expected]);
}

/// Goal: a task that escapes is seen also when it says nothing. Method: a task of `tokio::spawn` that only
/// sleeps, beside one of ours, which is frozen, and messages of the node to itself, which are the
/// simulator's tasks.
#[test]
fn a_silent_task_that_escapes_a_pause_is_a_finding() {
    let program = |escapes: bool| {
        nodes(2, 1_000, move |context: NodeCtx| async move {
            if escapes && context.id == 1 {
                tokio::spawn(sleep(Duration::from_secs(60)));
            }
            crate::net::spawn(sleep(Duration::from_secs(60)));
            let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
            loop {
                socket.send_to(b"me", (context.name.as_str(), PORT)).await?;
                socket.recv_from(&mut [0; 2]).await?;
            }
        })
    };
    let pause = |id, at_ms| planned(id, at_ms, Some(100), Fault::Pause { node: node("n2") });
    let findings = |escapes| {
        let ran = run_with_findings(&program(escapes), vec![pause(0, 300), pause(1, 600)]);
        ran.record.findings
    };
    let expected = "1 of the tasks of n2 cannot be paused: tokio::spawn started them, not \
                    testimony's spawn";
    assert_eq!(findings(true), [expected], "once, however often it is paused");
    assert_eq!(findings(false), Vec::<String>::new());
}

#[test]
fn a_slow_node_runs_now_and_then() {
    let busy = |context: NodeCtx| async move {
        loop {
            sleep(Duration::from_millis(1)).await;
            context.observe("runs", 1);
        }
    };
    let slow = |one_in| Fault::SlowCpu { node: node("n2"), one_in };
    let faults = vec![planned(0, 300, Some(400), slow(10)), planned(1, 500, Some(100), slow(25))];
    let ran = run_with(&nodes(2, 1_000, busy), faults);
    let within = |name, span| lives(&ran, name, span);
    assert_eq!(within("n2", 300..500), 20);
    // One of 50: only when both let it run.
    assert_eq!(within("n2", 500..600), 2);
    assert_eq!(within("n2", 600..700), 10);
    assert!(within("n2", 701..900) > 190 && within("n1", 300..500) > 190);
}

#[test]
fn a_spawned_task_is_frozen_too_and_a_cut_composes_with_a_pause() {
    let cluster = nodes(2, 1_000, |context| async move {
        let to = if context.id == 0 { "n2" } else { "n1" };
        spawn_local(async move { spawn_local(tick(to)).await });
        listen(context).await
    });
    let pause = Fault::Pause { node: node("n2") };
    let cut = Fault::Cut { pairs: between(&["n1"], &["n2"]) };
    let faults = vec![planned(0, 300, Some(200), pause), planned(1, 400, Some(200), cut)];
    let ran = run_with(&cluster, faults);
    let got = numbers(&ran, "n2", "got");
    // Sent before 400 ms: waited, and was lost to the cut when the pause was over at 500 ms.
    assert!(!got.iter().any(|number| (30..58).contains(number)), "{got:?}");
    assert!(got.contains(&27) && got.contains(&62));
    assert!(!timed(&ran, "n1", "got").iter().any(|(time, _)| (311..600).contains(time)));
}
