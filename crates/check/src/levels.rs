//! The levels of consistency beside linearizability, for registers and maps of them.
//!
//! | levels | how they are decided |
//! |---|---|
//! | sequential | saturation (`saturated`), then a search over how far each session has come (`sequential`) |
//! | causal memory, PRAM | saturation for each session (`views`) |
//! | causal convergence | one saturation (`converge`) |
//! | session guarantees | an order of versions for each session (`session`) |
//! | regular, safe | each read against the writes around it (`realtime`) |
//! | eventual convergence | reads at rest against each other (`rest`) |
//!
//! Saturation is polynomial when it is known which write each read saw; where values repeat, a search
//! assigns that (`decide`). A history that is linearizable has all of these levels, and its order
//! shows each of them: that is tried first.

mod converge;
mod decide;
mod explained;
mod name;
mod past;
mod realtime;
mod reduce;
mod rest;
mod saturated;
mod sequential;
mod session;
mod story;
mod tell;
#[cfg(test)]
mod tests;
mod views;

use crate::Checker;
use crate::budget::{Budget, Meter, Spent};
use crate::checker::Linearizable;
use crate::subject::{Subject, Typed};
use decide::Decided;
use explained::{Explained, OPEN};
use realtime::Stale;
use rest::Rest;
use std::collections::BTreeMap;
use story::{BEGINNING, Saw, Story};
use testimony_history::{History, OpId};
use testimony_model::Model;
use testimony_verdict::{
    AnomalyKind, Certificate, Engine, Finding, Level, Property, Unknown, Verdict, Views,
};

/// The place at which a contradiction was noticed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clash(usize);

/// Judges a level of consistency of a history of registers: every operation is a read, a write or a
/// compare-and-set of one key ([`Model::access`]). For [`Level::Linearizable`] it is
/// [`Linearizable`] itself.
///
/// Not applicable to operations of other shapes (an append, say), and, except for regular, safe and
/// eventual convergence, to sessions whose operations overlap or touch. Of an operation without an
/// answer only its effect counts, once somebody saw it.
///
/// ```
/// use testimony_check::{AtLevel, Budget, Checker};
/// use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
/// use testimony_model::{CellOp, CellRet, Register};
/// use testimony_verdict::{Level, VerdictName};
///
/// let ran = |id, process, op, ret| Operation {
///     id: OpId(id), process: Process(process), op, outcome: Outcome::Ok(ret),
///     call: Rank(id), ret: Rank(id + 1), call_ns: 0, ret_ns: 0,
/// };
/// // Client 1 reads an old value, but it never saw the new one.
/// let operations = vec![
///     ran(0, 0, CellOp::Write(1.into()), CellRet::Done),
///     ran(2, 1, CellOp::Read, CellRet::Value(None)),
/// ];
/// let history = History { operations, ..History::default() };
/// let verdict = |level| {
///     AtLevel::new(level).check(&Register, &history, &Budget::default()).verdict.name()
/// };
/// assert_eq!(verdict(Level::Linearizable), VerdictName::Invalid);
/// assert_eq!(verdict(Level::Sequential), VerdictName::Valid);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AtLevel {
    level: Level,
    direct: bool,
}

impl AtLevel {
    /// The checker of a level.
    pub fn new(level: Level) -> AtLevel {
        AtLevel { level, direct: false }
    }

    /// The same without trying linearizability first, which would show every weaker level, too.
    #[must_use]
    pub fn direct(self) -> AtLevel {
        AtLevel { direct: true, ..self }
    }
}

impl<M: Model> Checker<M> for AtLevel {
    fn property(&self) -> Property {
        Property::Level(self.level)
    }

    fn check(&self, model: &M, history: &History<M::Op, M::Ret>, budget: &Budget<'_>) -> Finding {
        let engine = match self.level {
            Level::Linearizable => return Linearizable::default().check(model, history, budget),
            Level::Sequential => Engine::Search,
            Level::Regular | Level::Safe | Level::EventualConvergence => Engine::Intervals,
            _ => Engine::Saturation,
        };
        let sessions = engine != Engine::Intervals;
        let subject = Typed::new(model, history);
        let verdict = match Story::read(&subject, sessions) {
            Err(why) => Verdict::Unknown(Unknown::NotApplicable(why)),
            Ok(story) => {
                let mut meter = Meter::new(budget);
                let case = Case { subject: &subject, budget, story, level: self.level };
                let verdict = match engine {
                    Engine::Intervals => case.intervals(&mut meter),
                    _ => case.sessions(self.direct, &mut meter),
                };
                verdict.unwrap_or_else(|why| {
                    let mut unknown = meter.unknown(why, None);
                    if let (true, Unknown::Budget(effort) | Unknown::Stopped(effort)) =
                        (sessions && !self.direct, &mut unknown)
                    {
                        effort.linearizable_first = Some(budget.steps_max / LINEARIZABLE_SHARE);
                    }
                    Verdict::Unknown(unknown)
                })
            }
        };
        Finding { verdict, engine }
    }
}

/// One level of one history.
pub(crate) struct Case<'c> {
    pub(crate) subject: &'c dyn Subject,
    budget: &'c Budget<'c>,
    pub(crate) story: Story,
    pub(crate) level: Level,
}

/// What a level says of a story.
enum Ruling {
    Holds(Certificate),
    /// With the level that breaks: this one, or one that it implies and that is easier to decide.
    Breaks(Clash, Level),
}

/// Decides a level that is about sessions.
fn rule(story: &Story, level: Level, meter: &mut Meter<'_>) -> Result<Ruling, Spent> {
    if level == Level::Sequential {
        return Ok(match sequential::decide(story, meter)? {
            Ok(order) => {
                let ids = order.iter().map(|&at| story.acts[at].id);
                Ruling::Holds(Certificate::Order(ids.collect()))
            }
            Err((clash, by)) => Ruling::Breaks(clash, by),
        });
    }
    Ok(match decide::decide(story, level, meter)? {
        Decided::Holds(views) => Ruling::Holds(Certificate::Views(views)),
        Decided::Breaks(clash) => Ruling::Breaks(clash, level),
    })
}

/// The part of the steps for which linearizability is tried first.
const LINEARIZABLE_SHARE: u64 = 8;

/// Steps that a probe of a reduction gets beside a multiple of the decision's.
const PROBE_STEPS: u64 = 20_000;

impl Case<'_> {
    fn sessions(&self, direct: bool, meter: &mut Meter<'_>) -> Result<Verdict, Spent> {
        if let Some(certificate) = (!direct).then(|| self.as_linearizable()).flatten() {
            return Ok(Verdict::Valid(certificate));
        }
        let (Clash(noticed), by) = match rule(&self.story, self.level, meter)? {
            Ruling::Holds(certificate) => return Ok(Verdict::Valid(certificate)),
            Ruling::Breaks(clash, by) => (clash, by),
        };
        let each = meter.steps().saturating_mul(4).saturating_add(PROBE_STEPS);
        let mut left = self.budget.steps_max;
        let mut consistent = |required: &[usize], level: Level| {
            meter.restart(each.min(left));
            let ruling = rule(&self.story.core(required), level, meter);
            left = left.saturating_sub(meter.steps());
            Some(matches!(ruling.ok()?, Ruling::Holds(_)))
        };
        let mut required =
            reduce::reduce(&self.story, noticed, &mut |required| consistent(required, by));
        if by != self.level {
            required = reduce::further(required, &mut |required| consistent(required, self.level));
        }
        let core = self.story.core(&required);
        meter.restart(self.budget.steps_max);
        let named = name::name(self, &core, meter);
        Ok(Verdict::Invalid(vec![tell::anomaly(self, &core, &named)]))
    }

    fn intervals(&self, meter: &mut Meter<'_>) -> Result<Verdict, Spent> {
        let valid = Ok(Verdict::Valid(Certificate::Checked));
        let not_applicable =
            |why: &str| Ok(Verdict::Unknown(Unknown::NotApplicable(why.to_owned())));
        let (required, named) = if self.level == Level::EventualConvergence {
            let Some(quiet) = self.subject.quiet_from() else {
                return not_applicable("the history does not say when the faults ended");
            };
            match rest::rest(&self.story, quiet) {
                Rest::Agree => return valid,
                Rest::Unread => return not_applicable("nothing was read twice at rest"),
                Rest::Differ(one, other) => {
                    let ids = [one, other].map(|at| self.story.acts[at].id);
                    let named = name::Named::new(AnomalyKind::Divergence, ids[1], vec![ids[0]]);
                    (vec![one, other], named)
                }
            }
        } else {
            match realtime::stale(&self.story, self.level, meter)? {
                None => return valid,
                Some(stale) => (required_of(&stale), name::stale(self, &stale)),
            }
        };
        let mut core = self.story.core(&required);
        // What is not required here has nothing to do with it.
        if self.level == Level::EventualConvergence {
            core.acts.retain(|act| act.certain);
        }
        Ok(Verdict::Invalid(vec![tell::anomaly(self, &core, &named)]))
    }

    /// The certificate of a history that is linearizable: one order, for every session.
    fn as_linearizable(&self) -> Option<Certificate> {
        let steps_max = self.budget.steps_max / LINEARIZABLE_SHARE;
        let budget = Budget { steps_max, ..*self.budget };
        let checker = Linearizable::default();
        let Verdict::Valid(certificate) = checker.find(self.subject, &budget, 0).verdict else {
            return None;
        };
        let order = self.replay(&self.merged(&certificate)?)?;
        if self.level == Level::Sequential {
            let ids = order.0.iter().map(|&at| self.story.acts[at].id);
            return Some(Certificate::Order(ids.collect()));
        }
        let (order, saw) = order;
        let common = order.iter().map(|&at| self.story.acts[at].id).collect();
        let saw = decide::seen(&self.story, &saw);
        Some(Certificate::Views(Views { saw, common, own: BTreeMap::new() }))
    }

    /// One order of places from the orders of the keys: each operation at the latest call up to it
    /// in its key's order, which lies within its interval.
    fn merged(&self, certificate: &Certificate) -> Option<Vec<usize>> {
        let orders: Vec<&[OpId]> = match certificate {
            Certificate::Order(order) => vec![order],
            Certificate::ByKey(keys) => {
                let orders = keys.values().map(|part| match part {
                    Certificate::Order(order) => Some(order.as_slice()),
                    _ => None,
                });
                orders.collect::<Option<_>>()?
            }
            Certificate::Views(_) | Certificate::Checked => return None,
        };
        let mut moments = Vec::with_capacity(self.story.acts.len());
        for (number, order) in orders.into_iter().enumerate() {
            let mut moment = testimony_history::Rank(0);
            for (position, id) in order.iter().enumerate() {
                // Unanswered reads have no place in a story.
                if let Ok(at) = self.story.acts.binary_search_by_key(id, |act| act.id) {
                    moment = moment.max(self.story.acts[at].call);
                    moments.push((moment, number, position, at));
                }
            }
        }
        moments.sort_unstable();
        Some(moments.into_iter().map(|(.., at)| at).collect())
    }

    /// What takes effect in this order, and what each read saw; `None` where answers do not fit.
    fn replay(&self, order: &[usize]) -> Option<(Vec<usize>, Vec<usize>)> {
        let story = &self.story;
        let mut current: Vec<(usize, usize)> =
            story.initial.iter().map(|&value| (value, BEGINNING)).collect();
        let mut saw = vec![OPEN; story.acts.len()];
        let mut taken = Vec::with_capacity(order.len());
        for &at in order {
            let act = &story.acts[at];
            let (value, source) = current[act.key];
            let fits = match act.saw {
                None => true,
                Some(Saw::Value(seen)) => seen == value,
                Some(Saw::Not(missed)) => missed != value,
            };
            if !fits {
                return None;
            }
            if act.needs.is_some_and(|needs| needs != value) {
                continue;
            }
            if act.saw.is_some() {
                saw[at] = source;
            }
            if let Some(wrote) = act.wrote {
                current[act.key] = (wrote, at);
            }
            taken.push(at);
        }
        Some((taken, saw))
    }
}

/// The places that a read contradicts, with it.
fn required_of(stale: &Stale) -> Vec<usize> {
    let mut required = stale.sources.clone();
    required.extend(stale.newer);
    required.push(stale.read);
    required.sort_unstable();
    required.dedup();
    required
}

/// Whether a story has a level, for names; `None` when the budget ran out.
fn has(story: &Story, level: Level, meter: &mut Meter<'_>) -> Option<bool> {
    Some(matches!(rule(story, level, meter).ok()?, Ruling::Holds(_)))
}
