//! The simulated world: turmoil's sockets behind ours, tasks of simulated nodes, virtual time.

use crate::tasks::Guarded;
use std::future::Future;
use tokio::task::JoinHandle;

pub mod clocks;
pub mod tcp;
mod udp;
pub mod wire;

pub use tcp::{TcpListener, TcpStream};
pub use udp::UdpSocket;

/// Starts a task of this node. It dies with the node, and a panic in it is reported with the
/// node's name.
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::task::spawn_local(Guarded::new(future))
}

/// Starts a task of this node that need not be `Send`.
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    tokio::task::spawn_local(Guarded::new(future))
}

/// Nanoseconds since 1970 by the clock of a host, with what is wrong with it.
pub(crate) fn clock_ns(host: Option<u16>) -> u64 {
    clocks::shown_ns(host, now_ns())
}

/// Virtual nanoseconds since 1970; 0 outside a simulation.
fn now_ns() -> u64 {
    let since = turmoil::since_epoch().unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
