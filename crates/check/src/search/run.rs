//! One run of the search: what both ways of walking share.
//!
//! [`super::depth`] dives for an order, which valid histories have nearly everywhere.
//! [`super::best`] goes level by level and never looks at a configuration that another dominates,
//! which is what it takes to see that there is no order.

use super::best::Best;
use super::depth::Depth;
use super::tables::{Move, NONE, State, Symbol, Tables};
use super::uses::{Used, Uses};
use super::visited::Visited;
use super::window::Window;
use crate::budget::{Meter, Spent};
use crate::part::{Part, Standing};
use testimony_model::Model;

/// What a run found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// An order: see [`Run::order`].
    Order,
    /// There is none.
    None,
}

/// What may be placed next.
#[derive(Clone, Copy)]
pub(super) struct Choice {
    /// Its slot, or [`NONE`] for a member of a class.
    slot: u32,
    /// Its class, or [`NONE`] for a required operation.
    class: u32,
    /// Where it leads.
    pub(super) state: State,
}

/// A run, with tables that serve the next one too.
pub(super) struct Run {
    pub(super) window: Window,
    pub(super) visited: Visited,
    pub(super) uses: Uses,
    /// Positions in the order in which they are placed.
    pub(super) order: Vec<u32>,
    /// The mask of the configuration that is being made: slots that are placed.
    pub(super) placed: Vec<u64>,
    /// The highest level that was reached.
    deepest: usize,
    /// Choices by how promising they are; the first kind is the best.
    pub(super) kinds: [Vec<Choice>; 4],
    /// By symbol the slot that stands for all pending operations that do the same, while choices
    /// are listed; and the symbols that have one.
    first_due: Vec<u32>,
    listed: Vec<Symbol>,
    depth: Depth,
    best: Best,
}

impl Run {
    pub(super) fn new<M: Model>(part: &Part<M>, meter: &mut Meter) -> Result<Run, Spent> {
        Ok(Run {
            window: Window::new(part, meter)?,
            visited: Visited::new(),
            uses: Uses::new(),
            order: Vec::new(),
            placed: Vec::new(),
            deepest: 0,
            kinds: Default::default(),
            first_due: Vec::new(),
            listed: Vec::new(),
            depth: Depth::default(),
            best: Best::default(),
        })
    }

    /// The order that the last run found.
    pub(super) fn order(&self) -> &[u32] {
        &self.order
    }

    /// The position whose return no order could pass in the last run.
    pub(super) fn stuck(&self) -> Option<u32> {
        self.window.returning(self.deepest)
    }

    /// The last position whose return some order passed in the last run.
    pub(super) fn reached(&self) -> Option<u32> {
        self.deepest.checked_sub(1).and_then(|level| self.window.returning(level))
    }

    /// Searches for an order with these standings: a dive of so many steps, then level by level.
    pub(super) fn go<M: Model>(
        &mut self,
        part: &Part<M>,
        tables: &mut Tables<M>,
        standing: impl Fn(usize) -> Standing,
        dive: u64,
        meter: &mut Meter,
    ) -> Result<Outcome, Spent> {
        self.window.lay_out(part, tables, standing);
        self.first_due.resize(tables.symbols(), NONE);
        self.deepest = 0;
        self.begin(meter);
        let mut depth = std::mem::take(&mut self.depth);
        let dived = depth.search(self, tables, dive, meter);
        self.depth = depth;
        if let Some(outcome) = dived? {
            return Ok(outcome);
        }
        self.begin(meter);
        let mut best = std::mem::take(&mut self.best);
        let found = best.search(self, tables, meter);
        self.best = best;
        found
    }

    /// Goes to the beginning, with nothing visited.
    fn begin(&mut self, meter: &mut Meter) {
        let words = self.window.words();
        self.window.back_to(0);
        self.visited.clear(words, meter);
        self.uses.clear(meter);
        self.kinds.iter_mut().for_each(Vec::clear);
        for symbol in self.listed.drain(..) {
            self.first_due[symbol as usize] = NONE;
        }
        self.order.clear();
        self.placed.clear();
        self.placed.resize(words, 0);
    }

    /// Notes the current configuration; `false` when one that can do as much was met.
    pub(super) fn visit(
        &mut self,
        state: State,
        used: Used,
        meter: &mut Meter,
    ) -> Result<bool, Spent> {
        let level = count(self.window.level());
        self.visited.insert((level, state, &self.placed), used, &self.uses, meter)
    }

    /// Places a choice; gives the uses after it.
    pub(super) fn place(
        &mut self,
        choice: Choice,
        used: Used,
        meter: &mut Meter,
    ) -> Result<Used, Spent> {
        if choice.class == NONE {
            self.placed[choice.slot as usize / 64] |= 1 << (choice.slot % 64);
            self.order.push(self.window.at(choice.slot).0);
            return Ok(used);
        }
        let class = self.window.classes()[choice.class as usize];
        let count = self.uses.count(used, choice.class);
        self.order.extend(self.window.member(class, count));
        self.uses.one_more(used, choice.class, meter)
    }

    /// Passes every return that can be passed, and places whoever only observes what is there.
    pub(super) fn settle<M: Model>(
        &mut self,
        state: State,
        tables: &mut Tables<M>,
        meter: &mut Meter,
    ) -> Result<(), Spent> {
        loop {
            while !self.window.is_over() && self.is_placed(self.window.target()) {
                let slot = self.window.target();
                self.placed[slot as usize / 64] &= !(1 << (slot % 64));
                self.window.advance();
            }
            self.deepest = self.deepest.max(self.window.level());
            let mut observed = false;
            let mut steps = 1;
            for word in 0..self.placed.len() {
                let mut slots = self.window.observing()[word] & !self.placed[word];
                while slots != 0 {
                    let slot = slot_of(word, slots.trailing_zeros());
                    slots &= slots - 1;
                    steps += 1;
                    let (position, symbol) = self.window.at(slot);
                    if tables.go(state, symbol, meter)? == Move::To(state) {
                        self.placed[word] |= 1 << (slot % 64);
                        self.order.push(position);
                        observed = true;
                    }
                }
            }
            meter.step(steps + self.placed.len() as u64 / 8)?;
            if !observed || self.window.is_over() || !self.is_placed(self.window.target()) {
                return Ok(());
            }
        }
    }

    fn is_placed(&self, slot: u32) -> bool {
        self.placed[slot as usize / 64] & (1 << (slot % 64)) != 0
    }

    /// Where the operation that must return next leads, if it can answer what it answered.
    pub(super) fn aim<M: Model>(
        &mut self,
        state: State,
        choices: &mut Vec<Choice>,
        tables: &mut Tables<M>,
        meter: &mut Meter,
    ) -> Result<(), Spent> {
        let slot = self.window.target();
        meter.step(1)?;
        match tables.go(state, self.window.at(slot).1, meter)? {
            Move::Refused => {}
            Move::To(state) => choices.push(Choice { slot, class: NONE, state }),
            Move::Any { from, to } => {
                let states = tables.several(from, to).iter();
                choices.extend(states.map(|&state| Choice { slot, class: NONE, state }));
            }
        }
        Ok(())
    }

    /// Lists the other choices by kind: what makes the answer of the operation that must return
    /// next possible before what does not, required before optional.
    pub(super) fn list<M: Model>(
        &mut self,
        state: State,
        used: Used,
        tables: &mut Tables<M>,
        meter: &mut Meter,
    ) -> Result<(), Spent> {
        let target = self.window.target();
        let goal = self.window.at(target).1;
        self.list_first_due(meter)?;
        let mut listed = std::mem::take(&mut self.listed);
        for symbol in listed.drain(..) {
            let slot = std::mem::replace(&mut self.first_due[symbol as usize], NONE);
            if slot != target {
                self.offer((slot, NONE), (state, symbol, goal), tables, meter)?;
            }
        }
        self.listed = listed;
        for number in 0..self.window.classes().len() {
            let class = self.window.classes()[number];
            let number = count(number);
            if self.window.member(class, self.uses.count(used, number)).is_some() {
                self.offer((NONE, number), (state, class.symbol, goal), tables, meter)?;
            }
        }
        meter.step(self.window.classes().len() as u64)
    }

    /// Of pending operations that do the same, the one that must return first may stand for all:
    /// in any order with another of them in front of it the two can change places.
    fn list_first_due(&mut self, meter: &mut Meter) -> Result<(), Spent> {
        let mut steps = self.placed.len() as u64 / 8 + 1;
        for word in 0..self.placed.len() {
            let mut slots = self.window.changing()[word] & !self.placed[word];
            while slots != 0 {
                let slot = slot_of(word, slots.trailing_zeros());
                slots &= slots - 1;
                steps += 1;
                let symbol = self.window.at(slot).1;
                let first = &mut self.first_due[symbol as usize];
                if *first == NONE {
                    self.listed.push(symbol);
                    *first = slot;
                } else if self.window.due(slot) < self.window.due(*first) {
                    *first = slot;
                }
            }
        }
        meter.step(steps)
    }

    /// Offers an operation as a choice, where the model lets it be.
    fn offer<M: Model>(
        &mut self,
        (slot, class): (u32, u32),
        (state, symbol, goal): (State, Symbol, Symbol),
        tables: &mut Tables<M>,
        meter: &mut Meter,
    ) -> Result<(), Spent> {
        let found = tables.go(state, symbol, meter)?;
        let (mut index, end) = match found {
            Move::Refused => return Ok(()),
            Move::To(_) => (0, 1),
            Move::Any { from, to } => (from, to),
        };
        while index < end {
            let next = match found {
                Move::To(next) => next,
                _ => tables.several(index, index + 1)[0],
            };
            index += 1;
            // An optional operation that changes nothing is as good as none.
            if class != NONE && next == state {
                continue;
            }
            let hopeless = tables.go(next, goal, meter)? == Move::Refused;
            let kind = usize::from(hopeless) * 2 + usize::from(class != NONE);
            self.kinds[kind].push(Choice { slot, class, state: next });
        }
        Ok(())
    }
}

pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(NONE)
}

fn slot_of(word: usize, bit: u32) -> u32 {
    count(word) * 64 + bit
}
