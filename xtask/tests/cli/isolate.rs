//! `--isolate`: a process for each run gives the runs that one process for all of them gives.

use crate::support::Place;
use std::fs;
use std::path::{Path, PathBuf};

const HOLDS: &str = "quorum-register/abd";
const BROKEN: &str = "three-city-store/ap";

/// The run directories of a system, by name.
fn runs(place: &Place, system: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(place.folder.join("runs").join(system)).expect("run directories");
    let mut found: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    found.sort();
    found
}

fn text(dir: &Path, name: &str) -> String {
    fs::read_to_string(dir.join(name)).expect(name)
}

#[test]
fn runs_are_the_same_in_processes_of_their_own() {
    let place = |name: &str, more: &[&str]| {
        let place = Place::new(name);
        let args = ["check", "--only", "simulation", "--keep", "--seeds", "0..3", HOLDS];
        let ended = place.run(&[&args, more].concat());
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        place
    };
    let (together, apart) = (place("isolate_not", &[]), place("isolate", &["--isolate"]));
    let (together, apart) = (runs(&together, HOLDS), runs(&apart, HOLDS));
    assert_eq!((together.len(), apart.len()), (3, 3));
    for (together, apart) in together.iter().zip(&apart) {
        assert_eq!(together.file_name(), apart.file_name());
        assert_eq!(text(together, "plan.json"), text(apart, "plan.json"));
        let (one, other) = (text(together, "history.jsonl"), text(apart, "history.jsonl"));
        let header = |history: &str| history.lines().next().expect("a header").to_owned();
        assert!(!header(&one).contains("isolat"), "{}", header(&one));
        assert!(header(&other).contains("isolat"), "{}", header(&other));
        assert!(one.lines().count() > 50, "{one}");
        assert!(one.lines().skip(1).eq(other.lines().skip(1)), "the same operations");
        let messages = |dir: &Path| fs::read(dir.join("messages.jsonl.zst")).expect("messages");
        assert_eq!(messages(together), messages(apart));
    }
}

/// Goal: a run that fails in a process of its own is reported, kept and shrunk as any other.
#[test]
fn a_run_that_fails_apart_is_reported_and_shrunk() {
    let place = Place::new("isolate_fails");
    let args = ["check", "--only", "simulation", "--isolate", "--expect", "holds", "--seed", "0"];
    let ended = place.run(&[&args[..], &[BROKEN]].concat());
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    for told in ["[oversell]", "  minimal plan: "] {
        assert!(ended.stdout.contains(told), "{told}: {ended:#?}");
    }
    let [dir] = &runs(&place, BROKEN)[..] else { panic!("one run: {ended:#?}") };
    assert!(dir.join("minimal_test.rs").is_file());
}

#[cfg(not(feature = "interpose"))]
#[test]
fn a_level_that_the_build_does_not_have_is_refused() {
    let place = Place::new("isolate_require");
    for (level, more) in [("interposed", &[][..]), ("isolated", &["--isolate"])] {
        let args = ["check", "--only", "simulation", "--require", level, "--seeds", "0..1", HOLDS];
        let ended = place.run(&[&args, more].concat());
        assert_eq!(ended.code, Some(64), "{ended:#?}");
        assert!(ended.stderr.contains("the feature `interpose`"), "{ended:#?}");
    }
}

/// The verb that the parent starts is hidden, but nothing stops anyone from typing it.
#[test]
fn the_hidden_verb_refuses_what_it_cannot_run() {
    let place = Place::new("isolate_verb");
    let unknown = place.run_with_input(&["isolated", "no-such-system"], b"{}");
    assert_eq!(unknown.code, Some(64), "{unknown:#?}");
    let plan = place.run_with_input(&["isolated", HOLDS], b"{}");
    assert_eq!(plan.code, Some(65), "{plan:#?}");
    assert!(plan.stdout.is_empty() && !plan.stderr.is_empty(), "{plan:#?}");
}
