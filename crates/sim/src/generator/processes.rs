//! Generators that look at processes and at what is open: reactive, because only the run tells.
//!
//! A client whose operation ends as an `info` goes on as a new process.

use super::next::{Asked, Next, soonest};
use super::{Completed, Completion, Gen, Node};
use std::collections::{BTreeMap, BTreeSet};

/// How many processes of each client are over.
#[derive(Clone, Default)]
pub(super) struct Ended(BTreeMap<u16, u32>);

impl Ended {
    fn of(&self, client: u16) -> u32 {
        self.0.get(&client).copied().unwrap_or(0)
    }

    /// The same after a step has completed.
    pub(super) fn updated<S>(&self, event: &Completed<S>) -> Ended {
        let mut ended = self.clone();
        if event.completion == Completion::Info {
            *ended.0.entry(event.client).or_default() += 1;
        }
        ended
    }
}

impl<S: Clone> Gen<S> {
    /// The generators of this module.
    pub(super) fn next_of_processes(&self, asked: Asked<'_>) -> Next<S> {
        match &*self.0 {
            Node::EachProcess { first, own, ended } => {
                let each = |client: u16| {
                    let place = u64::from(ended.of(client)) << 16 | u64::from(client);
                    (place, own.get(&client).unwrap_or(first))
                };
                let picked = soonest(asked, asked.clients, each).map(|client, moved| {
                    let mut own = own.clone();
                    own.insert(client, moved);
                    Node::EachProcess { first: first.clone(), own, ended: ended.clone() }
                });
                match picked {
                    // A step that is open may end its process, and another begins.
                    Next::Over if asked.free.len() < asked.clients.len() => {
                        Next::Wait(None, self.clone())
                    }
                    other => other,
                }
            }
            Node::ProcessLimit { processes, seen, ended, gen_ } => {
                let may = |client: &u16| {
                    seen.len() < *processes || seen.contains(&(*client, ended.of(*client)))
                };
                let of = |all: &[u16]| all.iter().copied().filter(may).collect::<Vec<u16>>();
                let (clients, free) = (of(asked.clients), of(asked.free));
                if clients.is_empty() {
                    return Next::Over;
                }
                let limited = Asked { clients: &clients, free: &free, ..asked };
                let put = |seen, gen_| Node::ProcessLimit {
                    processes: *processes,
                    seen,
                    ended: ended.clone(),
                    gen_,
                };
                match gen_.next(limited.part(0)) {
                    Next::Step(chosen, gen_) => {
                        let mut seen = seen.clone();
                        seen.insert((chosen.client, ended.of(chosen.client)));
                        Next::Step(chosen, Gen::of(put(seen, gen_)))
                    }
                    other => other.within(|gen_| put(seen.clone(), gen_)),
                }
            }
            Node::ConcurrencyLimit { steps, open, gen_ } => {
                let put = |open, gen_| Node::ConcurrencyLimit { steps: *steps, open, gen_ };
                match gen_.next(asked.part(0)) {
                    Next::Step(..) if open.len() >= *steps && open.is_empty() => Next::Over,
                    Next::Step(..) if open.len() >= *steps => Next::Wait(None, self.clone()),
                    Next::Step(chosen, gen_) => {
                        let mut open: BTreeSet<u32> = open.clone();
                        open.insert(asked.id);
                        Next::Step(chosen, Gen::of(put(open, gen_)))
                    }
                    other => other.within(|gen_| put(open.clone(), gen_)),
                }
            }
            _ => Next::Over,
        }
    }

    /// What of these goes on after a step has completed; `to` says it of their parts.
    pub(super) fn updated_processes(
        &self,
        event: &Completed<S>,
        to: impl Fn(&Gen<S>) -> Gen<S>,
    ) -> Gen<S> {
        Gen::of(match &*self.0 {
            Node::EachProcess { first, own, ended } => {
                let mut own: BTreeMap<u16, Gen<S>> =
                    own.iter().map(|(client, gen_)| (*client, to(gen_))).collect();
                if event.completion == Completion::Info {
                    own.remove(&event.client);
                }
                Node::EachProcess { first: first.clone(), own, ended: ended.updated(event) }
            }
            Node::ProcessLimit { processes, seen, ended, gen_ } => {
                let (seen, ended) = (seen.clone(), ended.updated(event));
                Node::ProcessLimit { processes: *processes, seen, ended, gen_: to(gen_) }
            }
            Node::ConcurrencyLimit { steps, open, gen_ } => {
                let mut open = open.clone();
                open.remove(&event.id);
                Node::ConcurrencyLimit { steps: *steps, open, gen_: to(gen_) }
            }
            _ => return self.clone(),
        })
    }
}
