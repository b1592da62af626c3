//! Plans as files, and what a bad one is told.

use super::programs::register;
use crate::workload::{CellStep, Cells};
use crate::{Family, Nemesis, Plan, RunError};

fn plan() -> Plan<CellStep> {
    register().faults(Nemesis::all().on_per_mille(1000).skew_ms(20)).plan(3)
}

fn problems(change: impl FnOnce(&mut serde_json::Value)) -> Vec<String> {
    let mut json = serde_json::to_value(plan()).unwrap();
    change(&mut json);
    Plan::<CellStep>::from_json(&json.to_string()).unwrap_err().problems
}

#[test]
fn a_plan_survives_its_file_and_runs_the_same() {
    let cluster = register().faults(Nemesis::of(Family::ALL).on_per_mille(1000));
    let plan = cluster.plan(5);
    assert!(!plan.faults.is_empty());
    let text = serde_json::to_string_pretty(&plan).unwrap();
    let read: Plan<CellStep> = Plan::from_json(&text).unwrap();
    assert_eq!(read, plan);
    let (a, b) = (cluster.run(&plan, None).unwrap(), cluster.run(&read, None).unwrap());
    assert_eq!(crate::compare(&a, &b), None);
}

#[test]
fn seeds_make_different_plans_and_the_same_seed_the_same() {
    let cluster = register().faults(Nemesis::all());
    assert_eq!(cluster.plan(1), cluster.plan(1));
    assert_ne!(cluster.plan(1).steps, cluster.plan(2).steps);
}

#[test]
fn written_values_are_unique() {
    let cluster = register();
    let plan = cluster.plan(1);
    let values: Vec<i64> = plan
        .steps
        .iter()
        .filter_map(|step| match step.step {
            CellStep::Write { value, .. } => Some(value),
            _ => None,
        })
        .collect();
    let mut unique = values.clone();
    unique.sort_unstable();
    unique.dedup();
    assert!(values.len() > 5);
    assert_eq!(unique.len(), values.len());
}

#[test]
fn other_versions_are_refused() {
    let problems = problems(|json| json["version"] = 9.into());
    assert_eq!(problems, ["version 9: this program reads version 1"]);
}

type Change = fn(&mut serde_json::Value);

#[test]
fn bad_items_are_named_with_what_is_allowed() {
    let cases: [(&str, Change, &str); 9] = [
        (
            "unknown fault",
            |json| json["faults"][0]["fault"]["kind"] = "quake".into(),
            "fault at position 0: unknown `quake`, expected one of `cut`, `crash`, `lose`, `slow`",
        ),
        (
            "unknown host",
            |json| {
                json["faults"][0]["fault"] =
                    serde_json::json!({"kind": "cut", "pairs": [["n1", "n9"]]})
            },
            "unknown host `n9`; known: clients, n1",
        ),
        (
            "unknown node",
            |json| {
                json["faults"][0]["fault"] = serde_json::json!({"kind": "crash", "node": "clients"})
            },
            "the host of the clients cannot have the fault",
        ),
        (
            "backwards",
            |json| json["faults"].as_array_mut().unwrap().reverse(),
            "times do not go backwards",
        ),
        (
            "unknown key",
            |json| json["steps"][2]["cliemt"] = 1.into(),
            "step at position 2: unknown field `cliemt`",
        ),
        (
            "unknown client",
            |json| json["steps"][2]["client"] = 7.into(),
            "unknown client 7; there are 3, from 0",
        ),
        (
            "twice",
            |json| json["steps"][2]["id"] = json["steps"][1]["id"].clone(),
            "two steps have this id",
        ),
        (
            "latency",
            |json| json["config"]["latency_min_ms"] = 0.into(),
            "config: latency_min_ms 0: expected at least 1",
        ),
        (
            "share",
            |json| json["faults"][0]["fault"] = serde_json::json!({"kind": "lose", "pairs": [["n1", "clients"]], "per_mille": 2000}),
            "per_mille 2000: expected 0 to 1000",
        ),
    ];
    for (name, change, expected) in cases {
        let problems = problems(change);
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{name}: {problems:?}");
    }
}

#[test]
fn bad_faults_are_named_with_what_is_allowed() {
    let cases = [
        (
            "fault",
            r#"{"kind": "pause", "node": "clients"}"#,
            "the host of the clients cannot have the fault",
        ),
        (
            "fault",
            r#"{"kind": "pause", "node": "n1", "pairs": []}"#,
            "unknown field `pairs`, expected `node`",
        ),
        (
            "fault",
            r#"{"kind": "tail", "pairs": [], "per_mille": 5, "min_ms": 5}"#,
            "missing field `max_ms`",
        ),
        (
            "fault",
            r#"{"kind": "duplicate", "pairs": [], "per_mille": 5, "min_ms": 5, "max_ms": 4}"#,
            "min_ms 5 is more than max_ms 4",
        ),
        (
            "fault",
            r#"{"kind": "cap", "pairs": [], "bytes_per_s": 0}"#,
            "bytes_per_s 0: expected at least 1",
        ),
        (
            "fault",
            r#"{"kind": "swizzle", "clog": ["n1"], "release": [], "step_ms": 5}"#,
            "release: expected the nodes of clog, each once",
        ),
        (
            "fault",
            r#"{"kind": "drift", "node": "n1", "per_mille": -1001}"#,
            "per_mille -1001: expected -1000 to 100000",
        ),
        ("when", r#"{"at-dawn": 5}"#, "unknown `at-dawn`, expected `at-ms` or `at-point`"),
        ("when", r#"{"at-point": {"point": "x", "node": "n7"}}"#, "unknown node `n7`; known: n1"),
        ("when", r#"{"at-point": {"point": "x", "nth": 0}}"#, "nth 0: expected at least 1"),
    ];
    for (field, value, expected) in cases {
        let value: serde_json::Value = serde_json::from_str(value).unwrap();
        let problems = problems(|json| json["faults"][0][field] = value);
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{problems:?}");
    }
}

#[test]
fn bad_items_of_plans_with_new_faults_are_told_together() {
    let problems = problems(|json| {
        json["faults"][0]["when"] =
            serde_json::json!({"at-point": {"point": "", "node": "n7", "nth": 0}});
    });
    assert_eq!(problems.len(), 3, "{problems:?}");
}

/// Goal: a plan that is bad all over is told in a few words.
#[test]
fn of_many_problems_the_first_are_shown() {
    let mut json = serde_json::to_value(plan()).unwrap();
    for step in json["steps"].as_array_mut().unwrap().iter_mut().take(20) {
        step["client"] = vec![7; 1_000].into();
    }
    let error = Plan::<CellStep>::from_json(&json.to_string()).unwrap_err();
    assert_eq!(error.problems.len(), 20);
    let words = error.to_string();
    assert!(words.contains("step at position 7: invalid type: sequence"), "{words}");
    assert!(words.ends_with(" ...; and 12 more problems") && words.len() < 4_000, "{words}");
}

#[test]
fn every_bad_item_is_reported() {
    let problems = problems(|json| {
        json["steps"][0]["client"] = "x".into();
        json["steps"][1] = serde_json::Value::Null;
        json["faults"][0] = 3.into();
    });
    assert_eq!(problems.len(), 3, "{problems:?}");
}

#[test]
fn what_is_no_plan_is_an_error() {
    for text in ["", "{}", "[]", "{\"version\":1}", "{\"version\":1,\"system\":3}", "\u{0}"] {
        assert!(Plan::<CellStep>::from_json(text).is_err(), "{text}");
    }
}

#[test]
fn a_plan_of_another_system_or_a_bad_one_does_not_run() {
    let cluster = register();
    let mut plan = cluster.plan(1);
    plan.steps[0].client = 99;
    assert!(matches!(cluster.run(&plan, None), Err(RunError::Plan(_))));
    let other = crate::Cluster::new("other", testimony_model::Register, Cells::default());
    let refused = other.run(&cluster.plan(1), None).unwrap_err();
    assert_eq!(refused.to_string(), "the plan is for the system `test-register`, this is `other`");
    let incomplete = other.run(&other.plan(1), None).unwrap_err();
    assert_eq!(incomplete.to_string(), "the cluster has no nodes");
}
