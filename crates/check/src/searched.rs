//! A part that the search decides, with what is asked before and beside it.

use crate::budget::{Budget, Meter};
use crate::collection::{Alone, Removals, Walked};
use crate::core::{self, Reduced};
use crate::explain::{anomalies, anomalies_of};
use crate::part::{Decision, Hint, Part, Standing};
use crate::search::Search;
use crate::sums::Sums;
use testimony_verdict::{Anomaly, Limit, Unknown};

/// Steps of the first try, beside some for each operation, before each element is looked at alone:
/// several times what a dive takes that finds an order.
const FIRST_STEPS: u64 = 4_000;
const FIRST_STEPS_EACH: u64 = 128;
/// The part of the steps that may be taken to look for an element that has no order.
const ALONE_SHARE: u64 = 4;

/// Steps that a probe of a reduction gets beside a multiple of the decision's.
const PROBE_STEPS: u64 = 20_000;
/// Steps that all probes of a reduction get beside those of the decision.
const PROBES_STEPS: u64 = 4_000_000;
/// The part of the steps that a reduction gets at least.
const REDUCED_SHARE: u64 = 20;
/// The part of the steps that a walk over removals leaves to the search.
const SEARCH_SHARE: u64 = 4;
/// So many probes can be asked at least: none may take more than a part of what is left, nor may what
/// each element alone says of one.
const PROBES_MIN: u64 = 8;

/// The search of one part.
pub(crate) struct Searched<'p, 'h, 'b> {
    part: &'p Part<'h>,
    budget: &'p Budget<'b>,
    meter: Meter<'b>,
    search: Search<'p, 'h>,
    alone: Option<Alone<'p, 'h>>,
    sums: Option<Sums<'p, 'h>>,
    removals: Option<Removals<'p, 'h>>,
    /// The core, where the decision came with one.
    core: Option<Reduced>,
}

impl<'p, 'h, 'b> Searched<'p, 'h, 'b> {
    /// Prepares the search of a part within a budget; with the steps that took where it ran out.
    pub(crate) fn new(part: &'p Part<'h>, budget: &'p Budget<'b>) -> Result<Self, (Unknown, u64)> {
        let mut meter = Meter::new(budget);
        match Search::new(part, &mut meter) {
            Ok(search) => {
                let alone = Alone::of(part);
                let sums = Sums::within(part, &mut meter);
                let removals = Removals::of(part);
                Ok(Searched { part, budget, meter, search, alone, sums, removals, core: None })
            }
            Err(unknown) => Err((unknown, meter.steps())),
        }
    }

    /// Decides the part, with the steps that took.
    pub(crate) fn decide(&mut self) -> (Decision, u64) {
        let decision = match (&self.sums, &self.alone, &self.removals) {
            (Some(_), ..) => self.beside_sums(),
            (_, Some(_), _) => self.beside_elements(),
            (.., Some(_)) => self.beside_removals(),
            (None, None, None) => self.search.decide(&mut self.meter),
        };
        (decision, self.meter.steps())
    }

    /// Walks over the removals, and searches with what is left.
    fn beside_removals(&mut self) -> Decision {
        let Some(removals) = &self.removals else { return self.search.decide(&mut self.meter) };
        self.meter.allow(self.budget.steps_max - self.budget.steps_max / SEARCH_SHARE);
        let walked = removals.decide(|_| Standing::Required, &mut self.meter);
        self.meter.allow(self.budget.steps_max);
        match walked {
            Ok(Walked::Order(order)) => Decision::Valid(order),
            Ok(Walked::None { stuck }) => Decision::Invalid(Hint { suspects: Vec::new(), stuck }),
            Err(_) => {
                let noted = self.meter.noted();
                let mut decision = self.search.decide(&mut self.meter);
                // The walk gets further, if it began at all.
                if let Decision::Unknown(Unknown::Budget(effort)) = &mut decision
                    && noted.0.is_some()
                {
                    (effort.progress, effort.reached) = noted;
                }
                decision
            }
        }
    }

    /// Looks at the numbers to which operations add, searches for a while, makes a plan, and searches
    /// again with all that is left.
    fn beside_sums(&mut self) -> Decision {
        let Some(sums) = self.sums.take() else { return self.search.decide(&mut self.meter) };
        let decision = self.beside(&sums);
        self.sums = Some(sums);
        decision
    }

    fn beside(&mut self, sums: &Sums<'_, '_>) -> Decision {
        if self.meter.step(sums.cost()).is_err() {
            return self.search.decide(&mut self.meter);
        }
        if let Some((broken, near)) = sums.broken_as_recorded() {
            let suspects = broken.required().collect();
            self.core = near.and_then(|near| {
                Some(core::since(self.part, near.required().collect(), near.base?))
            });
            return Decision::Invalid(Hint { suspects, stuck: broken.found });
        }
        let all = vec![Standing::Required; self.part.operations.len()];
        match self.search_for_a_while() {
            Err(decision) => decision,
            Ok(()) => match sums.order(&all, &mut self.meter) {
                Some(order) => Decision::Valid(order),
                None => self.search.decide(&mut self.meter),
            },
        }
    }

    /// The decision, if it is found in a short time or no steps are left after that.
    fn search_for_a_while(&mut self) -> Result<(), Decision> {
        let first = FIRST_STEPS + FIRST_STEPS_EACH * self.part.operations.len() as u64;
        self.meter.allow(self.meter.steps().saturating_add(first).min(self.budget.steps_max));
        let decision = self.search.decide(&mut self.meter);
        self.meter.allow(self.budget.steps_max);
        match &decision {
            Decision::Unknown(Unknown::Budget(effort))
                if effort.limit == Limit::Steps && self.meter.left() > 0 =>
            {
                Ok(())
            }
            _ => Err(decision),
        }
    }

    /// Searches for a while, looks at each element alone, and searches again with all that is left.
    fn beside_elements(&mut self) -> Decision {
        if let Err(decision) = self.search_for_a_while() {
            return decision;
        }
        let share = self.meter.left() / ALONE_SHARE;
        let mut left = share;
        let found = self.contradiction(&mut left);
        match (found, self.meter.step(share - left)) {
            (Some(suspects), Ok(())) => Decision::Invalid(Hint { suspects, stuck: None }),
            _ => self.search.decide(&mut self.meter),
        }
    }

    fn contradiction(&self, left: &mut u64) -> Option<Vec<usize>> {
        self.alone.as_ref()?.contradiction(self.budget, left)
    }

    /// The anomalies of a part that has no order, after a decision that took so many steps.
    pub(crate) fn anomalies(self, mut hint: Hint, steps: u64) -> Vec<Anomaly> {
        if let Some(core) = &self.core {
            return anomalies_of(self.part, core);
        }
        let steps_max = self.budget.steps_max;
        let mut left = steps_max.saturating_sub(steps).max(steps_max / REDUCED_SHARE);
        left = left.min(steps.saturating_add(PROBES_STEPS));
        if hint.suspects.is_empty() {
            let share = left / ALONE_SHARE;
            let mut of_share = share;
            hint.suspects = self.contradiction(&mut of_share).unwrap_or_default();
            left -= share - of_share;
        }
        // Each probe gets several times what the decision took, all together not much more.
        let each = steps.saturating_mul(4).saturating_add(PROBE_STEPS);
        let Searched { part, budget, mut meter, mut search, alone, sums, removals, .. } = self;
        let mut probe = |standings: &[Standing]| {
            if (budget.stop)() {
                return None;
            }
            if let Some(alone) = &alone {
                let share = each.min(left / PROBES_MIN);
                let mut of_share = share;
                let refuted = alone.refutes(standings, budget, &mut of_share);
                left -= share - of_share;
                if refuted {
                    return Some(false);
                }
            }
            if let Some(sums) = &sums {
                left = left.checked_sub(sums.cost())?;
                if sums.refutes(standings) {
                    return Some(false);
                }
                meter.restart(each.min(left / PROBES_MIN));
                let order = sums.order(standings, &mut meter);
                left = left.saturating_sub(meter.steps());
                if order.is_some() {
                    return Some(true);
                }
            }
            if let Some(removals) = &removals {
                meter.restart(each.min(left / PROBES_MIN));
                let walked = removals.decide(|at| standings[at], &mut meter);
                left = left.saturating_sub(meter.steps());
                if let Ok(walked) = walked {
                    return Some(matches!(walked, Walked::Order(_)));
                }
            }
            meter.restart(each.min(left / PROBES_MIN));
            let found = search.probe(standings, &mut meter);
            left = left.saturating_sub(meter.steps());
            found
        };
        anomalies(part, &hint, &mut probe)
    }
}
