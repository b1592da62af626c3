//! By how many versions a read was behind.
//!
//! A write lies certainly between the write of the value that a read returned and the read when it
//! was called after the former had returned and returned before the latter was called. Where
//! several may have written the value, the one that returned last counts, so the number never says
//! more than is certain.

use crate::part::Part;
use std::collections::BTreeMap;
use testimony_model::{Access, Atom};
use testimony_verdict::StaleVersions;

/// Before every rank.
const BEGINNING: i64 = -1;

/// Who may have written a value: calls in their order, with the latest return so far.
type Writers = Vec<(i64, i64)>;

/// The read that was behind by the most versions (the first of them); `None` when none was, or when
/// the operations are not plain accesses to one register. O(n log n).
pub(super) fn worst(part: &Part<'_>) -> Option<StaleVersions> {
    let mut writers: BTreeMap<Atom, Writers> = BTreeMap::new();
    writers.insert(part.subject.initial(), vec![(BEGINNING, BEGINNING)]);
    // Acknowledged writes as (return, call), reads as (call, return, value, position).
    let (mut writes, mut reads) = (Vec::new(), Vec::new());
    for (position, operation) in part.operations.iter().enumerate() {
        let call = i64::from(operation.call.0);
        let ret = if operation.is_ok() { i64::from(operation.ret.0) } else { i64::MAX };
        let wrote = match part.access(operation) {
            Access::Read(value) => {
                reads.extend(value.map(|value| (call, ret, value, position)));
                continue;
            }
            Access::Cas { swapped: Some(false), .. } => continue,
            Access::Write(value) | Access::Cas { to: value, .. } => value,
            _ => return None,
        };
        let writers = writers.entry(wrote).or_default();
        let latest = writers.last().map_or(ret, |&(_, latest): &(i64, i64)| latest.max(ret));
        // Positions are by call, so these are, too.
        writers.push((call, latest));
        if operation.is_ok() {
            writes.push((ret, call));
        }
    }
    writes.sort_unstable();
    reads.sort_unstable_by_key(|&(call, _, _, position)| (call, position));
    let mut calls: Vec<i64> = writes.iter().map(|&(_, call)| call).collect();
    calls.sort_unstable();
    let mut returned = Counts::new(calls.len());
    let mut next = 0;
    let mut worst: Option<(usize, usize)> = None;
    for (call, ret, value, position) in reads {
        while let Some(&(_, write_call)) = writes.get(next).filter(|write| write.0 < call) {
            returned.add(calls.partition_point(|&other| other < write_call));
            next += 1;
        }
        let Some(writers) = writers.get(&value) else { continue };
        let Some(last) = writers.partition_point(|&(call, _)| call <= ret).checked_sub(1) else {
            continue;
        };
        let written = writers[last].1;
        let behind = returned.from(calls.partition_point(|&call| call <= written));
        if behind > worst.map_or(0, |(most, _)| most) {
            worst = Some((behind, position));
        }
    }
    worst.map(|(versions, position)| StaleVersions { versions, read: part.operations[position].id })
}

/// Counts by index, with sums of all from an index on (Fenwick, 1994).
struct Counts {
    sums: Vec<usize>,
    total: usize,
}

impl Counts {
    fn new(length: usize) -> Counts {
        Counts { sums: vec![0; length + 1], total: 0 }
    }

    fn add(&mut self, index: usize) {
        self.total += 1;
        let mut at = index + 1;
        while at < self.sums.len() {
            self.sums[at] += 1;
            at += at & at.wrapping_neg();
        }
    }

    /// How many stand at this index or behind.
    fn from(&self, index: usize) -> usize {
        let mut before = 0;
        let mut at = index;
        while at > 0 {
            before += self.sums[at];
            at -= at & at.wrapping_neg();
        }
        self.total - before
    }
}
