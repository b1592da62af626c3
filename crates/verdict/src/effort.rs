//! What an engine that gave up had done: what was tried, how far it got, what would help.

use std::fmt;
use testimony_history::OpId;

/// What ended the work.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Limit {
    /// The counted steps ran out.
    #[default]
    Steps,
    /// A table did not fit into the bytes: it needed so many more.
    Bytes {
        /// Bytes that the table would have taken beside what was held.
        wanted: usize,
    },
    /// Somebody stopped it.
    Clock,
}

/// Keys that share one budget.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keys {
    /// How many there are.
    pub all: usize,
    /// How many were not decided.
    pub undecided: usize,
    /// Steps that all of them may take together.
    pub steps_max: u64,
}

/// What an engine that gave up had done.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Effort {
    /// What ended it.
    pub limit: Limit,
    /// Steps taken.
    pub steps: u64,
    /// Most bytes that were held at once.
    pub bytes: usize,
    /// Bytes that were allowed.
    pub bytes_max: usize,
    /// Steps for which linearizability was tried first, where that would have decided.
    pub linearizable_first: Option<u64>,
    /// The last operation up to which everything was explained.
    pub reached: Option<OpId>,
    /// The key that was being judged.
    pub key: Option<String>,
    /// The keys that shared the budget, where there were several.
    pub keys: Option<Keys>,
    /// How far the engine got; `None` where it had not begun.
    pub progress: Option<Progress>,
}

/// How far an engine got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// The general search.
    Search {
        /// Answers up to which some order was found.
        passed: usize,
        /// Answers of the part that was searched.
        answers: usize,
        /// Most operations that waited for their answers at once.
        pending_max: usize,
        /// Kinds of operations without an answer that may or may not have taken effect.
        optional_kinds: usize,
        /// Configurations that were met in the last walk.
        configurations: usize,
    },
    /// The walk over what was taken from a queue, a stack or a priority queue, in the order in which it
    /// may have gone.
    Removals {
        /// Takes, peeks and answers that nothing was there that were explained at most.
        passed: usize,
        /// All of them.
        answers: usize,
        /// Ways that were gone in vain.
        failed: usize,
    },
    /// The search for one order that keeps every session.
    Sessions {
        /// Answers that stood in one order at most.
        passed: usize,
        /// All of them.
        answers: usize,
        /// Sessions.
        sessions: usize,
        /// Configurations (how far each session had come, and the value of each key) that were met.
        configurations: usize,
    },
    /// What must come before what, until nothing new follows, for one choice of writes after
    /// another.
    Saturation {
        /// Reads of which several writes may be what they saw.
        open: usize,
        /// How many of them were given a write at once at most.
        assigned: usize,
        /// Choices of writes that were tried.
        choices: u64,
    },
    /// Each read against the writes around it.
    Intervals {
        /// Reads that were judged.
        passed: usize,
        /// All of them.
        reads: usize,
    },
}

impl Progress {
    /// What was tried.
    fn tried(&self) -> &'static str {
        match self {
            Progress::Search { .. } => "depth first and then level by level",
            Progress::Removals { .. } => "what was taken by which take, and then everything",
            Progress::Sessions { .. } => "a search over how far each session has come",
            Progress::Saturation { .. } => "saturation (what must come before what)",
            Progress::Intervals { .. } => "each read against the writes around it",
        }
    }

    /// What would make it easier, beside a larger budget.
    fn helps(&self) -> &'static str {
        match self {
            Progress::Search { .. } => ", values that are written only once, fewer clients",
            Progress::Removals { .. } => ", values that are put in only once, fewer clients",
            Progress::Sessions { .. } => {
                ", values that are written only once, fewer sessions, a weaker level"
            }
            Progress::Saturation { .. } => ", values that are written only once",
            Progress::Intervals { .. } => "",
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Progress::Search { passed, answers, pending_max, optional_kinds, configurations } => {
                write!(
                    f,
                    "{passed} of {answers} answers explained, {configurations} configurations in \
                     the last walk, up to {pending_max} operations open at once"
                )?;
                match optional_kinds {
                    0 => Ok(()),
                    kinds => write!(f, ", {kinds} kinds of operations without an answer"),
                }
            }
            Progress::Removals { passed, answers, failed } => {
                write!(f, "{passed} of {answers} answers explained, {failed} ways led nowhere")
            }
            Progress::Sessions { passed, answers, sessions, configurations } => write!(
                f,
                "{passed} of {answers} answers explained, {configurations} configurations of \
                 {sessions} sessions"
            ),
            Progress::Saturation { open: 0, .. } => {
                f.write_str("it is known which write each read saw")
            }
            Progress::Saturation { open, assigned, choices } => write!(
                f,
                "{assigned} of {open} reads that may have seen several writes given one, \
                 {choices} choices tried"
            ),
            Progress::Intervals { passed, reads } => write!(f, "{passed} of {reads} reads judged"),
        }
    }
}

impl fmt::Display for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} steps and {} bytes", self.steps, self.bytes)?;
        if let Limit::Bytes { wanted } = self.limit {
            write!(f, " (the next table takes {wanted} more, of {} allowed)", self.bytes_max)?;
        }
        if let Some(key) = &self.key {
            write!(f, ", at key {key}")?;
        }
        if let Some(Keys { all, undecided, steps_max }) = self.keys {
            write!(f, " ({all} keys share {steps_max} steps, {undecided} are undecided)")?;
        }
        f.write_str("; tried: ")?;
        if let Some(steps) = self.linearizable_first {
            write!(f, "whether it is linearizable (up to {steps} steps), then ")?;
        }
        match &self.progress {
            None => f.write_str("nothing yet, it ended while the operations were laid out")?,
            Some(progress) => write!(f, "{}: {progress}", progress.tried())?,
        }
        if let Some(id) = self.reached {
            write!(f, ", up to {id}")?;
        }
        let more = match self.limit {
            Limit::Steps => "more steps",
            Limit::Bytes { .. } => "more bytes",
            Limit::Clock => "more time",
        };
        write!(f, "; what helps: {more}{}", self.progress.map_or("", |progress| progress.helps()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Effort, Keys, Limit, Progress};
    use testimony_history::OpId;

    #[test]
    fn it_says_what_was_tried_how_far_it_got_and_what_helps() {
        let (steps, bytes_max) = (5, 1024);
        let keys = Some(Keys { all: 10, undecided: 3, steps_max: 50 });
        let key = Some("x".to_owned());
        let begun = Effort { steps, bytes_max, key, keys, ..Effort::default() };
        assert_eq!(
            begun.to_string(),
            "5 steps and 0 bytes, at key x (10 keys share 50 steps, 3 are undecided); tried: \
             nothing yet, it ended while the operations were laid out; what helps: more steps"
        );
        let limit = Limit::Bytes { wanted: 2048 };
        let table = Effort { limit, key: None, keys: None, ..begun.clone() };
        assert_eq!(
            table.to_string(),
            "5 steps and 0 bytes (the next table takes 2048 more, of 1024 allowed); tried: nothing \
             yet, it ended while the operations were laid out; what helps: more bytes"
        );
        let progress = Progress::Sessions { passed: 4, answers: 9, sessions: 3, configurations: 7 };
        let stopped = Effort {
            limit: Limit::Clock,
            linearizable_first: Some(100),
            reached: Some(OpId(12)),
            progress: Some(progress),
            keys: None,
            key: None,
            ..begun
        };
        assert_eq!(
            stopped.to_string(),
            "5 steps and 0 bytes; tried: whether it is linearizable (up to 100 steps), then a \
             search over how far each session has come: 4 of 9 answers explained, 7 \
             configurations of 3 sessions, up to #12; what helps: more time, values that are \
             written only once, fewer sessions, a weaker level"
        );
    }
}
