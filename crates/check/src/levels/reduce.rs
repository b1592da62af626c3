//! From a story that has no explanation to the few operations that contradict each other.
//!
//! As in the reduction for linearizability, operations are *relaxed*, not removed: a write that is
//! not required may have happened at its place in its session or not, a read is dropped. Writes that
//! no required read could have seen are left out: taking a write that nobody saw out of every order
//! leaves an explanation one. So "these contradict each other" only ever becomes truer when more is
//! required, and a minimal set is found with few questions ([`crate::minimal`]).

use super::story::Story;
use crate::minimal::{minimal, without_each};

/// Places that contradict each other when they are required, minimal as far as the probes can tell;
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
    let mut kept = minimal(candidates, &mut |required| Some(!consistent(required)?));
    kept.sort_unstable();
    kept
}

/// The same, among places that contradict each other already: one after the other is left out.
pub(crate) fn further(
    required: Vec<usize>,
    consistent: &mut dyn FnMut(&[usize]) -> Option<bool>,
) -> Vec<usize> {
    without_each(required, &mut |required| Some(!consistent(required)?))
}
