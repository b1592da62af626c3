//! Chains: values linked by swaps, whose operations stand together in any order.

use super::cluster::Clusters;
use super::fit::{Accesses, INITIAL, Kind, NEVER, NONE, One, Value};

/// Before every rank: when the initial value was written.
const BEGINNING: u32 = 0;

/// A chain, with the two of its ends that its zone is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain {
    /// Its first value.
    head: Value,
    /// How many swaps link its values.
    swaps: u32,
    /// The earliest end of its operations, and whose it is.
    pub(super) first_end: (u32, u32),
    /// The latest start of its operations, and whose it is.
    pub(super) last_start: (u32, u32),
}

/// The chains of what happened. An error names positions that contradict each other.
pub(super) fn chains(accesses: &Accesses, clusters: &Clusters) -> Result<Vec<Chain>, Vec<usize>> {
    // Every chain but the first begins with a write of a value of its own.
    let mut chains = Vec::with_capacity(accesses.writers.len());
    chains.push(chain(accesses, clusters, INITIAL)?);
    for position in 0..accesses.all.len() {
        if let Some(Kind::Write(value)) = clusters.get(accesses, position).map(One::kind) {
            chains.push(chain(accesses, clusters, value)?);
        }
    }
    let swaps: usize = chains.iter().map(|chain| chain.swaps as usize).sum();
    let all_swaps = clusters.next.iter().filter(|&&swap| swap != NONE).count();
    if swaps < all_swaps { Err(circle(accesses, clusters)) } else { Ok(chains) }
}

/// The values of a chain, from its head.
struct Links<'c> {
    accesses: &'c Accesses,
    clusters: &'c Clusters,
    at: Option<Value>,
}

impl Iterator for Links<'_> {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        let value = self.at?;
        self.at = match self.clusters.next[value as usize] {
            NONE => None,
            swap => self.accesses.all[swap as usize].writes(),
        };
        Some(value)
    }
}

/// Walks a chain segment by segment: writer, its readers, the next writer. Nobody may end before
/// somebody of an earlier segment starts.
fn chain(accesses: &Accesses, clusters: &Clusters, head: Value) -> Result<Chain, Vec<usize>> {
    let writer = accesses.writers[head as usize];
    let mut chain =
        Chain { head, swaps: 0, first_end: (NEVER, NONE), last_start: (BEGINNING, NONE) };
    if writer == NONE {
        chain.first_end = (BEGINNING, NONE);
    }
    for value in (Links { accesses, clusters, at: Some(head) }) {
        chain.swaps += u32::from(value != head);
        let writer = accesses.writers[value as usize];
        let writer = if writer == NONE { &[][..] } else { &[writer][..] };
        for segment in [writer, clusters.readers(value)] {
            let before = chain.last_start;
            for &position in segment {
                let Some(one) = clusters.get(accesses, position as usize) else { continue };
                if one.end < before.0 {
                    return Err(clusters.reasons(accesses, &[before.1, position]));
                }
                chain.first_end = chain.first_end.min((one.end, position));
                chain.last_start = chain.last_start.max((one.start, position));
            }
        }
    }
    Ok(chain)
}

/// Swaps in a circle: nobody wrote the first value. Names the reasons of one of them.
fn circle(accesses: &Accesses, clusters: &Clusters) -> Vec<usize> {
    let mut reached = vec![false; clusters.next.len()];
    let heads = (0..accesses.all.len()).filter_map(|position| {
        match clusters.get(accesses, position)?.kind() {
            Kind::Write(value) => Some(value),
            Kind::Read(_) | Kind::Swap(..) | Kind::Mismatch(_) => None,
        }
    });
    for head in std::iter::once(INITIAL).chain(heads) {
        for value in (Links { accesses, clusters, at: Some(head) }) {
            reached[value as usize] = true;
        }
    }
    let swaps = clusters.next.iter().zip(reached);
    let lost = swaps.filter(|&(&swap, reached)| swap != NONE && !reached).map(|(&swap, _)| swap);
    clusters.reasons(accesses, &lost.take(1).collect::<Vec<_>>())
}

/// The positions of these chains, in this order.
pub(super) fn unfold(
    accesses: &Accesses,
    clusters: &Clusters,
    chains: &[Chain],
    order: &[u32],
) -> Vec<u32> {
    let mut positions = Vec::with_capacity(accesses.all.len());
    for &chain in order {
        for value in (Links { accesses, clusters, at: Some(chains[chain as usize].head) }) {
            let writer = accesses.writers[value as usize];
            if writer != NONE {
                positions.push(writer);
            }
            positions.extend_from_slice(clusters.readers(value));
        }
    }
    positions
}
