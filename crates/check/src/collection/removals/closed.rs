//! The times that are closed for what stays in a stack: between each put that went and its take.

use super::moment::Moment;

/// From when to when it is closed.
#[derive(Clone, Copy)]
struct Span {
    start: Moment,
    end: Moment,
}

/// Closed spans that do not overlap, rising. Their ends are open: right before a put, and right after
/// its take, others may be put in.
#[derive(Default)]
pub(super) struct Closed {
    spans: Vec<Span>,
    /// What was done, for taking it back.
    done: Vec<Done>,
}

enum Done {
    Added,
    Swallowed(Span),
}

impl Closed {
    /// The latest moment up to this one that is not closed.
    pub(super) fn latest(&self, moment: Moment) -> Moment {
        let place = self.spans.partition_point(|span| span.start < moment);
        match place.checked_sub(1).map(|place| self.spans[place]) {
            Some(span) if moment < span.end => span.start,
            _ => moment,
        }
    }

    /// Closes the time from a moment that is not closed up to now, after which nothing is.
    pub(super) fn close(&mut self, from: Moment, now: Moment) {
        if from >= now {
            return;
        }
        while let Some(span) = self.spans.pop_if(|span| span.start >= from) {
            self.done.push(Done::Swallowed(span));
        }
        let span = Span { start: from, end: now };
        self.spans.push(span);
        self.done.push(Done::Added);
    }

    pub(super) fn mark(&self) -> usize {
        self.done.len()
    }

    /// Takes back what was done since a mark.
    pub(super) fn go_back(&mut self, mark: usize) {
        while self.done.len() > mark {
            match self.done.pop() {
                Some(Done::Added) => drop(self.spans.pop()),
                Some(Done::Swallowed(span)) => {
                    self.spans.push(span);
                }
                None => {}
            }
        }
    }
}
