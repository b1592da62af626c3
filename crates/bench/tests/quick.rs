//! `--quick` works, so that the benchmark cannot rot between two runs of it.

use std::process::{Command, Output};

fn bench(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_testimony-bench"));
    command.arg("judge").args(arguments).output().expect("the benchmark runs")
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).expect("a JSON object on standard output")
}

fn rows<'j>(report: &'j serde_json::Value, of: &str) -> &'j [serde_json::Value] {
    report[of].as_array().expect("rows")
}

/// Goal: every figure, growth and comparison that the plan names can be measured, and every verdict
/// is the expected one. Method: all of them at a small size, each in its process, as in earnest.
#[test]
fn every_row_is_measured_and_every_verdict_right() {
    let output = bench(&["--quick", "--format", "json"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stdout));
    let report = json(&output);
    assert_eq!(report["wrong"], serde_json::json!([]));
    assert!(rows(&report, "figures").len() >= 20, "{said}");
    assert!(rows(&report, "growth").len() >= 4, "{said}");
    // Steps are the same everywhere, times are not.
    let share = |of: &str| report["forecast"][of].as_u64().expect("a count");
    let within = share("counted_within");
    assert!(share("counted") >= 10 && share("timed") >= 10, "{}", report["forecast"]);
    assert!(within * 10 >= share("counted") * 9, "{}", report["forecast"]);
    for row in rows(&report, "figures") {
        let is_sum = row["verdict"] == "";
        assert!(is_sum || row["ms"].as_f64().is_some_and(|ms| ms > 0.0), "{row}");
    }
}

#[test]
fn a_limit_that_is_passed_is_a_row() {
    let output = bench(&["--quick", "--format", "json", "--only", "search/100k", "--memory", "0"]);
    let report = json(&output);
    let figures = rows(&report, "figures");
    assert!(!figures.is_empty(), "{report}");
    for row in figures {
        let limited = row["verdict"] == "memory limit";
        // A system that does not account for memory knows no such limit.
        assert_eq!(limited, std::fs::exists("/proc/self/status").unwrap_or(false), "{row}");
    }
}

#[test]
fn a_wrong_command_line_is_said() {
    let output = bench(&["--bless"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--instructions"));
}
