//! What nodes and nemesis tell each other: who leads, which points of the code were reached, and
//! who is asked to stop.

use crate::{PlannedFault, When};
use std::cell::{Cell, RefCell};
use tokio::sync::Notify;

/// What the nodes of a run have told. One thread: cells suffice.
#[derive(Default)]
pub(crate) struct Cues {
    /// Who leads, the latest last.
    leaders: RefCell<Vec<String>>,
    watches: RefCell<Vec<Watch>>,
    /// The faults whose points were reached since they were asked for.
    reached: RefCell<Vec<u32>>,
    /// How often the nemesis has answered.
    round: Cell<u64>,
    answered: Notify,
}

/// A fault that waits for a point.
struct Watch {
    fault: u32,
    point: String,
    node: Option<String>,
    /// So often the point must still be reached.
    left: u32,
}

impl Cues {
    /// Waits for the points of these faults.
    pub(crate) fn new(faults: &[PlannedFault]) -> Cues {
        let watch = |fault: &PlannedFault| match &fault.when {
            When::AtPoint { point, node, nth } => {
                let (point, node) = (point.clone(), node.clone());
                Some(Watch { fault: fault.id, point, node, left: (*nth).max(1) })
            }
            When::AtMs(_) => None,
        };
        let watches = faults.iter().filter_map(watch).collect();
        Cues { watches: RefCell::new(watches), ..Cues::default() }
    }

    /// A node leads from now on, or does not.
    pub(crate) fn lead(&self, node: &str, leads: bool) {
        let mut leaders = self.leaders.borrow_mut();
        leaders.retain(|leader| leader != node);
        if leads {
            leaders.push(node.to_owned());
        }
    }

    /// Who has said last that it leads.
    pub(crate) fn leader(&self) -> Option<String> {
        self.leaders.borrow().last().cloned()
    }

    /// A node has reached a point. Whether a fault strikes there: then the node's task waits.
    pub(crate) fn reach(&self, node: &str, point: &str) -> bool {
        let mut strikes = false;
        self.watches.borrow_mut().retain_mut(|watch| {
            let here = watch.point == point && watch.node.as_ref().is_none_or(|one| one == node);
            watch.left -= u32::from(here);
            if watch.left > 0 {
                return true;
            }
            self.reached.borrow_mut().push(watch.fault);
            strikes = true;
            false
        });
        strikes
    }

    /// The faults whose points were reached since the last call.
    pub(crate) fn take_reached(&self) -> Vec<u32> {
        self.reached.take()
    }

    /// The nemesis has done what there was to do: whoever waits at a point goes on.
    pub(crate) fn answer(&self) {
        self.round.set(self.round.get() + 1);
        self.answered.notify_waiters();
    }

    /// No point strikes any more.
    pub(crate) fn close(&self) {
        self.watches.borrow_mut().clear();
        self.reached.borrow_mut().clear();
        self.answer();
    }

    /// Waits for the nemesis.
    pub(crate) async fn go_on(&self) {
        let round = self.round.get();
        // Nothing else runs between the look and the first poll of the wait.
        while self.round.get() == round {
            self.answered.notified().await;
        }
    }
}

/// Something that is told once and stays true.
#[derive(Default)]
pub(crate) struct Signal {
    given: Cell<bool>,
    told: Notify,
}

impl Signal {
    /// Tells it.
    pub(crate) fn give(&self) {
        self.given.set(true);
        self.told.notify_waiters();
    }

    /// Whether it was told.
    pub(crate) fn is_given(&self) -> bool {
        self.given.get()
    }

    /// Waits until it is told.
    pub(crate) async fn given(&self) {
        // Nothing else runs between the look and the first poll of the wait.
        while !self.given.get() {
            self.told.notified().await;
        }
    }
}
