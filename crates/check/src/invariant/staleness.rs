//! `bounded-staleness`: a read may be old, but not too old.

use super::parts::{Timed, Touched, ids};
use super::registers::{read, registers, shown, written};
use super::scene::{self, Case};
use crate::subject::{Subject, Typed};
use crate::{Budget, Checker};
use std::borrow::Cow;
use std::collections::BTreeMap;
use testimony_history::{History, Rank};
use testimony_model::{Atom, Model};
use testimony_verdict::{AnomalyKind, Certificate, Finding, Property, Verdict};

/// No read answers a value that had been replaced for longer than this when the read was called.
///
/// A value had been replaced when every operation that may have put it there had returned before
/// another write was called, and that one was answered before the read was called. A write without
/// an answer never returned, so what it wrote is never old, and it replaces nothing. The time is
/// that of the clients, in nanoseconds: from the answer of the write that replaced the value to the
/// call of the read. Not applicable to keys with operations that are no access to a register (if
/// nothing else is found). O(n log n).
///
/// After "delta-atomicity" of Golab, Li and Shah (PODC 2011), for each read by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BoundedStaleness {
    /// The bound in nanoseconds.
    pub max_ns: u64,
}

impl BoundedStaleness {
    /// What the name of the property begins with; a bound follows.
    pub const PREFIX: &'static str = "bounded-staleness:";

    /// The checker that a name like `bounded-staleness:250ms` stands for (also `us`, `s`); `None`
    /// for other names.
    ///
    /// ```
    /// use testimony_check::invariant::BoundedStaleness;
    ///
    /// let bound = BoundedStaleness::named("bounded-staleness:250ms");
    /// assert_eq!(bound, Some(BoundedStaleness { max_ns: 250_000_000 }));
    /// assert_eq!(bound.map(|bound| bound.name()).as_deref(), Some("bounded-staleness:250ms"));
    /// assert_eq!(BoundedStaleness::named("bounded-staleness:fast"), None);
    /// ```
    pub fn named(name: &str) -> Option<BoundedStaleness> {
        let bound = name.strip_prefix(BoundedStaleness::PREFIX)?;
        let digits = bound.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = bound.split_at(digits);
        let (_, factor) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
        Some(BoundedStaleness { max_ns: number.parse::<u64>().ok()?.checked_mul(factor)? })
    }

    /// Its name, with the bound in the largest unit that fits.
    pub fn name(&self) -> String {
        format!("{}{}", BoundedStaleness::PREFIX, duration(self.max_ns))
    }
}

const UNITS: [(&str, u64); 4] = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1)];

/// `250ms`: in the largest unit that fits.
fn duration(ns: u64) -> String {
    let fits = UNITS.into_iter().find(|(_, factor)| ns.is_multiple_of(*factor));
    let (unit, factor) = fits.unwrap_or(("ns", 1));
    format!("{}{unit}", ns / factor)
}

impl<M: Model> Checker<M> for BoundedStaleness {
    fn property(&self) -> Property {
        Property::Invariant(Cow::Owned(self.name()))
    }

    fn check(&self, model: &M, history: &History<M::Op, M::Ret>, _budget: &Budget<'_>) -> Finding {
        let subject = Typed::new(model, history);
        let (cells, left_out) = match registers(&subject) {
            Ok(registers) => registers,
            Err(why) => return scene::not_applicable(&why),
        };
        let stale = |cell| Values::of(subject.initial(), cell).stale(cell, self.max_ns);
        let found: Vec<(&Touched<'_>, Vec<Stale<'_>>)> =
            cells.iter().map(|cell| (cell, stale(cell))).collect();
        let many: usize = found.iter().map(|(_, stale)| stale.len()).sum();
        let worst = found
            .iter()
            .flat_map(|(cell, stale)| stale.iter().map(|stale| (*cell, stale)))
            .max_by_key(|(_, stale)| (stale.old_ns, std::cmp::Reverse(stale.read.id)));
        match (worst, left_out) {
            (Some((cell, worst)), _) => self.case(&subject, cell, worst, many).finding(),
            (None, Some(key)) => {
                scene::not_applicable(&format!("the values of {key} are not only read and written"))
            }
            (None, None) => scene::finding(Verdict::Valid(Certificate::Checked)),
        }
    }
}

/// A read that is too old.
struct Stale<'h> {
    read: Timed,
    value: Atom<'h>,
    /// Those that may have written what it answered.
    sources: Vec<Timed>,
    /// The write that had replaced it first.
    newer: Timed,
    old_ns: u64,
}

/// Who wrote what, to one register.
struct Values<'h> {
    /// The value at the beginning.
    initial: Atom<'h>,
    /// Those that may have written each value, by call, each with the latest return up to it.
    writers: BTreeMap<Atom<'h>, Vec<(Timed, Rank)>>,
    /// Answered writes by call, each with the one from it on that was answered at the earliest time.
    answered: Vec<(Timed, Timed)>,
}

impl<'h> Values<'h> {
    fn of(initial: Atom<'h>, cell: &Touched<'h>) -> Values<'h> {
        let mut writes: Vec<_> = cell
            .accesses
            .iter()
            .filter_map(|(operation, access)| Some((*operation, written(access)?)))
            .collect();
        writes.sort_by_key(|(operation, _)| (operation.call, operation.id));
        let mut writers: BTreeMap<Atom<'h>, Vec<(Timed, Rank)>> = BTreeMap::new();
        for (operation, value) in &writes {
            let before = writers.entry(*value).or_default();
            let returned = if operation.is_ok() { operation.ret } else { Rank::NEVER };
            let latest = before.last().map_or(returned, |(_, latest)| returned.max(*latest));
            before.push((*operation, latest));
        }
        let mut answered: Vec<(Timed, Timed)> = Vec::new();
        for (operation, _) in writes.iter().rev().filter(|(operation, _)| operation.is_ok()) {
            let rest = answered.last().map_or(*operation, |(_, earliest)| *earliest);
            let earliest = if operation.ret_ns <= rest.ret_ns { *operation } else { rest };
            answered.push((*operation, earliest));
        }
        answered.reverse();
        Values { initial, writers, answered }
    }

    /// The reads that are older than this.
    fn stale(&self, cell: &Touched<'h>, max_ns: u64) -> Vec<Stale<'h>> {
        let old = |(late, access): &(Timed, _)| {
            let value = read(access)?;
            let writers = self.writers.get(&value).map_or(&[][..], Vec::as_slice);
            let sources = &writers[..writers.partition_point(|(one, _)| one.call <= late.ret)];
            if sources.is_empty() && value != self.initial {
                return None;
            }
            let newer = self.newer(sources.last().map(|(_, latest)| *latest), *late, max_ns)?;
            let sources = sources.iter().map(|(source, _)| *source).collect();
            let old_ns = late.call_ns - newer.ret_ns;
            Some(Stale { read: *late, value, sources, newer, old_ns })
        };
        cell.accesses.iter().filter_map(old).collect()
    }

    /// The write that was answered first of those that were called after this rank and answered so
    /// long before a read.
    fn newer(&self, after: Option<Rank>, late: Timed, max_ns: u64) -> Option<Timed> {
        let known =
            self.answered.partition_point(|(one, _)| after.is_some_and(|after| one.call <= after));
        let replaced = |newer: &Timed| {
            newer.ret < late.call && newer.ret_ns.saturating_add(max_ns) < late.call_ns
        };
        let (_, earliest) = self.answered.get(known)?;
        if earliest.ret_ns.saturating_add(max_ns) >= late.call_ns {
            return None;
        }
        // Where times and ranks contradict each other, the first one by time need not be it.
        let rest = || self.answered[known..].iter().map(|(one, _)| *one).filter(replaced);
        match replaced(earliest) {
            true => Some(*earliest),
            false => rest().min_by_key(|one| (one.ret_ns, one.id)),
        }
    }
}

impl BoundedStaleness {
    fn case<'c>(
        &self,
        subject: &'c dyn Subject,
        cell: &Touched<'c>,
        stale: &Stale<'c>,
        many: usize,
    ) -> Case<'c> {
        let Stale { read, newer, .. } = stale;
        let of = cell.of();
        let (value, old) = (shown(stale.value), duration(stale.old_ns / 1_000 * 1_000));
        let bound = duration(self.max_ns);
        let mut required = stale.sources.clone();
        required.push(*newer);
        required.sort_by_key(|operation| (operation.call, operation.id));
        let source = match stale.sources[..] {
            [] => format!("{value} was there at the beginning"),
            [one] => format!("{} wrote {value} and had returned", one.id),
            [.., last] => {
                let many = stale.sources.len();
                format!("{many} writes of {value} had returned, the last of them {}", last.id)
            }
        };
        let mut why = vec![
            source,
            format!("then {} replaced it, and was answered {old} before the read", newer.id),
            format!("{} still answered {value}, though {bound} are allowed", read.id),
        ];
        if many > 1 {
            why.push(format!("{many} reads are older than {bound}; this one is the oldest"));
        }
        Case {
            subject,
            kind: AnomalyKind::TooStale,
            property: Property::Invariant(Cow::Owned(self.name())),
            key: cell.key.clone(),
            culprit: read.id,
            required: ids(&required),
            optional: Vec::new(),
            headline: format!("read{of} {old} old, {bound} allowed"),
            sentence: format!(
                "{} read {value}{of} ({}), which {} had replaced {old} before.",
                read.client(),
                read.id,
                newer.id
            ),
            why,
        }
    }
}
