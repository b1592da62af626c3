//! The operator of a run: it asks the system to take nodes in and to let nodes go, one change after
//! the other, each until it is done.

use crate::MemberChange;
use crate::membership::MembershipFn;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// How long the operator waits before it tries a change again.
const RETRY: Duration = Duration::from_millis(50);

/// An attempt at a change is given up after so long, and made again.
const ATTEMPT_MAX: Duration = Duration::from_millis(1_000);

/// The operator's list, and what it knows of the group.
pub(super) struct Operator {
    change: Arc<MembershipFn>,
    /// Faults that are asked for, by number: the node, and whether it joins.
    wanted: RefCell<VecDeque<(u32, String, bool)>>,
    added: Notify,
    /// Faults that are done and that the driver has not heard of.
    done: RefCell<Vec<u32>>,
    members: RefCell<Vec<String>>,
    number: Cell<u32>,
}

impl Operator {
    /// The operator of a group with these members.
    pub(super) fn new(change: Arc<MembershipFn>, members: Vec<String>) -> Operator {
        Operator {
            change,
            wanted: RefCell::default(),
            added: Notify::new(),
            done: RefCell::default(),
            members: RefCell::new(members),
            number: Cell::new(0),
        }
    }

    /// Asks for a change.
    pub(super) fn want(&self, fault: u32, node: &str, joins: bool) {
        self.wanted.borrow_mut().push_back((fault, node.to_owned(), joins));
        self.added.notify_one();
    }

    /// The faults that are done since the last call.
    pub(super) fn take_done(&self) -> Vec<u32> {
        self.done.take()
    }

    /// The members as far as changes are done.
    pub(super) fn members(&self) -> Vec<String> {
        self.members.borrow().clone()
    }

    /// Forgets what is asked and has not begun: the main phase is over. What has begun is brought to its
    /// end, because half a change may stop a system.
    pub(super) fn take_no_more(&self) {
        self.wanted.borrow_mut().clear();
    }

    /// Does what is asked, for ever.
    pub(super) async fn work(self: Rc<Self>) {
        loop {
            // Nothing else runs between the look and the first poll of the wait.
            let next = self.wanted.borrow_mut().pop_front();
            let Some((fault, node, joins)) = next else {
                self.added.notified().await;
                continue;
            };
            let (number, members) = (self.number.get(), self.members());
            let change = MemberChange { number, members, node, joins };
            while !self.attempt(&change).await {
                sleep(RETRY).await;
            }
            *self.members.borrow_mut() = change.after();
            self.number.set(number + 1);
            self.done.borrow_mut().push(fault);
        }
    }

    async fn attempt(&self, change: &MemberChange) -> bool {
        match timeout(ATTEMPT_MAX, (self.change)(change.clone())).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::info!(%error, node = %change.node, "a change of the group failed");
                false
            }
            Err(_) => false,
        }
    }
}
