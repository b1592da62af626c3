//! A cluster: the code under test, with everything that is needed to run it.

use crate::client::AnyClient;
use crate::host::StableKey;
use crate::membership::{self, MemberChange, MembershipFn};
use crate::nemesis::Nemesis;
use crate::run::{Ran, RunError};
use crate::workload::Workload;
use crate::{Client, ClientCtx, Config, Determinism, NodeCtx, Plan, Shape};
use std::error::Error;
use std::future::Future;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use testimony_history::{Decoded, Message};
use testimony_model::Model;

/// Whatever a node can fail with.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// A future of the simulation's one thread.
type Local<T> = Pin<Box<dyn Future<Output = T>>>;

/// Makes the software of a node.
pub(crate) type NodeFn = dyn Fn(NodeCtx) -> Local<Result<(), BoxError>> + Send + Sync;

/// Says what a message of the journal is about.
pub type Decoder = Arc<dyn Fn(&Message, &[u8]) -> Option<Decoded> + Send + Sync>;

/// Connects a client.
pub(crate) type ClientFn<M> =
    dyn Fn(ClientCtx) -> Local<io::Result<Box<dyn AnyClient<M>>>> + Send + Sync;

/// A system under test: its model, its nodes, its clients, what the clients do, and what may break.
pub struct Cluster<M: Model, W: Workload<M>> {
    system: String,
    model: M,
    workload: Arc<W>,
    config: Config,
    nemesis: Nemesis,
    shared_luck: bool,
    required: Determinism,
    stable_key: Option<StableKey>,
    decoder: Option<Decoder>,
    sometimes: Vec<String>,
    node: Option<Arc<NodeFn>>,
    client: Option<Arc<ClientFn<M>>>,
    membership: Option<Arc<MembershipFn>>,
}

impl<M: Model, W: Workload<M>> Clone for Cluster<M, W> {
    fn clone(&self) -> Self {
        Cluster {
            system: self.system.clone(),
            model: self.model.clone(),
            workload: Arc::clone(&self.workload),
            config: self.config.clone(),
            nemesis: self.nemesis.clone(),
            shared_luck: self.shared_luck,
            required: self.required,
            stable_key: self.stable_key.clone(),
            decoder: self.decoder.clone(),
            sometimes: self.sometimes.clone(),
            node: self.node.clone(),
            client: self.client.clone(),
            membership: self.membership.clone(),
        }
    }
}

impl<M: Model, W: Workload<M>> Cluster<M, W> {
    /// A cluster of this name. It needs nodes and clients before it can run.
    pub fn new(system: impl Into<String>, model: M, workload: W) -> Cluster<M, W> {
        Cluster {
            system: system.into(),
            model,
            workload: Arc::new(workload),
            config: Config::new(3, 5),
            nemesis: Nemesis::default(),
            shared_luck: false,
            required: Determinism::Rules,
            stable_key: None,
            decoder: None,
            sometimes: Vec::new(),
            node: None,
            client: None,
            membership: None,
        }
    }

    /// So many nodes that run this. It is called again when a node starts after a crash.
    pub fn nodes<F, Fut>(mut self, count: u16, node: F) -> Self
    where
        F: Fn(NodeCtx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), BoxError>> + 'static,
    {
        self.config.nodes = count;
        self.node = Some(Arc::new(move |context| Box::pin(node(context))));
        self
    }

    /// So many clients that are connected by this. It is called again after every `info`.
    pub fn clients<F, Fut, C>(mut self, count: u16, connect: F) -> Self
    where
        F: Fn(ClientCtx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = io::Result<C>> + 'static,
        C: Client<M> + 'static,
    {
        self.config.clients = count;
        self.client = Some(Arc::new(move |context| {
            let connecting = connect(context);
            Box::pin(async move {
                let client: Box<dyn AnyClient<M>> = Box::new(connecting.await?);
                Ok(client)
            })
        }));
        self
    }

    /// Nodes can join and leave ([`Fault::Join`](crate::Fault::Join)), and this is how: one attempt
    /// of the operator, who sits on the host of the clients and talks to the system in its own words.
    /// It answers when the change is done; see [`MemberChange`].
    ///
    /// Without it no such fault is drawn, and plans that have one are refused.
    pub fn membership<F, Fut>(mut self, change: F) -> Self
    where
        F: Fn(MemberChange) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = io::Result<()>> + 'static,
    {
        self.membership = Some(membership::kept(change));
        self
    }

    pub(crate) fn membership_software(&self) -> Option<Arc<MembershipFn>> {
        self.membership.clone()
    }

    /// Other things for the clients to do.
    pub fn with_workload(mut self, workload: W) -> Self {
        self.workload = Arc::new(workload);
        self
    }

    /// What may break.
    pub fn faults(mut self, nemesis: Nemesis) -> Self {
        self.nemesis = nemesis;
        self
    }

    /// Takes out of each payload what the luck of a message is drawn from: for payloads with parts
    /// that differ from run to run for no good reason, such as UUIDs or a counter that all
    /// operations share. Without it the whole payload counts. It must be a function of the payload.
    pub fn stable_key(mut self, key: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Self {
        self.stable_key = Some(Arc::new(key));
        self
    }

    /// Says what the messages of the system are about: what the message journal shows of them, and
    /// what an answer to "why did it answer that" goes by. It is given a message as the journal has it
    /// and its payload, and must be a function of both. `None`: it cannot tell, e.g. because a segment
    /// of a stream holds a part of a frame only.
    ///
    /// It is called when somebody asks, not while the run goes on. What it costs then is that the
    /// journal keeps payloads that are no text, up to a kilobyte each.
    pub fn decode(
        mut self,
        decoder: impl Fn(&Message, &[u8]) -> Option<Decoded> + Send + Sync + 'static,
    ) -> Self {
        self.decoder = Some(Arc::new(decoder));
        self
    }

    /// What the system says about its messages, where it says anything.
    pub fn decoder(&self) -> Option<&Decoder> {
        self.decoder.as_ref()
    }

    /// Announces conditions of [`sometimes!`](crate::sometimes) that some run should meet, so that
    /// those are told too whose code is never reached.
    pub fn sometimes(mut self, names: &[&str]) -> Self {
        self.sometimes.extend(names.iter().map(|name| (*name).to_owned()));
        self
    }

    /// Changes the configuration that plans begin with: latencies, skews, limits.
    pub fn configure(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// Refuses to run with less than this level of the determinism ladder
    /// ([`RunError::LowLevel`]).
    pub fn require(mut self, level: Determinism) -> Self {
        self.required = level;
        self
    }

    pub(crate) fn required(&self) -> Determinism {
        self.required
    }

    /// Draws the luck of messages from one stream that all share, instead of from their content.
    /// Only for measuring what that costs: leaving out one operation then changes all the luck
    /// after it, and plans shrink badly.
    #[doc(hidden)]
    pub fn with_shared_luck(mut self) -> Self {
        self.shared_luck = true;
        self
    }

    pub(crate) fn has_shared_luck(&self) -> bool {
        self.shared_luck
    }

    /// The name of the system.
    pub fn system(&self) -> &str {
        &self.system
    }

    /// The model that the system implements.
    pub fn model(&self) -> &M {
        &self.model
    }

    pub(crate) fn announced(&self) -> &[String] {
        &self.sometimes
    }

    pub(crate) fn workload(&self) -> &Arc<W> {
        &self.workload
    }

    pub(crate) fn stable_key_of_payloads(&self) -> Option<StableKey> {
        self.stable_key.clone()
    }

    pub(crate) fn node_software(&self) -> Result<Arc<NodeFn>, RunError> {
        self.node.clone().ok_or(RunError::Incomplete("nodes"))
    }

    pub(crate) fn client_software(&self) -> Result<Arc<ClientFn<M>>, RunError> {
        self.client.clone().ok_or(RunError::Incomplete("clients"))
    }

    /// The plan of a seed.
    pub fn plan(&self, seed: u64) -> Plan<W::Step> {
        self.plan_as(seed, &Shape::default())
    }

    /// The plan of a seed in another shape: more nodes, fewer faults.
    pub fn plan_as(&self, seed: u64, shape: &Shape) -> Plan<W::Step> {
        crate::planner::plan(self, &self.config, &self.nemesis, seed, shape)
    }

    /// Runs a plan. The history is streamed to `out` as it happens: a header line, then whole
    /// lines, each flushed.
    ///
    /// Whatever the code under test does (panics, errors, tasks that never end) is part of the
    /// result, as a finding.
    ///
    /// # Errors
    /// The plan is bad or for another system, the history cannot be written, no thread can be had,
    /// or a task never gives control back ([`RunError::Hung`]; its thread is left behind).
    pub fn run(
        &self,
        plan: &Plan<W::Step>,
        out: Option<Box<dyn Write + Send>>,
    ) -> Result<Ran<M>, RunError> {
        Ok(self.run_and_record(plan, out)?.0)
    }

    /// The same, and the plan that the run leaves behind: the one that was run, with the steps that
    /// were chosen while it went on. Running that one gives the same bytes and chooses nothing.
    ///
    /// # Errors
    /// Those of [`Cluster::run`].
    pub fn run_and_record(
        &self,
        plan: &Plan<W::Step>,
        out: Option<Box<dyn Write + Send>>,
    ) -> Result<(Ran<M>, Plan<W::Step>), RunError> {
        crate::run::run(self, plan, out, crate::run::PATIENCE)
    }
}
