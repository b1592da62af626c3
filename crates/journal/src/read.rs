//! Reading a journal from its lines.

use crate::JournalError;
use testimony_history::Message;

/// Reads messages, one JSON object a line, as `messages.jsonl.zst` of a run directory has them (when
/// it is unpacked). Blank lines are left out.
///
/// # Errors
///
/// The first line that is not a message.
pub fn read_messages(lines: &str) -> Result<Vec<Message>, JournalError> {
    let lines = lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let read = lines.map(|(at, line)| {
        let error =
            |error: serde_json::Error| JournalError::Line { line: at + 1, what: error.to_string() };
        serde_json::from_str(line).map_err(error)
    });
    read.collect()
}
