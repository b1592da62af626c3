//! A journal that can be asked.

use crate::force::Faults;
use crate::order::{Order, What};
use crate::seen::{Seen, words};
use crate::{JournalError, Mark, Why, sweep, why};
use serde::Serialize;
use std::collections::BTreeMap;
use testimony_history::{Decoded, FaultEvent, Message, OpId};

/// The messages of a run beside its operations and faults.
#[derive(Debug)]
pub struct Journal {
    pub(crate) messages: Vec<Message>,
    pub(crate) decoded: Vec<Option<Decoded>>,
    /// The keys of topics.
    topics: BTreeMap<String, String>,
    pub(crate) marks: Vec<Mark>,
    pub(crate) order: Order,
    /// By operation: the event with which it ended.
    ends: Vec<usize>,
    faults: Faults,
}

/// Everything that happened before an operation returned (or, where it never did, before the last that
/// its process heard).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Past {
    /// The messages that were sent before, by id.
    pub messages: Vec<u32>,
    /// The operations that were called before, without the one that was asked about.
    pub operations: Vec<OpId>,
}

impl Journal {
    /// A journal of these messages (in the order in which they were sent), operations (in the order of
    /// their calls) and faults. `decode` says what a message is about, where it can.
    ///
    /// O(n log n); O(n) for what a run recorded.
    ///
    /// # Errors
    ///
    /// A message does not know its place among the events, because an older version wrote it, or
    /// arrives before it was sent.
    pub fn new(
        messages: Vec<Message>,
        marks: Vec<Mark>,
        faults: &[FaultEvent],
        decode: impl Fn(&Message) -> Option<Decoded>,
    ) -> Result<Journal, JournalError> {
        let order = Order::new(&messages, &marks, faults)?;
        let ends = ends(&order, &messages, &marks);
        let decoded: Vec<_> = messages.iter().map(decode).collect();
        let of_topic = |decoded: &Decoded| Some((decoded.topic.clone()?, decoded.key.clone()?));
        let topics = decoded.iter().flatten().filter_map(of_topic).collect();
        let faults = Faults::new(faults);
        Ok(Journal { messages, decoded, topics, marks, order, ends, faults })
    }

    /// The messages, in the order in which they were sent.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// The operations, in the order of their calls.
    pub fn operations(&self) -> &[Mark] {
        &self.marks
    }

    /// The whole causal past of an operation. O(n).
    ///
    /// # Errors
    ///
    /// There is no such operation.
    pub fn past(&self, op: OpId) -> Result<Past, JournalError> {
        let at = self.find(op)?;
        let past = sweep::past(&self.order, &[self.end_of(at)]);
        let mut found = Past::default();
        for (event, inside) in self.order.events.iter().zip(past) {
            match event.what {
                What::Sent(message) if inside => found.messages.push(self.messages[message].id),
                What::Called(mark) if inside && mark != at => {
                    found.operations.push(self.marks[mark].id);
                }
                _ => {}
            }
        }
        found.messages.sort_unstable();
        Ok(found)
    }

    /// Why an operation answered what it did. O(n), and the answer has at most all messages.
    ///
    /// # Errors
    ///
    /// There is no such operation.
    pub fn why(&self, op: OpId) -> Result<Why, JournalError> {
        Ok(why::why(self, self.find(op)?))
    }

    /// The position of an operation.
    fn find(&self, op: OpId) -> Result<usize, JournalError> {
        self.marks.binary_search_by_key(&op, |mark| mark.id).map_err(|after| {
            let around = [after.checked_sub(1), Some(after)].into_iter().flatten();
            let around = around.filter_map(|at| self.marks.get(at)).map(|mark| mark.id);
            JournalError::NoOperation { op, near: around.min_by_key(|near| near.0.abs_diff(op.0)) }
        })
    }

    /// The event with which an operation ended: its return, or the last arrival before its process
    /// gave up, or its call.
    pub(crate) fn end_of(&self, mark: usize) -> usize {
        self.ends[mark]
    }

    /// The key that a message is about, where it says so or its topic does.
    pub(crate) fn key_of(&self, message: usize) -> Option<&str> {
        let decoded = self.decoded[message].as_ref()?;
        let of_topic = || self.topics.get(decoded.topic.as_ref()?).map(String::as_str);
        decoded.key.as_deref().or_else(of_topic)
    }

    /// Whether a message carries this value of this key, as its system says.
    pub(crate) fn carries(&self, message: usize, key: Option<&str>, value: &str) -> bool {
        let said = self.decoded[message].as_ref().and_then(|decoded| decoded.value.as_deref());
        said == Some(value)
            && (key.is_none() || self.key_of(message).is_none_or(|of| key == Some(of)))
    }

    /// A message as an answer shows it.
    pub(crate) fn seen(&self, at: usize) -> Seen {
        let message = self.messages[at].clone();
        let after = match message.fate.arrived() {
            true => None,
            false => message.done_after.or(message.sent_after.map(|after| after.saturating_add(1))),
        };
        let in_force = after.and_then(|after| self.faults.against(&message, after));
        Seen { words: words(&message, self.decoded[at].as_ref()), message, in_force }
    }

    pub(crate) fn seen_all(&self, mut messages: Vec<usize>) -> Vec<Seen> {
        messages.sort_unstable_by_key(|at| self.order.sent[*at]);
        messages.into_iter().map(|at| self.seen(at)).collect()
    }
}

/// Where each operation ended: at its return; without one, at the last arrival of a message at its
/// process before that gave up, else at its call.
fn ends(order: &Order, messages: &[Message], marks: &[Mark]) -> Vec<usize> {
    let ends = order.called.iter().zip(&order.returned);
    let mut ends: Vec<usize> = ends.map(|(called, returned)| returned.unwrap_or(*called)).collect();
    let mut latest: Vec<Option<usize>> = vec![None; order.lanes];
    for (at, event) in order.events.iter().enumerate() {
        match (event.what, latest[event.lane]) {
            (What::Called(mark), _) => latest[event.lane] = Some(mark),
            (What::Arrived(message), Some(mark))
                if order.returned[mark].is_none()
                    && messages[message].done_ns <= Some(marks[mark].ret_ns) =>
            {
                ends[mark] = at;
            }
            _ => {}
        }
    }
    ends
}
