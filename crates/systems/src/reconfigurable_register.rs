//! A register for each key whose replicas come and go while it is used.
//!
//! Reads and writes are those of the [quorum register](super::quorum_register): two phases, each on a
//! majority. What is new is that the group has an *epoch*, and that a majority is one of the group of
//! some epoch. The idea is that of Lynch and Shvartsman, "RAMBO: a reconfigurable atomic memory service
//! for dynamic networks" (DISC 2002), with the group chosen by one operator outside, as in Lamport,
//! Malkhi and Zhou, "Vertical Paxos and primary-backup replication" (PODC 2009): there is nothing to
//! agree on, only to hand over.
//!
//! A replica serves one epoch, and says which group came after it to whoever asks in an older one. The
//! operator changes the group in two rounds:
//!
//! - **seal**: a majority of the old group promises to serve it no longer, and tells what it holds.
//!   Every operation that ended in the old epoch was stored at one of these replicas before it was
//!   sealed; no operation can end there any more.
//! - **install**: a majority of the new group stores the newest of all that, and serves the new epoch
//!   from then on.
//!
//! A phase counts only answers of one epoch. A coordinator that hears of a newer group begins its phase
//! again there. A member that missed the installation takes it from any member that has it: whatever was
//! stored since is at a majority, which it was no part of.
//!
//! Faults can strike at the points `queried` and `stored`, as in the quorum register, and at `sealed` and
//! `installed`: a replica has done what the operator wants, and has not said so.
//!
//! | variant | what is missing | what clients see |
//! |---|---|---|
//! | `epochs` | nothing | linearizable |
//! | `empty-joiner` (M39) | nothing is handed over: who joins votes before it has the versions | when somebody leaves, majorities of members that never saw a write, and values that were replaced long ago |
//! | `first-majority` (M40) | quorums have the size of the first group's majority, whoever joins | quorums that share no replica: acknowledged writes that readers do not find |

mod coordinator;
mod decode;
mod group;
mod message;
mod node;
mod operator;
mod replica;
mod subjects;

pub use subjects::{empty_joiner, epochs, first_majority, subjects};
