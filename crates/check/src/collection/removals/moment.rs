//! Moments: ranks of the history, and an order of what is placed at the same rank.

/// A rank with a number after it: 32 bits each. Everything that is placed has a moment of its own.
pub(super) type Moment = u64;

/// The first moment of a rank: right after a call.
pub(super) fn first(rank: u32) -> Moment {
    u64::from(rank) << 32
}

/// The last moment of a rank: right before a return.
pub(super) fn last(rank: u32) -> Moment {
    first(rank) | u64::from(u32::MAX)
}

/// The rank of a moment.
pub(super) fn rank(moment: Moment) -> u32 {
    u32::try_from(moment >> 32).unwrap_or(u32::MAX)
}
