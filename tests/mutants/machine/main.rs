//! Runs the tests against every mutant that `cargo mutants` lists for the checker, with one build for
//! all of them: each is woven into the sources, asleep, and a variable of the environment wakes one.
//!
//! ```text
//! cargo run --release -p testimony-tests --example all-mutants             all of them
//! cargo run --release -p testimony-tests --example all-mutants -- zones,lock   of files so named
//! ```
//!
//! With `MUTANTS_NEW_TESTS=explained,figures` those that survived are asked again, only by the tests
//! whose program or name has one of these words.
//!
//! `target/mutants/fates.jsonl` gets a line for each; a run that was interrupted goes on from there.
//! Those that survive must be explained in `tests/mutants/survivors.json`: one that is not is an error.

mod fates;
mod list;
mod programs;
#[path = "../tree.rs"]
mod tree;
mod viable;
mod weave;

use std::process::ExitCode;

fn main() -> ExitCode {
    let root = tree::root();
    let part = std::env::args().nth(1).unwrap_or_default();
    let new = std::env::var("MUTANTS_NEW_TESTS").ok();
    let mutants = list::all(&root);
    let copy = root.join("target/mutants/woven");
    let woven = viable::weave_all(&root, &copy, &mutants);
    let programs = programs::build(&copy);
    let tests = programs::survey(&programs, &copy.with_file_name("met.txt"));
    let file = copy.with_file_name("fates.jsonl");
    let fates = fates::all(&mutants, &woven, &tests, &part, new.as_deref(), &file);
    fates::report(&root, &mutants, &fates)
}

/// Tells how far it is.
#[expect(clippy::print_stderr, reason = "the progress of a command")]
pub(crate) fn tell(line: &str) {
    eprintln!("{line}");
}
