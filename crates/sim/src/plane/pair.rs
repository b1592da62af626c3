//! What is broken on one directed pair of hosts.

/// The shares of all faults that are active on a pair.
#[derive(Clone, Default)]
pub(super) struct PairState {
    pub(super) cuts: u32,
    pub(super) lose: Vec<Loss>,
    pub(super) slow: Vec<Slow>,
}

/// A share of messages that is lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Loss {
    pub(crate) fault: u32,
    pub(crate) per_mille: u32,
}

/// A share of messages that takes longer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Slow {
    pub(crate) fault: u32,
    pub(crate) per_mille: u32,
    pub(crate) min_ms: u64,
    pub(crate) max_ms: u64,
}
