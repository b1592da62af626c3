//! How the simulator reaches into the sockets of the code under test.
//!
//! Turmoil's messages can be delivered or left, but not changed, copied or answered. What a fault
//! does beyond that goes by here: datagrams that are put into a socket's [`inject`]ed queue, ends
//! of streams that are [`reset`], connections that are [`refuse`]d, reads that are cut anew
//! ([`set_chunk`]). It also tells whose sockets those of the clients' host are ([`owner`]). The tables
//! belong to the thread of a run.

use crate::tasks::{current_host, current_process};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Waker;
use std::time::Duration;
use tokio::sync::Notify;

/// A keyed hash of bytes: the only randomness that sockets use.
pub type Hash = Rc<dyn Fn(&[&[u8]]) -> u64>;

#[derive(Default)]
struct Wire {
    connect_max: Option<Duration>,
    hash: Option<Hash>,
    /// By local and remote address.
    ends: BTreeMap<(SocketAddr, SocketAddr), Weak<End>>,
    /// By host and port.
    inboxes: BTreeMap<(u16, u16), Weak<Inbox>>,
    attempts: BTreeMap<(u16, u16), Weak<Attempt>>,
    /// The client process that a socket was made for, by host and port.
    owners: BTreeMap<(u16, u16), u32>,
    /// The most bytes of a read, by sending and receiving address.
    chunks: BTreeMap<(IpAddr, IpAddr), u32>,
}

thread_local! {
    static WIRE: RefCell<Wire> = RefCell::default();
}

/// Begins a run: connections that are not answered give up after so long, and whatever is drawn is
/// drawn by this hash.
pub fn begin(connect_max: Duration, hash: Hash) {
    let wire = Wire { connect_max: Some(connect_max), hash: Some(hash), ..Wire::default() };
    WIRE.set(wire);
}

/// The streams that are open between two hosts: the ends at `local`, each with its remote end.
pub fn streams(local: IpAddr, remote: IpAddr) -> Vec<(SocketAddr, SocketAddr)> {
    WIRE.with_borrow(|wire| {
        let ends = wire.ends.keys().copied();
        ends.filter(|(here, there)| here.ip() == local && there.ip() == remote).collect()
    })
}

/// Resets one end of a stream: whatever it does from now on is an error.
pub fn reset(local: SocketAddr, remote: SocketAddr) {
    let end = WIRE.with_borrow(|wire| wire.ends.get(&(local, remote)).and_then(Weak::upgrade));
    if let Some(end) = end {
        end.reset();
    }
}

/// Puts a datagram into the queue of a socket. Whether there is such a socket.
pub fn inject(host: u16, port: u16, from: SocketAddr, payload: Vec<u8>) -> bool {
    let inbox = WIRE.with_borrow(|wire| wire.inboxes.get(&(host, port)).and_then(Weak::upgrade));
    let Some(inbox) = inbox else { return false };
    lock(&inbox.queue).push_back((payload, from));
    inbox.came.notify_one();
    true
}

/// Refuses the connection that a host attempts from this port.
pub fn refuse(host: u16, port: u16) {
    let attempt = WIRE.with_borrow(|wire| wire.attempts.get(&(host, port)).and_then(Weak::upgrade));
    if let Some(attempt) = attempt {
        attempt.refused.notify_one();
    }
}

/// Reads of streams from one address to another get at most so many bytes, cut anew; `None`: as
/// they come.
pub fn set_chunk(from: IpAddr, to: IpAddr, bytes_max: Option<u32>) {
    WIRE.with_borrow_mut(|wire| match bytes_max {
        Some(bytes) => _ = wire.chunks.insert((from, to), bytes),
        None => _ = wire.chunks.remove(&(from, to)),
    });
}

/// The client process that a socket was made for: the latest with this port.
pub fn owner(host: u16, port: u16) -> Option<u32> {
    WIRE.with_borrow(|wire| wire.owners.get(&(host, port)).copied())
}

/// Takes note of whose socket this is, where the current task works for a client process.
pub(super) fn own(port: u16) {
    if let (Some(host), Some(process)) = (current_host(), current_process()) {
        WIRE.with_borrow_mut(|wire| wire.owners.insert((host, port), process));
    }
}

/// How long a connection may stay without an answer.
pub(super) fn connect_max() -> Option<Duration> {
    WIRE.with_borrow(|wire| wire.connect_max)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere cannot leave a queue half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One end of a stream.
#[derive(Debug)]
pub(super) struct End {
    key: (SocketAddr, SocketAddr),
    state: Mutex<EndState>,
}

#[derive(Debug, Default)]
struct EndState {
    is_reset: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl End {
    pub(super) fn new(local: SocketAddr, remote: SocketAddr) -> Arc<End> {
        let end = Arc::new(End { key: (local, remote), state: Mutex::default() });
        let shown = Arc::downgrade(&end);
        WIRE.with_borrow_mut(|wire| wire.ends.insert(end.key, shown));
        end
    }

    fn reset(&self) {
        let (reader, writer) = {
            let mut state = lock(&self.state);
            state.is_reset = true;
            (state.reader.take(), state.writer.take())
        };
        [reader, writer].into_iter().flatten().for_each(Waker::wake);
    }

    /// An error when the end was reset.
    pub(super) fn check(&self) -> io::Result<()> {
        match lock(&self.state).is_reset {
            true => Err(io::Error::new(io::ErrorKind::ConnectionReset, "connection reset")),
            false => Ok(()),
        }
    }

    /// As [`End::check`]; a reset that comes later wakes the reader.
    pub(super) fn check_read(&self, waker: &Waker) -> io::Result<()> {
        lock(&self.state).reader = Some(waker.clone());
        self.check()
    }

    /// As [`End::check`]; a reset that comes later wakes the writer.
    pub(super) fn check_write(&self, waker: &Waker) -> io::Result<()> {
        lock(&self.state).writer = Some(waker.clone());
        self.check()
    }

    /// How many of these bytes the next read gets; `None` where reads are left as they come. A
    /// function of the hosts and of the bytes.
    pub(super) fn chunk(&self, waiting: &[u8]) -> Option<usize> {
        const KEY_BYTES: usize = 64;
        let (local, remote) = (self.key.0.ip(), self.key.1.ip());
        let (bytes_max, hash) = WIRE.with_borrow(|wire| {
            let bytes_max = wire.chunks.get(&(remote, local)).copied()?;
            Some((u64::from(bytes_max.max(1)), wire.hash.clone()?))
        })?;
        let (from, to) = (remote.to_string(), local.to_string());
        let key = &waiting[..waiting.len().min(KEY_BYTES)];
        let number = hash(&[from.as_bytes(), to.as_bytes(), key]);
        Some(usize::try_from(1 + number % bytes_max).unwrap_or(1))
    }

    /// Whether reads are cut anew.
    pub(super) fn is_cut_anew(&self) -> bool {
        let key = (self.key.1.ip(), self.key.0.ip());
        WIRE.with_borrow(|wire| wire.chunks.contains_key(&key))
    }
}

impl Drop for End {
    fn drop(&mut self) {
        remove(|wire| &mut wire.ends, &self.key);
    }
}

/// Takes an entry out of a table unless a living one has taken its place. The tables may be gone
/// at the end of the thread.
fn remove<K: Ord, T>(table: impl FnOnce(&mut Wire) -> &mut BTreeMap<K, Weak<T>>, key: &K) {
    let _ = WIRE.try_with(|wire| {
        if let Ok(mut wire) = wire.try_borrow_mut() {
            let table = table(&mut wire);
            if table.get(key).is_some_and(|entry| entry.strong_count() == 0) {
                table.remove(key);
            }
        }
    });
}

/// What the simulator puts into a datagram socket besides what comes over turmoil's links.
#[derive(Debug)]
pub(super) struct Inbox {
    key: (u16, u16),
    queue: Mutex<VecDeque<(Vec<u8>, SocketAddr)>>,
    came: Notify,
}

impl Inbox {
    pub(super) fn new(host: u16, port: u16) -> Arc<Inbox> {
        let (queue, came) = (Mutex::default(), Notify::new());
        let inbox = Arc::new(Inbox { key: (host, port), queue, came });
        let shown = Arc::downgrade(&inbox);
        WIRE.with_borrow_mut(|wire| wire.inboxes.insert(inbox.key, shown));
        inbox
    }

    /// The next datagram.
    pub(super) fn pop(&self) -> Option<(Vec<u8>, SocketAddr)> {
        lock(&self.queue).pop_front()
    }

    pub(super) fn is_empty(&self) -> bool {
        lock(&self.queue).is_empty()
    }

    /// Waits until something is put in.
    pub(super) async fn came(&self) {
        self.came.notified().await;
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        remove(|wire| &mut wire.inboxes, &self.key);
    }
}

/// A connection that is being opened.
pub(super) struct Attempt {
    key: (u16, u16),
    refused: Notify,
}

impl Attempt {
    pub(super) fn new(host: u16, port: u16) -> Arc<Attempt> {
        let attempt = Arc::new(Attempt { key: (host, port), refused: Notify::new() });
        let shown = Arc::downgrade(&attempt);
        WIRE.with_borrow_mut(|wire| wire.attempts.insert(attempt.key, shown));
        attempt
    }

    /// Waits until it is refused.
    pub(super) async fn refused(&self) {
        self.refused.notified().await;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        remove(|wire| &mut wire.attempts, &self.key);
    }
}
