//! Entropy and clocks of one thread, given by the simulation instead of the operating system.
//!
//! Code under test draws randomness and time in ways that no plan knows of: the keys of `HashMap`,
//! `rand::rng()`, `uuid`, `Instant::now()`, `SystemTime::now()`. On Linux all of these end in three
//! functions of the C library: `getrandom`, `getentropy` and `clock_gettime`. This crate defines
//! functions of these names; the linker prefers them to those of the library, in every program that
//! it is part of. They look at a thread-local: a thread that has [`begin`]-ed is answered as the
//! simulation wants, every other thread by the operating system, as before.
//!
//! What it cannot reach: system calls made directly (`getrandom` 0.2 and so `rand` 0.8), threads
//! that the code under test starts, generators that keep their state for the whole process
//! (`ahash`), addresses. Two programs that define these names (`madsim`, `mad-turmoil`) cannot be
//! linked together with it. On systems other than Linux the functions here do nothing, and
//! [`IS_AVAILABLE`] says so.
//!
//! This is the one crate of the workspace with `unsafe`: three functions in `hooks`, whose
//! signatures are those of the C library.

mod calls;
#[cfg(target_os = "linux")]
mod hooks;
mod thread;

pub use calls::{Call, Source};
pub use thread::{Conduct, begin, end, set_elapsed};

/// Whether this build can interpose at all.
pub const IS_AVAILABLE: bool = cfg!(target_os = "linux");
