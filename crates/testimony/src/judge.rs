//! Engines first, then the verifier: the only way in which a verdict leaves this crate.

use crate::threads::Threads;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use testimony_certify::{Limits, verify_within};
use testimony_check::{AtLevel, Budget, Checker, Linearizable};
use testimony_history::History;
use testimony_model::Model;
use testimony_verdict::{Assurance, Engine, Finding, Judgement, Level, Property, Unknown, Verdict};

/// How a history is to be judged.
#[derive(Clone, Debug)]
pub struct JudgeOptions {
    /// The properties to judge; empty means the claims of the system or the default of the model.
    pub properties: Vec<Property>,
    /// The engine for linearizability; `None` chooses for each key.
    pub engine: Option<Engine>,
    /// Counted steps for each property.
    pub steps_max: u64,
    /// Accounted bytes for each property.
    pub bytes_max: usize,
    /// Whether to find out how stale the reads of keys that are not linearizable were. It costs
    /// about as much again.
    pub staleness: bool,
    /// Set from elsewhere to stop the work: those verdicts are Unknown (`Stopped`).
    pub stop: Arc<AtomicBool>,
}

impl Default for JudgeOptions {
    fn default() -> Self {
        JudgeOptions {
            properties: Vec::new(),
            engine: None,
            steps_max: Budget::STEPS_MAX,
            bytes_max: Budget::BYTES_MAX,
            staleness: false,
            stop: Arc::default(),
        }
    }
}

pub(crate) type Again<M> =
    fn(&M, &History<<M as Model>::Op, <M as Model>::Ret>) -> Result<(), String>;

type Decide<M> =
    dyn Fn(&M, &History<<M as Model>::Op, <M as Model>::Ret>) -> Result<(), String> + Send + Sync;

/// A property with the checker that decides it and the means to decide it again.
pub struct Claim<M: Model> {
    checker: Arc<dyn Checker<M>>,
    again: Option<Arc<Decide<M>>>,
}

impl<M: Model> Clone for Claim<M> {
    fn clone(&self) -> Self {
        Claim { checker: Arc::clone(&self.checker), again: self.again.clone() }
    }
}

impl<M: Model> Claim<M> {
    /// Linearizability.
    pub fn linearizable() -> Claim<M> {
        Claim { checker: Arc::new(Linearizable { engine: None }), again: None }
    }

    /// A level of consistency; all but linearizability are for registers and maps of them
    /// ([`AtLevel`]).
    pub fn level(level: Level) -> Claim<M> {
        match level {
            Level::Linearizable => Claim::linearizable(),
            _ => Claim { checker: Arc::new(AtLevel::new(level)), again: None },
        }
    }

    /// An invariant of the domain. `again` decides it a second time, in other words, for the
    /// verifier; without it the checker alone vouches for its verdicts.
    ///
    /// The verifier decides the core of an anomaly with it too: the required operations as recorded
    /// must break the invariant when every other operation has lost its answer.
    pub fn invariant(checker: impl Checker<M> + 'static, again: Option<Again<M>>) -> Claim<M> {
        let again = again.map(|again| Arc::new(again) as Arc<Decide<M>>);
        Claim { checker: Arc::new(checker), again }
    }

    /// An invariant with parameters, decided a second time by a closure that knows them too.
    pub fn invariant_with(
        checker: impl Checker<M> + 'static,
        again: impl Fn(&M, &History<M::Op, M::Ret>) -> Result<(), String> + Send + Sync + 'static,
    ) -> Claim<M> {
        Claim { checker: Arc::new(checker), again: Some(Arc::new(again)) }
    }

    /// What is claimed.
    pub fn property(&self) -> Property {
        self.checker.property()
    }

    /// The means to decide an invariant a second time, where there are some.
    pub(crate) fn again(&self) -> Option<testimony_certify::Again<'_, M>> {
        self.again.as_ref().map(|again| &**again as testimony_certify::Again<'_, M>)
    }

    fn with_engine(self, engine: Option<Engine>) -> Claim<M> {
        match self.property() {
            Property::Level(Level::Linearizable) => {
                Claim { checker: Arc::new(Linearizable { engine }), again: self.again }
            }
            _ => self,
        }
    }
}

/// A checker that several judgements share.
struct Shared<M: Model>(Arc<dyn Checker<M>>);

impl<M: Model> Checker<M> for Shared<M> {
    fn property(&self) -> Property {
        self.0.property()
    }

    fn check(&self, model: &M, history: &History<M::Op, M::Ret>, budget: &Budget<'_>) -> Finding {
        self.0.check(model, history, budget)
    }
}

/// Judges a history by every claim, and passes each verdict through the verifier.
///
/// A verdict that the verifier rejects becomes `Unknown::Internal`: it is never shown as an anomaly.
pub fn judge_verified<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    claims: &[Claim<M>],
    options: &JudgeOptions,
) -> Judgement {
    let stop = || options.stop.load(Ordering::Relaxed);
    let budget = Budget {
        steps_max: options.steps_max,
        bytes_max: options.bytes_max,
        stop: &stop,
        workers: &Threads,
    };
    let claims: Vec<_> =
        claims.iter().map(|claim| claim.clone().with_engine(options.engine)).collect();
    let checkers: Vec<Box<dyn Checker<M>>> = claims
        .iter()
        .map(|claim| Box::new(Shared(Arc::clone(&claim.checker))) as Box<dyn Checker<M>>)
        .collect();
    // A twentieth of the budget is for deciding cores again.
    let limits = Limits {
        tries_max: (options.steps_max / VERIFIED_SHARE).min(Limits::TRIES_MAX),
        bytes_max: options.bytes_max.min(Limits::BYTES_MAX),
        stop: &stop,
    };
    let mut judgement = testimony_check::judge(model, history, &checkers, &budget);
    for claim in &claims {
        if let Some(finding) = judgement.by.get_mut(&claim.property()) {
            verify(model, history, claim, &mut finding.verdict, &limits);
        }
        if is_alone(claim) {
            judgement.alone.insert(claim.property());
        }
    }
    if options.staleness {
        let broken = judgement.anomalies().filter(|one| one.property == Property::LINEARIZABLE);
        let mut keys: Vec<_> = broken.map(|anomaly| anomaly.key.clone()).collect();
        keys.dedup();
        if !keys.is_empty() {
            judgement.staleness = testimony_check::staleness(model, history, &keys, &budget);
        }
    }
    judgement
}

/// The part of the steps that deciding the cores of a verdict again may take.
const VERIFIED_SHARE: u64 = 20;

/// Whether the checker alone vouches for what it says.
fn is_alone<M: Model>(claim: &Claim<M>) -> bool {
    claim.again.is_none() && matches!(claim.property(), Property::Invariant(_))
}

fn verify<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    claim: &Claim<M>,
    verdict: &mut Verdict,
    limits: &Limits<'_>,
) {
    let property = claim.property();
    if is_alone(claim) {
        if let Verdict::Invalid(anomalies) = verdict {
            anomalies.iter_mut().for_each(|anomaly| anomaly.assurance = Assurance::EngineOnly);
        }
        return;
    }
    let again = claim.again();
    let verified = verify_within(model, history, &property, again, verdict, limits);
    if let Err(rejected) = verified {
        *verdict = Verdict::Unknown(match rejected.is_too_large() {
            // Not a bug: an order was found, but nobody could follow it independently.
            true => Unknown::NotApplicable(format!(
                "the verifier cannot follow the order that was found: {rejected}"
            )),
            false => Unknown::Internal(format!(
                "the verifier rejected a verdict on {property}: {rejected}"
            )),
        });
    }
}
