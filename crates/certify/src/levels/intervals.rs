//! Regular and safe registers, and reads at rest, decided again.

use super::record::{Answered, Record};
use crate::Rejected;
use std::collections::{BTreeMap, BTreeSet};
use testimony_history::{OpId, Rank};
use testimony_model::Atom;
use testimony_verdict::Level;

/// The operations whose answers break the level.
pub(crate) fn broken(
    record: &Record<'_>,
    level: Level,
    quiet_from: Option<Rank>,
) -> Result<Vec<OpId>, Rejected> {
    if level == Level::EventualConvergence {
        let quiet = quiet_from.ok_or_else(|| Rejected::Undecided(level.to_string()))?;
        return Ok(divergent(record, quiet));
    }
    let mut writers: BTreeMap<(usize, Atom<'_>), Vec<usize>> = BTreeMap::new();
    let mut of_key: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, entry) in record.entries.iter().enumerate() {
        if let Some(value) = entry.wrote {
            writers.entry((entry.key, value)).or_default().push(at);
            of_key.entry(entry.key).or_default().push(at);
        }
    }
    let (sorted, calls): (BTreeMap<_, _>, BTreeMap<_, _>) = of_key
        .iter()
        .map(|(key, writes)| ((*key, by_return(record, writes)), (*key, by_call(record, writes))))
        .unzip();
    let mut broken = Vec::new();
    for (at, entry) in record.entries.iter().enumerate() {
        let Some(answered) = entry.read else { continue };
        let during = |other: &usize| {
            let other = &record.entries[*other];
            other.id != entry.id && other.call <= entry.ret && other.ret >= entry.call
        };
        let writes = of_key.get(&entry.key).map_or(&[][..], Vec::as_slice);
        if level == Level::Safe {
            let overlapped = match entry.wrote {
                Some(_) => writes.iter().any(during),
                None => calls.get(&entry.key).is_some_and(|calls| {
                    let before = calls.partition_point(|(call, _)| *call <= entry.ret);
                    before > 0 && calls[before - 1].1 >= entry.call
                }),
            };
            if overlapped {
                continue;
            }
        }
        let last = sorted.get(&entry.key).and_then(|sorted| {
            let before = sorted.partition_point(|(ret, _)| *ret < entry.call);
            Some(sorted[before.checked_sub(1)?].1)
        });
        let allowed = |write: &usize| {
            let write_entry = &record.entries[*write];
            *write != at
                && write_entry.call <= entry.ret
                && last.is_none_or(|last| write_entry.ret >= last)
        };
        let explained = match answered {
            Answered::With(value) => {
                (last.is_none() && value == record.initial)
                    || writers.get(&(entry.key, value)).is_some_and(|w| w.iter().any(allowed))
            }
            Answered::Without(_) => {
                let other = |write: &&usize| {
                    record.entries[**write].wrote.is_some_and(|value| answered.fits(value))
                };
                (last.is_none() && answered.fits(record.initial))
                    || writes.iter().filter(other).any(allowed)
            }
        };
        if !explained {
            broken.push(entry.id);
        }
    }
    Ok(broken)
}

/// Writes that returned, by return, each with the latest call so far.
fn by_return(record: &Record<'_>, writes: &[usize]) -> Vec<(Rank, Rank)> {
    let returned = writes.iter().map(|&at| &record.entries[at]).filter(|entry| entry.required);
    let mut sorted: Vec<(Rank, Rank)> = returned.map(|entry| (entry.ret, entry.call)).collect();
    sorted.sort_unstable();
    running_max(sorted)
}

/// Writes by call, each with the latest return so far.
fn by_call(record: &Record<'_>, writes: &[usize]) -> Vec<(Rank, Rank)> {
    let entries = writes.iter().map(|&at| &record.entries[at]);
    let mut sorted: Vec<(Rank, Rank)> = entries.map(|entry| (entry.call, entry.ret)).collect();
    sorted.sort_unstable();
    running_max(sorted)
}

fn running_max(mut sorted: Vec<(Rank, Rank)>) -> Vec<(Rank, Rank)> {
    let mut max = Rank(0);
    for (_, value) in &mut sorted {
        max = max.max(*value);
        *value = max;
    }
    sorted
}

/// Reads at rest that agree on no value which unanswered writes do not explain.
fn divergent(record: &Record<'_>, quiet: Rank) -> Vec<OpId> {
    let mut from = vec![quiet; record.keys];
    let mut late: BTreeSet<(usize, Atom<'_>)> = BTreeSet::new();
    for entry in &record.entries {
        match entry.wrote {
            Some(_) if entry.required => from[entry.key] = from[entry.key].max(entry.ret),
            Some(value) => {
                late.insert((entry.key, value));
            }
            None => {}
        }
    }
    let mut settled: BTreeMap<usize, (Atom<'_>, OpId)> = BTreeMap::new();
    let mut broken = Vec::new();
    for entry in &record.entries {
        let Some(Answered::With(value)) = entry.read else { continue };
        if entry.call <= from[entry.key] || late.contains(&(entry.key, value)) {
            continue;
        }
        let (first, id) = *settled.entry(entry.key).or_insert((value, entry.id));
        if first != value {
            broken.extend([id, entry.id]);
        }
    }
    broken
}
