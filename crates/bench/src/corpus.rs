//! The recorded histories of etcd, where somebody has them.

use crate::environment;
use crate::measure::Case;
use std::fs;
use testimony::formats;
use testimony::history::ReadOptions;
use testimony::model::{CasRegister, Words};

/// Every history of etcd with its expected verdict.
///
/// # Errors
///
/// When the corpus is not there or a file of it cannot be read.
pub(crate) fn etcd() -> Result<Vec<Case<CasRegister>>, String> {
    let folder = environment::corpus().join("etcd");
    let list = folder.join("expected.tsv");
    let list = fs::read_to_string(&list).map_err(|_| "the corpus is absent".to_owned())?;
    let mut cases = Vec::new();
    for line in list.lines().filter(|line| !line.trim().is_empty()) {
        let wrong = || format!("expected.tsv: cannot understand {line:?}");
        let (file, expected) = line.split_once('\t').ok_or_else(wrong)?;
        let valid = expected.trim().parse().map_err(|_| wrong())?;
        let bytes = fs::read(folder.join(file)).map_err(|error| format!("{file}: {error}"))?;
        let source = formats::open(file, bytes.as_slice(), None);
        let source = source.map_err(|problems| format!("{file}: {problems}"))?;
        let read = source.read(&Words(&CasRegister), &ReadOptions::default());
        if !read.problems.is_empty() {
            return Err(format!("{file}: {}", read.problems));
        }
        cases.push(Case { history: read.history, valid });
    }
    Ok(cases)
}

/// Whether the corpus is there.
pub(crate) fn is_there() -> bool {
    environment::corpus().join("etcd/expected.tsv").is_file()
}
