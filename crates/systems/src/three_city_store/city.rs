//! A city that decides by itself and tells the others later.
//!
//! Whatever it answers or tells is on its disk before. Otherwise a city that crashed would come
//! back with books in which a sale is missing that others have heard of, and would sell it again.
//! Faults can strike in between, at the point `kept`.

use super::ledger::{Ledger, Sale};
use super::message::{Answer, Operation};
use crate::wire::{
    CLIENT_PORT, DATAGRAM_BYTES_MAX, NodeId, PEER_PORT, others, records, send, serve_lines,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use testimony::net::{Clock, Disk, TcpListener, UdpSocket, spawn_local, time};
use testimony::sim::NodeCtx;
use tokio::sync::{Mutex, MutexGuard, Notify};

/// So often a city tells its books even if nothing has changed: datagrams get lost.
const TELL_EVERY: Duration = Duration::from_millis(80);

/// So long a customer waits while the city asks others for units.
const BORROW_PATIENCE: Duration = Duration::from_millis(200);

/// After so long without news the others are asked again.
const ASK_AGAIN: Duration = Duration::from_millis(60);

/// The file that holds the books.
const BOOKS: &str = "books";

/// What a city tells another.
#[derive(Serialize, Deserialize)]
pub(crate) struct Told<S> {
    pub(crate) from: NodeId,
    pub(crate) books: S,
    /// Units that the teller lacks for a customer who waits; 0 usually.
    pub(crate) lacking: u32,
}

/// A city.
struct City<L: Ledger> {
    node: NodeCtx,
    id: NodeId,
    others: BTreeMap<NodeId, String>,
    socket: UdpSocket,
    clock: Clock,
    disk: Disk,
    /// Locked while the disk is written: nothing is answered or told that is not on it.
    books: Mutex<L>,
    changed: Notify,
}

/// Runs a city until it crashes.
pub(crate) async fn serve<L: Ledger>(mut books: L, node: NodeCtx) -> io::Result<()> {
    let disk = node.disk();
    if let Some(kept) = records::patiently(|| records::read(&disk, BOOKS)).await {
        books.restore(kept);
    }
    let city = Rc::new(City {
        node: node.clone(),
        id: node.id,
        others: others(&node),
        socket: UdpSocket::bind(("0.0.0.0", PEER_PORT)).await?,
        clock: node.clock(),
        disk,
        books: Mutex::new(books),
        changed: Notify::new(),
    });
    tracing::info!(incarnation = node.incarnation, "open");
    let telling = Rc::clone(&city);
    spawn_local(async move { telling.tell_often().await });
    let hearing = Rc::clone(&city);
    spawn_local(async move {
        if let Err(error) = hearing.hear().await {
            tracing::error!(%error, "the socket for other cities failed");
        }
    });
    let listener = TcpListener::bind(("0.0.0.0", CLIENT_PORT)).await?;
    serve_lines(listener, move |operation| {
        let city = Rc::clone(&city);
        async move { city.answer(operation).await }
    })
    .await
}

impl<L: Ledger> City<L> {
    async fn answer(&self, operation: Operation) -> Answer {
        match operation {
            Operation::Count => Answer::Count(self.books.lock().await.count()),
            Operation::Restock(units) => {
                let mut books = self.books.lock().await;
                books.restock(units, self.clock.now_ns());
                self.keep_and_tell(books).await;
                Answer::Restocked
            }
            Operation::Buy(units) => self.sell(units).await,
        }
    }

    /// Sells units, asking other cities for a while when some are lacking and they might help.
    async fn sell(&self, units: u32) -> Answer {
        let _sell = self.node.phase("sell");
        let deadline = time::Instant::now() + BORROW_PATIENCE;
        while time::Instant::now() < deadline {
            let changed = self.changed.notified();
            let mut books = self.books.lock().await;
            match books.sell(units, self.clock.now_ns()) {
                Sale::Sold => {
                    self.keep_and_tell(books).await;
                    return Answer::Sold;
                }
                Sale::SoldOut => return Answer::SoldOut,
                Sale::Lacking(lacking) => {
                    let _borrow = self.node.phase("borrow");
                    let told = self.told(&books, lacking);
                    drop(books);
                    self.tell(&told).await;
                    // The question or its answer may be lost: ask again after a while.
                    let _ = time::timeout(ASK_AGAIN, changed).await;
                }
            }
        }
        Answer::SoldOut
    }

    /// Keeps what was changed, then lets everybody know.
    async fn keep_and_tell(&self, books: MutexGuard<'_, L>) {
        self.keep(&books).await;
        let told = self.told(&books, 0);
        drop(books);
        self.changed.notify_waiters();
        // It is on its disk, and nobody has heard of it.
        self.node.point("kept").await;
        self.tell(&told).await;
    }

    async fn keep(&self, books: &MutexGuard<'_, L>) {
        records::patiently(async || {
            records::write(&self.disk, BOOKS, books.state()).await?;
            self.disk.sync().await
        })
        .await;
    }

    fn told(&self, books: &MutexGuard<'_, L>, lacking: u32) -> Told<L::State> {
        Told { from: self.id, books: books.state().clone(), lacking }
    }

    async fn tell(&self, told: &Told<L::State>) {
        for name in self.others.values() {
            send(&self.socket, told, (name.as_str(), PEER_PORT)).await;
        }
    }

    async fn tell_often(&self) {
        loop {
            let told = self.told(&self.books.lock().await, 0);
            self.tell(&told).await;
            time::sleep(TELL_EVERY).await;
        }
    }

    async fn hear(&self) -> io::Result<()> {
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        loop {
            let (length, from) = self.socket.recv_from(&mut buffer).await?;
            match serde_json::from_slice::<Told<L::State>>(&buffer[..length]) {
                Ok(told) => self.take_notice(&told).await,
                Err(error) => tracing::warn!(%error, %from, "a datagram that nobody understands"),
            }
        }
    }

    async fn take_notice(&self, told: &Told<L::State>) {
        let mut books = self.books.lock().await;
        let news = books.merge(&told.books);
        let handed_over = told.lacking > 0 && books.hand_over(told.from, told.lacking, &told.books);
        if handed_over {
            self.keep_and_tell(books).await;
        } else if news {
            self.keep(&books).await;
            self.changed.notify_waiters();
        }
    }
}
