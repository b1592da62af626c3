//! Disks: torn writes, syncs that lie, errors, no space, slowness, rot.

use super::timed;
use crate::net::time::{Instant, sleep};
use crate::tests::programs::{nodes, observed, planned, run_with};
use crate::workload::Cells;
use crate::{Cluster, Fault, NodeCtx, Ran};
use std::time::Duration;
use testimony_model::Register;

fn n2() -> String {
    "n2".to_owned()
}

fn crash() -> Fault {
    Fault::Crash { node: n2() }
}

/// Appends "0123456789" to a log every 10 ms; syncs it every 100 ms. Tells what it finds.
fn logging() -> Cluster<Register, Cells> {
    nodes(2, 1_200, |node: NodeCtx| async move {
        let disk = node.disk();
        let found = disk.read("log").await?.unwrap_or_default();
        node.observe("found", String::from_utf8_lossy(&found));
        for number in 1_u64.. {
            sleep(Duration::from_millis(10)).await;
            disk.append("log", b"0123456789").await?;
            if number.is_multiple_of(10) {
                disk.sync().await?;
                node.observe("synced", number);
            }
        }
        Ok(())
    })
}

/// What a node found when it started, by incarnation.
fn found(ran: &Ran<Register>, node: &str) -> Vec<String> {
    let told = observed(ran, node, "found").into_iter();
    told.map(|text| serde_json::from_str(&text).unwrap()).collect()
}

#[test]
fn a_crash_tears_unsynced_writes_while_the_fault_lasts() {
    let torn = || Fault::Torn { node: n2() };
    let mut lengths = std::collections::BTreeSet::new();
    for at_ms in [350, 360, 370, 380, 390] {
        let faults = vec![planned(0, 300, Some(200), torn()), planned(1, at_ms, Some(20), crash())];
        let ran = run_with(&logging(), faults);
        let log = &found(&ran, "n2")[1];
        let whole = "0123456789".repeat(60);
        assert!(whole.starts_with(log.as_str()), "a prefix, over what was there: {log}");
        assert!((300..=390).contains(&log.len()), "what was synced is whole: {}", log.len());
        lengths.insert(log.len());
    }
    assert!(lengths.iter().any(|length| length % 10 != 0), "{lengths:?}");
    // After its end, and with nothing else: whole or gone. The overlapping one goes on.
    let faults = vec![planned(0, 100, Some(100), torn()), planned(1, 355, Some(20), crash())];
    assert_eq!(found(&run_with(&logging(), faults), "n2")[1].len(), 300);
}

#[test]
fn a_sync_that_lies_is_found_out_by_a_crash() {
    let lies = || Fault::LyingSync { node: n2() };
    let faults = vec![
        planned(0, 250, Some(300), lies()),
        planned(1, 300, Some(100), lies()),
        planned(2, 535, Some(20), crash()),
    ];
    let ran = run_with(&logging(), faults);
    let synced = timed(&ran, "n2", "synced");
    assert!(synced.iter().any(|(time, _)| (430..535).contains(time)), "it said that it was done");
    assert_eq!(found(&ran, "n2")[1].len(), 200, "what was synced before is there");
    // A sync after the end of the fault is real, and takes what the others left.
    let faults = vec![planned(0, 250, Some(100), lies()), planned(1, 450, Some(20), crash())];
    assert_eq!(found(&run_with(&logging(), faults), "n2")[1].len(), 400);
}

/// Tries a write, a sync and a read every 10 ms, and tells what came of each and how long it took.
fn trying() -> Cluster<Register, Cells> {
    nodes(2, 1_200, |node: NodeCtx| async move {
        let disk = node.disk();
        for number in 0_u64.. {
            sleep(Duration::from_millis(10)).await;
            let text = number.to_string();
            let begun = Instant::now();
            let told = |result: std::io::Result<()>| match result {
                Ok(()) => "ok".to_owned(),
                Err(error) => error.kind().to_string(),
            };
            let write = told(disk.write("file", text.as_bytes()).await);
            let sync = told(disk.sync().await);
            let read = disk.read("file").await;
            let fresh = read.as_ref().is_ok_and(|read| read.as_deref() == Some(text.as_bytes()));
            let took = u64::try_from(begun.elapsed().as_millis())?;
            node.observe("tried", (write, sync, told(read.map(|_| ())), fresh, took));
        }
        Ok(())
    })
}

/// Write, sync, read; whether the read saw the write; how long it all took.
type Tried = (String, String, String, bool, u64);

fn tried(ran: &Ran<Register>, node: &str, span: std::ops::Range<u64>) -> Vec<Tried> {
    let told = timed(ran, node, "tried").into_iter().filter(|(time, _)| span.contains(time));
    told.map(|(_, text)| serde_json::from_str(&text).unwrap()).collect()
}

fn is_well((write, sync, read, fresh, took): &Tried) -> bool {
    [write, sync, read].iter().all(|what| *what == "ok") && *fresh && *took == 1
}

#[test]
fn accesses_fail_now_and_then_and_have_no_effect() {
    let error = |per_mille| Fault::DiskError { node: n2(), per_mille };
    let faults =
        vec![planned(0, 200, Some(600), error(300)), planned(1, 600, Some(100), error(1000))];
    let ran = run_with(&trying(), faults);
    let during = tried(&ran, "n2", 212..600);
    let failed =
        |of: fn(&Tried) -> &String| during.iter().filter(|tried| *of(tried) != "ok").count();
    for of in [|tried: &Tried| &tried.0, |tried: &Tried| &tried.1, |tried: &Tried| &tried.2]
        as [fn(&Tried) -> &String; 3]
    {
        assert!((4..26).contains(&failed(of)), "{} of {}", failed(of), during.len());
    }
    let kept = during.iter().filter(|tried| tried.0 != "ok" && tried.2 == "ok");
    assert!(kept.clone().count() > 1 && kept.clone().all(|tried| !tried.3), "nothing was written");
    assert!(tried(&ran, "n2", 612..700).iter().all(|tried| tried.0 != "ok" && tried.2 != "ok"));
    assert!(tried(&ran, "n2", 712..800).iter().any(|tried| tried.0 == "ok"), "one of two ended");
    assert!(tried(&ran, "n2", 812..1_200).iter().all(is_well), "both ended");
    assert!(tried(&ran, "n1", 0..1_200).iter().all(is_well), "the other node's disk is well");
}

#[test]
fn a_full_disk_takes_no_writes_and_a_slow_one_takes_its_time() {
    let full = Fault::DiskFull { node: n2() };
    let slow = |extra_ms| Fault::SlowDisk { node: n2(), extra_ms };
    let faults = vec![
        planned(0, 200, Some(300), full),
        planned(1, 400, Some(400), slow(5)),
        planned(2, 600, Some(100), slow(2)),
    ];
    let ran = run_with(&trying(), faults);
    let parts = |span| -> Vec<Tried> { tried(&ran, "n2", span) };
    assert!(parts(0..200).iter().all(is_well));
    for (write, sync, read, fresh, took) in parts(212..400) {
        assert_eq!((&*write, &*sync, &*read, fresh), ("no storage space", "ok", "ok", false));
        assert_eq!(took, 1, "only the sync takes time");
    }
    let times = |span| -> std::collections::BTreeSet<u64> {
        parts(span).into_iter().map(|tried| tried.4).collect()
    };
    assert_eq!(times(430..500), [16].into(), "three accesses of 5 ms more; the write fails late");
    assert!(parts(530..600).iter().all(|tried| tried.3), "there is space again");
    assert_eq!(times(640..700), [22].into(), "both slow it down");
    assert_eq!(times(740..800), [16].into());
    assert!(parts(830..1_200).iter().all(is_well));
}

/// Both nodes write the time into one of three files every 10 ms, and tell the times in all three.
fn three_files() -> Cluster<Register, Cells> {
    nodes(2, 1_200, |node: NodeCtx| async move {
        let disk = node.disk();
        for number in 0..110_u64 {
            sleep(Duration::from_millis(9)).await;
            let file = usize::try_from(number % 3)?;
            disk.write(["a", "b", "c"][file], number.to_string().as_bytes()).await?;
            disk.sync().await?;
            let mut held = Vec::new();
            for name in ["a", "b", "c"] {
                let content = disk.read(name).await?.unwrap_or_default();
                held.push(String::from_utf8_lossy(&content).into_owned());
            }
            let meant = held[file] == number.to_string();
            let found = held.iter().position(|content| *content == number.to_string());
            node.observe("write", (meant, found));
        }
        Ok(())
    })
}

/// Of the writes in a time: how many there were, how many went where they were meant to, how many to
/// another file, and how many nowhere.
fn landed(ran: &Ran<Register>, node: &str, span_ms: std::ops::Range<u64>) -> [usize; 4] {
    let told = timed(ran, node, "write").into_iter().filter(|(time, _)| span_ms.contains(time));
    let told: Vec<(bool, Option<usize>)> =
        told.map(|(_, text)| serde_json::from_str(&text).unwrap()).collect();
    let of = |what: (bool, bool)| {
        told.iter().filter(|(meant, found)| (*meant, found.is_some()) == what).count()
    };
    [told.len(), of((true, true)), of((false, true)), of((false, false))]
}

#[test]
fn misdirected_writes_land_in_other_files_and_leave_their_own_as_it_was() {
    let misdirect = |per_mille| Fault::Misdirect { node: n2(), per_mille };
    let run = |faults| run_with(&three_files(), faults);
    let ran = run(vec![planned(0, 300, Some(300), misdirect(500))]);
    let [all, meant, other, nowhere] = landed(&ran, "n2", 305..600);
    assert!(all > 25 && meant > 5 && other > 5 && nowhere == 0, "{all} {meant} {other}");
    for (node, span) in [("n2", 0..300), ("n2", 612..1_200), ("n1", 0..1_200)] {
        let [all, meant, ..] = landed(&ran, node, span);
        assert!(all > 20 && all == meant, "{node}");
    }
    // Of two that overlap each takes its share; the second goes on when the first is over.
    let ran = run(vec![
        planned(0, 300, Some(200), misdirect(500)),
        planned(1, 400, Some(300), misdirect(1_000)),
    ]);
    let [all, meant, other, _] = landed(&ran, "n2", 412..700);
    assert!(meant == 0 && all == other, "{meant} of {all}");
    let [all, meant, ..] = landed(&ran, "n2", 712..1_200);
    assert_eq!(all, meant);
    // Without another file the bytes are gone.
    let lost = run(vec![planned(0, 0, Some(15), misdirect(1_000))]);
    assert_eq!(landed(&lost, "n2", 0..15), [1, 0, 0, 1]);
}

/// n2 writes and syncs a file of its own every 10 ms, and reads all of them at 1000 ms.
fn archive() -> Cluster<Register, Cells> {
    nodes(2, 1_500, |node: NodeCtx| async move {
        let disk = node.disk();
        for number in 0..90_u64 {
            sleep(Duration::from_millis(9)).await;
            disk.write(&format!("file{number}"), &[0; 100]).await?;
            disk.sync().await?;
        }
        sleep(Duration::from_millis(100)).await;
        for number in 0..90_u64 {
            let content = disk.read(&format!("file{number}")).await?.unwrap_or_default();
            let flipped: u32 = content.iter().map(|byte| byte.count_ones()).sum();
            node.observe("flipped", flipped);
        }
        Ok(())
    })
}

#[test]
fn bits_rot_in_files_that_are_there_or_come_and_stay_rotten() {
    let rot = |per_mille| Fault::BitRot { node: n2(), per_mille };
    let ran = run_with(&archive(), vec![planned(0, 300, Some(300), rot(500))]);
    let flipped: Vec<u32> =
        observed(&ran, "n2", "flipped").iter().map(|n| n.parse().unwrap()).collect();
    let rotten = |range: std::ops::Range<usize>| flipped[range].iter().filter(|n| **n == 1).count();
    assert!((6..25).contains(&rotten(0..30)), "of those that were there: {flipped:?}");
    assert!((6..25).contains(&rotten(30..60)), "of those that came: {flipped:?}");
    assert_eq!(rotten(61..90), 0, "it ends");
    assert!(flipped.iter().all(|bits| *bits <= 1));
    assert!(observed(&ran, "n1", "flipped").iter().all(|bits| bits == "0"));
    let both = vec![planned(0, 300, Some(300), rot(500)), planned(1, 400, Some(400), rot(1000))];
    let ran = run_with(&archive(), both);
    let flipped: Vec<u32> =
        observed(&ran, "n2", "flipped").iter().map(|n| n.parse().unwrap()).collect();
    assert!(flipped[..39].iter().all(|bits| *bits >= 1), "the second takes all that is there");
    assert!(flipped[..60].contains(&2), "and some rot twice");
    assert!(flipped[62..79].iter().all(|bits| *bits == 1), "it outlives the first");
    assert!(flipped[81..].iter().all(|bits| *bits == 0));
}
