//! An acceptor, and the log it knows.

use super::{Accepted, Ask, Ballot, Reply, Request, TOLD_MAX};
use serde::{Deserialize, Serialize};

/// What an acceptor has promised for one slot. It must be on disk before it is told to anyone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Promise<V> {
    /// The slot: that after the decided log.
    pub(crate) slot: usize,
    /// Nothing below this ballot is accepted.
    pub(crate) ballot: Ballot,
    /// The proposal accepted last.
    pub(crate) accepted: Option<Accepted<V>>,
}

/// An acceptor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Acceptor<V> {
    log: Vec<V>,
    promise: Promise<V>,
}

impl<V: Clone> Acceptor<V> {
    /// An acceptor that remembers this: what its disk holds, nothing at the very beginning.
    pub(crate) fn new(log: Vec<V>, promise: Option<Promise<V>>) -> Acceptor<V> {
        let fresh = Promise { slot: log.len(), ballot: Ballot::default(), accepted: None };
        // A promise for a slot that is decided by now binds nobody any more.
        let promise = promise.filter(|promise| promise.slot == log.len()).unwrap_or(fresh);
        Acceptor { log, promise }
    }

    /// The decisions it knows, slot after slot from the first.
    pub(crate) fn log(&self) -> &[V] {
        &self.log
    }

    /// What it has promised for the slot after them.
    pub(crate) fn promise(&self) -> &Promise<V> {
        &self.promise
    }

    /// Answers a request. What changed must be durable before the answer is sent.
    pub(crate) fn answer(&mut self, request: Request<V>) -> Reply<V> {
        let slot = request.slot();
        if request.from_slot > self.log.len() {
            return Reply::Behind { length: self.log.len() };
        }
        self.learn(request.from_slot, request.decided);
        match request.ask {
            None => Reply::Heard,
            Some(_) if slot < self.log.len() => {
                let decided = self.log[slot..].iter().take(TOLD_MAX).cloned().collect();
                Reply::Decided { from_slot: slot, decided }
            }
            Some(Ask::Prepare(ballot)) => self.prepare(ballot),
            Some(Ask::Accept(proposal)) => self.accept(proposal),
        }
    }

    /// Takes over decisions; those it knows already are the same.
    pub(crate) fn learn(&mut self, from_slot: usize, decided: Vec<V>) {
        let known = self.log.len();
        if from_slot > known {
            return;
        }
        self.log.extend(decided.into_iter().skip(known - from_slot));
        if self.log.len() > known {
            let slot = self.log.len();
            self.promise = Promise { slot, ballot: Ballot::default(), accepted: None };
        }
    }

    fn prepare(&mut self, ballot: Ballot) -> Reply<V> {
        if ballot < self.promise.ballot {
            return Reply::Refused { promised: self.promise.ballot };
        }
        self.promise.ballot = ballot;
        Reply::Promised { ballot, accepted: self.promise.accepted.clone() }
    }

    fn accept(&mut self, proposal: Accepted<V>) -> Reply<V> {
        let ballot = proposal.ballot;
        if ballot < self.promise.ballot {
            return Reply::Refused { promised: self.promise.ballot };
        }
        self.promise.ballot = ballot;
        self.promise.accepted = Some(proposal);
        Reply::Accepted { ballot }
    }
}
