//! Numbers for values: equal values get equal numbers, counted from the first that is seen.

use rustc_hash::FxHashMap;
use testimony_model::Atom;

/// No number.
const NONE: u32 = u32::MAX;

/// So far below the first integer a table begins: values that are counted up by several clients come
/// a little out of turn.
const SLACK: u16 = 256;

/// The numbers that values have got so far.
///
/// Most histories count their values up, so integers from about the first one to a small multiple of
/// the number of operations above it have a table, and only others are hashed.
pub(crate) struct Numbers<'h> {
    next: u32,
    nil: u32,
    /// The integer with the first entry of the table, once there is one.
    base: Option<i64>,
    table: Vec<u32>,
    table_max: usize,
    others: FxHashMap<Atom<'h>, u32>,
}

impl<'h> Numbers<'h> {
    /// None yet, for so many operations.
    pub(crate) fn new(operations: usize) -> Numbers<'h> {
        Numbers {
            next: 0,
            nil: NONE,
            base: None,
            table: Vec::new(),
            table_max: operations.saturating_mul(2).saturating_add(2 * usize::from(SLACK)),
            others: FxHashMap::default(),
        }
    }

    /// How many values have a number.
    pub(crate) fn len(&self) -> usize {
        self.next as usize
    }

    /// The number of a value. Expected O(1).
    #[inline]
    pub(crate) fn of(&mut self, atom: Atom<'h>) -> u32 {
        match self.place(atom).and_then(|place| self.table.get(place)) {
            Some(&number) if number != NONE => number,
            _ => self.new_or_other(atom),
        }
    }

    /// The place of an integer in the table, if it has one or could have one.
    fn place(&self, atom: Atom<'h>) -> Option<usize> {
        let Atom::Int(value) = atom else { return None };
        usize::try_from(value.checked_sub(self.base?)?).ok()
    }

    /// The number of a value that is not in the table, or not yet.
    fn new_or_other(&mut self, atom: Atom<'h>) -> u32 {
        if let Atom::Int(value) = atom {
            self.base.get_or_insert_with(|| base(value));
        }
        let next = self.next;
        let number = match (atom, self.place(atom)) {
            (Atom::Nil, _) => &mut self.nil,
            (_, Some(place)) if place < self.table_max => {
                if place >= self.table.len() {
                    let more = place.saturating_add(place / 2 + 64).min(self.table_max);
                    self.table.resize(more, NONE);
                }
                &mut self.table[place]
            }
            _ => self.others.entry(atom).or_insert(NONE),
        };
        if *number == NONE {
            *number = next;
            self.next += 1;
        }
        *number
    }

    /// For each number its rank among the values, the least first. O(n) beside sorting what is hashed.
    pub(crate) fn ranks(&self) -> Vec<u32> {
        let mut others: Vec<(Atom<'h>, u32)> = self.others.iter().map(|(a, n)| (*a, *n)).collect();
        others.extend((self.nil != NONE).then_some((Atom::Nil, self.nil)));
        others.sort_unstable();
        let in_table = self.table.iter().enumerate().filter(|(_, number)| **number != NONE);
        let base = self.base.unwrap_or(0);
        let value = |place: usize| base.wrapping_add_unsigned(place as u64);
        let mut in_table =
            in_table.map(|(place, number)| (Atom::Int(value(place)), *number)).peekable();
        let mut others = others.into_iter().peekable();
        let mut ranks = vec![0; self.len()];
        for rank in 0..self.next {
            let from_table = match (in_table.peek(), others.peek()) {
                (Some(one), Some(two)) => one < two,
                (one, _) => one.is_some(),
            };
            let next = if from_table { in_table.next() } else { others.next() };
            if let Some((_, number)) = next {
                ranks[number as usize] = rank;
            }
        }
        ranks
    }
}

/// Where a table begins that has this value: at zero for small ones.
fn base(value: i64) -> i64 {
    let slack = i64::from(SLACK);
    if (0..slack).contains(&value) { 0 } else { value.saturating_sub(slack) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_first_question_and_ranks_the_values() {
        for values in [
            vec![Atom::Int(9), Atom::Int(7), Atom::Text("a"), Atom::Int(8), Atom::Int(i64::MAX)],
            vec![Atom::Int(-3), Atom::Int(5), Atom::Nil, Atom::Text("b"), Atom::Text("a")],
            vec![Atom::Int(i64::MIN), Atom::Text(""), Atom::Int(i64::MAX), Atom::Int(0)],
            vec![Atom::Int(i64::MAX), Atom::Int(i64::MIN), Atom::Int(i64::MAX - 2000)],
            vec![Atom::Int(1 << 40), Atom::Int((1 << 40) - 9), Atom::Int(0), Atom::Int(-9)],
        ] {
            for operations in [0, values.len(), 5_000] {
                let mut numbers = Numbers::new(operations);
                for _ in 0..2 {
                    for (number, &value) in (0..).zip(&values) {
                        assert_eq!(numbers.of(value), number);
                    }
                }
                assert_eq!(numbers.len(), values.len());
                let mut sorted = values.clone();
                sorted.sort_unstable();
                let ranks = numbers.ranks();
                for (number, value) in values.iter().enumerate() {
                    assert_eq!(sorted[ranks[number] as usize], *value);
                }
            }
        }
    }

    #[test]
    fn what_is_counted_up_is_not_hashed() {
        let mut numbers = Numbers::new(4_000);
        for value in 0..4_000 {
            numbers.of(Atom::Int((1 << 40) + (value ^ 7)));
        }
        assert!(numbers.others.is_empty());
        assert_eq!(numbers.len(), 4_000);
    }
}
