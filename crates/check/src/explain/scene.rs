//! The few operations to draw.

use super::Case;
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
    let around = case.part.operations[named.culprit].call.0;
    let distance = |at: &usize| (case.part.operations[*at].call.0.abs_diff(around), *at);
    let mut optional = case.core.optional.clone();
    optional.sort_by_key(distance);
    let room = DRAWN_MAX.saturating_sub(roles.len());
    for at in optional.into_iter().take(room) {
        roles.insert(at, Role::Optional);
    }
    let first = case.core.required.iter().map(|&at| case.part.operations[at].call).min();
    let last = case.core.required.iter().map(|&at| case.part.operations[at].ret).max();
    let (first, last) = (first.unwrap_or(Rank(0)), last.unwrap_or(Rank::NEVER));
    let mut context: Vec<usize> = (0..case.part.operations.len())
        .filter(|at| !roles.contains_key(at))
        .filter(|&at| {
            let operation = case.part.operations[at];
            operation.call <= last && operation.ret >= first
        })
        .collect();
    context.sort_by_key(distance);
    let room = DRAWN_MAX.saturating_sub(roles.len()).min(CONTEXT_MAX);
    for at in context.into_iter().take(room) {
        roles.insert(at, Role::Context);
    }
    let mut scene: Vec<DrawnOp> = roles
        .into_iter()
        .map(|(at, role)| case.part.subject.drawn(&case.part.operations[at], role))
        .collect();
    if let Some(beside) = named.beside
        && !scene.iter().any(|drawn| drawn.id == beside.id)
    {
        scene.push(case.part.subject.drawn(&beside, Role::Context));
    }
    scene.sort_by_key(|drawn| (drawn.call, drawn.id));
    scene
}
