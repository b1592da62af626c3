//! Each run has a thread of its own. The only place of this crate that starts one.

use super::RunError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use testimony_net::tasks::Beacon;

/// The stack of a run: user code may recurse more deeply than ours.
const STACK_BYTES: usize = 8 << 20;

/// How a run tells the thread that waits for it that it is alive.
#[derive(Clone, Default)]
pub(super) struct Progress {
    /// The virtual time in milliseconds.
    pub(super) now_ms: Arc<AtomicU64>,
    /// The host whose task is being polled.
    pub(super) host: Beacon,
    /// The names of the hosts.
    pub(super) names: Vec<String>,
}

/// Runs `body` on a fresh thread and waits for it. Whatever is kept by thread (the keys of hash
/// maps, generators of random numbers) is new for it.
///
/// A task that never gives control back stops virtual time for good, and nothing can end its
/// thread. When virtual time has not moved for `patience` (of real time: a safety net, no part of
/// any result), the thread is left to itself and the run is an error.
pub(super) fn on_fresh_thread<T: Send + 'static>(
    patience: Duration,
    progress: &Progress,
    body: impl FnOnce() -> Result<T, RunError> + Send + 'static,
) -> Result<T, RunError> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let run = move || {
        // Whoever waited has gone when this fails.
        let _ = sender.send(body());
    };
    let builder = Builder::new().name("simulation".to_owned()).stack_size(STACK_BYTES);
    let thread = builder.spawn(run).map_err(RunError::Thread)?;
    let mut before = None;
    loop {
        match receiver.recv_timeout(patience) {
            Ok(result) => {
                end(thread)?;
                return result;
            }
            Err(RecvTimeoutError::Disconnected) => {
                end(thread)?;
                return Err(RunError::Panicked("it ended without a result".to_owned()));
            }
            Err(RecvTimeoutError::Timeout) => {
                let now_ms = progress.now_ms.load(Ordering::Relaxed);
                if before == Some(now_ms) {
                    let host = progress.host.host().map(usize::from);
                    let name = host.and_then(|host| progress.names.get(host).cloned());
                    let host = name.unwrap_or_else(|| "some host".to_owned());
                    return Err(RunError::Hung { virtual_ms: now_ms, host });
                }
                before = Some(now_ms);
            }
        }
    }
}

/// Waits for the end of a thread that has nothing more to do.
fn end(thread: JoinHandle<()>) -> Result<(), RunError> {
    thread.join().map_err(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        RunError::Panicked(text.unwrap_or("no message").to_owned())
    })
}
