//! The command line as a user sees it: what it prints, and what it ends with.

mod bad_input;
mod campaign;
mod check;
mod isolate;
#[cfg(unix)]
mod jobs;
mod replay;
mod reports;
mod shrink;
mod stats;
mod support;
mod verify;
mod why;
