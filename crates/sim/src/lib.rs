//! The deterministic cluster: from a seed to a plan, from a plan to a record.
//!
//! ```text
//!  seed ── Draw ──> Plan ────────────> Driver ───────────────> Ran
//!          keyed    Config, steps,     one thread a run,       Record: History, faults,
//!          PRF      finals, faults     steps of 1 ms           messages, findings; Coverage
//! ```
//!
//! **The plan is data.** [`Cluster::plan`] draws the configuration, the clients' steps
//! ([`Workload`]) and the faults ([`Nemesis`]) from the seed. Every number is a pure function of
//! (seed, domain, ids): [`Draw`]. There is no stream of random numbers, so that removing an item
//! from a plan leaves all other luck as it was. A plan is saved as JSON and replayed without the
//! generators; a bad one is refused item by item ([`Plan::from_json`]).
//!
//! **The driver owns time.** Each run has a fresh thread. Every node is a host of its own; all
//! logical clients are tasks on one more host ([`CLIENTS_HOST`]). Before each step of one
//! millisecond the driver begins and ends faults and lets go the messages that are due; then every
//! host runs. Phases: *main* (until all clients are done, or `main_max_ms`), *heal* (every fault
//! ends, every node that is down starts), *settle* (until nothing was sent for `calm_ms`, `settle_ms` at most), *quiet* (from here on no fault
//! was active), *final* (the final steps, each retried until it is answered or `final_max_ms` is
//! over).
//!
//! **Messages are held and delivered by us.** All links are on hold from the first step. When a
//! message is first seen, its latency, loss and delay are drawn by its content: hosts, kind,
//! payload, the millisecond of sending, and how often the same payload went the same way within it;
//! ephemeral ports are left out.
//! Payloads that differ from run to run for no good reason (a counter shared by all operations, a
//! UUID) spoil that, because they give every message after them another luck.
//!
//! | | datagram | segment of a stream |
//! |---|---|---|
//! | the direction is cut when it is sent or when it is due | gone | sent again after 200 ms, then 400, then every 800 |
//! | lost or corrupted by chance | gone, or other bytes | sent again, as above |
//! | the receiver is down when it is due | gone | sent again, as above; a SYN too |
//! | the other direction is cut when it is due | arrives | arrives; a SYN waits, because its answer could not come back |
//!
//! Segments of one stream keep their order. Messages of a host to itself pass no link and are
//! never struck. A stream on which nothing gets through for [`Config::stream_max_ms`] (15 seconds)
//! is reset, both ends see it; a connection that is not answered for so long times out.
//!
//! **Faults compose.** Each adds its share to counters of directed pairs and takes away only its
//! own: healing one never heals another. A crash drops the node's tasks and what its
//! [`net::Disk`] has not synced; when it ends the node's software is made again with
//! `incarnation + 1`. Its peers see their streams close, as when a process is killed. There are
//! faults of networks, processes, disks and wall clocks; they strike at a time or when a node's
//! code reaches a point that it names ([`NodeCtx::point`]), and can strike whoever leads
//! ([`fault::LEADER`]). [`fault::kinds`] and `docs/faults.md` have all of them.
//!
//! **The history has one order.** A simulation has one thread, so the order in which its code runs
//! is a legal real-time order: the [index](testimony_history::Rank) of an event. Virtual time is a
//! label. Each line is written and flushed as it happens. A client that got `info` goes on as
//! process `p + number of clients`.
//!
//! **Nothing is swallowed.** Panics of any task, nodes that return an error, tasks that are polled
//! a million times within a millisecond, hosts that flood the network, operations without an outcome, final steps that are never
//! answered and the end of virtual time are *findings* of the run. A node whose main task returns
//! `Ok` keeps its other tasks. A task that never gives control back stops virtual time for good:
//! after half a minute the run is an error that names the host ([`RunError::Hung`]).
//!
//! **Same plan, same bytes**: for the same binary, on any thread and in any process, as long as
//! the code under test brings in no entropy of its own. [`compare`] names the first difference.
//! What code under test must avoid: iteration over `std`'s hash maps, `std::time`, unbiased
//! `select!` (unless tokio is built with `tokio_unstable`), random numbers other than
//! [`NodeCtx::draw`], threads.
//!
//! How much of that chance is taken away from the code under test is the [ladder](Determinism);
//! [`Cluster::diagnose`] finds the first event in which two runs differ; [`shrink`] makes a failing plan
//! small.
//!
//! The code, from the plan to the hosts: `plan`, `planner`, `nemesis`, `workload`, [`generator`] make plans;
//! `cluster` holds the code under test; `run` has driver, nodes and clients; `schedule`, `plane`
//! and `cues` say what is broken when; `recorder` keeps what happens; `host` is the one module that
//! owns turmoil.
//!
//! ```
//! use std::time::Duration;
//! use testimony_history::Outcome;
//! use testimony_model::{CellOp, CellRet, Register, Value};
//! use testimony_sim::net::{UdpSocket, time::timeout};
//! use testimony_sim::workload::Cells;
//! use testimony_sim::{BoxError, Client, Cluster, Family, Nemesis, NodeCtx};
//!
//! // A register on one node: `ID` reads, `ID VALUE` writes; it answers `ID VALUE`.
//! async fn serve(_node: NodeCtx) -> Result<(), BoxError> {
//!     let socket = UdpSocket::bind("0.0.0.0:7000").await?;
//!     let (mut value, mut buffer) = ("none".to_owned(), [0; 64]);
//!     loop {
//!         let (length, from) = socket.recv_from(&mut buffer).await?;
//!         let request = std::str::from_utf8(&buffer[..length])?;
//!         let (id, new) = request.split_once(' ').unwrap_or((request, ""));
//!         if !new.is_empty() {
//!             value = new.to_owned();
//!         }
//!         socket.send_to(format!("{id} {value}").as_bytes(), from).await?;
//!     }
//! }
//!
//! struct Datagrams {
//!     socket: UdpSocket,
//!     requests: u64,
//! }
//!
//! impl Datagrams {
//!     async fn ask(&mut self, request: &str) -> std::io::Result<String> {
//!         self.requests += 1;
//!         let id = self.requests.to_string();
//!         self.socket.send_to(format!("{id}{request}").as_bytes(), ("n1", 7000)).await?;
//!         loop {
//!             let mut buffer = [0; 64];
//!             let (length, _) = self.socket.recv_from(&mut buffer).await?;
//!             // An answer to an earlier request may come late: it is not for this one.
//!             match String::from_utf8_lossy(&buffer[..length]).split_once(' ') {
//!                 Some((to, value)) if to == id => return Ok(value.to_owned()),
//!                 _ => {}
//!             }
//!         }
//!     }
//! }
//!
//! impl Client<Register> for Datagrams {
//!     async fn invoke(&mut self, op: &CellOp) -> Outcome<CellRet> {
//!         let request = match op {
//!             CellOp::Write(value) => format!(" {value}"),
//!             _ => String::new(),
//!         };
//!         match (op, timeout(Duration::from_millis(100), self.ask(&request)).await) {
//!             (CellOp::Write(_), Ok(Ok(_))) => Outcome::Ok(CellRet::Done),
//!             (_, Ok(Ok(value))) => Outcome::Ok(CellRet::Value(value.parse().ok().map(Value::Int))),
//!             // No answer: a write may have had its effect, a read has told nothing.
//!             (CellOp::Write(_), _) => Outcome::Info("no answer".to_owned()),
//!             _ => Outcome::Fail("no answer".to_owned()),
//!         }
//!     }
//! }
//!
//! let cluster = Cluster::new("one-node", Register, Cells::default().ops(50))
//!     .nodes(1, serve)
//!     .clients(3, |_context| async {
//!         Ok(Datagrams { socket: UdpSocket::bind("0.0.0.0:0").await?, requests: 0 })
//!     })
//!     .faults(Nemesis::of(&[Family::Loss]));
//! let plan = cluster.plan(7);
//! let ran = cluster.run(&plan, None)?;
//! assert!(ran.record.findings.is_empty());
//! assert!(testimony_sim::compare(&ran, &cluster.run(&plan, None)?).is_none());
//! # Ok::<(), testimony_sim::RunError>(())
//! ```

mod client;
mod cluster;
mod compare;
mod context;
mod coverage;
mod cues;
mod doctor;
mod draw;
pub mod fault;
pub mod generator;
mod host;
mod ladder;
mod log;
mod membership;
mod nemesis;
mod plan;
mod plane;
mod planner;
mod recorder;
mod run;
mod schedule;
mod shape;
mod shrink;
#[cfg(test)]
mod tests;
mod trace;
pub mod workload;

pub use client::{Client, Memory};
pub use cluster::{BoxError, Cluster, Decoder};
pub use compare::{Difference, compare};
pub use context::{ClientCtx, InPhase, NodeCtx};
pub use coverage::{Coverage, Phase, Struck};
pub use doctor::{Divergence, Fingerprint};
pub use draw::Draw;
pub use fault::{Family, Fault, Pair};
pub use ladder::{Determinism, Drawn, declare_isolated};
pub use membership::MemberChange;
pub use nemesis::Nemesis;
pub use plan::{
    CLIENTS_HOST, Config, PLAN_VERSION, Plan, PlanError, PlannedFault, PlannedStep, Reactive, When,
};
pub use run::{Ran, RunError};
pub use shape::Shape;
pub use shrink::{SHRINK_RUNS_MAX, Shrunk, Trials, shrink};
pub use testimony_net as net;
pub use trace::Happened;
pub use workload::Workload;
