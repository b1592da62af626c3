//! Run directories: `target/testimony/<system>/<seed>-<hash>/`, and finding them again.
//!
//! The files are written in the order in which they would be needed if everything after failed:
//! what was run, the history while it happens, the messages, the verdict, the report. The hash is
//! that of the plan, so equal runs share a directory, whenever they run. Nothing in it depends on the
//! wall clock.

use crate::environment;
use crate::exit::Failure;
use std::fs::{self, File};
use std::io::{self, LineWriter, Write};
use std::path::{Component, Path, PathBuf};

/// The plan, as it was given to the simulator.
pub(crate) const PLAN: &str = "plan.json";
/// What the plan does not say about the run.
pub(crate) const RUN: &str = "run.json";
/// The history, written while it happens.
pub(crate) const HISTORY: &str = "history.jsonl";
/// The messages, one a line, compressed.
pub(crate) const MESSAGES: &str = "messages.jsonl.zst";
/// The same as a test of a library user leaves them.
pub(crate) const MESSAGES_PLAIN: &str = "messages.jsonl";
/// What the code under test told, in virtual time.
pub(crate) const LOG: &str = "log.txt";
/// What was decided.
pub(crate) const VERDICT: &str = "verdict.json";
/// The same for people.
pub(crate) const REPORT: &str = "report.txt";

/// The file beside the systems that names the latest kept run.
const LAST: &str = "last";

/// Characters of a path component at most.
const COMPONENT_MAX: usize = 80;

/// Hexadecimal digits of the hash.
const HASH_DIGITS: usize = 6;

/// Components of a run's path below the base at most.
const DEPTH_MAX: usize = 4;

/// The id of a run: `quorum-register/abd@0007`.
pub(crate) fn id(system: &str, seed: u64) -> String {
    format!("{system}@{seed:04}")
}

/// The directory of one run.
#[derive(Clone, Debug)]
pub(crate) struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// Makes the directory for this plan.
    pub(crate) fn create(
        base: &Path,
        system: &str,
        seed: u64,
        plan: &str,
    ) -> Result<RunDir, Failure> {
        let hash = blake3::hash(plan.as_bytes()).to_hex();
        let mut path = base.to_owned();
        path.extend(system.split('/').take(DEPTH_MAX - 1).map(component));
        path.push(format!("{seed:04}-{}", &hash[..HASH_DIGITS]));
        fs::create_dir_all(&path)
            .map_err(|error| Failure::io(format!("cannot make {}", path.display()), &error))?;
        Ok(RunDir { path })
    }

    /// A directory that is there.
    pub(crate) fn at(path: PathBuf) -> RunDir {
        RunDir { path }
    }

    /// One of its files for people.
    pub(crate) fn file_shown(&self, name: &str) -> String {
        shown(&self.path.join(name))
    }

    /// The path for people: relative to the working directory where it lies below it.
    pub(crate) fn shown(&self) -> String {
        shown(&self.path)
    }

    /// Writes one of its files.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.path.join(name);
        fs::write(&path, bytes)
            .map_err(|error| Failure::io(format!("cannot write {}", path.display()), &error))
    }

    /// The history file; every line is handed to the system whole, as soon as it is complete.
    pub(crate) fn history(&self) -> Result<Box<dyn Write + Send>, Failure> {
        let path = self.path.join(HISTORY);
        let file = File::create(&path)
            .map_err(|error| Failure::io(format!("cannot write {}", path.display()), &error))?;
        Ok(Box::new(LineWriter::with_capacity(1 << 16, file)))
    }

    /// Removes it, and folders above it that became empty.
    pub(crate) fn remove(self, base: &Path) {
        // What cannot be removed stays; the next run of this plan overwrites it.
        let _ = fs::remove_dir_all(&self.path);
        let above = self.path.ancestors().skip(1).take_while(|folder| *folder != base);
        for folder in above.take(DEPTH_MAX) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }

    /// Its path below the folder of all runs, with slashes.
    pub(crate) fn below(&self, base: &Path) -> Option<String> {
        Some(self.path.strip_prefix(base).ok()?.to_str()?.replace('\\', "/"))
    }
}

/// Remembers a run (by its path below the folder of all runs) as the latest.
pub(crate) fn remember(base: &Path, below: &str) {
    // Only a convenience: `last` then names an older run, or none.
    let _ = fs::write(base.join(LAST), format!("{below}\n"));
}

/// A path for people.
pub(crate) fn shown(path: &Path) -> String {
    let here = environment::here();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}

/// A name as one component of a path, whatever it contains.
fn component(name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let mut out: String = name.chars().take(COMPONENT_MAX).map(safe).collect();
    if out.is_empty() || out.starts_with('.') {
        out.insert(0, '_');
    }
    out
}

/// What the words of `rerun` and `show` may mean.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// A run directory.
    Dir(PathBuf),
    /// A file with a plan.
    Plan(PathBuf),
    /// Nothing recorded: a system and a seed.
    Seed { system: String, seed: u64 },
}

/// A recorded run: its directory and its name `system@seed-hash`.
struct Recorded {
    path: PathBuf,
    name: String,
}

/// Finds a run by what was typed: `last`, a path, `system@seed`, or a unique prefix of a run's name.
pub(crate) fn find(base: &Path, typed: &str) -> Result<Found, Failure> {
    if typed == LAST {
        return last(base);
    }
    let path = Path::new(typed);
    if path.is_file() {
        return Ok(Found::Plan(path.to_owned()));
    }
    if path.join(PLAN).is_file() {
        return Ok(Found::Dir(path.to_owned()));
    }
    if path.is_dir() {
        return Err(Failure::unreadable(format!("{typed}: no run directory: it has no {PLAN}")));
    }
    let recorded = recorded(base);
    if let Some((system, seed)) = typed.rsplit_once('@')
        && let Ok(seed) = seed.parse::<u64>()
    {
        let prefix = format!("{}-", id(system, seed));
        let found: Vec<_> = recorded.iter().filter(|run| run.name.starts_with(&prefix)).collect();
        return match found.as_slice() {
            [] => Ok(Found::Seed { system: system.to_owned(), seed }),
            [one] => Ok(Found::Dir(one.path.clone())),
            several => Err(ambiguous(typed, several)),
        };
    }
    let found: Vec<_> = recorded.iter().filter(|run| run.name.starts_with(typed)).collect();
    match found.as_slice() {
        [one] => Ok(Found::Dir(one.path.clone())),
        [] => Err(Failure::usage(format!(
            "no run, run directory or plan `{typed}`; a run is named like quorum-register/abd@7"
        ))),
        several => Err(ambiguous(typed, several)),
    }
}

fn ambiguous(typed: &str, several: &[&Recorded]) -> Failure {
    let mut names: Vec<&str> = several.iter().take(5).map(|run| run.name.as_str()).collect();
    if several.len() > names.len() {
        names.push("...");
    }
    Failure::usage(format!("`{typed}` names several runs: {}", names.join(", ")))
}

fn last(base: &Path) -> Result<Found, Failure> {
    let none = || Failure::unreadable("there is no last run: nothing failed or was kept yet");
    let text = fs::read_to_string(base.join(LAST)).map_err(|_| none())?;
    let relative = Path::new(text.trim_end());
    // The file could have been edited: it must not lead out of the folder.
    if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(none());
    }
    let path = base.join(relative);
    if path.join(PLAN).is_file() { Ok(Found::Dir(path)) } else { Err(none()) }
}

/// Every recorded run, sorted by its name.
fn recorded(base: &Path) -> Vec<Recorded> {
    let mut found = Vec::new();
    let mut open = vec![(base.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        // What cannot be listed has no runs that could be used.
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            if path.join(PLAN).is_file() {
                found.extend(name_of(base, &path).map(|name| Recorded { path, name }));
            } else if depth < DEPTH_MAX && path.is_dir() {
                open.push((path, depth + 1));
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// `system@seed-hash` of a run directory.
fn name_of(base: &Path, path: &Path) -> Option<String> {
    let relative = path.strip_prefix(base).ok()?.to_str()?.replace('\\', "/");
    let (system, run) = relative.rsplit_once('/')?;
    Some(format!("{system}@{run}"))
}

/// Reads a text file of a run.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| {
        let message = format!("{}: {error}", shown(path));
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::InvalidData => Failure::unreadable(message),
            _ => Failure { exit: crate::exit::Exit::InputOutput, message },
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_never_leave_their_folder() {
        for hostile in ["..", ".", "", "/etc", "a\\b", "C:", "a\0b", "\u{202e}x", ".hidden"] {
            let component = component(hostile);
            let path = Path::new(&component);
            assert_eq!(path.components().count(), 1, "{hostile:?}");
            assert!(matches!(path.components().next(), Some(Component::Normal(_))), "{hostile:?}");
            assert!(!component.starts_with('.'));
        }
        assert_eq!(component("read-one"), "read-one");
        assert!(component(&"x".repeat(1_000)).len() <= COMPONENT_MAX + 1);
    }

    #[test]
    fn ids_are_padded() {
        assert_eq!(id("kv", 7), "kv@0007");
        assert_eq!(id("kv", 123_456), "kv@123456");
    }
}
