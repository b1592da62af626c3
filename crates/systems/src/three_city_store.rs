//! A shop with a warehouse in three cities - say Amsterdam, Osaka and Lima - that sells the same
//! article, of which it has three (scenarios S10 and S11).
//!
//! A customer asks the nearest city. The question is what that city does while it cannot hear the
//! others. Four answers, each a variant:
//!
//! | variant | who may sell a unit | claims |
//! |---|---|---|
//! | `quorum` | whoever gets the sale into a log on which a majority of the cities agrees; an isolated city sells nothing | linearizable, no oversell, conservation, convergence |
//! | `escrow` | the city that owns the unit; an isolated city sells what it owns | no oversell, conservation, convergence; a city may say "sold out" while another has units |
//! | `ap` (M22) | every city that counts at least one, and its count is what it has heard of | as escrow, and breaks it: three cities sell the last unit three times |
//! | `lww` (M23) | as `ap`; when cities meet, the count with the later wall clock wins | conservation and convergence, and breaks the first: the sales of the city with the slower clock never happened |
//!
//! Protocols:
//!
//! - `quorum`: a log of slots, each decided by single-decree Paxos (Lamport, "Paxos made simple",
//!   2001) with acceptors on disk. The stock is the log, replayed.
//! - `escrow`: the bounded counter of Balegas et al., "Extending eventually consistent cloud
//!   databases for enforcing numeric invariants" (SRDS 2015), after O'Neil's escrow method (1986).

mod available;
mod city;
mod client;
mod consensus;
mod counters;
mod decode;
mod escrow;
mod last_writer;
mod ledger;
mod message;
mod paxos;

mod shop;
mod subjects;

pub use subjects::{StoreCampaign, available, escrow, last_writer, quorum, subjects};
