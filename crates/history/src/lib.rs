//! The history: what every client of a run saw, as plain data.
//!
//! A history is a list of [`Operation`]s. Each has an interval of [`Rank`]s (its call and its
//! return) and an [`Outcome`]. Checkers see nothing else of a run; faults and messages stand beside
//! it in a [`Record`] for the reports. This is the waist of the project: what makes histories
//! (simulation, importers) and what judges them (checkers, reports) meet only here.
//!
//! This crate touches no clock, no file system, no thread and no async code.

mod event;
mod events;
mod fault;
mod faults;
mod header;
mod history;
mod json;
mod message;
pub mod native;
mod operation;
mod pairing;
pub mod plain;
mod problem;
mod read;
mod record;

pub use event::{Event, EventKind, RawEvent, Who};
pub use events::{Customs, Events};
pub use fault::FaultEvent;
pub use header::Header;
pub use history::{History, Observation};
pub use message::{CLIENTS_HOST, Decoded, Fate, Loss, Message, MessageKind, to_hex};
pub use operation::{OpId, Operation, Outcome, Process, Rank};
pub use pairing::{Answer, NEVER_COMPLETED, Pairing, Read, Vocabulary};
pub use problem::{PROBLEMS_PRINTED_MAX, PROBLEMS_READ_MAX, Problem, Problems};
pub use read::{FailedCas, ReadOptions, read};
pub use record::Record;
