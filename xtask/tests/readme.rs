//! The README is true: what it shows is what the commands print, and its code is code that is tested.
//!
//! In the README `...` alone on a line stands for any lines, and within a line for any text.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("the package lies below the workspace root").to_owned()
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).expect("README.md")
}

/// The fenced blocks of this language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let starts = page.split(&fence).skip(1);
    starts.map(|rest| rest.split("\n```").next().unwrap_or_default().to_owned()).collect()
}

/// Whether a line matches: `...` stands for any text.
fn matches(pattern: &str, line: &str) -> bool {
    let mut rest = line;
    let mut parts = pattern.trim_end().split("...");
    let first = parts.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    let mut open = false;
    for part in parts {
        open = true;
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
        open &= part.is_empty();
    }
    open || rest.trim_end().is_empty()
}

#[test]
fn commands_print_what_the_readme_shows() {
    let page = readme();
    let mut run = 0;
    for block in blocks(&page, "console") {
        let mut lines = block.lines();
        let command = lines.next().and_then(|line| line.strip_prefix("$ cargo xtask "));
        let command = command.unwrap_or_else(|| panic!("no command in:\n{block}"));
        let expected: Vec<_> = lines.collect();
        if expected.is_empty() {
            continue;
        }
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(command.split(' '))
            .current_dir(root())
            // The page shows where files go when nothing says otherwise.
            .env_remove("CARGO_TARGET_DIR")
            .output()
            .expect("xtask runs");
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        let printed: Vec<_> = printed.lines().collect();
        let same = expected.len() == printed.len()
            && expected.iter().zip(&printed).all(|(pattern, line)| matches(pattern, line));
        assert!(same, "$ cargo xtask {command}\nprints\n{}", printed.join("\n"));
        run += 1;
    }
    assert!(run >= 3, "only {run} commands with output");
}

#[test]
fn the_code_of_the_readme_is_tested() {
    let source = fs::read_to_string(root().join("tests/library.rs")).expect("tests/library.rs");
    let shown = source.split("// README: begin\n").nth(1).expect("a beginning mark");
    let shown = shown.split("// README: end").next().expect("an end mark").trim_end();
    let blocks = blocks(&readme(), "rust");
    assert_eq!(blocks.len(), 1);
    assert_eq!(blocks[0].trim_end(), shown);
}

#[test]
fn patterns_match_as_described() {
    assert!(matches("took ...", "took 6.5 s"));
    assert!(matches("ok  a", "ok  a"));
    assert!(matches("a ... c", "a b c"));
    assert!(!matches("a ... c", "a b d"));
    assert!(!matches("ok", "ok no"));
}
