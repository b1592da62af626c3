//! What all systems' messages have in common when they are put into words for the message journal.

use super::Datagram;
use serde::de::DeserializeOwned;
use testimony::history::{CLIENTS_HOST, Decoded, Message};

/// A datagram between replicas in words. A round belongs to the one who asks, and to whom the answers
/// go.
pub(crate) fn decode_round<Q: DeserializeOwned, R: DeserializeOwned>(
    message: &Message,
    payload: &[u8],
    asked: impl Fn(Q) -> Decoded,
    answered: impl Fn(R) -> Decoded,
) -> Option<Decoded> {
    Some(match serde_json::from_slice(payload).ok()? {
        Datagram::Ask { round, request } => {
            asked(request).topic(format!("{} {round}", message.from))
        }
        Datagram::Answer { round, reply, .. } => {
            answered(reply).topic(format!("{} {round}", message.to))
        }
    })
}

/// A segment between a client and its node in words. A line is one segment as long as it is short; of a
/// longer one the parts are not decoded.
pub(crate) fn decode_line<O: DeserializeOwned, A: DeserializeOwned>(
    message: &Message,
    payload: &[u8],
    wanted: impl Fn(O) -> Decoded,
    told: impl Fn(A) -> Decoded,
) -> Option<Decoded> {
    match message.to == CLIENTS_HOST {
        true => serde_json::from_slice(payload).ok().map(told),
        false => serde_json::from_slice(payload).ok().map(wanted),
    }
}

/// The host name of a node by its number.
pub(crate) fn name_of(node: super::NodeId) -> String {
    format!("n{}", u32::from(node) + 1)
}
