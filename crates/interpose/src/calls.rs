//! The entropy audit: who asked the operating system for randomness or time, and where.

use std::backtrace::Backtrace;
use std::fmt;

/// Places that are told apart at most.
const PLACES_MAX: usize = 200;

/// Crates that ask on behalf of others: the place is whoever called them.
const BETWEEN: [&str; 13] = [
    "std",
    "core",
    "alloc",
    "getrandom",
    "rand",
    "rand_core",
    "rand_chacha",
    "chacha20",
    "uuid",
    "fastrand",
    "ahash",
    "hashbrown",
    "indexmap",
];

/// Crates that are part of the harness: what they ask for themselves is none of the user's code.
const HARNESS: [&str; 5] = ["tokio", "turmoil", "tracing", "tracing_core", "tracing-core"];

/// Folders of this workspace that are part of the harness; their tests play the user.
const HARNESS_FOLDERS: [&str; 2] = ["sim/src/", "net/src/"];

/// What was asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Source {
    /// Random bytes: `getrandom` or `getentropy`.
    Entropy,
    /// The time of day: `SystemTime::now()`.
    WallClock,
    /// A clock that only goes forward: `Instant::now()`.
    MonotonicClock,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Source::Entropy => "entropy",
            Source::WallClock => "the wall clock",
            Source::MonotonicClock => "the monotonic clock",
        })
    }
}

/// Calls of one host from one place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// The number of the host whose code was running.
    pub host: u16,
    /// What was asked for.
    pub source: Source,
    /// The function of the user's code and its line, with the crates between it and the call.
    pub place: String,
    /// How often.
    pub times: u64,
}

/// What a thread has noted.
#[derive(Default)]
pub(crate) struct Calls {
    list: Vec<Call>,
}

impl Calls {
    pub(crate) fn add(&mut self, host: u16, source: Source, place: String) {
        let known = self
            .list
            .iter()
            .position(|call| call.host == host && call.source == source && call.place == place);
        match known {
            Some(known) => self.list[known].times += 1,
            None if self.list.len() < PLACES_MAX => {
                self.list.push(Call { host, source, place, times: 1 });
            }
            None => {}
        }
    }

    pub(crate) fn into_list(self) -> Vec<Call> {
        self.list
    }
}

/// Where the call comes from; `None` when the harness asks for itself.
pub(crate) fn place() -> Option<String> {
    // The long form has whole paths.
    place_in(&format!("{:#}", Backtrace::force_capture()))
}

/// The first frame that is neither a library's nor the harness's. A frame is a line
/// `N: ADDRESS - FUNCTION`, and where its source is known a line `at FILE:LINE:COLUMN` after it.
fn place_in(trace: &str) -> Option<String> {
    let mut through: Vec<&str> = Vec::new();
    let mut lines = trace.lines().map(str::trim).peekable();
    while let Some(line) = lines.next() {
        let function = line.split_once(" - ").map_or("", |(_, function)| function);
        let at = lines.next_if(|next| next.starts_with("at ")).map(|next| &next[3..]);
        match owner(function, at) {
            Owner::Nobody => {}
            Owner::Harness => return None,
            Owner::Between(library) => {
                if !["std", "core", "alloc"].contains(&library) && !through.contains(&library) {
                    through.push(library);
                }
            }
            Owner::User => {
                let function = without_hash(function).trim_end_matches("::{{closure}}");
                let at = at.map(|at| format!(" at {}", shortened(at))).unwrap_or_default();
                let through = match through.is_empty() {
                    true => String::new(),
                    false => format!(", through {}", through.join(", ")),
                };
                return Some(format!("{function}{at}{through}"));
            }
        }
    }
    Some("a place that the stack does not tell".to_owned())
}

/// Whose code a frame is.
#[derive(PartialEq, Eq, Debug)]
enum Owner<'t> {
    Nobody,
    Harness,
    /// A library that asks for its caller.
    Between(&'t str),
    User,
}

/// By the file where it is known: names of inlined functions don't say where they are from.
fn owner<'t>(function: &'t str, at: Option<&'t str>) -> Owner<'t> {
    let library = match at {
        Some(at) if at.starts_with("/rustc/") || at.contains("/library/std/") => "std",
        Some(at) => match package(at) {
            Some(package) => package,
            None => return owner_in_workspace(at),
        },
        None if !function.contains("::") => return Owner::Nobody,
        None => crate_of(function),
    };
    match library {
        "testimony_interpose" => Owner::Nobody,
        library if HARNESS.contains(&library) => Owner::Harness,
        library if BETWEEN.contains(&library) => Owner::Between(library),
        _ => Owner::User,
    }
}

fn owner_in_workspace<'t>(at: &str) -> Owner<'t> {
    let crates = env!("CARGO_MANIFEST_DIR").trim_end_matches("interpose");
    match at.strip_prefix(crates) {
        Some(path) if path.starts_with("interpose/src/") => Owner::Nobody,
        Some(path) if path.contains("/tests/") => Owner::User,
        Some(path) if HARNESS_FOLDERS.iter().any(|folder| path.starts_with(folder)) => {
            Owner::Harness
        }
        _ => Owner::User,
    }
}

/// The package of a file that cargo has fetched: `uuid` of `../registry/src/../uuid-1.2.3/src/x.rs`.
fn package(at: &str) -> Option<&str> {
    let (_, rest) = at.split_once("/registry/src/").or_else(|| at.split_once("/checkouts/"))?;
    let folder = rest.split('/').find(|part| !part.starts_with("index."))?;
    let version = folder
        .rmatch_indices('-')
        .find(|(at, _)| folder[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    Some(version.map_or(folder, |(at, _)| &folder[..at]))
}

/// A path from the workspace's root on, where it lies there.
fn shortened(at: &str) -> &str {
    let root = env!("CARGO_MANIFEST_DIR").trim_end_matches("crates/interpose");
    at.strip_prefix(root).unwrap_or(at)
}

/// The name without the hash that some compilers put behind it.
fn without_hash(function: &str) -> &str {
    match function.rsplit_once("::h") {
        Some((name, hash)) if hash.len() == 16 => name,
        _ => function,
    }
}

/// The crate that a function belongs to: `core` of `<T as core::x::Y>::f` and of `core::x::f`.
fn crate_of(function: &str) -> &str {
    let path = function.trim_start_matches(['<', '&', '(', '[', '*']);
    let path = path.strip_prefix("dyn ").unwrap_or(path);
    // A method of a foreign trait on one's own type belongs to the type. Some compilers number
    // crates: `store[1a2b]`.
    let owner = path.split("::").next().unwrap_or_default();
    owner.split('[').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Owner, crate_of, owner, package, place_in};

    #[test]
    fn the_place_is_the_first_frame_of_the_user() {
        let trace = "   0: 0x1 - std::backtrace::Backtrace::force_capture::h0123456789abcdef\n\
             1: 0x1 - testimony_interpose::calls::place\n\
             2: 0x1 - getrandom\n   3: 0x1 - getrandom::fill\n   4: 0x1 - uuid::Uuid::new_v4\n\
             5: 0x1 - name::{{closure}}\n             at /home/me/store/src/x.rs:10:5\n\
             6: 0x1 - tokio::poll\n";
        let place = "name at /home/me/store/src/x.rs:10:5, through getrandom, uuid";
        assert_eq!(place_in(trace).as_deref(), Some(place));
        let trace = "0: 0x1 - std::time::Instant::now\n1: 0x1 - tokio::time::now\n2: 0x1 - a::b";
        assert_eq!(place_in(trace), None);
        assert!(place_in("").is_some());
    }

    #[test]
    fn frames_belong_to_crates() {
        assert_eq!(crate_of("std::time::now"), "std");
        assert_eq!(crate_of("<store::Node as core::future::Future>::poll"), "store");
        assert_eq!(crate_of("store[1a2b]::run"), "store");
        let file = "/h/registry/src/index.crates.io-1949/tracing-core-0.1.2/src/lib.rs:1:2";
        assert_eq!(package(file), Some("tracing-core"));
        assert_eq!(owner("{closure#0}", Some(file)), Owner::Harness);
        assert_eq!(owner("{closure#0}", Some("/home/me/src/x.rs:1:1")), Owner::User);
        assert_eq!(owner("poll", None), Owner::Nobody);
    }
}
