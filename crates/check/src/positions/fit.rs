//! Which parts positions can judge: accesses to one sequence whose answers say where they stand.

use crate::part::Part;
use rustc_hash::FxHashMap;
use std::ops::Range;
use testimony_model::{Access, Atom, Placing, places};

/// An entry by number.
pub(super) type Entry = u32;

/// The end of an operation that never returned.
pub(super) const NEVER: i64 = i64::MAX;

/// What is at each place, and the position that says so.
pub(super) type Contents = FxHashMap<i64, (Entry, usize)>;

/// What an operation does.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// It moved the end on by `size`, from `at`, where that is known.
    Take { at: Option<i64>, size: i64, entry: Entry },
    /// It saw the end between these two, both included, and entries.
    See { low: i64, high: i64, facts: Range<usize> },
}

/// An operation as an access.
#[derive(Clone, Debug)]
pub(super) struct One {
    /// Rank of its call.
    pub(super) start: i64,
    /// Rank of its return, or [`NEVER`].
    pub(super) end: i64,
    /// What it does.
    pub(super) kind: Kind,
}

/// A part as accesses to one sequence.
pub(super) struct Places {
    /// By position.
    pub(super) all: Vec<One>,
    /// Places and what was seen there.
    pub(super) facts: Vec<(i64, Entry)>,
    /// Where the sequence begins.
    pub(super) initial: i64,
    /// Whether places may be left out.
    pub(super) gaps: bool,
    /// The size of what every operation takes, if it is the same.
    pub(super) size: Option<i64>,
}

impl Places {
    /// Reads the accesses of a part. O(n).
    pub(super) fn of(part: &Part<'_>) -> Result<Places, String> {
        let Atom::Int(initial) = part.subject.initial() else {
            return Err("the sequence does not begin with a number".to_owned());
        };
        let mut reading = Reading::default();
        let mut all = Vec::with_capacity(part.operations.len());
        for operation in &part.operations {
            let kind = match part.access(operation) {
                Access::Place(placing) => reading.kind(placing, initial, operation.is_ok()),
                _ => None,
            };
            let Some(kind) = kind else {
                let words = part.subject.describe(operation);
                return Err(format!("{} ({words}) names no place", operation.id));
            };
            let end = if operation.is_ok() { i64::from(operation.ret.0) } else { NEVER };
            all.push(One { start: i64::from(operation.call.0), end, kind });
        }
        if reading.rises && !reading.all_rise {
            return Err("numbers with gaps stand beside places without".to_owned());
        }
        let sizes = all.iter().filter_map(|one| match one.kind {
            Kind::Take { size, .. } => Some(size),
            Kind::See { .. } => None,
        });
        let (least, most) = sizes.fold((NEVER, 1), |(a, b), size| (a.min(size), b.max(size)));
        let size = (least == most || least == NEVER).then_some(most);
        if reading.reads_entries && (size != Some(1) || reading.blank) {
            return Err("entries are read that no operation names".to_owned());
        }
        Ok(Places { all, facts: reading.facts, initial, gaps: reading.rises, size })
    }

    /// What the operation at this position saw.
    pub(super) fn facts_of(&self, position: usize) -> &[(i64, Entry)] {
        match &self.all[position].kind {
            Kind::See { facts, .. } => &self.facts[facts.clone()],
            Kind::Take { .. } => &[],
        }
    }

    /// Whether the end can ever be here.
    pub(super) fn is_end(&self, at: i64) -> bool {
        let distance = i128::from(at) - i128::from(self.initial);
        distance >= 0
            && (self.gaps || self.size.is_none_or(|size| distance % i128::from(size) == 0))
    }
}

/// What was met while reading.
struct Reading<'a> {
    numbers: FxHashMap<Atom<'a>, Entry>,
    facts: Vec<(i64, Entry)>,
    /// Whether some answer was a number with gaps, and whether all were.
    rises: bool,
    all_rise: bool,
    /// Whether some operation takes a place without an entry.
    blank: bool,
    /// Whether some operation reads entries.
    reads_entries: bool,
}

impl Default for Reading<'_> {
    fn default() -> Self {
        Reading {
            numbers: FxHashMap::default(),
            facts: Vec::new(),
            rises: false,
            all_rise: true,
            blank: false,
            reads_entries: false,
        }
    }
}

impl<'a> Reading<'a> {
    fn number(&mut self, entry: Atom<'a>) -> Entry {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX).saturating_add(1);
        *self.numbers.entry(entry).or_insert(next)
    }

    /// What an operation does; `None` where positions cannot say.
    fn kind(&mut self, placing: Placing<'a>, initial: i64, answered: bool) -> Option<Kind> {
        self.all_rise &= matches!(placing, Placing::Rise(_));
        let begin = self.facts.len();
        let (low, high) = match placing {
            // An answer without its number has a place that nobody knows.
            Placing::Take { at: None, .. } | Placing::Rise(None) if answered => return None,
            Placing::Take { at, size, entry } => {
                self.blank |= entry.is_none();
                let entry = entry.map_or(0, |entry| self.number(entry));
                let fits = size > 0 && at.is_none_or(|at| at.checked_add(size).is_some());
                return fits.then_some(Kind::Take { at, size, entry });
            }
            Placing::Rise(at) => {
                self.rises = true;
                let fits = at != Some(i64::MAX);
                return fits.then_some(Kind::Take { at, size: 1, entry: 0 });
            }
            Placing::End(end) => (end?, end?),
            Placing::Entry { at, entry: Atom::Nil } => {
                self.reads_entries = true;
                (initial, if at < initial { NEVER } else { at })
            }
            Placing::Entry { at, entry } => {
                self.reads_entries = true;
                let entry = self.number(entry);
                self.facts.push((at, entry));
                (at.checked_add(1)?.max(initial), NEVER)
            }
            Placing::Suffix { from, entries } => {
                self.reads_entries = true;
                let from = from.max(initial);
                for (at, entry) in places(from).zip(entries) {
                    let entry = self.number(entry.atom());
                    self.facts.push((at, entry));
                }
                let end = from.checked_add(i64::try_from(entries.len()).ok()?)?;
                (if entries.is_empty() { initial } else { end }, end)
            }
        };
        Some(Kind::See { low, high, facts: begin..self.facts.len() })
    }
}
