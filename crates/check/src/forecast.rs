//! What a history will take, before it is judged.
//!
//! Everything but the cost is counted. The cost is an estimate: the engine of each part is known
//! (from the same choice that the checker makes), and so is how its steps grow; a formula was fitted
//! to counted steps of many histories, and a test holds it to be right within a factor of ten on
//! nine of ten. Nobody can tell in general: deciding is NP-complete.

use crate::Budget;
use crate::collection;
use crate::fast::fast;
use crate::part::{Decision, Part};
use crate::searched::Searched;
use crate::split::split;
use crate::subject::{Interval, Subject, Typed};
use std::collections::BTreeSet;
use testimony_history::History;
use testimony_model::Model;
use testimony_verdict::{Engine, Unknown};

/// What is known of a history before it is judged for linearizability.
#[derive(Clone, PartialEq, Debug)]
pub struct Forecast {
    /// Operations.
    pub operations: usize,
    /// How many of them were answered.
    pub ok: usize,
    /// How many certainly had no effect.
    pub fail: usize,
    /// Of how many nobody knows.
    pub info: usize,
    /// How many answered operations were open at once at most.
    pub concurrency: usize,
    /// The parts that are judged apart: a key each, or one for the whole history. By key.
    pub parts: Vec<PartForecast>,
}

/// What is known of a part.
#[derive(Clone, PartialEq, Debug)]
pub struct PartForecast {
    /// The key, where keys are judged apart.
    pub key: Option<String>,
    /// Operations that count: failed ones and reads without an answer do not.
    pub operations: usize,
    /// How many answered operations were open at once at most.
    pub concurrency: usize,
    /// Operations of which nobody knows whether they took effect.
    pub indeterminate: usize,
    /// Of how many different kinds these are: equal ones are interchangeable.
    pub classes: usize,
    /// The engine that will judge it: that of the checker's own choice, down to what a log-linear
    /// engine hands to the search once it has seen all of the part.
    pub engine: Engine,
    /// Why it is the search: why no log-linear engine can judge it.
    pub why: Option<String>,
    /// The estimated cost in steps, the unit of a [`Budget`](crate::Budget).
    pub steps: u64,
}

impl Forecast {
    /// Nanoseconds that a step takes about: enough to tell a blink from a night.
    pub const STEP_NS: u64 = 60;

    /// The estimated cost of all parts.
    pub fn steps(&self) -> u64 {
        self.parts.iter().fold(0, |steps, part| steps.saturating_add(part.steps))
    }
}

/// Foretells how a history will be judged for linearizability. As long as the log-linear engines
/// take, which are asked whether they decide it.
///
/// # Errors
///
/// The history cannot be judged at all; says why.
pub fn forecast<M: Model>(model: &M, history: &History<M::Op, M::Ret>) -> Result<Forecast, String> {
    let subject = Typed::new(model, history);
    let all: Vec<Interval> = (0..subject.len()).map(|at| subject.interval(at)).collect();
    let count = |is: fn(&Interval) -> bool| all.iter().filter(|one| is(one)).count();
    let parts = split(&subject)?;
    Ok(Forecast {
        operations: all.len(),
        ok: count(Interval::is_ok),
        fail: count(Interval::is_fail),
        info: count(Interval::is_info),
        concurrency: Load::of(all.iter()).peak,
        parts: parts.iter().map(part).collect(),
    })
}

/// What judging really takes: whether the history is linearizable (`None` when nobody knows), and
/// the steps of the search. Log-linear engines count none. No certificate, no core, one part after
/// the other: for whoever wants to know the cost of a decision.
pub fn measure<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    budget: &Budget<'_>,
) -> (Option<bool>, u64) {
    let subject = Typed::new(model, history);
    let Ok(parts) = split(&subject) else { return (None, 0) };
    let (mut holds, mut steps) = (Some(true), 0_u64);
    for part in &parts {
        let left = Budget { steps_max: budget.steps_max.saturating_sub(steps), ..*budget };
        let (answer, spent) = measure_part(part, &left);
        steps = steps.saturating_add(spent);
        holds = match (holds, answer) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
    }
    (holds, steps)
}

pub(crate) fn measure_part(part: &Part<'_>, budget: &Budget<'_>) -> (Option<bool>, u64) {
    let answer = |decision: &Decision| match decision {
        Decision::Valid(_) => Some(true),
        Decision::Invalid(_) => Some(false),
        Decision::Unknown(_) => None,
    };
    if let Ok(fast) = fast(part) {
        let decision = fast.decide();
        if !matches!(decision, Decision::Unknown(Unknown::NotApplicable(_))) {
            return (answer(&decision), 0);
        }
    }
    match Searched::new(part, budget) {
        Err((_, steps)) => (None, steps),
        Ok(mut searched) => {
            let (decision, steps) = searched.decide();
            (answer(&decision), steps)
        }
    }
}

fn part(part: &Part<'_>) -> PartForecast {
    // Some engines see only at the end that they cannot tell, and the checker goes on to the search.
    let engine = fast(part).and_then(|fast| match fast.decide() {
        Decision::Unknown(Unknown::NotApplicable(why)) => Err(why),
        _ => Ok(fast.engine()),
    });
    let (engine, why) = match engine {
        Ok(engine) => (engine, None),
        Err(why) => (Engine::Search, Some(why)),
    };
    let open = part.operations.iter().filter(|operation| !operation.is_ok());
    let kinds: BTreeSet<String> = open.clone().map(|one| part.subject.describe(one)).collect();
    let load = Load::of(part.operations.iter());
    let (operations, indeterminate, classes) = (part.operations.len(), open.count(), kinds.len());
    let steps = match engine {
        Engine::Search if collection::is_walked(part) => {
            walk_steps(operations - indeterminate, &load)
        }
        Engine::Search if is_planned(part, indeterminate) => plan_steps(part, operations),
        Engine::Search => search_steps(operations - indeterminate, &load, classes),
        _ => sorting_steps(operations),
    };
    PartForecast {
        key: part.key.clone(),
        operations,
        concurrency: load.peak,
        indeterminate,
        classes,
        engine,
        why,
        steps,
    }
}

/// Steps of a plan, between those where the search needs none and those where it takes all it may.
const PLANNED_MIN: usize = 16;
const PLAN_STEPS_EACH: u64 = 40;
/// The same where there are several numbers, of which plans are made side by side.
const BEAM_STEPS_EACH: u64 = 400;

/// How many answered operations are open at once.
struct Load {
    peak: usize,
    /// Summed over all answered operations: how many others were open when it was called.
    overlaps: u64,
}

impl Load {
    fn of<'h>(operations: impl Iterator<Item = &'h Interval>) -> Load {
        let (mut calls, mut returns) = (Vec::new(), Vec::new());
        for operation in operations.filter(|operation| operation.is_ok()) {
            calls.push(operation.call);
            returns.push(operation.ret);
        }
        calls.sort_unstable();
        returns.sort_unstable();
        let (mut open, mut ended) = (0, 0);
        let mut load = Load { peak: 0, overlaps: 0 };
        for call in calls {
            while ended < returns.len() && returns[ended] < call {
                ended += 1;
                open -= 1;
            }
            load.overlaps += open as u64;
            open += 1;
            load.peak = load.peak.max(open);
        }
        load
    }
}

/// A log-linear engine sorts and walks: one of its comparisons takes about a quarter of the time of
/// a step of the search.
fn sorting_steps(operations: usize) -> u64 {
    let operations = operations as u64;
    operations.saturating_mul(u64::from(u64::BITS - operations.leading_zeros())).div_ceil(4)
}

/// A walk over removals: each answer is explained, among those that are open; some ways are gone in
/// vain.
fn walk_steps(answered: usize, load: &Load) -> u64 {
    3 * (answered as u64 + load.overlaps / 2)
}

/// Whether a plan may be needed: a search finds what a few unanswered operations add up to.
fn is_planned(part: &Part<'_>, indeterminate: usize) -> bool {
    indeterminate >= PLANNED_MIN && !part.subject.numbers().is_empty()
}

/// A plan of amounts of which some were not answered: a search that gives up, and then a look at what
/// is open around each answer.
fn plan_steps(part: &Part<'_>, operations: usize) -> u64 {
    let each = match part.subject.numbers().len() {
        0 | 1 => PLAN_STEPS_EACH,
        _ => BEAM_STEPS_EACH,
    };
    each * operations as u64
}

/// The search: each operation is placed once, each time looking at those that are open and at the
/// kinds of indeterminate ones.
fn search_steps(answered: usize, load: &Load, classes: usize) -> u64 {
    let answered = answered as u64;
    answered * (4 + classes as u64) + 2 * load.overlaps
}
