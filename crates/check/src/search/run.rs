//! One run of the search: depth first with a stack of its own.

use super::tables::{self, Move, NONE, State, Symbol, Tables};
use super::uses::{NOTHING, Used, Uses};
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
struct Choice {
    /// Its slot, or [`NONE`] for a member of a class.
    slot: u32,
    /// Its class, or [`NONE`] for a required operation.
    class: u32,
    /// Where it leads.
    state: State,
}

/// A configuration with the choices that are left.
#[derive(Clone, Copy)]
struct Frame {
    level: u32,
    state: State,
    used: Used,
    /// Length of the order up to here.
    placed: u32,
    /// Its choices are on the stack of choices from here on.
    choices: u32,
    /// Whether its choices beside the operation that must return next were listed.
    listed: bool,
}

/// A run, with tables that serve the next one too.
pub(super) struct Run {
    window: Window,
    visited: Visited,
    uses: Uses,
    frames: Vec<Frame>,
    /// The masks of the frames.
    masks: Vec<u64>,
    choices: Vec<Choice>,
    /// Positions in the order in which they are placed.
    order: Vec<u32>,
    /// The mask of the configuration that is being made: slots that are placed.
    placed: Vec<u64>,
    /// The highest level that was reached.
    deepest: usize,
    /// Bytes of the stacks that the meter knows of.
    accounted: usize,
    /// Choices by how promising they are; the first kind is the best.
    kinds: [Vec<Choice>; 4],
}

impl Run {
    pub(super) fn new<M: Model>(part: &Part<M>, meter: &mut Meter) -> Result<Run, Spent> {
        Ok(Run {
            window: Window::new(part, meter)?,
            visited: Visited::new(),
            uses: Uses::new(),
            frames: Vec::new(),
            masks: Vec::new(),
            choices: Vec::new(),
            order: Vec::new(),
            placed: Vec::new(),
            deepest: 0,
            accounted: 0,
            kinds: Default::default(),
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

    /// Searches for an order with these standings.
    pub(super) fn go<M: Model>(
        &mut self,
        part: &Part<M>,
        tables: &mut Tables<M>,
        standing: impl Fn(usize) -> Standing,
        meter: &mut Meter,
    ) -> Result<Outcome, Spent> {
        self.window.lay_out(part, tables, standing);
        let words = self.window.words();
        self.visited.clear(words, meter);
        self.uses.clear(meter);
        self.kinds.iter_mut().for_each(Vec::clear);
        self.frames.clear();
        self.masks.clear();
        self.choices.clear();
        self.order.clear();
        self.placed.clear();
        self.placed.resize(words, 0);
        self.deepest = 0;
        self.search(tables, meter)
    }

    fn search<M: Model>(
        &mut self,
        tables: &mut Tables<M>,
        meter: &mut Meter,
    ) -> Result<Outcome, Spent> {
        self.settle(tables::INITIAL, tables, meter)?;
        if self.window.is_over() {
            return Ok(Outcome::Order);
        }
        self.push(tables::INITIAL, NOTHING, tables, meter)?;
        while let Some(&frame) = self.frames.last() {
            if self.choices.len() == frame.choices as usize {
                if frame.listed {
                    self.pop();
                } else {
                    self.resume(frame);
                    self.list(frame, tables, meter)?;
                }
                continue;
            }
            let Some(choice) = self.choices.pop() else { continue };
            self.resume(frame);
            let used = self.place(choice, frame.used, meter)?;
            self.settle(choice.state, tables, meter)?;
            if self.window.is_over() {
                return Ok(Outcome::Order);
            }
            self.push(choice.state, used, tables, meter)?;
        }
        Ok(Outcome::None)
    }

    /// Goes back to the configuration of the last frame.
    fn resume(&mut self, frame: Frame) {
        self.window.back_to(frame.level as usize);
        self.order.truncate(frame.placed as usize);
        let from = self.masks.len() - self.placed.len();
        self.placed.copy_from_slice(&self.masks[from..]);
    }

    fn pop(&mut self) {
        self.frames.pop();
        self.masks.truncate(self.masks.len() - self.placed.len());
    }

    /// Places a choice; gives the uses after it.
    fn place(&mut self, choice: Choice, used: Used, meter: &mut Meter) -> Result<Used, Spent> {
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
    fn settle<M: Model>(
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

    /// Accounts for the stacks before they grow: twice their size, for they double.
    fn account(&mut self, choices: usize, meter: &mut Meter) -> Result<(), Spent> {
        let frames = (self.frames.len() + 1) * size_of::<Frame>();
        let masks = self.masks.len() * 8 + size_of_val(&self.placed[..]);
        let choices = (self.choices.len() + choices) * size_of::<Choice>();
        let wanted = 2 * (frames + masks + choices + self.order.len() * 4);
        if wanted > self.accounted {
            meter.grow(2 * wanted - self.accounted)?;
            self.accounted = 2 * wanted;
        }
        Ok(())
    }

    fn is_placed(&self, slot: u32) -> bool {
        self.placed[slot as usize / 64] & (1 << (slot % 64)) != 0
    }

    /// Makes the current configuration a frame, unless one that can do as much was met.
    fn push<M: Model>(
        &mut self,
        state: State,
        used: Used,
        tables: &mut Tables<M>,
        meter: &mut Meter,
    ) -> Result<(), Spent> {
        let level = count(self.window.level());
        if !self.visited.insert((level, state, &self.placed), used, &self.uses, meter)? {
            return Ok(());
        }
        self.account(0, meter)?;
        let (placed, choices) = (count(self.order.len()), count(self.choices.len()));
        self.masks.extend_from_slice(&self.placed);
        self.frames.push(Frame { level, state, used, placed, choices, listed: false });
        // First of all the operation that must return next, if it can answer what it answered.
        let slot = self.window.target();
        let (_, symbol) = self.window.at(slot);
        meter.step(1)?;
        match tables.go(state, symbol, meter)? {
            Move::Refused => {}
            Move::To(state) => self.choices.push(Choice { slot, class: NONE, state }),
            Move::Any { from, to } => {
                for &state in tables.several(from, to) {
                    self.choices.push(Choice { slot, class: NONE, state });
                }
            }
        }
        Ok(())
    }

    /// Lists the other choices of the last frame: what makes the answer of the operation that must
    /// return next possible before what does not, required before optional.
    fn list<M: Model>(
        &mut self,
        frame: Frame,
        tables: &mut Tables<M>,
        meter: &mut Meter,
    ) -> Result<(), Spent> {
        let target = self.window.target();
        let goal = self.window.at(target).1;
        let mut steps = self.placed.len() as u64 / 8 + 1;
        for word in 0..self.placed.len() {
            let mut slots = self.window.changing()[word] & !self.placed[word];
            while slots != 0 {
                let slot = slot_of(word, slots.trailing_zeros());
                slots &= slots - 1;
                steps += 1;
                if slot != target {
                    let symbol = self.window.at(slot).1;
                    self.offer((slot, NONE), (frame.state, symbol, goal), tables, meter)?;
                }
            }
        }
        for number in 0..self.window.classes().len() {
            let class = self.window.classes()[number];
            let number = count(number);
            steps += 1;
            if self.window.member(class, self.uses.count(frame.used, number)).is_some() {
                self.offer((NONE, number), (frame.state, class.symbol, goal), tables, meter)?;
            }
        }
        meter.step(steps)?;
        self.account(self.kinds.iter().map(Vec::len).sum(), meter)?;
        // The best go on top of the stack.
        for kind in self.kinds.iter_mut().rev() {
            self.choices.extend(kind.drain(..).rev());
        }
        if let Some(last) = self.frames.last_mut() {
            last.listed = true;
        }
        Ok(())
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

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(NONE)
}

fn slot_of(word: usize, bit: u32) -> u32 {
    count(word) * 64 + bit
}
