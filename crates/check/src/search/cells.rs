//! Registers by numbers: no state is ever made, the model is never asked.
//!
//! Where every operation of a part is an access to one register (or appends to its text), a state is
//! the number of a value and a transition is a comparison. And more is known than of other models: a
//! value matters only while somebody may still observe it. A read that answered it, a swap from it,
//! a comparison that did not find it, an unanswered compare-and-set from it whose own value matters,
//! or any of these of a value to which appending leads from it: the last of their returns is how
//! long the value is *wanted*. Two values that nobody wants any more are the same to everything that
//! may still be placed (but for numbers, to which nothing can be appended), so they become one,
//! [`Cells::GONE`]:
//!
//! - a write called after its value was last wanted writes that one;
//! - a state whose value is wanted no longer becomes that one.
//!
//! And an optional write of such a value need not be there at all, unless a comparison may still
//! need it to *not* find something: take it out of any order, and what stands between it and the
//! next effect is only what never looks.

use super::tables::{Move, NONE, State, Symbol};
use super::texts::{Piece, Texts};
use crate::part::{Part, Standing};
use rustc_hash::FxHashMap;
use std::collections::BinaryHeap;
use testimony_model::{Access, Object};

/// What an operation does to the register.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Effect {
    /// It found this value.
    Read(State),
    /// It replaces whatever is there by this value.
    Write(State),
    /// It says nothing and changes nothing.
    Idle,
    /// It found this value and replaced it.
    Swap { from: State, to: State },
    /// It replaces this value if it is there.
    Offer { from: State, to: State },
    /// It did not find this value.
    Missed(State),
    /// It adds to the end of the text.
    Append(Piece),
}

/// The accesses of a part to its register. Symbols: `2 v` reads the value `v`, `2 v + 1` writes it,
/// the other effects come after these.
pub(super) struct Cells {
    /// By position: as recorded, and as it counts without an answer.
    symbols: Vec<(Symbol, Symbol)>,
    others: Vec<Effect>,
    /// How many values there are, with those that stand for what nobody wants.
    values: State,
    /// Where appending leads, if that is a value with a number.
    edges: FxHashMap<(State, Piece), State>,
    /// The same by where it leads: value after, value before.
    back: Vec<(State, State)>,
    /// By value whether it is a number; whether any is, where there is appending.
    numbers: Vec<bool>,
    mixed: bool,
    /// By value one more than the last rank at which somebody may observe it; 0 for never.
    wanted: Vec<u64>,
    /// The same for comparisons that did not find what they looked for.
    missing: u64,
    /// Unanswered compare-and-sets by what they write, for the run that is laid out.
    offers: Vec<(State, State, u32)>,
    queue: BinaryHeap<(u64, State)>,
}

/// Collects effects and gives them numbers.
#[derive(Default)]
struct Others {
    known: FxHashMap<Effect, u32>,
    all: Vec<Effect>,
}

impl Others {
    fn number(&mut self, effect: Effect) -> u32 {
        let next = number(self.all.len());
        let found = *self.known.entry(effect).or_insert(next);
        if found == next {
            self.all.push(effect);
        }
        found
    }
}

impl Cells {
    /// Stands for every value that nobody wants any more; for every such number where it matters.
    const GONE: State = 0;
    const NUMBER: State = 1;
    /// The state at the beginning: the initial value is numbered first.
    pub(super) const INITIAL: State = Texts::FIRST;

    /// The accesses of a part; `None` when some operation is something else. O(n) for the values
    /// that stand in the history; see [`Texts`] for appending.
    pub(super) fn new(part: &Part<'_>) -> Option<Cells> {
        if !part.is_single() || part.subject.object() != Object::Register {
            return None;
        }
        let mut texts = Texts::new();
        texts.number(part.subject.initial());
        let mut effects = Vec::with_capacity(part.operations.len());
        for operation in &part.operations {
            effects.push(match part.access(operation) {
                Access::Read(None) => Effect::Idle,
                Access::Read(Some(value)) => Effect::Read(texts.number(value)),
                Access::Write(value) => Effect::Write(texts.number(value)),
                Access::Cas { from, swapped: Some(false), .. } => {
                    Effect::Missed(texts.number(from))
                }
                Access::Cas { from, to, swapped } => {
                    let (from, to) = (texts.number(from), texts.number(to));
                    match swapped.is_some() {
                        true => Effect::Swap { from, to },
                        false => Effect::Offer { from, to },
                    }
                }
                _ => Effect::Append(texts.piece(part.subject.appended(operation)?)),
            });
        }
        let observed = effects.iter().filter_map(|effect| match *effect {
            Effect::Read(value) | Effect::Missed(value) => Some(value),
            Effect::Swap { from, .. } | Effect::Offer { from, .. } => Some(from),
            Effect::Write(_) | Effect::Idle | Effect::Append(_) => None,
        });
        let (values, numbers, edges) = texts.trace_back(observed);
        Some(Cells::with(&effects, values, numbers, edges))
    }

    fn with(
        effects: &[Effect],
        values: State,
        numbers: Vec<bool>,
        edges: FxHashMap<(State, Piece), State>,
    ) -> Cells {
        let mut others = Others::default();
        let mut symbol = |effect: Effect| match effect {
            Effect::Read(value) => 2 * value,
            // Only a look, in effect.
            Effect::Swap { from, to } if from == to => 2 * from,
            Effect::Write(value) => 2 * value + 1,
            other => 2 * values + others.number(other),
        };
        let symbols = effects.iter().map(|&effect| match effect {
            Effect::Swap { from, to } => (symbol(effect), symbol(Effect::Offer { from, to })),
            _ => (symbol(effect), symbol(effect)),
        });
        let symbols = symbols.collect();
        let appends = effects.iter().any(|effect| matches!(effect, Effect::Append(_)));
        let mut back: Vec<_> = edges.iter().map(|(&(before, _), &after)| (after, before)).collect();
        back.sort_unstable();
        back.dedup();
        Cells {
            symbols,
            others: others.all,
            values,
            edges,
            back,
            mixed: appends && numbers.contains(&true),
            numbers,
            wanted: vec![0; values as usize],
            missing: 0,
            offers: Vec::new(),
            queue: BinaryHeap::new(),
        }
    }

    /// Bytes that the tables take.
    pub(super) fn bytes(&self) -> usize {
        let wanted = size_of_val(&self.wanted[..]) + size_of_val(&self.numbers[..]);
        let edges = self.edges.len() * 2 * size_of::<(State, Piece, State)>();
        size_of_val(&self.symbols[..]) + wanted + edges + size_of_val(&self.others[..])
    }

    /// The symbols of a position, as recorded and without its answer.
    pub(super) fn symbols(&self, position: u32) -> (Symbol, Symbol) {
        self.symbols[position as usize]
    }

    /// How many symbols there are.
    pub(super) fn symbol_count(&self) -> usize {
        2 * self.values as usize + self.others.len()
    }

    #[inline]
    fn effect(&self, symbol: Symbol) -> Effect {
        match symbol.checked_sub(2 * self.values) {
            Some(other) => self.others[other as usize],
            None if symbol % 2 == 1 => Effect::Write(symbol / 2),
            None => Effect::Read(symbol / 2),
        }
    }

    /// Whether a symbol leaves every state as it is.
    pub(super) fn observes(&self, symbol: Symbol) -> bool {
        matches!(self.effect(symbol), Effect::Read(_) | Effect::Idle | Effect::Missed(_))
    }

    /// The state to which a symbol leads from everywhere.
    #[inline]
    pub(super) fn overwrites(&self, symbol: Symbol) -> Option<State> {
        (symbol < 2 * self.values && symbol % 2 == 1).then_some(symbol / 2)
    }

    /// The one state that a compare-and-set without an answer changes.
    #[inline]
    pub(super) fn source(&self, symbol: Symbol) -> Option<State> {
        match self.effect(symbol) {
            Effect::Offer { from, .. } => Some(from),
            _ => None,
        }
    }

    /// Where a symbol leads from a state.
    #[inline]
    pub(super) fn go(&self, state: State, symbol: Symbol) -> Move {
        let to = match self.effect(symbol) {
            Effect::Write(value) => value,
            Effect::Idle => state,
            Effect::Read(value) if value == state => state,
            Effect::Swap { from, to } if from == state => to,
            Effect::Offer { from, to } if from == state => to,
            Effect::Offer { .. } => state,
            Effect::Missed(from) if from != state => state,
            Effect::Append(_) if self.numbers[state as usize] || state == Self::NUMBER => {
                return Move::Refused;
            }
            Effect::Append(piece) => self.edges.get(&(state, piece)).copied().unwrap_or(Self::GONE),
            Effect::Read(_) | Effect::Swap { .. } | Effect::Missed(_) => return Move::Refused,
        };
        Move::To(to)
    }

    /// Finds out how long each value is wanted when the operations have these standings.
    /// O(n + v log v).
    pub(super) fn lay_out(&mut self, part: &Part<'_>, standing: &impl Fn(usize) -> Standing) {
        self.wanted.fill(0);
        self.missing = 0;
        self.offers.clear();
        for (position, operation) in part.operations.iter().enumerate() {
            let standing = standing(position);
            if standing == Standing::Dropped {
                continue;
            }
            let required = standing == Standing::Required && operation.is_ok();
            let (answered, unanswered) = self.symbols[position];
            let until = u64::from(operation.ret.0) + 1;
            let seen = match self.effect(if required { answered } else { unanswered }) {
                Effect::Read(value) | Effect::Swap { from: value, .. } if required => value,
                Effect::Missed(value) if required => {
                    self.missing = until.max(self.missing);
                    value
                }
                Effect::Offer { from, to } => {
                    self.offers.push((to, from, operation.call.0));
                    continue;
                }
                _ => continue,
            };
            let wanted = &mut self.wanted[seen as usize];
            *wanted = until.max(*wanted);
        }
        self.want_for_others();
    }

    /// A value from which an unanswered compare-and-set, or appending, leads to a wanted one is
    /// wanted as long, if that was called in time. The longest wanted first, so that each value is
    /// looked at once.
    fn want_for_others(&mut self) {
        if self.offers.is_empty() && self.back.is_empty() {
            return;
        }
        self.offers.sort_unstable();
        self.queue.clear();
        let wanted = self.wanted.iter().zip(0..).filter(|(until, _)| **until > 0);
        self.queue.extend(wanted.map(|(&until, value)| (until, value)));
        while let Some((until, to)) = self.queue.pop() {
            if self.wanted[to as usize] != until {
                continue;
            }
            let first = self.offers.partition_point(|offer| offer.0 < to);
            let offers = self.offers[first..].iter().take_while(|offer| offer.0 == to);
            let in_time = offers.filter(|offer| u64::from(offer.2) < until).map(|offer| offer.1);
            let first = self.back.partition_point(|edge| edge.0 < to);
            let back = self.back[first..].iter().take_while(|edge| edge.0 == to);
            for from in in_time.chain(back.map(|edge| edge.1)) {
                let wanted = &mut self.wanted[from as usize];
                if *wanted < until {
                    *wanted = until;
                    self.queue.push((until, from));
                }
            }
        }
    }

    /// The symbol of a required operation in the run that was laid out.
    pub(super) fn required(&self, position: u32, call: u32) -> Symbol {
        self.faded(self.symbols(position).0, call)
    }

    /// The symbol of an optional operation in that run; `None` when it might as well not be there.
    pub(super) fn optional(&self, position: u32, call: u32) -> Option<Symbol> {
        let symbol = self.faded(self.symbols(position).1, call);
        let gone = match self.effect(symbol) {
            // Where appending may be refused, any text may be needed to make it possible.
            Effect::Write(value) => value <= Self::NUMBER && !self.mixed,
            Effect::Offer { from, to } => {
                from == to || (self.wanted[to as usize] <= u64::from(call) && !self.mixed)
            }
            Effect::Read(_) | Effect::Idle | Effect::Missed(_) => true,
            Effect::Swap { .. } | Effect::Append(_) => false,
        };
        (!gone || self.missing > u64::from(call)).then_some(symbol)
    }

    /// Whether placing a settled operation at this rank or later helps nobody: nobody wants what it
    /// writes, and nobody needs that something else is gone.
    pub(super) fn is_useless(&self, symbol: Symbol, rank: u32) -> bool {
        let gone = match self.effect(symbol) {
            Effect::Write(value) => self.fade(value, rank) <= Self::NUMBER,
            Effect::Swap { to, .. } => self.fade(to, rank) <= Self::NUMBER,
            Effect::Append(_) | Effect::Offer { .. } => false,
            Effect::Read(_) | Effect::Idle | Effect::Missed(_) => true,
        };
        gone && !self.mixed && self.missing <= u64::from(rank)
    }

    fn faded(&self, symbol: Symbol, call: u32) -> Symbol {
        self.overwrites(symbol).map_or(symbol, |value| 2 * self.fade(value, call) + 1)
    }

    /// A state when everything that returned before this rank is placed.
    #[inline]
    pub(super) fn fade(&self, state: State, rank: u32) -> State {
        match self.wanted[state as usize] > u64::from(rank) {
            true => state,
            false if self.mixed && (self.numbers[state as usize] || state == Self::NUMBER) => {
                Self::NUMBER
            }
            false => Self::GONE,
        }
    }
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(NONE)
}
