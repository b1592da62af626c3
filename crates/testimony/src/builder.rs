//! Checking your own replication code from a `#[test]`.

mod campaign;
mod doctor;
mod recall;
mod run;
mod shrink;
mod summary;
mod why;

pub use campaign::Campaign;
pub use summary::{Failure, Summary};

use std::future::Future;
use std::io;
use testimony_model::Model;
use testimony_sim::{BoxError, Client, ClientCtx, Cluster, NodeCtx, Workload};

/// A check in the making: a name and a model. What is missing is a compile error: nodes, clients and
/// a workload make it a [`Campaign`].
pub struct Check<M: Model> {
    name: String,
    model: M,
}

impl<M: Model> Check<M> {
    /// Checks a system of this name (it makes the ids of runs) against this model.
    pub fn new(name: impl Into<String>, model: M) -> Check<M> {
        Check { name: name.into(), model }
    }

    /// So many nodes that run this. It is called again when a node starts after a crash.
    pub fn nodes<F, Fut>(self, count: u16, node: F) -> WithNodes<M, F>
    where
        F: Fn(NodeCtx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), BoxError>> + 'static,
    {
        WithNodes { check: self, count, node }
    }
}

/// A check that knows its nodes.
pub struct WithNodes<M: Model, F> {
    check: Check<M>,
    count: u16,
    node: F,
}

impl<M: Model, F> WithNodes<M, F> {
    /// So many clients that are connected by this. It is called again after every `Info`: the client
    /// goes on as a new process.
    pub fn clients<G, GFut, C>(self, count: u16, connect: G) -> WithClients<M, F, G>
    where
        G: Fn(ClientCtx) -> GFut + Send + Sync + 'static,
        GFut: Future<Output = io::Result<C>> + 'static,
        C: Client<M> + 'static,
    {
        WithClients { nodes: self, count, connect }
    }
}

/// A check that knows its nodes and clients.
pub struct WithClients<M: Model, F, G> {
    nodes: WithNodes<M, F>,
    count: u16,
    connect: G,
}

impl<M: Model, F, G> WithClients<M, F, G> {
    /// What the clients do.
    pub fn workload<W, Fut, GFut, C>(self, workload: W) -> Campaign<M, W>
    where
        W: Workload<M>,
        F: Fn(NodeCtx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), BoxError>> + 'static,
        G: Fn(ClientCtx) -> GFut + Send + Sync + 'static,
        GFut: Future<Output = io::Result<C>> + 'static,
        C: Client<M> + 'static,
    {
        let WithClients { nodes: WithNodes { check, count: nodes, node }, count, connect } = self;
        let cluster = Cluster::new(check.name, check.model, workload);
        Campaign::new(cluster.nodes(nodes, node).clients(count, connect))
    }
}
