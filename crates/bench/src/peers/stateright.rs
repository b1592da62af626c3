//! `stateright`'s tester of linearizability. Operations in flight are its own notion; a client that
//! got no answer is a thread that never comes back.

use super::{Decision, Step, by_key, events, specification};
use crate::make::Flat;
use ::stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};

#[derive(Clone, Default)]
struct Cell(Option<i64>);

/// An answer; the step that it belongs to has it inside.
#[derive(Clone, PartialEq, Debug)]
struct Answer;

impl SequentialSpec for Cell {
    type Op = Flat;
    type Ret = Answer;

    fn invoke(&mut self, op: &Flat) -> Answer {
        if let Some(after) = specification::step(self.0, op) {
            self.0 = after;
        }
        Answer
    }

    fn is_valid_step(&mut self, op: &Flat, _answer: &Answer) -> bool {
        let after = specification::step(self.0, op);
        self.0 = after.unwrap_or(self.0);
        after.is_some()
    }
}

pub(super) fn prepare(steps: &[Step]) -> Decision {
    let tester = |part: &Vec<Step>| {
        let mut tester = LinearizabilityTester::<u32, Cell>::default();
        for (is_return, step) in events(part, false) {
            let told = match is_return {
                true => tester.on_return(step.process, Answer).map(drop),
                false => tester.on_invoke(step.process, step.op).map(drop),
            };
            assert!(told.is_ok(), "a client with two operations at a time");
        }
        tester
    };
    let testers: Vec<_> = by_key(steps).iter().map(tester).collect();
    Box::new(move || testers.iter().all(ConsistencyTester::is_consistent))
}
