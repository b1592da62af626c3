//! What the names of the levels' anomalies claim, looked for among the operations of a core.
//!
//! A name is the first guarantee that the core alone breaks; its sentence names operations only where
//! they show that plainly. All pairs and triples are tried.

use crate::levels::core_holds;
use testimony_history::{History, OpId, Operation};
use testimony_model::{Access, Atom, Model};
use testimony_verdict::{Anomaly, AnomalyKind, Level};

type Of<M> = Operation<<M as Model>::Op, <M as Model>::Ret>;
type Whole<M> = History<<M as Model>::Op, <M as Model>::Ret>;

/// The session guarantees with the names of what breaks them, in the order in which they are asked.
const GUARANTEES: [(Level, AnomalyKind); 4] = [
    (Level::ReadYourWrites, AnomalyKind::MissedOwnWrite),
    (Level::MonotonicReads, AnomalyKind::BackwardRead),
    (Level::MonotonicWrites, AnomalyKind::ReorderedWrites),
    (Level::WritesFollowReads, AnomalyKind::MissedCause),
];

/// What follows for the orders of sessions, weakest first.
const ORDERS: [(Level, AnomalyKind); 3] = [
    (Level::Pram, AnomalyKind::ImpossibleView),
    (Level::CausalMemory, AnomalyKind::ImpossibleView),
    (Level::CausalConvergence, AnomalyKind::ConflictingViews),
];

/// What is wrong with the name of an anomaly of a level about sessions, and with whom it names.
pub fn fault<M: Model>(
    model: &M,
    history: &Whole<M>,
    level: Level,
    anomaly: &Anomaly,
) -> Option<String> {
    let breaks = |&&(weaker, _): &&(Level, AnomalyKind)| {
        level.implies(weaker) && !core_holds(model, history, weaker, &anomaly.core, None)
    };
    let told = Telling::new(model, history, anomaly);
    match anomaly.kind {
        AnomalyKind::ThinAirRead | AnomalyKind::AbortedRead => return None,
        AnomalyKind::CausalCycle | AnomalyKind::CausalStaleRead => {
            let guarantee = GUARANTEES.iter().find(breaks);
            return guarantee.map(|(level, _)| format!("it breaks {level} already"));
        }
        _ => {}
    }
    let first = GUARANTEES.iter().chain(&ORDERS).find(breaks);
    let kind = first.map_or(AnomalyKind::Contradiction, |(_, kind)| *kind);
    if kind != anomaly.kind {
        return Some(format!("it is called {}, and should be {kind}", anomaly.kind));
    }
    let plain = told.plain(kind)?;
    let named = named(&anomaly.explanation.sentence);
    match plain.is_empty() {
        true => (!anomaly.explanation.sentence.contains(" explains these "))
            .then(|| format!("nobody shows it, and yet {named:?} are named")),
        false => (!plain.contains(&named)).then(|| format!("{named:?} are named, of {plain:?}")),
    }
}

/// The operations that a sentence names, in its order.
fn named(sentence: &str) -> Vec<OpId> {
    let digits = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
    sentence.split('#').skip(1).filter_map(|rest| digits(rest).parse().ok().map(OpId)).collect()
}

/// An operation of a core.
struct One<'h, M: Model> {
    operation: &'h Of<M>,
    key: String,
    wrote: Option<Atom<'h>>,
    /// What it saw, where only one operation can have written that; `None` is the beginning.
    source: Option<Option<usize>>,
    /// Whether it certainly took effect.
    there: bool,
}

struct Telling<'h, M: Model> {
    ones: Vec<One<'h, M>>,
}

impl<'h, M: Model> Telling<'h, M> {
    fn new(model: &'h M, history: &'h Whole<M>, anomaly: &Anomaly) -> Telling<'h, M> {
        let required = |one: &Of<M>| anomaly.core.required.contains(&one.id);
        let inside = |one: &&Of<M>| required(one) || anomaly.core.optional.contains(&one.id);
        let access = |one: &'h Of<M>| model.access(&one.op, one.outcome.answer());
        let ones = history.operations.iter().filter(inside).map(|operation| One {
            operation,
            key: format!("{:?}", model.keys(&operation.op)),
            wrote: match access(operation) {
                Access::Write(to) => Some(to),
                Access::Cas { to, swapped: Some(true) | None, .. } => Some(to),
                _ => None,
            },
            source: None,
            there: required(operation),
        });
        let mut ones: Vec<One<'h, M>> = ones.collect();
        let source = |at: usize| -> Option<Option<usize>> {
            let fits = |value: Atom<'_>| match access(ones[at].operation) {
                Access::Read(Some(saw)) | Access::Cas { from: saw, swapped: Some(true), .. } => {
                    saw == value
                }
                Access::Cas { from, swapped: Some(false), .. } => from != value,
                _ => false,
            };
            let others = ones.iter().enumerate().filter(|(other, one)| {
                *other != at && one.key == ones[at].key && one.wrote.is_some_and(fits)
            });
            let mut sources: Vec<Option<usize>> = others.map(|(other, _)| Some(other)).collect();
            sources.extend(fits(model.initial()).then_some(None));
            if let ([only], true) = (&sources[..], ones[at].there) { Some(*only) } else { None }
        };
        let sources: Vec<_> = (0..ones.len()).map(source).collect();
        for (at, source) in sources.into_iter().enumerate() {
            ones[at].source = source;
            if let Some(Some(source)) = source {
                ones[source].there = true;
            }
        }
        Telling { ones }
    }

    fn same(&self, one: usize, other: usize) -> bool {
        self.ones[one].operation.process == self.ones[other].operation.process
    }

    /// Whether what a read saw is older than a write by the order of one session.
    fn older(&self, source: Option<usize>, write: usize) -> bool {
        source.is_none_or(|source| source < write && self.same(source, write))
    }

    /// Reads with what they saw.
    fn reads(&self) -> impl Iterator<Item = (usize, Option<usize>)> {
        self.ones.iter().enumerate().filter_map(|(at, one)| Some((at, one.source?)))
    }

    /// Everybody who shows plainly that a guarantee is broken, as the sentence names them; `None` for
    /// names whose sentences tell something else.
    fn plain(&self, kind: AnomalyKind) -> Option<Vec<Vec<OpId>>> {
        let mut plain: Vec<Vec<usize>> = Vec::new();
        let key = |at: usize| &self.ones[at].key;
        for (read, source) in self.reads() {
            let before = |at: usize| self.same(at, read) && at < read;
            let seen_before = || {
                let reads = self.reads().filter(|&(at, _)| before(at) || at == read);
                reads.filter_map(|(at, seen)| Some((at, seen?)))
            };
            match kind {
                AnomalyKind::MissedOwnWrite => plain.extend(
                    (0..self.ones.len())
                        .filter(|&write| before(write) && key(write) == key(read))
                        .filter(|&write| self.ones[write].wrote.is_some() && self.ones[write].there)
                        .filter(|&write| self.older(source, write))
                        .map(|write| vec![read, write]),
                ),
                AnomalyKind::BackwardRead => plain.extend(
                    seen_before()
                        .filter(|&(at, seen)| {
                            before(at) && key(at) == key(read) && Some(seen) != source
                        })
                        .filter(|&(at, seen)| {
                            self.older(source, seen)
                                || self.reads().any(|(first, was)| {
                                    before(first)
                                        && key(first) == key(read)
                                        && first < at
                                        && was == source
                                })
                        })
                        .map(|(at, _)| vec![read, at]),
                ),
                AnomalyKind::ReorderedWrites => {
                    for (at, seen) in seen_before() {
                        let missed = (0..seen).filter(|&write| {
                            self.same(write, seen)
                                && key(write) == key(read)
                                && self.ones[write].wrote.is_some()
                                && self.ones[write].there
                                && self.older(source, write)
                        });
                        plain.extend(missed.map(|write| vec![read, at, write]));
                    }
                }
                AnomalyKind::MissedCause => {
                    for (at, seen) in seen_before() {
                        let causes = self.reads().filter(|&(cause, was)| {
                            self.same(cause, seen)
                                && cause <= seen
                                && key(cause) == key(read)
                                && was.is_some_and(|was| self.older(source, was))
                        });
                        plain.extend(causes.map(|(cause, _)| vec![read, at, cause]));
                    }
                }
                _ => return None,
            }
        }
        let ids =
            |ones: Vec<usize>| ones.into_iter().map(|at| self.ones[at].operation.id).collect();
        Some(plain.into_iter().map(ids).collect())
    }
}
