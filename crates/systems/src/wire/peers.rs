//! Rounds of requests to all replicas, over datagrams that may be lost, late or doubled.
//!
//! The request of a round is repeated to whoever has not answered, and each replica's answer counts
//! once. Requests must therefore be idempotent; those of the protocols here are.

use super::PEER_PORT;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use testimony::net::{UdpSocket, spawn_local, time};
use testimony::sim::NodeCtx;
use tokio::sync::mpsc;

/// After so long without an answer a request is repeated: many round trips, as usual with timers
/// that must not make a slow network slower.
const REPEAT_EVERY: Duration = Duration::from_millis(150);

/// Longer datagrams are cut by networks; ours stay far below.
pub(crate) const DATAGRAM_BYTES_MAX: usize = 60_000;

/// Which replica of a group, counted from zero.
pub(crate) type NodeId = u16;

/// What a replica does with the requests of others, and of itself.
pub(crate) trait Service: 'static {
    /// What it is asked.
    type Request: Serialize + DeserializeOwned + Clone + 'static;
    /// What it answers.
    type Reply: Serialize + DeserializeOwned + 'static;

    /// Handles a request. `None`: it says nothing, as if the request had been lost.
    fn answer(&self, request: Self::Request) -> impl Future<Output = Option<Self::Reply>>;
}

/// Names a round for ever. Without the incarnation an answer from before a crash could be taken
/// for one to the round that has the same number after it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct RoundId {
    incarnation: u32,
    number: u32,
}

impl fmt::Display for RoundId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.incarnation, self.number)
    }
}

/// Takes the replies to a round.
type Replies<R> = mpsc::UnboundedSender<(NodeId, R)>;

/// What travels between replicas.
#[derive(Serialize, Deserialize)]
pub(crate) enum Datagram<Q, R> {
    /// A request of a round.
    Ask { round: RoundId, request: Q },
    /// A replica's answer to it.
    Answer { round: RoundId, from: NodeId, reply: R },
}

/// Other replicas by their number.
type Others = Rc<BTreeMap<NodeId, String>>;

/// The other replicas of the group, and this one's own service.
pub(crate) struct Peers<S: Service> {
    socket: UdpSocket,
    node: NodeCtx,
    me: NodeId,
    incarnation: u32,
    others: Others,
    service: S,
    rounds_begun: Cell<u32>,
    waiting: RefCell<BTreeMap<RoundId, Replies<S::Reply>>>,
}

impl<S: Service> Peers<S> {
    /// Binds the socket of a node and starts to serve its peers.
    pub(crate) async fn start(node: &NodeCtx, service: S) -> io::Result<Rc<Peers<S>>> {
        let peers = Rc::new(Peers {
            socket: UdpSocket::bind(("0.0.0.0", PEER_PORT)).await?,
            node: node.clone(),
            me: node.id,
            incarnation: node.incarnation,
            others: Rc::new(others(node)),
            service,
            rounds_begun: Cell::new(0),
            waiting: RefCell::default(),
        });
        let serving = Rc::clone(&peers);
        spawn_local(async move {
            if let Err(error) = serving.serve().await {
                tracing::error!(%error, "the socket for peers failed");
            }
        });
        Ok(peers)
    }

    /// Who is asked first, by the time of the round: a count of rounds would give every later round
    /// another choice when a plan has one operation less.
    fn turn(&self) -> usize {
        let now_ms = self.node.clock().now_ns() / 1_000_000;
        usize::try_from(self.node.draw("turn", &[now_ms]) >> 32).unwrap_or(0)
    }

    /// This node's own service.
    pub(crate) fn service(&self) -> &S {
        &self.service
    }

    /// How many replicas are a majority of the group.
    pub(crate) fn majority(&self) -> usize {
        let nodes = self.others.len() + 1;
        nodes / 2 + 1
    }

    /// Begins a round that asks everybody: this node's own service first, then all others at once.
    pub(crate) fn ask(self: &Rc<Self>, request: S::Request) -> Round<S> {
        self.begin(request, self.others.len())
    }

    /// Begins a round that asks a majority first, this node's own service among it, and everybody
    /// else only when those don't answer. Which others are asked first takes turns.
    pub(crate) fn ask_majority(self: &Rc<Self>, request: S::Request) -> Round<S> {
        self.begin(request, self.majority() - 1)
    }

    /// Begins a round that asks these others, so many of them at once, and this node's own service
    /// before them if it is asked too.
    pub(crate) fn ask_these(
        self: &Rc<Self>,
        request: S::Request,
        others: Others,
        asks_itself: bool,
        asked_first: usize,
    ) -> Round<S> {
        let mut round = self.begin(request, asked_first);
        (round.others, round.asks_itself) = (others, asks_itself);
        round
    }

    fn begin(self: &Rc<Self>, request: S::Request, asked_first: usize) -> Round<S> {
        let number = self.rounds_begun.get();
        self.rounds_begun.set(number + 1);
        let id = RoundId { incarnation: self.incarnation, number };
        let (sender, replies) = mpsc::unbounded_channel();
        self.waiting.borrow_mut().insert(id, sender);
        Round {
            peers: Rc::clone(self),
            id,
            request,
            replies,
            answered: BTreeSet::new(),
            begun: false,
            asked_first,
            others: Rc::clone(&self.others),
            asks_itself: true,
        }
    }

    /// Tells everybody something once, without waiting for answers.
    pub(crate) async fn tell(self: &Rc<Self>, request: S::Request) {
        // Nobody waits for this round: its answers are dropped when they come.
        let round = self.ask(request);
        round.send_to(self.others.len()).await;
    }

    async fn serve(self: &Rc<Self>) -> io::Result<()> {
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        loop {
            let (length, from) = self.socket.recv_from(&mut buffer).await?;
            match serde_json::from_slice(&buffer[..length]) {
                Ok(Datagram::Ask { round, request }) => self.answer(round, request, from).await,
                Ok(Datagram::Answer { round, from, reply }) => {
                    if let Some(waiting) = self.waiting.borrow().get(&round) {
                        // Whoever waited may just have left; then nobody needs the answer.
                        let _ = waiting.send((from, reply));
                    }
                }
                Err(error) => tracing::warn!(%error, %from, "a datagram that nobody understands"),
            }
        }
    }

    /// One request after the other: what a replica promises in one answer holds in the next.
    async fn answer(&self, round: RoundId, request: S::Request, to: SocketAddr) {
        if let Some(reply) = self.service.answer(request).await {
            let answer: Datagram<S::Request, _> = Datagram::Answer { round, from: self.me, reply };
            send(&self.socket, &answer, to).await;
        }
    }
}

/// Sends a value as one datagram. To a protocol a failure is one more lost datagram.
pub(crate) async fn send<T: Serialize>(socket: &UdpSocket, value: &T, to: impl Address) {
    let sent = match serde_json::to_vec(value) {
        Ok(bytes) => to.send(socket, &bytes).await,
        Err(error) => Err(error.into()),
    };
    if let Err(error) = sent {
        tracing::warn!(%error, "a datagram could not be sent");
    }
}

/// The other nodes of the group by their number.
pub(crate) fn others(node: &NodeCtx) -> BTreeMap<NodeId, String> {
    (0..).zip(node.nodes()).filter(|(id, _)| *id != node.id).collect()
}

/// Where a datagram goes: a known address, or a node's name.
pub(crate) trait Address {
    fn send(self, socket: &UdpSocket, bytes: &[u8]) -> impl Future<Output = io::Result<usize>>;
}

impl Address for SocketAddr {
    async fn send(self, socket: &UdpSocket, bytes: &[u8]) -> io::Result<usize> {
        socket.send_to(bytes, self).await
    }
}

impl Address for (&str, u16) {
    async fn send(self, socket: &UdpSocket, bytes: &[u8]) -> io::Result<usize> {
        socket.send_to(bytes, self).await
    }
}

/// What happened in a round.
pub(crate) enum Heard<R> {
    /// A replica answered, for the first time in this round unless it was asked again.
    Reply(NodeId, R),
    /// Nothing new came for a while; whoever is silent was asked again.
    Silence,
}

/// A round of the same request to every replica. It ends when it is dropped.
pub(crate) struct Round<S: Service> {
    peers: Rc<Peers<S>>,
    id: RoundId,
    request: S::Request,
    replies: mpsc::UnboundedReceiver<(NodeId, S::Reply)>,
    answered: BTreeSet<NodeId>,
    begun: bool,
    /// How many others are asked at once when the round begins.
    asked_first: usize,
    others: Others,
    /// Whether this node's own service is asked, too.
    asks_itself: bool,
}

impl<S: Service> Round<S> {
    /// Waits for the next reply. The first is this node's own.
    pub(crate) async fn next(&mut self) -> Heard<S::Reply> {
        if !self.begun {
            self.begun = true;
            self.send_to(self.asked_first).await;
            let me = self.peers.me;
            if self.asks_itself
                && let Some(reply) = self.peers.service.answer(self.request.clone()).await
            {
                self.answered.insert(me);
                return Heard::Reply(me, reply);
            }
        }
        loop {
            match time::timeout(REPEAT_EVERY, self.replies.recv()).await {
                Ok(Some((from, reply))) if self.answered.insert(from) => {
                    return Heard::Reply(from, reply);
                }
                Ok(_) => {}
                Err(_) => {
                    self.send_to(self.others.len()).await;
                    return Heard::Silence;
                }
            }
        }
    }

    /// Asks one replica something else within this round; its next reply counts again.
    pub(crate) async fn ask_again(&mut self, replica: NodeId, request: S::Request) {
        self.answered.remove(&replica);
        if let Some(name) = self.others.get(&replica) {
            let ask: Datagram<_, S::Reply> = Datagram::Ask { round: self.id, request };
            send(&self.peers.socket, &ask, (name.as_str(), PEER_PORT)).await;
        }
    }

    /// Sends the request to so many others that have not answered.
    async fn send_to(&self, count: usize) {
        let request = self.request.clone();
        let ask: Datagram<_, S::Reply> = Datagram::Ask { round: self.id, request };
        let others = &self.others;
        let turn = self.peers.turn() % others.len().max(1);
        let in_turn = others.iter().cycle().skip(turn).take(others.len());
        for (_, name) in in_turn.filter(|(id, _)| !self.answered.contains(id)).take(count) {
            send(&self.peers.socket, &ask, (name.as_str(), PEER_PORT)).await;
        }
    }
}

impl<S: Service> Drop for Round<S> {
    fn drop(&mut self) {
        self.peers.waiting.borrow_mut().remove(&self.id);
    }
}
