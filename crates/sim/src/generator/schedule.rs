//! From a generator to steps: ahead of the run, or while it goes on.

use super::next::{Asked, Chosen, Next};
use super::{Completed, Completion, Gen};
use crate::workload::Reactor;
use crate::{Draw, PlannedStep};
use std::collections::BTreeSet;

/// Steps of a plan at most: what never ends is cut off here.
const STEPS_MAX: u32 = 100_000;

/// The latest beginning of a step: a day.
const MS_MAX: u64 = 86_400_000;

/// The place of the whole generator.
const ROOT: u64 = 1;

/// When the first step may begin: servers have bound their sockets by then.
const START_MS: u64 = 20;

/// A generator with the clients for which it chooses.
pub(super) struct Schedule<S> {
    gen_: Gen<S>,
    draw: Draw,
    clients: Vec<u16>,
    free: BTreeSet<u16>,
    next_id: u32,
    over: bool,
}

impl<S: Clone> Schedule<S> {
    pub(super) fn new(gen_: Gen<S>, draw: &Draw, clients: u16) -> Schedule<S> {
        let (clients, free) = ((0..clients).collect(), (0..clients).collect());
        Schedule { gen_, draw: draw.clone(), clients, free, next_id: 0, over: false }
    }

    fn ask(&self, now_ms: u64) -> Next<S> {
        if self.over || self.next_id >= STEPS_MAX || now_ms > MS_MAX {
            return Next::Over;
        }
        let free: Vec<u16> = self.free.iter().copied().collect();
        let (draw, clients, id) = (&self.draw, self.clients.as_slice(), self.next_id);
        self.gen_.next(Asked { draw, now_ms, clients, free: &free, id, place: ROOT })
    }

    fn take(&mut self, chosen: Chosen<S>, gen_: Gen<S>) -> PlannedStep<S> {
        self.gen_ = gen_;
        self.free.remove(&chosen.client);
        let id = self.next_id;
        self.next_id += 1;
        let Chosen { client, at_ms, step } = chosen;
        PlannedStep { id, client, not_before_ms: at_ms, step }
    }

    /// The steps when each takes `assumed_ms` and is answered.
    pub(super) fn ahead(mut self, from_ms: u64, assumed_ms: u64) -> Vec<PlannedStep<S>> {
        let mut steps: Vec<PlannedStep<S>> = Vec::new();
        // By the time of their completion: positions in `steps`.
        let mut open: BTreeSet<(u64, usize)> = BTreeSet::new();
        let mut now_ms = from_ms;
        loop {
            let first = open.first().copied();
            let next = self.ask(now_ms);
            let wait_ms = match next {
                // What completes before it begins may change it.
                Next::Step(chosen, gen_) if first.is_none_or(|(ms, _)| ms >= chosen.at_ms) => {
                    now_ms = now_ms.max(chosen.at_ms);
                    let step = self.take(chosen, gen_);
                    open.insert((now_ms.saturating_add(assumed_ms.max(1)), steps.len()));
                    steps.push(step);
                    continue;
                }
                Next::Step(..) => None,
                Next::Wait(until, gen_) => {
                    self.gen_ = gen_;
                    until
                }
                Next::Over => return steps,
            };
            match (first, wait_ms) {
                (Some((ms, at)), wait) if wait.is_none_or(|until| ms <= until) => {
                    now_ms = now_ms.max(ms);
                    open.pop_first();
                    let PlannedStep { id, client, step, .. } = &steps[at];
                    let (id, client, step) = (*id, *client, step.clone());
                    self.free.insert(client);
                    let completion = Completion::Ok;
                    self.gen_ = self.gen_.updated(&Completed { id, client, step, completion });
                }
                (_, Some(until)) if until > now_ms => now_ms = until,
                // It waits for what never comes.
                _ => return steps,
            }
        }
    }

    /// What is chosen now for the clients that have nothing to do.
    fn choose(&mut self, mut now_ms: u64) -> Vec<PlannedStep<S>> {
        let mut steps = Vec::new();
        loop {
            match self.ask(now_ms) {
                Next::Step(chosen, gen_) => steps.push(self.take(chosen, gen_)),
                Next::Wait(until, gen_) => {
                    self.gen_ = gen_;
                    match until.filter(|until| *until > now_ms) {
                        // Nobody will come to ask again.
                        Some(until) if self.free.len() == self.clients.len() => now_ms = until,
                        _ => break,
                    }
                    if steps.is_empty() {
                        continue;
                    }
                }
                Next::Over => {
                    self.over = true;
                    break;
                }
            }
        }
        // It waits, and nothing is open that could wake it.
        if self.free.len() == self.clients.len() {
            self.over = true;
        }
        steps
    }
}

impl<S: Clone> Reactor<S> for Schedule<S> {
    fn begin(&mut self) -> Vec<PlannedStep<S>> {
        self.choose(START_MS)
    }

    fn completed(&mut self, event: &Completed<S>, now_ms: u64) -> Vec<PlannedStep<S>> {
        self.free.insert(event.client);
        self.gen_ = self.gen_.updated(event);
        self.choose(now_ms)
    }

    fn is_over(&self) -> bool {
        self.over
    }
}

/// The steps of a generator ahead of the run.
pub(super) fn compile<S: Clone>(
    gen_: &Gen<S>,
    draw: &Draw,
    clients: u16,
    assumed_ms: u64,
    finals: bool,
) -> Vec<PlannedStep<S>> {
    let from_ms = if finals { 0 } else { START_MS };
    Schedule::new(gen_.clone(), draw, clients).ahead(from_ms, assumed_ms)
}
