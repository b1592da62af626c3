//! Replaying recorded histories from the command line: what is printed, and what it ends with.

use crate::support::{Place, STALE, VACUOUS, VALID};
use snapbox::{assert_data_eq, file};

#[test]
fn a_verdict_a_line_then_the_report_then_the_summary() {
    let place = Place::new("replay_text");
    place.file("a_good.jsonl", VALID);
    place.file("b_stale.jsonl", STALE);
    place.file("c_vacuous.jsonl", VACUOUS);
    let ended = place.run(&["replay", "."]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert_data_eq!(ended.stdout.clone(), file!["../golden/replay.txt"].raw());
    assert!(ended.stderr.starts_with("read "), "{ended:#?}");
}

#[test]
fn json_is_a_version_line_and_a_line_for_each_property() {
    let place = Place::new("replay_json");
    place.file("a_good.jsonl", VALID);
    place.file("b_stale.jsonl", STALE);
    let ended = place.run(&["replay", "--format", "json", "b_stale.jsonl", "a_good.jsonl"]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let lines: Vec<serde_json::Value> =
        ended.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 3, "{ended:#?}");
    assert_eq!(lines[0]["version"], 1);
    for (line, file, verdict) in
        [(&lines[1], "b_stale.jsonl", "invalid"), (&lines[2], "a_good.jsonl", "valid")]
    {
        assert_eq!(line["file"], file);
        assert_eq!(line["model"], "register");
        assert_eq!(line["property"], "linearizable");
        assert_eq!(line["verdict"], verdict);
        assert!(line["engine"] == "zones" || line["engine"] == "search", "{line}");
        assert!(line["timing"]["read_ms"].as_f64().is_some_and(|ms| ms > 0.0), "{line}");
        assert!(line["timing"]["check_ms"].as_f64().is_some_and(|ms| ms > 0.0), "{line}");
    }
    assert_eq!(lines[1]["anomalies"][0]["kind"], "stale-read");
    assert!(lines[1]["anomalies"][0]["required"].as_array().is_some_and(|ids| ids.len() == 3));
    assert!(lines[1]["anomalies"][0]["optional"].is_array());
    assert_eq!(lines[2]["anomalies"], serde_json::json!([]));
    assert_eq!(lines[2]["operations"], 2);
}

/// Goal: the code follows the precedence. Method: each mixture of valid, invalid, unknown and
/// unreadable histories.
#[test]
fn codes_follow_the_precedence() {
    let place = Place::new("replay_codes");
    place.file("valid.jsonl", VALID);
    place.file("stale.jsonl", STALE);
    place.file("vacuous.jsonl", VACUOUS);
    place.file("damaged.jsonl", "{}\n");
    place.file("nothing/README.md", "no history");
    let codes = [
        (vec!["valid.jsonl"], 0),
        (vec!["vacuous.jsonl"], 2),
        (vec!["valid.jsonl", "vacuous.jsonl"], 2),
        (vec!["valid.jsonl", "damaged.jsonl"], 65),
        (vec!["vacuous.jsonl", "damaged.jsonl"], 65),
        (vec!["stale.jsonl", "damaged.jsonl", "vacuous.jsonl", "valid.jsonl"], 1),
        (vec!["nothing"], 4),
        (vec!["nothing", "valid.jsonl"], 0),
    ];
    for (files, code) in codes {
        let args: Vec<&str> = std::iter::once("replay").chain(files).collect();
        let ended = place.run(&args);
        assert_eq!(ended.code, Some(code), "{args:?}: {ended:#?}");
    }
}

#[test]
fn standard_input_and_engines_and_formats() {
    let place = Place::new("replay_stdin");
    for engine in ["zones", "search"] {
        let args = ["replay", "-", "--engine", engine, "--format", "json"];
        let ended = place.run_with_input(&args, STALE.as_bytes());
        assert_eq!(ended.code, Some(1), "{ended:#?}");
        assert!(ended.stdout.contains(&format!("\"engine\":\"{engine}\"")), "{ended:#?}");
        assert!(ended.stdout.contains("\"file\":\"-\""), "{ended:#?}");
    }
    let log = "INFO  jepsen.util - 0\t:invoke\t:write\t1\nINFO  jepsen.util - 0\t:ok\t:write\t1\n";
    for args in [
        &["replay", "--model", "cas-register", "-"] as &[&str],
        &["replay", "--model", "cas-register", "--input", "porcupine", "-"],
        &["replay", "--model", "cas-register", "--format", "porcupine", "-"],
    ] {
        let ended = place.run_with_input(args, log.as_bytes());
        assert_eq!(ended.code, Some(0), "{args:?}: {ended:#?}");
    }
}

#[test]
fn a_budget_that_is_too_small_is_unknown_and_says_so() {
    let place = Place::new("replay_budget");
    place.file("stale.jsonl", STALE);
    let args = ["replay", "stale.jsonl", "--engine", "search", "--budget", "1"];
    let ended = place.run(&args);
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert!(ended.stdout.contains("budget used up"), "{ended:#?}");
}

/// Goal: how stale reads were is told as text and as data. Method: a read of the first value, called
/// 5 ms after the write of the second returned.
#[test]
fn stale_reads_are_told_by_how_much() {
    let place = Place::new("replay_staleness");
    place.file("stale.jsonl", STALE);
    let ended = place.run(&["replay", "stale.jsonl"]);
    let told = "  stale: reads were up to 5 ms (#5 began so long after #3 ended) and 1 version (#5) behind\n";
    assert!(ended.stdout.contains(told), "{ended:#?}");
    let ended = place.run(&["replay", "stale.jsonl", "--format", "json"]);
    let line = ended.stdout.lines().nth(1).expect("a line");
    let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
    let told = serde_json::json!([{
        "time": {"ns": 5_000_000, "bound": "exact", "read": 5, "missed": 3},
        "versions": {"versions": 1, "read": 5},
    }]);
    assert_eq!(line["staleness"], told, "{line}");
}

#[test]
fn all_levels_end_in_where_the_history_stands() {
    let place = Place::new("replay_levels");
    place.file("stale.jsonl", STALE);
    let ended = place.run(&["replay", "--level", "all", "stale.jsonl"]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let stands = "holds: sequential consistency. breaks: safety of registers.\n";
    assert!(ended.stdout.contains(&format!("\nstale.jsonl  {stands}")), "{ended:#?}");
    assert!(ended.stdout.contains(&format!("\n  {stands}")), "{ended:#?}");
    assert!(ended.stdout.contains("register  causal-memory  valid"), "{ended:#?}");
    assert_eq!(ended.stdout.matches("FAIL stale.jsonl").count(), 1, "{ended:#?}");
    assert!(ended.stderr.contains("eventual-convergence does not apply: "), "{ended:#?}");
    let json = place.run(&["replay", "--level", "all", "--format", "json", "stale.jsonl"]);
    let last = json.stdout.lines().last().expect("lines");
    let last: serde_json::Value = serde_json::from_str(last).expect("JSON");
    assert_eq!(last["holds"], serde_json::json!(["sequential"]));
    assert_eq!(last["breaks"], serde_json::json!(["safe"]));
    let quiet = place.run(&["replay", "stale.jsonl"]);
    assert!(!quiet.stdout.contains("holds:"), "{quiet:#?}");
}

/// Several registers, of which one transaction on two keys has no effect: it failed, or it only read
/// and was never answered.
fn two_keys(outcome: &str, first: &str) -> String {
    let mut text = "{\"testimony\":1,\"model\":\"multi-register\"}\n".to_owned();
    let second = "[[\"w\",\"x\",2]]";
    for (process, kind, value) in
        [(0, "invoke", first), (0, outcome, first), (1, "invoke", second), (1, "ok", second)]
    {
        let event = format!("\"process\":{process},\"type\":\"{kind}\",\"f\":\"txn\"");
        text.push_str(&format!("{{{event},\"value\":{value}}}\n"));
    }
    text
}

#[test]
fn what_had_no_effect_does_not_tie_keys_together() {
    let place = Place::new("replay_two_keys");
    place.file("fail.jsonl", two_keys("fail", "[[\"w\",\"x\",1],[\"w\",\"y\",1]]"));
    place.file("read.jsonl", two_keys("info", "[[\"r\",\"x\",null],[\"r\",\"y\",null]]"));
    place.file("write.jsonl", two_keys("info", "[[\"w\",\"x\",1],[\"w\",\"y\",1]]"));
    let ended = place.run(&["replay", "fail.jsonl", "read.jsonl", "write.jsonl"]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
}

#[test]
fn a_budget_in_bytes_says_what_did_not_fit() {
    let place = Place::new("replay_bytes");
    place.file("stale.jsonl", STALE);
    let args = ["replay", "stale.jsonl", "--engine", "search", "--budget", "1KiB"];
    let ended = place.run(&args);
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert!(ended.stdout.contains("of 1024 allowed"), "{ended:#?}");
    assert!(ended.stdout.contains("what helps: more bytes"), "{ended:#?}");
}

/// Goal: a header that expects something else is told. Method: headers with a wrong verdict, with a
/// wrong anomaly, and with an anomaly of a history that has none.
#[test]
fn what_a_header_expects_and_is_not_found_is_a_note() {
    let place = Place::new("replay_expect");
    let with = |text: &str, header: &str| {
        let events = text.split_once('\n').expect("a header").1;
        format!("{{\"testimony\":1,\"model\":\"register\",{header}}}\n{events}")
    };
    let cases = [
        (STALE, r#""expect":{"linearizable":"valid"}"#, "expects linearizable to be valid"),
        (
            STALE,
            r#""anomalies":["lost-write"]"#,
            "its header: expected lost-write, found stale-read",
        ),
        (VALID, r#""anomalies":["lost-write"]"#, "expected lost-write, found no anomaly"),
        (VALID, r#""expect":{"no-oversell":"valid"}"#, "its header expects no-oversell, by which"),
    ];
    for (text, header, told) in cases {
        place.file("one.jsonl", with(text, header));
        let ended = place.run(&["replay", "one.jsonl"]);
        assert!(ended.stderr.contains(told), "{told}: {ended:#?}");
    }
    let right = r#""expect":{"linearizable":"invalid"},"anomalies":["stale-read"]"#;
    place.file("one.jsonl", with(STALE, right));
    let ended = place.run(&["replay", "one.jsonl"]);
    assert!(!ended.stderr.contains("header"), "{ended:#?}");
}

#[test]
fn a_header_that_expects_what_nobody_knows_is_bad_input() {
    let place = Place::new("replay_expect_unknown");
    let events = STALE.split_once('\n').expect("a header").1;
    for (header, told) in [
        (
            r#""expect":{"linearisable":"valid"}"#,
            "expect: unknown property `linearisable`; known: ",
        ),
        (r#""expect":{"linearizable":"maybe"}"#, "expect: linearizable: `maybe` is no verdict"),
        (r#""anomalies":["stale-reed"]"#, "anomalies: unknown anomaly `stale-reed`; known: "),
    ] {
        let text = format!("{{\"testimony\":1,\"model\":\"register\",{header}}}\n{events}");
        place.file("one.jsonl", &text);
        let ended = place.run(&["replay", "one.jsonl"]);
        assert_eq!(ended.code, Some(65), "{ended:#?}");
        let told = format!("one.jsonl:1: header: {told}");
        assert!(ended.stderr.contains(&told), "{told}: {ended:#?}");
    }
}

#[test]
fn who_vouches_for_a_verdict_is_told() {
    let place = Place::new("replay_assurance");
    place.file("stale.jsonl", STALE);
    let ended = place.run(&["replay", "stale.jsonl", "--format", "json"]);
    assert!(ended.stdout.contains("\"assurance\":\"reproved\""), "{ended:#?}");
    assert!(!ended.stdout.contains("engine_only"), "{ended:#?}");
}
