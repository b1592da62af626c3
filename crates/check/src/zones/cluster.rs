//! Which operations happened, and who observed what.

use super::fit::{Accesses, INITIAL, Kind, NEVER, NONE, One, Value};
use crate::part::Standing;

/// An operation that need not have happened: no end is 0.
const NOT_KEPT: u32 = 0;

/// The operations that happened, by the value that they saw or wrote.
pub(super) struct Clusters {
    /// By position: the end of the access, if it certainly happened ([`NEVER`] unless it is required
    /// and returned), else [`NOT_KEPT`].
    kept: Vec<u32>,
    /// By value: a position that certainly saw it, or [`NONE`].
    observer: Vec<u32>,
    /// By value: the swap that replaced it, or [`NONE`].
    pub(super) next: Vec<u32>,
    /// The readers of all values; those of `v` are at `first[v]..first[v + 1]`, by call.
    readers: Vec<u32>,
    first: Vec<u32>,
}

impl Clusters {
    /// Finds out what happened. An error names positions that contradict each other.
    pub(super) fn new(
        accesses: &Accesses,
        standing: impl Fn(usize) -> Standing,
    ) -> Result<Clusters, Vec<usize>> {
        let (operations, values) = (accesses.all.len(), accesses.writers.len());
        let mut clusters = Clusters {
            kept: vec![NOT_KEPT; operations],
            observer: vec![NONE; values],
            next: vec![NONE; values],
            readers: Vec::new(),
            first: vec![0; values + 1],
        };
        for (position, one) in accesses.all.iter().enumerate() {
            let solid = standing(position) == Standing::Required && one.end != NEVER;
            if solid && !matches!(one.kind(), Kind::Mismatch(_)) {
                clusters.keep(accesses, position, *one, &standing)?;
            }
        }
        clusters.gather_readers(accesses);
        Ok(clusters)
    }

    /// Keeps an operation, and every operation that must have happened for it to see what it saw.
    fn keep(
        &mut self,
        accesses: &Accesses,
        position: usize,
        one: One,
        standing: &impl Fn(usize) -> Standing,
    ) -> Result<(), Vec<usize>> {
        // A solid operation may have been kept for its value before; now its own end counts.
        let known = std::mem::replace(&mut self.kept[position], one.end);
        let mut seen =
            if known != NOT_KEPT { None } else { self.observe(accesses, position, one)? };
        while let Some(writer) = seen {
            seen = None;
            if standing(writer) == Standing::Dropped {
                return Err(vec![position]);
            }
            if self.kept[writer] == NOT_KEPT {
                self.kept[writer] = NEVER;
                seen = self.observe(accesses, writer, accesses.all[writer])?;
            }
        }
        Ok(())
    }

    /// Notes what an operation that happened saw; gives the writer of it.
    fn observe(
        &mut self,
        accesses: &Accesses,
        position: usize,
        one: One,
    ) -> Result<Option<usize>, Vec<usize>> {
        let value = match one.kind() {
            Kind::Read(value) | Kind::Swap(value, _) => value,
            Kind::Write(_) | Kind::Mismatch(_) => return Ok(None),
        };
        if self.observer[value as usize] == NONE {
            self.observer[value as usize] = number(position);
        }
        if let Kind::Swap(..) = one.kind() {
            let next = &mut self.next[value as usize];
            if *next != NONE {
                let both = [*next, number(position)];
                return Err(self.reasons(accesses, &both));
            }
            *next = number(position);
        }
        match accesses.writers[value as usize] {
            NONE if value == INITIAL => Ok(None),
            NONE => Err(self.reasons(accesses, &[number(position)])),
            writer => Ok(Some(writer as usize)),
        }
    }

    /// What makes these positions count: themselves where they are required and returned,
    /// otherwise whoever saw what they wrote.
    pub(super) fn reasons(&self, accesses: &Accesses, positions: &[u32]) -> Vec<usize> {
        let mut reasons = Vec::new();
        for &position in positions.iter().filter(|&&position| position != NONE) {
            let mut at = position;
            while self.end(at) == NEVER {
                let wrote = accesses.all[at as usize].writes();
                let observer = wrote.map_or(NONE, |value| self.observer[value as usize]);
                if observer == NONE {
                    break;
                }
                at = observer;
            }
            reasons.push(at as usize);
        }
        reasons.sort_unstable();
        reasons.dedup();
        reasons
    }

    fn end(&self, position: u32) -> u32 {
        match self.kept[position as usize] {
            NOT_KEPT => NEVER,
            end => end,
        }
    }

    /// The access at a position, if it happened.
    pub(super) fn get(&self, accesses: &Accesses, position: usize) -> Option<One> {
        match self.kept[position] {
            NOT_KEPT => None,
            end => Some(accesses.all[position].until(end)),
        }
    }

    /// The reads of a value, by call.
    pub(super) fn readers(&self, value: Value) -> &[u32] {
        let (from, to) = (self.first[value as usize], self.first[value as usize + 1]);
        &self.readers[from as usize..to as usize]
    }

    /// Sorts the reads by value (counting sort, so by call within a value).
    fn gather_readers(&mut self, accesses: &Accesses) {
        let read = |position: usize| match accesses.all[position].kind() {
            Kind::Read(value) if self.kept[position] != NOT_KEPT => Some(value as usize),
            _ => None,
        };
        let positions = 0..accesses.all.len();
        for value in positions.clone().filter_map(read) {
            self.first[value + 1] += 1;
        }
        for value in 1..self.first.len() {
            self.first[value] += self.first[value - 1];
        }
        let mut fill = self.first.clone();
        self.readers = vec![NONE; self.first[self.first.len() - 1] as usize];
        for position in positions {
            if let Some(value) = read(position) {
                self.readers[fill[value] as usize] = number(position);
                fill[value] += 1;
            }
        }
    }
}

/// A position as it is stored; [`Accesses::of`] made sure that it fits.
pub(super) fn number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(NONE)
}
