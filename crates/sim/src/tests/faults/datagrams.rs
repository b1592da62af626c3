//! Datagrams: doubled, corrupted, overtaken, late, squeezed, jammed.

use super::{done_ms, of_fate, sent, sent_ms, timed, watch};
use crate::Fault;
use crate::fault::{between, one_way};
use crate::tests::datagrams::crossing;
use crate::tests::programs::{nodes, numbers, planned, run_with, tick};
use crate::workload::Cells;
use crate::{Cluster, Pair};
use std::collections::BTreeMap;
use testimony_history::Fate;
use testimony_model::Register;

fn there() -> Vec<Pair> {
    one_way(&["n1"], &["n2"])
}

/// How often each number came.
fn counts(numbers: &[u64]) -> BTreeMap<u64, usize> {
    let mut counts = BTreeMap::new();
    for number in numbers {
        *counts.entry(*number).or_default() += 1;
    }
    counts
}

#[test]
fn copies_arrive_later_until_the_fault_ends() {
    let duplicate = Fault::Duplicate { pairs: there(), per_mille: 300, min_ms: 50, max_ms: 200 };
    let ran = run_with(&crossing(3_000), vec![planned(0, 0, Some(1_500), duplicate)]);
    let doubled: Vec<u64> = counts(&numbers(&ran, "n2", "got"))
        .into_iter()
        .filter_map(|(number, count)| (count == 2).then_some(number))
        .collect();
    assert!((25..65).contains(&doubled.len()), "{doubled:?}");
    assert!(doubled.iter().all(|number| *number < 150), "only what was sent meanwhile");
    assert!(counts(&numbers(&ran, "n1", "got")).values().all(|count| *count == 1));
    let copies = of_fate(&ran, Fate::Duplicated);
    assert_eq!(copies.len(), doubled.len());
    assert!(copies.iter().all(|copy| (51..=211).contains(&(done_ms(copy) - sent_ms(copy)))));
}

#[test]
fn a_late_copy_does_not_pass_a_cut_that_overlaps() {
    let duplicate = Fault::Duplicate { pairs: there(), per_mille: 1000, min_ms: 100, max_ms: 100 };
    let cut = Fault::Cut { pairs: there() };
    let faults = vec![planned(0, 0, Some(600), duplicate), planned(1, 300, Some(200), cut)];
    let ran = run_with(&crossing(1_000), faults);
    let times: Vec<u64> = timed(&ran, "n2", "got").iter().map(|(time, _)| *time).collect();
    assert!(!times.iter().any(|time| (301..500).contains(time)), "{times:?}");
    let twice = counts(&numbers(&ran, "n2", "got"));
    // Sent at 100 ms: both arrive. Sent at 250 ms: the copy runs into the cut.
    assert_eq!([twice[&9], twice[&24], twice[&70]], [2, 1, 1]);
}

#[test]
fn corrupted_datagrams_differ_in_a_few_bits() {
    let cluster = watched(3_000);
    let corrupt = Fault::Corrupt { pairs: there(), per_mille: 500 };
    let ran = run_with(&cluster, vec![planned(0, 0, Some(1_500), corrupt)]);
    let corrupted = of_fate(&ran, Fate::Corrupted);
    assert!((50..100).contains(&corrupted.len()), "{}", corrupted.len());
    assert!(corrupted.iter().all(|message| sent_ms(message) < 1_500));
    let got = timed(&ran, "n2", "got");
    let strange = got.iter().filter(|(_, text)| {
        let number = serde_json::from_str::<String>(text).unwrap().parse::<u64>();
        number.is_err()
    });
    let strange: Vec<u64> = strange.map(|(time, _)| *time).collect();
    assert!(strange.len() > corrupted.len() / 2, "digits are seldom digits after a flip");
    assert!(strange.iter().all(|time| *time <= 1_510), "{strange:?}");
    assert_eq!(of_fate(&ran, Fate::Lost).len(), 0);
}

/// n1 sends numbers to n2, which watches what comes.
fn watched(for_ms: u32) -> Cluster<Register, Cells> {
    nodes(2, for_ms, |node| async move {
        match node.id {
            0 => tick("n2").await,
            _ => watch(node).await,
        }
    })
}

#[test]
fn corruption_and_loss_compose() {
    let corrupt = Fault::Corrupt { pairs: there(), per_mille: 500 };
    let lose = Fault::Lose { pairs: there(), per_mille: 500 };
    let faults = vec![planned(0, 0, None, corrupt), planned(1, 0, Some(1_500), lose)];
    let ran = run_with(&watched(3_000), faults);
    let early = |fate| of_fate(&ran, fate).iter().filter(|m| sent_ms(m) < 1_500).count();
    let (lost, corrupted) = (early(Fate::Lost), early(Fate::Corrupted));
    assert!((50..100).contains(&lost) && (20..60).contains(&corrupted), "{lost} {corrupted}");
    assert!(of_fate(&ran, Fate::Corrupted).len() > corrupted + 50, "corruption outlives the loss");
}

#[test]
fn reordered_datagrams_are_overtaken_by_so_many() {
    let reorder = Fault::Reorder { pairs: there(), per_mille: 200, overtaken_by: 3, max_ms: 1_000 };
    let ran = run_with(&crossing(3_000), vec![planned(0, 0, Some(1_500), reorder)]);
    let got = numbers(&ran, "n2", "got");
    let mut late = 0;
    for (at, number) in got.iter().enumerate() {
        let before = got[..at].iter().filter(|other| *other > number).count();
        late += usize::from(before > 0);
        assert!(before <= 4, "{number} was overtaken by {before}");
        assert!(before == 0 || *number < 150, "{number} was sent after the end");
    }
    assert!((15..60).contains(&late), "{late}");
    assert_eq!(counts(&got).len(), got.len(), "nothing is doubled");
    assert!(numbers(&ran, "n1", "got").is_sorted(), "the other direction keeps its order");
}

#[test]
fn reordering_gives_up_waiting_and_composes_with_a_jam() {
    // Nothing overtakes within the jam: the datagram waits for the end of both.
    let reorder =
        Fault::Reorder { pairs: there(), per_mille: 1000, overtaken_by: 1_000, max_ms: 100 };
    let jam = Fault::Jam { pairs: there() };
    let faults = vec![planned(0, 0, Some(500), reorder), planned(1, 200, Some(200), jam)];
    let ran = run_with(&crossing(1_000), faults);
    for message in sent(&ran, "n1").into_iter().filter(|message| sent_ms(message) < 250) {
        let takes = done_ms(message) - sent_ms(message);
        let expected = match sent_ms(message) {
            0..80 => 100..=112,
            80..95 => continue,
            _ => 150..=310,
        };
        assert!(expected.contains(&takes), "{} took {takes}", sent_ms(message));
    }
}

#[test]
fn a_heavy_tail_makes_few_messages_very_late() {
    let tail = Fault::Tail { pairs: there(), per_mille: 1000, min_ms: 20, max_ms: 2_000 };
    let ran = run_with(&crossing(10_000), vec![planned(0, 0, Some(8_000), tail)]);
    let takes: Vec<u64> = sent(&ran, "n1")
        .into_iter()
        .filter(|message| sent_ms(message) < 8_000 && message.done_ns.is_some())
        .map(|message| done_ms(message) - sent_ms(message))
        .collect();
    let above = |limit: u64| takes.iter().filter(|takes| **takes > limit).count();
    assert!(takes.iter().all(|takes| (21..=2_010).contains(takes)));
    assert!((300..500).contains(&above(45)), "{} of {}", above(45), takes.len());
    assert!((10..60).contains(&above(400)), "{}", above(400));
    let later = sent(&ran, "n1").into_iter().filter(|message| sent_ms(message) > 8_001);
    assert!(later.filter(|m| m.done_ns.is_some()).all(|m| done_ms(m) - sent_ms(m) <= 10));
}

#[test]
fn delays_of_two_faults_add_up() {
    let slow = Fault::Slow { pairs: there(), per_mille: 1000, min_ms: 50, max_ms: 50 };
    let tail = Fault::Tail { pairs: there(), per_mille: 1000, min_ms: 30, max_ms: 30 };
    let faults = vec![planned(0, 0, Some(600), slow), planned(1, 300, Some(600), tail)];
    let ran = run_with(&crossing(1_000), faults);
    for (at_ms, least) in [(100, 50), (400, 80), (800, 30), (950, 0)] {
        let message = sent(&ran, "n1").into_iter().find(|m| sent_ms(m) >= at_ms).unwrap();
        let takes = done_ms(message) - sent_ms(message);
        assert!((least + 1..=least + 10).contains(&takes), "at {at_ms}: {takes}");
    }
    let back = sent(&ran, "n2").into_iter().filter(|m| m.done_ns.is_some());
    assert!(back.clone().all(|m| done_ms(m) - sent_ms(m) <= 10), "a slow link is slow one way");
    assert!(back.count() > 90);
}

#[test]
fn a_narrow_link_queues_and_empties_when_it_is_wide_again() {
    // 100 messages of 42 bytes a second are twice what it carries.
    let cap = Fault::Cap { pairs: there(), bytes_per_s: 2_100, queue_bytes: 0 };
    let ran = run_with(&crossing(2_000), vec![planned(0, 200, Some(1_000), cap)]);
    let times: Vec<u64> = timed(&ran, "n2", "got").iter().map(|(time, _)| *time).collect();
    let within = |range: std::ops::Range<u64>| times.iter().filter(|t| range.contains(t)).count();
    assert!((45..55).contains(&within(200..1_200)), "{}", within(200..1_200));
    assert!((45..60).contains(&within(1_200..1_215)), "{}", within(1_200..1_215));
    assert!((95..105).contains(&within(1_215..2_215)));
    let got = numbers(&ran, "n2", "got");
    let meanwhile: Vec<u64> = got.into_iter().filter(|n| (20..110).contains(n)).collect();
    assert!(meanwhile.is_sorted(), "first in, first out");
    assert_eq!(of_fate(&ran, Fate::Lost).len(), 0);
}

#[test]
fn a_full_queue_loses_and_the_narrower_of_two_caps_counts() {
    let cap = |bytes_per_s, queue_bytes| Fault::Cap { pairs: there(), bytes_per_s, queue_bytes };
    let faults = vec![
        planned(0, 0, Some(2_000), cap(1_000_000, 0)),
        planned(1, 0, Some(1_000), cap(2_100, 210)),
    ];
    let ran = run_with(&crossing(2_000), faults);
    let lost = of_fate(&ran, Fate::Lost);
    assert!((35..55).contains(&lost.len()), "{}", lost.len());
    assert!(lost.iter().all(|message| sent_ms(message) < 1_000 && message.from == "n1"));
    let slowest = sent(&ran, "n1").into_iter().filter(|m| m.fate == Fate::Delivered);
    let slowest = slowest.map(|m| done_ms(m) - sent_ms(m)).max().unwrap();
    assert!((80..140).contains(&slowest), "a queue of 210 bytes holds 100 ms: {slowest}");
}

#[test]
fn a_jam_loses_nothing_and_lets_go_in_order() {
    let jam = |pairs| Fault::Jam { pairs };
    let faults = vec![
        planned(0, 300, Some(300), jam(there())),
        planned(1, 400, Some(100), jam(between(&["n1"], &["n2"]))),
    ];
    let ran = run_with(&crossing(1_000), faults);
    let there = timed(&ran, "n2", "got");
    assert!(
        !there.iter().any(|(time, _)| (301..600).contains(time)),
        "the end of one frees nothing"
    );
    let burst: Vec<u64> = there
        .iter()
        .filter(|(time, _)| (600..603).contains(time))
        .map(|(_, number)| number.parse().unwrap())
        .collect();
    assert!(burst.len() >= 29 && burst.is_sorted(), "{burst:?}");
    let back = timed(&ran, "n1", "got");
    assert!(!back.iter().any(|(time, _)| (401..500).contains(time)));
    assert!(back.iter().any(|(time, _)| (510..600).contains(time)), "it ended there");
    assert_eq!(of_fate(&ran, Fate::Lost).len(), 0);
}
