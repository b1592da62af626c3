//! Tests of whole runs: small programs, and what each fault does to them.

mod crashes;
mod datagrams;
mod determinism;
mod docs;
mod failures;
mod faults;
mod hazards;
mod journal;
mod phases;
mod plans;
pub(crate) mod programs;
mod recording;
mod shrinking;
mod streams;
