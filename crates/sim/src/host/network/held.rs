//! A message on hold, the link it waits on, and how the journal shows its payload.

use std::net::SocketAddr;
use testimony_history::{MessageKind as Kind, to_hex};
use turmoil::{Protocol, Segment};

/// The longest payload that the journal shows as text.
const TEXT_BYTES_MAX: usize = 200;

/// The longest payload that it keeps whole for a decoder.
const DECODED_BYTES_MAX: usize = 1_024;

/// What is held on a link, in the order of turmoil's queue.
pub(super) struct Link {
    /// The hosts at its ends.
    pub(super) ends: (u16, u16),
    pub(super) held: Vec<Held>,
}

/// A message on hold.
#[derive(Clone, Copy)]
pub(super) struct Held {
    /// Its number in the journal.
    pub(super) id: u32,
    pub(super) from: u16,
    pub(super) to: u16,
    pub(super) kind: Kind,
    /// The sockets it goes between.
    pub(super) sockets: (SocketAddr, SocketAddr),
    /// It is let go at this time.
    pub(super) due_ms: u64,
    /// How often it was sent again.
    pub(super) tries: u32,
    /// It is lost and only waits to be removed from turmoil's queue.
    pub(super) lost: bool,
    /// Since when it does not get through.
    pub(super) blocked_ms: Option<u64>,
    /// So many later ones go before it,
    pub(super) overtakers: u32,
    /// unless it has waited until this time.
    pub(super) patient_ms: u64,
    /// It waits for bandwidth;
    pub(super) capped: bool,
    /// without that it would be due at this time.
    pub(super) uncapped_ms: u64,
}

impl Held {
    /// A message that is due at this time, if nothing comes between.
    pub(super) fn new(
        id: u32,
        (from, to): (u16, u16),
        kind: Kind,
        sockets: (SocketAddr, SocketAddr),
        due_ms: u64,
    ) -> Held {
        Held {
            id,
            from,
            to,
            kind,
            sockets,
            due_ms,
            tries: 0,
            lost: false,
            blocked_ms: None,
            overtakers: 0,
            patient_ms: 0,
            capped: false,
            uncapped_ms: 0,
        }
    }
}

/// The kind and the payload of a message.
pub(super) fn parts(protocol: &Protocol) -> (Kind, &[u8]) {
    match protocol {
        Protocol::Udp(datagram) => (Kind::Udp, &datagram.0),
        Protocol::Tcp(Segment::Syn(_)) => (Kind::Syn, &[]),
        Protocol::Tcp(Segment::Data(_, payload)) => (Kind::Data, payload),
        Protocol::Tcp(Segment::Fin(_)) => (Kind::Fin, &[]),
        Protocol::Tcp(Segment::Rst) => (Kind::Rst, &[]),
    }
}

/// The payload as text, where it is one and short. A line end at its end is no control character.
pub(super) fn printable(payload: &[u8], decoded: bool) -> Option<String> {
    let bytes_max = if decoded { DECODED_BYTES_MAX } else { TEXT_BYTES_MAX };
    if payload.is_empty() || payload.len() > bytes_max {
        return None;
    }
    let text = std::str::from_utf8(payload).ok()?;
    let line = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    (!line.chars().any(char::is_control)).then(|| text.to_owned())
}

/// The payload for a decoder that will read it later, where it is no text.
pub(super) fn hexadecimal(payload: &[u8]) -> Option<String> {
    let kept = &payload[..payload.len().min(DECODED_BYTES_MAX)];
    (!kept.is_empty()).then(|| to_hex(kept))
}
