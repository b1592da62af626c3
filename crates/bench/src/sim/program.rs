//! The program that is measured: a replicated register over datagrams, with a coordinator that asks a
//! majority twice. Compiled once for each side; `net` is that side's.

use super::net::{UdpSocket, spawn_local, time};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;

const PORT: u16 = 7000;
const CLIENT_PATIENCE: Duration = Duration::from_millis(400);
const PATIENCE: Duration = Duration::from_millis(300);
const REPEAT: Duration = Duration::from_millis(100);

thread_local! {
    /// How many messages were sent on this thread.
    pub(crate) static SENT: Cell<u64> = const { Cell::new(0) };
}

async fn send(socket: &UdpSocket, text: &str, to: SocketAddr) -> io::Result<()> {
    SENT.set(SENT.get() + 1);
    socket.send_to(text.as_bytes(), to).await.map(|_| ())
}

async fn send_to(socket: &UdpSocket, text: &str, host: &str) -> io::Result<()> {
    SENT.set(SENT.get() + 1);
    socket.send_to(text.as_bytes(), (host, PORT)).await.map(|_| ())
}

/// What a node has on its disk: a tag and a value.
pub(crate) type Store = Arc<Mutex<(u64, i64)>>;

/// Who waits for the replies to a round.
type Waiting = Rc<RefCell<BTreeMap<String, mpsc::UnboundedSender<(u64, i64)>>>>;

/// A node: answers `op ID read`, `op ID write VALUE` of clients and `query ROUND`,
/// `store ROUND TAG VALUE` of other nodes.
pub(crate) async fn node(me: u64, life: u32, peers: Vec<String>, store: Store) -> io::Result<()> {
    let socket = Rc::new(UdpSocket::bind(("0.0.0.0", PORT)).await?);
    let waiting = Waiting::default();
    let (mut buffer, mut rounds) = ([0; 200], 0_u64);
    loop {
        let (length, from) = socket.recv_from(&mut buffer).await?;
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        let words: Vec<&str> = text.split(' ').collect();
        match words[..] {
            ["op", id, ref what @ ..] => {
                rounds += 1;
                let new = what.get(1).and_then(|value| value.parse().ok());
                let coordinator = Coordinator {
                    socket: Rc::clone(&socket),
                    peers: peers.clone(),
                    store: Arc::clone(&store),
                    waiting: Rc::clone(&waiting),
                    round: format!("{me}.{life}.{rounds}"),
                };
                let (id, from) = (id.to_owned(), from);
                spawn_local(async move { coordinator.operate(&id, new, me, from).await });
            }
            ["query", round] => {
                let (tag, value) = *held(&store);
                let reply = format!("reply {round} {tag} {value}");
                send(&socket, &reply, from).await?;
            }
            ["store", round, tag, value] => {
                keep(&store, tag, value);
                send(&socket, &format!("reply {round} 0 0"), from).await?;
            }
            ["reply", round, tag, value] => {
                if let (Some(waits), Ok(tag), Ok(value)) =
                    (waiting.borrow().get(round), tag.parse(), value.parse())
                {
                    // Whoever waited may have left.
                    let _ = waits.send((tag, value));
                }
            }
            _ => {}
        }
    }
}

fn held(store: &Store) -> std::sync::MutexGuard<'_, (u64, i64)> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep(store: &Store, tag: &str, value: &str) {
    if let (Ok(tag), Ok(value)) = (tag.parse(), value.parse()) {
        let mut held = held(store);
        if (tag, value) > *held {
            *held = (tag, value);
        }
    }
}

struct Coordinator {
    socket: Rc<UdpSocket>,
    peers: Vec<String>,
    store: Store,
    waiting: Waiting,
    round: String,
}

impl Coordinator {
    async fn operate(self, id: &str, new: Option<i64>, me: u64, client: SocketAddr) {
        let answer = match time::timeout(PATIENCE, self.phases(new, me)).await {
            Ok(value) => format!("{id} {value}"),
            Err(_) => format!("{id} none"),
        };
        // A client that went away needs no answer.
        let _ = send(&self.socket, &answer, client).await;
    }

    async fn phases(&self, new: Option<i64>, me: u64) -> i64 {
        let round = format!("{}q", self.round);
        let replies = self.ask(&round, &format!("query {round}")).await;
        let own = *held(&self.store);
        let (tag, value) = replies.into_iter().fold(own, Ord::max);
        let (tag, value) = match new {
            Some(new) => ((tag / 10 + 1) * 10 + me, new),
            None => (tag, value),
        };
        keep(&self.store, &tag.to_string(), &value.to_string());
        let round = format!("{}s", self.round);
        self.ask(&round, &format!("store {round} {tag} {value}")).await;
        value
    }

    /// Asks the others until a majority, this node in it, has answered.
    async fn ask(&self, round: &str, request: &str) -> Vec<(u64, i64)> {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        self.waiting.borrow_mut().insert(round.to_owned(), sender);
        let mut replies = Vec::new();
        while replies.len() < self.peers.len().div_ceil(2) {
            for peer in &self.peers {
                // A failure is one more lost datagram.
                let _ = send_to(&self.socket, request, peer).await;
            }
            while replies.len() < self.peers.len().div_ceil(2) {
                match time::timeout(REPEAT, receiver.recv()).await {
                    Ok(Some(reply)) => replies.push(reply),
                    _ => break,
                }
            }
        }
        self.waiting.borrow_mut().remove(round);
        replies
    }
}

/// A client of one node.
pub(crate) struct Asker {
    socket: UdpSocket,
    home: String,
    name: String,
    count: u64,
}

impl Asker {
    pub(crate) async fn new(home: String, name: String) -> io::Result<Asker> {
        Ok(Asker { socket: UdpSocket::bind(("0.0.0.0", 0)).await?, home, name, count: 0 })
    }

    /// Reads, or writes a value; `None` when nobody knows what came of it.
    pub(crate) async fn ask(&mut self, new: Option<i64>) -> Option<i64> {
        self.count += 1;
        let id = format!("{}.{}", self.name, self.count);
        let request = match new {
            Some(value) => format!("op {id} write {value}"),
            None => format!("op {id} read"),
        };
        let answer = time::timeout(CLIENT_PATIENCE, self.exchange(&request, &id)).await;
        answer.ok()?.ok()?.parse().ok()
    }

    async fn exchange(&self, request: &str, id: &str) -> io::Result<String> {
        send_to(&self.socket, request, &self.home).await?;
        let mut buffer = [0; 100];
        loop {
            let (length, _) = self.socket.recv_from(&mut buffer).await?;
            let text = String::from_utf8_lossy(&buffer[..length]);
            // An answer to an earlier request may come late.
            if let Some((_, value)) = text.split_once(' ').filter(|(to, _)| *to == id) {
                return Ok(value.to_owned());
            }
        }
    }
}
