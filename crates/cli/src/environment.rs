//! The one module that reads the environment: variables, the working directory, terminals.

use std::env;
use std::ffi::OsString;
use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};

/// Where run directories go, when set; else `target/testimony`.
const FOLDER_VARIABLE: &str = "TESTIMONY_DIR";

/// Where the external corpus is, for the tests.
pub(crate) const CORPUS_VARIABLE: &str = "TESTIMONY_CORPUS";

/// The root of the workspace around the working directory: the nearest folder above whose manifest
/// declares a workspace, else the working directory itself.
pub(crate) fn workspace() -> PathBuf {
    let here = env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let declares = |folder: &&Path| {
        std::fs::read_to_string(folder.join("Cargo.toml"))
            .is_ok_and(|manifest| manifest.lines().any(|line| line.trim() == "[workspace]"))
    };
    here.ancestors().find(declares).unwrap_or(&here).to_owned()
}

/// The folder of run directories.
pub(crate) fn runs() -> PathBuf {
    if let Some(folder) = env::var_os(FOLDER_VARIABLE) {
        return folder.into();
    }
    target().join("testimony")
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| workspace().join("target"))
}

/// This program.
pub(crate) fn program() -> Option<PathBuf> {
    env::current_exe().ok()
}

/// The external corpus: as the variable says, else beside the workspace.
pub(crate) fn corpus() -> OsString {
    let beside = || workspace().join("../shared/histories").into_os_string();
    env::var_os(CORPUS_VARIABLE).unwrap_or_else(beside)
}

/// The cargo that runs us, else the one on the path.
pub(crate) fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Whether somebody watches: progress is shown on terminals only, and never in CI.
pub(crate) fn somebody_watches() -> bool {
    stderr().is_terminal() && env::var_os("CI").is_none()
}

/// Threads to use when nothing else is said.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The working directory.
pub(crate) fn here() -> PathBuf {
    env::current_dir().unwrap_or_else(|_| PathBuf::from("."))
}
