//! Who took the places that nobody answered for?

use super::Broken;
use super::fit::{Contents, Entry, Kind, NEVER, Places};
use super::sweep::{Seat, Sight};
use std::collections::{BTreeMap, BTreeSet};

/// Who stands behind a place: up to when the place must have been taken, and because of whom.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Deadline {
    end: i64,
    of: usize,
}

/// A place that an operation without an answer must have taken.
struct Slot {
    at: i64,
    deadline: Deadline,
    /// What was seen there, and by whom.
    fact: Option<(Entry, usize)>,
}

/// Operations without an answer that put the same entry.
#[derive(Default)]
struct Class {
    /// Not called yet, the earliest call last.
    waiting: Vec<(i64, usize)>,
    /// Called and not used, by call.
    in_time: Vec<usize>,
}

/// The places between those that were answered for.
pub(super) struct Gaps<'g> {
    places: &'g Places,
    contents: &'g Contents,
    /// From place to place, rising.
    gaps: Vec<(i64, i64)>,
    /// Who stands behind each place: the earliest of those from there on.
    behind: Vec<(i64, Deadline)>,
}

impl<'g> Gaps<'g> {
    /// Finds the gaps. O(n log n).
    pub(super) fn new(
        places: &'g Places,
        seats: &[Seat],
        sights: &[Sight],
        contents: &'g Contents,
    ) -> Gaps<'g> {
        let deadline = |of: usize| Deadline { end: places.all[of].end, of };
        let seat = |seat: &Seat| (seat.at, deadline(seat.position));
        let sight = |sight: &Sight| (sight.low.saturating_sub(1), deadline(sight.position));
        let mut behind: Vec<_> = seats.iter().map(seat).chain(sights.iter().map(sight)).collect();
        behind.sort_unstable();
        for index in (1..behind.len()).rev() {
            behind[index - 1].1 = behind[index - 1].1.min(behind[index].1);
        }
        // The end was at each of these, so no gap goes over one.
        let exact = sights.iter().filter(|sight| sight.low == sight.high);
        let mut stops: Vec<(i64, i64)> = seats.iter().map(|seat| (seat.at, seat.to)).collect();
        stops.extend(exact.map(|sight| (sight.low, sight.low)));
        stops.extend(sights.iter().map(|sight| sight.low).max().map(|low| (low, low)));
        stops.sort_unstable();
        let (mut gaps, mut from) = (Vec::new(), places.initial);
        for (at, to) in stops {
            if from < at {
                gaps.push((from, at));
            }
            from = from.max(to);
        }
        Gaps { places, contents, gaps, behind }
    }

    fn deadline(&self, at: i64) -> Deadline {
        let index = self.behind.partition_point(|&(place, _)| place < at);
        self.behind.get(index).map_or(Deadline { end: NEVER, of: 0 }, |&(_, deadline)| deadline)
    }

    /// Operations that can have filled every gap; `unknown` are those that may take any place.
    pub(super) fn fill(&self, unknown: &[usize]) -> Result<Vec<Seat>, Broken> {
        match self.places.size {
            _ if self.gaps.is_empty() => Ok(Vec::new()),
            Some(size) => self.fill_even(size, unknown),
            None => Err(self.weigh(unknown)),
        }
    }

    /// Where sizes differ: whether all that can have been taken in time is too little for some gap
    /// and those before it. Else it is not decided which of them fit.
    fn weigh(&self, unknown: &[usize]) -> Broken {
        let mut by_start: Vec<(i64, i64)> = unknown.iter().map(|&at| self.weight(at)).collect();
        by_start.sort_unstable();
        let mut waiting = by_start.into_iter().peekable();
        let (mut needed, mut there) = (0_i128, 0_i128);
        for &(from, to) in &self.gaps {
            let deadline = self.deadline(from);
            needed += i128::from(to) - i128::from(from);
            while let Some((_, size)) = waiting.next_if(|&(start, _)| start <= deadline.end) {
                there += i128::from(size);
            }
            if there < needed {
                return Broken::Missing { at: from, behind: deadline.of, seen: Vec::new() };
            }
        }
        Broken::Undecided
    }

    /// When an operation was called, and how much it takes.
    fn weight(&self, position: usize) -> (i64, i64) {
        let one = &self.places.all[position];
        match one.kind {
            Kind::Take { size, .. } => (one.start, size),
            Kind::See { .. } => (one.start, 0),
        }
    }

    /// Gaps filled by operations that all take as much.
    fn fill_even(&self, size: i64, unknown: &[usize]) -> Result<Vec<Seat>, Broken> {
        let mut slots = Vec::new();
        for &(from, to) in &self.gaps {
            let mut at = from;
            while at < to {
                let fact = self.contents.get(&at).copied();
                slots.push(Slot { at, deadline: self.deadline(at), fact });
                // A gap may be astronomically large; nobody can fill it then.
                if slots.len() > unknown.len() {
                    return Err(missing(&slots, |_| false));
                }
                at = at.saturating_add(size);
            }
        }
        let served = self.serve(&slots, unknown)?;
        let seat = |(slot, position): (&Slot, usize)| Seat {
            at: slot.at,
            to: slot.at.saturating_add(size),
            position,
        };
        Ok(served.into_iter().map(seat).collect())
    }

    fn entry(&self, position: usize) -> Entry {
        match self.places.all[position].kind {
            Kind::Take { entry, .. } => entry,
            Kind::See { .. } => 0,
        }
    }

    /// An operation without an answer for each slot. Slots whose entry was seen choose first, and
    /// the latest call that is in time, so that the earliest are left to the others: the deadlines
    /// rise, so what one slot leaves is in time for every later one.
    fn serve<'s>(
        &self,
        slots: &'s [Slot],
        unknown: &[usize],
    ) -> Result<Vec<(&'s Slot, usize)>, Broken> {
        let start = |position: usize| (self.places.all[position].start, position);
        let mut by_start: Vec<_> = unknown.iter().map(|&position| start(position)).collect();
        by_start.sort_unstable();
        let mut served = Vec::with_capacity(slots.len());
        if slots.iter().any(|slot| slot.fact.is_some()) {
            let mut classes: BTreeMap<Entry, Class> = BTreeMap::new();
            for &one in by_start.iter().rev() {
                classes.entry(self.entry(one.1)).or_default().waiting.push(one);
            }
            for (number, slot) in slots.iter().enumerate() {
                let Some((entry, _)) = slot.fact else { continue };
                let class = classes.entry(entry).or_default();
                let called = |&mut (start, _): &mut (i64, usize)| start <= slot.deadline.end;
                while let Some((_, position)) = class.waiting.pop_if(called) {
                    class.in_time.push(position);
                }
                let same = |other: &Slot| other.fact.is_some_and(|(seen, _)| seen == entry);
                let position =
                    class.in_time.pop().ok_or_else(|| missing(&slots[..=number], same))?;
                served.push((slot, position));
            }
            let mut used: Vec<usize> = served.iter().map(|&(_, position)| position).collect();
            used.sort_unstable();
            by_start.retain(|(_, position)| used.binary_search(position).is_err());
        }
        let mut left = by_start.into_iter();
        for (number, slot) in slots.iter().enumerate().filter(|(_, slot)| slot.fact.is_none()) {
            let next = left.next().filter(|(start, _)| *start <= slot.deadline.end);
            let Some((_, position)) = next else {
                return Err(self.used_up(slots, number, &served));
            };
            served.push((slot, position));
        }
        Ok(served)
    }

    /// That this slot cannot be served because those that chose before left too few. An entry counts
    /// wherever it was seen, in later places, too, where it took one of those called in time.
    fn used_up(&self, slots: &[Slot], number: usize, served: &[(&Slot, usize)]) -> Broken {
        let deadline = slots[number].deadline;
        let in_time =
            served.iter().filter(|&&(_, position)| self.places.all[position].start <= deadline.end);
        let entries = in_time.filter_map(|(slot, _)| slot.fact.map(|(entry, _)| entry));
        let entries: BTreeSet<Entry> = entries.collect();
        let seen = slots.iter().filter_map(|slot| slot.fact);
        let seen = seen.filter(|(entry, _)| entries.contains(entry)).collect();
        Broken::Missing { at: slots[number].at, behind: deadline.of, seen }
    }
}

/// That the last of these slots cannot be served: because of who stands behind it, and of those who
/// saw the entries of the slots that count.
fn missing(slots: &[Slot], counts: impl Fn(&Slot) -> bool) -> Broken {
    let (at, behind) = slots.last().map_or((0, 0), |slot| (slot.at, slot.deadline.of));
    let seen = slots.iter().filter(|slot| counts(slot)).filter_map(|slot| slot.fact);
    Broken::Missing { at, behind, seen: seen.collect() }
}
