//! What the clients do: from a seed to steps, and from a step to an operation.

use crate::generator::Completed;
use crate::{Config, Draw, Memory, PlannedStep};
use testimony_model::{Data, Model};

mod mix;
mod register;
mod stock;

pub use mix::Pace;
pub use register::{CellStep, Cells};
pub use stock::Stocks;

/// What the clients do.
///
/// `plan` turns the seed into *steps*, which are data: they are saved in the plan, replayed and
/// shrunk. `bind` turns a step into an operation at the moment of its invocation and may use what
/// the client has learnt so far (compare-and-set from the value last read).
pub trait Workload<M: Model>: Send + Sync + 'static {
    /// A step, not yet an operation.
    type Step: Data;

    /// The steps of every client. Everything random comes from `draw`, keyed by stable ids.
    fn plan(&self, draw: &Draw, config: &Config) -> Vec<PlannedStep<Self::Step>>;

    /// The steps after all faults have healed, each retried until it is answered: final reads.
    /// Their `not_before_ms` counts from the moment when the cluster is quiet.
    fn finals(&self, _draw: &Draw, _config: &Config) -> Vec<PlannedStep<Self::Step>> {
        Vec::new()
    }

    /// What chooses the steps while the run goes on, for workloads whose steps depend on answers. The
    /// steps of `plan` then only tell how long a run may take.
    fn reactor(&self, _draw: &Draw, _config: &Config) -> Option<Box<dyn Reactor<Self::Step>>> {
        None
    }

    /// How many keys a step can go to. With fewer than two there is no hot key
    /// ([`Fault::HotKey`](crate::Fault::HotKey)).
    fn keys(&self) -> u32 {
        1
    }

    /// The same step on the key with this number, from 0: what a hot key makes of it. Values that are
    /// unique stay so.
    fn on_key(&self, step: &Self::Step, _key: u32) -> Self::Step {
        step.clone()
    }

    /// The operation of a step: a pure function of the step and of what its client has seen.
    fn bind(&self, id: u32, step: &Self::Step, memory: &Memory<M>) -> M::Op;
}

/// Chooses steps while a run goes on. It must be a pure function of what it is told: the run's record
/// of what it chose takes its place when the run is replayed.
pub trait Reactor<S> {
    /// The first steps.
    fn begin(&mut self) -> Vec<PlannedStep<S>>;

    /// A step is over at this virtual time: the steps that follow from it. Each has an id of its own
    /// and is for a client that has nothing to do.
    fn completed(&mut self, event: &Completed<S>, now_ms: u64) -> Vec<PlannedStep<S>>;

    /// Whether nothing more will be chosen.
    fn is_over(&self) -> bool;
}
