//! A beam search for an order: several plans side by side, those with the fewest guesses kept.
//!
//! Which of the operations without an answer led to what somebody saw shows only much later, and one
//! plan that goes back over its last choices does not get that far. So many plans go through time
//! together. At each return of an operation every plan goes on in each way that leads there
//! ([`ways`]); plans that stand at the same numbers with the same open operations done differ in what
//! may still happen only, so a few of them are kept; of all, those that took the fewest operations
//! without an answer. The first of whatever is left at the end is an order. Where none is left,
//! wider beams are tried while the steps last; that none is found says nothing.
//!
//! (Beam search: Reddy and others, "Speech Understanding Systems", 1977; keeping the best for each
//! place is Viterbi's algorithm.)

mod called;
mod node;
mod trail;
mod ways;

use super::schedule::Schedule;
use crate::budget::{Meter, Spent};
use called::Called;
use node::Node;
use rustc_hash::FxHashMap;
use trail::Trail;

/// How many plans are kept, at first, and how many at most.
const WIDTHS: [usize; 4] = [4, 16, 64, 256];

/// Plans that are kept which differ only in what may still happen: so many, or one of so many.
const ALIKE_MIN: usize = 3;
const ALIKE_SHARE: usize = 8;

/// So many plans for each that is kept are made of one answer.
const MADE_EACH: usize = 16;

/// Bytes of a plan beside its numbers, about.
const NODE_BYTES: usize = 256;

/// How many operations without an answer may lead to one answer, at first and at most ([`ways`]).
const FEW: usize = 2;
const MOST: usize = 4;

/// With fewer plans than this, or fewer than one of so many, more ways are looked for.
const THIN: usize = 8;
const THIN_SHARE: usize = 8;

/// Steps that are left to others: of those left, one in so many.
const SHARE: u64 = 4;

/// An order of positions, if one is found with most of the steps that are left.
pub(super) fn search(schedule: &Schedule<'_, '_, '_>, meter: &mut Meter<'_>) -> Option<Vec<usize>> {
    let steps_max = meter.steps() + meter.left() / SHARE * (SHARE - 1);
    let held = meter.held();
    for width in WIDTHS {
        let found = Beam::new(schedule, width, steps_max).run(meter);
        meter.release(meter.held() - held);
        if !matches!(found, Ok(None)) {
            return found.ok().flatten();
        }
    }
    None
}

/// Plans that have come to the same moment.
struct Beam<'s, 'p, 'h> {
    schedule: &'s Schedule<'s, 'p, 'h>,
    called: Called,
    /// Required operations that were called and have not returned, by return.
    open: Vec<u32>,
    nodes: Vec<Node>,
    /// What took effect in each: an operation by its position, or one of a kind, by that behind the
    /// positions.
    trail: Trail,
    width: usize,
    steps: u64,
    steps_max: u64,
}

impl<'s, 'p, 'h> Beam<'s, 'p, 'h> {
    fn new(schedule: &'s Schedule<'s, 'p, 'h>, width: usize, steps_max: u64) -> Self {
        Beam {
            called: Called::none(schedule),
            open: Vec::new(),
            nodes: vec![Node::first(schedule)],
            trail: Trail::default(),
            schedule,
            width,
            steps: 0,
            steps_max,
        }
    }

    /// An order, if a plan is left at the end.
    fn run(mut self, meter: &mut Meter<'_>) -> Result<Option<Vec<usize>>, Spent> {
        let numbers = self.schedule.sums.numbers.len();
        let plans = (numbers * size_of::<i128>() + NODE_BYTES) * self.width * MADE_EACH;
        meter.grow(self.called.bytes() + plans)?;
        let schedule = self.schedule;
        for &(_, at, is_call) in &schedule.events {
            match is_call {
                true => self.call(at, meter)?,
                false => self.reach(at, meter)?,
            }
            self.steps += 1;
            self.spend(meter)?;
            if self.nodes.is_empty() {
                return Ok(None);
            }
        }
        Ok(self.nodes.first().map(|node| self.order(node)))
    }

    /// Takes the steps from the meter that were taken since.
    fn spend(&mut self, meter: &mut Meter<'_>) -> Result<(), Spent> {
        meter.step(std::mem::take(&mut self.steps))?;
        if meter.steps() > self.steps_max { Err(Spent::Budget) } else { Ok(()) }
    }

    fn call(&mut self, at: u32, meter: &mut Meter<'_>) -> Result<(), Spent> {
        let (schedule, position) = (self.schedule, at as usize);
        if !schedule.required[position] {
            self.called.call(position);
            return Ok(());
        }
        let ret = |at: u32| schedule.sums.part.operations[at as usize].ret;
        let place = self.open.partition_point(|&other| ret(other) < ret(at));
        self.open.insert(place, at);
        if schedule.adds(position) {
            return Ok(());
        }
        for node in &mut self.nodes {
            if schedule.fits(position, &node.state) {
                node.take(at, &mut self.trail, meter)?;
            }
        }
        self.steps += self.nodes.len() as u64;
        Ok(())
    }

    /// Every plan goes on until this operation has taken effect, which returns now.
    fn reach(&mut self, due: u32, meter: &mut Meter<'_>) -> Result<(), Spent> {
        let nodes = std::mem::take(&mut self.nodes);
        let mut next = Vec::new();
        for most in FEW..=MOST {
            next = self.on(nodes.clone(), due, most, meter)?;
            if next.len() >= THIN.max(self.width / THIN_SHARE) || self.called.known().is_empty() {
                break;
            }
        }
        self.open.retain(|&other| other != due);
        for node in &mut next {
            node.returned(due);
        }
        self.nodes = self.kept(next);
        self.trail.keep(self.nodes.iter_mut().map(|node| &mut node.last));
        Ok(())
    }

    /// The plans in which an operation has taken effect, in as many ways as there are with so many
    /// operations without an answer at most.
    fn on(
        &mut self,
        nodes: Vec<Node>,
        due: u32,
        most: usize,
        meter: &mut Meter<'_>,
    ) -> Result<Vec<Node>, Spent> {
        let (mut there, mut work) = (Vec::new(), nodes);
        let (mut known, alike_max) = (Known::default(), self.alike_max());
        let mut next = 0;
        while next < work.len() && there.len() < MADE_EACH * self.width {
            let node = work[next].clone();
            next += 1;
            if node.has(due) {
                there.push(node);
                continue;
            }
            for target in self.targets(&node, due) {
                self.spend(meter)?;
                let without = (target != due).then_some(due);
                for way in self.ways_to(&node, target, without, most) {
                    let Some(plan) = self.follow(&node, &way, target, meter)? else { continue };
                    if work.len() < MADE_EACH * self.width && known.adds(&plan, &work, alike_max) {
                        work.push(plan);
                    }
                }
            }
        }
        Ok(there)
    }

    /// How many plans are kept that differ only in what may still happen.
    fn alike_max(&self) -> usize {
        ALIKE_MIN.max(self.width / ALIKE_SHARE)
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

    /// Of plans, those that took the fewest operations without an answer; few of those that differ
    /// only in which.
    fn kept(&mut self, mut plans: Vec<Node>) -> Vec<Node> {
        self.steps += plans.len() as u64;
        plans.sort_by_key(|node| node.guesses);
        let mut known = Known::default();
        let mut kept: Vec<Node> = Vec::new();
        for plan in plans {
            if kept.len() == self.width {
                break;
            }
            if known.adds(&plan, &kept, self.alike_max()) {
                kept.push(plan);
            }
        }
        kept
    }

    /// The order of a plan: of each kind, whoever was called first.
    fn order(&self, node: &Node) -> Vec<usize> {
        let order = self.trail.to(node.last).into_iter().map(|what| what as usize).collect();
        self.called.by_position(order, self.schedule.required.len())
    }
}

/// Which plans there are already.
#[derive(Default)]
struct Known(FxHashMap<u64, Vec<u32>>);

impl Known {
    /// Whether a plan is new among those, and there are not enough like it. The next of them is it.
    fn adds(&mut self, plan: &Node, plans: &[Node], alike_max: usize) -> bool {
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
