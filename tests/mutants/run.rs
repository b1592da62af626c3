//! Plants each hand-written mutant of `mutants.json` in a copy of the workspace, and looks whether
//! the test that is named beside it fails.
//!
//! ```text
//! cargo run -p testimony-tests --example mutants            all of them
//! cargo run -p testimony-tests --example mutants -- C05     those whose id begins so
//! ```
//!
//! Each mutant is a mistake that some checker of the field once made. It takes a build each, so it
//! is run apart from CI; there, `tests/house.rs` checks that every mutant still has its place.

use serde::Deserialize;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::Duration;

mod tree;

#[derive(Deserialize)]
struct Mutant {
    id: String,
    title: String,
    file: String,
    changes: Vec<Change>,
    package: String,
    target: Vec<String>,
    test: String,
}

/// One place of a mutant: what stands there once, and what is put in its place.
#[derive(Deserialize)]
struct Change {
    find: String,
    replace: String,
}

/// How a mutant fared.
#[derive(PartialEq, Eq)]
enum Fate {
    Killed,
    Hanged,
    Survived,
    NotBuilt,
}

/// Quarters of a second that a test may take before it counts as hanging.
const QUARTERS_MAX: u32 = 4 * 300;

fn main() -> ExitCode {
    let root = tree::root();
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let list = fs::read_to_string(root.join("tests/mutants/mutants.json")).expect("the list");
    let mutants: Vec<Mutant> = serde_json::from_str(&list).expect("a list of mutants");
    let tree = root.join("target/mutants/tree");
    tree::copy(&root, &tree, |_| false);
    let mut survivors = 0;
    for mutant in mutants.iter().filter(|mutant| mutant.id.starts_with(&wanted)) {
        let fate = fate(mutant, &tree);
        survivors += usize::from(fate != Fate::Killed && fate != Fate::Hanged);
        let word = match fate {
            Fate::Killed => "killed",
            Fate::Hanged => "hanged",
            Fate::Survived => "SURVIVED",
            Fate::NotBuilt => "NOT BUILT",
        };
        say(&format!("{} {word:9} {} ({})", mutant.id, mutant.title, mutant.test));
    }
    if survivors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::print_stdout, reason = "the result of a command")]
fn say(line: &str) {
    println!("{line}");
}

fn fate(mutant: &Mutant, tree: &Path) -> Fate {
    let path = tree.join(&mutant.file);
    let original = fs::read_to_string(&path).expect("the file of a mutant");
    let mut planted = original.clone();
    for change in &mutant.changes {
        let found = original.matches(&change.find).count();
        assert_eq!(found, 1, "{}: its place in {} is there {found} times", mutant.id, mutant.file);
        planted = planted.replace(&change.find, &change.replace);
    }
    fs::write(&path, planted).expect("a mutant");
    let fate = if run(mutant, tree, true) != Some(true) {
        Fate::NotBuilt
    } else {
        match run(mutant, tree, false) {
            None => Fate::Hanged,
            Some(true) => Fate::Survived,
            Some(false) => Fate::Killed,
        }
    };
    fs::write(&path, original).expect("the original");
    fate
}

/// Builds or runs the named test; `None` when it never ended.
fn run(mutant: &Mutant, tree: &Path, only_build: bool) -> Option<bool> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(tree).args(["test", "--quiet", "--package", &mutant.package]);
    command.args(&mutant.target);
    // Beside the copy of the sources, so that nothing of the real workspace is built anew.
    command.env("CARGO_TARGET_DIR", tree.with_file_name("built"));
    if only_build {
        command.arg("--no-run");
    } else {
        command.args(["--", "--exact", &mutant.test]);
    }
    command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut child = command.spawn().expect("cargo");
    let mut quarters = 0;
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return Some(status.success());
        }
        if !only_build && quarters > QUARTERS_MAX {
            // Cargo's child is the one that hangs: the whole group goes.
            let group = format!("-{}", child.id());
            let ended = Command::new("kill").args(["-9", "--", &group]).status();
            ended.expect("kill");
            child.wait().expect("its end");
            return None;
        }
        quarters += 1;
        sleep(Duration::from_millis(250));
    }
}
