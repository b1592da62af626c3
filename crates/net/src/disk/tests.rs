//! Tests of the store.

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

/// Every write lands in the first of the other files, or nowhere.
#[derive(Debug)]
struct Astray;

impl Medium for Astray {
    fn delay(&self) -> Duration {
        Duration::ZERO
    }

    fn access(&self, _access: Access<'_>) -> io::Result<()> {
        Ok(())
    }

    fn lies(&self) -> bool {
        false
    }

    fn place(&self, name: &str, _written: &[u8], others: &[&str]) -> Place {
        match (name, others.is_empty()) {
            ("right", _) => Place::Meant,
            (_, true) => Place::Nowhere,
            (_, false) => Place::Other(0),
        }
    }

    fn tear(&self, _name: &str, _written: &[u8]) -> Option<usize> {
        None
    }

    fn rot(&self, _name: &str, _content: &mut [u8]) {}
}

#[tokio::test]
async fn a_write_that_goes_astray_is_in_the_other_file_as_any_write_is() {
    let disk = Disk::on_medium(Duration::ZERO, Arc::new(Astray));
    disk.write("wrong", b"lost").await.unwrap();
    assert_eq!(disk.read("wrong").await.unwrap(), None, "there is no other file");
    disk.write("right", b"ab").await.unwrap();
    disk.sync().await.unwrap();
    disk.append("wrong", b"cd").await.unwrap();
    assert_eq!(disk.read("right").await.unwrap().unwrap(), b"abcd", "at the end of that file");
    assert_eq!(disk.read("wrong").await.unwrap(), None);
    disk.crash();
    assert_eq!(disk.read("right").await.unwrap().unwrap(), b"ab", "not synced: gone");
    disk.write("wrong", b"x").await.unwrap();
    disk.sync().await.unwrap();
    disk.crash();
    assert_eq!(disk.read("right").await.unwrap().unwrap(), b"x", "synced: for good");
}
