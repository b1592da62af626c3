//! What replication code names instead of `tokio::net`: sockets, spawn, clock and disk.
//!
//! By default these are the real ones: tokio's sockets, the system's clock, a folder. Under the
//! feature `sim`, which `testimony-sim` turns on, the same names are the simulated ones, so that the
//! code under test is the code that is shipped:
//!
//! | name | real | simulated |
//! |---|---|---|
//! | [`UdpSocket`], [`TcpListener`], [`TcpStream`] | `tokio::net` | `turmoil::net` behind types of ours: the harness decides what arrives, when, how often and in what state |
//! | [`spawn`], [`spawn_local`] | `tokio::spawn`, `tokio::task::spawn_local` | a task of the simulated node, which dies with it |
//! | [`Clock`] | the system's wall clock | virtual time plus the node's skew |
//! | [`Disk`] | files in a folder | memory that survives a crash as far as it was synced |
//! | [`time`] | `tokio::time` | `tokio::time`, which the simulation drives |
//!
//! Under `sim` these names work only inside a simulation; a package that runs its servers for real
//! takes this crate without the feature and only its tests bring `testimony` in (as a
//! dev-dependency).

mod clock;
pub mod disk;
#[cfg(not(feature = "sim"))]
mod real;
#[cfg(feature = "sim")]
mod simulated;
#[cfg(feature = "sim")]
pub mod tasks;

#[cfg(not(feature = "sim"))]
use real as platform;
#[cfg(feature = "sim")]
use simulated as platform;

pub use clock::Clock;
pub use disk::Disk;
pub use platform::{TcpListener, TcpStream, UdpSocket, spawn, spawn_local, tcp};
#[cfg(feature = "sim")]
pub use simulated::{clocks, wire};
pub use tokio::task::JoinHandle;

/// Timers: `tokio::time`, which a simulation drives in virtual time.
pub mod time {
    pub use tokio::time::*;
}
