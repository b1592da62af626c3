//! What can be left out of a plan: steps, final steps, faults.

use crate::{Family, Plan};
use std::collections::BTreeSet;

/// An item of a plan, by its position in its list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Item {
    Step(usize),
    Final(usize),
    Fault(usize),
}

/// All items in the order of their times, the final steps last: neighbours are left out together.
pub(super) fn items<S>(plan: &Plan<S>) -> Vec<Item> {
    let steps = (0..plan.steps.len()).map(Item::Step);
    let mut timed: Vec<Item> = steps.chain((0..plan.faults.len()).map(Item::Fault)).collect();
    timed.sort_by_key(|item| (item.begins_ms(plan), *item));
    timed.extend((0..plan.finals.len()).map(Item::Final));
    timed
}

/// The plan with these items only.
pub(super) fn only<S: Clone>(plan: &Plan<S>, kept: &[Item]) -> Plan<S> {
    let kept: BTreeSet<Item> = kept.iter().copied().collect();
    Plan {
        system: plan.system.clone(),
        config: plan.config.clone(),
        steps: chosen(&plan.steps, |at| kept.contains(&Item::Step(at))),
        finals: chosen(&plan.finals, |at| kept.contains(&Item::Final(at))),
        faults: chosen(&plan.faults, |at| kept.contains(&Item::Fault(at))),
        reactive: plan.reactive.clone(),
        ..*plan
    }
}

fn chosen<T: Clone>(all: &[T], is_kept: impl Fn(usize) -> bool) -> Vec<T> {
    let kept = all.iter().enumerate().filter(|(at, _)| is_kept(*at));
    kept.map(|(_, item)| item.clone()).collect()
}

impl Item {
    /// When it begins in the main phase; `None` for final steps.
    pub(super) fn begins_ms<S>(&self, plan: &Plan<S>) -> Option<u64> {
        match self {
            Item::Step(at) => Some(plan.steps[*at].not_before_ms),
            Item::Fault(at) => Some(plan.faults[*at].at_ms()),
            Item::Final(_) => None,
        }
    }

    /// The client whose step it is.
    pub(super) fn client<S>(&self, plan: &Plan<S>) -> Option<u16> {
        match self {
            Item::Step(at) => Some(plan.steps[*at].client),
            Item::Final(at) => Some(plan.finals[*at].client),
            Item::Fault(_) => None,
        }
    }

    /// The family whose fault it is.
    pub(super) fn family<S>(&self, plan: &Plan<S>) -> Option<Family> {
        match self {
            Item::Fault(at) => Some(plan.faults[*at].fault.family()),
            Item::Step(_) | Item::Final(_) => None,
        }
    }
}
