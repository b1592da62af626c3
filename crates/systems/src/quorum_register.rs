//! A register for each key, kept by a group of equal replicas without a leader (scenario S05).
//!
//! The protocol is that of Attiya, Bar-Noy and Dolev, "Sharing memory robustly in message-passing
//! systems" (Journal of the ACM 42, 1995), with the query phase for several writers of Lynch and
//! Shvartsman, "Robust emulation of shared memory using dynamic quorum-acknowledged broadcasts"
//! (FTCS 1997):
//!
//! - Each replica keeps a value with a tag. Tags are totally ordered.
//! - **write**: ask a majority for its tags; store the value at a majority under a tag that is
//!   greater than all of them and that no other write ever uses.
//! - **read**: ask a majority for tags and values; *write the newest back* to a majority; answer it.
//!
//! Any two majorities share a replica, so whoever begins after an operation has returned hears of
//! its tag or of a greater one. Clients send their operations to any node, which coordinates them.
//! What a replica has acknowledged is on its disk.
//!
//! A coordinator is thrifty: it asks just a majority, in turns, and everybody else only when that is
//! silent (as in Moraru, Andersen and Kaminsky, "There is more consensus in egalitarian
//! parliaments", SOSP 2013). That saves a third of the messages, and it takes away the luck on which
//! the broken twins would otherwise live: an update that happens to reach everybody.
//!
//! Faults can strike at the points `queried` (between the two phases of a coordinator) and `stored` (a
//! replica has a version on disk and has not said so).
//!
//! | variant | what is missing | what clients see |
//! |---|---|---|
//! | `abd` | nothing | linearizable |
//! | `no-write-back` (M01) | reads don't write back | a read finds a write that is still under way on one node, the next read asks the others and finds the old value |
//! | `read-one` (M02) | reads ask one replica only | values that were replaced long ago |
//! | `write-one` (M03) | writes wait for one replica only | acknowledged writes that readers don't find |
//! | `no-query` (M04) | writers don't ask for tags, they count from what their own replica holds | writes of a node that missed some are sorted before older ones and get lost |
//! | `no-writer-id` (M05) | two writes can have the same tag | replicas keep different values under one tag, and what is read depends on who is asked |

mod client;
pub(crate) mod coordinator;
pub(crate) mod decode;
pub(crate) mod message;
pub(crate) mod node;
mod protocol;
mod replica;
mod subjects;
pub(crate) mod tag;

pub use subjects::{
    RegisterCampaign, abd, no_query, no_write_back, no_writer_id, read_one, subjects, write_one,
};
pub(crate) use subjects::{connect, workload};
