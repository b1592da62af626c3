//! The name of an anomaly of a level: the weakest thing that is wrong with its core.
//!
//! Each name is a predicate over the core alone. They are asked from the most specific one on: a
//! value that nobody wrote, the session guarantees, cycles and stale reads of the causal order, and
//! only then orders that do not fit together. A name is only asked for where the level excludes it.

use super::explained::{Explained, OPEN};
use super::past::Past;
use super::realtime::Stale;
use super::story::{BEGINNING, Story};
use super::{Case, has};
use crate::budget::Meter;
use crate::subject::Interval;
use testimony_history::OpId;
use testimony_model::Access;
use testimony_verdict::{AnomalyKind, Level};

/// A name with the operations that it is about.
pub(crate) struct Named {
    pub(crate) kind: AnomalyKind,
    /// The operation whose answer is impossible.
    pub(crate) culprit: OpId,
    /// Operations that it contradicts, in the order of the sentence.
    pub(crate) against: Vec<OpId>,
}

impl Named {
    pub(crate) fn new(kind: AnomalyKind, culprit: OpId, against: Vec<OpId>) -> Named {
        Named { kind, culprit, against }
    }
}

/// The session guarantees with the names of what breaks them.
const GUARANTEES: [(Level, AnomalyKind); 4] = [
    (Level::ReadYourWrites, AnomalyKind::MissedOwnWrite),
    (Level::MonotonicReads, AnomalyKind::BackwardRead),
    (Level::MonotonicWrites, AnomalyKind::ReorderedWrites),
    (Level::WritesFollowReads, AnomalyKind::MissedCause),
];

/// Names the core of a level that is about sessions.
pub(crate) fn name(case: &Case<'_>, core: &Story, meter: &mut Meter<'_>) -> Named {
    if let Some(read) = core.reads().find(|&read| core.candidates(read).is_empty()) {
        return without_source(case, core.acts[read].id);
    }
    let last = core.reads().max_by_key(|&read| (core.acts[read].ret, read)).unwrap_or(0);
    let named = |kind, culprit: usize, against: &[usize]| {
        let against = against.iter().map(|&at| core.acts[at].id).collect();
        Named::new(kind, core.acts[culprit].id, against)
    };
    let mut saw = vec![OPEN; core.acts.len()];
    for read in core.reads() {
        if let [only] = core.candidates(read).as_slice() {
            saw[read] = *only;
        }
    }
    let explained = Explained::new(core, &saw, None);
    for (level, kind) in GUARANTEES {
        if case.level.implies(level) && has(core, level, meter) == Some(false) {
            let (culprit, against) = actors(&explained, level).unwrap_or((last, Vec::new()));
            return named(kind, culprit, &against);
        }
    }
    let causal = case.level.implies(Level::WritesFollowReads);
    let arrows = explained.reads_from(|read| causal || core.acts[read].wrote.is_none());
    if let Ok(Err(_)) = Past::new(core, &arrows, meter) {
        return named(AnomalyKind::CausalCycle, last, &[]);
    }
    if let Some((read, newer)) = causal.then(|| causally_stale(&explained, meter)).flatten() {
        return named(AnomalyKind::CausalStaleRead, read, &[newer]);
    }
    let mut breaks =
        |level: Level| case.level.implies(level) && has(core, level, meter) == Some(false);
    let kind = if breaks(Level::Pram) || breaks(Level::CausalMemory) {
        AnomalyKind::ImpossibleView
    } else if breaks(Level::CausalConvergence) {
        AnomalyKind::ConflictingViews
    } else {
        AnomalyKind::Contradiction
    };
    named(kind, last, &[])
}

/// A read whose causal past has a write after the one that it saw.
fn causally_stale(explained: &Explained<'_>, meter: &mut Meter<'_>) -> Option<(usize, usize)> {
    let story = explained.story;
    let arrows = explained.reads_from(|_| true);
    let past = Past::new(story, &arrows, meter).ok()?.ok()?;
    story.reads().find_map(|read| {
        let source = explained.source(read)?;
        let mut others = past.last_writes(explained, read);
        let newer = others.find(|&other| {
            other != source && (source == BEGINNING || past.has(story, source, other))
        })?;
        Some((read, newer))
    })
}

/// The operations that the sentence about a broken guarantee names, where the case is a plain one:
/// a read of something that is older by the order of one session.
fn actors(explained: &Explained<'_>, level: Level) -> Option<(usize, Vec<usize>)> {
    let story = explained.story;
    let reads = || story.reads().filter_map(|read| Some((read, explained.source(read)?)));
    let older = |source: usize, write: usize| {
        let same = |source: usize| story.acts[source].session == story.acts[write].session;
        source == BEGINNING || (source < write && same(source))
    };
    let same = |a: usize, b: usize| {
        a != BEGINNING && b != BEGINNING && story.acts[a].session == story.acts[b].session
    };
    let key = |at: usize| story.acts[at].key;
    for (read, source) in reads() {
        let mut before = reads().filter(|&(earlier, _)| same(earlier, read) && earlier <= read);
        let found = match level {
            Level::ReadYourWrites => story.sessions[story.acts[read].session]
                .iter()
                .copied()
                .filter(|&at| at < read && key(at) == key(read) && explained.is_there(at))
                .find(|&at| story.acts[at].wrote.is_some() && older(source, at))
                .map(|write| vec![write]),
            Level::MonotonicReads => {
                let earlier: Vec<_> = before.filter(|&(at, _)| key(at) == key(read)).collect();
                let newer = earlier.iter().find(|&&(at, seen)| {
                    let again = earlier.iter().any(|&(first, was)| was == source && first < at);
                    seen != BEGINNING && seen != source && (older(source, seen) || again)
                });
                newer.map(|&(at, _)| vec![at])
            }
            Level::MonotonicWrites => before.find_map(|(earlier, seen)| {
                let writes = story.writes_by_session(key(read)).iter();
                let mut writes = writes.flat_map(|(_, writes)| writes.iter().copied());
                let missed = writes.find(|&at| {
                    same(at, seen) && at < seen && explained.is_there(at) && older(source, at)
                });
                Some(vec![earlier, missed?])
            }),
            _ => before.find_map(|(earlier, seen)| {
                let cause = reads().find(|&(at, was)| {
                    let theirs = same(at, seen) && at <= seen && key(at) == key(read);
                    theirs && was != BEGINNING && older(source, was)
                })?;
                Some(vec![earlier, cause.0])
            }),
        };
        if let Some(against) = found {
            return Some((read, against));
        }
    }
    None
}

/// Names a read that is not regular, or not safe.
pub(crate) fn stale(case: &Case<'_>, stale: &Stale) -> Named {
    let id = |at: usize| case.story.acts[at].id;
    match stale.newer {
        Some(newer) => Named::new(AnomalyKind::StaleRead, id(stale.read), vec![id(newer)]),
        None => {
            let late = case.story.candidates(stale.read).into_iter().find(|&at| at != BEGINNING);
            match late {
                Some(late) => Named::new(AnomalyKind::FutureRead, id(stale.read), vec![id(late)]),
                None => without_source(case, id(stale.read)),
            }
        }
    }
}

/// A read of a value that nobody can have written: aborted, or out of thin air.
fn without_source(case: &Case<'_>, read: OpId) -> Named {
    let aborted = case.subject.find(read).and_then(|read| failed_writer(case, &read));
    match aborted {
        Some(failed) => Named::new(AnomalyKind::AbortedRead, read, vec![failed]),
        None => Named::new(AnomalyKind::ThinAirRead, read, Vec::new()),
    }
}

/// The first operation on the key that would have written what a read saw, but certainly did not.
fn failed_writer(case: &Case<'_>, read: &Interval) -> Option<OpId> {
    let subject = case.subject;
    let saw = match subject.access(read) {
        Access::Read(Some(value)) | Access::Cas { from: value, swapped: Some(true), .. } => value,
        _ => return None,
    };
    let key = subject.key(read);
    let failed = subject.failed_writer(saw, |operation| subject.key(operation) == key);
    failed.map(|failed| failed.id)
}
