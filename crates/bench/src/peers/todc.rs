//! `todc-utils`: histories must be complete, so indeterminate operations return at the end, as in
//! its own test of etcd's histories.

use super::{Decision, Step, by_key, events, specification};
use crate::make::Flat;
use todc_utils::linearizability::history::{Action, History};
use todc_utils::{Specification, WGLChecker};

struct Cell;

impl Specification for Cell {
    type State = Option<i64>;
    type Operation = Flat;

    fn init() -> Option<i64> {
        None
    }

    fn apply(op: &Flat, state: &Option<i64>) -> (bool, Option<i64>) {
        specification::step(*state, op).map_or((false, *state), |after| (true, after))
    }
}

pub(super) fn prepare(steps: &[Step]) -> Decision {
    let action = |(is_return, step): (bool, &Step)| {
        let action = if is_return { Action::Response(step.op) } else { Action::Call(step.op) };
        (step.process as usize, action)
    };
    let history = |part: &Vec<Step>| {
        History::from_actions(events(part, true).into_iter().map(action).collect())
    };
    let parts: Vec<_> = by_key(steps).iter().map(history).collect();
    Box::new(move || parts.into_iter().all(WGLChecker::<Cell>::is_linearizable))
}
