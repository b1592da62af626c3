//! The files of a folder: the only place of this crate that touches a file system.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Begins the names of files that are being written; such a file is the rest of a crash.
const UNFINISHED: &str = ".unfinished-";

pub(super) fn read_all(folder: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    fs::create_dir_all(folder)?;
    let mut durable = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_file() && !name.starts_with(UNFINISHED) {
            durable.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(durable)
}

/// Writes each file beside its place and renames it, so that a crash leaves the old or the new
/// content; then syncs the folder, without which a rename may be lost.
pub(super) fn write_all(folder: &Path, batch: &BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for (name, content) in batch {
        let unfinished = folder.join(format!("{UNFINISHED}{name}"));
        let mut file = File::create(&unfinished)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&unfinished, folder.join(name))?;
    }
    File::open(folder)?.sync_all()
}
