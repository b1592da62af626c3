//! The values of a register by number, and which of them appending leads to.
//!
//! A text that grows by appending is never kept: a value gets a number only if somebody may observe
//! it, or if appending to it leads to such a one. These are found backwards: the observed texts, what
//! is left of each without one of the appended pieces at its end, and so on; all are prefixes of
//! texts that stand in the history. So a thousand appends to one text take the memory of one text,
//! not of a thousand.
//!
//! Prefixes are told apart by a polynomial hash that follows from the hash of the whole in constant
//! time (Karp and Rabin, 1987), and compared in full where hashes are equal.

use super::tables::{NONE, State};
use rustc_hash::FxHashMap;
use testimony_model::Atom;

/// A text that was appended, by number.
pub(super) type Piece = u32;

/// The numbers of values.
pub(super) struct Texts<'h> {
    numbers: FxHashMap<Atom<'h>, State>,
    /// By value, from [`Texts::FIRST`] on.
    atoms: Vec<Atom<'h>>,
    pieces: FxHashMap<&'h str, Piece>,
    /// Where appending a piece leads, for values that are observed in the end.
    edges: FxHashMap<(State, Piece), State>,
}

/// A text with its hash, from which to go backwards.
struct Ending<'h> {
    value: State,
    text: &'h str,
    hash: u64,
}

impl<'h> Texts<'h> {
    /// The number of the first value.
    pub(super) const FIRST: State = 2;

    pub(super) fn new() -> Texts<'h> {
        let (numbers, pieces, edges) = Default::default();
        Texts { numbers, atoms: Vec::new(), pieces, edges }
    }

    /// The number of a value.
    pub(super) fn number(&mut self, atom: Atom<'h>) -> State {
        let next = Self::FIRST + number(self.atoms.len());
        let value = *self.numbers.entry(atom).or_insert(next);
        if value == next {
            self.atoms.push(atom);
        }
        value
    }

    /// The number of a piece.
    pub(super) fn piece(&mut self, text: &'h str) -> Piece {
        let next = number(self.pieces.len());
        *self.pieces.entry(text).or_insert(next)
    }

    /// How many numbers there are, with those before the first.
    pub(super) fn count(&self) -> State {
        Self::FIRST + number(self.atoms.len())
    }

    /// Whether a value is a number, to which nothing can be appended.
    pub(super) fn is_number(&self, value: State) -> bool {
        let atom = value.checked_sub(Self::FIRST).and_then(|at| self.atoms.get(at as usize));
        matches!(atom, Some(Atom::Int(_)))
    }

    /// Numbers whatever leads to one of the observed values by appending, and gives every such
    /// step. Linear in the text that was observed, times the number of lengths of pieces.
    pub(super) fn trace_back(
        mut self,
        observed: impl Iterator<Item = State>,
    ) -> (State, Vec<bool>, FxHashMap<(State, Piece), State>) {
        if !self.pieces.is_empty() {
            self.find_edges(observed);
        }
        let count = self.count();
        let numbers = (0..count).map(|value| self.is_number(value)).collect();
        (count, numbers, self.edges)
    }

    fn find_edges(&mut self, observed: impl Iterator<Item = State>) {
        let mut lengths: Vec<usize> = self.pieces.keys().map(|piece| piece.len()).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let hashes: FxHashMap<Piece, u64> =
            self.pieces.iter().map(|(text, &piece)| (piece, hash(text))).collect();
        // By length and hash the values that have them.
        let mut known: FxHashMap<(usize, u64), Vec<State>> = FxHashMap::default();
        let mut open: Vec<Ending<'h>> = Vec::new();
        let mut traced = vec![false; self.count() as usize];
        for value in observed {
            if std::mem::replace(&mut traced[value as usize], true) {
                continue;
            }
            if let Atom::Text(text) = self.atoms[(value - Self::FIRST) as usize] {
                open.push(Ending { value, text, hash: hash(text) });
            }
        }
        for (atom, at) in self.atoms.iter().zip(0..) {
            if let Atom::Text(text) = atom {
                known.entry((text.len(), hash(text))).or_default().push(Self::FIRST + at);
            }
        }
        // A value that is only written may be a step on the way to an observed one.
        while let Some(Ending { value, text, hash }) = open.pop() {
            for &length in lengths.iter().take_while(|&&length| length <= text.len()) {
                let (Some(rest), Some(end)) =
                    (text.get(..text.len() - length), text.get(text.len() - length..))
                else {
                    continue;
                };
                let Some(&piece) = self.pieces.get(end) else { continue };
                if rest.is_empty() {
                    let nothing = self.number(Atom::Nil);
                    self.edges.insert((nothing, piece), value);
                }
                let shifted = times(hashes[&piece], power(rest.len()));
                let hash = plus(hash, PRIME - shifted);
                let places = known.entry((rest.len(), hash)).or_default();
                let same = places
                    .iter()
                    .copied()
                    .find(|&place| self.atoms[(place - Self::FIRST) as usize] == Atom::Text(rest));
                let before = same.unwrap_or_else(|| {
                    self.atoms.push(Atom::Text(rest));
                    Self::FIRST + number(self.atoms.len()) - 1
                });
                if same.is_none() {
                    places.push(before);
                }
                self.edges.insert((before, piece), value);
                if traced.len() <= before as usize {
                    traced.resize(before as usize + 1, false);
                }
                if !std::mem::replace(&mut traced[before as usize], true) {
                    open.push(Ending { value: before, text: rest, hash });
                }
            }
        }
    }
}

/// 2^61 - 1.
const PRIME: u64 = (1 << 61) - 1;
/// Any number in the middle of the range.
const BASE: u64 = 0x0b5a_d4ec_eda1_ce2a;

fn times(a: u64, b: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b) % u128::from(PRIME);
    u64::try_from(wide).unwrap_or(0)
}

fn plus(a: u64, b: u64) -> u64 {
    (a + b) % PRIME
}

fn power(mut exponent: usize) -> u64 {
    let (mut base, mut result) = (BASE, 1);
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = times(result, base);
        }
        base = times(base, base);
        exponent /= 2;
    }
    result
}

/// The hash of a text: the sum of its bytes, each plus one, times the base to the power of its place.
fn hash(text: &str) -> u64 {
    text.bytes().rev().fold(0, |hash, byte| plus(times(hash, BASE), u64::from(byte) + 1))
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_what_is_left_follows_from_the_whole() {
        let (rest, end) = ("some text", " and more");
        let whole = hash(&format!("{rest}{end}"));
        assert_eq!(plus(whole, PRIME - times(hash(end), power(rest.len()))), hash(rest));
    }

    #[test]
    fn a_text_is_traced_back_through_its_pieces() {
        let mut texts = Texts::new();
        let whole = texts.number(Atom::Text("abcab"));
        let (ab, c) = (texts.piece("ab"), texts.piece("c"));
        texts.piece("x");
        let nothing = texts.number(Atom::Nil);
        let (count, numbers, edges) = texts.trace_back([whole].into_iter());
        assert_eq!(numbers.len(), count as usize);
        let (one, two) = (edges[&(nothing, ab)], edges[&(edges[&(nothing, ab)], c)]);
        assert_eq!(edges[&(two, ab)], whole);
        assert!(one != two && edges.len() == 4, "{edges:?}");
    }
}
