//! Why an operation answered what it did, on whole runs.

use crate::{quorum_register, reconfigurable_register, three_city_store};
use std::collections::BTreeSet;
use testimony::history::{Fate, Loss, Message, MessageKind};
use testimony::journal::{Carried, Why};
use testimony::model::Model;
use testimony::report::why::{Context, render};
use testimony::sim::Workload;
use testimony::verdict::AnomalyKind;
use testimony::{Campaign, Subject};

/// Every operation of a run, asked about.
fn every_why<M: Model, W: Workload<M>>(campaign: &Campaign<M, W>, seed: u64) -> Vec<Why> {
    let (ran, _) = campaign.run_plan(&campaign.plan(seed)).unwrap();
    let journal = campaign.journal(&ran).unwrap();
    ran.record.history.operations.iter().map(|op| journal.why(op.id).unwrap()).collect()
}

/// Goal: whoever was answered was answered by somebody. Method: every operation of runs of both
/// systems under faults; the first and the last message of its conversation are the client's.
#[test]
fn every_answer_has_its_conversation() {
    fn look<M: Model, W: Workload<M>>(campaign: &Campaign<M, W>) {
        let name = Subject::name(campaign);
        let whys: Vec<Why> = (0..4).flat_map(|seed| every_why(campaign, seed)).collect();
        assert!(whys.len() > 100, "{name}: {} operations", whys.len());
        for why in whys.iter().filter(|why| why.operation.is_ok()) {
            assert!(why.answered && why.client_known, "{name}: {why:#?}");
            let node = why.node.as_deref().unwrap();
            let asked = why
                .talk
                .iter()
                .any(|seen| seen.message.to == node && seen.message.process.is_some());
            assert!(asked, "{name}: {why:#?}");
            let text = render(why, &Context { run: name, all: false });
            assert!(text.contains(&format!("{node} answered.")), "{text}");
        }
    }
    look(&quorum_register::abd());
    look(&reconfigurable_register::epochs());
    look(&three_city_store::quorum());
    look(&three_city_store::available());
}

/// Goal: every system says what its messages mean. Method: all datagrams and segments of runs in which
/// members come and go as well, but for those that the journal cut; some words of each protocol.
#[test]
fn every_message_is_in_words() {
    fn look<M: Model, W: Workload<M>>(campaign: &Campaign<M, W>, expected: &[&str]) {
        let name = Subject::name(campaign);
        let mut words = BTreeSet::new();
        for seed in 0..6 {
            let (ran, _) = campaign.run_plan(&campaign.plan(seed)).unwrap();
            let speaks = |message: &&Message| {
                message.fate != Fate::Corrupted
                    && matches!(message.kind, MessageKind::Udp | MessageKind::Data)
            };
            for message in ran.record.messages.iter().filter(speaks) {
                let Some(text) = &message.text else { continue };
                let decoded = Subject::decode(campaign, message);
                words.insert(decoded.unwrap_or_else(|| panic!("{name}: {text}")).words);
            }
        }
        for part in expected {
            assert!(words.iter().any(|words| words.contains(part)), "{name}: {part}: {words:?}");
        }
    }
    let register = ["query ", "store ", "holds nothing", "stored", "read ", "write ", "value "];
    look(&quorum_register::abd(), &register);
    let groups = ["seal: next is epoch 1 (n1", "sealed, holds ", "install epoch 1", "installed"];
    let newer = ["there is epoch 1", "in epoch 0"];
    let all: Vec<&str> = register.iter().chain(&groups).chain(&newer).copied().collect();
    look(&reconfigurable_register::epochs(), &all);
    let shop = ["buy 1", "count", "sold out", "restocked"];
    let log =
        ["prepare slot 0 (ballot 1 of n", "promised (", "accept in slot", "accepted (", "decided "];
    let all: Vec<&str> = shop.iter().chain(&log).copied().collect();
    look(&three_city_store::quorum(), &all);
    let books = ["books: 3 there", "; n", " gave 1 to n", "; lacks 1"];
    let all: Vec<&str> = shop.iter().chain(&books).copied().collect();
    look(&three_city_store::escrow(), &all);
    look(&three_city_store::available(), &["books: 3 there", "; n"]);
    look(&three_city_store::last_writer(), &["there, as in the beginning", "written by n"]);
}

/// Goal: an answer of the protocol of the paper rests on a majority, and the conversation shows it.
#[test]
fn a_read_of_a_majority_shows_both_phases() {
    let whys = every_why(&quorum_register::abd(), 3);
    let reads = whys.iter().filter(|why| why.operation.read.is_some());
    let shown = reads.filter(|why| why.operation.is_ok()).map(|why| {
        let words: Vec<&str> = why.talk.iter().map(|seen| seen.words.as_str()).collect();
        for part in ["read ", "query ", "holds ", "store ", "stored", "value "] {
            assert!(words.iter().any(|words| words.starts_with(part)), "{part}: {words:?}");
        }
    });
    assert!(shown.count() > 10);
}

/// Goal: a stale read of the broken twins is explained by what its node could not know. Method: the
/// operation that each anomaly blames; where the loss of messages is the reason, they and the fault
/// are named.
#[test]
fn stale_reads_are_explained() {
    let (mut explained, mut untold, mut lost) = (0, 0, Vec::new());
    for campaign in [quorum_register::read_one(), quorum_register::write_one()] {
        for seed in 0..40 {
            let (ran, judgement) = campaign.run_plan(&campaign.plan(seed)).unwrap();
            for anomaly in judgement.anomalies().filter(|a| a.kind == AnomalyKind::StaleRead) {
                let blamed = anomaly.core.required.iter();
                let mut whys = blamed.map(|op| campaign.why(&ran, *op).unwrap());
                let why = whys.find(|why| !why.missed.is_empty()).unwrap();
                let missed = &why.missed[0];
                assert!(missed.by_value, "{why:#?}");
                assert_ne!(why.carried, Carried::Latest);
                let text = render(&why, &Context { run: Subject::name(&campaign), all: false });
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                // A coordinator may have heard of a value that its own replica was never told.
                let said: &[&str] = match missed.told.is_empty() {
                    true => &["could not know it", "did not know it"],
                    false => &["could have known it"],
                };
                assert!(said.iter().any(|said| text.contains(said)), "{text}");
                untold += usize::from(missed.told.is_empty());
                explained += 1;
                let stopped = why.missed.iter().flat_map(|missed| &missed.stopped);
                let cut = stopped.filter(|seen| seen.message.lost == Some(Loss::Cut));
                lost.extend(cut.filter_map(|seen| Some((seen.in_force.clone()?, text.clone()))));
            }
        }
    }
    assert!(explained >= 10 && 2 * untold > explained, "{untold} of {explained} stale reads");
    let (fault, text) = lost.first().unwrap();
    assert!(["cut", "flap"].contains(&fault.name.as_str()), "{fault:?}");
    assert!(text.contains(&format!("[fault {}: {}", fault.fault, fault.name)), "{text}");
    assert!(text.contains("(the direction was cut)"), "{text}");
}
