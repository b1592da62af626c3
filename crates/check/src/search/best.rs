//! Level by level: the least uses first, so that nothing dominated is ever looked at.
//!
//! From a configuration only ways to the same or a higher level lead, with at least as many optional
//! operations used. So whoever is taken in the order of level, then of uses in all, is final: what
//! could dominate it was taken before.

use super::run::{Choice, Outcome, Run, count};
use super::tables::{INITIAL, State, Tables};
use super::uses::{NOTHING, Used};
use crate::budget::{Meter, Spent};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use testimony_model::Model;

/// A configuration that was met.
#[derive(Clone, Copy)]
struct Node {
    state: State,
    used: Used,
    /// The node before; itself for the first.
    parent: u32,
    /// What was placed since is at `from..to` of the fragments.
    from: u32,
    to: u32,
}

/// Level, uses in all, and number of a node: the least comes first.
type Ticket = Reverse<(u32, u32, u32)>;

/// The configurations of a walk.
#[derive(Default)]
pub(super) struct Best {
    nodes: Vec<Node>,
    /// The masks of the nodes.
    masks: Vec<u64>,
    /// What was placed on the way to each node.
    fragments: Vec<u32>,
    open: BinaryHeap<Ticket>,
    choices: Vec<Choice>,
    accounted: usize,
}

impl Best {
    /// Searches for an order until there is one or there is none.
    pub(super) fn search<M: Model>(
        &mut self,
        run: &mut Run,
        tables: &mut Tables<M>,
        meter: &mut Meter,
    ) -> Result<Outcome, Spent> {
        self.clear(meter);
        run.settle(INITIAL, tables, meter)?;
        if run.window.is_over() {
            return Ok(Outcome::Order);
        }
        self.push(run, (INITIAL, NOTHING, 0), 0, meter)?;
        while let Some(Reverse((level, total, number))) = self.open.pop() {
            let node = self.nodes[number as usize];
            let words = run.placed.len();
            let mask = &self.masks[number as usize * words..][..words];
            if !run.visited.is_least((level, node.state, mask), node.used) {
                continue;
            }
            let mut choices = std::mem::take(&mut self.choices);
            self.resume(run, level, number);
            run.aim(node.state, &mut choices, tables, meter)?;
            run.list(node.state, node.used, tables, meter)?;
            choices.extend(run.kinds.iter_mut().flat_map(|kind| kind.drain(..)));
            for choice in choices.drain(..) {
                self.resume(run, level, number);
                let used = run.place(choice, node.used, meter)?;
                let total = total + u32::from(used != node.used);
                run.settle(choice.state, tables, meter)?;
                if run.window.is_over() {
                    self.unwind(run, number);
                    return Ok(Outcome::Order);
                }
                self.push(run, (choice.state, used, total), number, meter)?;
            }
            self.choices = choices;
        }
        Ok(Outcome::None)
    }

    fn clear(&mut self, meter: &mut Meter) {
        self.nodes.clear();
        self.masks.clear();
        self.fragments.clear();
        self.open.clear();
        self.choices.clear();
        meter.release(self.accounted);
        self.accounted = 0;
    }

    /// Goes to the configuration of a node, with nothing placed since.
    fn resume(&self, run: &mut Run, level: u32, number: u32) {
        run.window.back_to(level as usize);
        while run.window.level() < level as usize {
            run.window.advance();
        }
        run.order.clear();
        let words = run.placed.len();
        run.placed.copy_from_slice(&self.masks[number as usize * words..][..words]);
    }

    /// Makes the current configuration a node, unless one that can do as much was met.
    fn push(
        &mut self,
        run: &mut Run,
        (state, used, total): (State, Used, u32),
        parent: u32,
        meter: &mut Meter,
    ) -> Result<(), Spent> {
        if !run.visit(state, used, meter)? {
            return Ok(());
        }
        // Lists double, so at the worst moment old and new are there.
        let lists = size_of_val(&run.placed[..]) + size_of_val(&run.order[..]);
        let bytes = 3 * (size_of::<Node>() + size_of::<Ticket>() + lists);
        meter.grow(bytes)?;
        self.accounted += bytes;
        let number = count(self.nodes.len());
        let from = count(self.fragments.len());
        self.fragments.extend_from_slice(&run.order);
        let to = count(self.fragments.len());
        self.masks.extend_from_slice(&run.placed);
        self.nodes.push(Node { state, used, parent, from, to });
        self.open.push(Reverse((count(run.window.level()), total, number)));
        Ok(())
    }

    /// Puts everything that was placed on the way to a node in front of what was placed last.
    fn unwind(&self, run: &mut Run, mut number: u32) {
        let last = std::mem::take(&mut run.order);
        let mut fragments = vec![&last[..]];
        loop {
            let node = self.nodes[number as usize];
            fragments.push(&self.fragments[node.from as usize..node.to as usize]);
            if node.parent == number {
                break;
            }
            number = node.parent;
        }
        run.order = fragments.into_iter().rev().flatten().copied().collect();
    }
}
