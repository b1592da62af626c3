//! The simulated world: hosts that run, stop and start again, and time that goes by in steps.

use super::escapes::Escapes;
use super::network::{Network, StableKey};
use crate::plane::{Change, Plane};
use crate::{Config, Draw, Fault, PlannedFault};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};
use testimony_history::Message;
use testimony_net::tasks::{self, Guarded, begin_step};
use testimony_net::{clocks, wire};

/// The software of a host. What it ends with is kept; the simulation goes on without it.
pub(crate) type HostFuture = Pin<Box<dyn Future<Output = End>>>;

/// How the software of a host ended.
pub(crate) enum End {
    /// It has nothing more to do; the tasks it started go on.
    Done,
    /// It gave up for this reason: the process is gone, and its tasks with it.
    Failed(String),
}

/// The hosts whose software ended by itself since they were asked for last, with the reason.
type Exits = Rc<RefCell<Vec<(u16, Option<String>)>>>;

/// The virtual wall clock at the beginning of every run: 2026-01-01 00:00 UTC.
pub(crate) const EPOCH: Duration = Duration::from_secs(1_767_225_600);

/// Segments of a stream, connections that wait, datagrams that wait: more than any test needs,
/// because turmoil panics when the first two run over.
const CAPACITY: usize = 65_536;

/// Hosts, network and time.
pub(crate) struct World<'a> {
    sim: turmoil::Sim<'a>,
    network: Network,
    plane: Plane,
    exits: Exits,
    hosts: Vec<String>,
    frozen: BTreeSet<u16>,
    escapes: Escapes,
    /// Paused hosts, each with how many tasks of its runtime go on.
    unfrozen: Vec<(u16, usize)>,
    now_ms: u64,
    /// How many events the history has.
    events: Rc<Cell<u32>>,
}

impl<'a> World<'a> {
    /// A world without hosts. `hosts` are the names of those that will be added, in order.
    pub(crate) fn new(
        seed: u64,
        config: &Config,
        hosts: Vec<String>,
        stable_key: Option<StableKey>,
    ) -> World<'a> {
        let mut builder = turmoil::Builder::new();
        builder
            .rng_seed(seed)
            .epoch(SystemTime::UNIX_EPOCH + EPOCH)
            .tick_duration(Duration::from_millis(1))
            .min_message_latency(Duration::from_millis(1))
            .simulation_duration(Duration::MAX)
            .tcp_capacity(CAPACITY)
            .udp_capacity(CAPACITY);
        let draw = Draw::new(seed);
        let hash = draw.clone();
        let connect_max = Duration::from_millis(config.stream_max_ms.into());
        wire::begin(connect_max, Rc::new(move |parts| hash.content(parts)));
        let network = Network::new(draw, config, &hosts, stable_key);
        let plane = Plane::new(hosts.clone());
        let exits = Exits::default();
        tasks::thaw_all();
        clocks::set_right();
        let escapes = Escapes::new(hosts.len());
        World {
            sim: builder.build(),
            network,
            plane,
            exits,
            hosts,
            frozen: BTreeSet::new(),
            escapes,
            unfrozen: Vec::new(),
            now_ms: 0,
            events: Rc::default(),
        }
    }

    /// Counts the events of the history by this, so that each message knows its place among them.
    pub(crate) fn with_events(self, events: Rc<Cell<u32>>) -> World<'a> {
        World { events, ..self }
    }

    /// Whether the system can decode payloads: then the journal keeps more of them.
    pub(crate) fn set_decodes(&mut self, decodes: bool) {
        self.network.set_decodes(decodes);
    }

    /// Adds the next host, which comes later; see [`World::add_host`].
    pub(crate) fn add_absent(&mut self, number: u16, start: impl Fn() -> HostFuture + 'a) {
        self.plane.set_absent(number, true);
        self.add_host(number, start);
        self.stop(number);
    }

    /// Adds the next host; `start` makes its software, again after each crash.
    pub(crate) fn add_host(&mut self, number: u16, start: impl Fn() -> HostFuture + 'a) {
        let exits = Rc::clone(&self.exits);
        let name = self.hosts[usize::from(number)].clone();
        let begun = Rc::new(Cell::new(!self.is_absent(number)));
        let enter = self.escapes.enter(number);
        self.sim.host(name, move || {
            enter();
            let exits = Rc::clone(&exits);
            // The simulator makes the software of a host at once, also of one that comes later.
            let software: HostFuture = match begun.replace(true) {
                true => start(),
                false => Box::pin(std::future::pending()),
            };
            let software = Software(Some(Guarded::of_host(number, software)));
            async move {
                match software.await {
                    Some(End::Done) => {}
                    Some(End::Failed(why)) => exits.borrow_mut().push((number, Some(why))),
                    None => exits.borrow_mut().push((number, None)),
                }
                // A host whose software has returned would be frozen with all its tasks.
                std::future::pending().await
            }
        });
    }

    /// Puts all links on hold: to be called once, when all hosts are there.
    pub(crate) fn hold_links(&mut self) {
        for (at, a) in self.hosts.iter().enumerate() {
            for b in &self.hosts[at + 1..] {
                self.sim.hold(a.as_str(), b.as_str());
            }
        }
        let addresses = self.hosts.iter().map(|name| self.sim.lookup(name.as_str()));
        self.network.set_addresses(addresses.collect());
    }

    /// Virtual milliseconds since the run began.
    pub(crate) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Virtual time in nanoseconds since 1970, as a right wall clock shows it.
    pub(crate) fn since_1970_ns(&self) -> u64 {
        let since = EPOCH + Duration::from_millis(self.now_ms);
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }

    /// A fault begins.
    pub(crate) fn begin(&mut self, fault: &PlannedFault) -> Vec<Change> {
        let changes = self.plane.begin(fault);
        self.strike(&fault.fault);
        self.tell_wire(&fault.fault);
        let silently = matches!(fault.fault, Fault::PowerLoss { .. });
        changes.iter().for_each(|change| self.apply(*change, silently));
        changes
    }

    /// What a fault does once, when it begins.
    fn strike(&mut self, fault: &Fault) {
        for (from, to) in self.plane.pairs_of(fault) {
            match fault {
                Fault::Reset { .. } => self.network.reset_streams(from, to),
                Fault::HalfOpen { .. } => self.network.half_open_streams(from, to),
                _ => {}
            }
        }
    }

    /// Tells the sockets how their reads are cut.
    fn tell_wire(&self, fault: &Fault) {
        if let Fault::Resegment { .. } = fault {
            for (from, to) in self.plane.pairs_of(fault) {
                let (writes, reads) = (self.network.address(from), self.network.address(to));
                wire::set_chunk(writes, reads, self.plane.chunk(from, to));
            }
        }
    }

    /// A fault ends.
    pub(crate) fn end(&mut self, fault: &PlannedFault) -> Vec<Change> {
        let changes = self.plane.end(fault);
        self.tell_wire(&fault.fault);
        changes.iter().for_each(|change| self.apply(*change, false));
        changes
    }

    fn apply(&mut self, change: Change, silently: bool) {
        match change {
            Change::Down(host) => {
                if silently {
                    // What it has sent is under way; what its sockets say now is not.
                    self.network.observe(&self.sim, &self.plane, self.now_ms);
                    self.network.silence(host);
                }
                self.stop(host);
            }
            Change::Up(host) => self.start(host),
        }
    }

    /// A host is there from now on, or is not.
    pub(crate) fn set_absent(&mut self, host: u16, absent: bool) -> Option<Change> {
        let change = self.plane.set_absent(host, absent)?;
        self.apply(change, false);
        Some(change)
    }

    /// Whether a host is not there: not yet, or not any more.
    pub(crate) fn is_absent(&self, host: u16) -> bool {
        self.plane.is_absent(host)
    }

    /// Stops the software of a host.
    pub(crate) fn stop(&mut self, host: u16) {
        self.plane.set_stopped(host, true);
        self.sim.crash(self.hosts[usize::from(host)].as_str());
    }

    /// Starts the software of a host that was stopped.
    pub(crate) fn start(&mut self, host: u16) {
        self.plane.set_stopped(host, false);
        self.network.start(host);
        self.sim.bounce(self.hosts[usize::from(host)].as_str());
    }

    /// Lets a millisecond go by: delivers what is due, then runs every host. The error says why
    /// the simulator itself cannot go on.
    pub(crate) fn step(&mut self) -> Result<(), String> {
        self.network.step_begins(self.events.get());
        self.network.deliver(&self.sim, &self.plane, self.now_ms);
        if let Some(flood) = self.network.flood(self.now_ms) {
            return Err(flood);
        }
        self.freeze();
        begin_step();
        self.sim.step().map_err(|error| error.to_string())?;
        self.network.step_is_over(self.events.get());
        self.now_ms += 1;
        self.look_for_escapes();
        Ok(())
    }

    /// Counts the tasks of paused hosts that go on.
    fn look_for_escapes(&mut self) {
        for host in (0..).zip(&self.hosts).map(|(host, _)| host) {
            let paused = self.plane.is_paused(host) && !self.plane.is_stopped(host);
            let tasks = self.escapes.step(host, paused);
            self.unfrozen.extend(tasks.map(|tasks| (host, tasks)));
        }
    }

    /// Freezes and thaws hosts for this step.
    fn freeze(&mut self) {
        for host in (0..).zip(&self.hosts).map(|(host, _)| host) {
            match self.plane.is_frozen(host, self.now_ms) {
                true if self.frozen.insert(host) => tasks::freeze(host),
                false if self.frozen.remove(&host) => tasks::thaw(host),
                _ => {}
            }
        }
    }

    /// The frozen hosts that sent something all the same since the last call.
    pub(crate) fn take_escaped(&mut self) -> BTreeSet<u16> {
        self.network.take_escaped()
    }

    /// The paused hosts with tasks that no pause can freeze since the last call, and how many each has.
    pub(crate) fn take_unfrozen(&mut self) -> Vec<(u16, usize)> {
        std::mem::take(&mut self.unfrozen)
    }

    /// The hosts whose software gave up or panicked since the last call, with the reason where it
    /// was not a panic.
    pub(crate) fn take_exits(&mut self) -> Vec<(u16, Option<String>)> {
        self.exits.take()
    }

    /// How many messages were sent so far.
    pub(crate) fn sent(&self) -> usize {
        self.network.sent()
    }

    /// Whether no message is under way.
    pub(crate) fn is_still(&self) -> bool {
        self.network.is_still()
    }

    /// The message journal.
    pub(crate) fn into_messages(self) -> Vec<Message> {
        self.network.into_messages()
    }
}

/// The software of a host; `None` when it panicked. Its panic must not end the simulation.
struct Software(Option<Guarded<HostFuture>>);

impl Future for Software {
    type Output = Option<End>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<End>> {
        let Some(future) = &mut self.0 else { return Poll::Ready(None) };
        match catch_unwind(AssertUnwindSafe(|| Pin::new(&mut *future).poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(end)) => Poll::Ready(Some(end)),
            Err(_) => {
                // Polling it again would panic again.
                self.0 = None;
                Poll::Ready(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::When;
    use crate::fault::one_way;
    use testimony_history::Fate;
    use testimony_net::UdpSocket;
    use testimony_net::time::sleep;

    /// Sends ten numbered datagrams every millisecond.
    async fn flood(to: &'static str) -> End {
        let socket = UdpSocket::bind("0.0.0.0:9").await.expect("a free port");
        for number in 0_u32.. {
            let text = number.to_string();
            socket.send_to(text.as_bytes(), (to, 9)).await.expect("a link");
            if number % 10 == 9 {
                sleep(Duration::from_millis(1)).await;
            }
        }
        End::Done
    }

    fn flooded(cut: bool) -> World<'static> {
        let hosts = vec!["n1".to_owned(), "n2".to_owned()];
        let mut world = World::new(1, &Config::new(2, 1), hosts, None);
        world.add_host(0, || Box::pin(flood("n2")));
        world.add_host(1, || Box::pin(flood("n1")));
        world.hold_links();
        if cut {
            let fault = Fault::Cut { pairs: one_way(&["n1"], &["n2"]) };
            world.begin(&PlannedFault { id: 0, when: When::AtMs(0), lasts_ms: None, fault });
        }
        for _ in 0..500 {
            world.step().expect("a step");
        }
        world
    }

    #[test]
    fn a_flood_ends_the_run_and_names_who_sends_most() {
        let hosts = vec!["n1".to_owned(), "n2".to_owned()];
        let mut world = World::new(1, &Config::new(2, 1), hosts, None);
        world.add_host(0, || Box::pin(flood("n2")));
        world.add_host(1, || Box::pin(std::future::pending()));
        world.hold_links();
        world.network.set_held_max(12);
        let ended = (0..20).find_map(|_| world.step().err()).expect("a flood");
        assert!(ended.starts_with("n1 floods the network: 30 of the 30 messages"), "{ended}");
    }

    #[test]
    fn lost_messages_do_not_pile_up_though_the_other_direction_is_busy() {
        let world = flooded(true);
        assert!(world.network.held() < 200, "{} are held", world.network.held());
        let fates =
            |from: &str, messages: &[Message]| -> Vec<(Option<String>, Fate, Option<u64>)> {
                let of = messages.iter().filter(|message| message.from == from);
                of.map(|message| (message.text.clone(), message.fate, message.done_ns)).collect()
            };
        let (cut, free) = (world.into_messages(), flooded(false).into_messages());
        assert!(fates("n1", &cut).iter().all(|(_, fate, _)| *fate == Fate::Lost));
        assert!(fates("n1", &cut).len() > 4_900);
        assert_eq!(fates("n2", &cut), fates("n2", &free), "the other direction notices nothing");
    }
}
