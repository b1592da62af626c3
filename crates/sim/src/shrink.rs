//! Minimisation: from a plan that fails to the smallest plan that fails in the same way.
//!
//! A plan is data and all luck in it is keyed ([`crate::Draw`]), so that a plan with an item less
//! is the same run without that item. What counts as *the same failure* is the caller's to say;
//! here is only the search: drop what comes after the failure, then whole clients, then the faults
//! by their families, then delta debugging over steps and faults together (Zeller and Hildebrandt,
//! "Simplifying and isolating failure-inducing input", IEEE TSE 28, 2002), then times, clients,
//! nodes and latency, other clients for steps that come after others, and all of it again until nothing
//! gives way.

mod clients;
mod ddmin;
mod items;
mod shape;
mod times;

use crate::Plan;
use items::{Item, items};

/// Tries candidates: how many at once, and which of them fails.
pub struct Trials<'a, S> {
    /// How many plans are given at once: as many as can run beside each other, at least 1. The
    /// result of a minimisation does not depend on it.
    pub at_once: usize,
    /// The position of the *first* of these plans that still fails, `None` when none does. It must
    /// answer the same for the same plans.
    pub first: &'a mut dyn FnMut(&[Plan<S>]) -> Option<usize>,
}

/// A plan that cannot be made smaller.
#[derive(Clone, PartialEq, Debug)]
pub struct Shrunk<S> {
    /// The smallest plan that was found.
    pub plan: Plan<S>,
    /// How many runs it took when they are made one after another.
    pub runs: u32,
    /// Whether no single step or fault can be left out; false only when the runs were used up.
    pub is_minimal: bool,
}

/// The runs of one minimisation at most, unless said otherwise.
pub const SHRINK_RUNS_MAX: u32 = 2_000;

/// How often everything is tried again because something gave way.
const ROUNDS_MAX: usize = 4;

/// Minimises a plan that fails. `last_ms` is the virtual time by which the failure had happened,
/// where that is known: what begins later is tried to be left out first.
///
/// The result has no step and no fault that could be left out alone. It takes about
/// `2 log2(n) + k²` runs for a plan of `n` items of which `k` matter; `runs_max` bounds them.
pub fn shrink<S: Clone + PartialEq>(
    original: &Plan<S>,
    last_ms: Option<u64>,
    runs_max: u32,
    trials: Trials<'_, S>,
) -> Shrunk<S> {
    let plan = original.clone();
    let mut shrinker = Shrinker { plan, runs: 0, runs_max, trials };
    shrinker.drop_tail(last_ms);
    // Without luck in the latencies what is left depends on less.
    shrinker.calm();
    shrinker.drop_groups(Item::client);
    shrinker.drop_groups(Item::family);
    let mut is_minimal = shrinker.minimise_items();
    for _ in 0..ROUNDS_MAX {
        let before = shrinker.plan.clone();
        shrinker.simplify_times();
        shrinker.simplify_shape();
        if !shrinker.replace_clients() && shrinker.plan == before {
            break;
        }
        is_minimal = shrinker.minimise_items();
    }
    Shrunk { plan: shrinker.plan, runs: shrinker.runs, is_minimal }
}

impl<S> Plan<S> {
    /// How many items it has: steps, final steps and faults.
    pub fn items(&self) -> usize {
        self.steps.len() + self.finals.len() + self.faults.len()
    }
}

/// The smallest failing plan so far, and the means to try others.
struct Shrinker<'a, S> {
    plan: Plan<S>,
    runs: u32,
    runs_max: u32,
    trials: Trials<'a, S>,
}

impl<S: Clone + PartialEq> Shrinker<'_, S> {
    /// Takes the first of these candidates that fails; whether there was one. A candidate that
    /// makes no sense or changes nothing is no candidate.
    fn take_first(&mut self, candidates: impl IntoIterator<Item = Plan<S>>) -> bool {
        self.position_of_first(candidates).is_some()
    }

    /// The same, and which one it was.
    fn position_of_first(
        &mut self,
        candidates: impl IntoIterator<Item = Plan<S>>,
    ) -> Option<usize> {
        let mut candidates = candidates.into_iter().enumerate().peekable();
        while candidates.peek().is_some() {
            let (mut positions, mut batch) = (Vec::new(), Vec::new());
            let room = usize::try_from(self.runs_max - self.runs).unwrap_or(usize::MAX);
            while batch.len() < self.trials.at_once.max(1).min(room) {
                let Some((position, plan)) = candidates.next() else { break };
                if plan != self.plan && plan.validate().is_ok() {
                    positions.push(position);
                    batch.push(plan);
                }
            }
            let first = match batch.is_empty() {
                true => None,
                false => (self.trials.first)(&batch),
            };
            // As if they had run one after another, whatever ran ahead.
            let ran = first.map_or(batch.len(), |first| first + 1);
            self.runs += u32::try_from(ran).unwrap_or(u32::MAX).min(self.runs_max - self.runs);
            if let Some(first) = first {
                self.plan = batch.swap_remove(first);
                return positions.get(first).copied();
            }
            if room == 0 {
                return None;
            }
        }
        None
    }

    fn is_spent(&self) -> bool {
        self.runs >= self.runs_max
    }

    /// Leaves out what begins after the failure, and the final steps with the time before them.
    fn drop_tail(&mut self, last_ms: Option<u64>) {
        let in_time = |item: &Item| match (last_ms, item.begins_ms(&self.plan)) {
            (Some(last_ms), Some(begins_ms)) => begins_ms <= last_ms,
            _ => true,
        };
        let early: Vec<Item> = items(&self.plan).into_iter().filter(in_time).collect();
        let early = items::only(&self.plan, &early);
        let without_finals = |plan: &Plan<S>| {
            let mut plan = plan.clone();
            plan.finals.clear();
            plan.config.settle_ms = 0;
            plan
        };
        let candidates = [without_finals(&early), early, without_finals(&self.plan)];
        self.take_first(candidates);
    }

    /// Leaves out whole groups: delta debugging over the groups.
    fn drop_groups<G: Ord>(&mut self, group: impl Fn(&Item, &Plan<S>) -> Option<G>) {
        let all = items(&self.plan);
        let mut groups: Vec<Vec<Item>> = Vec::new();
        let mut others = Vec::new();
        let mut known = std::collections::BTreeMap::new();
        for item in all {
            match group(&item, &self.plan) {
                None => others.push(item),
                Some(name) => {
                    let at = *known.entry(name).or_insert(groups.len());
                    if at == groups.len() {
                        groups.push(Vec::new());
                    }
                    groups[at].push(item);
                }
            }
        }
        let whole = self.plan.clone();
        let plan_of = |kept: &[usize]| {
            let chosen = kept.iter().flat_map(|group| &groups[*group]);
            let chosen: Vec<Item> = chosen.chain(&others).copied().collect();
            items::only(&whole, &chosen)
        };
        ddmin::minimise(groups.len(), |candidates| {
            self.position_of_first(candidates.iter().map(|kept| plan_of(kept)))
        });
    }

    /// Leaves out single items until none can be left out alone; whether that was reached.
    fn minimise_items(&mut self) -> bool {
        let whole = self.plan.clone();
        let all = items(&whole);
        let plan_of = |kept: &[usize]| {
            let chosen: Vec<Item> = kept.iter().map(|item| all[*item]).collect();
            items::only(&whole, &chosen)
        };
        ddmin::minimise(all.len(), |candidates| {
            self.position_of_first(candidates.iter().map(|kept| plan_of(kept)))
        });
        !self.is_spent()
    }
}
