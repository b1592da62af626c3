//! Values by number: by their place in a table where they are integers that lie close together, as
//! those of generated workloads do, and by hash otherwise.

use super::NONE;
use super::tuned::index;
use rustc_hash::FxHashMap;
use testimony_model::Atom;

/// Numbers for values, in the order in which they are first asked for.
pub(super) struct Numbers<'h> {
    least: i64,
    table: Vec<u32>,
    others: FxHashMap<Atom<'h>, u32>,
    len: usize,
}

/// So many entries of the table may be unused for each value.
const SPREAD_MAX: usize = 4;

impl<'h> Numbers<'h> {
    /// Numbers for values like these.
    pub(super) fn new(values: impl Iterator<Item = Atom<'h>>) -> Numbers<'h> {
        let (mut least, mut greatest, mut count) = (i64::MAX, i64::MIN, 0_usize);
        for value in values {
            if let Atom::Int(number) = value {
                (least, greatest) = (least.min(number), greatest.max(number));
            }
            count += 1;
        }
        let range = greatest.checked_sub(least).and_then(|range| usize::try_from(range).ok());
        let table = match range {
            Some(range) if range / SPREAD_MAX <= count => vec![NONE; range + 1],
            _ => Vec::new(),
        };
        Numbers { least, table, others: FxHashMap::default(), len: 0 }
    }

    /// How many values have a number.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The number of a value.
    pub(super) fn of(&mut self, value: Atom<'h>) -> u32 {
        let next = index(self.len);
        let place = match value {
            Atom::Int(number) => number.checked_sub(self.least),
            _ => None,
        };
        let place = place.and_then(|place| usize::try_from(place).ok());
        let number = match place.and_then(|place| self.table.get_mut(place)) {
            Some(slot) => {
                if *slot == NONE {
                    *slot = next;
                }
                *slot
            }
            None => *self.others.entry(value).or_insert(next),
        };
        self.len += usize::from(number == next);
        number
    }

    /// For each number its rank among the values, the least first.
    pub(super) fn ranks(&self) -> Vec<u32> {
        let mut others: Vec<(Atom<'h>, u32)> = self.others.iter().map(|(a, n)| (*a, *n)).collect();
        others.sort_unstable();
        let in_table = self.table.iter().enumerate().filter(|(_, number)| **number != NONE);
        let value = |place: usize| self.least.wrapping_add_unsigned(place as u64);
        let mut in_table =
            in_table.map(|(place, number)| (Atom::Int(value(place)), *number)).peekable();
        let mut others = others.into_iter().peekable();
        let mut ranks = vec![0; self.len];
        for rank in 0..index(self.len) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_first_question_and_ranks_the_values() {
        for values in [
            vec![Atom::Int(9), Atom::Int(7), Atom::Text("a"), Atom::Int(8), Atom::Int(i64::MAX)],
            vec![Atom::Int(-3), Atom::Int(5), Atom::Int(-4), Atom::Text("b"), Atom::Text("a")],
            vec![Atom::Int(i64::MIN), Atom::Text(""), Atom::Int(i64::MAX), Atom::Int(0)],
        ] {
            let near = values.iter().copied().filter(|value| *value != Atom::Int(i64::MAX));
            for mut numbers in [Numbers::new(values.iter().copied()), Numbers::new(near)] {
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
}
