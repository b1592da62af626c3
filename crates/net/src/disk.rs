//! A node's durable store: named files of bytes, durable once synced.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A tiny durable store: files by name. What was written becomes durable with [`Disk::sync`]; what
/// was not synced is lost when the node crashes.
///
/// All handles to one store share its content. Reads see what was written, synced or not. `sync`
/// makes everything durable that was written before it was called, each file whole or not at all.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// let disk = testimony_net::Disk::in_memory();
/// disk.write("term", b"1").await?;
/// disk.sync().await?;
/// disk.write("term", b"2").await?;
/// disk.crash();
/// assert_eq!(disk.read("term").await?.as_deref(), Some(&b"1"[..]));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Disk {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    files: Mutex<Files>,
    folder: Option<PathBuf>,
    sync_takes: Duration,
}

#[derive(Debug, Default)]
struct Files {
    durable: BTreeMap<String, Vec<u8>>,
    /// Written, not yet synced: the whole new content of a file.
    written: BTreeMap<String, Vec<u8>>,
}

impl Disk {
    /// A store in memory: for simulations and unit tests.
    pub fn in_memory() -> Disk {
        Disk::with(None, Files::default(), Duration::ZERO)
    }

    /// A store in memory whose syncs take so long (of tokio's time, virtual in a simulation).
    pub fn with_sync_time(sync_takes: Duration) -> Disk {
        Disk::with(None, Files::default(), sync_takes)
    }

    /// A store in a folder, which is made if it is absent. The folder belongs to the store alone:
    /// every file in it is read.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<Disk> {
        let folder = folder.into();
        let durable = files::read_all(&folder)?;
        let files = Files { durable, written: BTreeMap::new() };
        Ok(Disk::with(Some(folder), files, Duration::ZERO))
    }

    fn with(folder: Option<PathBuf>, files: Files, sync_takes: Duration) -> Disk {
        Disk { shared: Arc::new(Shared { files: Mutex::new(files), folder, sync_takes }) }
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        // A panic elsewhere cannot leave the maps half changed: take them as they are.
        self.shared.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the content of a file. Durable after the next [`Disk::sync`].
    ///
    /// # Errors
    /// A name that is empty or holds other characters than letters, digits, `.`, `-`, `_`, or that
    /// begins with a dot.
    pub async fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        check_name(name)?;
        self.files().written.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    /// Adds to the end of a file. Durable after the next [`Disk::sync`].
    ///
    /// # Errors
    /// As [`Disk::write`].
    pub async fn append(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        check_name(name)?;
        let mut files = self.files();
        let Files { durable, written } = &mut *files;
        let content = written
            .entry(name.to_owned())
            .or_insert_with(|| durable.get(name).cloned().unwrap_or_default());
        content.extend_from_slice(bytes);
        Ok(())
    }

    /// The content of a file, synced or not; `None` when there is no such file.
    ///
    /// # Errors
    /// None today; a store may come to have unreadable files.
    pub async fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let files = self.files();
        Ok(files.written.get(name).or_else(|| files.durable.get(name)).cloned())
    }

    /// Makes durable what was written before.
    ///
    /// # Errors
    /// The folder cannot be written; what was not written stays unsynced.
    pub async fn sync(&self) -> io::Result<()> {
        let batch = self.files().written.clone();
        if !self.shared.sync_takes.is_zero() {
            tokio::time::sleep(self.shared.sync_takes).await;
        }
        if let Some(folder) = self.shared.folder.clone() {
            let batch = batch.clone();
            let write = move || files::write_all(&folder, &batch);
            tokio::task::spawn_blocking(write).await.map_err(io::Error::other)??;
        }
        let mut files = self.files();
        for (name, content) in batch {
            // Whatever was written meanwhile waits for its own sync.
            if files.written.get(&name) == Some(&content) {
                files.written.remove(&name);
            }
            files.durable.insert(name, content);
        }
        Ok(())
    }

    /// Forgets everything: a disk that was lost or replaced. The simulator calls it.
    pub fn wipe(&self) {
        *self.files() = Files::default();
    }

    /// Forgets what was not synced: what a crash does. The simulator calls it.
    pub fn crash(&self) {
        self.files().written.clear();
    }
}

fn check_name(name: &str) -> io::Result<()> {
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(known) {
        let why = format!("file name {name:?}: expected letters, digits, `.`, `-` and `_`");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    Ok(())
}

/// The files of a folder: the only place of this crate that touches a file system.
mod files {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_not_synced_is_lost_at_a_crash() {
        let disk = Disk::in_memory();
        disk.append("log", b"a").await.unwrap();
        disk.sync().await.unwrap();
        disk.append("log", b"b").await.unwrap();
        assert_eq!(disk.read("log").await.unwrap().unwrap(), b"ab");
        disk.crash();
        assert_eq!(disk.read("log").await.unwrap().unwrap(), b"a");
        assert_eq!(disk.read("other").await.unwrap(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_written_during_a_sync_waits_for_the_next() {
        let disk = Disk::with_sync_time(Duration::from_millis(5));
        disk.write("x", b"1").await.unwrap();
        let (synced, ()) = tokio::join!(disk.sync(), async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            disk.write("x", b"2").await.unwrap();
        });
        synced.unwrap();
        assert_eq!(disk.read("x").await.unwrap().unwrap(), b"2");
        disk.crash();
        assert_eq!(disk.read("x").await.unwrap().unwrap(), b"1");
    }

    #[tokio::test]
    async fn a_folder_is_read_again() {
        let folder = std::env::temp_dir().join(format!("testimony-disk-{}", std::process::id()));
        let disk = Disk::open(&folder).unwrap();
        disk.write("x", b"1").await.unwrap();
        disk.sync().await.unwrap();
        disk.write("y", b"2").await.unwrap();
        drop(disk);
        let disk = Disk::open(&folder).unwrap();
        assert_eq!(disk.read("x").await.unwrap().unwrap(), b"1");
        assert_eq!(disk.read("y").await.unwrap(), None);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[tokio::test]
    async fn names_that_could_leave_the_folder_are_refused() {
        let disk = Disk::in_memory();
        for name in ["", ".hidden", "a/b", "..", "a\\b"] {
            assert!(disk.write(name, b"").await.is_err(), "{name}");
        }
    }
}
