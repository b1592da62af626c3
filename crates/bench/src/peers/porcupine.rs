//! `porcupine-rs`, with its own split by key.

use super::{Decision, Step, specification};
use crate::make::Flat;
use porcupine_rs::{Model, Operation, check_operations};
use std::collections::BTreeMap;

#[derive(Clone)]
struct Cells;

impl Model for Cells {
    type State = Option<i64>;
    type Op = (u32, Flat);
    type Metadata = ();

    fn partition_operations(history: &[Operation<Self>]) -> Vec<Vec<Operation<Self>>> {
        let mut parts = BTreeMap::<u32, Vec<_>>::new();
        for operation in history {
            parts.entry(operation.op.0).or_default().push(operation.clone());
        }
        parts.into_values().collect()
    }

    fn init() -> Option<i64> {
        None
    }

    fn step(state: &Option<i64>, (_, op): &(u32, Flat)) -> (bool, Option<i64>) {
        specification::step(*state, op).map_or((false, *state), |after| (true, after))
    }
}

pub(super) fn prepare(steps: &[Step]) -> Decision {
    let operation = |step: &Step| Operation::<Cells> {
        client_id: Some(step.process),
        call_time: i64::from(step.call),
        return_time: step.ret.map_or(i64::MAX, i64::from),
        op: (step.key, step.op),
        metadata: None,
    };
    let operations: Vec<_> = steps.iter().map(operation).collect();
    Box::new(move || check_operations(&operations))
}
