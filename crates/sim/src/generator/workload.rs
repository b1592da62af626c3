//! A generator as the workload of a cluster.

use super::Gen;
use super::schedule::{Schedule, compile};
use crate::workload::{Reactor, Workload};
use crate::{Config, Draw, Memory, PlannedStep};
use std::sync::Arc;
use testimony_model::{Data, Model};

/// How long a step takes when nothing else is said, in milliseconds.
const ASSUMED_MS: u64 = 20;

/// Steps of the final phase have luck of their own.
const FINALS: &str = "finals";

type OnKey<S> = Arc<dyn Fn(&S, u32) -> S + Send + Sync>;
type Bind<M, S> = Arc<dyn Fn(u32, &S, &Memory<M>) -> <M as Model>::Op + Send + Sync>;

/// A workload made by a generator. Its steps are the model's operations, or data that is bound to
/// operations when they are invoked ([`Generated::binding`]).
pub struct Generated<M: Model, S = <M as Model>::Op> {
    main: Gen<S>,
    finals: Gen<S>,
    assumed_ms: u64,
    /// How many keys there are, and how a step goes to one of them.
    keys: Option<(u32, OnKey<S>)>,
    bind: Bind<M, S>,
}

impl<M: Model> Generated<M, M::Op> {
    /// The operations of this generator.
    pub fn new(main: Gen<M::Op>) -> Generated<M, M::Op> {
        Generated::binding(main, |_id, op, _memory| op.clone())
    }
}

impl<M: Model, S: Data> Generated<M, S> {
    /// Steps that become operations when they are invoked: `bind` is a pure function of the step's
    /// id, the step, and what its client has learnt.
    pub fn binding(
        main: Gen<S>,
        bind: impl Fn(u32, &S, &Memory<M>) -> M::Op + Send + Sync + 'static,
    ) -> Generated<M, S> {
        let (finals, bind) = (Gen::nothing(), Arc::new(bind));
        Generated { main, finals, assumed_ms: ASSUMED_MS, keys: None, bind }
    }

    /// What is done after all faults have healed, each step until it is answered: final reads. It is
    /// compiled ahead, so that nothing in it is reactive: `until_ok` ends after its first step, which
    /// is what the final phase does with every step anyway.
    pub fn finally(mut self, finals: Gen<S>) -> Generated<M, S> {
        self.finals = finals;
        self
    }

    /// Assumes that a step takes so many milliseconds; 20 unless said otherwise. Clients that are not
    /// held back by `stagger` or `delay` take a step this often.
    pub fn assuming(mut self, ms: u64) -> Generated<M, S> {
        self.assumed_ms = ms;
        self
    }

    /// Says that there are so many keys, and how a step is made that goes to the one with a number,
    /// from 0. Keys can then be hot ([`Fault::HotKey`](crate::Fault::HotKey)).
    pub fn keyed(
        mut self,
        keys: u32,
        on_key: impl Fn(&S, u32) -> S + Send + Sync + 'static,
    ) -> Generated<M, S> {
        self.keys = Some((keys, Arc::new(on_key)));
        self
    }

    /// The generator, with as many steps as the configuration asks for where it does.
    fn main(&self, config: &Config) -> Gen<S> {
        match config.ops {
            Some(ops) => self.main.clone().limit(ops.into()),
            None => self.main.clone(),
        }
    }
}

impl<M: Model, S: Data> Workload<M> for Generated<M, S> {
    type Step = S;

    fn plan(&self, draw: &Draw, config: &Config) -> Vec<PlannedStep<S>> {
        compile(&self.main(config), draw, config.clients, self.assumed_ms, false)
    }

    fn finals(&self, draw: &Draw, config: &Config) -> Vec<PlannedStep<S>> {
        let draw = Draw::new(draw.at(FINALS, &[]));
        compile(&self.finals, &draw, config.clients, 1, true)
    }

    fn reactor(&self, draw: &Draw, config: &Config) -> Option<Box<dyn Reactor<S>>> {
        let main = self.main(config);
        main.is_reactive()
            .then(|| Box::new(Schedule::new(main, draw, config.clients)) as Box<dyn Reactor<S>>)
    }

    fn keys(&self) -> u32 {
        self.keys.as_ref().map_or(1, |(keys, _)| *keys)
    }

    fn on_key(&self, step: &S, key: u32) -> S {
        match &self.keys {
            Some((_, on_key)) => on_key(step, key),
            None => step.clone(),
        }
    }

    fn bind(&self, id: u32, step: &S, memory: &Memory<M>) -> M::Op {
        (self.bind)(id, step, memory)
    }
}
