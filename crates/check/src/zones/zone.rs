//! The zones of chains, and an order of them.
//!
//! Chain A must come before chain B exactly when some operation of A returned before some operation
//! of B was called: when `f_A < s_B`. An order exists exactly when no two chains must both come
//! first: a longer circle always has a shorter one inside (its chain with the earliest `f` must
//! also come before its successor's successor).

use super::chains::Chain;

impl Chain {
    fn end(&self) -> i64 {
        self.first_end.0
    }

    fn start(&self) -> i64 {
        self.last_start.0
    }

    /// Whether its value was certainly the current one for a while: from its first end to its last
    /// start.
    fn is_forward(&self) -> bool {
        self.end() < self.start()
    }

    /// The positions whose ends make the zone.
    fn ends(&self) -> [u32; 2] {
        [self.first_end.1, self.last_start.1]
    }
}

/// An order of the chains that respects real time, or the ends of two that are in each other's way.
///
/// O(n log n). Forward zones must not overlap, so they have one order. A backward zone must not lie
/// strictly inside a forward one; it comes at its start, or, where that is inside a forward zone,
/// after that zone.
pub(super) fn order(chains: &[Chain]) -> Result<Vec<usize>, [u32; 4]> {
    let conflict = |one: usize, two: usize| {
        let ([a, b], [c, d]) = (chains[one].ends(), chains[two].ends());
        [a, b, c, d]
    };
    let is_forward = |&chain: &usize| chains[chain].is_forward();
    let mut forward: Vec<usize> = (0..chains.len()).filter(is_forward).collect();
    forward.sort_unstable_by_key(|&chain| (chains[chain].end(), chain));
    for pair in forward.windows(2) {
        if chains[pair[1]].end() < chains[pair[0]].start() {
            return Err(conflict(pair[0], pair[1]));
        }
    }
    let mut keyed = Vec::with_capacity(chains.len());
    for (number, chain) in chains.iter().enumerate() {
        if chain.is_forward() {
            keyed.push((chain.end(), true, number));
            continue;
        }
        // Forward zones do not overlap, so the last that begins before this start also ends last.
        let begun = forward.partition_point(|&other| chains[other].end() < chain.start());
        let around = begun.checked_sub(1).map(|last| forward[last]);
        let key = match around {
            Some(other) if chain.end() < chains[other].start() => {
                return Err(conflict(other, number));
            }
            Some(other) if chain.start() <= chains[other].start() => chains[other].start(),
            Some(_) | None => chain.start(),
        };
        keyed.push((key, false, number));
    }
    keyed.sort_unstable();
    Ok(keyed.into_iter().map(|(_, _, number)| number).collect())
}
