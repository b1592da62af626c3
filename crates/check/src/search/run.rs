//! One run of the search: what both ways of walking share.
//!
//! [`super::depth`] dives for an order, which valid histories have nearly everywhere.
//! [`super::best`] goes level by level and never looks at a configuration that another dominates,
//! which is what it takes to see that there is no order.

use super::best::Best;
use super::choice::{Choice, DROP};
use super::depth::Depth;
use super::tables::{Move, NONE, State, Symbol, Tables};
use super::told;
use super::uses::{Telling, Used, Uses};
use super::visited::{Masks, Met, Visited};
use super::weave;
use super::window::Window;
use crate::budget::{Meter, Spent, reserve};
use crate::part::{Part, Standing};
use testimony_verdict::Progress;

/// What a run found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// An order: see [`Run::order`].
    Order,
    /// There is none.
    None,
}

/// How many steps the walks may take that need not come to an end.
#[derive(Clone, Copy)]
pub(super) struct Most {
    /// The dive.
    pub(super) dive: u64,
    /// Level by level, before [`Telling::Total`] is tried.
    pub(super) each: u64,
    /// Level by level with [`Telling::Total`].
    pub(super) total: u64,
}

/// A run, with tables that serve the next one too.
pub(super) struct Run {
    pub(super) window: Window,
    pub(super) visited: Visited,
    pub(super) uses: Uses,
    /// Who was placed ([`Window::position`]), in that order, each with the state after it.
    pub(super) order: Vec<(u32, State)>,
    /// What became of the pending operations in the configuration that is being made.
    pub(super) masks: Masks,
    /// The highest level that was reached.
    deepest: usize,
    /// Whether the last placing let anything happen but another state: an observation, a return.
    advanced: bool,
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
    pub(super) fn new(part: &Part<'_>, tables: &Tables, meter: &mut Meter) -> Result<Run, Spent> {
        let mut run = Run {
            window: Window::new(part, tables, meter)?,
            visited: Visited::default(),
            uses: Uses::new(),
            order: Vec::new(),
            masks: Masks::default(),
            deepest: 0,
            advanced: false,
            kinds: Default::default(),
            first_due: Vec::new(),
            listed: Vec::new(),
            depth: Depth::default(),
            best: Best::default(),
        };
        reserve(&mut run.first_due, tables.symbols(), meter)?;
        run.first_due.resize(tables.symbols(), NONE);
        Ok(run)
    }

    /// The order that the last run found: every required operation once. O(n), and for each
    /// overwrite as many steps as operations are pending.
    pub(super) fn order(&mut self, tables: &Tables) -> Vec<u32> {
        let initial = tables.initial();
        weave::weave(&mut self.window, tables, initial, &self.order)
    }

    /// The position whose return no order could pass in the last run.
    pub(super) fn stuck(&self) -> Option<u32> {
        self.window.returning(self.deepest)
    }

    /// The last position whose return some order passed in the last walk.
    pub(super) fn reached(&self) -> Option<u32> {
        self.deepest.checked_sub(1).and_then(|level| self.window.returning(level))
    }

    /// How far the last walk got; `None` when it ended before it was laid out.
    pub(super) fn progress(&self) -> Option<Progress> {
        (self.window.levels() > 0).then(|| Progress::Search {
            passed: self.deepest,
            answers: self.window.levels(),
            pending_max: self.window.pending_max(),
            optional_kinds: self.window.classes().len(),
            configurations: self.visited.len(),
        })
    }

    /// Searches for an order with these standings: a dive, then level by level.
    ///
    /// Level by level first with uses not told apart ([`Telling`]): that is a far smaller search, and
    /// every order is one there, too. So where it finds none, there is none; where it finds one that
    /// uses nothing twice, that is one.
    pub(super) fn go(
        &mut self,
        part: &Part<'_>,
        tables: &mut Tables,
        standing: &impl Fn(usize) -> Standing,
        most: Most,
        meter: &mut Meter,
    ) -> Result<Outcome, Spent> {
        // Laying out is work, too, though a small one for each operation.
        meter.step(part.operations.len() as u64 / 16)?;
        tables.lay_out(part, standing);
        self.window.lay_out(part, tables, standing, meter)?;
        let state = self.begin(Telling::Each, tables, meter)?;
        if tables.is_ordered() {
            if told::walk(self, state, tables, meter)? {
                return Ok(Outcome::Order);
            }
            self.begin(Telling::Each, tables, meter)?;
        }
        let mut depth = std::mem::take(&mut self.depth);
        let dived = depth.search(self, state, tables, most.dive, meter);
        self.depth = depth;
        if let Some(outcome) = dived? {
            return Ok(outcome);
        }
        for (telling, steps_max) in self.ways(tables, most, meter.left()) {
            match self.by_level(telling, tables, steps_max, meter)? {
                Some(Outcome::None) => return Ok(Outcome::None),
                Some(Outcome::Order) if self.uses_nothing_twice() => return Ok(Outcome::Order),
                _ => {}
            }
        }
        Err(Spent::Budget)
    }

    /// Which uses to tell apart, and for how many steps, one after the other.
    fn ways(&self, tables: &Tables, most: Most, left: u64) -> Vec<(Telling, u64)> {
        let to_the_end = (Telling::Each, u64::MAX);
        if self.window.classes().is_empty() {
            return vec![to_the_end];
        }
        if tables.has_few_states() {
            // However often what is done.
            return vec![(Telling::None, u64::MAX), to_the_end];
        }
        // The states of other objects may be many more when uses are not told apart, so first it is
        // seen whether that is needed at all.
        let total = Telling::Total(self.window.optional());
        let share = |steps: u64| steps.min(left / 4);
        vec![(Telling::Each, share(most.each)), (total, share(most.total)), to_the_end]
    }

    /// Whether every optional operation stands in the order once at most.
    fn uses_nothing_twice(&self) -> bool {
        let placed = self.order.iter().map(|&(who, _)| who);
        let mut optional: Vec<u32> = placed.filter(|&who| !self.is_required(who)).collect();
        optional.sort_unstable();
        optional.windows(2).all(|pair| pair[0] != pair[1])
    }

    fn is_required(&self, who: u32) -> bool {
        (who as usize) < self.window.levels()
    }

    fn by_level(
        &mut self,
        telling: Telling,
        tables: &mut Tables,
        steps_max: u64,
        meter: &mut Meter,
    ) -> Result<Option<Outcome>, Spent> {
        let state = self.begin(telling, tables, meter)?;
        let mut best = std::mem::take(&mut self.best);
        let found = best.search(self, state, tables, steps_max, meter);
        self.best = best;
        found
    }

    /// Goes to the beginning, with nothing visited.
    fn begin(
        &mut self,
        telling: Telling,
        tables: &Tables,
        meter: &mut Meter,
    ) -> Result<State, Spent> {
        let words = self.window.words();
        self.deepest = 0;
        self.window.go_to(0);
        self.visited.clear(2 * words, meter)?;
        self.uses.clear(telling);
        self.kinds.iter_mut().for_each(Vec::clear);
        for symbol in self.listed.drain(..) {
            self.first_due[symbol as usize] = NONE;
        }
        self.order.clear();
        self.masks.clear(words);
        self.enter();
        Ok(tables.initial())
    }

    /// Whoever is called at the current level owes its effect.
    fn enter(&mut self) {
        for operation in self.window.entering() {
            self.masks.enter(self.window.slot(operation));
        }
    }

    /// Notes the current configuration; `None` when one that can do as much was met.
    pub(super) fn visit(
        &mut self,
        state: State,
        used: Used,
        meter: &mut Meter,
    ) -> Result<Option<Met>, Spent> {
        let key = (count(self.window.level()), state, self.window.exact());
        self.visited.insert(key, &self.masks, used, &self.uses, meter)
    }

    /// Places a choice and whatever follows from it ([`Run::settle`]); gives the state and the uses
    /// after it, or `None` when it certainly leads nowhere that another choice does not lead.
    pub(super) fn take(
        &mut self,
        choice: Choice,
        used: Used,
        tables: &mut Tables,
        meter: &mut Meter,
    ) -> Result<Option<(State, Used)>, Spent> {
        // What nobody looked at and nothing builds on could only be overwritten next, and then it
        // need not have been placed.
        let may_be_idle =
            choice.slot != self.window.target() && tables.overwrites(self.symbol(choice)).is_some();
        let (state, used) = self.place(choice, used, tables, meter)?;
        if may_be_idle && !self.advanced && !self.leads_on(state, used, tables, meter)? {
            return Ok(None);
        }
        Ok(Some((state, used)))
    }

    /// What a choice does.
    fn symbol(&self, choice: Choice) -> Symbol {
        match choice.slot {
            NONE => self.window.classes()[choice.class as usize].symbol,
            slot => self.window.at(slot),
        }
    }

    /// Places a choice and whatever follows from it ([`Run::settle`]).
    ///
    /// An overwrite settles what every pending overwrite owes: in front of it each may have taken
    /// effect unseen. They may still be placed themselves, up to their return.
    pub(super) fn place(
        &mut self,
        choice: Choice,
        used: Used,
        tables: &mut Tables,
        meter: &mut Meter,
    ) -> Result<(State, Used), Spent> {
        let target = self.window.target();
        if choice.class == DROP {
            self.masks.spend(target);
            return Ok((self.settle(choice.state, tables, meter)?, used));
        }
        if choice.slot != target && !self.masks.owes(target) {
            // Placed in front of it, this is of use only if that is placed, too: the rest can wait.
            self.masks.reserve(target);
        }
        let symbol = self.symbol(choice);
        let (who, used) = if choice.class == NONE {
            self.masks.spend(choice.slot);
            (Some(self.window.who(choice.slot)), used)
        } else {
            let class = self.window.classes()[choice.class as usize];
            let count = self.uses.count(used, choice.class);
            let used = self.uses.one_more(used, choice.class, meter)?;
            (self.window.member(class, count), used)
        };
        if let Some(who) = who {
            self.append(who, choice.state, meter)?;
        }
        if tables.overwrites(symbol).is_some() {
            for (word, &slots) in self.window.overwriting().iter().enumerate() {
                self.masks.settle(word, slots);
            }
        }
        Ok((self.settle(choice.state, tables, meter)?, used))
    }

    /// Whether some operation that is no overwrite can be placed here.
    fn leads_on(
        &mut self,
        state: State,
        used: Used,
        tables: &mut Tables,
        meter: &mut Meter,
    ) -> Result<bool, Spent> {
        for word in 0..self.masks.words() {
            let mut slots = self.window.exact()[word] & !self.masks.spent(word);
            while slots != 0 {
                let slot = slot_of(word, slots.trailing_zeros());
                slots &= slots - 1;
                meter.step(1)?;
                if tables.go(state, self.window.at(slot), meter)? != Move::Refused {
                    return Ok(true);
                }
            }
        }
        for place in self.window.changing(state) {
            let number = self.window.source(place);
            let class = self.window.classes()[number as usize];
            if self.window.member(class, self.uses.count(used, number)).is_some()
                && ![Move::Refused, Move::To(state)].contains(&tables.go(
                    state,
                    class.symbol,
                    meter,
                )?)
            {
                return Ok(true);
            }
        }
        // The target may be exact, reserved.
        let target = self.window.target();
        let exact = tables.overwrites(self.window.at(target)).is_none();
        Ok(exact && tables.go(state, self.window.at(target), meter)? != Move::Refused)
    }

    fn append(&mut self, who: u32, state: State, meter: &mut Meter) -> Result<(), Spent> {
        reserve(&mut self.order, 1, meter)?;
        self.order.push((who, state));
        Ok(())
    }

    /// Passes every return that can be passed, places whoever only observes what is there, and
    /// settles what is owed that would change nothing here (it may still be placed, over another
    /// state). Gives the state, or one that does as well.
    ///
    /// Stops where the operation that must return next owes its effect, or is settled and might still
    /// be of use: then it is the last moment to place it.
    pub(super) fn settle(
        &mut self,
        mut state: State,
        tables: &mut Tables,
        meter: &mut Meter,
    ) -> Result<State, Spent> {
        self.advanced = false;
        loop {
            self.pass(tables);
            self.deepest = self.deepest.max(self.window.level());
            if self.window.is_over() {
                return Ok(state);
            }
            let rank = self.window.rank();
            state = tables.fade(state, rank);
            let mut steps = 1;
            for word in 0..self.masks.words() {
                let mut slots = self.window.observing()[word] & self.masks.owed(word);
                while slots != 0 {
                    let bit = slots & slots.wrapping_neg();
                    slots &= slots - 1;
                    steps += 1;
                    let slot = slot_of(word, bit.trailing_zeros());
                    if tables.go(state, self.window.at(slot), meter)? == Move::To(state) {
                        self.masks.settle(word, bit);
                        self.advanced = true;
                        self.append(self.window.who(slot), state, meter)?;
                    }
                }
                let changing = self.window.overwriting()[word] | self.window.exact()[word];
                let mut slots = changing & self.masks.owed(word);
                while slots != 0 {
                    let bit = slots & slots.wrapping_neg();
                    slots &= slots - 1;
                    steps += 1;
                    let slot = slot_of(word, bit.trailing_zeros());
                    if tables.keeps(state, self.window.at(slot), rank) {
                        self.masks.settle(word, bit);
                    }
                }
            }
            meter.step(steps + self.masks.words() as u64 / 8)?;
            let target = self.window.target();
            if self.masks.owes(target) || !self.may_pass(target, tables) {
                return Ok(state);
            }
        }
    }

    /// Passes the returns of whoever is placed, or settled and of no more use.
    fn pass(&mut self, tables: &Tables) {
        while !self.window.is_over() {
            let target = self.window.target();
            if self.masks.owes(target) || !self.may_pass(target, tables) {
                return;
            }
            self.masks.leave(target);
            self.window.advance();
            self.enter();
            self.advanced = true;
        }
    }

    /// Whether an operation that owes nothing may return: it is placed, or it would help nobody.
    fn may_pass(&self, slot: u32, tables: &Tables) -> bool {
        let symbol = self.window.at(slot);
        self.masks.is_spent(slot)
            || tables.observes(symbol)
            || tables.is_useless(symbol, self.window.rank())
    }

    /// Where the operation that must return next leads, if it can answer what it answered; and, if
    /// it is settled, to let it pass. The better choice comes last.
    pub(super) fn aim(
        &mut self,
        state: State,
        choices: &mut Vec<Choice>,
        tables: &mut Tables,
        meter: &mut Meter,
    ) -> Result<(), Spent> {
        let slot = self.window.target();
        meter.step(1)?;
        let from = choices.len();
        match tables.go(state, self.window.at(slot), meter)? {
            Move::Refused => {}
            Move::To(state) => {
                reserve(choices, 2, meter)?;
                choices.push(Choice::required(slot, state));
            }
            Move::Any { from, to } => {
                let states = tables.several(from, to).iter();
                reserve(choices, states.len() + 1, meter)?;
                choices.extend(states.map(|&state| Choice::required(slot, state)));
            }
        }
        if self.masks.owes(slot) {
            return Ok(());
        }
        reserve(choices, 1, meter)?;
        let drop = Choice::pass(slot, state);
        let better = match (self.next_goal(tables), choices.last()) {
            (Some(goal), Some(placed)) => {
                let helps = tables.go(placed.state, goal, meter)? != Move::Refused;
                helps && tables.go(state, goal, meter)? == Move::Refused
            }
            _ => false,
        };
        let at = if better { from } else { choices.len() };
        choices.insert(at, drop);
        Ok(())
    }

    /// The next operation that must return and still owes something that can be refused.
    fn next_goal(&self, tables: &Tables) -> Option<Symbol> {
        const AHEAD: usize = 16;
        self.window.ahead(AHEAD).find_map(|(who, slot)| {
            let symbol = self.window.symbol(who);
            let owes = slot.is_none_or(|slot| self.masks.owes(slot));
            (owes && tables.overwrites(symbol).is_none()).then_some(symbol)
        })
    }

    /// Lists the other choices by kind: what makes the answer of the operation that must return
    /// next possible before what does not, required before optional.
    pub(super) fn list(
        &mut self,
        state: State,
        used: Used,
        tables: &mut Tables,
        meter: &mut Meter,
    ) -> Result<(), Spent> {
        let target = self.window.target();
        let goal = self.window.at(target);
        self.list_first_due(meter)?;
        let listed = std::mem::take(&mut self.listed);
        for &symbol in &listed {
            let slot = self.first_due[symbol as usize];
            if slot != target {
                self.offer((slot, NONE), (state, symbol, goal), tables, meter)?;
            }
        }
        for number in 0..self.window.classes().len() {
            let class = self.window.classes()[number];
            let number = count(number);
            // A pending operation that does the same goes first: it returns, these never do.
            if tables.source(class.symbol).is_none_or(|source| source == state)
                && self.first_due[class.symbol as usize] == NONE
                && self.window.member(class, self.uses.count(used, number)).is_some()
            {
                self.offer((NONE, number), (state, class.symbol, goal), tables, meter)?;
            }
        }
        for &symbol in &listed {
            self.first_due[symbol as usize] = NONE;
        }
        self.listed = listed;
        self.listed.clear();
        meter.step(self.window.classes().len() as u64)
    }

    /// Of pending operations that do the same, the one that must return first may stand for all:
    /// in any order with another of them in front of it the two can change places.
    fn list_first_due(&mut self, meter: &mut Meter) -> Result<(), Spent> {
        let mut steps = self.masks.words() as u64 / 8 + 1;
        for word in 0..self.masks.words() {
            let changing = self.window.exact()[word] | self.window.overwriting()[word];
            let mut slots = changing & !self.masks.spent(word);
            while slots != 0 {
                let slot = slot_of(word, slots.trailing_zeros());
                slots &= slots - 1;
                steps += 1;
                let symbol = self.window.at(slot);
                let first = &mut self.first_due[symbol as usize];
                if *first == NONE {
                    reserve(&mut self.listed, 1, meter)?;
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
    fn offer(
        &mut self,
        (slot, class): (u32, u32),
        (state, symbol, goal): (State, Symbol, Symbol),
        tables: &mut Tables,
        meter: &mut Meter,
    ) -> Result<(), Spent> {
        let found = tables.go(state, symbol, meter)?;
        let (mut index, end) = match found {
            Move::Refused => return Ok(()),
            Move::To(_) => (0, 1),
            Move::Any { from, to } => (from, to),
        };
        let idle = (slot == NONE || !self.masks.owes(slot)) && !self.settles(symbol, tables);
        while index < end {
            let next = match found {
                Move::To(next) => next,
                _ => tables.several(index, index + 1)[0],
            };
            index += 1;
            let next = tables.fade(next, self.window.rank());
            // One that owes nothing, changes nothing and settles nothing is as good as none.
            if idle && next == state {
                continue;
            }
            let hopeless = tables.go(next, goal, meter)? == Move::Refused;
            let kind = &mut self.kinds[usize::from(hopeless) * 2 + usize::from(class != NONE)];
            reserve(kind, 1, meter)?;
            kind.push(Choice { slot, class, state: next });
        }
        Ok(())
    }

    /// Whether placing a symbol settles what some pending overwrite owes.
    fn settles(&self, symbol: Symbol, tables: &Tables) -> bool {
        let owing = |(word, slots): (usize, &u64)| slots & self.masks.owed(word) != 0;
        tables.overwrites(symbol).is_some()
            && self.window.overwriting().iter().enumerate().any(owing)
    }
}

pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(NONE)
}

pub(super) fn slot_of(word: usize, bit: u32) -> u32 {
    count(word) * 64 + bit
}
