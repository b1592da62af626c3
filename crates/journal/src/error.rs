//! Why a journal cannot be asked.

use testimony_history::OpId;

/// Why a question to a journal has no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum JournalError {
    /// A line is not a message.
    #[error("line {line}: {what}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// The journal was written before messages knew their place among the events.
    #[error(
        "message {0} does not say where it stands among the events of the history: the journal was \
         written by an older version; run the plan again"
    )]
    Older(u32),
    /// A message arrives before it is sent.
    #[error("message {0} arrives before it is sent")]
    Backwards(u32),
    /// There is no such operation.
    #[error("there is no operation {op}{}", near.map(|near| format!("; the nearest is {near}")).unwrap_or_default())]
    NoOperation {
        /// What was asked for.
        op: OpId,
        /// The operation with the nearest id.
        near: Option<OpId>,
    },
}
