//! `INFO  jepsen.util - 0 :invoke :cas [3 0]`, with tabs or spaces between the words.

use super::Told;
use crate::edn::forms::{Form, Forms};
use crate::edn::{said, translate};
use crate::lines::Line;
use std::borrow::Cow;
use testimony_history::{EventKind, Process, RawEvent, Who};

/// What stands before the operation.
pub(crate) const LOG_MARK: &str = "jepsen.util - ";

/// Reads a line. Lines without the mark, and lines with it that do not begin like an operation (a
/// process and a keyword), are other lines of the log.
pub(super) fn read_line<'a>(line: &Line<'a>) -> Told<'a> {
    let Some((_, rest)) = line.text.split_once(LOG_MARK) else {
        return if line.ended { Told::Nothing } else { Told::Cut };
    };
    let (process, rest) = word(rest);
    let who = match process {
        ":nemesis" => Who::Nemesis,
        _ if process.bytes().all(|byte| byte.is_ascii_digit()) && !process.is_empty() => {
            match process.parse() {
                Ok(id) => Who::Client(Process(id)),
                Err(_) => return Told::Problem(format!("process {process}: out of range")),
            }
        }
        _ => return if line.ended { Told::Nothing } else { Told::Cut },
    };
    let (kind, rest) = word(rest);
    let (f, rest) = word(rest);
    if !kind.starts_with(':') {
        return if line.ended { Told::Nothing } else { Told::Cut };
    }
    // Without a line end, `1` may be the beginning of `12`.
    let ends_itself = |text: &str| text.ends_with([']', '"', '}', ')']) || text.ends_with("nil");
    if !line.ended && !ends_itself(rest.trim_end()) {
        return Told::Cut;
    }
    match read_operation(line.number, who, kind, f, rest) {
        Ok(event) => Told::Event(event),
        // A cut line is told from a wrong one by its missing end.
        Err(_) if !line.ended => Told::Cut,
        Err(what) => Told::Problem(what),
    }
}

fn read_operation<'a>(
    line: u32,
    who: Who<'a>,
    kind: &str,
    f: &'a str,
    rest: &'a str,
) -> Result<RawEvent<'a>, String> {
    let known = kind.strip_prefix(':').and_then(EventKind::named);
    let known = known.filter(|known| *known != EventKind::Observe);
    let wrong = || format!("type {kind}: expected :invoke, :ok, :fail or :info");
    let kind = known.ok_or_else(wrong)?;
    let name = f.strip_prefix(':').filter(|name| !name.is_empty());
    let f = name.ok_or_else(|| format!("operation {f:?}: expected a keyword, e.g. :read"))?;
    let (value, mut error) = read_value(line, rest)?;
    // What stands in the place of the value of an unsuccessful operation is often why: `:timed-out`.
    let is_reason = matches!(kind, EventKind::Fail | EventKind::Info) && value.starts_with('"');
    let value = if is_reason && who != Who::Nemesis {
        let reason = serde_json::from_str::<String>(&value).unwrap_or_default();
        error = error.or(Some(reason));
        Cow::Borrowed("null")
    } else {
        value
    };
    Ok(RawEvent {
        line,
        index: None,
        time_ns: 0,
        who,
        kind,
        f: Cow::Borrowed(f),
        value,
        ret: None,
        error: error.map(Cow::Owned),
    })
}

/// The value, and the error that may stand after it.
fn read_value(line: u32, text: &str) -> Result<(Cow<'_, str>, Option<String>), String> {
    let text = text.trim();
    // The two commonest values need no reading.
    if text == "nil" {
        return Ok((Cow::Borrowed("null"), None));
    }
    if is_small_number(text) {
        return Ok((Cow::Borrowed(text), None));
    }
    let (mut value, mut error) = (None, None);
    for form in Forms::of_line(text, line) {
        let text = match form {
            Form::Whole { text, .. } => text,
            Form::Cut { .. } => return Err(format!("value {text:?}: ends too early")),
            Form::Broken { what, .. } => return Err(format!("value {text:?}: {what}")),
        };
        let (form, _) = clojure_reader::edn::read(text)
            .map_err(|error| format!("value {text:?}: {}", said(&error)))?;
        if value.is_none() {
            value = Some(translate::json(&form)?);
        } else if error.is_none() {
            error = Some(translate::words(&form));
        } else {
            return Err(format!("{text:?} after the value and the error"));
        }
    }
    let value = value.ok_or("no value: expected nil, a number, or a pair like [3 0]")?;
    Ok((Cow::Owned(value), error))
}

/// Whether the text is a number in its JSON form, safely within 64 bits.
fn is_small_number(text: &str) -> bool {
    let digits = text.as_bytes();
    !digits.is_empty()
        && digits.len() <= 18
        && digits.iter().all(u8::is_ascii_digit)
        && (digits[0] != b'0' || digits.len() == 1)
}

/// The first word and what follows it.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    text.split_at(end)
}
