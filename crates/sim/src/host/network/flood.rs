//! When a run has too many messages to go on.
//!
//! The simulator keeps what is under way in queues that it walks at every send, and the journal keeps
//! every message. Code that sends without measure would make a run slower and larger without end.

use super::Network;

/// So many messages may be under way at once.
pub(super) const HELD_MAX: usize = 50_000;

/// So many messages may be sent in a run.
pub(super) const SENT_MAX: usize = 1_000_000;

impl Network {
    /// Why the run cannot go on, with the host that has sent most.
    pub(crate) fn flood(&self) -> Option<String> {
        let held = self.links.iter().map(|link| link.held.len()).sum::<usize>() + self.copies.len();
        let sent = self.messages.len();
        if held <= self.held_max && sent <= SENT_MAX {
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
