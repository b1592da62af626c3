//! `show RUN --why OP` on a run directory made by hand: two writes through n1, a cut that keeps the
//! second from n2, and a read from n2.

use crate::support::{Ended, Place};
use snapbox::{assert_data_eq, file};

const PLAN: &str = r#"{"system":"quorum-register/read-one","seed":7,"config":{}}"#;

const HISTORY: &str = r#"{"testimony":1,"model":"kv"}
{"index":0,"time":10000000,"process":0,"type":"invoke","f":"write","value":["x",1]}
{"index":1,"time":14000000,"process":0,"type":"ok","f":"write","value":["x",1]}
{"index":2,"time":15000000,"process":"nemesis","type":"info","f":"cut","value":{"fault":4,"begins":true,"label":"n1 | n2","pairs":[["n1","n2"],["n2","n1"]]}}
{"index":3,"time":20000000,"process":0,"type":"invoke","f":"write","value":["x",2]}
{"index":4,"time":24000000,"process":0,"type":"ok","f":"write","value":["x",2]}
{"index":5,"time":30000000,"process":1,"type":"invoke","f":"read","value":["x",null]}
{"index":6,"time":34000000,"process":1,"type":"ok","f":"read","value":["x",1]}
{"index":7,"time":40000000,"process":2,"type":"invoke","f":"write","value":["x",3]}
{"index":8,"time":90000000,"process":2,"type":"info","f":"write","value":["x",3],"error":"no answer"}
"#;

/// The end of a message's line: what became of it, or that it was lost.
fn line(id: u32, way: &str, payload: &str, sent: (u64, u32), fate: &str) -> String {
    let bytes = payload.len();
    let (ms, after) = sent;
    let done = format!(r#""done_ns":{},"done_after":{after}"#, (ms + 1) * 1_000_000);
    let text = serde_json::to_string(payload).expect("a text");
    format!(
        r#"{{"id":{id},{way},"bytes":{bytes},"text":{text},"sent_ns":{},"sent_after":{after},{done},{fate}}}"#,
        ms * 1_000_000
    )
}

/// The journal; the text of the last message is `asked`.
fn journal(asked: &str) -> String {
    let client = |from: &str, to: &str, process: u32| {
        format!(r#""from":"{from}","to":"{to}","kind":"data","process":{process}"#)
    };
    let node = |from: &str, to: &str| format!(r#""from":"{from}","to":"{to}","kind":"udp""#);
    let store = |round: u32, value: u32| {
        let tag = format!(
            r#"{{"timestamp":{value},"write":{{"node":0,"incarnation":0,"number":{round}}}}}"#
        );
        format!(
            r#"{{"Ask":{{"round":{{"incarnation":0,"number":{round}}},"request":{{"store":{{"key":"x","version":{{"tag":{tag},"value":{value}}}}}}}}}}}"#
        )
    };
    let write = |value: u32| format!("{{\"write\":{{\"key\":\"x\",\"value\":{value}}}}}\n");
    let arrives = r#""fate":"delivered""#;
    let lost = r#""fate":"lost","lost":"cut""#;
    let lines = [
        line(0, &client("clients", "n1", 0), &write(1), (10, 1), arrives),
        line(1, &node("n1", "n2"), &store(0, 1), (11, 1), arrives),
        line(2, &client("n1", "clients", 0), "\"written\"\n", (13, 1), arrives),
        line(3, &client("clients", "n1", 0), &write(2), (20, 4), arrives),
        line(4, &node("n1", "n2"), &store(1, 2), (21, 4), lost),
        line(5, &client("n1", "clients", 0), "\"written\"\n", (22, 4), arrives),
        line(6, &client("clients", "n2", 1), "{\"read\":{\"key\":\"x\"}}\n", (30, 6), arrives),
        line(7, &client("n2", "clients", 1), "{\"value\":1}\n", (32, 6), arrives),
        line(8, &client("clients", "n1", 2), asked, (40, 8), r#""fate":"lost","lost":"down""#),
    ];
    lines.join("\n") + "\n"
}

/// A run directory with this journal.
fn run(test: &str, journal: &str) -> Place {
    let place = Place::new(test);
    place.file("run/plan.json", PLAN);
    place.file("run/history.jsonl", HISTORY);
    place.file("run/messages.jsonl", journal);
    place
}

fn ask(place: &Place, more: &[&str]) -> Ended {
    place.run(&[&["show", "run", "--why"], more].concat())
}

/// Goal: a person understands from one page how a stale read came about.
#[test]
fn a_stale_read_is_explained() {
    let place = run("why_text", &journal("?"));
    let ended = ask(&place, &["#5"]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert_data_eq!(ended.stdout.clone(), file!["../golden/why.txt"].raw());
    assert_eq!(ask(&place, &["5"]).stdout, ended.stdout, "with the sign or without it");
}

/// Goal: an operation without an answer shows what became of its request, and whatever the request
/// says cannot steer a terminal.
#[test]
fn an_operation_without_an_answer_shows_the_fate_of_its_request() {
    let place = run("why_unknown", &journal("\u{1b}[2Jwipe\u{202e}"));
    let ended = ask(&place, &["7"]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(ended.stdout.contains("No answer arrived in time."), "{ended:#?}");
    assert!(ended.stdout.contains("its receiver was down"), "{ended:#?}");
    assert!(ended.stdout.contains("\\u{1b}[2Jwipe\\u{202e}"), "{ended:#?}");
    let json = ask(&place, &["7", "--format", "json"]).stdout;
    assert!(!json.contains('\u{202e}') && !json.contains('\u{1b}'), "{json}");
}

#[test]
fn json_has_the_same_and_all_of_it() {
    let place = run("why_json", &journal("?"));
    let ended = ask(&place, &["5", "--format", "json"]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let file: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(
        (&file["version"], &file["run"]),
        (&1.into(), &"quorum-register/read-one@0007".into())
    );
    let why = &file["why"];
    assert_eq!(why["node"], "n2");
    assert_eq!(why["carried"], "by-value");
    assert_eq!(why["source"]["id"], 0);
    let missed = &why["missed"][0];
    assert_eq!((&missed["write"]["id"], &missed["in_past"]), (&3.into(), &false.into()));
    let stopped = &missed["stopped"][0];
    assert_eq!(stopped["words"], "store x = 2 (version 2 of n1)");
    assert_eq!(
        (&stopped["lost"], &stopped["in_force"]["label"]),
        (&"cut".into(), &"n1 | n2".into())
    );
}

/// Goal: whatever cannot be asked says so in one line, with the code of its kind.
#[test]
fn what_cannot_be_asked_says_so() {
    let good = journal("?");
    let place = run("why_errors", &good);
    let ended = ask(&place, &["4"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(64), ""));
    assert_eq!(ended.stderr, "error: there is no operation #4; the nearest is #3\n");
    assert_eq!(ask(&place, &["four"]).code, Some(64));
    assert_eq!(place.run(&["show", "run", "--all"]).code, Some(64), "--all is for --why");
    let older = good.replace("\"sent_after\":1,", "");
    let cut = good.trim_end().strip_suffix("\"down\"}").expect("the end of the last line");
    for (journal, words) in [
        (
            older.as_str(),
            "run/messages.jsonl: message 0 does not say where it stands among the events",
        ),
        (cut, "run/messages.jsonl: line 9: "),
        ("[1]\n", "run/messages.jsonl: line 1: "),
        ("\u{0}", "run/messages.jsonl: line 1: "),
    ] {
        place.file("run/messages.jsonl", journal);
        let ended = ask(&place, &["5"]);
        assert_eq!(ended.code, Some(65), "{ended:#?}");
        assert!(ended.stderr.starts_with(&format!("error: {words}")), "{ended:#?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:#?}");
    }
    place.file("run/messages.jsonl.zst", "no frame");
    assert_eq!(ask(&place, &["5"]).code, Some(65));
    let without = Place::new("why_none");
    without.file("run/plan.json", PLAN);
    without.file("run/history.jsonl", HISTORY);
    let ended = ask(&without, &["5"]);
    assert_eq!(ended.code, Some(65));
    assert_eq!(ended.stderr, "error: run: the run has no message journal: rerun it\n");
}

/// Goal: a run that `check` keeps can be asked. Method: the read that the report of a broken twin
/// blames.
#[test]
fn a_kept_run_can_be_asked() {
    let place = Place::new("why_kept");
    let args = ["check", "quorum-register/read-one", "--seed", "0", "--keep", "--no-shrink"];
    assert_eq!(place.run(&args).code, Some(0));
    let run = "quorum-register/read-one@0";
    let report = place.run(&["show", run]).stdout;
    let (_, after) = report.split_once("<- #").expect("an operation to blame");
    let op: String = after.chars().take_while(char::is_ascii_digit).collect();
    let ended = place.run(&["show", run, "--why", &op]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(ended.stdout.contains(" answered. What was said for it:"), "{ended:#?}");
    assert!(ended.stdout.contains("read x") || ended.stdout.contains("read y"), "{ended:#?}");
    assert!(ended.stdout.contains("was acknowledged at "), "{ended:#?}");
}
