//! The one order of everything that happened, and the places where it happened.

use crate::{JournalError, Mark};
use std::collections::BTreeMap;
use testimony_history::{CLIENTS_HOST, FaultEvent, Message};

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum What {
    /// A message was sent: its position in the journal.
    Sent(usize),
    /// A message arrived.
    Arrived(usize),
    /// An operation was called: its position among the operations.
    Called(usize),
    /// An operation returned.
    Returned(usize),
    /// A node lost its disk while it was down: it remembers nothing.
    Wiped,
}

/// A key of the order: events of the history that happened before, whether it is one of them, time,
/// arrivals before sends, position in its list.
type Place = (u32, bool, u64, bool, usize);

/// Something that happened somewhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    place: Place,
    pub(crate) lane: usize,
    pub(crate) what: What,
}

/// Where something happens in program order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Lane<'a> {
    Node(&'a str),
    Process(u32),
    /// A socket on the host of all clients, of which nobody knows whose it is.
    Socket(u16),
}

/// Everything that happened, in an order that agrees with happened before.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) events: Vec<Event>,
    pub(crate) lanes: usize,
    /// By message: where its sending and its arrival stand.
    pub(crate) sent: Vec<usize>,
    pub(crate) arrived: Vec<Option<usize>>,
    /// By operation: where its call and its return stand.
    pub(crate) called: Vec<usize>,
    pub(crate) returned: Vec<Option<usize>>,
}

impl Order {
    pub(crate) fn new(
        messages: &[Message],
        marks: &[Mark],
        faults: &[FaultEvent],
    ) -> Result<Order, JournalError> {
        let mut lanes = Lanes::default();
        let mut events = Vec::with_capacity(2 * (messages.len() + marks.len()));
        for (at, message) in messages.iter().enumerate() {
            push_message(&mut events, &mut lanes, at, message)?;
        }
        for (at, mark) in marks.iter().enumerate() {
            let lane = lanes.number(Lane::Process(mark.process.0));
            let event = |rank: u32, what| Event { place: (rank, true, 0, false, at), lane, what };
            events.push(event(mark.call.0, What::Called(at)));
            if mark.ret > mark.call && mark.ret != testimony_history::Rank::NEVER {
                events.push(event(mark.ret.0, What::Returned(at)));
            }
        }
        let nodes = faults.iter().filter(|fault| fault.begins && fault.name == "amnesia");
        let nodes: Vec<_> =
            nodes.filter_map(|fault| Some((fault.rank, node(&fault.detail)?))).collect();
        for (at, (rank, node)) in nodes.iter().enumerate() {
            let lane = lanes.number(Lane::Node(node));
            events.push(Event { place: (rank.0, true, 0, false, at), lane, what: What::Wiped });
        }
        events.sort_by_key(|event| event.place);
        Ok(Order::of(events, lanes.0.len(), messages.len(), marks.len()))
    }

    fn of(events: Vec<Event>, lanes: usize, messages: usize, marks: usize) -> Order {
        let (mut sent, mut arrived) = (vec![0; messages], vec![None; messages]);
        let (mut called, mut returned) = (vec![0; marks], vec![None; marks]);
        for (at, event) in events.iter().enumerate() {
            match event.what {
                What::Sent(message) => sent[message] = at,
                What::Arrived(message) => arrived[message] = Some(at),
                What::Called(mark) => called[mark] = at,
                What::Returned(mark) => returned[mark] = Some(at),
                What::Wiped => {}
            }
        }
        Order { events, lanes, sent, arrived, called, returned }
    }
}

/// The numbers of places.
#[derive(Default)]
struct Lanes<'a>(BTreeMap<Lane<'a>, usize>);

impl<'a> Lanes<'a> {
    fn number(&mut self, lane: Lane<'a>) -> usize {
        let next = self.0.len();
        *self.0.entry(lane).or_insert(next)
    }

    fn of_host(&mut self, host: &'a str, process: Option<u32>, port: Option<u16>) -> usize {
        self.number(match (host, process) {
            (CLIENTS_HOST, Some(process)) => Lane::Process(process),
            (CLIENTS_HOST, None) => Lane::Socket(port.unwrap_or_default()),
            _ => Lane::Node(host),
        })
    }
}

fn push_message<'a>(
    events: &mut Vec<Event>,
    lanes: &mut Lanes<'a>,
    at: usize,
    message: &'a Message,
) -> Result<(), JournalError> {
    let older = JournalError::Older(message.id);
    let Some(after) = message.sent_after else { return Err(older) };
    let (from, to) = message.ports.unzip();
    let sent = (after, false, message.sent_ns, true, at);
    let lane = lanes.of_host(&message.from, message.process, from);
    events.push(Event { place: sent, lane, what: What::Sent(at) });
    if !message.fate.arrived() {
        return Ok(());
    }
    let (Some(done_ns), Some(after)) = (message.done_ns, message.done_after) else {
        return Err(older);
    };
    let arrived = (after, false, done_ns, false, at);
    if arrived < sent {
        return Err(JournalError::Backwards(message.id));
    }
    let lane = lanes.of_host(&message.to, message.process, to);
    events.push(Event { place: arrived, lane, what: What::Arrived(at) });
    Ok(())
}

/// The node that a fault names.
fn node(detail: &str) -> Option<String> {
    let detail: serde_json::Value = serde_json::from_str(detail).ok()?;
    detail.get("node")?.as_str().map(str::to_owned)
}
