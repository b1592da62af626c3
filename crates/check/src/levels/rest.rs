//! Eventual convergence: at rest, everybody reads the same.
//!
//! A key is at rest after the faults have ended and every answered write of it has returned. From
//! then on only writes without an answer can still change it. So there must be one value such that
//! every read at rest answers it, or the value of such a write.

use super::story::{Saw, Story};
use std::collections::BTreeSet;
use testimony_history::Rank;

/// What the reads at rest say.
pub(crate) enum Rest {
    /// They agree.
    Agree,
    /// These two do not.
    Differ(usize, usize),
    /// No key was read twice at rest.
    Unread,
}

/// Compares the reads of each key at rest. O(n log n).
pub(crate) fn rest(story: &Story, quiet_from: Rank) -> Rest {
    let mut compared = false;
    for key in 0..story.keys.len() {
        let writes: Vec<usize> = story
            .writes_by_session(key)
            .iter()
            .flat_map(|(_, writes)| writes.iter().copied())
            .collect();
        let certain = writes.iter().filter(|&&at| story.acts[at].certain);
        let last = certain.map(|&at| story.acts[at].ret).max();
        let from = quiet_from.max(last.unwrap_or(Rank(0)));
        let open = writes.iter().filter(|&&at| !story.acts[at].certain);
        let may_come: BTreeSet<usize> = open.filter_map(|&at| story.acts[at].wrote).collect();
        let mut first: Option<(usize, usize)> = None;
        let mut read_before = false;
        for read in story.reads() {
            let act = &story.acts[read];
            let Some(Saw::Value(value)) = act.saw.filter(|_| act.key == key && act.call > from)
            else {
                continue;
            };
            compared |= std::mem::replace(&mut read_before, true);
            match first {
                None if may_come.contains(&value) => {}
                None => first = Some((read, value)),
                Some((before, known)) => {
                    if value != known && !may_come.contains(&value) {
                        return Rest::Differ(before, read);
                    }
                }
            }
        }
    }
    if compared { Rest::Agree } else { Rest::Unread }
}
