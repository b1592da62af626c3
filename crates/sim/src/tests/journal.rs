//! What the message journal says: whose sockets, which life, which place among the events, and why
//! something was lost.

use super::programs::{PORT, listen, nodes, planned, register, run_with, tick};
use crate::fault::{between, one_way};
use crate::net::UdpSocket;
use crate::net::time::sleep;
use crate::{CLIENTS_HOST, Fault, MemberChange, Ran};
use std::future::ready;
use std::time::Duration;
use testimony_history::{Fate, Loss, Message, MessageKind};
use testimony_model::Register;

fn losses(ran: &Ran<Register>) -> Vec<(Fate, Option<Loss>)> {
    ran.record.messages.iter().map(|message| (message.fate, message.lost)).collect()
}

/// Goal: the messages of an operation can be told from all others. Method: every answered operation
/// of clients that speak over datagrams has its request after its call and its answer before its
/// return, under its own process; also after clients became other processes, and though a node joins.
#[test]
fn each_answer_lies_between_the_events_of_its_operation() {
    let cluster = register().membership(|_change: MemberChange| ready(Ok(())));
    let mut plan = cluster.plan(7);
    let cut = Fault::Cut { pairs: between(&[CLIENTS_HOST], &["n1"]) };
    let join = Fault::Join { node: format!("n{}", plan.config.nodes + 1) };
    plan.faults = vec![planned(0, 50, None, join), planned(1, 100, Some(300), cut)];
    let ran = cluster.run(&plan, None).unwrap();
    let operations = &ran.record.history.operations;
    assert!(operations.iter().any(|operation| operation.process.0 >= 3), "no client went on");
    for operation in operations.iter().filter(|operation| operation.is_ok()) {
        let of = |message: &&Message| message.process == Some(operation.process.0);
        let own = || ran.record.messages.iter().filter(of);
        let asked = own().find(|message| {
            message.from == CLIENTS_HOST && message.sent_after > Some(operation.call.0)
        });
        let answered = own().find(|message| {
            let done = message.done_after.unwrap_or_default();
            message.from == "n1" && operation.call.0 < done && done <= operation.ret.0
        });
        let (asked, answered) = (asked.unwrap(), answered.unwrap());
        assert!(asked.done_ns.unwrap() <= answered.sent_ns, "{operation:?}");
        assert_eq!(asked.ports.map(|(_, to)| to), Some(PORT));
    }
}

/// Goal: nothing arrives before it was sent, in time and among the events.
#[test]
fn every_message_arrives_after_it_was_sent() {
    let cluster = register();
    for seed in 0..5 {
        let ran = cluster.run(&cluster.plan(seed), None).unwrap();
        assert!(!ran.record.messages.is_empty());
        for (id, message) in (0..).zip(&ran.record.messages) {
            assert_eq!(message.id, id);
            assert!(message.done_ns.is_none_or(|done| done > message.sent_ns), "{message:?}");
            assert!(message.done_after.is_none_or(|done| Some(done) >= message.sent_after));
        }
        let sent: Vec<_> = ran.record.messages.iter().map(|message| message.sent_after).collect();
        assert!(sent.is_sorted() && sent.iter().all(Option::is_some), "in the order of sending");
    }
}

#[test]
fn what_is_lost_says_why() {
    let ticking = || {
        nodes(2, 500, |node| async move {
            if node.id == 0 { tick("n2").await } else { listen(node).await }
        })
    };
    let pairs = || one_way(&["n1"], &["n2"]);
    for (fault, why) in [
        (Fault::Cut { pairs: pairs() }, Loss::Cut),
        (Fault::Lose { pairs: pairs(), per_mille: 500 }, Loss::Chance),
        (Fault::Crash { node: "n2".to_owned() }, Loss::Down),
    ] {
        let losses = losses(&run_with(&ticking(), vec![planned(0, 100, Some(200), fault)]));
        assert!(losses.contains(&(Fate::Lost, Some(why))), "{why:?}: {losses:?}");
        assert!(losses.iter().all(|(fate, lost)| match fate {
            Fate::Lost => *lost == Some(why),
            _ => lost.is_none(),
        }));
    }
}

#[test]
fn a_copy_names_its_original() {
    let ticking = nodes(2, 500, |node| async move {
        if node.id == 0 { tick("n2").await } else { listen(node).await }
    });
    let pairs = one_way(&["n1"], &["n2"]);
    let double = Fault::Duplicate { pairs, per_mille: 500, min_ms: 1, max_ms: 20 };
    let ran = run_with(&ticking, vec![planned(0, 0, None, double)]);
    let messages = &ran.record.messages;
    let copies: Vec<_> = messages.iter().filter(|message| message.copy_of.is_some()).collect();
    assert!(copies.len() > 10, "{} copies", copies.len());
    for copy in copies {
        let original = &messages[usize::try_from(copy.copy_of.unwrap()).unwrap()];
        assert_eq!((&original.text, original.sent_ns), (&copy.text, copy.sent_ns));
        assert_eq!(original.copy_of, None);
    }
}

#[test]
fn lives_are_counted_at_both_ends() {
    let ticking = nodes(2, 800, |node| async move {
        if node.id == 0 { tick("n2").await } else { listen(node).await }
    });
    let faults = vec![
        planned(0, 200, Some(100), Fault::Crash { node: "n1".to_owned() }),
        planned(1, 500, Some(100), Fault::Crash { node: "n2".to_owned() }),
    ];
    let ran = run_with(&ticking, faults);
    let arrived = ran.record.messages.iter().filter(|message| message.fate.arrived());
    let mut lives: Vec<_> = arrived.map(|message| (message.from_life, message.to_life)).collect();
    lives.dedup();
    assert_eq!(lives, [(0, 0), (1, 0), (1, 1)]);
}

/// Goal: payloads that are no text are kept for a decoder and for nobody else; a line keeps its end.
#[test]
fn payloads_are_kept_as_far_as_somebody_reads_them() {
    let sending = || {
        nodes(2, 300, |node| async move {
            let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
            sleep(Duration::from_millis(5)).await;
            if node.id == 0 {
                for payload in [&b"a line\n"[..], &[0, 255], &[7; 2_000]] {
                    socket.send_to(payload, ("n2", PORT)).await?;
                }
            }
            std::future::pending().await
        })
    };
    let payloads = |ran: Ran<Register>| -> Vec<_> {
        assert!(ran.record.messages.iter().all(|message| message.kind == MessageKind::Udp));
        ran.record.messages.iter().map(Message::payload).collect()
    };
    let line = Some(b"a line\n".to_vec());
    assert_eq!(payloads(run_with(&sending(), Vec::new())), [line.clone(), None, None]);
    let decoding = sending().decode(|_, _| None);
    assert_eq!(payloads(run_with(&decoding, Vec::new())), [line, Some(vec![0, 255]), None]);
}
