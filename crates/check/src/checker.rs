//! Checkers: one property each. The first is linearizability.

use crate::budget::{Budget, Meter};
use crate::collection::{Removals, Walked};
use crate::explain::{anomalies, anomalies_near};
use crate::fast::{Fast, fast};
use crate::part::{Decision, Part, Probe, Standing};
use crate::search::Search;
use crate::searched::Searched;
use crate::split::split;
use crate::subject::{Subject, Typed};
use crate::workers::{AT_ONCE_MAX, OneByOne, Workers, gather};
use std::cell::LazyCell;
use std::collections::BTreeMap;
use testimony_history::History;
use testimony_model::Model;
use testimony_verdict::{Anomaly, Certificate, Engine, Finding, Keys, Property, Unknown, Verdict};

/// Judges one property of a history.
pub trait Checker<M: Model>: Send + Sync {
    /// What it judges.
    fn property(&self) -> Property;

    /// Judges a history within a budget. The same history and budget give the same finding, unless
    /// [`Budget::stop`] says otherwise.
    fn check(&self, model: &M, history: &History<M::Op, M::Ret>, budget: &Budget<'_>) -> Finding;
}

/// Linearizability, key by key where every operation touches exactly one.
///
/// Parts that fit go to a log-linear engine, the others to the general search.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Linearizable {
    /// Forces one engine on every part: `Search`, or the log-linear one of the object.
    pub engine: Option<Engine>,
}

impl Linearizable {
    /// Whether a history is linearizable, without a certificate or a core; `None` when nobody
    /// knows. For loops that ask this of many histories, as shrinkers do.
    pub fn holds<M: Model>(
        &self,
        model: &M,
        history: &History<M::Op, M::Ret>,
        budget: &Budget<'_>,
    ) -> Option<bool> {
        let finding = self.find(&Typed::new(model, history), budget, 0);
        match finding.verdict {
            Verdict::Valid(_) => Some(true),
            Verdict::Invalid(_) => Some(false),
            Verdict::Unknown(_) => None,
        }
    }

    pub(crate) fn find(
        &self,
        subject: &dyn Subject,
        budget: &Budget<'_>,
        explained_max: usize,
    ) -> Finding {
        let refuse = |why: String| Finding {
            verdict: Verdict::Unknown(Unknown::NotApplicable(why)),
            engine: self.engine.unwrap_or(Engine::Search),
        };
        if let Some(engine @ (Engine::Mixed | Engine::Invariant)) = self.engine {
            return refuse(format!("`{engine}` is no engine for linearizability"));
        }
        let parts = match split(subject) {
            Err(why) => return refuse(why),
            Ok(parts) => parts,
        };
        let job = Job { budget, engine: self.engine, explained_max };
        let judged = job.judge_all(&parts);
        let engine = engine_of(&judged, self.engine);
        Finding { verdict: merge(&parts, judged, budget.steps_max), engine }
    }
}

impl<M: Model> Checker<M> for Linearizable {
    fn property(&self) -> Property {
        Property::LINEARIZABLE
    }

    fn check(&self, model: &M, history: &History<M::Op, M::Ret>, budget: &Budget<'_>) -> Finding {
        self.find(&Typed::new(model, history), budget, EXPLAINED_MAX)
    }
}

/// So many keys are explained; a history that breaks on more is as broken.
const EXPLAINED_MAX: usize = 16;

/// What is said of one part.
enum Said {
    Valid(Certificate),
    /// Without its anomalies where nobody asked for them.
    Invalid(Option<Vec<Anomaly>>),
    Unknown(Unknown),
}

/// What an engine said of one part, and what that took.
struct Judged {
    said: Said,
    /// The engine that decided.
    engine: Option<Engine>,
    /// What it was allowed.
    share: Share,
    /// Steps that the decision took.
    steps: u64,
}

impl Judged {
    fn is_spent(&self) -> bool {
        matches!(self.said, Said::Unknown(Unknown::Budget(_)))
    }

    /// Whether it ran out of steps, and so could be decided with more of them.
    fn is_out_of_steps(&self) -> bool {
        self.is_spent() && self.steps >= self.share.steps
    }
}

/// What one part may spend.
#[derive(Clone, Copy)]
struct Share {
    steps: u64,
    bytes: usize,
}

/// The work on one history.
struct Job<'j> {
    budget: &'j Budget<'j>,
    engine: Option<Engine>,
    /// How many invalid parts get their anomalies.
    explained_max: usize,
}

impl Job<'_> {
    /// Judges every part, so that a hard key does not hide an anomaly of an easy one, and so that
    /// nothing depends on who works when: every share is fixed before anybody begins.
    ///
    /// First each part gets an equal share of the steps. Those that ran out share what is left, in
    /// rounds, for as long as that at least doubles their shares; at last they are judged one by
    /// one, each with all of the memory.
    fn judge_all(&self, parts: &[Part<'_>]) -> Vec<Judged> {
        let count = parts.len() as u64;
        let steps = self.budget.steps_max / count.max(1);
        let bytes = match parts {
            [_] => self.budget.bytes_max,
            _ => self.budget.bytes_max / AT_ONCE_MAX,
        };
        let mut share = Share { steps, bytes };
        let all: Vec<usize> = (0..parts.len()).collect();
        // The first few parts are among the first few invalid ones if they are invalid at all.
        let mut judged = self.judge_some(parts, &all, share, |at| at < self.explained_max);
        let mut left =
            self.budget.steps_max.saturating_sub(judged.iter().map(|one| one.steps).sum());
        while parts.len() > 1 {
            let out: Vec<usize> =
                all.iter().copied().filter(|&at| judged[at].is_out_of_steps()).collect();
            let each = left / (out.len() as u64).max(1);
            if out.is_empty() || each < share.steps.saturating_mul(2).max(1) {
                break;
            }
            share.steps = each;
            for (&at, one) in out.iter().zip(self.judge_some(parts, &out, share, |_| false)) {
                left = left.saturating_sub(one.steps);
                judged[at] = one;
            }
        }
        if parts.len() > 1 {
            self.judge_spent(parts, &mut judged, left);
        }
        self.explain(parts, &mut judged);
        judged
    }

    /// Judges the parts that ran out once more, one by one, with what is left.
    fn judge_spent(&self, parts: &[Part<'_>], judged: &mut [Judged], mut left: u64) {
        let mut waiting = judged.iter().filter(|one| one.is_spent()).count() as u64;
        for (part, one) in parts.iter().zip(judged) {
            if !one.is_spent() {
                continue;
            }
            let share = Share { steps: left / waiting, bytes: self.budget.bytes_max };
            waiting -= 1;
            if share.steps > one.share.steps || !one.is_out_of_steps() {
                *one = self.judge(part, share, false);
                left = left.saturating_sub(one.steps);
            }
        }
    }

    /// Judges these parts again where their anomalies are wanted and not known, at least one, and others
    /// for as long as the steps last.
    fn explain(&self, parts: &[Part<'_>], judged: &mut [Judged]) {
        let spent: u64 = judged.iter().map(|one| one.steps).sum();
        let mut left = self.budget.steps_max.saturating_sub(spent);
        let invalid = judged.iter().enumerate();
        let invalid = invalid.filter(|(_, one)| matches!(one.said, Said::Invalid(_)));
        let wanted: Vec<usize> = invalid
            .take(self.explained_max)
            .filter(|(_, one)| matches!(one.said, Said::Invalid(None)))
            .enumerate()
            .take_while(|(number, (_, one))| {
                let enough = *number == 0 || one.steps <= left;
                left = left.saturating_sub(one.steps);
                enough
            })
            .map(|(_, (at, _))| at)
            .collect();
        let again = gather(self.workers(parts), wanted.len(), |at| {
            let at = wanted[at];
            self.judge(&parts[at], judged[at].share, true)
        });
        for (at, one) in wanted.into_iter().zip(again) {
            judged[at] = one;
        }
    }

    fn judge_some(
        &self,
        parts: &[Part<'_>],
        which: &[usize],
        share: Share,
        explain: impl Fn(usize) -> bool + Sync,
    ) -> Vec<Judged> {
        let judge = |at: usize| self.judge(&parts[which[at]], share, explain(which[at]));
        gather(self.workers(parts), which.len(), judge)
    }

    /// Who works: nobody is called for what is done sooner than said.
    fn workers(&self, parts: &[Part<'_>]) -> &dyn Workers {
        let operations: usize = parts.iter().map(|part| part.operations.len()).sum();
        if operations < SHARED_MIN { &OneByOne } else { self.budget.workers }
    }

    fn judge(&self, part: &Part<'_>, share: Share, explain: bool) -> Judged {
        let budget = Budget { steps_max: share.steps, bytes_max: share.bytes, ..*self.budget };
        let judged = |said, engine, steps| Judged { said, engine, share, steps };
        if self.engine != Some(Engine::Search) {
            match self.without_search(part, explain) {
                Ok((said, engine)) => return judged(said, Some(engine), 0),
                Err(why) if self.engine.is_some() => {
                    return judged(Said::Unknown(Unknown::NotApplicable(why)), None, 0);
                }
                Err(_) => {}
            }
        }
        let judged = |said, steps| judged(said, Some(Engine::Search), steps);
        let mut searched = match Searched::new(part, &budget) {
            Ok(searched) => searched,
            Err((unknown, steps)) => return judged(Said::Unknown(unknown), steps),
        };
        let (decision, steps) = searched.decide();
        let said = match decision {
            Decision::Valid(order) => Said::Valid(Certificate::Order(order)),
            Decision::Unknown(unknown) => Said::Unknown(unknown),
            Decision::Invalid(_) if !explain => Said::Invalid(None),
            Decision::Invalid(hint) => Said::Invalid(Some(searched.anomalies(hint, steps))),
        };
        judged(said, steps)
    }

    /// Judges a part by its log-linear engine; an error says why there is none.
    fn without_search(&self, part: &Part<'_>, explain: bool) -> Result<(Said, Engine), String> {
        let fast = fast(part)?;
        if let Some(wanted) = self.engine.filter(|&wanted| wanted != fast.engine()) {
            let own = fast.engine();
            return Err(format!("`{wanted}` is not the engine for this object: that is `{own}`"));
        }
        let decision = fast.decide();
        if let Decision::Unknown(Unknown::NotApplicable(why)) = decision {
            return Err(why);
        }
        let said = match decision {
            Decision::Valid(order) => Said::Valid(Certificate::Order(order)),
            Decision::Unknown(unknown) => Said::Unknown(unknown),
            Decision::Invalid(_) if !explain => Said::Invalid(None),
            Decision::Invalid(hint) => {
                let near = self.anomalies_near(part, &*fast, &hint.suspects);
                let found = near.unwrap_or_else(|| {
                    self.probing(part, &*fast, |probe| anomalies(part, &hint, probe))
                });
                Said::Invalid(Some(found))
            }
        };
        Ok((said, fast.engine()))
    }

    /// The anomalies among the operations that matter to these suspects, where the engine knows
    /// which those are: the rest of a long part is not read again.
    fn anomalies_near(
        &self,
        part: &Part<'_>,
        fast: &dyn Fast,
        suspects: &[usize],
    ) -> Option<Vec<Anomaly>> {
        let positions = fast.near(suspects)?;
        let near = part.only(&positions);
        let place = |at: &usize| positions.binary_search(at).ok();
        let suspects: Vec<usize> = suspects.iter().filter_map(place).collect();
        let fast = crate::fast::fast(&near).ok()?;
        self.probing(&near, &*fast, |probe| anomalies_near(part, &near, &suspects, probe))
    }

    /// Asks the engine of a part, and a short walk or search where that cannot tell.
    fn probing<T>(
        &self,
        part: &Part<'_>,
        fast: &dyn Fast,
        ask: impl FnOnce(&mut Probe<'_>) -> T,
    ) -> T {
        let (mut search, mut meter) = (None, Meter::new(self.budget));
        let removals = LazyCell::new(|| Removals::of(part));
        let mut probe = |standings: &[Standing]| {
            if (self.budget.stop)() {
                return None;
            }
            fast.probe(standings).or_else(|| {
                meter.restart(PROBE_STEPS);
                if let Some(removals) = &*removals {
                    let walked = removals.decide(|at| standings[at], &mut meter).ok()?;
                    return Some(matches!(walked, Walked::Order(_)));
                }
                if search.is_none() {
                    search = Search::new(part, &mut meter).ok();
                }
                search.as_mut()?.probe(standings, &mut meter)
            })
        };
        ask(&mut probe)
    }
}

/// The engine that decided, where one decided everything.
fn engine_of(judged: &[Judged], wanted: Option<Engine>) -> Engine {
    let mut engines = judged.iter().filter_map(|one| one.engine);
    match engines.next() {
        None => wanted.unwrap_or(Engine::Search),
        Some(first) if engines.all(|engine| engine == first) => first,
        Some(_) => Engine::Mixed,
    }
}

/// Histories with fewer operations are judged on one thread.
const SHARED_MIN: usize = 4096;

/// Steps that a probe gets where the log-linear engine cannot tell.
const PROBE_STEPS: u64 = 20_000;

/// Invalid wins over Unknown, Unknown over Valid.
fn merge(parts: &[Part<'_>], judged: Vec<Judged>, steps_max: u64) -> Verdict {
    let mut certificates = BTreeMap::new();
    let mut anomalies = Vec::new();
    let (mut unknown, mut undecided) = (None, 0);
    let mut invalid = false;
    for (part, one) in parts.iter().zip(judged) {
        match (one.said, &part.key) {
            (Said::Valid(certificate), None) => return Verdict::Valid(certificate),
            (Said::Valid(certificate), Some(key)) => {
                certificates.insert(key.clone(), certificate);
            }
            (Said::Invalid(found), _) => {
                invalid = true;
                anomalies.extend(found.unwrap_or_default());
            }
            (Said::Unknown(why), _) => {
                undecided += 1;
                unknown = unknown.or(Some(why));
            }
        }
    }
    if let Some(Unknown::Budget(effort) | Unknown::Stopped(effort)) = &mut unknown {
        let keys = Keys { all: parts.len(), undecided, steps_max };
        effort.keys = (parts.len() > 1).then_some(keys);
    }
    match unknown {
        _ if invalid => Verdict::Invalid(anomalies),
        Some(why) => Verdict::Unknown(why),
        None => Verdict::Valid(Certificate::ByKey(certificates)),
    }
}

#[cfg(test)]
mod tests;
