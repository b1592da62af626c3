//! Certificates as files: written by `replay`, checked by `verify`, and whatever else is in them.

use crate::support::{Place, STALE, VACUOUS, VALID};
use snapbox::{assert_data_eq, file};
use std::fs;

/// A folder with a history and its certificates.
fn certified(test: &str, history: &str) -> (Place, String) {
    let place = Place::new(test);
    place.file("h.jsonl", history);
    let ended = place.run(&["replay", "h.jsonl", "--certificate", "c.json"]);
    assert!(matches!(ended.code, Some(0..=2)), "{ended:#?}");
    let certificate = fs::read_to_string(place.folder.join("c.json")).expect("a certificate");
    (place, certificate)
}

#[test]
fn a_certificate_is_written_and_accepted() {
    for (test, history, code, words) in [
        ("verify_valid", VALID, 0, "h.jsonl  register  linearizable  valid  accepted\n"),
        ("verify_invalid", STALE, 0, "h.jsonl  register  linearizable  invalid  accepted\n"),
        (
            "verify_unknown",
            VACUOUS,
            2,
            "h.jsonl  register  linearizable  unknown  undecided: nothing is claimed\n",
        ),
    ] {
        let (place, _) = certified(test, history);
        let ended = place.run(&["verify", "h.jsonl", "c.json"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), words), "{ended:#?}");
        // A converted file is the same history.
        place.file("crlf.jsonl", history.replace('\n', "\r\n"));
        assert_eq!(place.run(&["verify", "crlf.jsonl", "c.json"]).code, Some(code));
    }
    let (_, certificate) = certified("verify_golden", STALE);
    assert_data_eq!(certificate, file!["../golden/certificate.json": Text].raw());
}

#[test]
fn verify_prints_json() {
    let (place, _) = certified("verify_json", STALE);
    let args = ["verify", "-", "c.json", "--format", "json"];
    let ended = place.run_with_input(&args, STALE.as_bytes());
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let lines: Vec<serde_json::Value> =
        ended.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines[0], serde_json::json!({"stream": "testimony-verifications", "version": 1}));
    let line = serde_json::json!({
        "file": "-", "certificate": "c.json", "model": "register",
        "property": "linearizable", "claimed": "invalid", "answer": "accepted",
    });
    assert_eq!(lines[1..], [line]);
}

/// Goal: a certificate is only good for its history and as it was written. Method: change one thing
/// at a time, in the file as a user would.
#[test]
fn tampered_certificates_are_rejected_with_the_reason() {
    let (valid, certificate) = certified("verify_tampered_valid", VALID);
    let (stale, core) = certified("verify_tampered_stale", STALE);
    let cases = [
        (&valid, &certificate, "[0,2]", "[2,0]", "#2 is impossible at its place"),
        (&valid, &certificate, "[0,2]", "[0]", "#2 was answered and has no place"),
        (&valid, &certificate, "[0,2]", "[0,2,2]", "#2 stands there twice"),
        (&valid, &certificate, "[0,2]", "[0,1,2]", "#1 is not an operation"),
        (&valid, &certificate, "{\"order\":[0,2]}", "\"checked\"", "needs evidence"),
        (&valid, &certificate, "{\"order\":[0,2]}", "{\"by-key\":{}}", "touches more than one key"),
        (&valid, &certificate, "\"operations\": 2", "\"operations\": 3", "another history"),
        (&valid, &certificate, "blake3:", "blake3:0", "another history, with the digest blake3:0"),
        (&valid, &certificate, "\"register\"", "\"kv\"", "another history, of model `kv`"),
        (&stale, &core, "\"required\":[0,3,5]", "\"required\":[0,3]", "rejected: "),
        (&stale, &core, "\"required\":[0,3,5]", "\"required\":[3,5]", "leaves out #0"),
        (
            &stale,
            &core,
            "\"required\":[0,3,5],\"optional\":[]",
            "\"required\":[0,5],\"optional\":[3]",
            "not contradictory",
        ),
        (&stale, &core, "\"required\":[0,3,5]", "\"required\":[0,3,5,5]", "#5 stands there twice"),
        (&stale, &core, "\"required\":[0,3,5]", "\"required\":[0,3,5,7]", "#7 is not an operation"),
        (&stale, &core, "\"required\":[0,3,5]", "\"required\":[]", "requires nothing"),
        (
            &stale,
            &core,
            "{\"invalid\":[{\"kind\":\"stale-read\",\"required\":[0,3,5],\"optional\":[]}]}",
            "{\"valid\":{\"order\":[0,5,3]}}",
            "#5 stands before #3, which returned before it was called",
        ),
    ];
    for (place, certificate, from, to, why) in cases {
        assert!(certificate.contains(from), "{from} is not in\n{certificate}");
        place.file("tampered.json", certificate.replacen(from, to, 1));
        let ended = place.run(&["verify", "h.jsonl", "tampered.json"]);
        assert_eq!(ended.code, Some(1), "{to}: {ended:#?}");
        assert!(ended.stdout.contains("rejected: "), "{to}: {ended:#?}");
        assert!(ended.stdout.contains(why), "{to}: {ended:#?}");
    }
    valid.file("other.jsonl", VALID.replace("\"time\":12000000", "\"time\":12000001"));
    let ended = valid.run(&["verify", "other.jsonl", "c.json"]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.stdout.contains("another history"), "{ended:#?}");
}

/// Goal: what is no certificate is said to be none, with its line. Method: files that are damaged in
/// different ways; every cut of a good one.
#[test]
fn what_is_no_certificate_is_unreadable() {
    let (place, certificate) = certified("verify_unreadable", VALID);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let nested = "{\"by-key\":{\"x\":".repeat(1_000) + "\"checked\"" + &"}}".repeat(1_000);
    let cases = [
        (String::new(), "c.json:1: no certificate: "),
        ("{}".to_owned(), "c.json:1: no certificate: missing field `format`"),
        (VALID.to_owned(), "c.json:1: no certificate: "),
        ("{\"format\":\"x\",\"version\":1}".to_owned(), "its format is `x`"),
        (certificate.replace("\"version\": 1", "\"version\": 2"), "only version 1 is known"),
        (certificate.replace("\"version\": 1", "\"version\": -1"), "c.json:3: "),
        (certificate.replace("[0,2]", "[0,4294967296]"), "c.json:8: "),
        (certificate.replace("[0,2]", "[0,-2]"), "c.json:8: "),
        (certificate.replace("[0,2]", "\"\u{1b}[2J\""), "c.json:8: "),
        (certificate.replace("\"operations\"", "\"operation\""), "unknown field `operation`"),
        (certificate.replace("{\"order\":[0,2]}", &nested), "recursion limit exceeded"),
        (certificate.replace("[0,2]", &deep), "c.json:8: "),
    ];
    for (text, words) in cases {
        place.file("c.json", &text);
        let ended = place.run(&["verify", "h.jsonl", "c.json"]);
        assert_eq!(ended.code, Some(65), "{words}: {ended:#?}");
        assert!(ended.stderr.contains(words), "{words}: {ended:#?}");
        assert!(!ended.stderr.contains('\u{1b}'), "{ended:#?}");
    }
    for cut in (0..certificate.trim_end().len()).step_by(9) {
        place.file("c.json", &certificate[..cut]);
        let ended = place.run(&["verify", "h.jsonl", "c.json"]);
        assert_eq!(ended.code, Some(65), "cut at {cut}: {ended:#?}");
    }
    place.file("c.json", [0xff, 0xfe, 0x00]);
    assert_eq!(place.run(&["verify", "h.jsonl", "c.json"]).code, Some(65));
    assert_eq!(place.run(&["verify", "h.jsonl", "missing.json"]).code, Some(65));
    assert_eq!(place.run(&["verify", "h.jsonl", "."]).code, Some(65));
    place.file("c.json", &certificate);
    assert_eq!(place.run(&["verify", "missing.jsonl", "c.json"]).code, Some(65));
    place.file("damaged.jsonl", "{}\n");
    let ended = place.run(&["verify", "damaged.jsonl", "c.json"]);
    assert_eq!(ended.code, Some(65), "{ended:#?}");
    assert!(ended.stderr.contains("damaged.jsonl:1: "), "{ended:#?}");
}

#[test]
fn claims_that_nobody_knows_and_no_claims_at_all() {
    let (place, certificate) = certified("verify_claims", VALID);
    place.file("c.json", certificate.replace("\"linearizable\"", "\"strongest\""));
    let ended = place.run(&["verify", "h.jsonl", "c.json"]);
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert!(ended.stdout.contains("does not know the property"), "{ended:#?}");
    let at = certificate.find("\"properties\"").expect("the properties");
    place.file("c.json", certificate[..at].to_owned() + "\"properties\": {}}");
    assert_eq!(place.run(&["verify", "h.jsonl", "c.json"]).code, Some(4));
}

/// Goal: logs that name no model are verified by the one that they were judged by.
#[test]
fn the_certificate_names_the_model_of_a_log() {
    let place = Place::new("verify_log");
    let line = |what: &str| format!("INFO  jepsen.util - 0\t{what}\n");
    let log = line(":invoke\t:write\t1") + &line(":ok\t:write\t1");
    place.file("h.log", &log);
    let replay = ["replay", "--model", "cas-register", "h.log", "--certificate", "c.json"];
    assert_eq!(place.run(&replay).code, Some(0));
    let ended = place.run(&["verify", "h.log", "c.json"]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let ended = place.run(&["verify", "h.log", "c.json", "--model", "register"]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let ended = place.run(&["verify", "h.log", "c.json", "--model", "regster"]);
    assert_eq!(ended.code, Some(64), "{ended:#?}");
}

#[test]
fn a_certificate_is_for_one_history_and_never_takes_its_place() {
    let place = Place::new("verify_several");
    place.file("a.jsonl", VALID);
    place.file("b.jsonl", VALID);
    let ended = place.run(&["replay", "a.jsonl", "b.jsonl", "--certificate", "c.json"]);
    assert_eq!(ended.code, Some(64), "{ended:#?}");
    assert!(ended.stderr.contains("for one history; found 2"), "{ended:#?}");
    let ended = place.run(&["replay", "a.jsonl", "--certificate", "./a.jsonl"]);
    assert_eq!(ended.code, Some(64), "{ended:#?}");
    assert_eq!(fs::read_to_string(place.folder.join("a.jsonl")).expect("the history"), VALID);
    let ended = place.run(&["replay", "a.jsonl", "--certificate", "no/such/folder.json"]);
    assert_eq!(ended.code, Some(74), "{ended:#?}");
}
