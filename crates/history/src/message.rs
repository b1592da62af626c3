//! The message journal: what went over the simulated network.
//!
//! Times are whole milliseconds, so they decide nothing among what happens within one. Each end of a
//! message therefore also says how many events of the history had happened: with the order of the
//! journal that places messages and events in one order (see [`Message::sent_after`]).

mod decoded;

pub use decoded::Decoded;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// The host on which all clients of a run live.
pub const CLIENTS_HOST: &str = "clients";

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It arrived.
    Delivered,
    /// It was lost: a cut link or random loss.
    Lost,
    /// It was still under way when the run ended.
    Held,
    /// It arrived, and is a copy that the network made of an earlier message.
    Duplicated,
    /// It arrived with other bytes than it was sent with; the journal shows those that were sent.
    Corrupted,
}

impl Fate {
    /// Whether something arrived.
    pub fn arrived(self) -> bool {
        matches!(self, Fate::Delivered | Fate::Duplicated | Fate::Corrupted)
    }
}

/// Why a message was lost.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// The direction was cut.
    Cut,
    /// By chance, as a fault of the link would have it.
    Chance,
    /// Its receiver was down.
    Down,
    /// Its sender had just lost its power.
    Power,
    /// The queue of a link with little bandwidth was full.
    Full,
    /// The connection was refused.
    Refused,
    /// Its stream was reset.
    Reset,
    /// The socket it went to was closed.
    Closed,
}

impl Loss {
    /// In words, after "lost: ".
    pub fn words(self) -> &'static str {
        match self {
            Loss::Cut => "the direction was cut",
            Loss::Chance => "by chance",
            Loss::Down => "its receiver was down",
            Loss::Power => "its sender had lost its power",
            Loss::Full => "the queue of the link was full",
            Loss::Refused => "the connection was refused",
            Loss::Reset => "its stream was reset",
            Loss::Closed => "the socket was closed",
        }
    }
}

/// What kind of message it is: a datagram, or a segment of a stream.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    /// A datagram.
    Udp,
    /// Opens a stream.
    Syn,
    /// Bytes of a stream: a segment may hold several frames of a protocol, or a part of one.
    Data,
    /// The end of one direction of a stream.
    Fin,
    /// Breaks a stream off.
    Rst,
}

impl MessageKind {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            MessageKind::Udp => "udp",
            MessageKind::Syn => "syn",
            MessageKind::Data => "data",
            MessageKind::Fin => "fin",
            MessageKind::Rst => "rst",
        }
    }
}

/// One message (a datagram or a stream segment).
///
/// The order of everything in a run: what has `after` = `c` comes after the history's event with index
/// `c - 1` and before the one with index `c`; among messages the time decides, in one millisecond
/// arrivals come before sends (what arrives is there before the hosts run), and then the id. What
/// [`Message::sent_after`] says is exact to the millisecond step in which its sender ran: the message
/// counts as sent at the end of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Message {
    /// Numbered in the order of sending.
    pub id: u32,
    /// Sending host.
    pub from: SmolStr,
    /// Receiving host.
    pub to: SmolStr,
    /// A datagram, or the kind of segment.
    pub kind: MessageKind,
    /// The ports it goes between, that of the sender first. Absent in journals of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<(u16, u16)>,
    /// The process of the history whose socket it left or reached, where one of its ends is a client
    /// that uses testimony's sockets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<u32>,
    /// How often the sender had been started before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub from_life: u32,
    /// How often the receiver had been started before, when it arrived.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub to_life: u32,
    /// Length of the payload in bytes.
    pub bytes: u32,
    /// The payload, where it is short printable text (it may end in a line end).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The payload in hexadecimal digits, where it is no such text and its system has a decoder; cut
    /// when it is long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hex: Option<String>,
    /// Of a copy: the message that it is a copy of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<u32>,
    /// Virtual time of sending in nanoseconds.
    pub sent_ns: u64,
    /// How many events of the history had happened when it was sent. Absent in journals of older
    /// versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_after: Option<u32>,
    /// Virtual time of delivery (or loss) in nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_ns: Option<u64>,
    /// How many events of the history had happened when it arrived (or was lost).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_after: Option<u32>,
    /// What became of it.
    pub fate: Fate,
    /// Why it was lost, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Loss>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Message {
    /// The whole payload, where the journal kept it. O(its length).
    pub fn payload(&self) -> Option<Vec<u8>> {
        let kept = match (&self.text, &self.hex) {
            (Some(text), _) => text.as_bytes().to_vec(),
            (None, Some(hex)) => from_hex(hex)?,
            (None, None) => return None,
        };
        (u32::try_from(kept.len()) == Ok(self.bytes)).then_some(kept)
    }
}

/// Bytes as hexadecimal digits.
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let digit =
        |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    if rest.is_empty() { bytes.collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_go_there_and_back() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(from_hex(&to_hex(&all)), Some(all));
        assert_eq!(from_hex("0"), None);
        assert_eq!(from_hex("0g"), None);
        assert_eq!(from_hex("é"), None);
    }

    #[test]
    fn lines_of_older_versions_are_read_and_lack_what_they_lack() {
        let line = r#"{"id":3,"from":"n1","to":"n2","kind":"udp","bytes":2,"text":"hi","sent_ns":1000000,"done_ns":null,"fate":"held"}"#;
        let message: Message = serde_json::from_str(line).expect("a line of an older version");
        assert_eq!((message.ports, message.sent_after, message.process), (None, None, None));
        assert_eq!(message.payload(), Some(b"hi".to_vec()));
        let again = serde_json::to_string(&message).expect("a line");
        assert_eq!(serde_json::from_str::<Message>(&again).expect("the same"), message);
    }

    #[test]
    fn a_payload_that_was_cut_is_none() {
        let line = r#"{"id":3,"from":"n1","to":"n2","kind":"udp","bytes":3,"hex":"0001","sent_ns":1,"fate":"held"}"#;
        let message: Message = serde_json::from_str(line).expect("a line");
        assert_eq!(message.payload(), None);
        assert_eq!(Message { bytes: 2, ..message }.payload(), Some(vec![0, 1]));
    }
}
