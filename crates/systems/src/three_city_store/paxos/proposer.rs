//! A proposer: one attempt to decide one slot.

use super::{Accepted, Ask, Ballot, Reply};
use crate::wire::NodeId;
use std::collections::BTreeSet;

/// An attempt to decide a slot with one ballot.
#[derive(Clone, Debug)]
pub(crate) struct Proposer<V> {
    ballot: Ballot,
    /// What is proposed: the proposer's own value, unless one is found that may be decided.
    value: V,
    /// The ballot of the value that was found.
    found: Option<Ballot>,
    phase: Phase,
    answered: BTreeSet<NodeId>,
    majority: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Preparing,
    Accepting,
    Over,
}

/// What follows from a reply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Progress<V> {
    /// Nothing yet.
    Wait,
    /// The first phase is over: ask everybody for the second one.
    Next(Ask<V>),
    /// The slot is decided, for this.
    Chosen(V),
    /// Somebody promised this greater ballot: the attempt is over.
    Refused(Ballot),
    /// The slot was decided before: the attempt is over.
    TooLate { from_slot: usize, decided: Vec<V> },
    /// This replica lacks decisions from here on; it should be given them and asked again.
    Teach { replica: NodeId, length: usize },
}

impl<V: Clone> Proposer<V> {
    /// An attempt to decide a slot for this value. The ballot must never have been used before.
    pub(crate) fn new(ballot: Ballot, value: V, majority: usize) -> Proposer<V> {
        let answered = BTreeSet::new();
        Proposer { ballot, value, found: None, phase: Phase::Preparing, answered, majority }
    }

    /// What is asked of every acceptor in the phase at hand.
    pub(crate) fn ask(&self) -> Ask<V> {
        match self.phase {
            Phase::Preparing => Ask::Prepare(self.ballot),
            Phase::Accepting | Phase::Over => {
                Ask::Accept(Accepted { ballot: self.ballot, value: self.value.clone() })
            }
        }
    }

    /// Takes notice of an answer, in any order and however often.
    pub(crate) fn hear(&mut self, replica: NodeId, reply: Reply<V>) -> Progress<V> {
        match (self.phase, reply) {
            (Phase::Over, _) => Progress::Wait,
            (_, Reply::Decided { from_slot, decided }) => {
                self.phase = Phase::Over;
                Progress::TooLate { from_slot, decided }
            }
            (_, Reply::Behind { length }) => Progress::Teach { replica, length },
            (_, Reply::Refused { promised }) if promised > self.ballot => {
                self.phase = Phase::Over;
                Progress::Refused(promised)
            }
            (Phase::Preparing, Reply::Promised { ballot, accepted }) if ballot == self.ballot => {
                self.promised(replica, accepted)
            }
            (Phase::Accepting, Reply::Accepted { ballot }) if ballot == self.ballot => {
                self.accepted(replica)
            }
            _ => Progress::Wait,
        }
    }

    fn promised(&mut self, replica: NodeId, accepted: Option<Accepted<V>>) -> Progress<V> {
        if let Some(accepted) = accepted
            && self.found.is_none_or(|found| accepted.ballot > found)
        {
            self.found = Some(accepted.ballot);
            self.value = accepted.value;
        }
        self.answered.insert(replica);
        if self.answered.len() < self.majority {
            return Progress::Wait;
        }
        self.phase = Phase::Accepting;
        self.answered.clear();
        Progress::Next(self.ask())
    }

    fn accepted(&mut self, replica: NodeId) -> Progress<V> {
        self.answered.insert(replica);
        if self.answered.len() < self.majority {
            return Progress::Wait;
        }
        self.phase = Phase::Over;
        Progress::Chosen(self.value.clone())
    }
}
