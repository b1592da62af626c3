//! What a history is and what judging it will take, before it is judged.

use crate::support::{Place, STALE, VALID};

/// A register on which the same value is written twice: for the search.
const REPEATED: &str = r#"{"testimony":1,"model":"kv"}
{"index":0,"time":1000000,"process":0,"type":"invoke","f":"write","value":["x",1]}
{"index":1,"time":2000000,"process":1,"type":"invoke","f":"write","value":["x",1]}
{"index":2,"time":3000000,"process":0,"type":"ok","f":"write","value":["x",1]}
{"index":3,"time":4000000,"process":1,"type":"info","f":"write","value":["x",1],"error":"timeout"}
{"index":4,"time":5000000,"process":0,"type":"invoke","f":"write","value":["y",1]}
{"index":5,"time":6000000,"process":0,"type":"ok","f":"write","value":["y",1]}
{"index":6,"time":7000000,"process":0,"type":"invoke","f":"read","value":["y",null]}
{"index":7,"time":8000000,"process":0,"type":"fail","f":"read","value":["y",null],"error":"refused"}
"#;

#[test]
fn counts_engines_and_costs_in_a_few_lines() {
    let place = Place::new("stats_text");
    place.file("a.jsonl", VALID);
    place.file("b.jsonl", REPEATED);
    let ended = place.run(&["stats", "."]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let expected = "\
a.jsonl  register  2 operations (2 ok, 0 fail, 0 info), judged as a whole, 1 at once at most
  zones: 1 part, 2 operations, about 1 step (under 1 ms)
b.jsonl  kv  4 operations (2 ok, 1 fail, 1 info), 2 keys, 1 at once at most
  zones: 1 part, 1 operation, about 1 step (under 1 ms)
  search: 1 part, 2 operations, about ";
    assert!(ended.stdout.starts_with(expected), "{ended:#?}");
    let key = "    key x: 2 operations, 1 at once, 1 indeterminate of 1 kind, about ";
    assert!(ended.stdout.contains(key), "{ended:#?}");
    assert!(ended.stdout.contains("; #0 and #1 write the same value"), "{ended:#?}");
    let ended = place.run(&["stats", "b.jsonl", "--parts", "0"]);
    assert!(ended.stdout.ends_with("    ... and 1 more (--parts N)\n"), "{ended:#?}");
}

#[test]
fn stats_as_json() {
    let place = Place::new("stats_json");
    let args = ["stats", "-", "--format", "json"];
    let ended = place.run_with_input(&args, REPEATED.as_bytes());
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let lines: Vec<serde_json::Value> =
        ended.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0], serde_json::json!({"stream": "testimony-stats", "version": 1}));
    let line = &lines[1];
    for (key, value) in [("operations", 4), ("ok", 2), ("fail", 1), ("info", 1), ("concurrency", 1)]
    {
        assert_eq!(line[key], value, "{key}: {line}");
    }
    assert_eq!(line["parts"][0]["key"], "x");
    assert_eq!(line["parts"][0]["engine"], "search");
    assert_eq!(line["parts"][0]["classes"], 1);
    assert_eq!(line["parts"][0]["indeterminate"], 1);
    assert_eq!(line["parts"][1]["engine"], "zones");
    assert!(line["steps"].as_u64().is_some_and(|steps| steps > 0), "{line}");
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_told() {
    let place = Place::new("stats_bad");
    place.file("a.jsonl", "{}\n");
    place.file("b.jsonl", STALE);
    let ended = place.run(&["stats", "a.jsonl", "missing.jsonl", "b.jsonl"]);
    assert_eq!(ended.code, Some(65), "{ended:#?}");
    assert!(ended.stderr.contains("a.jsonl:1: "), "{ended:#?}");
    assert!(ended.stderr.contains("missing.jsonl: no such file"), "{ended:#?}");
    assert!(ended.stdout.starts_with("b.jsonl  register  3 operations"), "{ended:#?}");
    assert_eq!(place.run(&["stats"]).code, Some(64));
    assert_eq!(place.run(&["stats", "b.jsonl", "--model", "regster"]).code, Some(64));
}
