//! Decides a level that is about what each read saw: polynomial where that is known, and a search
//! for what they may have seen where values repeat.
//!
//! The search assigns one read after the other and asks the polynomial question each time: reads
//! that are not assigned yet constrain nothing, so a contradiction among the assigned ones stays one.

use super::explained::{Explained, OPEN};
use super::story::{BEGINNING, Story};
use super::{Clash, converge, session, views};
use crate::budget::{Meter, Spent};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use testimony_history::OpId;
use testimony_verdict::{Level, Progress, Views};

/// What was decided.
pub(crate) enum Decided {
    Holds(Views),
    Breaks(Clash),
}

/// Whether what reads of other sessions saw matters to a session.
fn is_joint(level: Level) -> bool {
    matches!(level, Level::CausalMemory | Level::CausalConvergence | Level::WritesFollowReads)
}

/// Decides causal memory, causal convergence, PRAM or a session guarantee.
pub(crate) fn decide(story: &Story, level: Level, meter: &mut Meter<'_>) -> Result<Decided, Spent> {
    let mut saw = vec![OPEN; story.acts.len()];
    let mut open: Vec<(usize, Vec<usize>)> = Vec::new();
    for read in story.reads() {
        let mut candidates = story.candidates(read);
        match candidates.as_slice() {
            [] => return Ok(Decided::Breaks(Clash(read))),
            [only] => saw[read] = *only,
            _ => {
                meter.step(candidates.len() as u64)?;
                likeliest_first(story, read, &mut candidates);
                open.push((read, candidates));
            }
        }
    }
    if !is_joint(level) {
        open.sort_by_key(|(read, _)| (story.acts[*read].session, *read));
    }
    let mut course = Course { open: open.len(), assigned: 0, choices: 0 };
    course.tell(meter, None);
    let mut proof = Views::default();
    let scopes: Vec<Option<usize>> = match is_joint(level) {
        true => vec![None],
        false => (0..story.sessions.len()).map(Some).collect(),
    };
    for scope in scopes {
        let of_scope = match scope {
            None => open.as_slice(),
            Some(of) => {
                if !story.sessions[of].iter().any(|&at| story.acts[at].saw.is_some()) {
                    continue;
                }
                let start = open.partition_point(|(read, _)| story.acts[*read].session < of);
                let end = open.partition_point(|(read, _)| story.acts[*read].session <= of);
                &open[start..end]
            }
        };
        match assign(story, (level, scope), of_scope, &mut saw, (&mut course, meter))? {
            Ok(orders) => {
                let ids = |order: Vec<usize>| order.iter().map(|&at| story.acts[at].id).collect();
                for (of, order) in orders {
                    match of {
                        None => proof.common = ids(order),
                        Some(of) => {
                            proof.own.insert(story.processes[of], ids(order));
                        }
                    }
                }
            }
            Err(clash) => return Ok(Decided::Breaks(clash)),
        }
    }
    proof.saw = seen(story, &saw);
    Ok(Decided::Holds(proof))
}

/// What each read saw, by ids.
pub(crate) fn seen(story: &Story, saw: &[usize]) -> BTreeMap<OpId, Option<OpId>> {
    let known = story.reads().filter(|&read| saw[read] != OPEN);
    let id = |at: usize| (at != BEGINNING).then(|| story.acts[at].id);
    known.map(|read| (story.acts[read].id, id(saw[read]))).collect()
}

/// The write called last before the read returned is the likeliest.
fn likeliest_first(story: &Story, read: usize, candidates: &mut [usize]) {
    let end = story.acts[read].ret;
    candidates.sort_by_key(|&at| {
        let act = (at != BEGINNING).then(|| &story.acts[at]);
        let late = act.is_some_and(|act| act.call > end);
        (late, Reverse(act.map(|act| act.call)), at)
    });
}

/// How far the search for what reads saw has come.
struct Course {
    open: usize,
    assigned: usize,
    choices: u64,
}

impl Course {
    fn tell(&self, meter: &mut Meter<'_>, reached: Option<OpId>) {
        let Course { open, assigned, choices } = *self;
        meter.got(Progress::Saturation { open, assigned, choices }, reached);
    }
}

/// Orders for sessions; `None` stands for every session.
type Orders = Vec<(Option<usize>, Vec<usize>)>;

/// Assigns what the open reads saw so that the level holds.
fn assign(
    story: &Story,
    (level, scope): (Level, Option<usize>),
    open: &[(usize, Vec<usize>)],
    saw: &mut [usize],
    (course, meter): (&mut Course, &mut Meter<'_>),
) -> Result<Result<Orders, Clash>, Spent> {
    let first = match check(story, level, scope, saw, meter)? {
        Err(clash) => return Ok(Err(clash)),
        Ok(orders) if open.is_empty() => return Ok(Ok(orders)),
        Ok(_) => Clash(open[0].0),
    };
    open.iter().for_each(|(read, candidates)| saw[*read] = candidates[0]);
    if let Ok(orders) = check(story, level, scope, saw, meter)? {
        return Ok(Ok(orders));
    }
    open.iter().for_each(|(read, _)| saw[*read] = OPEN);
    // For each read assigned so far how many of its candidates were tried.
    let mut tried: Vec<usize> = vec![0];
    while let Some(depth) = tried.len().checked_sub(1) {
        let (read, candidates) = &open[depth];
        let Some(&candidate) = candidates.get(tried[depth]) else {
            saw[*read] = OPEN;
            tried.pop();
            continue;
        };
        tried[depth] += 1;
        course.choices += 1;
        if tried.len() > course.assigned {
            course.assigned = tried.len();
        }
        course.tell(meter, Some(story.acts[*read].id));
        saw[*read] = candidate;
        if let Ok(orders) = check(story, level, scope, saw, meter)? {
            if tried.len() == open.len() {
                return Ok(Ok(orders));
            }
            tried.push(0);
        }
    }
    Ok(Err(first))
}

/// The polynomial question: does the level hold with what these reads saw?
fn check(
    story: &Story,
    level: Level,
    scope: Option<usize>,
    saw: &[usize],
    meter: &mut Meter<'_>,
) -> Result<Result<Orders, Clash>, Spent> {
    let explained = Explained::new(story, saw, scope);
    meter.step(scope.map_or(story.acts.len(), |of| story.sessions[of].len()) as u64)?;
    if level == Level::CausalConvergence {
        let order = converge::arbitration(&explained, meter)?;
        return Ok(order.map(|order| vec![(None, order)]));
    }
    let sessions = match scope {
        Some(session) => session..session + 1,
        None => 0..story.sessions.len(),
    };
    let mut orders = Vec::new();
    for of in sessions {
        if !story.sessions[of].iter().any(|&at| explained.source(at).is_some()) {
            continue;
        }
        let order = match level {
            Level::Pram => views::view(&explained, of, false, meter)?,
            Level::CausalMemory => views::view(&explained, of, true, meter)?,
            _ => session::versions(&explained, of, level, meter)?,
        };
        match order {
            Ok(order) => orders.push((Some(of), order)),
            Err(clash) => return Ok(Err(clash)),
        }
    }
    Ok(Ok(orders))
}
