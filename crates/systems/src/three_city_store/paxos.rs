//! Paxos for one slot of a log after the other: the pure part.
//!
//! Each slot of the log is decided by an instance of its own of single-decree Paxos (Lamport,
//! "Paxos made simple", 2001). An [`Acceptor`] takes part in one instance at a time, that of the
//! first slot it knows no decision of: it is given the decisions it missed together with the
//! question (and a proposer that is behind is given them as the answer). So what it must remember
//! is the decided log, one promise and one accepted proposal.
//!
//! A [`Proposer`] tries to get its proposal into a slot with one ballot. It may learn that it has
//! to propose another's, or that it came too late.

mod acceptor;
mod proposer;
#[cfg(test)]
mod tests;

pub(crate) use acceptor::{Acceptor, Promise};
pub(crate) use proposer::{Progress, Proposer};

use crate::wire::NodeId;
use serde::{Deserialize, Serialize};

/// So many decisions are told at once: a datagram holds no more. Who lacks more asks again.
pub(crate) const TOLD_MAX: usize = 100;

/// The number of an attempt: no two attempts ever have the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ballot {
    /// Greater than that of every ballot its proposer had heard of.
    pub(crate) round: u64,
    /// The proposer.
    pub(crate) node: NodeId,
    /// How often the proposer had been started: after a crash it forgets the rounds it used.
    pub(crate) incarnation: u32,
}

/// A proposal as an acceptor accepted it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Accepted<V> {
    pub(crate) ballot: Ballot,
    pub(crate) value: V,
}

/// A request to an acceptor: decisions it may have missed, and a question about the slot that
/// follows them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Request<V> {
    /// The slot of the first of the decisions.
    pub(crate) from_slot: usize,
    /// Decisions, slot after slot.
    pub(crate) decided: Vec<V>,
    /// The question about the slot after them.
    pub(crate) ask: Option<Ask<V>>,
}

/// What a proposer asks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ask<V> {
    /// Promise to accept nothing below this ballot, and say what you accepted (phase 1).
    Prepare(Ballot),
    /// Accept this (phase 2).
    Accept(Accepted<V>),
}

/// An acceptor's answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reply<V> {
    /// Promised; this was accepted before.
    Promised { ballot: Ballot, accepted: Option<Accepted<V>> },
    /// Accepted.
    Accepted { ballot: Ballot },
    /// Refused: a greater ballot was promised.
    Refused { promised: Ballot },
    /// The slot is decided: the decisions from it on, [`TOLD_MAX`] at most.
    Decided { from_slot: usize, decided: Vec<V> },
    /// Decisions from this slot on are missing.
    Behind { length: usize },
    /// Heard, where nothing was asked.
    Heard,
}

impl<V> Request<V> {
    /// The slot that is asked about.
    pub(crate) fn slot(&self) -> usize {
        self.from_slot + self.decided.len()
    }
}
