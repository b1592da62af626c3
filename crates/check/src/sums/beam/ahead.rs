//! From where plans are to the next return, the cheapest ways first.
//!
//! (Uniform-cost search: Dijkstra, "A Note on Two Problems in Connexion with Graphs", 1959.)

use super::ways::Way;
use super::{Beam, MADE_EACH, Node, WAYS_EACH};
use crate::budget::{Meter, Spent};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How a plan goes on.
struct Going {
    /// The plan, by its number.
    from: usize,
    /// To which answer, and in which way; `None`: it stays where it is.
    to: Option<(u32, Way)>,
}

/// How plans go on, the cheapest first; of those that cost the same, those first that were known first.
#[derive(Default)]
struct Ahead {
    all: Vec<Option<Going>>,
    cheapest: BinaryHeap<Reverse<(u32, usize)>>,
}

impl Ahead {
    fn push(&mut self, cost: u32, going: Going) {
        self.cheapest.push(Reverse((cost, self.all.len())));
        self.all.push(Some(going));
    }

    fn pop(&mut self) -> Option<Going> {
        self.cheapest.pop().and_then(|Reverse((_, at))| self.all[at].take())
    }
}

impl Beam<'_, '_, '_> {
    /// The plans in which an operation has taken effect: the cheapest, by so many operations without
    /// an answer for each answer at most.
    pub(super) fn on(
        &mut self,
        nodes: Vec<Node>,
        due: u32,
        most: usize,
        meter: &mut Meter<'_>,
    ) -> Result<Vec<Node>, Spent> {
        let (mut ahead, mut known) = (Ahead::default(), Known::default());
        for (from, node) in nodes.iter().enumerate() {
            ahead.push(node.cost, Going { from, to: None });
        }
        let (mut plans, mut there) = (nodes, Vec::new());
        while there.len() < self.width && plans.len() < MADE_EACH * self.width {
            let Some(Going { from, to }) = ahead.pop() else { break };
            let Some(at) = self.arrive(from, to, &mut plans, &mut known, meter)? else { continue };
            match plans[at].has(due) {
                true => there.push(plans[at].clone()),
                false => self.look_ahead(&plans[at], at, due, most, &mut ahead, meter)?,
            }
        }
        Ok(there)
    }

    /// The number of the plan that goes on so, if it gets there and is new.
    fn arrive(
        &mut self,
        from: usize,
        to: Option<(u32, Way)>,
        plans: &mut Vec<Node>,
        known: &mut Known,
        meter: &mut Meter<'_>,
    ) -> Result<Option<usize>, Spent> {
        let Some((target, way)) = to else { return Ok(Some(from)) };
        self.spend(meter)?;
        let plan = self.follow(&plans[from], &way, target, meter)?;
        let Some(plan) = plan.filter(|plan| known.adds(plan, plans, self.alike_max())) else {
            return Ok(None);
        };
        plans.push(plan);
        Ok(Some(plans.len() - 1))
    }

    /// All ways in which a plan may go on.
    fn look_ahead(
        &mut self,
        plan: &Node,
        from: usize,
        due: u32,
        most: usize,
        ahead: &mut Ahead,
        meter: &mut Meter<'_>,
    ) -> Result<(), Spent> {
        for target in self.targets(plan, due) {
            self.spend(meter)?;
            let without = (target != due).then_some(due);
            for way in self.ways_to(plan, target, without, most) {
                if ahead.all.len() < WAYS_EACH * self.width {
                    let cost = plan.cost.saturating_add(self.called.cost(&way.kinds));
                    ahead.push(cost, Going { from, to: Some((target, way)) });
                }
            }
        }
        Ok(())
    }

    /// What a plan may go for: the operation that returns now, and answers that may have been before.
    fn targets(&self, node: &Node, due: u32) -> Vec<u32> {
        let position = due as usize;
        let is_observed = !self.schedule.adds(position);
        if is_observed && self.schedule.fits(position, &node.state) {
            return vec![due];
        }
        let told = |&at: &u32| at != due && !node.has(at) && self.schedule.is_limited(at as usize);
        [due].into_iter().chain(self.open.iter().copied().filter(told)).collect()
    }
}

/// Which plans there are already.
#[derive(Default)]
pub(super) struct Known(FxHashMap<u64, Vec<u32>>);

impl Known {
    /// Whether a plan is new among those, and there are not enough like it. The next of them is it.
    pub(super) fn adds(&mut self, plan: &Node, plans: &[Node], alike_max: usize) -> bool {
        let places = self.0.entry(plan.fingerprint()).or_default();
        let like = |&&place: &&u32| plan.is_like(&plans[place as usize]);
        let alike = places.iter().filter(like).count();
        let same = |&place: &u32| {
            plan.is_like(&plans[place as usize]) && plan.used == plans[place as usize].used
        };
        if alike >= alike_max || places.iter().any(same) {
            return false;
        }
        places.push(u32::try_from(plans.len()).unwrap_or(u32::MAX));
        true
    }
}
