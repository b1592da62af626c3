//! The nodes of a run: their disks, incarnations and software.

use crate::cluster::NodeFn;
use crate::context::Witness;
use crate::cues::Cues;
use crate::host::{End, HostFuture};
use crate::{Config, Draw, NodeCtx};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use testimony_net::{Clock, Disk};

/// A node: what of it survives a crash, and how its software is made.
pub(super) struct Node {
    context: NodeCtx,
    incarnation: Cell<u32>,
    software: Arc<NodeFn>,
}

impl Node {
    pub(super) fn new(
        id: u16,
        config: &Config,
        draw: Rc<Draw>,
        witness: Rc<dyn Witness>,
        cues: Rc<Cues>,
        software: Arc<NodeFn>,
    ) -> Node {
        let mut peers = config.node_names();
        let name = peers.remove(usize::from(id));
        let skew_ms = config.skew_ms.get(usize::from(id)).copied().unwrap_or(0);
        let context = NodeCtx {
            id,
            name,
            peers,
            incarnation: 0,
            clock: Clock::skewed(skew_ms.saturating_mul(1_000_000)),
            disk: Disk::with_sync_time(Duration::from_millis(config.disk_sync_ms.into())),
            draw,
            witness,
            cues,
        };
        Node { context, incarnation: Cell::new(0), software }
    }

    /// Starts the software once more.
    pub(super) fn start(&self) -> HostFuture {
        let incarnation = self.incarnation.get();
        self.incarnation.set(incarnation + 1);
        let context = NodeCtx { incarnation, ..self.context.clone() };
        let software = Arc::clone(&self.software);
        Box::pin(async move {
            match software(context).await {
                Ok(()) => End::Done,
                Err(error) => End::Failed(error.to_string()),
            }
        })
    }

    /// Its host name.
    pub(super) fn name(&self) -> &str {
        &self.context.name
    }

    /// Loses what its disk has not synced.
    pub(super) fn crash_disk(&self) {
        self.context.disk.crash();
    }
}
