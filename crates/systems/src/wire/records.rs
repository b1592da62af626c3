//! Records on a disk that may fail: what was torn or has rotted is not taken for what was written.
//!
//! A record is its checksum and JSON. A disk that fails is tried again; a record whose checksum is wrong
//! is never read, so that a node whose disk has lost something does not come back with a part of it: it
//! refuses to serve, as if it were down.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::time::Duration;
use testimony::net::{Disk, time};

/// After so long a disk that failed is asked again.
const AGAIN: Duration = Duration::from_millis(50);

/// Writes a record; it is durable after the next sync.
pub(crate) async fn write<T: Serialize>(disk: &Disk, file: &str, value: &T) -> io::Result<()> {
    let json = serde_json::to_vec(value)?;
    let mut record = checksum(&json).to_le_bytes().to_vec();
    record.extend(json);
    disk.write(file, &record).await
}

/// Reads a record; `None` where nothing was written.
pub(crate) async fn read<T: DeserializeOwned>(disk: &Disk, file: &str) -> io::Result<Option<T>> {
    let Some(record) = disk.read(file).await? else { return Ok(None) };
    match record.split_first_chunk() {
        Some((sum, json)) if u64::from_le_bytes(*sum) == checksum(json) => {
            Ok(Some(serde_json::from_slice(json)?))
        }
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, format!("{file} is damaged"))),
    }
}

/// Reads or writes until it works. Whoever waits for a disk says nothing meanwhile: what it would say
/// might be forgotten at a crash.
pub(crate) async fn patiently<T>(access: impl AsyncFn() -> io::Result<T>) -> T {
    let mut told = false;
    loop {
        match access().await {
            Ok(done) => return done,
            Err(error) if !told => {
                told = true;
                tracing::error!(%error, "the disk fails; the node waits for it");
            }
            Err(_) => {}
        }
        time::sleep(AGAIN).await;
    }
}

/// FNV-1a. Enough against accidents, which is all that a disk has.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum: u64, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::{patiently, read, write};
    use std::cell::Cell;
    use std::io;
    use testimony::net::Disk;

    #[tokio::test]
    async fn what_was_written_is_read_and_nothing_else() {
        let disk = Disk::in_memory();
        assert_eq!(read::<u32>(&disk, "term").await.unwrap(), None);
        write(&disk, "term", &17).await.unwrap();
        assert_eq!(read(&disk, "term").await.unwrap(), Some(17));
        let whole = disk.read("term").await.unwrap().unwrap();
        // A new record of the same length whose last byte did not get to the disk.
        write(&disk, "term", &18).await.unwrap();
        let mut torn = disk.read("term").await.unwrap().unwrap();
        *torn.last_mut().unwrap() = *whole.last().unwrap();
        for damaged in [&torn[..], &whole[..9], &whole[..3], b""] {
            disk.write("term", damaged).await.unwrap();
            assert!(read::<u32>(&disk, "term").await.is_err(), "{damaged:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_disk_that_fails_is_asked_again() {
        let tries = Cell::new(0);
        let number = patiently(async || {
            tries.set(tries.get() + 1);
            if tries.get() < 4 { Err(io::Error::other("not now")) } else { Ok(tries.get()) }
        });
        assert_eq!(number.await, 4);
    }
}
