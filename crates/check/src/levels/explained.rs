//! A story together with what each read saw: the question that is polynomial.

use super::story::{BEGINNING, Story};

/// What an operation saw is not known (yet), or it saw nothing.
pub(crate) const OPEN: usize = usize::MAX - 1;

/// A story in which reads name what they saw. Reads that do not (yet) constrain nothing.
pub(crate) struct Explained<'s> {
    pub(crate) story: &'s Story,
    /// For each place the place of the write that it saw, [`BEGINNING`] or [`OPEN`].
    saw: &'s [usize],
    /// Whether it took effect: certainly, or because a read that counts saw it.
    pub(crate) there: Vec<bool>,
}

impl<'s> Explained<'s> {
    /// Only the reads of one session count, where one is given.
    pub(crate) fn new(story: &'s Story, saw: &'s [usize], session: Option<usize>) -> Self {
        let mut there: Vec<bool> = story.acts.iter().map(|act| act.certain).collect();
        for (at, &source) in saw.iter().enumerate() {
            let counts = session.is_none_or(|session| story.acts[at].session == session);
            if counts && source < there.len() {
                there[source] = true;
            }
        }
        Explained { story, saw, there }
    }

    /// What this place saw, where it is known: the place of a write, or [`BEGINNING`].
    pub(crate) fn source(&self, at: usize) -> Option<usize> {
        Some(self.saw[at]).filter(|&source| source != OPEN)
    }

    /// An arrow from each write to each of these reads that saw it.
    pub(crate) fn reads_from(&self, counts: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
        let arrow = |read: usize| Some((self.source(read)?, read));
        let arrows = self.story.reads().filter(|&read| counts(read)).filter_map(arrow);
        arrows.filter(|&(source, _)| source != BEGINNING).collect()
    }
}
