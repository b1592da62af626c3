//! The logs in Porcupine's collection of histories, in their two forms.
//!
//! Lines of `jepsen.util` (of a register: process, type, name, value), among any other lines of a
//! log; and maps with `:key` (of a map from strings to strings that are put, appended and got).

mod log;
mod maps;

pub(crate) use log::LOG_MARK;

use testimony_history::{Problems, RawEvent};

/// Tells the events of such a log.
pub(crate) fn each(
    bytes: &[u8],
    sink: &mut dyn FnMut(RawEvent<'_>),
    problems: &mut Problems,
    notes: &mut Vec<String>,
) {
    let Some(text) = crate::lines::text_of(bytes, problems) else { return };
    let (mut events, mut others, before) = (0_usize, 0_usize, problems.count);
    let (mut dropped, mut cut) = (0_usize, None);
    crate::lines::each_line(text, problems, |line, problems| {
        let told = if line.text.trim_start().starts_with('{') {
            maps::read_line(&line)
        } else {
            log::read_line(&line)
        };
        match told {
            Told::Event(event) => {
                events += 1;
                sink(event);
            }
            Told::Dropped => dropped += 1,
            Told::Nothing => others += 1,
            Told::Cut => cut = Some(line.text.len()),
            Told::Problem(what) => problems.push(line.number, what),
        }
    });
    if dropped > 0 {
        notes.push(format!(
            "events left out, because appending an empty text says nothing: {dropped}"
        ));
    }
    if others > 0 {
        notes.push(format!("lines that are no operations: {others}"));
    }
    if let Some(bytes) = cut {
        notes.push(format!("cut last line, {bytes} bytes ignored"));
    }
    if events == 0 && problems.count == before {
        problems.push(0, "no operations: expected lines of jepsen.util or maps with :key");
    }
}

/// What a line tells.
enum Told<'a> {
    Event(RawEvent<'a>),
    /// An operation that constrains nothing and has no equal in our model.
    Dropped,
    /// It is about something else.
    Nothing,
    /// The last line, without its end.
    Cut,
    Problem(String),
}

#[cfg(test)]
mod tests;
