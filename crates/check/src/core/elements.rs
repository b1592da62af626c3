//! Which values the operations of a collection are about: what a core of one can leave out.
//!
//! Taking a value out of an order together with everything that was done to it leaves an order, of a
//! set, a queue, a stack or a priority queue alike: what is next among the other values stays next,
//! and what was empty stays empty. So a core needs only what concerns the values that its required
//! operations name. A take without an answer may concern any of them, unless each was put in once
//! and taken by an operation that answered it. The verifier (the crate `certify`) checks this rule by
//! code of its own.

use crate::part::{Part, Standing};
use rustc_hash::FxHashMap;
use testimony_model::{Access, Atom, Element, Object};

/// So many values are looked at one by one.
const VALUES_MAX: usize = 64;
/// Of so many positions on pairs are looked at, too: fewer can be reduced together, which shows the
/// plainer contradictions.
const PAIRS_MIN: usize = 32;

/// What an operation names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Names {
    Value(u32),
    /// No value: it found nothing.
    Nothing,
    /// Whatever is there: a take without an answer.
    Any,
    /// Every value that it shows: a read of a whole set.
    All,
}

/// The values of a collection, and who names them.
pub(super) struct Elements<'h> {
    numbers: FxHashMap<Atom<'h>, u32>,
    names: Vec<Names>,
    /// For each value the positions that name it, by call.
    positions: Vec<Vec<u32>>,
    /// For each value whether it was put in once and taken once, by an operation that answered it.
    settled: Vec<bool>,
    /// Takes without an answer, by call.
    open: Vec<u32>,
}

impl<'h> Elements<'h> {
    /// The values, if the part is one collection. O(n).
    pub(super) fn of(part: &Part<'h>) -> Option<Elements<'h>> {
        let object = part.subject.object();
        let known =
            matches!(object, Object::Set | Object::Queue | Object::Stack | Object::PriorityQueue);
        if !known || !part.is_single() {
            return None;
        }
        let mut counts: Vec<(u32, u32)> = Vec::new();
        let mut all = Elements {
            numbers: FxHashMap::default(),
            names: Vec::with_capacity(part.operations.len()),
            positions: Vec::new(),
            settled: Vec::new(),
            open: Vec::new(),
        };
        for (position, operation) in (0..).zip(&part.operations) {
            let access = part.access(operation);
            let Access::Element(access) = access else { return None };
            let (value, put, taken) = match access {
                Element::Insert(value) => (value, 1, 0),
                Element::Take(Some(Some(value))) => (value, 0, 1),
                Element::Peek(Some(Some(value))) => (value, 0, 0),
                Element::Add { element, .. }
                | Element::Remove { element, .. }
                | Element::Contains { element, .. } => (element, 0, 0),
                Element::Take(Some(None)) | Element::Peek(_) => {
                    all.names.push(Names::Nothing);
                    continue;
                }
                Element::Take(None) => {
                    all.open.push(position);
                    all.names.push(Names::Any);
                    continue;
                }
                Element::All(_) => {
                    all.names.push(Names::All);
                    continue;
                }
            };
            let number = *all.numbers.entry(value).or_insert_with(|| {
                all.positions.push(Vec::new());
                counts.push((0, 0));
                u32::try_from(counts.len() - 1).unwrap_or(u32::MAX)
            });
            let count = &mut counts[number as usize];
            *count = (count.0 + put, count.1 + taken);
            all.positions[number as usize].push(position);
            all.names.push(Names::Value(number));
        }
        all.settled = counts.into_iter().map(|count| count == (1, 1)).collect();
        Some(all)
    }

    /// Those of the positions that name a value, or none, for each value, and of many for pairs with
    /// the value that is named where it got stuck, which comes first; nothing where the whole is read.
    /// O(values n).
    pub(super) fn by_value(&self, positions: &[usize], stuck: Option<usize>) -> Vec<Vec<usize>> {
        if self.names.contains(&Names::All) {
            return Vec::new();
        }
        let stuck = match stuck.map(|at| self.names[at]) {
            Some(Names::Value(value)) => Some(value),
            _ => None,
        };
        let values = 0..u32::try_from(self.positions.len()).unwrap_or(u32::MAX);
        let others = || values.clone().filter(|&value| Some(value) != stuck).take(VALUES_MAX);
        let alone = stuck.into_iter().chain(others()).map(|value| (value, value));
        let pairs = stuck.filter(|_| positions.len() >= PAIRS_MIN).into_iter();
        let pairs = pairs.flat_map(|stuck| others().map(move |other| (stuck, other)));
        let names = |at: usize, (one, other): (u32, u32)| match self.names[at] {
            Names::Value(own) => own == one || own == other,
            names => names == Names::Nothing,
        };
        let of = |pair| positions.iter().copied().filter(|&at| names(at, pair)).collect();
        alone.chain(pairs).map(of).collect()
    }

    /// Makes everything optional that concerns the values that these operations name.
    pub(super) fn keep(
        &self,
        part: &Part<'_>,
        required: &[usize],
        changes: impl Fn(usize) -> bool,
        standings: &mut [Standing],
    ) {
        let last = required.iter().map(|&at| part.operations[at].ret).max();
        let in_time = |at: usize| Some(part.operations[at].call) <= last;
        let mut values = Vec::new();
        for &at in required {
            match self.names[at] {
                Names::Value(value) => values.push(value as usize),
                Names::Nothing | Names::Any => {}
                Names::All => {
                    let Access::Element(Element::All(Some(all))) =
                        part.access(&part.operations[at])
                    else {
                        continue;
                    };
                    let known = all.iter().filter_map(|value| self.numbers.get(&value.atom()));
                    values.extend(known.map(|&value| value as usize));
                }
            }
        }
        values.sort_unstable();
        values.dedup();
        for &value in &values {
            for &position in &self.positions[value] {
                let at = position as usize;
                if in_time(at) && changes(at) {
                    standings[at] = Standing::Optional;
                }
            }
        }
        if !values.iter().all(|&value| self.settled[value]) {
            for &position in self.open.iter().take_while(|&&at| in_time(at as usize)) {
                standings[position as usize] = Standing::Optional;
            }
        }
    }
}
