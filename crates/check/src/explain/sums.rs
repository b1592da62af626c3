//! Sums: what must have been there, or can have been, and what was found.

use super::Case;
use crate::sums::Broken;
use testimony_model::Atom;
use testimony_verdict::{AnomalyKind, Edge, EdgeKind, Reason};

/// Amounts that are listed.
const LISTED_MAX: usize = 6;

/// Which number it is, where there are several: ` of "a"`.
fn which(case: &Case<'_, '_>, broken: &Broken) -> String {
    let numbers = case.part.subject.numbers();
    match numbers.get(broken.number).map(|number| number.name) {
        Some(Atom::Text(name)) => format!(" of {name:?}"),
        Some(Atom::Int(name)) => format!(" of {name}"),
        _ if numbers.len() > 1 => " in total".to_owned(),
        _ => String::new(),
    }
}

/// `at least 53 of "a"`.
fn bound(case: &Case<'_, '_>, broken: &Broken) -> String {
    let side = if broken.too_much { "at most" } else { "at least" };
    format!("{side} {}{}", broken.bound(), which(case, broken))
}

/// The sentence of a core that is explained by a sum and has no other name.
pub(crate) fn sentence(case: &Case<'_, '_>) -> Option<String> {
    use AnomalyKind::{MissingAmount, UnexpectedAmount};
    let is_named_so = matches!(case.named.kind, MissingAmount | UnexpectedAmount);
    let broken = case.named.sum.as_ref().filter(|_| is_named_so)?;
    let words = &case.words;
    let from = match broken.base {
        Some(base) => format!("{} left {}", words.did_by(&words.get(base)), broken.left),
        None if broken.always => "it never has less".to_owned(),
        None => format!("it began with {}", broken.left),
    };
    let certain = match broken.certain {
        0 => String::new(),
        sum => format!(", what certainly came after that adds {sum}"),
    };
    let possible = match (broken.possible, broken.too_much) {
        (0, _) => String::new(),
        (sum, false) => format!(", what may have come takes away {} at most", -sum),
        (sum, true) => format!(", what may have come adds {sum} at most"),
    };
    let culprit = &words.get(case.named.culprit);
    let (who, can) = match broken.too_much {
        false => (words.did_from(culprit), "must have been"),
        true => (words.did_by(culprit), "can have been"),
    };
    let (found, bound) = (found(broken), bound(case, broken));
    let start = match broken.found {
        Some(_) => format!("{who} says that {found} was there, but {bound} {can}"),
        None => format!("after {who} there can be {bound}, and there are never less than {found}"),
    };
    Some(format!("{start}: {from}{certain}{possible}."))
}

/// What was found, in words: `53`, `no more than 53`.
fn found(broken: &Broken) -> String {
    match (broken.exact || broken.found.is_none(), broken.too_much) {
        (true, _) => broken.answer.to_string(),
        (false, false) => format!("no more than {}", broken.answer),
        (false, true) => format!("no less than {}", broken.answer),
    }
}

/// What may have come beside the amounts that are certain, in words.
fn others(broken: &Broken) -> String {
    let other = if broken.amounts.is_empty() { "that" } else { "else that" };
    match (broken.possible, broken.too_much) {
        (0, false) => format!("nothing {other} may have come takes anything away"),
        (0, true) => format!("nothing {other} may have come adds anything"),
        (sum, false) => format!("everything {other} may have come takes away {} at most", -sum),
        (sum, true) => format!("everything {other} may have come adds {sum} at most"),
    }
}

/// The steps of a core that is explained by a sum.
pub(crate) fn why(case: &Case<'_, '_>) -> Option<Vec<Reason>> {
    let broken = case.named.sum.as_ref()?;
    let numbered = |at: usize| case.words.numbered(&case.words.get(at));
    let id = |at: usize| case.part.operations[at].id;
    let told = |text: String| Reason { text, edge: None };
    let which = which(case, broken);
    let mut steps = Vec::new();
    match (broken.base, broken.found) {
        (Some(base), found) => {
            let edge = found.map(|found| Edge {
                before: id(base),
                after: id(found),
                kind: EdgeKind::RealTime,
            });
            let text = format!("{} left {}{which}", numbered(base), broken.left);
            let first = found.map(|found| format!(" and returned before {} was called", id(found)));
            steps.push(Reason { text: text + &first.unwrap_or_default(), edge });
        }
        (None, _) if broken.always => {
            steps.push(told(format!("there are never less than {}{which}", broken.left)));
        }
        (None, _) => steps.push(told(format!("at the beginning there is {}{which}", broken.left))),
    }
    if !broken.amounts.is_empty() {
        let listed = broken.amounts.iter().take(LISTED_MAX).map(|&at| numbered(at));
        let mut listed: Vec<String> = listed.collect();
        if broken.amounts.len() > LISTED_MAX {
            listed.push(format!("{} more", broken.amounts.len() - LISTED_MAX));
        }
        steps.push(told(format!(
            "when these came is certain: {}; what came after that adds {}",
            listed.join(", "),
            broken.certain
        )));
    }
    if !broken.always {
        steps.push(told(others(broken)));
    }
    let (found, bound) = (found(broken), bound(case, broken));
    steps.push(told(match broken.found {
        Some(at) => format!("so {bound} was there, but {} found {found}.", numbered(at)),
        None => format!("so {bound} is left, but there are never less than {found}."),
    }));
    Some(steps)
}
