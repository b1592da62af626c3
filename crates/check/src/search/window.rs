//! The window of pending operations, level by level.
//!
//! Level `i` means that `i` returns are passed, in the order of their ranks. Pending there is
//! whoever was called up to the next return and has not returned: those may come before it
//! (intervals are closed, so a call at that very rank may). Each required operation has a slot for
//! as long as it is pending, so what became of it is a bit in a mask as wide as the most clients
//! that ever waited at once, not as wide as the history.

use super::tables::{NONE, State, Symbol, Tables};
use crate::budget::{Meter, Spent, reserve};
use crate::part::{Part, Standing};
use std::ops::Range;

/// What a required operation is to the search.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nature {
    /// It changes no state.
    Observes,
    /// It leads to the same state from everywhere.
    Overwrites,
    /// Anything else.
    Exact,
}

/// The operations of one run of the search, and who is pending at its current level.
#[derive(Default)]
pub(super) struct Window {
    /// Required operations by call: position and symbol.
    called: Vec<(u32, Symbol)>,
    /// By level the required operation (an index into `called`) whose return comes next.
    returns: Vec<u32>,
    /// By level the rank of that return.
    ranks: Vec<u32>,
    /// By level how many required operations have been called.
    entered: Vec<u32>,
    /// By required operation the level at which it returns.
    due: Vec<u32>,
    /// By required operation its slot.
    slots: Vec<u32>,
    /// By required operation what it is.
    natures: Vec<Nature>,
    /// By slot the required operation that waits in it; [`NONE`] when it is free.
    waiting: Vec<u32>,
    /// Slots of pending operations by nature.
    observing: Vec<u64>,
    overwriting: Vec<u64>,
    exact: Vec<u64>,
    /// The current level.
    level: usize,
    /// The classes of optional operations.
    classes: Vec<Class>,
    /// Members of the classes: position and the level from which they may take effect.
    members: Vec<(u32, u32)>,
    /// Classes that overwrite nothing, by the one state that they change, [`NONE`] for any.
    sources: Vec<(State, u32)>,
    /// By symbol its class; only those of `classes` are set.
    class_of: Vec<u32>,
    /// Scratch: required operations by return; free slots.
    by_return: Vec<(u32, u32)>,
    free: Vec<u32>,
}

/// Equal optional operations.
#[derive(Clone, Copy)]
pub(super) struct Class {
    /// What they do.
    pub(super) symbol: Symbol,
    /// Where they are among the members, by call.
    from: u32,
    to: u32,
}

/// What an operation costs when everything is required.
const REQUIRED_BYTES: usize = size_of::<(u32, Symbol)>() * 2 + 5 * size_of::<u32>() + 1;

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(NONE)
}

impl Window {
    pub(super) fn new(
        part: &Part<'_>,
        tables: &Tables,
        meter: &mut Meter,
    ) -> Result<Window, Spent> {
        let operations = part.operations.len();
        meter.grow(operations * REQUIRED_BYTES)?;
        let mut window = Window {
            called: Vec::with_capacity(operations),
            returns: Vec::with_capacity(operations),
            ranks: Vec::with_capacity(operations),
            entered: Vec::with_capacity(operations),
            due: Vec::with_capacity(operations),
            slots: Vec::with_capacity(operations),
            natures: Vec::with_capacity(operations),
            by_return: Vec::with_capacity(operations),
            ..Window::default()
        };
        reserve(&mut window.class_of, tables.symbols(), meter)?;
        Ok(window)
    }

    /// Lays out a run with these standings. O(n log n).
    pub(super) fn lay_out(
        &mut self,
        part: &Part<'_>,
        tables: &Tables,
        standing: &impl Fn(usize) -> Standing,
        meter: &mut Meter,
    ) -> Result<(), Spent> {
        self.called.clear();
        self.natures.clear();
        self.by_return.clear();
        self.class_of.resize(tables.symbols(), NONE);
        for class in self.classes.drain(..) {
            self.class_of[class.symbol as usize] = NONE;
        }
        for (position, operation) in part.operations.iter().enumerate() {
            let standing = standing(position);
            let position = number(position);
            if standing == Standing::Required && operation.is_ok() {
                let symbol = tables.required(position, operation.call.0);
                self.by_return.push((operation.ret.0, number(self.called.len())));
                self.called.push((position, symbol));
                self.natures.push(match tables.observes(symbol) {
                    true => Nature::Observes,
                    false if tables.overwrites(symbol).is_some() => Nature::Overwrites,
                    false => Nature::Exact,
                });
            } else if standing != Standing::Dropped
                && let Some(symbol) = tables.optional(position, operation.call.0)
            {
                self.count_class(symbol, meter)?;
            }
        }
        self.by_return.sort_unstable();
        self.assign_slots(part, meter)?;
        self.gather_members(part, tables, standing, meter)?;
        self.sort_sources(tables, meter)?;
        self.level = 0;
        self.enter(0);
        Ok(())
    }

    /// The levels, and a slot for each required operation while it is pending.
    fn assign_slots(&mut self, part: &Part<'_>, meter: &mut Meter) -> Result<(), Spent> {
        self.returns.clear();
        self.ranks.clear();
        self.entered.clear();
        self.free.clear();
        self.slots.clear();
        self.due.clear();
        self.due.resize(self.called.len(), NONE);
        let mut slots = 0;
        for &(ret, operation) in &self.by_return {
            self.due[operation as usize] = number(self.returns.len());
            while let Some(&(position, _)) = self.called.get(self.slots.len())
                && part.operations[position as usize].call.0 <= ret
            {
                let slot = self.free.pop().unwrap_or_else(|| {
                    slots += 1;
                    slots - 1
                });
                self.slots.push(slot);
            }
            self.returns.push(operation);
            self.ranks.push(ret);
            self.entered.push(number(self.slots.len()));
            reserve(&mut self.free, 1, meter)?;
            self.free.push(self.slots[operation as usize]);
        }
        let words = (slots as usize).div_ceil(64).max(1);
        self.waiting.clear();
        reserve(&mut self.waiting, slots as usize, meter)?;
        self.waiting.resize(slots as usize, NONE);
        for mask in [&mut self.observing, &mut self.overwriting, &mut self.exact] {
            mask.clear();
            reserve(mask, words, meter)?;
            mask.resize(words, 0);
        }
        Ok(())
    }

    fn count_class(&mut self, symbol: Symbol, meter: &mut Meter) -> Result<(), Spent> {
        let class = &mut self.class_of[symbol as usize];
        if *class == NONE {
            *class = number(self.classes.len());
            reserve(&mut self.classes, 1, meter)?;
            self.classes.push(Class { symbol, from: 0, to: 0 });
        }
        self.classes[*class as usize].to += 1;
        Ok(())
    }

    /// Sorts the optional operations by class, by call within a class.
    fn gather_members(
        &mut self,
        part: &Part<'_>,
        tables: &Tables,
        standing: &impl Fn(usize) -> Standing,
        meter: &mut Meter,
    ) -> Result<(), Spent> {
        let mut total = 0;
        for class in &mut self.classes {
            let members = class.to;
            (class.from, class.to) = (total, total);
            total += members;
        }
        self.members.clear();
        reserve(&mut self.members, total as usize, meter)?;
        self.members.resize(total as usize, (NONE, 0));
        if total == 0 {
            return Ok(());
        }
        // Operations are by call, so the level from which one may take effect only rises.
        let mut level = 0;
        for (position, operation) in part.operations.iter().enumerate() {
            let standing = standing(position);
            let position = number(position);
            if standing == Standing::Dropped
                || (standing == Standing::Required && operation.is_ok())
            {
                continue;
            }
            let Some(symbol) = tables.optional(position, operation.call.0) else { continue };
            while self.ranks.get(level).is_some_and(|&ret| ret < operation.call.0) {
                level += 1;
            }
            let class = &mut self.classes[self.class_of[symbol as usize] as usize];
            self.members[class.to as usize] = (position, number(level));
            class.to += 1;
        }
        Ok(())
    }

    /// Sorts the classes that overwrite nothing by the state that they change.
    fn sort_sources(&mut self, tables: &Tables, meter: &mut Meter) -> Result<(), Spent> {
        self.sources.clear();
        for (class, at) in self.classes.iter().zip(0..) {
            if tables.overwrites(class.symbol).is_none() {
                reserve(&mut self.sources, 1, meter)?;
                self.sources.push((tables.source(class.symbol).unwrap_or(NONE), at));
            }
        }
        self.sources.sort_unstable();
        Ok(())
    }

    /// The classes that overwrite nothing and may change this state: places among
    /// [`Window::source`].
    pub(super) fn changing(&self, state: State) -> impl Iterator<Item = usize> + use<> {
        let range = |state: State| {
            let from = self.sources.partition_point(|source| source.0 < state);
            let length = self.sources[from..].iter().take_while(|source| source.0 == state).count();
            from..from + length
        };
        range(state).chain(range(NONE))
    }

    /// The class at a place that [`Window::changing`] gave.
    pub(super) fn source(&self, place: usize) -> u32 {
        self.sources[place].1
    }

    /// How many words a mask has.
    pub(super) fn words(&self) -> usize {
        self.exact.len()
    }

    /// The current level.
    pub(super) fn level(&self) -> usize {
        self.level
    }

    /// The most operations that are pending at once.
    pub(super) fn pending_max(&self) -> usize {
        self.waiting.len()
    }

    /// How many returns there are.
    pub(super) fn levels(&self) -> usize {
        self.returns.len()
    }

    /// Whether every return is passed.
    pub(super) fn is_over(&self) -> bool {
        self.level == self.returns.len()
    }

    /// The slot of the operation that must return next.
    pub(super) fn target(&self) -> u32 {
        self.slots[self.returns[self.level] as usize]
    }

    /// The rank of the return that comes next.
    pub(super) fn rank(&self) -> u32 {
        self.ranks[self.level]
    }

    /// The position of the operation whose return is at a level.
    pub(super) fn returning(&self, level: usize) -> Option<u32> {
        self.returns.get(level).map(|&operation| self.called[operation as usize].0)
    }

    /// The symbol of the operation that waits in a slot.
    #[inline]
    pub(super) fn at(&self, slot: u32) -> Symbol {
        self.called[self.waiting[slot as usize] as usize].1
    }

    /// The operation that waits in a slot: required operations are numbered by call, optional ones
    /// come after all of them.
    #[inline]
    pub(super) fn who(&self, slot: u32) -> u32 {
        self.waiting[slot as usize]
    }

    /// The position of an operation.
    pub(super) fn position(&self, who: u32) -> u32 {
        match self.called.get(who as usize) {
            Some(&(position, _)) => position,
            None => self.members[who as usize - self.called.len()].0,
        }
    }

    /// The symbol of an operation.
    pub(super) fn symbol(&self, who: u32) -> Symbol {
        if let Some(&(_, symbol)) = self.called.get(who as usize) {
            return symbol;
        }
        let member = who - number(self.called.len());
        let class = self.classes.partition_point(|class| class.to <= member);
        self.classes[class].symbol
    }

    /// The slot of a required operation.
    pub(super) fn slot(&self, who: u32) -> u32 {
        self.slots[who as usize]
    }

    /// The required operation that must return next.
    pub(super) fn next_return(&self) -> u32 {
        self.returns[self.level]
    }

    /// The level at which the operation that waits in a slot returns.
    #[inline]
    pub(super) fn due(&self, slot: u32) -> u32 {
        self.due[self.waiting[slot as usize] as usize]
    }

    /// Slots of pending operations that change no state, word by word.
    pub(super) fn observing(&self) -> &[u64] {
        &self.observing
    }

    /// Slots of pending overwrites, word by word.
    pub(super) fn overwriting(&self) -> &[u64] {
        &self.overwriting
    }

    /// Slots of pending operations of which more than the last matters, word by word.
    pub(super) fn exact(&self) -> &[u64] {
        &self.exact
    }

    /// The classes of optional operations.
    pub(super) fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// How many optional operations there are.
    pub(super) fn optional(&self) -> u32 {
        number(self.members.len())
    }

    /// The next member of a class when so many are used, if it was called already.
    #[inline]
    pub(super) fn member(&self, class: Class, used: u32) -> Option<u32> {
        let members = &self.members[class.from as usize..class.to as usize];
        let &(_, level) = members.get(used as usize)?;
        let called = level as usize <= self.level;
        called.then_some(number(self.called.len()) + class.from + used)
    }

    /// Required operations that are called at the current level.
    pub(super) fn entering(&self) -> Range<u32> {
        let from = self.level.checked_sub(1).map_or(0, |before| self.entered[before]);
        from..self.entered.get(self.level).copied().unwrap_or(from)
    }

    /// So many operations in the order of their returns after the next one, with the slot of those
    /// that are called already.
    pub(super) fn ahead(&self, most: usize) -> impl Iterator<Item = (u32, Option<u32>)> + '_ {
        let called = self.entered[self.level];
        let returns = self.returns[self.level + 1..].iter().take(most);
        returns.map(move |&who| (who, (who < called).then(|| self.slots[who as usize])))
    }

    /// Passes the next return.
    pub(super) fn advance(&mut self) {
        let operation = self.returns[self.level];
        self.leave(operation);
        let from = self.entered[self.level];
        self.level += 1;
        self.enter(from);
    }

    /// Lets the operations from this one on that are called at the current level wait.
    fn enter(&mut self, from: u32) {
        let to = self.entered.get(self.level).copied().unwrap_or(from);
        for operation in from..to {
            self.wait(operation);
        }
    }

    /// Goes to a level.
    pub(super) fn go_to(&mut self, level: usize) {
        while self.level > level {
            let to = self.entered.get(self.level).copied();
            let from = self.entered[self.level - 1];
            for operation in from..to.unwrap_or(from) {
                self.leave(operation);
            }
            self.level -= 1;
            self.wait(self.returns[self.level]);
        }
        while self.level < level {
            self.advance();
        }
    }

    fn mask(&mut self, nature: Nature) -> &mut [u64] {
        match nature {
            Nature::Observes => &mut self.observing,
            Nature::Overwrites => &mut self.overwriting,
            Nature::Exact => &mut self.exact,
        }
    }

    fn wait(&mut self, operation: u32) {
        let slot = self.slots[operation as usize];
        self.waiting[slot as usize] = operation;
        let nature = self.natures[operation as usize];
        self.mask(nature)[slot as usize / 64] |= 1 << (slot % 64);
    }

    fn leave(&mut self, operation: u32) {
        let slot = self.slots[operation as usize];
        self.waiting[slot as usize] = NONE;
        let nature = self.natures[operation as usize];
        self.mask(nature)[slot as usize / 64] &= !(1 << (slot % 64));
    }
}
