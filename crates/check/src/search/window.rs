//! The window of pending operations, level by level.
//!
//! Level `i` means that `i` returns are passed, in the order of their ranks. Pending there is
//! whoever was called up to the next return and has not returned: those may come before it
//! (intervals are closed, so a call at that very rank may). Each required operation has a slot for
//! as long as it is pending, so what is placed already is a mask as wide as the most clients that
//! ever waited at once, not as wide as the history.

use super::tables::{NONE, Symbol, Tables};
use crate::budget::{Meter, Spent};
use crate::part::{Part, Standing};
use testimony_model::Model;

/// The operations of one run of the search, and who is pending at its current level.
pub(super) struct Window {
    /// Required operations by call: position and symbol.
    called: Vec<(u32, Symbol)>,
    /// By level the required operation (an index into `called`) whose return comes next.
    returns: Vec<u32>,
    /// By level how many required operations have been called.
    entered: Vec<u32>,
    /// By required operation the level at which it returns.
    due: Vec<u32>,
    /// By required operation its slot.
    slots: Vec<u32>,
    /// By slot the required operation that waits in it; [`NONE`] when it is free.
    waiting: Vec<u32>,
    /// Slots of pending operations that may change the state, and of those that only observe.
    changing: Vec<u64>,
    observing: Vec<u64>,
    /// By required operation whether it only observes.
    observes: Vec<bool>,
    /// The current level.
    level: usize,
    /// The classes of optional operations.
    classes: Vec<Class>,
    /// Members of the classes: position and the level from which they may take effect.
    members: Vec<(u32, u32)>,
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

/// What a window costs for each operation.
const OPERATION_BYTES: usize = 64;

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(NONE)
}

impl Window {
    pub(super) fn new<M: Model>(part: &Part<M>, meter: &mut Meter) -> Result<Window, Spent> {
        meter.grow(part.operations.len() * OPERATION_BYTES)?;
        Ok(Window {
            called: Vec::new(),
            returns: Vec::new(),
            entered: Vec::new(),
            due: Vec::new(),
            slots: Vec::new(),
            waiting: Vec::new(),
            changing: Vec::new(),
            observing: Vec::new(),
            observes: Vec::new(),
            level: 0,
            classes: Vec::new(),
            members: Vec::new(),
            class_of: Vec::new(),
            by_return: Vec::new(),
            free: Vec::new(),
        })
    }

    /// Lays out a run with these standings. O(n log n).
    pub(super) fn lay_out<M: Model>(
        &mut self,
        part: &Part<M>,
        tables: &Tables<M>,
        standing: impl Fn(usize) -> Standing,
    ) {
        self.called.clear();
        self.observes.clear();
        self.by_return.clear();
        self.class_of.resize(tables.symbols(), NONE);
        for class in self.classes.drain(..) {
            self.class_of[class.symbol as usize] = NONE;
        }
        for (position, operation) in part.operations.iter().enumerate() {
            let required = standing(position) == Standing::Required && operation.is_ok();
            let position = number(position);
            if required {
                let symbol = tables.answered(position);
                self.by_return.push((operation.ret.0, number(self.called.len())));
                self.called.push((position, symbol));
                self.observes.push(tables.observes(symbol));
            } else if optional(tables, position, standing(position as usize)) {
                self.count_class(tables.unanswered(position));
            }
        }
        self.by_return.sort_unstable();
        self.assign_slots(part);
        self.gather_members(part, tables, standing);
        self.level = 0;
        self.enter(0);
    }

    /// The levels, and a slot for each required operation while it is pending.
    fn assign_slots<M: Model>(&mut self, part: &Part<M>) {
        self.returns.clear();
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
            self.entered.push(number(self.slots.len()));
            self.free.push(self.slots[operation as usize]);
        }
        let words = (slots as usize).div_ceil(64).max(1);
        self.waiting.clear();
        self.waiting.resize(slots as usize, NONE);
        for mask in [&mut self.changing, &mut self.observing] {
            mask.clear();
            mask.resize(words, 0);
        }
    }

    fn count_class(&mut self, symbol: Symbol) {
        let class = &mut self.class_of[symbol as usize];
        if *class == NONE {
            *class = number(self.classes.len());
            self.classes.push(Class { symbol, from: 0, to: 0 });
        }
        self.classes[*class as usize].to += 1;
    }

    /// Sorts the optional operations by class, by call within a class.
    fn gather_members<M: Model>(
        &mut self,
        part: &Part<M>,
        tables: &Tables<M>,
        standing: impl Fn(usize) -> Standing,
    ) {
        let mut total = 0;
        for class in &mut self.classes {
            let members = class.to;
            (class.from, class.to) = (total, total);
            total += members;
        }
        self.members.clear();
        self.members.resize(total as usize, (NONE, 0));
        // Operations are by call, so the level from which one may take effect only rises.
        let mut level = 0;
        for (position, operation) in part.operations.iter().enumerate() {
            let required = standing(position) == Standing::Required && operation.is_ok();
            let position = number(position);
            if required || !optional(tables, position, standing(position as usize)) {
                continue;
            }
            while self.by_return.get(level).is_some_and(|&(ret, _)| ret < operation.call.0) {
                level += 1;
            }
            let class = self.class_of[tables.unanswered(position) as usize];
            let class = &mut self.classes[class as usize];
            self.members[class.to as usize] = (position, number(level));
            class.to += 1;
        }
    }

    /// How many words a mask has.
    pub(super) fn words(&self) -> usize {
        self.changing.len()
    }

    /// The current level.
    pub(super) fn level(&self) -> usize {
        self.level
    }

    /// Whether every return is passed.
    pub(super) fn is_over(&self) -> bool {
        self.level == self.returns.len()
    }

    /// The slot of the operation that must return next.
    pub(super) fn target(&self) -> u32 {
        self.slots[self.returns[self.level] as usize]
    }

    /// The position of the operation whose return is at a level.
    pub(super) fn returning(&self, level: usize) -> Option<u32> {
        self.returns.get(level).map(|&operation| self.called[operation as usize].0)
    }

    /// Position and symbol of the operation that waits in a slot.
    #[inline]
    pub(super) fn at(&self, slot: u32) -> (u32, Symbol) {
        self.called[self.waiting[slot as usize] as usize]
    }

    /// The level at which the operation that waits in a slot returns.
    #[inline]
    pub(super) fn due(&self, slot: u32) -> u32 {
        self.due[self.waiting[slot as usize] as usize]
    }

    /// Slots of pending operations that may change the state, word by word.
    pub(super) fn changing(&self) -> &[u64] {
        &self.changing
    }

    /// Slots of pending operations that only observe, word by word.
    pub(super) fn observing(&self) -> &[u64] {
        &self.observing
    }

    /// The classes of optional operations.
    pub(super) fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// The position of the next member of a class when so many are used, if it was called already.
    #[inline]
    pub(super) fn member(&self, class: Class, used: u32) -> Option<u32> {
        let members = &self.members[class.from as usize..class.to as usize];
        let &(position, level) = members.get(used as usize)?;
        (level as usize <= self.level).then_some(position)
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

    /// Goes back to an earlier level.
    pub(super) fn back_to(&mut self, level: usize) {
        while self.level > level {
            let to = self.entered.get(self.level).copied();
            let from = self.entered[self.level - 1];
            for operation in from..to.unwrap_or(from) {
                self.leave(operation);
            }
            self.level -= 1;
            self.wait(self.returns[self.level]);
        }
    }

    fn wait(&mut self, operation: u32) {
        let slot = self.slots[operation as usize];
        self.waiting[slot as usize] = operation;
        let observes = self.observes[operation as usize];
        let mask = if observes { &mut self.observing } else { &mut self.changing };
        mask[slot as usize / 64] |= 1 << (slot % 64);
    }

    fn leave(&mut self, operation: u32) {
        let slot = self.slots[operation as usize];
        self.waiting[slot as usize] = NONE;
        for mask in [&mut self.changing, &mut self.observing] {
            mask[slot as usize / 64] &= !(1 << (slot % 64));
        }
    }
}

/// Whether a position may take effect or not: an `info`, or one that is optional and did more than
/// observe.
fn optional<M: Model>(tables: &Tables<M>, position: u32, standing: Standing) -> bool {
    standing != Standing::Dropped && !tables.observes(tables.answered(position))
}
