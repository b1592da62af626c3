//! The register's messages in words, for the message journal.

use super::message::{Answer, Operation, Reply, Request, Versioned};
use super::tag::Tag;
use crate::wire::{decode_line, decode_round, name_of};
use testimony::history::{Decoded, Message, MessageKind};
use testimony::model::Value;

/// What a message is about.
pub(crate) fn decode(message: &Message, payload: &[u8]) -> Option<Decoded> {
    match message.kind {
        MessageKind::Udp => decode_round(message, payload, asked, answered),
        MessageKind::Data => decode_line(message, payload, wanted, told),
        _ => None,
    }
}

fn asked(request: Request) -> Decoded {
    match request {
        Request::Query { key } => query(key),
        Request::Store { key, version } => store(key, &version),
    }
}

fn answered(reply: Reply) -> Decoded {
    match reply {
        Reply::Holds(version) => holds(&version),
        Reply::Stored => stored(),
    }
}

/// A replica is asked what it holds.
pub(crate) fn query(key: String) -> Decoded {
    Decoded::new(format!("query {key}")).key(key)
}

/// A replica is told a version.
pub(crate) fn store(key: String, Versioned { tag, value }: &Versioned) -> Decoded {
    let (words, json) = (words(value.as_ref()), json(value.as_ref()));
    Decoded::new(format!("store {key} = {words} ({})", version(*tag))).key(key).value(json)
}

/// A replica says what it holds.
pub(crate) fn holds(Versioned { tag, value }: &Versioned) -> Decoded {
    let (words, json) = (words(value.as_ref()), json(value.as_ref()));
    Decoded::new(format!("holds {words} ({})", version(*tag))).value(json)
}

/// A replica has stored what it was told.
pub(crate) fn stored() -> Decoded {
    Decoded::new("stored")
}

/// What a client wants of a register.
pub(crate) fn wanted(operation: Operation) -> Decoded {
    match operation {
        Operation::Read { key } => Decoded::new(format!("read {key}")).key(key),
        Operation::Write { key, value } => {
            let (words, json) = (words(Some(&value)), json(Some(&value)));
            Decoded::new(format!("write {key} = {words}")).key(key).value(json)
        }
    }
}

/// What a client is told.
pub(crate) fn told(answer: Answer) -> Decoded {
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
        timestamp => format!("version {timestamp} of {}", name_of(tag.write.node)),
    }
}

#[cfg(test)]
mod tests {
    use super::decode;
    use testimony::history::{Decoded, Message};

    fn message(kind: &str, to: &str) -> Message {
        let line = format!(
            r#"{{"id":0,"from":"n2","to":"{to}","kind":"{kind}","bytes":0,"sent_ns":0,"fate":"held"}}"#
        );
        serde_json::from_str(&line).expect("a message")
    }

    /// Goal: a segment with a part of a line, with two, or with another system's is not guessed at.
    #[test]
    fn only_whole_messages_are_decoded() {
        let segment = |payload: &str| decode(&message("data", "n1"), payload.as_bytes());
        let write = "{\"write\":{\"key\":\"x\",\"value\":\"a b\"}}\n";
        let expected = Decoded::new("write x = \"a b\"").key("x").value("\"a b\"");
        assert_eq!(segment(write), Some(expected));
        for other in [&write[..20], &format!("{write}{write}"), "", "\"written\"\n", "{}"] {
            assert_eq!(segment(other), None, "{other:?}");
        }
        let told = decode(&message("data", "clients"), b"{\"value\":null}\n");
        assert_eq!(told, Some(Decoded::new("value nothing").value("null")));
        assert_eq!(decode(&message("fin", "n1"), b""), None);
        let stored =
            br#"{"Answer":{"round":{"incarnation":1,"number":7},"from":2,"reply":"stored"}}"#;
        let expected = Decoded::new("stored").topic("n1 1.7");
        assert_eq!(decode(&message("udp", "n1"), stored), Some(expected));
    }
}
