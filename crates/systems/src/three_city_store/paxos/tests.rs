//! Paxos under schedules made by hand, and under very many drawn ones.

use super::{Accepted, Acceptor, Ask, Ballot, Progress, Proposer, Reply, Request, TOLD_MAX};
use crate::wire::NodeId;
use std::collections::{BTreeMap, BTreeSet};
use testimony::sim::Draw;

const MAJORITY: usize = 2;

fn ballot(round: u64, node: NodeId) -> Ballot {
    Ballot { round, node, incarnation: 0 }
}

fn about(slot: usize, ask: Ask<&'static str>) -> Request<&'static str> {
    Request { from_slot: slot, decided: Vec::new(), ask: Some(ask) }
}

fn accept(ballot: Ballot, value: &'static str) -> Ask<&'static str> {
    Ask::Accept(Accepted { ballot, value })
}

fn fresh() -> Acceptor<&'static str> {
    Acceptor::new(Vec::new(), None)
}

#[test]
fn a_promise_refuses_older_proposals_and_survives_a_crash() {
    let mut acceptor = fresh();
    let promised = Reply::Promised { ballot: ballot(2, 1), accepted: None };
    assert_eq!(acceptor.answer(about(0, Ask::Prepare(ballot(2, 1)))), promised);
    let mut restarted = Acceptor::new(acceptor.log().to_vec(), Some(acceptor.promise().clone()));
    let refused = Reply::Refused { promised: ballot(2, 1) };
    assert_eq!(restarted.answer(about(0, accept(ballot(1, 0), "late"))), refused);
    assert_eq!(restarted.answer(about(0, Ask::Prepare(ballot(1, 2)))), refused);
}

#[test]
fn a_proposer_takes_over_the_accepted_value_of_the_greatest_ballot() {
    let mut proposer = Proposer::new(ballot(9, 2), "mine", MAJORITY);
    let promised = |round, value| Reply::Promised {
        ballot: ballot(9, 2),
        accepted: Some(Accepted { ballot: ballot(round, 0), value }),
    };
    assert_eq!(proposer.hear(0, promised(4, "newer")), Progress::Wait);
    assert_eq!(proposer.hear(0, promised(4, "newer")), Progress::Wait, "one replica, one vote");
    let next = Progress::Next(accept(ballot(9, 2), "newer"));
    assert_eq!(proposer.hear(1, promised(3, "older")), next);
}

#[test]
fn answers_to_another_ballot_do_not_count() {
    let mut proposer = Proposer::new(ballot(9, 2), "mine", 1);
    let old = Reply::Promised { ballot: ballot(8, 2), accepted: None };
    assert_eq!(proposer.hear(0, old), Progress::Wait);
    assert_eq!(proposer.hear(0, Reply::Accepted { ballot: ballot(9, 2) }), Progress::Wait);
}

/// The first proposer reaches one acceptor and stalls; the second decides without having heard of
/// it; the first comes back and must not undo that.
#[test]
fn a_stalled_proposer_cannot_undo_a_decision() {
    let mut acceptors = [fresh(), fresh(), fresh()];
    for acceptor in &mut acceptors[..2] {
        acceptor.answer(about(0, Ask::Prepare(ballot(1, 0))));
    }
    acceptors[0].answer(about(0, accept(ballot(1, 0), "first")));
    let mut second = Proposer::new(ballot(2, 1), "second", MAJORITY);
    for id in [1, 2] {
        let reply = acceptors[usize::from(id)].answer(about(0, second.ask()));
        second.hear(id, reply);
    }
    let mut chosen = Progress::Wait;
    for id in [1, 2] {
        let reply = acceptors[usize::from(id)].answer(about(0, second.ask()));
        chosen = second.hear(id, reply);
    }
    assert_eq!(chosen, Progress::Chosen("second"));
    let late = acceptors[1].answer(about(0, accept(ballot(1, 0), "first")));
    assert_eq!(late, Reply::Refused { promised: ballot(2, 1) });
}

#[test]
fn decisions_are_learnt_in_order_and_given_to_those_who_are_behind() {
    let mut acceptor = fresh();
    let gap = Request { from_slot: 1, decided: vec!["b"], ask: None };
    assert_eq!(acceptor.answer(gap), Reply::Behind { length: 0 });
    let both = Request { from_slot: 0, decided: vec!["a", "b"], ask: None };
    assert_eq!(acceptor.answer(both.clone()), Reply::Heard);
    assert_eq!(acceptor.answer(both), Reply::Heard);
    assert_eq!(acceptor.log(), ["a", "b"]);
    let late = acceptor.answer(about(1, Ask::Prepare(ballot(1, 0))));
    assert_eq!(late, Reply::Decided { from_slot: 1, decided: vec!["b"] });
}

#[test]
fn who_lacks_very_many_decisions_gets_them_in_parts() {
    let log = vec!["a"; TOLD_MAX + 5];
    let mut knows = Acceptor::new(log.clone(), None);
    let mut lacks = fresh();
    for parts in 1..=2 {
        let at = lacks.log().len();
        match knows.answer(about(at, Ask::Prepare(ballot(1, 0)))) {
            Reply::Decided { from_slot, decided } => lacks.learn(from_slot, decided),
            reply => panic!("part {parts}: {reply:?}"),
        }
    }
    assert_eq!(lacks.log(), log);
}

/// A group on a network that loses, doubles and delays at will, with crashes.
struct Group {
    draw: Draw,
    draws: u64,
    acceptors: Vec<Acceptor<u32>>,
    /// Proposers by node, with the slot they try.
    proposers: BTreeMap<NodeId, (usize, Proposer<u32>)>,
    requests: Vec<(NodeId, NodeId, Request<u32>)>,
    replies: Vec<(NodeId, NodeId, usize, Reply<u32>)>,
    rounds: u64,
    values: u32,
    decided: BTreeMap<usize, BTreeSet<u32>>,
    /// Whether acceptors lose their promises in a crash, as they must not.
    forgetful: bool,
}

impl Group {
    fn new(seed: u64, forgetful: bool) -> Group {
        Group {
            draw: Draw::new(seed),
            draws: 0,
            acceptors: vec![Acceptor::new(Vec::new(), None); 3],
            proposers: BTreeMap::new(),
            requests: Vec::new(),
            replies: Vec::new(),
            rounds: 0,
            values: 0,
            decided: BTreeMap::new(),
            forgetful,
        }
    }

    /// Runs a schedule to its end.
    fn run(mut self) -> Group {
        for _ in 0..600 {
            self.step();
        }
        self
    }

    fn below(&mut self, bound: usize) -> usize {
        self.draws += 1;
        let drawn = self.draw.below(u64::try_from(bound).unwrap(), "schedule", &[self.draws]);
        usize::try_from(drawn).unwrap()
    }

    fn node(&mut self) -> NodeId {
        NodeId::try_from(self.below(3)).unwrap()
    }

    fn begin(&mut self) {
        let node = self.node();
        // Rounds are drawn close together, so that old ballots come back late.
        self.rounds += 1;
        let round = u64::try_from(self.below(3)).unwrap() + self.rounds / 2;
        let incarnation = u32::try_from(self.rounds).unwrap();
        self.values += 1;
        let ballot = Ballot { round, node, incarnation };
        let slot = self.acceptors[usize::from(node)].log().len();
        let proposer = Proposer::new(ballot, self.values, MAJORITY);
        self.send_all(node, slot, &proposer.ask());
        self.proposers.insert(node, (slot, proposer));
    }

    fn send_all(&mut self, from: NodeId, slot: usize, ask: &Ask<u32>) {
        let request = Request { from_slot: slot, decided: Vec::new(), ask: Some(ask.clone()) };
        self.requests.extend((0..3).map(|to| (from, to, request.clone())));
    }

    fn deliver_request(&mut self) {
        let at = self.below(self.requests.len());
        // Often the message stays: it will come a second time.
        let (from, to, request) = match self.below(4) {
            0 => self.requests[at].clone(),
            _ => self.requests.swap_remove(at),
        };
        let slot = request.slot();
        let reply = self.acceptors[usize::from(to)].answer(request);
        self.replies.push((to, from, slot, reply));
    }

    fn deliver_reply(&mut self) {
        let at = self.below(self.replies.len());
        let (from, to, slot, reply) = match self.below(4) {
            0 => self.replies[at].clone(),
            _ => self.replies.swap_remove(at),
        };
        let Some((tried, proposer)) = self.proposers.get_mut(&to) else { return };
        if *tried != slot {
            return;
        }
        match proposer.hear(from, reply) {
            Progress::Next(ask) => self.send_all(to, slot, &ask),
            Progress::Chosen(value) => {
                self.decided.entry(slot).or_default().insert(value);
                self.acceptors[usize::from(to)].learn(slot, vec![value]);
            }
            Progress::TooLate { from_slot, decided } => {
                self.acceptors[usize::from(to)].learn(from_slot, decided);
            }
            Progress::Teach { replica, length } => {
                let decided = self.acceptors[usize::from(to)].log()[length..slot].to_vec();
                let ask = self.proposers.get(&to).map(|(_, proposer)| proposer.ask());
                self.requests.push((to, replica, Request { from_slot: length, decided, ask }));
            }
            Progress::Wait | Progress::Refused(_) => {}
        }
    }

    fn crash(&mut self) {
        let node = self.node();
        self.proposers.remove(&node);
        let acceptor = &mut self.acceptors[usize::from(node)];
        let promise = (!self.forgetful).then(|| acceptor.promise().clone());
        *acceptor = Acceptor::new(acceptor.log().to_vec(), promise);
    }

    fn step(&mut self) {
        match self.below(40) {
            0 => self.begin(),
            1 => self.crash(),
            2..=3 if !self.requests.is_empty() => {
                let lost = self.below(self.requests.len());
                self.requests.swap_remove(lost);
            }
            4..=21 if !self.replies.is_empty() => self.deliver_reply(),
            _ if !self.requests.is_empty() => self.deliver_request(),
            _ => {}
        }
    }
}

/// Agreement: whatever the schedule, a slot is decided for one value, and all logs agree.
#[test]
fn no_slot_is_ever_decided_twice() {
    let mut slots_decided = 0;
    for seed in 0..300 {
        let group = Group::new(seed, false).run();
        for (slot, values) in &group.decided {
            assert_eq!(values.len(), 1, "seed {seed}: slot {slot} was decided for {values:?}");
            for acceptor in &group.acceptors {
                if let Some(learnt) = acceptor.log().get(*slot) {
                    assert!(values.contains(learnt), "seed {seed}: slot {slot}");
                }
            }
        }
        slots_decided += group.decided.len();
    }
    assert!(slots_decided > 600, "the schedules decide something: {slots_decided}");
}

/// The schedules are hard enough: acceptors that forget their promises are found out.
#[test]
fn forgotten_promises_decide_a_slot_twice() {
    let twice = |seed| Group::new(seed, true).run().decided.values().any(|set| set.len() > 1);
    assert!((0..300).any(twice));
}
