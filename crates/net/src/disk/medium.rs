//! What can go wrong with a store.

use std::fmt::Debug;
use std::io;
use std::time::Duration;

/// An access to a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access<'a> {
    /// A file is read.
    Read(&'a str),
    /// These bytes are written or appended to a file.
    Write(&'a str, &'a [u8]),
    /// Everything is synced.
    Sync,
}

/// Where a write lands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Where it was meant to.
    Meant,
    /// In the file with this number among the others.
    Other(usize),
    /// Where no file is.
    Nowhere,
}

/// The medium of a store: what it asks before it does something. The simulator has one with faults;
/// a real store has none.
pub trait Medium: Send + Sync + Debug {
    /// How much longer an access takes.
    fn delay(&self) -> Duration;

    /// Whether an access succeeds.
    ///
    /// # Errors
    /// It does not: the disk is full or fails.
    fn access(&self, access: Access<'_>) -> io::Result<()>;

    /// Whether a sync says that it is done and does nothing.
    fn lies(&self) -> bool;

    /// Where a write to a file lands. `others` are the names of all other files in order.
    fn place(&self, name: &str, written: &[u8], others: &[&str]) -> Place;

    /// How many bytes of an unsynced write survive a crash; `None` where nothing of it does.
    fn tear(&self, name: &str, written: &[u8]) -> Option<usize>;

    /// Changes the bytes of a file as the medium does when it rots.
    fn rot(&self, name: &str, content: &mut [u8]);
}
