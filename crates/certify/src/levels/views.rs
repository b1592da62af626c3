//! What each read saw, and an order for each session, held to the definition of a level.
//!
//! An order for everybody that respects every session and in which every read saw the last write
//! before it shows every level below sequential consistency: it is a view of each session, an order
//! of versions for each, and nothing in the past of a read is later than what it saw. Where the
//! common order is not of that kind, it can still arbitrate for causal convergence, and sessions can
//! have orders of their own.

use super::record::Record;
use crate::Rejected;
use std::collections::{BTreeMap, BTreeSet};
use testimony_history::{OpId, Process};
use testimony_verdict::{Level, Views};

/// Operations times sessions at most for which causality is followed: 1 GiB of clocks, as much as
/// an engine may have used to find it.
const CELLS_MAX: usize = 1 << 28;

/// A place, or the beginning.
type Source = Option<usize>;

struct Shown<'r, 'h> {
    record: &'r Record<'h>,
    sessions: BTreeMap<Process, Vec<usize>>,
    /// For each place that read something, what it saw.
    source: Vec<Option<Source>>,
}

/// Verifies the views of causal memory, causal convergence, PRAM or a session guarantee.
pub(crate) fn verify(record: &Record<'_>, level: Level, views: &Views) -> Result<(), Rejected> {
    let sessions = record.sessions();
    let mut source = vec![None; record.entries.len()];
    for (at, entry) in record.entries.iter().enumerate() {
        let Some(answered) = entry.read else { continue };
        let seen = views.saw.get(&entry.id).ok_or(Rejected::Missing(entry.id))?;
        let seen = seen.map(|id| record.place(id)).transpose()?;
        let value = match seen {
            None => Some(record.initial),
            Some(write) => {
                let write = &record.entries[write];
                write.wrote.filter(|_| write.key == entry.key && write.id != entry.id)
            }
        };
        if !value.is_some_and(|value| answered.fits(value)) {
            return Err(Rejected::NotSeen(entry.id));
        }
        source[at] = Some(seen);
    }
    let shown = Shown { record, sessions, source };
    let common = shown.positions(&views.common)?;
    if shown.everybody_sees_the_last(&views.common, &common).is_ok() {
        return Ok(());
    }
    if level == Level::CausalConvergence {
        return shown.arbitrates(&views.common, &common);
    }
    for (process, places) in &shown.sessions {
        if !places.iter().any(|&at| shown.source[at].is_some()) {
            continue;
        }
        let order = views.own.get(process).ok_or(Rejected::NoView(process.0))?;
        match level {
            Level::Pram | Level::CausalMemory => {
                let positions = shown.positions(order)?;
                shown.is_view(*process, order, &positions, level == Level::CausalMemory)?;
            }
            _ => shown.is_version_order(places, order, level)?,
        }
    }
    Ok(())
}

impl Shown<'_, '_> {
    /// Where each place stands in an order.
    fn positions(&self, order: &[OpId]) -> Result<Vec<Option<usize>>, Rejected> {
        let mut positions = vec![None; self.record.entries.len()];
        for (number, &id) in order.iter().enumerate() {
            if positions[self.record.place(id)?].replace(number).is_some() {
                return Err(Rejected::Repeated(id));
            }
        }
        Ok(positions)
    }

    fn id(&self, at: usize) -> OpId {
        self.record.entries[at].id
    }

    /// Whether what stands in an order keeps each session, of those places that count.
    fn keeps_sessions(
        &self,
        positions: &[Option<usize>],
        counts: impl Fn(usize) -> bool,
    ) -> Result<(), Rejected> {
        for places in self.sessions.values() {
            let mut last: Option<(usize, usize)> = None;
            for &at in places.iter().filter(|&&at| counts(at)) {
                let Some(position) = positions[at] else { continue };
                if let Some((_, before)) = last.filter(|(latest, _)| *latest > position) {
                    return Err(Rejected::Session { before: self.id(before), after: self.id(at) });
                }
                last = Some((position, at));
            }
        }
        Ok(())
    }

    /// Where each place of an order of versions stands in it, if the writes of each key keep each
    /// session.
    fn versions(&self, order: &[OpId]) -> Result<BTreeMap<usize, usize>, Rejected> {
        let mut positions = BTreeMap::new();
        for (number, &id) in order.iter().enumerate() {
            if positions.insert(self.record.place(id)?, number).is_some() {
                return Err(Rejected::Repeated(id));
            }
        }
        let mut last: BTreeMap<(usize, Process), (usize, usize)> = BTreeMap::new();
        for (&at, &position) in &positions {
            let entry = &self.record.entries[at];
            if entry.wrote.is_none() {
                continue;
            }
            let before = last.insert((entry.key, entry.process), (position, at));
            if let Some((_, before)) = before.filter(|(earlier, _)| *earlier > position) {
                return Err(Rejected::Session { before: self.id(before), after: self.id(at) });
            }
        }
        Ok(positions)
    }

    /// Whether these places all stand in an order.
    fn has_all(
        &self,
        positions: &[Option<usize>],
        needed: impl Fn(usize) -> bool,
    ) -> Result<(), Rejected> {
        let missing = (0..positions.len()).find(|&at| needed(at) && positions[at].is_none());
        missing.map_or(Ok(()), |at| Err(Rejected::Missing(self.id(at))))
    }

    /// Whether reads that count saw the last write before them.
    fn see_the_last(&self, order: &[OpId], counts: impl Fn(usize) -> bool) -> Result<(), Rejected> {
        let mut last: Vec<Source> = vec![None; self.record.keys];
        for &id in order {
            let at = self.record.place(id)?;
            let entry = &self.record.entries[at];
            if counts(at) && self.source[at].is_some_and(|source| source != last[entry.key]) {
                return Err(Rejected::NotSeen(id));
            }
            if entry.wrote.is_some() {
                last[entry.key] = Some(at);
            }
        }
        Ok(())
    }

    fn everybody_sees_the_last(
        &self,
        order: &[OpId],
        positions: &[Option<usize>],
    ) -> Result<(), Rejected> {
        self.has_all(positions, |at| self.record.entries[at].required)?;
        self.keeps_sessions(positions, |_| true)?;
        self.see_the_last(order, |_| true)
    }

    /// Which writes count: those that certainly happened, and those that were seen by these reads.
    fn there(&self, counts: impl Fn(usize) -> bool) -> Vec<bool> {
        let mut there: Vec<bool> = self.record.entries.iter().map(|entry| entry.required).collect();
        for (read, source) in self.source.iter().enumerate() {
            if let Some(Some(write)) = source.filter(|_| counts(read)) {
                there[write] = true;
            }
        }
        there
    }

    fn is_view(
        &self,
        process: Process,
        order: &[OpId],
        positions: &[Option<usize>],
        causal: bool,
    ) -> Result<(), Rejected> {
        let own = |at: usize| self.record.entries[at].process == process;
        let there = self.there(|read| causal || own(read));
        let counts = |at: usize| self.record.entries[at].wrote.is_some() || own(at);
        self.has_all(positions, |at| there[at] && counts(at))?;
        self.keeps_sessions(positions, counts)?;
        self.see_the_last(order, own)?;
        if !causal {
            return Ok(());
        }
        // Every write comes after what its session had seen before it.
        for places in self.sessions.values() {
            let mut latest: Option<usize> = None;
            for &at in places {
                let seen = self.source[at].flatten();
                if let Some(write) = seen {
                    let position = positions[write].ok_or(Rejected::Missing(self.id(write)))?;
                    if latest.is_none_or(|latest| positions[latest] < Some(position)) {
                        latest = Some(write);
                    }
                }
                let written = positions[at].filter(|_| self.record.entries[at].wrote.is_some());
                if let (Some(position), Some(latest)) = (written, latest)
                    && positions[latest] > Some(position)
                {
                    return Err(Rejected::Session { before: self.id(latest), after: self.id(at) });
                }
            }
        }
        Ok(())
    }

    /// Whether an order of everything arbitrates: no write of the key in the causal past of a read
    /// stands after the one that it saw.
    fn arbitrates(&self, order: &[OpId], positions: &[Option<usize>]) -> Result<(), Rejected> {
        let there = self.there(|_| true);
        self.has_all(positions, |at| there[at])?;
        self.keeps_sessions(positions, |_| true)?;
        let number: BTreeMap<Process, usize> = self.sessions.keys().copied().zip(0..).collect();
        let width = number.len();
        let cells = self.record.entries.len().saturating_mul(width);
        if cells > CELLS_MAX {
            return Err(Rejected::Undecided(Level::CausalConvergence.to_string()));
        }
        let mut clocks = vec![0_u32; cells];
        let mut reached = vec![0_u32; self.record.entries.len()];
        // For each key and session the numbers of its writes in the session, with their positions.
        let mut writes: BTreeMap<(usize, usize), Vec<(u32, usize)>> = BTreeMap::new();
        for (process, places) in &self.sessions {
            for (count, &at) in (1..).zip(places) {
                reached[at] = count;
                if let (Some(_), Some(position)) = (self.record.entries[at].wrote, positions[at]) {
                    let key = self.record.entries[at].key;
                    writes.entry((key, number[process])).or_default().push((count, position));
                }
            }
        }
        let mut current = vec![vec![0_u32; width]; width];
        for &id in order {
            let at = self.record.place(id)?;
            let entry = &self.record.entries[at];
            let session = number[&entry.process];
            if let Some(Some(write)) = self.source[at] {
                if positions[write] >= positions[at] {
                    return Err(Rejected::Session { before: self.id(write), after: id });
                }
                for (mine, theirs) in
                    current[session].iter_mut().zip(&clocks[write * width..(write + 1) * width])
                {
                    *mine = (*mine).max(*theirs);
                }
            }
            if let Some(source) = self.source[at] {
                let limit = source.and_then(|write| positions[write]);
                for (&(_, other), list) in writes.range((entry.key, 0)..(entry.key + 1, 0)) {
                    let known =
                        list.partition_point(|(count, _)| *count <= current[session][other]);
                    let last = known.checked_sub(1).map(|last| list[last].1);
                    if last > limit {
                        return Err(Rejected::NotSeen(id));
                    }
                }
            }
            current[session][session] = reached[at];
            clocks[at * width..(at + 1) * width].copy_from_slice(&current[session]);
        }
        Ok(())
    }

    /// Whether an order of versions shows a guarantee of the session of these places. O(k log k) in
    /// the order, the session and what is followed.
    fn is_version_order(
        &self,
        places: &[usize],
        order: &[OpId],
        level: Level,
    ) -> Result<(), Rejected> {
        let positions = self.versions(order)?;
        let seen: BTreeSet<usize> =
            places.iter().filter_map(|&at| self.source[at].flatten()).collect();
        let there = |at: usize| self.record.entries[at].required || seen.contains(&at);
        // For each key and session the last write that must not be missed.
        let mut needed: BTreeMap<(usize, Process), usize> = BTreeMap::new();
        let need = |needed: &mut BTreeMap<(usize, Process), usize>, write: usize| {
            let entry = &self.record.entries[write];
            let last = needed.entry((entry.key, entry.process)).or_insert(write);
            *last = (*last).max(write);
        };
        let mut followed: BTreeMap<Process, usize> = BTreeMap::new();
        for &at in places {
            let entry = &self.record.entries[at];
            if let Some(Some(write)) = self.source[at] {
                let writer = self.record.entries[write].process;
                let done = followed.entry(writer).or_insert(0);
                let theirs = &self.sessions[&writer];
                while *done < theirs.len() && theirs[*done] <= write {
                    let before = theirs[*done];
                    let wrote = self.record.entries[before].wrote.is_some();
                    match (level, self.source[before].flatten()) {
                        (Level::MonotonicWrites, _) if before == write => break,
                        (Level::MonotonicWrites, _) if wrote && there(before) => {
                            need(&mut needed, before);
                        }
                        (Level::WritesFollowReads, Some(seen)) => need(&mut needed, seen),
                        _ => {}
                    }
                    *done += 1;
                }
            }
            if let Some(source) = self.source[at] {
                let first = (entry.key, Process(0));
                let last = (entry.key, Process(u32::MAX));
                for &other in needed.range(first..=last).map(|(_, other)| other) {
                    let older = source.is_some_and(|source| {
                        source == other
                            || matches!((positions.get(&other), positions.get(&source)), (Some(a), Some(b)) if a < b)
                    });
                    if !older {
                        return Err(Rejected::NotSeen(entry.id));
                    }
                }
                if let (Level::MonotonicReads, Some(write)) = (level, source) {
                    need(&mut needed, write);
                }
            }
            if level == Level::ReadYourWrites && entry.wrote.is_some() && there(at) {
                need(&mut needed, at);
            }
        }
        Ok(())
    }
}
