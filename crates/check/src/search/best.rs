//! Level by level: what owes and uses least first, so that nothing dominated is ever looked at.
//!
//! From a configuration only ways to the same or a higher level lead, with at least as much spent
//! and used. So whoever is taken in the order of level, then of what is spent and used, then of what
//! is owed, is nearly always final: what could dominate it was taken before.
//!
//! Where a single configuration is left to look at, everything goes on from there: what was met
//! before can neither dominate nor be dominated any more, and is forgotten, all but what was placed
//! on the way. That is so after points at which nothing is pending as soon as the state is known, and
//! so a long history takes the memory of its busiest stretch.

use super::choice::Choice;
use super::run::{Outcome, Run, count};
use super::tables::{State, Tables};
use super::uses::{NOTHING, Used};
use super::visited::Met;
use crate::budget::{Meter, Spent, reserve, reserve_place};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A configuration that was met, by its number.
#[derive(Clone, Copy)]
struct Node {
    state: State,
    /// How many optional operations were used on the way to it.
    total: u32,
    /// The node before; itself for the first.
    parent: Met,
    /// What was placed since starts here among the fragments; the next node's start is its end.
    from: u32,
}

/// Level; spent and used; owed; number of a node: the least comes first.
type Ticket = Reverse<(u32, u32, u32, Met)>;

/// The configurations of a walk.
#[derive(Default)]
pub(super) struct Best {
    nodes: Vec<Node>,
    /// What was placed on the way to each node.
    fragments: Vec<(u32, State)>,
    open: BinaryHeap<Ticket>,
    choices: Vec<Choice>,
    /// What was placed on the way to the first node.
    past: Vec<(u32, State)>,
}

/// So many configurations are met before any are forgotten.
const FORGET_MIN: usize = if cfg!(test) { 16 } else { 1 << 12 };

impl Best {
    /// Searches for an order until there is one or there is none; `None` when it took more than so
    /// many steps.
    pub(super) fn search(
        &mut self,
        run: &mut Run,
        initial: State,
        tables: &mut Tables,
        steps_max: u64,
        meter: &mut Meter,
    ) -> Result<Option<Outcome>, Spent> {
        let end = meter.steps().saturating_add(steps_max);
        self.nodes.clear();
        self.fragments.clear();
        self.open.clear();
        self.past.clear();
        let state = run.settle(initial, tables, meter)?;
        if run.window.is_over() {
            return Ok(Some(Outcome::Order));
        }
        self.push(run, (state, NOTHING, 0), 0, meter)?;
        while let Some(Reverse((level, _, _, mut number))) = self.open.pop() {
            if !run.visited.is_least(number) {
                continue;
            }
            if meter.steps() > end {
                return Ok(None);
            }
            if self.open.is_empty() && self.nodes.len() >= FORGET_MIN {
                number = self.forget(run, level, number, meter)?;
            }
            let node = self.nodes[number as usize];
            let used = run.visited.used(number);
            let mut choices = std::mem::take(&mut self.choices);
            resume(run, level, number);
            run.aim(node.state, &mut choices, tables, meter)?;
            run.list(node.state, used, tables, meter)?;
            for kind in &mut run.kinds {
                reserve(&mut choices, kind.len(), meter)?;
                choices.append(kind);
            }
            for choice in choices.drain(..) {
                resume(run, level, number);
                let Some((state, after)) = run.take(choice, used, tables, meter)? else { continue };
                let total = node.total + u32::from(after != used);
                if run.window.is_over() {
                    self.unwind(run, number);
                    return Ok(Some(Outcome::Order));
                }
                self.push(run, (state, after, total), number, meter)?;
            }
            self.choices = choices;
        }
        Ok(Some(Outcome::None))
    }

    /// Makes the current configuration a node, unless one that can do as much was met.
    fn push(
        &mut self,
        run: &mut Run,
        (state, used, total): (State, Used, u32),
        parent: Met,
        meter: &mut Meter,
    ) -> Result<(), Spent> {
        let Some(number) = run.visit(state, used, meter)? else { return Ok(()) };
        reserve(&mut self.nodes, 1, meter)?;
        reserve(&mut self.fragments, run.order.len(), meter)?;
        reserve_place(&mut self.open, meter)?;
        let from = count(self.fragments.len());
        self.fragments.extend_from_slice(&run.order);
        self.nodes.push(Node { state, total, parent, from });
        let (owed, spent) = run.masks.counts();
        self.open.push(Reverse((count(run.window.level()), spent + total, owed, number)));
        Ok(())
    }

    /// Forgets all configurations but this one, which is the only one that is left.
    fn forget(
        &mut self,
        run: &mut Run,
        level: u32,
        number: Met,
        meter: &mut Meter,
    ) -> Result<Met, Spent> {
        let (node, used) = (self.nodes[number as usize], run.visited.used(number));
        resume(run, level, number);
        let way = self.way(&[], number);
        reserve(&mut self.past, way.len(), meter)?;
        self.past.extend(way);
        self.nodes.clear();
        self.fragments.clear();
        run.visited.forget();
        // The first of all: nothing dominates it.
        let first = run.visit(node.state, used, meter)?.unwrap_or_default();
        self.nodes.push(Node { parent: first, from: 0, ..node });
        Ok(first)
    }

    /// Puts everything that was placed on the way to a node in front of what was placed last.
    fn unwind(&self, run: &mut Run, number: Met) {
        let way = self.way(&run.order, number);
        run.order = [self.past.as_slice(), &way].concat();
    }

    /// What was placed on the way from the first node to this one, and then this.
    fn way(&self, last: &[(u32, State)], mut number: Met) -> Vec<(u32, State)> {
        let mut fragments = vec![last];
        loop {
            let node = self.nodes[number as usize];
            let next = self.nodes.get(number as usize + 1);
            let to = next.map_or(self.fragments.len(), |next| next.from as usize);
            fragments.push(&self.fragments[node.from as usize..to]);
            if node.parent == number {
                break;
            }
            number = node.parent;
        }
        fragments.into_iter().rev().flatten().copied().collect()
    }
}

/// Goes to the configuration of a node, with nothing placed since.
fn resume(run: &mut Run, level: u32, number: Met) {
    run.window.go_to(level as usize);
    run.order.clear();
    run.masks.0.copy_from_slice(run.visited.masks(number));
}
