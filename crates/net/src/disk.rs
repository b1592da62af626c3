//! A node's durable store: named files of bytes, durable once synced.

mod files;
mod medium;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use medium::{Access, Medium, Place};

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
    /// What goes wrong with it; nothing with a real one.
    medium: Option<Arc<dyn Medium>>,
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

    /// A store in memory on a medium with faults, whose syncs take so long. The simulator's.
    pub fn on_medium(sync_takes: Duration, medium: Arc<dyn Medium>) -> Disk {
        let files = Mutex::new(Files::default());
        Disk { shared: Arc::new(Shared { files, folder: None, sync_takes, medium: Some(medium) }) }
    }

    fn with(folder: Option<PathBuf>, files: Files, sync_takes: Duration) -> Disk {
        let files = Mutex::new(files);
        Disk { shared: Arc::new(Shared { files, folder, sync_takes, medium: None }) }
    }

    /// Asks the medium: waits as long as it takes, and fails where it fails.
    async fn access(&self, access: Access<'_>) -> io::Result<()> {
        let Some(medium) = &self.shared.medium else { return Ok(()) };
        let takes = medium.delay();
        if !takes.is_zero() {
            tokio::time::sleep(takes).await;
        }
        medium.access(access)
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        // A panic elsewhere cannot leave the maps half changed: take them as they are.
        self.shared.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file that a write lands in; `None` where it lands in none.
    fn landing(&self, files: &Files, name: &str, bytes: &[u8]) -> Option<String> {
        let Some(medium) = &self.shared.medium else { return Some(name.to_owned()) };
        let all: BTreeSet<&str> =
            files.durable.keys().chain(files.written.keys()).map(String::as_str).collect();
        let others: Vec<&str> = all.into_iter().filter(|other| *other != name).collect();
        match medium.place(name, bytes, &others) {
            Place::Meant => Some(name.to_owned()),
            Place::Other(at) => others.get(at).map(|other| (*other).to_owned()),
            Place::Nowhere => None,
        }
    }

    /// Replaces the content of a file. Durable after the next [`Disk::sync`].
    ///
    /// # Errors
    /// A name that is empty or holds other characters than letters, digits, `.`, `-`, `_`, or that
    /// begins with a dot; the disk fails or is full.
    pub async fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        check_name(name)?;
        self.access(Access::Write(name, bytes)).await?;
        let mut files = self.files();
        if let Some(name) = self.landing(&files, name, bytes) {
            files.written.insert(name, bytes.to_vec());
        }
        Ok(())
    }

    /// Adds to the end of a file. Durable after the next [`Disk::sync`].
    ///
    /// # Errors
    /// As [`Disk::write`].
    pub async fn append(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        check_name(name)?;
        self.access(Access::Write(name, bytes)).await?;
        let mut files = self.files();
        let Some(name) = self.landing(&files, name, bytes) else { return Ok(()) };
        let Files { durable, written } = &mut *files;
        let before = || durable.get(&name).cloned().unwrap_or_default();
        written.entry(name.clone()).or_insert_with(before).extend_from_slice(bytes);
        Ok(())
    }

    /// The content of a file, synced or not; `None` when there is no such file.
    ///
    /// # Errors
    /// The disk fails.
    pub async fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        self.access(Access::Read(name)).await?;
        let files = self.files();
        Ok(files.written.get(name).or_else(|| files.durable.get(name)).cloned())
    }

    /// Makes durable what was written before.
    ///
    /// # Errors
    /// The folder cannot be written, or the disk fails; what was not written stays unsynced.
    pub async fn sync(&self) -> io::Result<()> {
        self.access(Access::Sync).await?;
        let batch = self.files().written.clone();
        if !self.shared.sync_takes.is_zero() {
            tokio::time::sleep(self.shared.sync_takes).await;
        }
        if let Some(folder) = self.shared.folder.clone() {
            let batch = batch.clone();
            let write = move || files::write_all(&folder, &batch);
            tokio::task::spawn_blocking(write).await.map_err(io::Error::other)??;
        }
        let medium = self.shared.medium.as_ref();
        if medium.is_some_and(|medium| medium.lies()) {
            return Ok(());
        }
        let mut files = self.files();
        for (name, mut content) in batch {
            // Whatever was written meanwhile waits for its own sync.
            if files.written.get(&name) == Some(&content) {
                files.written.remove(&name);
            }
            if let Some(medium) = medium {
                medium.rot(&name, &mut content);
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
    /// Where the medium tears writes, a part of each unsynced one survives: the first bytes of the
    /// new content over what was there.
    pub fn crash(&self) {
        let files = &mut *self.files();
        for (name, new) in std::mem::take(&mut files.written) {
            let Some(medium) = &self.shared.medium else { continue };
            let old = files.durable.get(&name).map_or(&[][..], Vec::as_slice);
            // What is added to a file leaves the bytes before it as they are.
            let kept = if new.starts_with(old) { old.len() } else { 0 };
            if let Some(written) = medium.tear(&name, &new[kept..]) {
                let end = (kept + written).min(new.len());
                let rest = old.get(end..).unwrap_or_default();
                let torn = [&new[..end], rest].concat();
                files.durable.insert(name, torn);
            }
        }
    }

    /// Lets the medium rot what is durable. The simulator calls it.
    pub fn rot(&self) {
        if let Some(medium) = &self.shared.medium {
            self.files().durable.iter_mut().for_each(|(name, content)| medium.rot(name, content));
        }
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

#[cfg(test)]
mod tests;
