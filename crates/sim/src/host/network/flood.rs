//! When a run has too many messages to go on.
//!
//! The simulator keeps what is under way in queues that it walks at every send, and the journal keeps
//! every message. Code that sends without measure would make a run slower and larger without end.

use super::Network;

/// So many messages may be under way at once.
pub(super) const HELD_MAX: usize = 50_000;

/// So many messages may be sent in a run.
const SENT_MAX: usize = 1_000_000;

/// So many messages may be sent within a span of virtual time.
const SPAN_SENT_MAX: usize = 100_000;

/// The milliseconds of that span.
const SPAN_MS: u64 = 100;

impl Network {
    /// Why the run cannot go on, with the host that has sent most.
    pub(crate) fn flood(&mut self, now_ms: u64) -> Option<String> {
        if now_ms.is_multiple_of(SPAN_MS) {
            self.sent_before_span = self.messages.len();
        }
        let held = self.links.iter().map(|link| link.held.len()).sum::<usize>() + self.copies.len();
        let sent = self.messages.len();
        let in_span = sent - self.sent_before_span;
        if held <= self.held_max && in_span <= SPAN_SENT_MAX && sent <= SENT_MAX {
            return None;
        }
        let of = |host: &str| self.messages.iter().filter(|message| message.from == host).count();
        let counted = self.names.iter().map(|name| (of(name), name));
        // Of equal ones the first.
        let (most, name) = counted.rev().max_by_key(|(count, _)| *count)?;
        Some(format!(
            "{name} floods the network: {most} of the {sent} messages so far are its own, and {held} are \
             under way"
        ))
    }
}
