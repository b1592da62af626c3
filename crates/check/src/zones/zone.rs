//! The zones of chains, and an order of them.
//!
//! Chain A must come before chain B exactly when some operation of A returned before some operation
//! of B was called: when `f_A < s_B`. An order exists exactly when no two chains must both come
//! first: a longer circle always has a shorter one inside (its chain with the earliest `f` must
//! also come before its successor's successor).

use super::chains::Chain;
use super::sorted::{Keyed, sort};

impl Chain {
    fn end(&self) -> u32 {
        self.first_end.0
    }

    fn start(&self) -> u32 {
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
/// O(n) beside the sorting. Forward zones must not overlap, so they have one order. A backward zone
/// must not lie strictly inside a forward one; it comes at its start, or, where that is inside a
/// forward zone, after that zone.
pub(super) fn order(chains: &[Chain]) -> Result<Vec<u32>, [u32; 4]> {
    let at = |chain: u32| &chains[chain as usize];
    let conflict = |one: u32, two: u32| {
        let ([a, b], [c, d]) = (at(one).ends(), at(two).ends());
        [a, b, c, d]
    };
    let (mut forward, mut backward): (Vec<Keyed>, Vec<Keyed>) = (Vec::new(), Vec::new());
    for (chain, number) in chains.iter().zip(0_u32..) {
        match chain.is_forward() {
            true => forward.push((chain.end(), number)),
            false => backward.push((chain.start(), number)),
        }
    }
    sort(&mut forward);
    for pair in forward.windows(2) {
        if pair[1].0 < at(pair[0].1).start() {
            return Err(conflict(pair[0].1, pair[1].1));
        }
    }
    sort(&mut backward);
    let mut order = Vec::with_capacity(chains.len());
    let (mut begun, mut wrong): (usize, Option<(u32, u32)>) = (0, None);
    // Both by their keys, where the keys of backward zones rise with their starts.
    let mut waiting = forward.iter().map(|&(_, number)| number).peekable();
    for &(start, number) in &backward {
        while forward.get(begun).is_some_and(|&(end, _)| end < start) {
            begun += 1;
        }
        // Forward zones do not overlap, so the last that begins before this start also ends last.
        let around = begun.checked_sub(1).map(|last| forward[last].1);
        let key = match around {
            Some(other) if at(number).end() < at(other).start() => {
                // Of several the one with the first write is told.
                wrong = wrong.min(Some((number, other))).or(Some((number, other)));
                continue;
            }
            Some(other) => start.max(at(other).start()),
            None => start,
        };
        while let Some(first) = waiting.next_if(|&other| at(other).end() < key) {
            order.push(first);
        }
        order.push(number);
    }
    order.extend(waiting);
    wrong.map_or(Ok(order), |(number, other)| Err(conflict(other, number)))
}
