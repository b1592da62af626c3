//! The message journal: what went over the simulated network.

use serde::{Deserialize, Serialize};

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
    /// It arrived, and is a copy that the network made of the message before it.
    Duplicated,
    /// It arrived with other bytes than it was sent with; the journal shows those that were sent.
    Corrupted,
}

/// One message (a datagram or a stream segment).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Message {
    /// Numbered in the order of sending.
    pub id: u32,
    /// Sending host.
    pub from: String,
    /// Receiving host.
    pub to: String,
    /// `udp`, or the kind of segment: `syn`, `data`, `fin`, `rst`.
    pub kind: String,
    /// Length of the payload in bytes.
    pub bytes: u32,
    /// The payload in words, where it is short printable text.
    pub text: Option<String>,
    /// Virtual time of sending in nanoseconds.
    pub sent_ns: u64,
    /// Virtual time of delivery (or loss) in nanoseconds.
    pub done_ns: Option<u64>,
    /// What became of it.
    pub fate: Fate,
}
