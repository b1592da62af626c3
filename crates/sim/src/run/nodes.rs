//! The nodes of a run: their disks, incarnations and software.

mod clock;
mod medium;

use crate::cluster::NodeFn;
use crate::context::Witness;
use crate::cues::{Cues, Signal};
use crate::host::{End, HostFuture};
use crate::membership::number_of;
use crate::{Config, Draw, Fault, NodeCtx};
use medium::Platter;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use testimony_net::clocks::{self, Wrong};
use testimony_net::disk::Medium;
use testimony_net::{Clock, Disk};

/// A node: what of it survives a crash, and how its software is made.
pub(super) struct Node {
    context: NodeCtx,
    /// The number of its host.
    host: u16,
    incarnation: Cell<u32>,
    /// Whether the main task of the present incarnation has ended well.
    done: Rc<Cell<bool>>,
    /// What its disk is made of.
    medium: Arc<Platter>,
    /// What is wrong with its clock, by the number of the fault.
    wrongs: RefCell<Vec<(u32, Wrong)>>,
    /// How the present incarnation is asked to stop.
    stopping: RefCell<Rc<Signal>>,
    software: Arc<NodeFn>,
}

impl Node {
    /// A node. `host` is the number of its host, which differs from its own for nodes that join.
    pub(super) fn new(
        name: String,
        host: u16,
        config: &Config,
        draw: Rc<Draw>,
        witness: Rc<dyn Witness>,
        cues: Rc<Cues>,
        software: Arc<NodeFn>,
    ) -> Node {
        let id = number_of(&name).unwrap_or(host);
        let mut peers = config.node_names();
        peers.retain(|peer| *peer != name);
        let skew_ms = config.skew_ms.get(usize::from(id)).copied().unwrap_or(0);
        let medium = Arc::new(Platter::new(Draw::clone(&draw), name.clone()));
        let sync_takes = Duration::from_millis(config.disk_sync_ms.into());
        let context = NodeCtx {
            id,
            name,
            peers,
            joins: id >= config.nodes,
            incarnation: 0,
            clock: Clock::of_host(host, skew_ms.saturating_mul(1_000_000)),
            disk: Disk::on_medium(sync_takes, Arc::clone(&medium) as Arc<dyn Medium>),
            draw,
            witness,
            cues,
            stopping: Rc::default(),
        };
        let (incarnation, done) = (Cell::new(0), Rc::default());
        let stopping = RefCell::new(Rc::clone(&context.stopping));
        let wrongs = RefCell::default();
        Node { context, host, incarnation, done, medium, wrongs, stopping, software }
    }

    /// Starts the software once more.
    pub(super) fn start(&self) -> HostFuture {
        let incarnation = self.incarnation.get();
        self.incarnation.set(incarnation + 1);
        let stopping = Rc::new(Signal::default());
        *self.stopping.borrow_mut() = Rc::clone(&stopping);
        let context = NodeCtx { incarnation, stopping, ..self.context.clone() };
        let software = Arc::clone(&self.software);
        let done = Rc::clone(&self.done);
        done.set(false);
        Box::pin(async move {
            match software(context).await {
                Ok(()) => {
                    done.set(true);
                    End::Done
                }
                Err(error) => End::Failed(error.to_string()),
            }
        })
    }

    /// A fault of its disk or of its clock begins, at this time since 1970.
    pub(super) fn begin(&self, id: u32, fault: &Fault, now_ns: u64) {
        match fault {
            Fault::Torn { .. }
            | Fault::LyingSync { .. }
            | Fault::DiskError { .. }
            | Fault::DiskFull { .. }
            | Fault::SlowDisk { .. }
            | Fault::Misdirect { .. } => self.medium.begin(id, fault),
            Fault::BitRot { .. } => {
                self.medium.begin(id, fault);
                self.context.disk.rot();
            }
            _ => {
                if let Some(wrong) = clock::wrong(fault, now_ns) {
                    self.wrongs.borrow_mut().push((id, wrong));
                    self.set_clock();
                }
            }
        }
    }

    /// A fault ends.
    pub(super) fn end(&self, id: u32) {
        self.medium.end(id);
        self.wrongs.borrow_mut().retain(|(other, _)| *other != id);
        self.set_clock();
    }

    fn set_clock(&self) {
        let wrongs = self.wrongs.borrow().iter().map(|(_, wrong)| *wrong).collect();
        clocks::set(self.host, wrongs);
    }

    /// Asks the software to stop.
    pub(super) fn ask_to_stop(&self) {
        // One that has ended before has tasks that must be asked too.
        self.done.set(false);
        self.stopping.borrow().give();
    }

    /// Whether its main task has ended well since it was started last.
    pub(super) fn is_done(&self) -> bool {
        self.done.get()
    }

    /// The number of its host.
    pub(super) fn host(&self) -> u16 {
        self.host
    }

    /// Its host name.
    pub(super) fn name(&self) -> &str {
        &self.context.name
    }

    /// Loses its disk.
    pub(super) fn wipe_disk(&self) {
        self.context.disk.wipe();
    }

    /// Loses what its disk has not synced.
    pub(super) fn crash_disk(&self) {
        self.context.disk.crash();
    }
}
