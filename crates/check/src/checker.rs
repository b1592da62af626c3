//! Checkers: one property each. The first is linearizability.

use crate::budget::{Budget, Meter};
use crate::explain::anomalies;
use crate::fast::fast;
use crate::part::{Decision, Part, Standing};
use crate::search::Search;
use crate::split::{Split, split};
use std::collections::BTreeMap;
use testimony_history::History;
use testimony_model::Model;
use testimony_verdict::{Anomaly, Certificate, Engine, Finding, Property, Unknown, Verdict};

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
        let finding = self.find(model, history, budget, 0);
        match finding.verdict {
            Verdict::Valid(_) => Some(true),
            Verdict::Invalid(_) => Some(false),
            Verdict::Unknown(_) => None,
        }
    }

    pub(crate) fn find<M: Model>(
        &self,
        model: &M,
        history: &History<M::Op, M::Ret>,
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
        let parts = match split(model, history) {
            Err(why) => return refuse(why),
            Ok(Split::Whole(part)) => vec![part],
            Ok(Split::ByKey(parts)) => parts,
        };
        let (steps, engines) = (0, Vec::new());
        let mut job = Job { history, budget, engine: self.engine, explained_max, steps, engines };
        let verdicts = job.judge_all(&parts);
        Finding { verdict: merge(&parts, verdicts), engine: job.engine() }
    }
}

impl<M: Model> Checker<M> for Linearizable {
    fn property(&self) -> Property {
        Property::LINEARIZABLE
    }

    fn check(&self, model: &M, history: &History<M::Op, M::Ret>, budget: &Budget<'_>) -> Finding {
        self.find(model, history, budget, EXPLAINED_MAX)
    }
}

/// So many keys are explained; a history that breaks on more is as broken.
const EXPLAINED_MAX: usize = 16;

/// What is said of one part.
enum Said {
    Valid(Certificate),
    Invalid(Vec<Anomaly>),
    Unknown(Unknown),
}

/// The work on one history.
struct Job<'j, M: Model> {
    history: &'j History<M::Op, M::Ret>,
    budget: &'j Budget<'j>,
    engine: Option<Engine>,
    /// How many invalid parts get their anomalies.
    explained_max: usize,
    /// Steps spent on decisions so far.
    steps: u64,
    /// The engines that decided.
    engines: Vec<Engine>,
}

impl<M: Model> Job<'_, M> {
    /// Judges every part with a fair share of the steps, then those that ran out with what is left,
    /// so that a hard key does not hide an anomaly of an easy one.
    fn judge_all(&mut self, parts: &[Part<M>]) -> Vec<Said> {
        let mut explained = 0;
        let mut said = Vec::with_capacity(parts.len());
        for (number, part) in parts.iter().enumerate() {
            let left = self.budget.steps_max.saturating_sub(self.steps);
            let share = left / (parts.len() - number) as u64;
            let verdict = self.judge(part, share, explained < self.explained_max);
            explained += usize::from(matches!(verdict, Said::Invalid(_)));
            said.push(verdict);
        }
        if parts.len() > 1 {
            for (part, verdict) in parts.iter().zip(&mut said) {
                if matches!(verdict, Said::Unknown(Unknown::Budget { .. })) {
                    let left = self.budget.steps_max.saturating_sub(self.steps);
                    *verdict = self.judge(part, left, explained < self.explained_max);
                    explained += usize::from(matches!(verdict, Said::Invalid(_)));
                }
            }
        }
        said
    }

    fn judge(&mut self, part: &Part<M>, steps_max: u64, explain: bool) -> Said {
        let mut meter = Meter::new(self.budget);
        meter.restart(steps_max);
        if self.engine != Some(Engine::Search) {
            match self.without_search(part, explain) {
                Ok(said) => return said,
                Err(why) if self.engine.is_some() => {
                    return Said::Unknown(Unknown::NotApplicable(why));
                }
                Err(_) => {}
            }
        }
        self.engines.push(Engine::Search);
        let mut search = match Search::new(part, &mut meter) {
            Ok(search) => search,
            Err(unknown) => return Said::Unknown(unknown),
        };
        let decision = search.decide(&mut meter);
        self.steps = self.steps.saturating_add(meter.steps());
        let hint = match decision {
            Decision::Valid(order) => return Said::Valid(Certificate::Order(order)),
            Decision::Unknown(unknown) => return Said::Unknown(unknown),
            Decision::Invalid(_) if !explain => return Said::Invalid(Vec::new()),
            Decision::Invalid(hint) => hint,
        };
        // Each probe gets several times what the decision took, all together the budget again.
        let each = meter.steps().saturating_mul(4).saturating_add(PROBE_STEPS);
        let mut left = self.budget.steps_max;
        let mut probe = |standings: &[Standing]| {
            meter.restart(each.min(left));
            let found = search.probe(standings, &mut meter);
            left = left.saturating_sub(meter.steps());
            found
        };
        Said::Invalid(anomalies(part, self.history, &hint, &mut probe))
    }

    /// Judges a part by its log-linear engine; an error says why there is none.
    fn without_search(&mut self, part: &Part<M>, explain: bool) -> Result<Said, String> {
        let fast = fast(part)?;
        if let Some(wanted) = self.engine.filter(|&wanted| wanted != fast.engine()) {
            let own = fast.engine();
            return Err(format!("`{wanted}` is not the engine for this object: that is `{own}`"));
        }
        let decision = fast.decide();
        if let Decision::Unknown(Unknown::NotApplicable(why)) = decision {
            return Err(why);
        }
        self.engines.push(fast.engine());
        Ok(match decision {
            Decision::Valid(order) => Said::Valid(Certificate::Order(order)),
            Decision::Unknown(unknown) => Said::Unknown(unknown),
            Decision::Invalid(_) if !explain => Said::Invalid(Vec::new()),
            Decision::Invalid(hint) => {
                let mut probe = |standings: &[Standing]| Some(fast.consistent(standings));
                Said::Invalid(anomalies(part, self.history, &hint, &mut probe))
            }
        })
    }

    fn engine(&self) -> Engine {
        match self.engines.as_slice() {
            [] => self.engine.unwrap_or(Engine::Search),
            [first, rest @ ..] if rest.iter().all(|engine| engine == first) => *first,
            _ => Engine::Mixed,
        }
    }
}

/// Steps that a probe of a reduction gets beside a multiple of the decision's.
const PROBE_STEPS: u64 = 20_000;

/// Invalid wins over Unknown, Unknown over Valid.
fn merge<M: Model>(parts: &[Part<M>], said: Vec<Said>) -> Verdict {
    let mut certificates = BTreeMap::new();
    let mut anomalies = Vec::new();
    let mut unknown = None;
    let mut invalid = false;
    for (part, said) in parts.iter().zip(said) {
        match (said, &part.key) {
            (Said::Valid(certificate), None) => return Verdict::Valid(certificate),
            (Said::Valid(certificate), Some(key)) => {
                certificates.insert(key.clone(), certificate);
            }
            (Said::Invalid(found), _) => {
                invalid = true;
                anomalies.extend(found);
            }
            (Said::Unknown(why), _) => unknown = unknown.or(Some(why)),
        }
    }
    match unknown {
        _ if invalid => Verdict::Invalid(anomalies),
        Some(why) => Verdict::Unknown(why),
        None => Verdict::Valid(Certificate::ByKey(certificates)),
    }
}
