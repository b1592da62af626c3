//! Damaged and odd files, each with what is said about it, side by side in `fixtures`.
//!
//! `SNAPSHOTS=overwrite` writes the expected texts anew.

use snapbox::{Assert, Data};
use std::path::{Path, PathBuf};
use testimony_formats::open;
use testimony_history::{Outcome, ReadOptions};
use testimony_model::{Kv, Model, Words};

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let entries = std::fs::read_dir(folder).expect("the folder of fixtures");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        !name.starts_with('.') && !name.ends_with(".expected")
    });
    paths.sort();
    paths
}

/// What is said about a file: its operations, notes and problems.
fn said(name: &str, bytes: &[u8]) -> String {
    let source = match open(name, bytes, None) {
        Ok(source) => source,
        Err(problems) => return format!("not opened\n{problems}\n"),
    };
    let format = source.format();
    let read = source.read(&Words(&Kv), &ReadOptions::default());
    let mut text = format!("format: {format}\n");
    for operation in &read.history.operations {
        let (id, op) = (operation.id, Kv.describe(&operation.op));
        let outcome = match &operation.outcome {
            Outcome::Ok(ret) => format!("ok {}", Kv.describe_ret(&operation.op, ret)),
            Outcome::Fail(why) => format!("fail ({why})"),
            Outcome::Info(why) => format!("info ({why})"),
        };
        text.push_str(&format!("{id} {op}: {outcome}\n"));
    }
    for note in &read.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    if !read.problems.is_empty() {
        text.push_str(&format!("{}\n", read.problems));
    }
    text
}

#[test]
fn every_fixture_says_what_is_expected() {
    let assert = Assert::new().action_env("SNAPSHOTS");
    let fixtures = fixtures();
    assert!(fixtures.len() >= 35, "found only {} fixtures", fixtures.len());
    for path in fixtures {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let bytes = std::fs::read(&path).expect("a readable fixture");
        let expected = Data::read_from(&path.with_file_name(format!("{name}.expected")), None);
        assert.eq(said(&name, &bytes), expected);
    }
}
