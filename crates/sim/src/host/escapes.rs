//! Tasks that no pause can freeze: those of hosts' runtimes that were not started by our spawn.
//!
//! A pause freezes what our spawn has started: those are local tasks, and a runtime does not count local
//! tasks among its own. So whatever it counts was started by `tokio::spawn`, also by a library or a
//! `JoinSet`, and goes on. Only messages of a host to itself are such tasks, too, for a millisecond each.
//! What was started by `tokio::task::spawn_local` is counted nowhere: it is seen when it sends.

use std::cell::RefCell;
use std::rc::Rc;
use tokio::runtime::Handle;

/// A host that has been paused for so many milliseconds has no message to itself under way.
const SETTLED_MS: u32 = 5;

/// The runtimes of all hosts, and for how long each host has been paused.
pub(super) struct Escapes {
    runtimes: Rc<RefCell<Vec<Option<Handle>>>>,
    paused_ms: Vec<u32>,
}

impl Escapes {
    pub(super) fn new(hosts: usize) -> Escapes {
        let runtimes = Rc::new(RefCell::new(vec![None; hosts]));
        Escapes { runtimes, paused_ms: vec![0; hosts] }
    }

    /// What the software of a host calls when it starts: each time it has another runtime.
    pub(super) fn enter(&self, host: u16) -> impl Fn() + 'static {
        let runtimes = Rc::clone(&self.runtimes);
        move || {
            if let Some(runtime) = runtimes.borrow_mut().get_mut(usize::from(host)) {
                *runtime = Handle::try_current().ok();
            }
        }
    }

    /// A millisecond has gone by for a host that is paused, or is not: how many of its tasks cannot be.
    /// Told once for each pause.
    pub(super) fn step(&mut self, host: u16, paused: bool) -> Option<usize> {
        let at = usize::from(host);
        let paused_ms = self.paused_ms.get_mut(at)?;
        *paused_ms = if paused { paused_ms.saturating_add(1) } else { 0 };
        if *paused_ms != SETTLED_MS {
            return None;
        }
        let alive = self.runtimes.borrow().get(at)?.as_ref()?.metrics().num_alive_tasks();
        (alive > 0).then_some(alive)
    }
}
