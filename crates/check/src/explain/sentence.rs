//! The anomaly in a few words and in a sentence or two.

use super::exhaust::Exhausted;
use super::{Case, collection, sums, wholes};
use testimony_verdict::AnomalyKind;

/// A few words: `stale read of "x"`.
pub(crate) fn headline(case: &Case<'_, '_>) -> String {
    let kind = case.named.kind;
    let joint = match kind {
        AnomalyKind::ThinAirRead | AnomalyKind::FutureRead | AnomalyKind::Contradiction => "on",
        _ => "of",
    };
    match &case.part.key {
        Some(key) => format!("{} {joint} {key:?}", kind.title()),
        None => kind.title().to_owned(),
    }
}

/// One or two sentences with clients, values and times.
pub(crate) fn sentence(case: &Case<'_, '_>, exhausted: Option<&Exhausted>) -> String {
    match (case.named.kind, case.named.against.as_slice()) {
        (AnomalyKind::ThinAirRead | AnomalyKind::AbortedRead | AnomalyKind::FutureRead, _) => {
            without_source(case)
        }
        (AnomalyKind::LostUpdate, others @ [_, ..]) => lost_update(case, others),
        (AnomalyKind::FlickeringRead, &[first, middle]) => flicker(case, first, middle),
        (AnomalyKind::NewOldInversion, &[earlier]) => inversion(case, earlier),
        (AnomalyKind::LostWrite, &[write]) => lost_write(case, write),
        (AnomalyKind::StaleRead, &[write]) => stale(case, write),
        (AnomalyKind::Oversell, _) => oversell(case),
        _ => wholes::sentence(case)
            .or_else(|| sums::sentence(case))
            .or_else(|| collection::sentence(case))
            .or_else(|| super::ordered::sentence(case))
            .unwrap_or_else(|| contradiction(case, exhausted)),
    }
}

fn without_source(case: &Case<'_, '_>) -> String {
    let words = &case.words;
    let read = &words.get(case.named.culprit);
    let who = format!("{} {}", words.client(read), words.saw(read));
    let seen = words.seen(read);
    match &case.named.beside {
        None => format!("{who}{}, but no operation ever wrote {seen}.", words.called(read)),
        Some(write) if case.named.kind == AnomalyKind::AbortedRead => format!(
            "{who}{}, but {} of {}, which would have written {seen}, certainly had no effect, and \
             nobody else wrote it.",
            words.called(read),
            words.numbered(write),
            words.client(write),
        ),
        Some(write) => format!(
            "{who} and had its answer{}, but {seen} was first written by {}{}, {}after that.",
            words.returned(read),
            words.client(write),
            words.called(write),
            words.between(read, write),
        ),
    }
}

fn lost_update(case: &Case<'_, '_>, others: &[usize]) -> String {
    let words = &case.words;
    let swaps = others.iter().chain([&case.named.culprit]).map(|&at| {
        let swap = &words.get(at);
        format!("{} {}{}", words.client(swap), words.saw(swap), words.returned(swap))
    });
    let swaps: Vec<String> = swaps.collect();
    let seen = words.seen(&words.get(case.named.culprit));
    let times = match others.len() {
        1 => "once".to_owned(),
        times => format!("{times} times"),
    };
    format!("{}, but {seen} was there only {times}.", swaps.join(", and "))
}

fn flicker(case: &Case<'_, '_>, first: usize, middle: usize) -> String {
    let words = &case.words;
    let read = |at: usize| {
        let read = &words.get(at);
        (words.client(read), words.saw(read), words.called(read))
    };
    let ((c1, saw1, at1), (c2, saw2, at2)) = (read(first), read(middle));
    let last = &words.get(case.named.culprit);
    format!(
        "{c1} {saw1}{at1}, then {c2} {saw2}{at2}, then {} {} again{}, although {} was there only \
         once.",
        words.client(last),
        words.saw(last),
        words.called(last),
        words.seen(last),
    )
}

fn inversion(case: &Case<'_, '_>, earlier: usize) -> String {
    let words = &case.words;
    let (new, old) = (&words.get(earlier), &words.get(case.named.culprit));
    format!(
        "{} {} and had its answer{}, yet {}, whose {} began {}later{}, saw the older {}.",
        words.client(new),
        words.saw(new),
        words.returned(new),
        words.client(old),
        words.noun(old),
        words.between(new, old),
        words.called(old),
        words.seen(old),
    )
}

fn stale(case: &Case<'_, '_>, write: usize) -> String {
    let words = &case.words;
    let (write, read) = (&words.get(write), &words.get(case.named.culprit));
    format!(
        "{} {}{}, but {} was acknowledged to {}{}, {}before that {} began.",
        words.client(read),
        words.saw(read),
        words.called(read),
        words.written(write),
        words.client(write),
        words.returned(write),
        words.between(write, read),
        words.noun(read),
    )
}

fn lost_write(case: &Case<'_, '_>, write: usize) -> String {
    let words = &case.words;
    let (write, read) = (&words.get(write), &words.get(case.named.culprit));
    format!(
        "{} was acknowledged to {}{} and nothing replaced it, but no read ever saw it: {} {}{}, \
         {}later.",
        words.written(write),
        words.client(write),
        words.returned(write),
        words.client(read),
        words.saw(read),
        words.called(read),
        words.between(write, read),
    )
}

fn oversell(case: &Case<'_, '_>) -> String {
    let words = &case.words;
    let last = &words.get(case.named.culprit);
    let units = |count: i64| match count {
        1 => "1 unit".to_owned(),
        _ => format!("{count} units"),
    };
    let (sold, there) = case.named.units.unwrap_or_default();
    format!(
        "{} {} sold, but at most {} can have been there; the last sale, to {}, was \
         acknowledged{}.",
        units(sold),
        if sold == 1 { "was" } else { "were" },
        units(there),
        words.client(last),
        words.returned(last),
    )
}

fn contradiction(case: &Case<'_, '_>, exhausted: Option<&Exhausted>) -> String {
    let words = &case.words;
    let culprit = &words.get(case.named.culprit);
    let start = match case.core.required.len() {
        1 => format!("no order explains one answer: {}", words.label(culprit)),
        many => format!("no order explains these {many} answers: {}", words.label(culprit)),
    };
    let who =
        format!("{start} of {}{} cannot be placed", words.client(culprit), words.called(culprit));
    match exhausted {
        Some(exhausted) => format!("{who} ({}).", exhausted.refusal),
        None => format!("{who}."),
    }
}
