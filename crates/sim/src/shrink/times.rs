//! Times and durations: round numbers, and nothing far from the next.
//!
//! Every change is a map of times that keeps their order, applied to the whole plan: the beginnings
//! of steps, the beginnings and ends of faults.

use super::Shrinker;
use crate::{Plan, PlannedFault, When};
use std::collections::BTreeMap;

/// The gaps that are tried between one time and the next, in milliseconds.
const GAPS_MS: [u64; 6] = [10, 20, 50, 100, 200, 500];

/// The grids that are tried for all times, in milliseconds.
const GRIDS_MS: [u64; 3] = [100, 50, 10];

/// With more times than this they are only changed all at once.
const TIMES_MAX: usize = 40;

impl<S: Clone + PartialEq> Shrinker<'_, S> {
    /// Pulls times together, rounds them, and shortens faults.
    pub(super) fn simplify_times(&mut self) {
        let plan = self.plan.clone();
        self.take_first(GAPS_MS.iter().map(|gap| capped(&plan, |_| *gap)));
        if moments(&self.plan).len() <= TIMES_MAX {
            self.close_gaps();
            self.shorten_faults();
        }
        let plan = self.plan.clone();
        self.take_first(GRIDS_MS.iter().map(|grid| mapped(&plan, |time| time / grid * grid)));
    }

    /// Closes each gap alone as far as it goes.
    fn close_gaps(&mut self) {
        for number in 0..moments(&self.plan).len() {
            let plan = self.plan.clone();
            let narrower = GAPS_MS
                .iter()
                .map(|gap| capped(&plan, |at| if at == number { *gap } else { u64::MAX }));
            self.take_first(narrower);
        }
    }

    /// Ends each fault earlier, or makes it one that lasts.
    fn shorten_faults(&mut self) {
        for number in 0..self.plan.faults.len() {
            let plan = self.plan.clone();
            let Some(lasts_ms) = plan.faults[number].lasts_ms else { continue };
            let shorter = GAPS_MS.iter().filter(|gap| **gap < lasts_ms).map(|gap| {
                let mut shorter = plan.clone();
                shorter.faults[number].lasts_ms = Some(*gap);
                shorter
            });
            self.take_first(shorter);
        }
    }
}

/// When a fault ends, where it does before the final phase.
fn ends_ms(fault: &PlannedFault) -> Option<u64> {
    fault.lasts_ms.map(|lasts_ms| fault.at_ms().saturating_add(lasts_ms))
}

/// Every time at which something begins or ends, in order.
fn moments<S>(plan: &Plan<S>) -> Vec<u64> {
    let steps = plan.steps.iter().map(|step| step.not_before_ms);
    let timed = || plan.faults.iter().filter(|fault| matches!(fault.when, When::AtMs(_)));
    let begins = timed().map(PlannedFault::at_ms);
    let ends = timed().filter_map(ends_ms);
    let mut all: Vec<u64> = steps.chain(begins).chain(ends).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The plan with every gap between two times at most as large as this says of the gap's number.
fn capped<S: Clone>(plan: &Plan<S>, cap: impl Fn(usize) -> u64) -> Plan<S> {
    let mut to = BTreeMap::new();
    let (mut before, mut now) = (0, 0_u64);
    for (number, moment) in moments(plan).into_iter().enumerate() {
        now = now.saturating_add((moment - before).min(cap(number)));
        before = moment;
        to.insert(moment, now);
    }
    mapped(plan, |time| to.get(&time).copied().unwrap_or(time))
}

/// The plan with its times mapped; a fault that would vanish lasts a millisecond.
fn mapped<S: Clone>(plan: &Plan<S>, map: impl Fn(u64) -> u64) -> Plan<S> {
    let mut plan = plan.clone();
    for step in &mut plan.steps {
        step.not_before_ms = map(step.not_before_ms);
    }
    for fault in &mut plan.faults {
        // A fault that waits for something else than a time keeps what it waits for.
        let When::AtMs(at_ms) = fault.when else { continue };
        let (begins, ends) = (map(at_ms), ends_ms(fault).map(&map));
        fault.when = When::AtMs(begins);
        fault.lasts_ms = ends.map(|ends| ends.saturating_sub(begins).max(1));
    }
    plan
}
