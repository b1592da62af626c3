//! Few values out of many that contradict each other.
//!
//! Leaving a value out of a history, with everything that was done to it, never makes a
//! contradiction. So values can be tried in any order: the shortest beginning that contradicts
//! itself ends with one that cannot be missed.

use super::accesses::Accesses;
use super::tuned::{Seen, Tuned, index};
use std::cmp::Reverse;

/// The operations behind a contradiction among `stuck`, as few values as possible.
///
/// Those that were inside longest are tried first: what is stuck because of a contradiction lies
/// above it. Probes: O(k log n) for k values, each on as many values as it asks about.
pub(super) fn values(
    accesses: &Accesses,
    tuned: &Tuned,
    mut stuck: Vec<usize>,
    contradict: impl Fn(&Tuned) -> bool,
) -> Vec<usize> {
    stuck.sort_by_key(|&value| {
        let value = &tuned.values[value];
        Reverse(value.rem.start.saturating_sub(value.add.end))
    });
    let contradict = |some: &[usize]| contradict(&only(tuned, some));
    let mut kept: Vec<usize> = Vec::new();
    while !stuck.is_empty() {
        let (mut short, mut enough, mut stride) = (0, stuck.len(), 1);
        while short + 1 < enough {
            let tried = short + stride.min((enough - short) / 2);
            if contradict(&[kept.as_slice(), &stuck[..tried]].concat()) {
                enough = tried;
            } else {
                short = tried;
            }
            stride *= 2;
        }
        kept.push(stuck[enough - 1]);
        stuck.truncate(enough - 1);
        if contradict(&kept) {
            break;
        }
    }
    let mut suspects = Vec::new();
    for &value in &kept {
        let value = &tuned.values[value];
        tuned.why_inside(accesses, value, &mut suspects);
        suspects.extend(tuned.operations(value));
    }
    suspects.sort_unstable();
    suspects.dedup();
    suspects
}

/// Some of the values, with their peeks and nothing else.
fn only(tuned: &Tuned, some: &[usize]) -> Tuned {
    let mut some = some.to_vec();
    some.sort_unstable();
    let mut peeks: Vec<Seen> = Vec::new();
    let mut values = Vec::with_capacity(some.len());
    for value in some {
        let mut value = tuned.values[value];
        let start = index(peeks.len());
        peeks.extend_from_slice(&tuned.peeks[value.peeks()]);
        value.peeks = (start, index(peeks.len()));
        values.push(value);
    }
    Tuned { values, peeks, empties: Vec::new(), open: Vec::new() }
}
