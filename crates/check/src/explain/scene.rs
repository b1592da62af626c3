//! The few operations to draw.

use super::Case;
use crate::part::Part;
use crate::subject::Interval;
use std::collections::BTreeMap;
use testimony_history::Rank;
use testimony_verdict::{DrawnOp, Role};

/// Operations that are drawn at most, unless more are required.
const DRAWN_MAX: usize = 12;

/// Context operations at most.
const CONTEXT_MAX: usize = 3;

/// The required operations, the culprit marked, then optional ones and a few that only stand nearby,
/// those closest to the culprit first. By call.
pub(crate) fn scene(case: &Case<'_, '_>) -> Vec<DrawnOp> {
    let named = &case.named;
    let mut roles: BTreeMap<usize, Role> = BTreeMap::new();
    roles.insert(named.culprit, Role::Culprit);
    let against = named.against.iter().filter(|at| case.core.required.contains(at));
    for &at in against.chain(&case.core.required) {
        if roles.len() < DRAWN_MAX {
            roles.entry(at).or_insert(Role::Required);
        }
    }
    for &at in &named.against {
        let optional = case.core.optional.contains(&at);
        roles.entry(at).or_insert(if optional { Role::Optional } else { Role::Context });
    }
    let culprit = &case.part.operations[named.culprit];
    let distance = |at: &usize| (case.part.operations[*at].call.0.abs_diff(culprit.call.0), *at);
    let mut optional = case.core.optional.clone();
    optional.sort_by_key(distance);
    let room = DRAWN_MAX.saturating_sub(roles.len());
    for at in optional.into_iter().take(room) {
        roles.insert(at, Role::Optional);
    }
    let mut drawn: Vec<(Interval, Role)> =
        roles.into_iter().map(|(at, role)| (case.part.operations[at], role)).collect();
    let room = DRAWN_MAX.saturating_sub(drawn.len()).min(CONTEXT_MAX);
    let first = case.core.required.iter().map(|&at| case.part.operations[at].call).min();
    let last = case.core.required.iter().map(|&at| case.part.operations[at].ret).max();
    let (first, last) = (first.unwrap_or(Rank(0)), last.unwrap_or(Rank::NEVER));
    let context: Vec<Interval> = around(case.whole, culprit)
        .take_while(|one| one.call <= last || one.call <= culprit.call)
        .filter(|one| one.call <= last && one.ret >= first)
        .filter(|one| drawn.iter().all(|(other, _)| other.id != one.id))
        .take(room)
        .copied()
        .collect();
    drawn.extend(context.into_iter().map(|one| (one, Role::Context)));
    if let Some(beside) = named.beside
        && drawn.iter().all(|(one, _)| one.id != beside.id)
    {
        drawn.push((beside, Role::Context));
    }
    drawn.sort_by_key(|(one, _)| (one.call, one.id));
    drawn.iter().map(|(one, role)| case.part.subject.drawn(one, *role)).collect()
}

/// The operations of a part, those that were called closest to this one first.
fn around<'p>(part: &'p Part<'_>, centre: &Interval) -> impl Iterator<Item = &'p Interval> {
    let call = centre.call.0;
    let (before, after) = part.operations.split_at(part.position(centre));
    let (mut before, mut after) = (before.iter().rev().peekable(), after.iter().peekable());
    std::iter::from_fn(move || {
        let distance = |one: &&Interval| one.call.0.abs_diff(call);
        match (before.peek().map(distance), after.peek().map(distance)) {
            (Some(left), Some(right)) if left <= right => before.next(),
            (Some(_), None) => before.next(),
            _ => after.next(),
        }
    })
}
