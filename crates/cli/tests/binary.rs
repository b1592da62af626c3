//! The program `testimony`: the verbs for recorded histories, under its own name.

use std::fs;
use std::path::Path;
use std::process::Command;

fn run(args: &[&str]) -> (Option<i32>, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::new(env!("CARGO_BIN_EXE_testimony"));
    let output = command.args(args).current_dir(folder).output().expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout) + &text(output.stderr))
}

#[test]
fn its_help_names_itself_and_only_what_it_can_do() {
    let (code, help) = run(&["--help"]);
    assert_eq!(code, Some(0));
    assert!(help.contains("Usage: testimony <COMMAND>"), "{help}");
    for verb in ["replay", "verify", "stats", "show", "list", "explain"] {
        assert!(help.contains(&format!("\n  {verb} ")), "{verb}: {help}");
    }
    for word in ["xtask", "\n  check ", "\n  rerun ", "\n  bless "] {
        assert!(!help.contains(word), "{word}: {help}");
    }
    assert_eq!(run(&["check"]).0, Some(64));
    assert_eq!(run(&[]).0, Some(64));
}

#[test]
fn it_replays_verifies_and_explains() {
    let history = "histories/linearizable/stale-read.jsonl";
    let certificate = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stale-read.json");
    let certificate = certificate.to_str().expect("a path in UTF-8");
    let (code, report) = run(&["replay", history, "--certificate", certificate]);
    assert_eq!(code, Some(1), "{report}");
    assert!(report.contains(&format!("again: testimony replay {history}")), "{report}");
    assert!(report.contains("about: testimony explain stale-read"), "{report}");
    let (code, verified) = run(&["verify", history, certificate]);
    assert_eq!(code, Some(0), "{verified}");
    fs::remove_file(certificate).expect("the certificate");
    let (code, told) = run(&["stats", history]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("zones: 1 part"), "{told}");
    let (code, explained) = run(&["explain", "stale-read"]);
    assert_eq!(code, Some(0));
    assert!(explained.contains("again: testimony replay "), "{explained}");
    assert!(!explained.contains("xtask"), "{explained}");
}
