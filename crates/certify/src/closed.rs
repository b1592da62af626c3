//! Whether a core is closed: nothing that a required answer could have seen was left out.
//!
//! A core proves that a history has no order only if leaving the rest of the history out did not
//! make the contradiction. The proof for both rules below goes the same way: suppose that the
//! history does have an order, keep only the operations of the core in it (an optional one only
//! where it took effect there), and show that every required operation still gets its answer. Then
//! a core without an order means a history without one.
//!
//! An operation that was called after every required one had returned stands behind all of them in
//! any order, so nobody required can have seen it: both rules look only at what was called before
//! ("in time").
//!
//! **Any model.** Every operation in time that may change the state is inside. What is left out are
//! observations and failed operations, which change nothing, so every state is the same as before.
//!
//! **Registers**, where the state is the last value written. A writer of a value may be left out
//! when nobody inside observes that value, that is
//! - no required read answered it,
//! - no compare-and-set inside, required or optional, compares with it (one that did not match,
//!   when it is optional, need not be used, and so observes nothing),
//! - and no compare-and-set that did not match is required: that one has seen *some other* value,
//!   so then every writer is inside.
//!
//! Take a required read of `a` (a swap is the same). In the order of the whole history the last
//! effect before it wrote `a`; that writer is inside, and no effect stands between them, so none
//! does when operations are left out. Where there was no effect before it, `a` is the initial value,
//! and still is. An optional compare-and-set that swapped has seen its value in the same way; one
//! that did not is not used. A compare-and-set that did not match changed nothing and may go.
//!
//! **Collections** (sets, queues, stacks, priority queues). What concerns a value that no required
//! operation names may be left out: puts, answered takes and sightings of it, and takes without an
//! answer where they took it. In the order of the whole history, take all of that out for every such
//! value. Which of the values that are left is next does not depend on those that went, and what was
//! empty still is, so every answer stays possible. Takes without an answer that took a value that a
//! required operation names are inside, unless no such take can have taken one: where each of these
//! values was put in at most once in the whole part and taken by an operation that answered it. A
//! required read of a whole set names the elements that it shows; without the others it shows the
//! same.
//!
//! **Locks**, while no refused acquisition is required. Left out may be every request of an owner
//! who has no required one, and critical sections without a required operation of an owner whose
//! requests up to then were all answered and followed one another: then it is certain which release
//! ended which acquisition, and nobody else's request changed the lock in between. In the order of
//! the whole history, take these owners and sections out: what is left finds the lock free where it
//! did before, whoever releases it holds it, and tokens still rise. What was refused saw nothing
//! that a required operation depends on.
//!
//! **Numbers that are added to** have a rule of their own, which needs the contradiction
//! ([`crate::sums`]): what had returned before one of the answers that contradict each other may be
//! left out.

mod collection;
mod owners;

use crate::Rejected;
use crate::part::{Members, Part};
use crate::recorded::{Op, Recorded};
use std::collections::BTreeSet;
use testimony_history::{OpId, Rank};
use testimony_model::{Access, Atom};

/// Verifies that the core is closed over the part.
pub(crate) fn verify(
    history: &dyn Recorded,
    part: &Part<'_>,
    core: &Members<'_>,
) -> Result<(), Rejected> {
    let last = core.required.iter().map(|operation| operation.ret).max().ok_or(Rejected::Empty)?;
    let inside: BTreeSet<OpId> =
        core.required.iter().chain(&core.optional).map(|operation| operation.id).collect();
    let observed = if part.single { observed(history, part, core, last) } else { None };
    let named = if part.single { collection::Named::of(history, part, core) } else { None };
    let owners = if part.single { owners::Owners::of(history, part, core) } else { None };
    let outside = part.operations.iter().find(|operation| {
        in_time(operation, last)
            && !inside.contains(&operation.id)
            && match (&observed, &named) {
                (_, Some(named)) => {
                    !history.is_observation(operation) && named.concerns(history, operation)
                }
                (None, None) => {
                    let concerned = owners.as_ref().is_none_or(|o| o.concerns(history, operation));
                    concerned && !history.is_observation(operation)
                }
                (Some(values), None) => {
                    written(history, operation).is_some_and(|v| values.contains(&v))
                }
            }
    });
    outside.map_or(Ok(()), |operation| Err(Rejected::NotClosed(operation.id)))
}

/// When the last of the operations returned that are left out although they may change something
/// before the last required one returned: never, where one was not answered. `None` where none is.
pub(crate) fn left_out(
    history: &dyn Recorded,
    part: &Part<'_>,
    core: &Members<'_>,
) -> Option<Rank> {
    let last = core.required.iter().map(|operation| operation.ret).max()?;
    let inside: BTreeSet<OpId> =
        core.required.iter().chain(&core.optional).map(|operation| operation.id).collect();
    let outside = part.operations.iter().filter(|operation| {
        in_time(operation, last)
            && !history.is_observation(operation)
            && !inside.contains(&operation.id)
    });
    outside.map(|operation| operation.ret).max()
}

/// Whether the operation may have an effect before the last required one returned.
fn in_time(operation: &Op, last: Rank) -> bool {
    !operation.is_fail() && operation.call <= last
}

/// The values that operations of the core observe, when the rule for registers applies.
fn observed<'h>(
    history: &'h dyn Recorded,
    part: &Part<'h>,
    core: &Members<'h>,
    last: Rank,
) -> Option<BTreeSet<Atom<'h>>> {
    let in_time = part.operations.iter().filter(|operation| in_time(operation, last));
    if in_time.clone().any(|operation| !history.access(operation).is_register()) {
        return None;
    }
    let mut values = BTreeSet::new();
    for &operation in &core.required {
        match history.access(operation) {
            Access::Read(Some(value)) => {
                values.insert(value);
            }
            Access::Cas { from, swapped: Some(true), .. } => {
                values.insert(from);
            }
            Access::Read(None) | Access::Write(_) => {}
            // A mismatch has seen some other value: every writer counts.
            _ => return None,
        }
    }
    for &operation in &core.optional {
        if let Access::Cas { from, swapped: Some(true) | None, .. } = history.access(operation) {
            values.insert(from);
        }
    }
    Some(values)
}

/// The value that the operation may have written.
fn written<'h>(history: &'h dyn Recorded, operation: &Op) -> Option<Atom<'h>> {
    match history.access(operation) {
        Access::Write(value) => Some(value),
        Access::Cas { to, swapped: Some(true) | None, .. } => Some(to),
        _ => None,
    }
}
