//! Happened before against its definition: the transitive closure, by brute force.

use super::{done, mark, message, of_client};
use crate::order::{Order, What};
use crate::{Mark, sweep};
use proptest::prelude::*;
use testimony_history::{CLIENTS_HOST, Fate, FaultEvent, Message, Rank};

/// A small run: what happens in each millisecond, at most one event of the history in each.
#[derive(Clone, Debug)]
enum Step {
    /// A node sends to another; it arrives so much later with this fate.
    Say(usize, usize, u64, Fate),
    /// A process asks a node, or a node answers it.
    Ask(u32, usize, u64, bool),
    /// A process calls, or returns.
    Turn(u32),
    /// A node loses its disk.
    Wipe(usize),
}

const NODES: [&str; 3] = ["n1", "n2", "n3"];

fn step() -> impl Strategy<Value = Step> {
    let fate = prop_oneof![
        4 => Just(Fate::Delivered),
        1 => Just(Fate::Lost),
        1 => Just(Fate::Held),
        1 => Just(Fate::Duplicated),
        1 => Just(Fate::Corrupted),
    ];
    prop_oneof![
        4 => (0..3usize, 1..3usize, 1..6u64, fate)
            .prop_map(|(from, by, takes, fate)| Step::Say(from, (from + by) % 3, takes, fate)),
        3 => (0..2u32, 0..3usize, 1..6u64, any::<bool>())
            .prop_map(|(process, node, takes, asks)| Step::Ask(process, node, takes, asks)),
        3 => (0..2u32).prop_map(Step::Turn),
        1 => (0..3usize).prop_map(Step::Wipe),
    ]
}

/// What a run of these steps leaves behind.
fn run(steps: &[Step]) -> (Vec<Message>, Vec<Mark>, Vec<FaultEvent>) {
    let (mut messages, mut marks, mut faults) = (Vec::new(), Vec::<Mark>::new(), Vec::new());
    // By millisecond: how many events there were when it began.
    let mut events = vec![0];
    let mut next = 0;
    for (ms, step) in (0..).zip(steps) {
        let id = u32::try_from(messages.len()).expect("few");
        match step {
            Step::Say(from, to, takes, fate) => {
                messages.push((message(id, NODES[*from], NODES[*to], ms, next), *takes, *fate));
            }
            Step::Ask(process, node, takes, asks) => {
                let (from, to) = match asks {
                    true => (CLIENTS_HOST, NODES[*node]),
                    false => (NODES[*node], CLIENTS_HOST),
                };
                let said = of_client(*process, message(id, from, to, ms, next));
                messages.push((said, *takes, Fate::Delivered));
            }
            Step::Turn(process) => {
                let open = marks
                    .iter_mut()
                    .find(|mark| mark.process.0 == *process && mark.ret == Rank::NEVER);
                match open {
                    Some(mark) => mark.ret = Rank(next),
                    None => {
                        marks.push(Mark { ret: Rank::NEVER, ..mark(*process, next, next, "op") })
                    }
                }
                next += 1;
            }
            Step::Wipe(node) => {
                faults.push(wipe(NODES[*node], next, ms));
                next += 1;
            }
        }
        events.push(next);
    }
    let at = |ms: u64| events.get(usize::try_from(ms).expect("small")).copied().unwrap_or(next);
    let ended = messages.into_iter().map(|(message, takes, fate)| {
        let ms = message.sent_ns / 1_000_000 + takes;
        if fate == Fate::Held { message } else { done(message, fate, ms, at(ms)) }
    });
    (ended.collect(), marks, faults)
}

fn wipe(node: &str, rank: u32, ms: u64) -> FaultEvent {
    FaultEvent {
        fault: rank,
        begins: true,
        name: "amnesia".to_owned(),
        detail: format!("{{\"node\":\"{node}\"}}"),
        label: format!("{node} down, disk lost"),
        rank: Rank(rank),
        time_ns: ms * 1_000_000,
    }
}

/// The closure of program order and message edges, by the definition. O(n³).
#[expect(clippy::needless_range_loop, reason = "rows and columns of a relation")]
fn closure(order: &Order) -> Vec<Vec<bool>> {
    let n = order.events.len();
    let wiped = |at: usize| order.events[at].what == What::Wiped;
    let mut before = vec![vec![false; n]; n];
    for a in 0..n {
        for b in a + 1..n {
            let one_place = order.events[a].lane == order.events[b].lane;
            let forgets =
                (a..=b).any(|at| wiped(at) && order.events[at].lane == order.events[a].lane);
            let message = matches!(
                (order.events[a].what, order.events[b].what),
                (What::Sent(sent), What::Arrived(arrived)) if sent == arrived
            );
            before[a][b] = message || (one_place && !forgets);
        }
    }
    for middle in 0..n {
        for a in 0..n {
            for b in 0..n {
                before[a][b] |= before[a][middle] && before[middle][b];
            }
        }
    }
    before
}

proptest! {
    /// Goal: the passes compute happened before. Method: its definition, on small random runs.
    #[test]
    fn both_passes_agree_with_the_closure(steps in prop::collection::vec(step(), 1..24)) {
        let (messages, marks, faults) = run(&steps);
        let order = Order::new(&messages, &marks, &faults).expect("a good journal");
        let before = closure(&order);
        let happened = |at: &usize| order.events[*at].what != What::Wiped;
        for at in (0..order.events.len()).filter(happened) {
            let (past, future) = (sweep::past(&order, &[at]), sweep::future(&order, &[at]));
            for other in 0..order.events.len() {
                prop_assert_eq!(past[other], other == at || before[other][at]);
                prop_assert_eq!(future[other], other == at || before[at][other]);
            }
        }
    }

    /// Goal: it is a strict partial order, and the order of events extends it.
    #[test]
    fn it_is_a_strict_partial_order(steps in prop::collection::vec(step(), 1..24)) {
        let (messages, marks, faults) = run(&steps);
        let order = Order::new(&messages, &marks, &faults).expect("a good journal");
        let n = order.events.len();
        let past: Vec<_> = (0..n).map(|at| sweep::past(&order, &[at])).collect();
        for a in (0..n).filter(|at| order.events[*at].what != What::Wiped) {
            for b in (0..n).filter(|at| order.events[*at].what != What::Wiped) {
                prop_assert!(!(past[b][a] && a > b), "what happened before comes first");
                for c in (0..n).filter(|at| order.events[*at].what != What::Wiped) {
                    prop_assert!(!(past[b][a] && past[c][b]) || past[c][a], "transitive");
                }
            }
        }
        for (message, sent) in order.sent.iter().enumerate() {
            prop_assert!(order.arrived[message].is_none_or(|arrived| *sent < arrived));
        }
    }
}
