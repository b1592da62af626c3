//! Values with the intervals in which they can have come and gone.
//!
//! Whoever takes or sees a value does so after it was put in and before it is gone. That narrows
//! the intervals of its operations (*tuning*, Emmi, Enea and Hamza's regular reductions and Gibbons,
//! Bruno and Phillips, *Black-Box Correctness Tests for Basic Parallel Data Structures*, 2002):
//! what is narrowed to nothing is a contradiction by itself. Between the latest moment at which a
//! value came and the earliest at which it went, it is *certainly inside*.
//!
//! Operations without an answer: a put whose value nobody took or saw need not have happened; one
//! whose value was seen did, some time after its call. A take without an answer may have taken any
//! value that no other one took ([`super::lost`]).

use super::accesses::{Accesses, Kind};
use super::{NEVER, NONE, Span};
use crate::part::Standing;

/// One value that certainly was put in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Value {
    /// Its number.
    pub(super) number: u32,
    /// The position that put it in.
    pub(super) insert: u32,
    /// The position that took it, or [`NONE`].
    pub(super) take: u32,
    /// When it can have come.
    pub(super) add: Span,
    /// When it can have gone; [`NEVER`] stands for staying there.
    pub(super) rem: Span,
    /// The earliest end of an operation that found it next: a take or a peek.
    pub(super) next_by: u32,
    /// Its peeks, as a range of [`Tuned::peeks`].
    pub(super) peeks: (u32, u32),
}

impl Value {
    /// Whether there are moments strictly between `add.end` and `rem.start`: then it is certainly
    /// inside at each of them.
    pub(super) fn is_critical(&self) -> bool {
        self.add.end < self.rem.start
    }

    /// Whether nobody is known to have taken it, whatever take it was given.
    pub(super) fn is_lost(&self) -> bool {
        self.rem.end == NEVER
    }

    /// When it can have gone with a take that was called at this moment.
    pub(super) fn gone_from(&self, peeks: &[Seen], call: u32) -> Span {
        let seen = peeks.iter().map(|peek| peek.span.start);
        Span { start: seen.fold(self.add.start.max(call), u32::max), end: NEVER }
    }

    pub(super) fn peeks(&self) -> std::ops::Range<usize> {
        self.peeks.0 as usize..self.peeks.1 as usize
    }
}

/// A peek, or an answer that nothing was there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Seen {
    /// Its position.
    pub(super) position: u32,
    /// When it can have been.
    pub(super) span: Span,
}

/// The values of a part, tuned.
#[derive(Debug)]
pub(super) struct Tuned {
    /// By number.
    pub(super) values: Vec<Value>,
    /// Peeks by value.
    pub(super) peeks: Vec<Seen>,
    /// Answers that nothing was there, by call.
    pub(super) empties: Vec<Seen>,
    /// Takes without an answer, by call.
    pub(super) open: Vec<Seen>,
}

/// The operations of one value, in arrays by number.
struct Gathered {
    insert: Vec<u32>,
    take: Vec<u32>,
    /// `(value, position)`.
    peeks: Vec<(u32, u32)>,
    empties: Vec<Seen>,
    open: Vec<Seen>,
    /// Puts that may have happened at any time.
    loose: Vec<u32>,
}

impl Tuned {
    /// Gathers and tunes the values. O(n log n) for the peeks, O(n) for the rest.
    ///
    /// # Errors
    ///
    /// Positions that contradict each other: taken twice, never put in, seen before it came, seen
    /// after it was gone.
    pub(super) fn new(
        accesses: &Accesses,
        standing: impl Fn(usize) -> Standing,
    ) -> Result<Tuned, Vec<usize>> {
        let gathered = gather(accesses, standing)?;
        let Gathered { insert, take, mut peeks, empties, open, loose } = gathered;
        peeks.sort_unstable();
        let mut is_loose = vec![false; accesses.values];
        loose.iter().for_each(|&value| is_loose[value as usize] = true);
        let mut values = Vec::with_capacity(accesses.values);
        let mut seen: Vec<Seen> = Vec::with_capacity(peeks.len());
        let mut next = 0;
        for number in 0..accesses.values {
            let first = seen.len();
            while let Some(&(_, position)) =
                peeks.get(next).filter(|(value, _)| *value as usize == number)
            {
                seen.push(Seen { position, span: accesses.spans[position as usize] });
                next += 1;
            }
            let (put, taken) = (insert[number], take[number]);
            if put == NONE {
                let stray = (taken != NONE).then_some(taken);
                match stray.or_else(|| seen.get(first).map(|peek| peek.position)) {
                    Some(position) => return Err(vec![position as usize]),
                    None => continue,
                }
            }
            if taken == NONE
                && first == seen.len()
                && (is_loose[number] || accesses.spans[put as usize].end == NEVER)
            {
                continue;
            }
            let mut add = accesses.spans[put as usize];
            if is_loose[number] {
                add.end = NEVER;
            }
            let rem = match taken {
                NONE => Span { start: NEVER, end: NEVER },
                taken => accesses.spans[taken as usize],
            };
            let number = u32::try_from(number).unwrap_or(NONE);
            let bounds = (index(first), index(seen.len()));
            let mut value =
                Value { number, insert: put, take: taken, add, rem, next_by: NEVER, peeks: bounds };
            tune(&mut value, &mut seen[first..])?;
            values.push(value);
        }
        Ok(Tuned { values, peeks: seen, empties, open })
    }

    /// The operation of a value that ends first: why it came no later.
    pub(super) fn ends_first(&self, accesses: &Accesses, value: &Value) -> usize {
        let all = self.operations(value);
        all.min_by_key(|&at| accesses.spans[at].end).unwrap_or(value.insert as usize)
    }

    /// The operation of a value that starts last: why it went no earlier.
    pub(super) fn starts_last(&self, accesses: &Accesses, value: &Value) -> usize {
        let all = self.operations(value);
        all.max_by_key(|&at| accesses.spans[at].start).unwrap_or(value.insert as usize)
    }

    /// The operation that found a value next and ended first.
    pub(super) fn next_first(&self, accesses: &Accesses, value: &Value) -> usize {
        let all = self.operations(value).filter(|&at| at != value.insert as usize);
        all.min_by_key(|&at| accesses.spans[at].end).unwrap_or(value.insert as usize)
    }

    /// Every operation of a value.
    pub(super) fn operations(&self, value: &Value) -> impl Iterator<Item = usize> {
        let take = (value.take != NONE).then_some(value.take);
        let peeks = self.peeks[value.peeks()].iter().map(|peek| peek.position);
        [value.insert].into_iter().chain(take).chain(peeks).map(|at| at as usize)
    }

    /// Why a value is certainly inside where it is.
    pub(super) fn why_inside(&self, accesses: &Accesses, value: &Value, found: &mut Vec<usize>) {
        found.push(self.ends_first(accesses, value));
        if value.rem.start != NEVER {
            found.push(self.starts_last(accesses, value));
        }
    }
}

/// A length or an index as it is kept: 32 bits are enough for what a history can number.
pub(super) fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(NONE)
}

fn gather(
    accesses: &Accesses,
    standing: impl Fn(usize) -> Standing,
) -> Result<Gathered, Vec<usize>> {
    let mut all = Gathered {
        insert: vec![NONE; accesses.values],
        take: vec![NONE; accesses.values],
        peeks: Vec::new(),
        empties: Vec::new(),
        open: Vec::new(),
        loose: Vec::new(),
    };
    for (at, &kind) in accesses.kinds.iter().enumerate() {
        let (standing, span, position) = (standing(at), accesses.spans[at], index(at));
        match (standing, kind) {
            (Standing::Dropped, _) | (Standing::Optional, Kind::Peek(_) | Kind::Empty) => {}
            (_, Kind::Insert(value)) => {
                all.insert[value as usize] = position;
                if standing == Standing::Optional {
                    all.loose.push(value);
                }
            }
            (Standing::Required, Kind::Take(value)) => {
                let before = std::mem::replace(&mut all.take[value as usize], position);
                if before != NONE {
                    return Err(vec![before as usize, at]);
                }
            }
            (Standing::Required, Kind::Peek(value)) => all.peeks.push((value, position)),
            (Standing::Required, Kind::Empty) => all.empties.push(Seen { position, span }),
            (Standing::Optional, Kind::Take(_)) | (_, Kind::Open) => {
                all.open.push(Seen { position, span: Span { end: NEVER, ..span } });
            }
        }
    }
    Ok(all)
}

/// Narrows the intervals of a value.
fn tune(value: &mut Value, peeks: &mut [Seen]) -> Result<(), Vec<usize>> {
    let pair = |one: u32, two: u32| Err(vec![one as usize, two as usize]);
    let added = value.add.start;
    let (gone, taken) = (value.rem.end, value.take != NONE);
    if taken && gone < added {
        return pair(value.insert, value.take);
    }
    value.rem.start = value.rem.start.max(added);
    let mut next_by = if taken { gone } else { NEVER };
    for peek in peeks {
        if peek.span.end < added {
            return pair(value.insert, peek.position);
        }
        if gone < peek.span.start {
            return pair(value.take, peek.position);
        }
        peek.span = Span { start: peek.span.start.max(added), end: peek.span.end.min(gone) };
        value.rem.start = value.rem.start.max(peek.span.start);
        next_by = next_by.min(peek.span.end);
    }
    value.next_by = next_by;
    value.add.end = value.add.end.min(next_by);
    Ok(())
}
