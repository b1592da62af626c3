//! The numbered steps of a contradiction.

use super::Case;
use super::exhaust::Exhausted;
use crate::core::Reduced;
use crate::graph::{Arrow, Circle};
use crate::part::Part;
use testimony_verdict::{AnomalyKind, Edge, EdgeKind, Reason};

/// Steps that are told; a longer proof is cut with a note.
const STEPS_MAX: usize = 16;

fn told(text: String) -> Reason {
    Reason { text, edge: None }
}

/// The operation that a circle is about: the last one in it that saw a value.
pub(crate) fn conclusion(part: &Part<'_>, core: &Reduced, circle: &Circle) -> Option<usize> {
    let readers = circle.steps.iter().filter_map(|step| match step.kind {
        EdgeKind::ReadsFrom => Some(step.after),
        _ => step.reader,
    });
    // Of an optional one nothing is known to be impossible.
    let readers = readers.filter(|reader| core.required.binary_search(reader).is_ok());
    readers.max_by_key(|&at| (part.operations[at].call, at))
}

/// A circle, told in the order in which its arrows follow from each other.
pub(crate) fn of_circle(case: &Case<'_, '_>, circle: &Circle) -> Vec<Reason> {
    let last = circle.steps.len() - 1;
    let mut why = Vec::new();
    for (number, step) in circle.steps.iter().enumerate() {
        let mut text = arrow(case, step);
        if number == last {
            let others: Vec<usize> =
                circle.circle.iter().copied().filter(|&other| other != last).collect();
            match others.as_slice() {
                [] => text.push_str(": that is impossible"),
                [other] => text.push_str(&format!(": that contradicts {}", other + 1)),
                others => text.push_str(&format!(": with {} that closes a circle", list(others))),
            }
            text.push('.');
        }
        let id = |at: usize| case.part.operations[at].id;
        let edge = Edge { before: id(step.before), after: id(step.after), kind: step.kind };
        why.push(Reason { text, edge: Some(edge) });
    }
    if why.len() > STEPS_MAX {
        let cut = why.len() - STEPS_MAX;
        let end = why.pop();
        why.truncate(STEPS_MAX - 1);
        why.push(told(format!("({cut} steps of the same kind follow)")));
        why.extend(end);
    }
    why
}

fn arrow(case: &Case<'_, '_>, step: &Arrow) -> String {
    let numbered = |at: usize| case.words.numbered(&case.words.get(at));
    let (before, after) = (numbered(step.before), numbered(step.after));
    match step.kind {
        EdgeKind::RealTime => format!("{before} must come before {after}: it returned first"),
        EdgeKind::Session => format!("{before} came before {after} in its session"),
        EdgeKind::ReadsFrom => format!("{after} needs the value of {before}"),
        EdgeKind::Overwritten if step.follows_from.is_empty() => {
            format!("{before} saw what was there before any write, so it must come before {after}")
        }
        EdgeKind::Overwritten => {
            let shows = match case.words.writes(&case.words.get(step.after)) {
                true => "which replaces that value",
                false => "which found another value",
            };
            format!("so {before} must come before {after}, {shows}")
        }
        EdgeKind::WriteOrder => match step.reader {
            Some(reader) => format!(
                "so {before} must come before {after}, or {} would have seen another value",
                case.part.operations[reader].id
            ),
            None => format!("so {before} must come before {after}"),
        },
    }
}

fn list(steps: &[usize]) -> String {
    let numbers: Vec<String> = steps.iter().map(|step| (step + 1).to_string()).collect();
    match numbers.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// By exhaustion: how far an order gets, and what the model says then.
pub(crate) fn of_exhausted(case: &Case<'_, '_>, exhausted: &Exhausted) -> Vec<Reason> {
    let numbered = |at: usize| case.words.numbered(&case.words.get(at));
    let order: Vec<String> = exhausted.order.iter().map(|&at| numbered(at)).collect();
    let stuck = numbered(exhausted.stuck);
    let mut why = Vec::new();
    let found =
        if exhausted.complete { "no order gets further than" } else { "an order that gets far is" };
    if order.is_empty() {
        why.push(told(format!("at the beginning the state is {}", exhausted.state)));
    } else {
        why.push(told(format!("{found} {}", order.join(", "))));
        why.push(told(format!("that leads to the state {}", exhausted.state)));
    }
    why.push(told(format!("there {stuck} is impossible: {}", exhausted.refusal)));
    let open: Vec<usize> =
        case.core.optional.iter().copied().filter(|at| !exhausted.order.contains(at)).collect();
    if exhausted.complete && !open.is_empty() && open.len() <= 6 {
        let open: Vec<String> = open.into_iter().map(numbered).collect();
        why.push(told(format!("nothing that may have happened helps: {}", open.join(", "))));
    }
    why
}

/// By the name alone, where an answer is impossible whatever the order.
pub(crate) fn of_name(case: &Case<'_, '_>) -> Vec<Reason> {
    let words = &case.words;
    let read = &words.get(case.named.culprit);
    let needs = told(format!("{} needs a write of {}", words.numbered(read), words.seen(read)));
    let why = match (case.named.kind, &case.named.beside) {
        (AnomalyKind::FutureRead, Some(write)) => {
            let edge = Edge { before: read.id, after: write.id, kind: EdgeKind::RealTime };
            let text = format!(
                "the first one is {}, and it was called only after {} had returned.",
                words.numbered(write),
                read.id
            );
            Reason { text, edge: Some(edge) }
        }
        (AnomalyKind::AbortedRead, Some(write)) => told(format!(
            "the only one is {}, and that certainly had no effect.",
            words.numbered(write)
        )),
        (AnomalyKind::ThinAirRead, _) => told("the history has none.".to_owned()),
        _ => {
            return vec![told(format!(
                "no order of these {} operations explains every answer; they are too many to tell \
                 the reason step by step.",
                case.core.required.len()
            ))];
        }
    };
    vec![needs, why]
}
