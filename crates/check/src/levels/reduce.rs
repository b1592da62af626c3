//! From a story that has no explanation to the few operations that contradict each other.
//!
//! As in the reduction for linearizability, operations are *relaxed*, not removed: a write that is
//! not required may have happened at its place in its session or not, a read is dropped. Writes that
//! no required read could have seen are left out: taking a write that nobody saw out of every order
//! leaves an explanation one. So "these contradict each other" only ever becomes truer when more is
//! required, and a minimal set is found by looking for the shortest contradictory beginning of a
//! list of candidates, keeping its last one, and again.

use super::story::Story;

/// So many probes may run out of their budget before a core is left as large as it is.
const EXHAUSTED_MAX: usize = 8;

/// Places that contradict each other when they are required, minimal unless the probe gave up;
/// those close to the place where the contradiction was noticed are tried first.
///
/// `consistent` says whether these, required, have an explanation; `None` when it gave up.
pub(crate) fn reduce(
    story: &Story,
    noticed: usize,
    consistent: &mut dyn FnMut(&[usize]) -> Option<bool>,
) -> Vec<usize> {
    let mut candidates: Vec<usize> =
        (0..story.acts.len()).filter(|&at| story.acts[at].certain).collect();
    candidates.sort_by_key(|&at| (at.abs_diff(noticed), at));
    let mut kept: Vec<usize> = Vec::new();
    let mut exhausted = 0;
    let mut contradict = |required: &[usize], exhausted: &mut usize| {
        let answer = consistent(required);
        *exhausted += usize::from(answer.is_none());
        answer == Some(false)
    };
    while !candidates.is_empty() {
        let (mut short, mut enough, mut stride) = (0, candidates.len(), 1);
        while short + 1 < enough {
            if exhausted > EXHAUSTED_MAX {
                kept.extend(&candidates[..enough]);
                kept.sort_unstable();
                return kept;
            }
            let tried = short + stride.min((enough - short) / 2);
            if contradict(&[kept.as_slice(), &candidates[..tried]].concat(), &mut exhausted) {
                enough = tried;
            } else {
                short = tried;
            }
            stride *= 2;
        }
        kept.push(candidates[enough - 1]);
        candidates.truncate(enough - 1);
        if contradict(&kept, &mut exhausted) {
            break;
        }
    }
    kept.sort_unstable();
    kept
}
