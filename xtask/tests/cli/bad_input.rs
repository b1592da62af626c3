//! Whatever is typed or read: one clear line, the documented code, and no panic.

use crate::support::{Place, STALE, VALID};
use std::process::Stdio;

/// A plan with a fault that its system cannot have.
const JOIN: &str = r#"{"version":1,"system":"quorum-register/abd","seed":1,"config":{"nodes":3,"clients":5,
    "latency_min_ms":1,"latency_max_ms":10,"skew_ms":[],"disk_sync_ms":1,"families":["membership"],
    "op_max_ms":10000,"main_max_ms":60000,"settle_ms":500,"final_max_ms":5000},"steps":[],
    "faults":[{"id":4,"when":{"at-ms":9},"fault":{"kind":"join","node":"n4"}}]}"#;

/// Goal: mistakes on the command line end with one clear line. Method: each mistake with its code
/// and words that the line must have.
#[test]
fn mistakes_on_the_command_line() {
    let place = Place::new("mistakes");
    place.file("good.jsonl", VALID);
    place.file("join.json", JOIN);
    place.file("bare.jsonl", VALID.split_once('\n').expect("a header").1);
    let cases: &[(&[&str], i32, &str)] = &[
        (&["replay"], 64, "PATH"),
        (&["replay", "good.jsonl", "--model", "regster"], 64, "unknown model `regster`; known: "),
        (&["replay", "good.jsonl", "--level", "strong"], 64, "unknown level `strong`; known: "),
        (
            &["replay", "good.jsonl", "--engine", "warp"],
            64,
            "known: zones, tuning, blocks, positions, search",
        ),
        (&["replay", "good.jsonl", "--format", "xml"], 64, "known: text, json"),
        (&["replay", "good.jsonl", "--input", "csv"], 64, "known: native, edn, porcupine"),
        (&["replay", "good.jsonl", "--failed-cas", "maybe"], 64, "known: observed, ignored"),
        (&["replay", "good.jsonl", "--budget", "lots"], 64, "`lots` is neither steps"),
        (&["replay", "good.jsonl", "--format", "json", "--format", "text"], 64, "two different"),
        (
            &["replay", "good.jsonl", "--model", "register", "--level", "no-oversell"],
            64,
            "histories of model `register` are not judged by `no-oversell`",
        ),
        (&["replay", "missing.jsonl"], 65, "missing.jsonl: no such file"),
        (&["replay", "good.jsonl/below"], 65, "no such file"),
        (&["replay", "*.edn"], 65, "no file matches `*.edn`"),
        (&["replay", "bare.jsonl"], 65, "name it with --model"),
        (&["replay", "/dev/null"], 65, "not a regular file"),
        (&["check", "--seeds", "5..3"], 64, "the range is empty"),
        (&["check", "--seeds", "all"], 64, "expected a range like 0..64"),
        (&["check", "--seed", "-1"], 64, "-1"),
        (&["check", "--seed", "18446744073709551616"], 64, "18446744073709551616"),
        (&["check", "--jobs", "0"], 64, "0"),
        (&["check", "--only", "half"], 64, "half"),
        (&["check", "no-such-system"], 64, "nothing matches `no-such-system`; systems: "),
        (&["check", "--level", "strong"], 64, "unknown level `strong`"),
        (&["rerun", "no-such-system@7"], 64, "unknown system `no-such-system`; known: "),
        (&["rerun", "nothing"], 64, "no run, run directory or plan `nothing`"),
        (&["rerun", "last"], 65, "there is no last run"),
        (&["rerun", "good.jsonl"], 65, "good.jsonl: no plan: "),
        (
            &["rerun", "join.json"],
            65,
            "fault 4: join: expected a system whose nodes can join and leave",
        ),
        (&["shrink", "nothing"], 64, "no run, run directory or plan `nothing`"),
        (&["shrink", "good.jsonl"], 65, "good.jsonl: no plan: "),
        (&["shrink", "last", "--runs-max", "0"], 64, "0"),
        (&["check", "--require", "luck"], 64, "known: rules, seeded-runtime, interposed, isolated"),
        (&["check", "--require", "isolated"], 64, "requires the determinism level `isolated`"),
        (&["show", "last"], 65, "there is no last run"),
        (&["show", "."], 65, "no run directory"),
        (&["explain", "dirty-read"], 64, "unknown anomaly `dirty-read`; known: "),
        (&["list", "planets"], 64, "planets"),
        (&["frobnicate"], 64, "frobnicate"),
        (&["check", "--frobnicate"], 64, "--frobnicate"),
    ];
    for (args, code, words) in cases {
        let ended = place.run(args);
        assert_eq!(ended.code, Some(*code), "{args:?}: {ended:#?}");
        let errors: Vec<_> =
            ended.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        match errors.as_slice() {
            [one] => assert!(one.contains(words), "{args:?}: {one}"),
            // Problems of a file have its name and line instead.
            _ => assert!(ended.stderr.contains(words), "{args:?}: {ended:#?}"),
        }
    }
}

#[test]
fn help_is_no_mistake() {
    let place = Place::new("help");
    for args in [&["--help"] as &[&str], &["replay", "--help"], &["check", "-h"], &["--version"]] {
        let ended = place.run(args);
        assert_eq!(ended.code, Some(0), "{args:?}: {ended:#?}");
        assert!(ended.stderr.is_empty(), "{ended:#?}");
    }
    assert!(place.run(&["--help"]).stdout.contains("3 not deterministic"));
}

/// Goal: a damaged history names each of its lines, and the others are still judged.
#[test]
fn damaged_histories_name_their_lines() {
    let place = Place::new("damaged");
    let mut lines: Vec<&str> = VALID.lines().collect();
    lines[2] = "{\"index\":1,\"process\":0,\"type\":\"ok\",";
    lines[4] = "{\"index\":3,\"process\":1,\"type\":\"fine\",\"f\":\"read\",\"value\":1}";
    place.file("a_damaged.jsonl", lines.join("\n") + "\n");
    place.file("b_good.jsonl", VALID);
    place.file("c_binary.jsonl", [0xff, 0xfe, 0x00, 0x1b, b'[', b'2', b'J', b'\n']);
    place.file("d_other_model.jsonl", VALID.replace("register", "no-such-model"));
    place.file("e_wrong_value.jsonl", VALID.replace("\"model\":\"register\"", "\"model\":\"kv\""));
    place.file("f_empty.jsonl", "");
    let ended = place.run(&["replay", "*.jsonl"]);
    assert_eq!(ended.code, Some(65), "{ended:#?}");
    for words in [
        "a_damaged.jsonl:3: ",
        "a_damaged.jsonl:5: ",
        "c_binary.jsonl",
        "d_other_model.jsonl:1: unknown model `no-such-model`; known: ",
        "e_wrong_value.jsonl:2: ",
        "f_empty.jsonl",
    ] {
        assert!(ended.stderr.contains(words), "{words}: {ended:#?}");
    }
    assert!(!ended.stderr.contains('\u{1b}'), "{ended:#?}");
    assert!(ended.stdout.contains("b_good.jsonl"), "{ended:#?}");
    assert!(ended.stdout.contains("1 valid, 0 invalid, 0 unknown, 5 unreadable"), "{ended:#?}");
}

/// Goal: a cut history is read as far as it goes. Method: cut at every byte; the tail is a note.
#[test]
fn a_cut_history_is_never_a_crash() {
    let place = Place::new("cut");
    for cut in (0..VALID.len()).step_by(7) {
        let ended = place.run_with_input(&["replay", "-"], &VALID.as_bytes()[..cut]);
        assert!(matches!(ended.code, Some(0 | 2 | 65)), "cut at {cut}: {ended:#?}");
    }
    let tail = VALID.len() - 20;
    let ended = place.run_with_input(&["replay", "-"], &VALID.as_bytes()[..tail]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(ended.stderr.contains("note: -: "), "{ended:#?}");
}

#[test]
fn hostile_names_do_not_reach_the_terminal() {
    let place = Place::new("hostile");
    for args in [
        &["replay", "\u{1b}[2J\u{202e}x"] as &[&str],
        &["replay", "x", "--model", "\u{1b}[31mred"],
        &["check", "\u{9b}2J"],
        &["rerun", "../../\u{1b}[2J@7"],
        &["explain", "\u{1b}[31m"],
        &["\u{1b}[31m"],
    ] {
        let ended = place.run(args);
        let all = ended.stdout + &ended.stderr;
        let obeyed = |c: char| matches!(c, '\u{1b}' | '\u{9b}' | '\u{202e}');
        assert!(!all.contains(obeyed), "{args:?}: {all:?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_crash() {
    let place = Place::new("pipe");
    for number in 0..200 {
        place.file(&format!("{number:03}.jsonl"), STALE);
    }
    for args in [&["replay", "."] as &[&str], &["replay", ".", "--format", "json"], &["list"]] {
        let mut child =
            place.command(args).stdout(Stdio::piped()).spawn().expect("the command runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the command ends");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let code = if args[0] == "list" { 0 } else { 1 };
        assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
        assert!(!stderr.contains("panicked") && !stderr.contains("error"), "{args:?}: {stderr}");
    }
}

#[test]
fn output_that_cannot_be_written_is_said() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        eprintln!("SKIPPED: this system has no /dev/full");
        return;
    };
    let place = Place::new("full");
    place.file("good.jsonl", VALID);
    let output = place.command(&["replay", "good.jsonl"]).stdout(full).output().expect("it runs");
    assert_eq!(output.status.code(), Some(74));
}
