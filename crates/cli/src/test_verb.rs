//! `test`: all tests of the workspace, with the environment that they need.

use crate::environment;
use crate::exit::Failure;
use std::ffi::OsString;
use std::process::{Command, ExitCode};

/// Runs `cargo test --workspace` with what follows, and ends as it ends.
pub(crate) fn run(rest: &[OsString]) -> Result<ExitCode, Failure> {
    let status = Command::new(environment::cargo())
        .args(["test", "--workspace"])
        .args(rest)
        .current_dir(environment::workspace())
        .env(environment::CORPUS_VARIABLE, environment::corpus())
        .status()
        .map_err(|error| Failure::io("cannot run cargo", &error))?;
    // Killed by a signal: no code of its own, so it counts as failed.
    let code = status.code().unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}
