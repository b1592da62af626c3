//! The loads of a run: what they do to the clients' steps.
//!
//! A load is an item of the plan beside the steps, and never changes them there: leaving it out
//! gives every step its own time and key back. Which clients and steps it takes is drawn by their
//! numbers and by the load's own.

use crate::{Draw, Fault, Plan};
use std::cell::RefCell;
use std::rc::Rc;
use tokio::sync::Notify;

/// The loads that are active.
pub(super) struct Loads {
    draw: Draw,
    /// By the number of the load in the plan; overlapping ones stand beside each other.
    active: RefCell<Vec<(u32, Fault)>>,
    changed: Notify,
}

/// When a step may begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Due {
    /// Now.
    Now,
    /// At this time, unless the load changes before.
    At(u64),
    /// Not before the load changes.
    Later,
}

impl Loads {
    /// The loads of a plan; `None` where it has none.
    pub(super) fn of<S>(plan: &Plan<S>) -> Option<Rc<Loads>> {
        let has_any = plan.faults.iter().any(|planned| planned.fault.is_load());
        has_any.then(|| {
            let (active, changed) = (RefCell::default(), Notify::new());
            Rc::new(Loads { draw: Draw::new(plan.seed), active, changed })
        })
    }

    /// A load begins.
    pub(super) fn begin(&self, id: u32, load: &Fault) {
        self.active.borrow_mut().push((id, load.clone()));
        self.changed.notify_waiters();
    }

    /// A load ends.
    pub(super) fn end(&self, id: u32) {
        self.active.borrow_mut().retain(|(other, _)| *other != id);
        self.changed.notify_waiters();
    }

    /// Waits until a load begins or ends.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// When a client may begin a step that is planned for `planned_ms`.
    pub(super) fn due(&self, client: u16, planned_ms: u64, now_ms: u64) -> Due {
        let mut ahead = 0;
        for (id, load) in &*self.active.borrow() {
            let (Fault::QuietWindow { per_mille } | Fault::Burst { per_mille, .. }) = load else {
                continue;
            };
            let ids = [u64::from(*id), client.into()];
            if !self.draw.chance(*per_mille, "load of a client", &ids) {
                continue;
            }
            match load {
                Fault::Burst { ahead_ms, .. } => ahead = ahead.max(u64::from(*ahead_ms)),
                _ => return Due::Later,
            }
        }
        match planned_ms.saturating_sub(ahead) {
            due_ms if due_ms > now_ms => Due::At(due_ms),
            _ => Due::Now,
        }
    }

    /// The key that a step goes to now; `None`: its own.
    pub(super) fn hot_key(&self, step: u32) -> Option<u32> {
        self.active.borrow().iter().find_map(|(id, load)| match load {
            Fault::HotKey { key, per_mille } => {
                let ids = [u64::from(*id), step.into()];
                self.draw.chance(*per_mille, "hot key", &ids).then_some(*key)
            }
            _ => None,
        })
    }
}
