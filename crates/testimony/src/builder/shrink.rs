//! Minimising a failing plan of a campaign.

use super::Campaign;
use crate::minimal::{self, Minimal, ShrinkOptions, Target};
use crate::{Expect, JudgeOptions, judge_verified, threads};
use std::collections::VecDeque;
use testimony_history::Rank;
use testimony_model::Model;
use testimony_sim::{Plan, Ran, RunError, Trials, Workload, compare, shrink};
use testimony_verdict::Judgement;

/// The plan with each step of the main phase at the time at which it was taken in this run.
fn anchored<M: Model, S: Clone>(plan: &Plan<S>, ran: &Ran<M>) -> Plan<S> {
    let clients = usize::from(plan.config.clients.max(1));
    let mut taken: Vec<VecDeque<u64>> = vec![VecDeque::new(); clients];
    let history = &ran.record.history;
    let in_main = |call: Rank| history.quiet_from.is_none_or(|quiet| call < quiet);
    for operation in history.operations.iter().filter(|operation| in_main(operation.call)) {
        // A client goes on as another process after an `info`: always by the number of clients.
        let process = usize::try_from(operation.process.0).unwrap_or(0);
        taken[process % clients].push_back(operation.call_ns / 1_000_000);
    }
    let mut anchored = plan.clone();
    for step in &mut anchored.steps {
        if let Some(time_ms) = taken[usize::from(step.client) % clients].pop_front() {
            step.not_before_ms = time_ms.max(step.not_before_ms);
        }
    }
    anchored.steps.sort_by_key(|step| step.not_before_ms);
    anchored
}

/// How often the smallest plan is run again.
const AGAIN: usize = 3;

impl<M: Model, W: Workload<M>> Campaign<M, W> {
    /// Makes a failing plan as small as it goes: the same anomaly on the same key, or the same
    /// finding, and no step or fault that can be left out. `None` when the plan does not fail.
    ///
    /// Takes about a hundred runs for a plan of some hundred items.
    ///
    /// # Errors
    ///
    /// The plan is bad or for another system, or no thread can be had.
    pub fn shrink(
        &self,
        plan: &Plan<W::Step>,
        options: &ShrinkOptions,
    ) -> Result<Option<Minimal>, RunError> {
        let (ran, complete, judgement) = self.run_and_judge(plan)?;
        self.shrink_from(&complete, &ran, &judgement, options)
    }

    /// The same, from a run of the plan that was judged.
    pub(super) fn shrink_from(
        &self,
        original: &Plan<W::Step>,
        ran: &Ran<M>,
        judgement: &Judgement,
        options: &ShrinkOptions,
    ) -> Result<Option<Minimal>, RunError> {
        let promised = match self.expect {
            Expect::Breaks { any_of } => any_of,
            Expect::Holds => &[],
        };
        let Some(target) = Target::of(judgement, &ran.record.findings, promised) else {
            return Ok(None);
        };
        let last_ms = self.last_ms(&target, ran, judgement);
        let at_once = match options.at_once {
            0 => threads::at_once(),
            some => some,
        };
        let first =
            &mut |plans: &[Plan<W::Step>]| threads::first(plans, |plan| self.shows(plan, &target));
        // A step that waits for its client to be free is tied to all steps before it: where the run
        // still shows it, each step is planned for the time at which it was taken.
        let anchored = anchored(original, ran);
        let start = if self.shows(&anchored, &target) { &anchored } else { original };
        let trials = Trials { at_once, first };
        let shrunk = shrink(start, last_ms, options.runs_max, trials);
        Ok(Some(Minimal {
            failure: target.to_string(),
            original: original.to_json(),
            minimal: shrunk.plan.to_json(),
            items: (original.items(), shrunk.plan.items()),
            runs: shrunk.runs,
            is_minimal: shrunk.is_minimal,
            is_steady: self.is_steady(&shrunk.plan, &target)?,
            words: minimal::words(&shrunk.plan),
            test: minimal::test(&shrunk.plan, &target, original.items()),
        }))
    }

    /// Whether a run of this plan shows it. A plan that cannot be run shows nothing.
    fn shows(&self, plan: &Plan<W::Step>, target: &Target) -> bool {
        self.cluster.run(plan, None).is_ok_and(|ran| self.is_shown_by(&ran, target))
    }

    fn is_shown_by(&self, ran: &Ran<M>, target: &Target) -> bool {
        if target.is_found(&ran.record.findings) {
            return true;
        }
        let claims =
            self.claims.iter().filter(|claim| Some(&claim.property()) == target.property());
        let claims: Vec<_> = claims.cloned().collect();
        if claims.is_empty() {
            return false;
        }
        let (model, options) = (self.cluster.model(), JudgeOptions::default());
        let judgement = judge_verified(model, &ran.record.history, &claims, &options);
        target.among(&judgement).is_some()
    }

    /// Whether the plan shows it again and again, with the same bytes.
    fn is_steady(&self, plan: &Plan<W::Step>, target: &Target) -> Result<bool, RunError> {
        let first = self.cluster.run(plan, None)?;
        for _ in 1..AGAIN {
            if compare(&first, &self.cluster.run(plan, None)?).is_some() {
                return Ok(false);
            }
        }
        Ok(self.is_shown_by(&first, target))
    }

    /// The virtual time by which it had happened: when the last operation of its core ended.
    fn last_ms(&self, target: &Target, ran: &Ran<M>, judgement: &Judgement) -> Option<u64> {
        let core = &target.among(judgement)?.core.required;
        let operations = ran.record.history.operations.iter();
        let of_core = operations.filter(|operation| core.contains(&operation.id));
        of_core.map(|operation| operation.ret_ns.div_ceil(1_000_000)).max()
    }
}
