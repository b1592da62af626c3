//! How the driver and the clients of a run tell each other where they are.

use std::cell::{Cell, RefCell};
use tokio::sync::Notify;

/// The state that driver, nodes and clients share. One thread: cells suffice.
#[derive(Default)]
pub(super) struct Control {
    /// Clients that have steps of the main phase left.
    pub(super) in_main: Cell<u16>,
    /// Clients that have steps of any phase left.
    pub(super) in_run: Cell<u16>,
    /// No more steps of the main phase are taken.
    pub(super) stop: Cell<bool>,
    /// When the cluster became quiet: the final phase begins.
    quiet_ms: Cell<Option<u64>>,
    /// For each client: what wakes it.
    wakes: Vec<Notify>,
    /// What was noticed about the run itself.
    findings: RefCell<Vec<String>>,
}

impl Control {
    pub(super) fn new(clients: u16) -> Control {
        let wakes = (0..clients).map(|_| Notify::new()).collect();
        let control = Control { wakes, ..Control::default() };
        control.in_main.set(clients);
        control.in_run.set(clients);
        control
    }

    /// No more steps of the main phase are taken.
    pub(super) fn stop_main(&self) {
        self.stop.set(true);
        self.wake_all();
    }

    /// Wakes a client that waits, or that will wait next.
    pub(super) fn wake(&self, client: u16) {
        if let Some(wake) = self.wakes.get(usize::from(client)) {
            wake.notify_one();
        }
    }

    /// Wakes all clients in the order of their numbers, whoever has waited longest.
    pub(super) fn wake_all(&self) {
        self.wakes.iter().for_each(Notify::notify_one);
    }

    pub(super) async fn until_woken(&self, client: u16) {
        match self.wakes.get(usize::from(client)) {
            Some(wake) => wake.notified().await,
            None => std::future::pending().await,
        }
    }

    pub(super) fn begin_finals(&self, now_ms: u64) {
        self.quiet_ms.set(Some(now_ms));
        self.wake_all();
    }

    /// Waits for the final phase and answers when it began.
    pub(super) async fn until_quiet(&self, client: u16) -> u64 {
        loop {
            // Nothing else runs between the look and the first poll of the wait.
            if let Some(quiet_ms) = self.quiet_ms.get() {
                return quiet_ms;
            }
            self.until_woken(client).await;
        }
    }

    pub(super) fn find(&self, finding: String) {
        self.findings.borrow_mut().push(finding);
    }

    pub(super) fn take_findings(&self) -> Vec<String> {
        self.findings.take()
    }
}

/// Counts down when it is dropped: also when its task panics.
pub(super) struct Countdown<'a>(pub(super) &'a Cell<u16>);

impl Drop for Countdown<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}
