//! The one module that reads the environment: variables, this program, the machine.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The external corpus: as the variable says, else beside the workspace.
pub(crate) fn corpus() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/histories");
    env::var_os("TESTIMONY_CORPUS").map_or_else(beside, PathBuf::from)
}

/// This program, to be started again.
pub(crate) fn program() -> std::io::Result<PathBuf> {
    env::current_exe()
}

/// A folder for files that are made and dropped, beside this program.
pub(crate) fn scratch() -> std::io::Result<PathBuf> {
    let folder = env::current_exe()?.with_extension("files");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The baseline of instruction counts.
pub(crate) fn baseline() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.json")
}

/// What matters of the machine and the build, without saying whose it is.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let (os, arch) = (env::consts::OS, env::consts::ARCH);
    format!("{cores} cores, {arch} {os}, {profile} profile, {}", compiler())
}

/// The compiler's version, as it says it: `rustc 1.95.0`.
pub(crate) fn compiler() -> String {
    let said = Command::new("rustc").arg("--version").output();
    let said = said.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    let words = |text: String| text.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    said.map_or_else(|| "rustc of unknown version".to_owned(), words)
}
