//! A copy of the workspace's sources, in which mutants are planted.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// Copies the sources: everything but what is built, what git keeps, and the files left out.
pub(crate) fn copy(from: &Path, to: &Path, without: impl Fn(&Path) -> bool) {
    let mut open = vec![PathBuf::new()];
    while let Some(folder) = open.pop() {
        fs::create_dir_all(to.join(&folder)).expect("a folder for the copy");
        for entry in fs::read_dir(from.join(&folder)).expect("a folder of the workspace") {
            let name = folder.join(entry.expect("a readable entry").file_name());
            if from.join(&name).is_dir() {
                let left_out = name == Path::new("target") || name == Path::new(".git");
                open.extend((!left_out).then_some(name));
            } else if !without(&name)
                && fs::read(to.join(&name)).ok() != fs::read(from.join(&name)).ok()
            {
                // Only what differs, so that cargo builds little anew.
                fs::copy(from.join(&name), to.join(&name)).expect("a copy");
            }
        }
    }
}
