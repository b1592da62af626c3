//! `test` and `bless`: all tests of the workspace, with the environment that they need.

use crate::environment;
use crate::exit::Failure;
use std::ffi::OsString;
use std::process::{Command, ExitCode};

/// Tells the tests to write what they find into their goldens.
const BLESS_VARIABLE: &str = "SNAPSHOTS";

/// Runs `cargo test --workspace` with what follows, and ends as it ends.
pub(crate) fn run(rest: &[OsString], bless: bool) -> Result<ExitCode, Failure> {
    let mut command = Command::new(environment::cargo());
    command
        .args(["test", "--workspace"])
        .args(rest)
        .current_dir(environment::workspace())
        .env(environment::CORPUS_VARIABLE, environment::corpus());
    if bless {
        command.env(BLESS_VARIABLE, "overwrite");
    }
    let status = command.status().map_err(|error| Failure::io("cannot run cargo", &error))?;
    // Killed by a signal: no code of its own, so it counts as failed.
    let code = status.code().unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}
