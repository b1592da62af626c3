//! The causal past, on journals made by hand and by chance.

mod closure;
mod hostile;
mod story;

use crate::{Ended, Mark};
use testimony_history::{CLIENTS_HOST, Fate, Message, MessageKind, OpId, Process, Rank};

/// A datagram that is under way: sent at this time, after so many events.
pub(super) fn message(id: u32, from: &str, to: &str, sent_ms: u64, after: u32) -> Message {
    Message {
        id,
        from: from.into(),
        to: to.into(),
        kind: MessageKind::Udp,
        ports: Some((7_000, 7_000)),
        process: None,
        from_life: 0,
        to_life: 0,
        bytes: 1,
        text: Some("?".to_owned()),
        hex: None,
        copy_of: None,
        sent_ns: sent_ms * 1_000_000,
        sent_after: Some(after),
        done_ns: None,
        done_after: None,
        fate: Fate::Held,
        lost: None,
    }
}

/// The same, of a client process.
pub(super) fn of_client(process: u32, message: Message) -> Message {
    assert!([&message.from, &message.to].iter().any(|host| *host == CLIENTS_HOST));
    Message { process: Some(process), ..message }
}

/// The same, with this end.
pub(super) fn done(message: Message, fate: Fate, ms: u64, after: u32) -> Message {
    Message { fate, done_ns: Some(ms * 1_000_000), done_after: Some(after), ..message }
}

/// An operation of a process, from one rank to another, a millisecond each.
pub(super) fn mark(process: u32, call: u32, ret: u32, words: &str) -> Mark {
    Mark {
        id: OpId(call),
        process: Process(process),
        call: Rank(call),
        ret: Rank(ret),
        call_ns: u64::from(call) * 1_000_000,
        ret_ns: u64::from(ret) * 1_000_000,
        words: words.to_owned(),
        ended: Ended::Ok("ok".to_owned()),
        key: None,
        wrote: None,
        read: None,
    }
}
