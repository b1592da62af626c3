//! Generators: Jepsen's algebra of what clients do, compiled to a plan.
//!
//! A [`Gen`] says which step comes next, for which client, and when. It is a value: small ones are put
//! together to large ones, and nothing runs until a seed compiles it to the steps of a [`Plan`].
//!
//! ```
//! use testimony_model::{CellOp, Register};
//! use testimony_sim::generator::{Gen, Generated};
//!
//! let reads = Gen::repeat_step(CellOp::Read);
//! let writes = Gen::source(|dice| CellOp::Write(i64::from(dice.step()).into()));
//! let busy = Gen::mix([reads, writes]).stagger(10).time_limit(2_000);
//! let workload = Generated::<Register>::new(Gen::phases([busy, Gen::sleep(500)]))
//!     .finally(Gen::step(CellOp::Read).each_thread());
//! ```
//!
//! **Time** is virtual, in milliseconds. While a generator is compiled nothing is known of how long
//! an operation will take; [`Generated::assuming`] says what is assumed. A client that is still busy
//! when its step is due takes it later.
//!
//! **Randomness is keyed** by the place of a generator in the whole and by how often it was asked:
//! two generators never share a stream, so that changing one leaves the luck of the others as it was.
//!
//! **Reactive generators** ([`Gen::until_ok`], [`Gen::on_update`], [`Gen::each_process`],
//! [`Gen::process_limit`], [`Gen::concurrency_limit`]) depend on answers, so that they
//! choose while the run goes on. What they choose is recorded with the step after whose completion it
//! was chosen ([`Reactive`]): the plan that a run leaves behind is complete, and replaying it needs no
//! generator. A step that waits for its time when it is chosen is not taken back by what happens
//! meanwhile.
//!
//! What differs from Jepsen: faults are no operations, they have a plan of their own
//! ([`Nemesis`](crate::Nemesis)); an update tells whether a step succeeded, not what it answered.
//!
//! [`Plan`]: crate::Plan
//! [`Reactive`]: crate::Reactive

mod next;
mod processes;
mod schedule;
#[cfg(test)]
mod tests;
mod update;
mod workload;

pub use workload::Generated;

use crate::Draw;
use processes::Ended;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the clients do next, and after that.
pub struct Gen<S>(Arc<Node<S>>);

impl<S> Clone for Gen<S> {
    fn clone(&self) -> Self {
        Gen(Arc::clone(&self.0))
    }
}

/// How a step ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Completion {
    /// It was answered.
    Ok,
    /// It certainly had no effect.
    Fail,
    /// Nobody knows.
    Info,
}

/// A step that completed.
#[derive(Clone, PartialEq, Debug)]
pub struct Completed<S> {
    /// The id of the step.
    pub id: u32,
    /// The client that took it.
    pub client: u16,
    /// What was done.
    pub step: S,
    /// How it ended.
    pub completion: Completion,
}

/// The random numbers of one step.
pub struct Dice<'a> {
    draw: &'a Draw,
    ids: [u64; 2],
    step: u32,
}

impl Dice<'_> {
    /// The id of the step, which no other step of the plan has: good for values that are unique.
    pub fn step(&self) -> u32 {
        self.step
    }

    /// How many steps this source made before.
    pub fn count(&self) -> u64 {
        self.ids[1]
    }

    /// A number below `bound`; `what` tells the numbers of one step apart.
    pub fn below(&self, bound: u64, what: &str) -> u64 {
        self.draw.below(bound, what, &self.ids)
    }

    /// True in so many of a thousand steps.
    pub fn chance(&self, per_mille: u32, what: &str) -> bool {
        self.draw.chance(per_mille, what, &self.ids)
    }
}

type Source<S> = Arc<dyn Fn(&Dice<'_>) -> S + Send + Sync>;
type Predicate<S> = Arc<dyn Fn(&S) -> bool + Send + Sync>;
type Change<S> = Arc<dyn Fn(S) -> S + Send + Sync>;
type Update<S> = Arc<dyn Fn(Gen<S>, &Completed<S>) -> Gen<S> + Send + Sync>;

/// The kinds of generator, each with its state: a generator that has moved on is another value.
enum Node<S> {
    Nothing,
    Step(S),
    Source { make: Source<S>, count: u64 },
    Concat { gens: Vec<Gen<S>>, at: usize },
    Limit { left: u64, gen_: Gen<S> },
    Repeat { left: Option<u64>, gen_: Gen<S> },
    Cycle { left: Option<u64>, round: u64, first: Gen<S>, now: Gen<S> },
    Stagger { mean_ms: u64, count: u64, next_ms: Option<u64>, gen_: Gen<S> },
    Delay { ms: u64, next_ms: Option<u64>, gen_: Gen<S> },
    Sleep { ms: u64, until_ms: Option<u64> },
    TimeLimit { ms: u64, until_ms: Option<u64>, gen_: Gen<S> },
    Synchronize(Gen<S>),
    Mix { gens: Vec<(u32, u64, Gen<S>)>, count: u64 },
    Any { gens: Vec<(u64, Gen<S>)>, count: u64, shortest: bool },
    EachThread { first: Gen<S>, own: BTreeMap<u16, Gen<S>> },
    EachProcess { first: Gen<S>, own: BTreeMap<u16, Gen<S>>, ended: Ended },
    ProcessLimit { processes: usize, seen: BTreeSet<(u16, u32)>, ended: Ended, gen_: Gen<S> },
    ConcurrencyLimit { steps: usize, open: BTreeSet<u32>, gen_: Gen<S> },
    OnClients { from: u16, to: u16, gen_: Gen<S> },
    FlipFlop { gens: Vec<Gen<S>>, at: usize },
    CycleTimes { parts: Vec<(u64, Gen<S>)>, began_ms: Option<u64> },
    Filter { keep: Predicate<S>, gen_: Gen<S> },
    Map { change: Change<S>, gen_: Gen<S> },
    UntilOk { gen_: Gen<S>, ids: BTreeSet<u32>, ok: bool },
    OnUpdate { gen_: Gen<S>, update: Update<S> },
}

impl<S: Clone> Gen<S> {
    fn of(node: Node<S>) -> Gen<S> {
        Gen(Arc::new(node))
    }

    /// No step at all.
    pub fn nothing() -> Gen<S> {
        Gen::of(Node::Nothing)
    }

    /// This step, once.
    pub fn step(step: S) -> Gen<S> {
        Gen::of(Node::Step(step))
    }

    /// This step for ever.
    pub fn repeat_step(step: S) -> Gen<S> {
        Gen::step(step).repeat(None)
    }

    /// A step made by a function, for ever. Everything random comes from its [`Dice`].
    pub fn source(make: impl Fn(&Dice<'_>) -> S + Send + Sync + 'static) -> Gen<S> {
        Gen::of(Node::Source { make: Arc::new(make), count: 0 })
    }

    /// One after another; the next one begins as soon as one has no more steps.
    pub fn concat(gens: impl IntoIterator<Item = Gen<S>>) -> Gen<S> {
        Gen::of(Node::Concat { gens: gens.into_iter().collect(), at: 0 })
    }

    /// One after another; the next one begins when every client has completed its steps.
    pub fn phases(gens: impl IntoIterator<Item = Gen<S>>) -> Gen<S> {
        Gen::concat(gens.into_iter().map(Gen::synchronize))
    }

    /// This, and when every client is done, that.
    pub fn then(self, next: Gen<S>) -> Gen<S> {
        Gen::phases([self, next])
    }

    /// Begins when every client has completed its steps.
    pub fn synchronize(self) -> Gen<S> {
        Gen::of(Node::Synchronize(self))
    }

    /// At most so many steps.
    pub fn limit(self, steps: u64) -> Gen<S> {
        Gen::of(Node::Limit { left: steps, gen_: self })
    }

    /// One step.
    pub fn once(self) -> Gen<S> {
        self.limit(1)
    }

    /// Its first step so many times (or for ever): it does not move on.
    pub fn repeat(self, times: Option<u64>) -> Gen<S> {
        Gen::of(Node::Repeat { left: times, gen_: self })
    }

    /// All of it so many times (or for ever), each time from the beginning and with other luck.
    pub fn cycle(self, times: Option<u64>) -> Gen<S> {
        Gen::of(Node::Cycle { left: times, round: 0, first: self.clone(), now: self })
    }

    /// Steps (of all clients together) begin `mean_ms` apart on average: from 0 to twice as much.
    pub fn stagger(self, mean_ms: u64) -> Gen<S> {
        Gen::of(Node::Stagger { mean_ms, count: 0, next_ms: None, gen_: self })
    }

    /// Steps (of all clients together) begin this time apart.
    pub fn delay(self, ms: u64) -> Gen<S> {
        Gen::of(Node::Delay { ms, next_ms: None, gen_: self })
    }

    /// No step for so long.
    pub fn sleep(ms: u64) -> Gen<S> {
        Gen::of(Node::Sleep { ms, until_ms: None })
    }

    /// Only steps that begin within this time of its first being asked.
    pub fn time_limit(self, ms: u64) -> Gen<S> {
        Gen::of(Node::TimeLimit { ms, until_ms: None, gen_: self })
    }

    /// For each step one of these by chance, each as likely as another; those that have no more steps
    /// fall out.
    pub fn mix(gens: impl IntoIterator<Item = Gen<S>>) -> Gen<S> {
        Gen::mix_weighted(gens.into_iter().map(|gen_| (1, gen_)))
    }

    /// The same with weights.
    pub fn mix_weighted(gens: impl IntoIterator<Item = (u32, Gen<S>)>) -> Gen<S> {
        let gens = (0..).zip(gens).map(|(at, (weight, gen_))| (weight, at, gen_)).collect();
        Gen::of(Node::Mix { gens, count: 0 })
    }

    /// The step of these that begins first; by chance where several begin at the same time.
    pub fn any(gens: impl IntoIterator<Item = Gen<S>>) -> Gen<S> {
        Gen::of(Node::Any { gens: (0..).zip(gens).collect(), count: 0, shortest: false })
    }

    /// The same, until the first of them has no more steps.
    pub fn shortest_any(gens: impl IntoIterator<Item = Gen<S>>) -> Gen<S> {
        Gen::of(Node::Any { gens: (0..).zip(gens).collect(), count: 0, shortest: true })
    }

    /// Every client has one of its own.
    pub fn each_thread(self) -> Gen<S> {
        Gen::of(Node::EachThread { first: self, own: BTreeMap::new() })
    }

    /// Every process has one of its own: a client whose operation ends as an `info` goes on as a new
    /// process, and begins anew. Reactive: it chooses while the run goes on.
    pub fn each_process(self) -> Gen<S> {
        Gen::of(Node::EachProcess { first: self, own: BTreeMap::new(), ended: Ended::default() })
    }

    /// Only for the first so many processes that take a step: when they are all over, so is this.
    /// Reactive: it chooses while the run goes on.
    pub fn process_limit(self, processes: usize) -> Gen<S> {
        let (seen, ended) = (BTreeSet::new(), Ended::default());
        Gen::of(Node::ProcessLimit { processes, seen, ended, gen_: self })
    }

    /// At most so many of its steps are open at once. Reactive: it chooses while the run goes on.
    pub fn concurrency_limit(self, steps: usize) -> Gen<S> {
        Gen::of(Node::ConcurrencyLimit { steps, open: BTreeSet::new(), gen_: self })
    }

    /// Only for the clients from `from` (included) to `to` (not included).
    pub fn on_clients(self, from: u16, to: u16) -> Gen<S> {
        Gen::of(Node::OnClients { from, to, gen_: self })
    }

    /// The first so many clients take this, the next so many that, all others the rest.
    pub fn reserve(parts: impl IntoIterator<Item = (u16, Gen<S>)>, rest: Gen<S>) -> Gen<S> {
        let (mut from, mut gens) = (0_u16, Vec::new());
        for (count, gen_) in parts {
            let to = from.saturating_add(count);
            gens.push(gen_.on_clients(from, to));
            from = to;
        }
        gens.push(rest.on_clients(from, u16::MAX));
        Gen::any(gens)
    }

    /// One step of the first, one of the second, and so on, until one has no more.
    pub fn flip_flop(gens: impl IntoIterator<Item = Gen<S>>) -> Gen<S> {
        Gen::of(Node::FlipFlop { gens: gens.into_iter().collect(), at: 0 })
    }

    /// Each of these for its time in turn; each goes on where it was.
    pub fn cycle_times(parts: impl IntoIterator<Item = (u64, Gen<S>)>) -> Gen<S> {
        Gen::of(Node::CycleTimes { parts: parts.into_iter().collect(), began_ms: None })
    }

    /// Only the steps for which this is true.
    pub fn filter(self, keep: impl Fn(&S) -> bool + Send + Sync + 'static) -> Gen<S> {
        Gen::of(Node::Filter { keep: Arc::new(keep), gen_: self })
    }

    /// Every step changed.
    pub fn map(self, change: impl Fn(S) -> S + Send + Sync + 'static) -> Gen<S> {
        Gen::of(Node::Map { change: Arc::new(change), gen_: self })
    }

    /// Until one of its steps is answered. Reactive: it chooses while the run goes on.
    pub fn until_ok(self) -> Gen<S> {
        Gen::of(Node::UntilOk { gen_: self, ids: BTreeSet::new(), ok: false })
    }

    /// After each step that completes (of whatever generator) this says how to go on. Reactive: it
    /// chooses while the run goes on.
    pub fn on_update(
        self,
        update: impl Fn(Gen<S>, &Completed<S>) -> Gen<S> + Send + Sync + 'static,
    ) -> Gen<S> {
        Gen::of(Node::OnUpdate { gen_: self, update: Arc::new(update) })
    }
}
