//! The sentences of sequences and locks.

use super::Case;
use crate::name::unasked;
use testimony_model::Atom;
use testimony_verdict::AnomalyKind;

/// The sentence of a name that sequences or locks have; `None` for other names.
pub(crate) fn sentence(case: &Case<'_, '_>) -> Option<String> {
    let words = &case.words;
    let culprit = &words.get(case.named.culprit);
    let (who, label) = (words.client(culprit), words.label(culprit));
    let first = case.named.against.first().map(|&at| words.get(at));
    let first = first.as_ref();
    let other = |first| format!("{} ({})", words.client(first), words.label(first));
    let sentence = match (case.named.kind, first) {
        (AnomalyKind::DuplicatePosition, Some(first)) => format!(
            "{} was answered{}, and so was {who} ({label}){}: one position went to both.",
            other(first),
            words.returned(first),
            words.returned(culprit),
        ),
        (AnomalyKind::ReorderedPosition, Some(first)) => format!(
            "{who} ({label}){} was given an earlier position than {}, which had its answer{}, \
             {}before.",
            words.called(culprit),
            other(first),
            words.returned(first),
            words.between(first, culprit),
        ),
        (AnomalyKind::StaleEnd, Some(first)) => format!(
            "{who} ({label}){} saw the end before the position of {}, which had its answer{}, \
             {}before.",
            words.called(culprit),
            other(first),
            words.returned(first),
            words.between(first, culprit),
        ),
        (AnomalyKind::LostPosition, _) => format!(
            "{who} ({label}) had its answer{}, but a position before it cannot have been taken by \
             then: too few operations had been called that may have taken one.",
            words.returned(culprit),
        ),
        (AnomalyKind::UnexpectedEffect, _) => {
            let entry = match unasked(case.whole, culprit) {
                Some(Atom::Int(entry)) => entry.to_string(),
                Some(Atom::Text(entry)) => format!("{entry:?}"),
                Some(Atom::Nil) | None => "an entry".to_owned(),
            };
            format!(
                "{who} ({label}) had its answer{}, but {entry} is there, and no append of it that may \
                 have happened had been called by then.",
                words.returned(culprit),
            )
        }
        (AnomalyKind::TokenRegression, Some(first)) => format!(
            "{who} ({label}){} was granted a token that is not above that of {}, granted{}.",
            words.called(culprit),
            other(first),
            words.returned(first),
        ),
        (AnomalyKind::DoubleLock, Some(_)) => {
            let others = case.named.against.iter().map(|&at| words.numbered(&words.get(at)));
            format!(
                "{who} was granted the lock ({label}){}, although somebody held it then: that \
                 follows from {}.",
                words.returned(culprit),
                others.collect::<Vec<_>>().join(", "),
            )
        }
        (AnomalyKind::StrayRelease, _) => format!(
            "{who} gave the lock back ({label}){}, but its owner cannot have held it then.",
            words.returned(culprit),
        ),
        _ => return None,
    };
    Some(sentence)
}
