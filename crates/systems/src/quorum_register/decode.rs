//! The register's messages in words, for the message journal.

use super::message::{Answer, Operation, Reply, Request, Versioned};
use super::tag::Tag;
use crate::wire::Datagram;
use testimony::history::{CLIENTS_HOST, Decoded, Message, MessageKind};
use testimony::model::Value;

/// What a message is about. A round belongs to its coordinator: the one who asks, and to whom the
/// answers go.
pub(crate) fn decode(message: &Message, payload: &[u8]) -> Option<Decoded> {
    match message.kind {
        MessageKind::Udp => match serde_json::from_slice(payload).ok()? {
            Datagram::Ask { round, request } => {
                Some(asked(request).topic(format!("{} {round}", message.from)))
            }
            Datagram::Answer { round, reply, .. } => {
                Some(answered(reply).topic(format!("{} {round}", message.to)))
            }
        },
        // A line is one segment as long as it is short; of a longer one the parts are not decoded.
        MessageKind::Data if message.to == CLIENTS_HOST => {
            serde_json::from_slice(payload).ok().map(told)
        }
        MessageKind::Data => serde_json::from_slice(payload).ok().map(wanted),
        _ => None,
    }
}

fn asked(request: Request) -> Decoded {
    match request {
        Request::Query { key } => Decoded::new(format!("query {key}")).key(key),
        Request::Store { key, version: Versioned { tag, value } } => {
            let (words, json) = (words(value.as_ref()), json(value.as_ref()));
            Decoded::new(format!("store {key} = {words} ({})", version(tag))).key(key).value(json)
        }
    }
}

fn answered(reply: Reply) -> Decoded {
    match reply {
        Reply::Holds(Versioned { tag, value }) => {
            let (words, json) = (words(value.as_ref()), json(value.as_ref()));
            Decoded::new(format!("holds {words} ({})", version(tag))).value(json)
        }
        Reply::Stored => Decoded::new("stored"),
    }
}

fn wanted(operation: Operation) -> Decoded {
    match operation {
        Operation::Read { key } => Decoded::new(format!("read {key}")).key(key),
        Operation::Write { key, value } => {
            let (words, json) = (words(Some(&value)), json(Some(&value)));
            Decoded::new(format!("write {key} = {words}")).key(key).value(json)
        }
    }
}

fn told(answer: Answer) -> Decoded {
    match answer {
        Answer::Value(value) => {
            let (words, json) = (words(value.as_ref()), json(value.as_ref()));
            Decoded::new(format!("value {words}")).value(json)
        }
        Answer::Written => Decoded::new("written"),
        Answer::NoQuorum => Decoded::new("no quorum"),
    }
}

fn words(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

fn json(value: Option<&Value>) -> String {
    // Numbers and texts can always be written.
    serde_json::to_string(&value).unwrap_or_default()
}

/// `version 3 of n1`.
fn version(tag: Tag) -> String {
    match tag.timestamp {
        0 => "version 0".to_owned(),
        timestamp => format!("version {timestamp} of n{}", u32::from(tag.write.node) + 1),
    }
}
