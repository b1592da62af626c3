//! What came before an operation: the causal past in a message journal.
//!
//! A verdict says *that* an answer was wrong; this crate says how it came about. It reads the message
//! journal of a run beside its operations and its fault log, and answers "why did n2 answer 1" with
//! the messages of that operation, those that carried what it answered, and what should have reached
//! the node and did not. Checkers know nothing of it: a verdict never depends on a message.
//!
//! **Happened before** is Lamport's relation ("Time, clocks, and the ordering of events in a
//! distributed system", Communications of the ACM 21, 1978): the smallest strict partial order in
//! which
//!
//! - what happens at one place later comes after what happened there before. A place is a node, or one
//!   process of the history (all clients live on one host, and have nothing else in common);
//! - the arrival of a message comes after its sending. Copies count, and so do messages with flipped
//!   bits: something arrived. What was lost or is still under way orders nothing.
//!
//! **A restart does not cut the past.** What a node had on its disk it can know afterwards, and the
//! journal does not see disks; so a node stays one place over its crashes, and only the loss of its
//! disk (`amnesia`) begins a new one. The causal past is thus an upper bound: what is outside of it
//! cannot have had an influence, what is inside may have had one. That is the safe side for the claim
//! that a node could not know something.
//!
//! The order of events is that of the run (see [`Message::sent_after`]), so ties of a millisecond do
//! not matter. Everything here is O(n log n) in messages, operations and faults, and O(n) when the
//! journal is in order already, as journals are; there is no recursion.
//!
//! ```
//! use testimony_history::{OpId, Process, Rank};
//! use testimony_journal::{Ended, Journal, Mark, read_messages};
//!
//! // Process 0 asks n1 for x; n1 answers 1.
//! let lines = r#"
//! {"id":0,"from":"clients","to":"n1","kind":"udp","process":0,"bytes":4,"text":"x =?","sent_ns":0,"sent_after":1,"done_ns":2000000,"done_after":1,"fate":"delivered"}
//! {"id":1,"from":"n1","to":"clients","kind":"udp","process":0,"bytes":5,"text":"x = 1","sent_ns":2000000,"sent_after":1,"done_ns":5000000,"done_after":1,"fate":"delivered"}
//! "#;
//! let read = Mark {
//!     id: OpId(0),
//!     process: Process(0),
//!     call: Rank(0),
//!     ret: Rank(1),
//!     call_ns: 0,
//!     ret_ns: 5_000_000,
//!     words: "read x".to_owned(),
//!     ended: Ended::Ok("1".to_owned()),
//!     key: Some("x".to_owned()),
//!     wrote: None,
//!     read: Some("1".to_owned()),
//! };
//! let journal = Journal::new(read_messages(lines)?, vec![read], &[], |_| None)?;
//! let why = journal.why(OpId(0))?;
//! assert_eq!(why.node.as_deref(), Some("n1"));
//! assert_eq!(why.talk.len(), 2);
//! assert_eq!(journal.past(OpId(0))?.messages, [0, 1]);
//! # Ok::<(), testimony_journal::JournalError>(())
//! ```

mod carried;
mod error;
mod force;
mod journal;
mod mark;
mod missed;
mod order;
mod read;
mod seen;
mod sweep;
mod talk;
#[cfg(test)]
mod tests;
mod why;

pub use error::JournalError;
pub use journal::{Journal, Past};
pub use mark::{Ended, Mark};
pub use missed::Missed;
pub use read::read_messages;
pub use seen::{InForce, Seen};
pub use why::{Carried, Why};

#[cfg(doc)]
use testimony_history::Message;
