//! Making failing plans small from the command line, and what is left in the run's directory.

use crate::support::Place;
use std::fs;
use std::path::PathBuf;

const HOLDS: &str = "three-city-store/escrow";
const BROKEN: &str = "three-city-store/ap";

/// The run directory that `last` names.
fn last(place: &Place) -> PathBuf {
    let runs = place.folder.join("runs");
    let last = fs::read_to_string(runs.join("last")).expect("a last run");
    runs.join(last.trim_end())
}

fn items(plan: &str) -> usize {
    let plan: serde_json::Value = serde_json::from_str(plan).expect("JSON");
    let count = |list: &str| plan[list].as_array().expect("a list").len();
    count("steps") + count("finals") + count("faults")
}

/// Goal: a failing check leaves the smallest plan beside the original, and it fails in the same way;
/// the verb gives the same bytes with any number of threads.
#[test]
fn a_failing_check_leaves_the_smallest_plan() {
    let place = Place::new("shrink_check");
    let args = ["check", "--only", "simulation", "--expect", "holds", "--seed", "0", BROKEN];
    let checked = place.run(&args);
    assert_eq!(checked.code, Some(1), "{checked:#?}");
    assert!(checked.stdout.contains("  minimal plan: "), "{checked:#?}");
    assert!(checked.stdout.contains("show the same: oversell (no-oversell)"), "{checked:#?}");
    let dir = last(&place);
    let read = |name: &str| fs::read_to_string(dir.join(name)).expect(name);
    let (original, minimal, test) =
        (read("original.json"), read("minimal.json"), read("minimal_test.rs"));
    assert_eq!(original, read("plan.json"));
    // Four buyers are needed to sell four of three units.
    assert!((4..=8).contains(&items(&minimal)), "{minimal}");
    assert!(items(&original) > 30);
    assert!(test.contains("#[test]\nfn three_city_store_ap_seed_0_oversell() {"), "{test}");
    assert!(test.contains("check().replay(plan).assert_valid();"), "{test}");

    for jobs in ["1", "3"] {
        let shrunk = place.run(&["shrink", "last", "--jobs", jobs]);
        assert_eq!(shrunk.code, Some(1), "{shrunk:#?}");
        assert!(shrunk.stdout.contains("[oversell]"), "{shrunk:#?}");
        assert_eq!(
            (read("minimal.json"), read("minimal_test.rs")),
            (minimal.clone(), test.clone())
        );
    }
    let path = dir.join("minimal.json").display().to_string();
    let rerun = place.run(&["rerun", &path]);
    assert_eq!(rerun.code, Some(1), "{rerun:#?}");
    assert!(rerun.stdout.contains("nothing is recorded to compare with"), "{rerun:#?}");
    assert!(rerun.stdout.contains("[oversell]"), "{rerun:#?}");
    // A minimal plan cannot be shrunk further.
    let again = place.run(&["shrink", &path]);
    assert_eq!(again.code, Some(1), "{again:#?}");
    let words = format!("minimal plan: {0} of {0} items", items(&minimal));
    assert!(again.stdout.contains(&words), "{words}: {again:#?}");
}

#[test]
fn plans_stay_as_they_are_on_request() {
    let place = Place::new("shrink_not");
    let args = ["check", "--only", "simulation", "--expect", "holds", "--seed", "0", "--no-shrink"];
    let checked = place.run(&[&args[..], &[BROKEN]].concat());
    assert_eq!(checked.code, Some(1), "{checked:#?}");
    assert!(!checked.stdout.contains("minimal plan"), "{checked:#?}");
    assert!(!last(&place).join("minimal.json").exists());
}

#[test]
fn a_plan_that_does_not_fail_is_nothing_to_shrink() {
    let place = Place::new("shrink_holds");
    let ended = place.run(&["shrink", &format!("{HOLDS}@1")]);
    assert_eq!(ended.code, Some(4), "{ended:#?}");
    assert!(ended.stdout.contains("nothing to shrink"), "{ended:#?}");
}

/// Goal: a bad plan is refused with its item and what is allowed. Method: one change to a good plan
/// each.
#[test]
fn bad_plans_are_refused_item_by_item() {
    let place = Place::new("shrink_bad");
    let args = ["check", "--only", "simulation", "--keep", "--seed", "3", HOLDS];
    assert_eq!(place.run(&args).code, Some(0));
    let found = fs::read_dir(place.folder.join("runs").join(HOLDS)).expect("a folder");
    let dir = found.map(|entry| entry.expect("an entry").path()).next().expect("a run");
    let text = fs::read_to_string(dir.join("plan.json")).expect("a plan");
    let good: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let fault = |kind: &str, node: &str| serde_json::json!({"id": 1, "when": {"at-ms": 5}, "fault": {"kind": kind, "node": node}});
    let cases = [
        ("version", serde_json::json!(99), "version 99: this program reads version"),
        (
            "faults",
            serde_json::json!([fault("meteor", "n1")]),
            "fault at position 0: unknown `meteor`",
        ),
        (
            "faults",
            serde_json::json!([fault("crash", "n9")]),
            "unknown node `n9`; known: n1, n2, n3",
        ),
        ("system", serde_json::json!("nobody"), "unknown system `nobody`; known: "),
    ];
    for (field, value, words) in cases {
        let mut plan = good.clone();
        plan[field] = value;
        place.file("bad.json", plan.to_string());
        for verb in ["shrink", "rerun"] {
            let ended = place.run(&[verb, "bad.json"]);
            assert_eq!(ended.code, Some(65), "{verb} {field}: {ended:#?}");
            assert!(ended.stderr.contains(words), "{verb} {field}: {words}: {ended:#?}");
        }
    }
}
