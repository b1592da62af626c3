//! The real world: tokio's sockets and tasks, the system's clock. Nothing else of this crate
//! touches them.

use std::future::Future;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::task::JoinHandle;

pub use tokio::net::{TcpListener, TcpStream, UdpSocket, tcp};

/// Starts a task: `tokio::spawn`.
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future)
}

/// Starts a task that stays on this thread: `tokio::task::spawn_local`. Outside a simulation it
/// needs a `tokio::task::LocalSet` around it.
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    tokio::task::spawn_local(future)
}

/// Nanoseconds since 1970 by the system's clock; 0 before that. There are no simulated hosts.
pub(crate) fn clock_ns(_host: Option<u16>) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the real clock is what is asked for here")]
    let now = SystemTime::now();
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
