//! Campaigns as a user splits and joins them.

use super::support::{Ended, Place};
use std::fs;

/// A system that holds, one that is caught, and many seeds that fail when both should hold.
const SYSTEMS: [&str; 2] = ["three-city-store/escrow", "three-city-store/ap"];

fn check(place: &Place, args: &[&str]) -> Ended {
    let mut all = vec!["check", "--seeds", "0..13", "--ops", "12"];
    all.extend(args);
    all.extend(SYSTEMS);
    place.run(&all)
}

fn read(place: &Place, name: &str) -> String {
    fs::read_to_string(place.folder.join(name)).expect("a file of a campaign")
}

/// Goal: shards and merge give the bytes of one run, in the file and in the text. Method: for what
/// holds, what is caught, what fails, and with fail-fast; the numbers of shards do not divide the
/// seeds, and one is larger than their number.
#[test]
fn merged_shards_are_the_bytes_of_one_run() {
    let place = Place::new("campaign_bytes");
    for (name, options) in [
        ("plain", &[][..]),
        ("holds", &["--expect", "holds"]),
        ("fast", &["--expect", "holds", "--fail-fast"]),
        ("shape", &["--nodes", "5", "--clients", "2", "--faults", "partition,crash"]),
    ] {
        let whole = format!("{name}-whole.jsonl");
        let one = check(&place, &[options, &["--out", &whole, "--jobs", "1"]].concat());
        for count in [3, 14] {
            let folder = format!("{name}-{count}");
            let mut worst = 0;
            for index in 1..=count {
                let out = format!("{folder}/{index}.campaign.jsonl");
                let shard = format!("{index}/{count}");
                let ended = check(&place, &[options, &["--shard", &shard, "--out", &out]].concat());
                worst = worst.max(ended.code.expect("a code"));
            }
            let joined = format!("{folder}.jsonl");
            let merged = place.run(&["merge", &folder, "--out", &joined]);
            assert_eq!(merged.code, one.code, "{name} in {count}: {merged:#?}");
            assert_eq!(read(&place, &joined), read(&place, &whole), "{name} in {count}");
            assert_eq!(merged.stdout, one.stdout, "{name} in {count}");
            assert_eq!(Some(worst), one.code, "what is to be found is found by some shard");
        }
    }
    let held = read(&place, "holds-whole.jsonl");
    assert!(held.contains(r#""lowest":"#) && held.contains(r#""fastest":[{"events":"#), "{held}");
    let shaped = place.run(&["merge", "shape-3.jsonl"]);
    assert!(shaped.stdout.starts_with("ok      three-city-store/escrow"), "{shaped:#?}");
}

#[test]
fn shards_that_do_not_fit_together_are_refused() {
    let place = Place::new("campaign_refused");
    for (index, options) in [("1/2", &["--seeds", "0..4"][..]), ("2/2", &["--seeds", "0..4"])] {
        let out = format!("{}.campaign.jsonl", &index[..1]);
        let args = [&["check", SYSTEMS[0], "--ops", "5", "--shard", index, "--out", &out], options];
        assert_eq!(place.run(&args.concat()).code, Some(0));
    }
    let (one, two) = (read(&place, "1.campaign.jsonl"), read(&place, "2.campaign.jsonl"));
    let row = |text: &str, at: usize| text.lines().nth(at).expect("a line").to_owned() + "\n";
    place.file("cut", &one[..one.len() - 2]);
    place.file("unended", one.lines().take(3).map(|line| format!("{line}\n")).collect::<String>());
    place.file("gap", one.replace(&row(&one, 2), ""));
    place.file("again", one.replace(&row(&one, 2), &row(&one, 1).repeat(2)));
    place.file("foreign", one.replace(&row(&one, 2), &row(&two, 1)));
    place.file("other", one.replacen("\"to\":4", "\"to\":5", 1));
    place.file("newer", one.replacen("\"version\":1", "\"version\":9", 1));
    place.file("empty", "");
    for (first, words) in [
        (&["1.campaign.jsonl"][..], "shard 2/2 is missing"),
        (&["1.campaign.jsonl", "1.campaign.jsonl"], "shard 2/2 is missing"),
        (&["1.campaign.jsonl", "2.campaign.jsonl", "2.campaign.jsonl"], "given twice"),
        (&["cut", "2.campaign.jsonl"], "broken off"),
        (&["unended", "2.campaign.jsonl"], "broken off"),
        (&["gap", "2.campaign.jsonl"], "seed 2 of three-city-store/escrow is in no shard"),
        (&["again", "2.campaign.jsonl"], "seed 0 was there before"),
        (&["foreign", "2.campaign.jsonl"], "was there before"),
        (&["other", "2.campaign.jsonl"], "another campaign"),
        (&["newer", "2.campaign.jsonl"], "version 9"),
        (&["empty"], "no file of a campaign"),
        (&["nowhere"], "nowhere: "),
        (&["runs"], "no file ends with .campaign.jsonl"),
    ] {
        fs::create_dir_all(place.folder.join("runs")).expect("a folder");
        let ended = place.run(&[&["merge"], first].concat());
        assert_eq!(ended.code, Some(65), "{first:?}: {ended:#?}");
        assert!(ended.stderr.contains(words), "{first:?}: {ended:#?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:#?}");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let place = Place::new("campaign_usage");
    for (args, words) in [
        (&["--shard", "0/4"][..], "expected i/n like 2/8"),
        (&["--shard", "5/4"], "expected i/n like 2/8"),
        (&["--for", "10"], "expected a time like 30s"),
        (&["--for", "999999999999999h"], "expected a time like 30s"),
        (&["--for", "1m", "--seed", "3"], "cannot be used with"),
        (&["--faults", "gremlins"], "unknown family `gremlins`; known: "),
        (&["--nodes", "0"], "0 is not in 1..=64"),
        (&["--shard", "1/2", "--only", "corpus"], "which the corpus does not have"),
    ] {
        let ended = place.run(&[&["check"], args].concat());
        assert_eq!(ended.code, Some(64), "{args:?}: {ended:#?}");
        assert!(ended.stderr.contains(words), "{args:?}: {ended:#?}");
    }
}

/// Goal: the shape that is asked for is that of the plans, and a campaign with a time runs seeds
/// until the time is over, at least some of every system.
#[test]
fn clusters_have_the_shape_that_was_asked_for() {
    let place = Place::new("campaign_shape");
    let shape = ["--nodes", "4", "--clients", "3", "--ops", "9", "--faults", "none"];
    let rest = ["--for", "1s", "--keep", "--jobs", "2", SYSTEMS[0], SYSTEMS[1]];
    let ended = place.run(&[&["check"], &shape[..], &rest].concat());
    assert!(ended.stdout.contains("systems\n") && ended.code != Some(64), "{ended:#?}");
    let folder = place.folder.join("runs").join(SYSTEMS[0]);
    let run = fs::read_dir(&folder).expect("runs").next().expect("a run").expect("an entry").path();
    let plan = fs::read_to_string(run.join("plan.json")).expect("a plan");
    let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
    assert_eq!(plan["config"]["nodes"], 4);
    assert_eq!(plan["config"]["clients"], 3);
    assert_eq!(plan["steps"].as_array().map(Vec::len), Some(9));
    assert_eq!(plan["faults"].as_array().map(Vec::len), Some(0));
    assert!(plan["config"].get("ops").is_none(), "the steps say it: {plan}");
}
