//! Checking the built-in systems from the command line, and what is kept of their runs.

use crate::support::{Ended, Place};
use std::fs;
use std::path::PathBuf;

const HOLDS: &str = "three-city-store/escrow";
const BROKEN: &str = "three-city-store/ap";

/// The only run directory of a system.
fn run_dir(place: &Place, system: &str) -> PathBuf {
    let folder = place.folder.join("runs").join(system);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    found.sort();
    found.into_iter().next().expect("a run directory")
}

fn check(place: &Place, args: &[&str]) -> Ended {
    place.run(&[&["check", "--only", "simulation"], args].concat())
}

#[test]
fn a_correct_system_is_green_and_leaves_nothing_behind() {
    let place = Place::new("check_green");
    let ended = check(&place, &["--seeds", "0..4", HOLDS]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(ended.stdout.starts_with(&format!("ok      {HOLDS}")), "{ended:#?}");
    assert!(ended.stdout.contains("4 seeds"), "{ended:#?}");
    assert!(ended.stdout.ends_with("0 of 0 histories, 1 of 1 systems\n"), "{ended:#?}");
    assert!(!place.folder.join("runs/three-city-store").exists());
}

#[test]
fn a_system_broken_on_purpose_is_caught_by_name() {
    let place = Place::new("check_caught");
    let ended = check(&place, &["--system", BROKEN]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(ended.stdout.starts_with("caught  three-city-store/ap  oversell  seed "), "{ended:#?}");
}

/// Goal: a failing run ends with 1, prints a report, keeps its files, and each of them can be used
/// again: shown, rerun, replayed.
#[test]
fn a_run_that_fails_on_purpose_can_be_looked_at_again() {
    let place = Place::new("check_fails");
    let ended = check(&place, &["--expect", "holds", "--seeds", "0..4", BROKEN]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    for words in ["FAIL    three-city-store/ap", "[oversell]", "again: cargo xtask rerun three-"] {
        assert!(ended.stdout.contains(words), "{words}: {ended:#?}");
    }
    let dir = run_dir(&place, BROKEN);
    for name in ["run.json", "plan.json", "history.jsonl", "messages.jsonl.zst", "verdict.json"] {
        assert!(dir.join(name).is_file(), "{name} in {}", dir.display());
    }
    let log = std::fs::read_to_string(dir.join("log.txt")).expect("log.txt");
    let first = log.lines().next().expect("a line of the log");
    assert!(first.starts_with("0 n1 INFO testimony_systems::"), "{first}");
    let show = place.run(&["show", "last"]);
    assert_eq!(show.code, Some(1), "{show:#?}");
    assert!(show.stdout.contains("[oversell]"), "{show:#?}");
    let verdict = place.run(&["show", "last", "--as", "json"]);
    let verdict: serde_json::Value = serde_json::from_str(&verdict.stdout).expect("JSON");
    assert_eq!(verdict["verdict"], "invalid");

    let rerun = place.run(&["rerun", "last"]);
    assert_eq!(rerun.code, Some(1), "{rerun:#?}");
    assert!(rerun.stdout.contains("the same history as recorded"), "{rerun:#?}");
    let plan = dir.join("plan.json").display().to_string();
    let by_plan = place.run(&["rerun", &plan]);
    assert_eq!(by_plan.stdout, rerun.stdout);

    // The saved history alone gives the same anomalies, operation for operation.
    let history = dir.join("history.jsonl").display().to_string();
    let replay = place.run(&["replay", &history, "--level", "no-oversell", "--format", "json"]);
    assert_eq!(replay.code, Some(1), "{replay:#?}");
    let line = replay.stdout.lines().nth(1).expect("a verdict");
    let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
    let properties = verdict["properties"].as_array().expect("properties");
    let recorded = properties.iter().find(|part| part["property"] == "no-oversell");
    let recorded = &recorded.expect("the property")["anomalies"][0];
    for part in ["kind", "required", "optional"] {
        assert_eq!(line["anomalies"][0][part], recorded[part], "{part}");
    }
}

#[test]
fn a_changed_record_is_a_divergence_with_its_line() {
    let place = Place::new("check_diverges");
    let ended = check(&place, &["--keep", "--seed", "3", HOLDS]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let dir = run_dir(&place, HOLDS);
    let name = format!("{HOLDS}@3");
    let same = place.run(&["rerun", &name]);
    assert_eq!(same.code, Some(0), "{same:#?}");
    assert!(same.stdout.contains("the same history as recorded"), "{same:#?}");

    let path = dir.join("history.jsonl");
    let history = fs::read_to_string(&path).expect("a history");
    let mut lines: Vec<&str> = history.lines().collect();
    let cut = lines[..4].join("\n") + "\n" + &lines[4][..5];
    lines[4] = "{}";
    fs::write(&path, lines.join("\n") + "\n").expect("a file");
    let other = place.run(&["rerun", &name]);
    assert_eq!(other.code, Some(3), "{other:#?}");
    assert!(other.stdout.contains("diverged from its record at line 5"), "{other:#?}");

    fs::write(&path, cut).expect("a file");
    let short = place.run(&["rerun", &name]);
    assert_eq!(short.code, Some(0), "{short:#?}");
    assert!(short.stdout.contains("the record ends early"), "{short:#?}");
}

#[test]
fn results_do_not_depend_on_threads() {
    let place = Place::new("check_threads");
    let args = ["--seeds", "0..6", "--expect", "holds", "three-city-store"];
    let one = check(&place, &[&args[..], &["--jobs", "1"]].concat());
    let four = check(&place, &[&args[..], &["--jobs", "4", "--verify-determinism"]].concat());
    assert_eq!(one.code, Some(1), "{one:#?}");
    let twice = four.stdout.replace("  (each seed twice: the same bytes)", "");
    assert_eq!(one.stdout, twice);
    assert_eq!(four.stdout.matches("(each seed twice: the same bytes)").count(), 4, "{four:#?}");
}

#[test]
fn json_has_a_line_for_each_run_and_property() {
    let place = Place::new("check_json");
    let ended = check(&place, &["--seeds", "0..2", "--format", "json", HOLDS]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let lines: Vec<serde_json::Value> =
        ended.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines[0]["version"], 1);
    assert_eq!(lines.len(), 1 + 2 * 3 + 1, "{ended:#?}");
    assert!(lines[1..7].iter().all(|line| line["verdict"] == "valid" && line["model"] == "stock"));
    assert_eq!(lines[1]["run"], format!("{HOLDS}@0000"));
    assert_eq!(lines[6]["run"], format!("{HOLDS}@0001"));
    assert_eq!((&lines[7]["system"], &lines[7]["word"]), (&HOLDS.into(), &"ok".into()));
    assert_eq!((&lines[7]["seeds"], &lines[7]["exit"]), (&2.into(), &0.into()));
}

#[test]
fn plans_that_make_no_sense_are_refused() {
    let place = Place::new("check_plans");
    let ended = check(&place, &["--keep", "--seed", "0", HOLDS]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let plan = fs::read_to_string(run_dir(&place, HOLDS).join("plan.json")).expect("a plan");
    let mut value: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
    value["config"]["nodes"] = serde_json::json!(0);
    for (name, text, words) in [
        ("other.json", plan.replace(HOLDS, "../../etc"), "unknown system `../../etc`"),
        ("cut.json", plan[..plan.len() / 2].to_owned(), "no plan: "),
        ("list.json", "[]".to_owned(), "no plan: "),
        ("nodes.json", value.to_string(), "nodes"),
    ] {
        place.file(name, text);
        let ended = place.run(&["rerun", name]);
        assert_eq!(ended.code, Some(65), "{name}: {ended:#?}");
        assert!(ended.stderr.contains(words), "{name}: {ended:#?}");
    }
}

#[test]
fn a_level_chooses_the_systems_that_claim_it() {
    let place = Place::new("check_level");
    let args = ["--level", "convergence", "--seeds", "0..2"];
    let ended = check(&place, &args);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(!ended.stdout.contains("quorum-register"), "{ended:#?}");
    assert!(ended.stdout.contains("quiet   three-city-store/ap"), "{ended:#?}");
    let none = check(&place, &[&args[..], &["quorum-register"]].concat());
    assert_eq!(none.code, Some(4), "{none:#?}");
}
