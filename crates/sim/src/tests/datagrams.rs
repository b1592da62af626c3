//! What faults do to datagrams.

use super::programs::{listen, nodes, numbers, planned, run_with, tick};
use crate::fault::{between, one_way};
use crate::workload::Cells;
use crate::{Cluster, Fault, Ran};
use std::collections::BTreeSet;
use testimony_history::Fate;
use testimony_model::Register;

/// n1 sends numbers to n2 and n2 to n1, one every 10 ms each.
pub(super) fn crossing(for_ms: u32) -> Cluster<Register, Cells> {
    nodes(2, for_ms, |node| async move {
        let to = if node.id == 0 { "n2" } else { "n1" };
        crate::net::spawn_local(tick(to));
        listen(node).await
    })
}

/// The numbers up to `end` that did not arrive.
fn missing(ran: &Ran<Register>, node: &str, end: u64) -> BTreeSet<u64> {
    let got: BTreeSet<u64> = numbers(ran, node, "got").into_iter().collect();
    (0..end).filter(|number| !got.contains(number)).collect()
}

/// Number k is sent at 10 (k + 1) ms and takes 1 to 10 ms.
fn sent_within(begin_ms: u64, end_ms: u64) -> BTreeSet<u64> {
    (begin_ms / 10..end_ms / 10 - 1).collect()
}

#[test]
fn a_cut_loses_what_is_sent_meanwhile_and_nothing_later() {
    let cut = Fault::Cut { pairs: between(&["n1"], &["n2"]) };
    let ran = run_with(&crossing(1_000), vec![planned(0, 300, Some(300), cut)]);
    for node in ["n1", "n2"] {
        let missing = missing(&ran, node, 90);
        let certainly = sent_within(310, 600);
        assert!(missing.is_superset(&certainly), "{missing:?}");
        assert!(missing.len() <= certainly.len() + 3, "{missing:?}");
    }
    let lost = ran.record.messages.iter().filter(|message| message.fate == Fate::Lost).count();
    assert_eq!(lost, missing(&ran, "n1", 90).len() + missing(&ran, "n2", 90).len());
    let labels: Vec<_> =
        ran.record.faults.iter().map(|event| (&*event.label, event.begins)).collect();
    assert_eq!(labels, [("n1 | n2", true), ("n1 | n2", false)]);
    assert_eq!(ran.record.faults[0].time_ns, 300_000_000);
    assert_eq!(ran.record.faults[1].time_ns, 600_000_000);
}

#[test]
fn a_one_way_cut_leaves_the_other_way() {
    let cut = Fault::Cut { pairs: one_way(&["n1"], &["n2"]) };
    let ran = run_with(&crossing(1_000), vec![planned(0, 300, Some(300), cut)]);
    assert!(missing(&ran, "n2", 90).is_superset(&sent_within(310, 600)));
    assert_eq!(missing(&ran, "n1", 90), BTreeSet::new());
}

#[test]
fn overlapping_cuts_compose() {
    let cut = || Fault::Cut { pairs: between(&["n1"], &["n2"]) };
    let faults = vec![planned(0, 200, Some(400), cut()), planned(1, 300, Some(100), cut())];
    let ran = run_with(&crossing(1_000), faults);
    let missing = missing(&ran, "n2", 90);
    assert!(
        missing.is_superset(&sent_within(210, 600)),
        "the end of one heals nothing: {missing:?}"
    );
    assert!(missing.iter().all(|number| (18..60).contains(number)), "{missing:?}");
}

#[test]
fn a_cut_without_an_end_is_healed_in_the_final_phase() {
    let cut = Fault::Cut { pairs: between(&["n1"], &["n2"]) };
    let ran = run_with(&crossing(500), vec![planned(0, 100, None, cut)]);
    let quiet = ran.record.history.quiet_from.unwrap();
    let end = ran.record.faults.last().unwrap();
    assert!(!end.begins && end.rank < quiet);
    let last_seen = *numbers(&ran, "n2", "got").last().unwrap();
    assert!(last_seen > 60, "messages flow again: {last_seen}");
}

#[test]
fn loss_takes_about_its_share() {
    let lose = Fault::Lose { pairs: one_way(&["n1"], &["n2"]), per_mille: 250 };
    let ran = run_with(&crossing(10_000), vec![planned(0, 0, None, lose)]);
    let lost = missing(&ran, "n2", 990).len();
    assert!((200..300).contains(&lost), "{lost} of 990 lost");
    assert_eq!(missing(&ran, "n1", 990).len(), 0, "the other direction loses nothing");
}

#[test]
fn a_delay_tail_makes_some_messages_late() {
    let pairs = one_way(&["n1"], &["n2"]);
    let slow = Fault::Slow { pairs, per_mille: 200, min_ms: 100, max_ms: 200 };
    let ran = run_with(&crossing(10_000), vec![planned(0, 0, None, slow)]);
    let takes_ms = |from: &str| {
        let sent = ran.record.messages.iter().filter(|message| message.from == from);
        let done = sent.filter_map(|message| Some(message.done_ns? - message.sent_ns));
        done.map(|takes| takes / 1_000_000).collect::<Vec<_>>()
    };
    let (slow, usual): (Vec<u64>, Vec<u64>) =
        takes_ms("n1").iter().partition(|takes| **takes >= 100);
    assert!((150..250).contains(&slow.len()), "{} of {}", slow.len(), usual.len());
    assert!(slow.iter().all(|takes| (101..=210).contains(takes)));
    assert!(usual.iter().chain(&takes_ms("n2")).all(|takes| (1..=10).contains(takes)));
    let got = numbers(&ran, "n2", "got");
    assert!(got.windows(2).any(|pair| pair[0] > pair[1]), "late messages are overtaken");
}

#[test]
fn the_luck_of_a_message_does_not_depend_on_the_others() {
    // A tenth of the traffic is removed: what is left has the same fates and latencies.
    let lose = || Fault::Lose { pairs: between(&["n1"], &["n2"]), per_mille: 300 };
    let system = |skipped: u64| {
        nodes(2, 3_000, move |node| async move {
            if node.id == 1 {
                return listen(node).await;
            }
            let socket = crate::net::UdpSocket::bind(("0.0.0.0", 0)).await?;
            for number in 0_u64.. {
                crate::net::time::sleep(std::time::Duration::from_millis(10)).await;
                if number % 10 != skipped {
                    let text = number.to_string();
                    socket.send_to(text.as_bytes(), ("n2", super::programs::PORT)).await?;
                }
            }
            Ok(())
        })
    };
    let lucks = |skipped| {
        let ran = run_with(&system(skipped), vec![planned(0, 0, None, lose())]);
        let messages = ran.record.messages.into_iter().filter(|message| {
            let number: u64 = message.text.as_deref().unwrap().parse().unwrap();
            number % 10 != 3 && number % 10 != 4 && number < 250
        });
        messages.map(|message| (message.text, message.done_ns, message.fate)).collect::<Vec<_>>()
    };
    let (without_threes, without_fours) = (lucks(3), lucks(4));
    assert_eq!(without_threes.len(), 200);
    assert_eq!(without_threes, without_fours);
}

#[test]
fn the_luck_of_a_message_is_drawn_from_its_stable_key() {
    // The number behind the colon differs from run to run, as a UUID would.
    let system = |nonce: u64| {
        nodes(2, 1_000, move |node| async move {
            let socket = crate::net::UdpSocket::bind(("0.0.0.0", super::programs::PORT)).await?;
            for number in 0_u64.. {
                crate::net::time::sleep(std::time::Duration::from_millis(10)).await;
                let text = format!("{number}:{}", nonce + number);
                let to = if node.id == 0 { "n2" } else { "n1" };
                socket.send_to(text.as_bytes(), (to, super::programs::PORT)).await?;
            }
            Ok(())
        })
    };
    let lose = || Fault::Lose { pairs: between(&["n1"], &["n2"]), per_mille: 300 };
    let lucks = |cluster: &Cluster<Register, Cells>| {
        let ran = run_with(cluster, vec![planned(0, 0, None, lose())]);
        let luck = |message: &testimony_history::Message| (message.done_ns, message.fate);
        ran.record.messages.iter().map(luck).collect::<Vec<_>>()
    };
    let before_colon = |payload: &[u8]| {
        payload.iter().copied().take_while(|byte| *byte != b':').collect::<Vec<u8>>()
    };
    let keyed = |nonce| lucks(&system(nonce).stable_key(before_colon));
    assert_eq!(keyed(1), keyed(5_000));
    assert_ne!(lucks(&system(1)), lucks(&system(5_000)), "the whole payload counts otherwise");
}
