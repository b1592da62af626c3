//! `quorum`: a city sells what a majority of the cities has put into their common log.
//!
//! Faults can strike at the points `promised` and `accepted` (an acceptor has it on disk and has not said
//! so), `prepared` (a majority has promised: that city leads from here on) and `chosen` (the slot is
//! decided, and only its proposer knows).

use super::message::Operation;
use super::paxos::{Acceptor, Ballot, Progress, Promise, Proposer, Reply, Request, TOLD_MAX};
use super::shop::{Batch, Shop};
use crate::wire::{CLIENT_PORT, Heard, Peers, Round, Service, records, serve_lines};
use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use testimony::net::{Disk, TcpListener, spawn_local, time};
use testimony::sim::NodeCtx;
use tokio::sync::{Mutex, Notify};

/// So long a customer waits for the majority.
const PATIENCE: Duration = Duration::from_millis(1_000);

/// How long a proposer whose ballot was refused leaves the field to the other, at most, and how
/// much longer after each further refusal.
const BACKOFF_MAX: Duration = Duration::from_millis(40);

/// The file of the promise.
const PROMISE: &str = "promise";

/// The acceptor of a city with its disk, and the shop that follows the log.
struct Replica {
    node: NodeCtx,
    disk: Disk,
    /// Locked while the disk is written: nothing is answered that is not on it.
    acceptor: Mutex<Acceptor<Batch>>,
    shop: Shop,
    /// Wakes the proposer: a customer has come, or a slot was decided.
    changed: Notify,
}

impl Replica {
    async fn restore(node: &NodeCtx, units: u32) -> io::Result<Replica> {
        let disk = node.disk();
        let mut log = Vec::new();
        while let Some(slot) = records::read(&disk, &slot_file(log.len())).await? {
            log.push(slot);
        }
        let promise: Option<Promise<Batch>> = records::read(&disk, PROMISE).await?;
        let shop = Shop::new(units);
        shop.apply(&log);
        let acceptor = Mutex::new(Acceptor::new(log, promise));
        Ok(Replica { node: node.clone(), disk, acceptor, shop, changed: Notify::new() })
    }

    async fn keep(&self, acceptor: &Acceptor<Batch>, slots_kept: usize) -> io::Result<()> {
        for (slot, batch) in acceptor.log().iter().enumerate().skip(slots_kept) {
            records::write(&self.disk, &slot_file(slot), batch).await?;
        }
        records::write(&self.disk, PROMISE, acceptor.promise()).await?;
        self.disk.sync().await
    }
}

fn slot_file(slot: usize) -> String {
    format!("slot-{slot}")
}

impl Service for Replica {
    type Request = Request<Batch>;
    type Reply = Reply<Batch>;

    async fn answer(&self, request: Request<Batch>) -> Option<Reply<Batch>> {
        let mut acceptor = self.acceptor.lock().await;
        let slots_kept = acceptor.log().len();
        let promise_kept = acceptor.promise().clone();
        let reply = acceptor.answer(request);
        if *acceptor.promise() != promise_kept {
            records::patiently(|| self.keep(&acceptor, slots_kept)).await;
        }
        if acceptor.log().len() > slots_kept {
            self.shop.apply(acceptor.log());
            self.changed.notify_waiters();
        }
        drop(acceptor);
        // What it says now is on its disk, and nobody has heard it.
        match &reply {
            Reply::Promised { .. } => self.node.point("promised").await,
            Reply::Accepted { .. } => self.node.point("accepted").await,
            _ => {}
        }
        Some(reply)
    }
}

/// Runs a city with so many units in all cities together, until it crashes.
pub(crate) async fn serve(node: NodeCtx, units: u32) -> io::Result<()> {
    let replica = records::patiently(|| Replica::restore(&node, units)).await;
    let peers = Peers::start(&node, replica).await?;
    let listener = TcpListener::bind(("0.0.0.0", CLIENT_PORT)).await?;
    let (city, incarnation) = (node.id, node.incarnation);
    let log = Log { peers: Rc::clone(&peers), node, round_heard: Cell::new(0) };
    spawn_local(async move { log.propose_for_ever().await });
    serve_lines(listener, move |operation: Operation| {
        let peers = Rc::clone(&peers);
        async move {
            let Replica { shop, changed, .. } = peers.service();
            let answer = shop.wait_for(city, incarnation, operation, PATIENCE);
            changed.notify_one();
            answer.await
        }
    })
    .await
}

/// The proposer of a city: gets the commands of its customers into the log, slot after slot.
///
/// A command is proposed for one slot at a time, and for the next one only when that is decided for
/// other commands. So it is decided at most once.
struct Log {
    peers: Rc<Peers<Replica>>,
    node: NodeCtx,
    /// The greatest round of a ballot of others.
    round_heard: Cell<u64>,
}

/// Ends the lead of a proposer when its attempt ends, however it does.
struct Leads<'n>(&'n NodeCtx);

impl Drop for Leads<'_> {
    fn drop(&mut self) {
        self.0.lead(false);
    }
}

/// How an attempt ended.
enum Attempt {
    /// The slot is decided, or nobody waits any more.
    Over,
    /// Another proposer is at it with a greater ballot.
    Refused,
}

impl Log {
    async fn propose_for_ever(&self) {
        let mut refusals = 0;
        loop {
            let changed = self.peers.service().changed.notified();
            let batch = self.peers.service().shop.waiting();
            if batch.is_empty() {
                changed.await;
                continue;
            }
            match self.attempt(batch).await {
                Attempt::Over => refusals = 0,
                Attempt::Refused => {
                    refusals += 1;
                    self.leave_the_field(refusals).await;
                }
            }
        }
    }

    /// Waits until the other proposer has decided the slot, but not for ever: it may have crashed.
    async fn leave_the_field(&self, refusals: u32) {
        let ids = [u64::from(self.node.incarnation), self.round_heard.get()];
        let most = BACKOFF_MAX * refusals.min(5);
        let most_ms = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        let wait = Duration::from_millis(1 + self.node.draw("backoff", &ids) % most_ms);
        let slots = self.peers.service().shop.slots_applied();
        let decided = async {
            while self.peers.service().shop.slots_applied() == slots {
                self.peers.service().changed.notified().await;
            }
        };
        let _ = time::timeout(wait, decided).await;
    }

    /// Tries to get these commands into the first slot that is not known to be decided.
    async fn attempt(&self, batch: Batch) -> Attempt {
        let replica = self.peers.service();
        let slot = replica.shop.slots_applied();
        let round = self.round_heard.get() + 1;
        self.round_heard.set(round);
        let ballot = Ballot { round, node: self.node.id, incarnation: self.node.incarnation };
        let mut proposer = Proposer::new(ballot, batch, self.peers.majority());
        let mut asked = self.ask(slot, &proposer);
        let mut phase = self.node.phase("prepare");
        let _leads = Leads(&self.node);
        while replica.shop.slots_applied() == slot {
            let progress = match asked.next().await {
                Heard::Reply(city, reply) => proposer.hear(city, reply),
                Heard::Silence if replica.shop.waiting().is_empty() => return Attempt::Over,
                Heard::Silence => Progress::Wait,
            };
            match progress {
                Progress::Wait => {}
                Progress::Next(_) => {
                    // A majority has promised it the slot: it leads until the attempt is over.
                    self.node.lead(true);
                    self.node.point("prepared").await;
                    phase = self.node.phase("accept");
                    asked = self.ask(slot, &proposer);
                }
                Progress::Chosen(batch) => {
                    self.node.point("chosen").await;
                    let news = decisions(slot, vec![batch]);
                    replica.answer(news.clone()).await;
                    self.peers.tell(news).await;
                }
                Progress::TooLate { from_slot, decided } => {
                    replica.answer(decisions(from_slot, decided)).await;
                }
                Progress::Refused(promised) => {
                    self.round_heard.set(promised.round.max(round));
                    return Attempt::Refused;
                }
                Progress::Teach { replica: city, length } => {
                    self.teach(&mut asked, city, length, slot, &proposer).await;
                }
            }
        }
        drop(phase);
        Attempt::Over
    }

    fn ask(&self, slot: usize, proposer: &Proposer<Batch>) -> Round<Replica> {
        let request = Request { from_slot: slot, decided: Vec::new(), ask: Some(proposer.ask()) };
        self.peers.ask(request)
    }

    /// Gives a city the decisions it lacks, together with the question. A city that lacks too many
    /// gets the first of them now and the next ones in the next attempts.
    async fn teach(
        &self,
        asked: &mut Round<Replica>,
        city: u16,
        length: usize,
        slot: usize,
        proposer: &Proposer<Batch>,
    ) {
        let acceptor = self.peers.service().acceptor.lock().await;
        let Some(lacking) = acceptor.log().get(length..slot) else { return };
        let decided: Vec<Batch> = lacking.iter().take(TOLD_MAX).cloned().collect();
        let ask = (decided.len() == lacking.len()).then(|| proposer.ask());
        drop(acceptor);
        let request = Request { from_slot: length, decided, ask };
        asked.ask_again(city, request).await;
    }
}

/// News without a question.
fn decisions(from_slot: usize, decided: Vec<Batch>) -> Request<Batch> {
    Request { from_slot, decided, ask: None }
}
