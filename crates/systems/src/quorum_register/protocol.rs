//! The protocol's choices: those of the paper, and the ways to get them wrong.

/// How many replicas a phase waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Quorum {
    /// The coordinator's own replica is enough.
    One,
    /// More than half of them, so that any two quorums share a replica.
    Majority,
}

/// What a coordinator does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Protocol {
    /// How many replicas a read asks.
    pub(crate) read_quorum: Quorum,
    /// Whether a read stores what it found at a majority before it answers.
    pub(crate) write_back: bool,
    /// How many replicas a write asks for their tags.
    pub(crate) query_quorum: Quorum,
    /// How many replicas must have stored a write before it is acknowledged.
    pub(crate) write_quorum: Quorum,
    /// Whether tags name their write.
    pub(crate) writer_in_tag: bool,
}

impl Protocol {
    /// As in the paper.
    pub(crate) const ABD: Protocol = Protocol {
        read_quorum: Quorum::Majority,
        write_back: true,
        query_quorum: Quorum::Majority,
        write_quorum: Quorum::Majority,
        writer_in_tag: true,
    };
    /// M01.
    pub(crate) const NO_WRITE_BACK: Protocol = Protocol { write_back: false, ..Protocol::ABD };
    /// M02. Without the write-back too: it would hide the missing quorum from most clients.
    pub(crate) const READ_ONE: Protocol =
        Protocol { read_quorum: Quorum::One, write_back: false, ..Protocol::ABD };
    /// M03.
    pub(crate) const WRITE_ONE: Protocol = Protocol { write_quorum: Quorum::One, ..Protocol::ABD };
    /// M04.
    pub(crate) const NO_QUERY: Protocol = Protocol { query_quorum: Quorum::One, ..Protocol::ABD };
    /// M05.
    pub(crate) const NO_WRITER_ID: Protocol = Protocol { writer_in_tag: false, ..Protocol::ABD };
}
