//! Sentences about sets, queues, stacks and priority queues.

use super::Case;
use testimony_verdict::AnomalyKind;

/// A sentence, for the names that belong to collections.
pub(crate) fn sentence(case: &Case<'_, '_>) -> Option<String> {
    let words = &case.words;
    let culprit = &words.get(case.named.culprit);
    let did = |at: usize| words.did(&words.get(at));
    let returned = |at: usize| words.did_by(&words.get(at));
    let subject = words.did_from(culprit);
    let against = case.named.against.as_slice();
    let first = against.first().copied();
    Some(match (case.named.kind, first) {
        (AnomalyKind::ThinAirElement, _) => {
            format!("{subject} answers a value that no operation ever put in.")
        }
        (AnomalyKind::FutureElement, Some(put)) => format!(
            "{} had its answer before {}, the first that puts that value in, was called{}.",
            returned(case.named.culprit),
            did(put),
            words.called(&words.get(put)),
        ),
        (AnomalyKind::DuplicateElement, None) => {
            format!("{subject} shows an element twice, and a set has each once.")
        }
        (AnomalyKind::DuplicateElement, Some(_)) => {
            let others: Vec<String> = against.iter().map(|&at| returned(at)).collect();
            format!(
                "{subject} took what was taken before, and it was put in only {}: {}.",
                times(against.len()),
                others.join(", ")
            )
        }
        (AnomalyKind::ResurrectedElement, Some(take)) => format!(
            "{subject} saw a value that was gone: {} had taken it out {}before, and nobody put it in \
             again.",
            returned(take),
            words.between(&words.get(take), culprit),
        ),
        (AnomalyKind::IncomparableReads, Some(other)) => format!(
            "{subject} and {} each lack an element of the other, although nothing was removed.",
            returned(other)
        ),
        (AnomalyKind::FalseEmpty, Some(_)) => {
            let there: Vec<String> = against.iter().map(|&at| returned(at)).collect();
            format!(
                "{subject} found nothing, although something was there all the time: {}.",
                there.join(", ")
            )
        }
        (AnomalyKind::LostElement, Some(put)) => format!(
            "{subject} is only possible when what {} put in is gone, but nobody took it.",
            returned(put)
        ),
        (AnomalyKind::ReorderedElement, Some(put)) => {
            format!("{subject} overtook {}: that came first, and was still there.", returned(put))
        }
        (AnomalyKind::StackOrder, Some(put)) => {
            format!("{subject} found what lay below {}, which was still there.", returned(put))
        }
        (AnomalyKind::PriorityOrder, Some(put)) => {
            format!("{subject} found a lesser value than {}, which was still there.", returned(put))
        }
        (AnomalyKind::MissingElement, Some(add)) => format!(
            "{subject} does not know of {}, {}before, and nothing removed it.",
            returned(add),
            words.between(&words.get(add), culprit),
        ),
        _ => return None,
    })
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        _ => format!("{count} times"),
    }
}
