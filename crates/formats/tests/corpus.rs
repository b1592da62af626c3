//! Reads the external corpus of recorded histories, where it is present.
//!
//! `TESTIMONY_CORPUS` says where it is; without it, beside the workspace.

use std::path::PathBuf;
use testimony_formats::{Format, Source, open};
use testimony_history::{Problems, Read, ReadOptions};
use testimony_model::{CasRegister, CellRet, Kv, KvOp, Model, Words};

/// The folder of that name in the corpus, or nothing, said loudly.
#[expect(clippy::print_stderr, reason = "an absent corpus must not pass unnoticed")]
fn corpus(folder: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/histories");
    let root = std::env::var_os("TESTIMONY_CORPUS").map_or(PathBuf::from(beside), PathBuf::from);
    let folder = root.join(folder);
    if !folder.is_dir() {
        eprintln!("CORPUS ABSENT: {} is no folder, so this test shows nothing", folder.display());
        return None;
    }
    Some(folder)
}

fn files(folder: &str, suffix: &str) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = corpus(folder).into_iter().collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(suffix) {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                found.push((name, path));
            }
        }
    }
    found.sort();
    found
}

fn source(path: &PathBuf) -> Result<Source<'static>, Problems> {
    let file = std::fs::File::open(path).expect("a readable file");
    open(&path.to_string_lossy(), file, None)
}

fn reading<M: Model>(source: Source<'_>, model: &M) -> Read<M::Op, M::Ret> {
    source.read(&Words(model), &ReadOptions::default())
}

#[test]
fn all_etcd_logs_are_read() {
    let files = files("etcd", ".log");
    if files.is_empty() {
        return;
    }
    let (mut operations, mut ok, mut mismatches, mut infos) = (0, 0, 0, 0);
    for (name, path) in &files {
        let source = source(path).unwrap();
        assert_eq!(source.format(), Format::Porcupine, "{name}");
        let read = reading(source, &CasRegister);
        assert_eq!(read.problems.to_string(), "", "{name}");
        operations += read.history.operations.len();
        ok += read.history.ok_count();
        infos += read.history.operations.iter().filter(|operation| operation.is_info()).count();
        let answers = read.history.operations.iter().filter_map(|o| o.outcome.answer());
        mismatches += answers.filter(|ret| **ret == CellRet::Mismatch).count();
        if name == "etcd_000.log" {
            let shown = (read.history.operations.len(), read.history.ok_count());
            assert_eq!(shown, (85, 69), "{name}");
        }
    }
    assert_eq!(files.len(), 102);
    // The lines of the logs, counted with grep: 8,523 invoke, 5,475 ok, 1,748 failed cas, 17 failed
    // reads (so 8,506 operations that say something), 1,283 info.
    assert_eq!((operations, ok, mismatches, infos), (8_523, 7_223, 1_748, 1_283));
}

#[test]
fn all_kv_logs_are_read() {
    let files = files("kv", ".txt");
    let mut counts = Vec::new();
    for (name, path) in &files {
        let read = reading(source(path).unwrap(), &Kv);
        assert_eq!(read.problems.to_string(), "", "{name}");
        let operations = &read.history.operations;
        assert!(operations.iter().all(|operation| operation.is_ok()), "{name}");
        counts.push((name.as_str(), operations.len()));
        let empty = CellRet::Value(Some("".into()));
        assert!(!operations.iter().any(|o| o.outcome.answer() == Some(&empty)), "{name}");
        assert!(matches!(&operations[0].op, KvOp { key, .. } if key == "0"), "{name}");
    }
    if !files.is_empty() {
        let expected =
            [("c01-bad.txt", 38), ("c01-ok.txt", 58), ("c10-bad.txt", 405), ("c10-ok.txt", 337)];
        assert_eq!(counts, expected);
    }
}

#[test]
fn a_jepsen_history_with_a_nemesis_is_read() {
    for (name, path) in files("transactions/canonical-raft", ".edn") {
        let read = reading(source(&path).unwrap(), &CasRegister);
        assert_eq!(read.problems.to_string(), "", "{name}");
        let told = (read.history.operations.len(), read.history.ok_count());
        assert_eq!(told, (290, 40), "{name}");
        // The nemesis has 342 lines, two for each action.
        assert_eq!(read.faults.len(), 171, "{name}");
    }
}

/// Histories of transactions are for models that come later: every file is read or refused in
/// words, and none panics.
#[test]
fn histories_of_transactions_are_read_or_refused_in_words() {
    for suffix in [".edn", ".json", ".txt", ".hist"] {
        for (name, path) in files("transactions", suffix) {
            match source(&path) {
                Ok(source) => {
                    assert_eq!(source.format(), Format::Edn, "{name}");
                    let read = reading(source, &Kv);
                    assert!(!read.problems.is_empty(), "{name} is no history of a map");
                    assert!(read.problems.listed.iter().all(|p| p.line > 0), "{name}");
                }
                Err(problems) => {
                    assert_ne!(suffix, ".edn", "{name}: {problems}");
                    assert_eq!(problems.count, 1, "{name}");
                }
            }
        }
    }
}
