//! The report of every invalid history of the corpus, as it was read by a person and found good.
//!
//! `SNAPSHOTS=overwrite cargo test -p xtask --test cli reports` writes them anew.

use crate::support::Place;
use snapbox::{Data, assert_data_eq, data::DataFormat};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("the package lies below the workspace root").to_owned()
}

/// The histories of the corpus, relative to the root: those that are no valid twins.
fn invalid() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from("histories")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(root().join(&folder)).expect("a folder of the corpus") {
            let path = folder.join(entry.expect("a readable entry").file_name());
            let name = path.to_string_lossy().into_owned();
            if root().join(&path).is_dir() {
                open.push(path);
            } else if name.ends_with(".jsonl") && !name.ends_with("valid.jsonl") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// What `replay` prints for a history, without times.
fn report(place: &Place, args: &[&str], path: &Path) -> String {
    let path = path.to_str().expect("a name in UTF-8");
    let mut command = place.command(args);
    let output = command.arg(path).current_dir(root()).output().expect("the command runs");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// `golden/corpus` mirrors the folders of the corpus.
fn golden(path: &Path, extension: &str) -> Data {
    let goldens = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/corpus");
    let below = path.strip_prefix("histories").expect("a history of the corpus");
    let path = goldens.join(below).with_extension(extension);
    Data::read_from(&path, Some(DataFormat::Text)).raw()
}

/// Goal: every name and every level boundary is explained so that a person understands it. Method:
/// each invalid history's report, against its golden.
#[test]
fn each_invalid_history_has_its_report() {
    let place = Place::new("reports");
    let histories = invalid();
    assert!(histories.len() > 80, "found only {} invalid histories", histories.len());
    for path in histories {
        let report = report(&place, &["replay", "--reports", "99"], &path);
        assert!(!report.contains("the engine alone vouches"), "{}: {report}", path.display());
        assert_data_eq!(report, golden(&path, "report.txt"));
    }
}

/// Goal: `--level all` says where on the spectrum a history stands. Method: the histories of the
/// level boundaries, against their goldens.
#[test]
fn each_level_boundary_has_its_spectrum() {
    let place = Place::new("spectra");
    let on_the_boundary = |path: &PathBuf| path.starts_with("histories/levels");
    let histories: Vec<PathBuf> = invalid().into_iter().filter(on_the_boundary).collect();
    assert!(histories.len() > 10, "found only {} histories of levels", histories.len());
    for path in histories {
        let spectrum = report(&place, &["replay", "--reports", "0", "--level", "all"], &path);
        assert!(spectrum.contains("breaks: "), "{}: {spectrum}", path.display());
        assert_data_eq!(spectrum, golden(&path, "spectrum.txt"));
    }
}
