//! A message as an answer shows it.

use serde::Serialize;
use testimony_history::{Decoded, Message, MessageKind};

/// A fault that was in force.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct InForce {
    /// Its id in the plan.
    pub fault: u32,
    /// Its kind.
    pub name: String,
    /// In words.
    pub label: String,
}

/// A message with what is known about it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Seen {
    /// As the journal has it.
    #[serde(flatten)]
    pub message: Message,
    /// What it says: in the words of its system, or as it is where it is text, or its length.
    pub words: String,
    /// The fault that was in force where it was lost, or where it had not arrived in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_force: Option<InForce>,
}

/// What a message says, as well as that can be told.
pub(crate) fn words(message: &Message, decoded: Option<&Decoded>) -> String {
    if let Some(decoded) = decoded {
        return decoded.words.clone();
    }
    match (&message.text, message.kind) {
        (Some(text), _) => text.trim_end().to_owned(),
        (None, MessageKind::Syn) => "opens a stream".to_owned(),
        (None, MessageKind::Fin) => "ends a stream".to_owned(),
        (None, MessageKind::Rst) => "breaks a stream off".to_owned(),
        (None, MessageKind::Data) if message.bytes == 1 => "1 byte of a stream".to_owned(),
        (None, MessageKind::Data) => format!("{} bytes of a stream", message.bytes),
        (None, MessageKind::Udp) => format!("{} bytes", message.bytes),
    }
}
