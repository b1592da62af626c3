//! A beam search for an order: several plans side by side, the likeliest kept.
//!
//! Which of the operations without an answer led to what somebody saw shows only much later, and one
//! plan that goes back over its last choices does not get that far. So some plans go through time
//! together. At each return of an operation they go on in the ways that lead there ([`ways`]), the
//! cheapest first ([`ahead`]): operations without an answer mostly take effect soon or never, so one
//! costs the more the longer ago it was called ([`Called::cost`]). Plans that stand at the same
//! numbers with the same open operations done differ in what may still happen only, so a few of them
//! are kept; of all, the cheapest. The first of whatever is left at the end is an order.
//!
//! Where none is left, all went wrong some time before. From an earlier moment on ([`past`]) more
//! plans are kept until that place is passed; again from earlier and with more still, as long as the
//! steps last. So what is hard in one place makes the rest no harder. With the last of the steps, a
//! second beam asks the same price however late something takes effect. That none is found says nothing.
//!
//! (Beam search: Reddy and others, "Speech Understanding Systems", 1977; keeping the best for each
//! place is Viterbi's algorithm; beams that go back and try more: Zhou and Hansen, "Beam-Stack
//! Search", 2005, of which this is a simple, incomplete kind.)

mod ahead;
mod called;
mod node;
mod past;
mod trail;
mod ways;

use super::schedule::Schedule;
use crate::budget::{Meter, Spent};
use ahead::Known;
use called::{Called, When};
use node::Node;
use past::Past;
use trail::Trail;

/// How many plans are kept, and from how many events before the place where all went wrong; at last
/// from the beginning on.
const WIDTHS: [usize; 6] = [4, 16, 48, 128, 128, 256];
const BACK: [usize; 6] = [0, 64, 128, 512, 512, usize::MAX];

/// Plans that are kept which differ only in what may still happen: so many, or one of so many.
const ALIKE_MIN: usize = 3;
const ALIKE_SHARE: usize = 8;

/// So many plans for each that is kept are made of one answer, and so many ways are known to more.
const MADE_EACH: usize = 16;
const WAYS_EACH: usize = 256;

/// Bytes of a plan beside its numbers, and of a way, about.
const NODE_BYTES: usize = 256;
const WAY_BYTES: usize = 128;

/// How many operations without an answer may lead to one answer, at first and at most ([`ways`]):
/// more at first where it is not for want of plans that all went wrong.
const FEW: [usize; 6] = [2, 2, 2, 2, 4, 2];
const MOST: usize = 4;

/// With fewer plans than one of so many that are kept, or with none, more ways are looked for.
const THIN_SHARE: usize = 8;

/// Steps that are left to others: of those left, one in so many.
const SHARE: u64 = 4;

/// An order of positions, if one is found with most of the steps that are left: with most of these
/// where what takes effect does so soon, with the rest where it may do so whenever.
pub(super) fn search(schedule: &Schedule<'_, '_, '_>, meter: &mut Meter<'_>) -> Option<Vec<usize>> {
    let left = meter.left() / SHARE * (SHARE - 1);
    let last = meter.steps() + left;
    for (when, steps_max) in [(When::Soon, last - left / SHARE), (When::Any, last)] {
        let held = meter.held();
        let found = Beam::new(schedule, when, steps_max).run(meter);
        meter.release(meter.held() - held);
        match found {
            Ok(Some(order)) => return Some(order),
            Ok(None) | Err(Spent::Budget) => {}
            Err(Spent::Stopped) => return None,
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
    past: Past,
    width: usize,
    /// Bytes that were taken for plans.
    bytes: usize,
    steps: u64,
    steps_max: u64,
}

impl<'s, 'p, 'h> Beam<'s, 'p, 'h> {
    fn new(schedule: &'s Schedule<'s, 'p, 'h>, when: When, steps_max: u64) -> Self {
        Beam {
            called: Called::none(schedule, when),
            open: Vec::new(),
            nodes: vec![Node::first(schedule)],
            trail: Trail::default(),
            past: Past::default(),
            schedule,
            width: WIDTHS[0],
            bytes: 0,
            steps: 0,
            steps_max,
        }
    }

    /// An order, if a plan is left at the end.
    fn run(mut self, meter: &mut Meter<'_>) -> Result<Option<Vec<usize>>, Spent> {
        meter.grow(self.called.bytes())?;
        let (schedule, mut event) = (self.schedule, 0);
        self.widen(0, meter)?;
        while let Some(&(_, at, is_call)) = schedule.events.get(event) {
            self.remember(event);
            match is_call {
                true => self.call(at, meter)?,
                false => self.reach(at, meter)?,
            }
            event += 1;
            self.steps += 1;
            self.spend(meter)?;
            if self.nodes.is_empty() {
                let Some(level) = self.past.level_for(event) else { return Ok(None) };
                self.widen(level, meter)?;
                event = self.go_back(level, event);
            }
        }
        Ok(self.nodes.first().map(|node| self.order(node)))
    }

    /// As many plans are kept as on this level.
    fn widen(&mut self, level: usize, meter: &mut Meter<'_>) -> Result<(), Spent> {
        self.width = WIDTHS[level];
        let numbers = self.schedule.sums.numbers.len();
        let plan = numbers * size_of::<i128>() + NODE_BYTES;
        let kept = past::LENGTH_MAX * plan;
        let bytes = (MADE_EACH * plan + WAYS_EACH * WAY_BYTES + kept) * self.width;
        if bytes > self.bytes {
            meter.grow(bytes - self.bytes)?;
            self.bytes = bytes;
        }
        Ok(())
    }

    /// Takes the steps from the meter that were taken since.
    fn spend(&mut self, meter: &mut Meter<'_>) -> Result<(), Spent> {
        meter.step(std::mem::take(&mut self.steps))?;
        if meter.steps() > self.steps_max { Err(Spent::Budget) } else { Ok(()) }
    }

    fn call(&mut self, at: u32, meter: &mut Meter<'_>) -> Result<(), Spent> {
        let (schedule, position) = (self.schedule, at as usize);
        self.called.call(position);
        if !schedule.required[position] {
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
        for most in FEW[self.past.level()]..=MOST {
            next = self.on(nodes.clone(), due, most, meter)?;
            if next.len() >= (self.width / THIN_SHARE).max(1) || self.called.known().is_empty() {
                break;
            }
        }
        self.open.retain(|&other| other != due);
        for node in &mut next {
            node.returned(due);
        }
        self.nodes = self.kept(next);
        self.forget();
        Ok(())
    }

    /// What took effect in plans that nobody goes on with is forgotten.
    fn forget(&mut self) {
        let nodes = self.nodes.iter_mut().chain(self.past.nodes());
        self.trail.keep(nodes.map(|node| &mut node.last));
    }

    /// How many plans are kept that differ only in what may still happen.
    fn alike_max(&self) -> usize {
        ALIKE_MIN.max(self.width / ALIKE_SHARE)
    }

    /// Of plans, the cheapest; few of those that differ only in what may still happen.
    fn kept(&mut self, mut plans: Vec<Node>) -> Vec<Node> {
        self.steps += plans.len() as u64;
        plans.sort_by_key(|node| node.cost);
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
