//! How the systems of this crate talk: JSON over TCP between a client and its node, JSON datagrams
//! between nodes; and what they keep on their disks.

mod counts;
mod decode;
mod lines;
mod peers;
pub(crate) mod records;

pub(crate) use counts::without_counts;
pub(crate) use decode::{decode_line, decode_round, name_of};
pub(crate) use lines::{Lines, Reached, reach, reach_port, serve_lines};
pub(crate) use peers::{
    DATAGRAM_BYTES_MAX, Datagram, Heard, NodeId, Peers, Round, Service, others, send,
};

/// The port on which nodes serve clients.
pub(crate) const CLIENT_PORT: u16 = 7000;

/// The port on which nodes talk to each other.
pub(crate) const PEER_PORT: u16 = 7001;
