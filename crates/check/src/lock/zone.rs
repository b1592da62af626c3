//! An order of blocks by their zones, as the values of a register have them ([`crate::zones`]).

use super::blocks::Block;

impl Block {
    /// Whether its owner certainly held the lock for a while: from its first end to its last start.
    fn is_forward(&self) -> bool {
        self.end() < self.start()
    }
}

/// An order of the blocks that respects real time, or the operations of two that are in each
/// other's way.
///
/// O(n log n). Forward zones must not overlap, so they have one order. A backward zone must not lie
/// strictly inside a forward one; it comes at its start, or, where that is inside a forward zone,
/// after that zone.
pub(super) fn order(blocks: &[Block]) -> Result<Vec<usize>, Vec<usize>> {
    let conflict = |one: usize, two: usize| {
        let (one, two) = (&blocks[one], &blocks[two]);
        [one.ends(), two.ends()].concat()
    };
    let mut forward: Vec<usize> =
        (0..blocks.len()).filter(|&block| blocks[block].is_forward()).collect();
    forward.sort_unstable_by_key(|&block| (blocks[block].end(), block));
    for pair in forward.windows(2) {
        if blocks[pair[1]].end() < blocks[pair[0]].start() {
            return Err(conflict(pair[0], pair[1]));
        }
    }
    let mut keyed = Vec::with_capacity(blocks.len());
    for (number, block) in blocks.iter().enumerate() {
        if block.is_forward() {
            keyed.push((block.end(), true, number));
            continue;
        }
        // Forward zones do not overlap, so the last that begins before this start also ends last.
        let begun = forward.partition_point(|&other| blocks[other].end() < block.start());
        let around = begun.checked_sub(1).map(|last| forward[last]);
        let key = match around {
            Some(other) if block.end() < blocks[other].start() => {
                return Err(conflict(other, number));
            }
            Some(other) => block.start().max(blocks[other].start()),
            None => block.start(),
        };
        keyed.push((key, false, number));
    }
    keyed.sort_unstable();
    Ok(keyed.into_iter().map(|(_, _, number)| number).collect())
}
