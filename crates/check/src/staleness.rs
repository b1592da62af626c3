//! How stale the reads of a register were, where it is not linearizable.
//!
//! Two numbers for each key, both with the read that was worst:
//!
//! - **time**: the smallest `d` such that the key would be linearizable had every read begun `d`
//!   earlier (delta-atomicity: Golab, Li and Shah, PODC 2011);
//! - **versions**: how many acknowledged writes certainly lie between the write of the value that a
//!   read returned and the read itself.
//!
//! Orders are made of ranks, and times are labels on events, so this is how the two meet: with the
//! reads `d` earlier, an operation still precedes a read when it did so in the recording *and* it
//! returned more than `d` before the read was called. Nothing else changes. At `d` = 0 that differs
//! from the recording only in ties: events of one time are concurrent.
//!
//! Where written values are unique and no comparison failed, time comes from the zones of the values
//! ([`zones`]); otherwise from a bisection that asks the checker itself ([`bisect`]).

mod bisect;
mod versions;
mod zones;

use crate::Budget;
use crate::part::Part;
use crate::split::split;
use crate::subject::Typed;
use testimony_history::{History, Rank};
use testimony_model::{Model, Object};
use testimony_verdict::{StaleTime, Staleness};

/// How stale the reads of these keys were (`None` is the whole history, where it is not judged key
/// by key); nothing for objects that are no registers. Meant for keys that are not linearizable: of others there is nothing to say.
///
/// O(n log n) for unique values and a bisection over the time otherwise; all keys together stay
/// within the steps of the budget, beside what cannot be metered (see [`Budget`]).
pub fn staleness<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    keys: &[Option<String>],
    budget: &Budget<'_>,
) -> Vec<Staleness> {
    if model.object() != Object::Register {
        return Vec::new();
    }
    let subject = Typed::new(model, history);
    let Ok(parts) = split(&subject) else { return Vec::new() };
    let mut found = Vec::new();
    let mut left = budget.steps_max;
    for part in parts.iter().filter(|part| keys.contains(&part.key)) {
        let time = if has_times(part) { time(part, &mut left, budget) } else { None };
        let versions = versions::worst(part);
        if time.is_some() || versions.is_some() {
            found.push(Staleness { key: part.key.clone(), time, versions });
        }
    }
    found
}

fn time(part: &Part<'_>, left: &mut u64, budget: &Budget<'_>) -> Option<StaleTime> {
    match zones::Cells::of(part) {
        Some(cells) => cells.time(part),
        None => bisect::time(part, left, budget),
    }
}

/// Whether the times can be used: they do not decrease with the ranks, and not all are the same.
fn has_times(part: &Part<'_>) -> bool {
    let mut events: Vec<(Rank, u64)> = Vec::with_capacity(part.operations.len() * 2);
    for operation in &part.operations {
        events.push((operation.call, part.subject.call_ns(operation)));
        if operation.is_ok() {
            events.push((operation.ret, part.subject.ret_ns(operation)));
        }
    }
    events.sort_unstable();
    let ordered = events.windows(2).all(|pair| pair[0].1 <= pair[1].1);
    ordered && events.first().map(|event| event.1) != events.last().map(|event| event.1)
}
