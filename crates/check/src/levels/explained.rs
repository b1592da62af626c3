//! A story together with what each read saw: the question that is polynomial.

use super::story::{BEGINNING, Story};

/// What an operation saw is not known (yet), or it saw nothing.
pub(crate) const OPEN: usize = usize::MAX - 1;

/// A story in which reads name what they saw. Reads that do not (yet) constrain nothing.
pub(crate) struct Explained<'s> {
    pub(crate) story: &'s Story,
    /// For each place the place of the write that it saw, [`BEGINNING`] or [`OPEN`].
    saw: &'s [usize],
    /// Places that nobody answered, but that a read that counts saw. They rise.
    seen: Vec<usize>,
}

impl<'s> Explained<'s> {
    /// Only the reads of one session count, where one is given: then O(k log k) for the `k`
    /// operations of that session.
    pub(crate) fn new(story: &'s Story, saw: &'s [usize], session: Option<usize>) -> Self {
        let unsure = |source: &usize| story.acts.get(*source).is_some_and(|act| !act.certain);
        let mut seen: Vec<usize> = match session {
            None => saw.iter().copied().filter(unsure).collect(),
            Some(session) => {
                story.sessions[session].iter().map(|&at| saw[at]).filter(unsure).collect()
            }
        };
        seen.sort_unstable();
        seen.dedup();
        Explained { story, saw, seen }
    }

    /// Whether it took effect: certainly, or because a read that counts saw it.
    pub(crate) fn is_there(&self, at: usize) -> bool {
        self.story.acts[at].certain || self.seen.binary_search(&at).is_ok()
    }

    /// What this place saw, where it is known: the place of a write, or [`BEGINNING`].
    pub(crate) fn source(&self, at: usize) -> Option<usize> {
        Some(self.saw[at]).filter(|&source| source != OPEN)
    }

    /// The write that this place saw, where it is known and there was one.
    pub(crate) fn write_seen(&self, at: usize) -> Option<usize> {
        self.source(at).filter(|&source| source != BEGINNING)
    }

    /// An arrow from each write to each of these reads that saw it.
    pub(crate) fn reads_from(&self, counts: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
        let arrow = |read: usize| Some((self.write_seen(read)?, read));
        self.story.reads().filter(|&read| counts(read)).filter_map(arrow).collect()
    }
}
