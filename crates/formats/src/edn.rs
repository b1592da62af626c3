//! Jepsen's EDN: operation maps, one after another or in one vector.
//!
//! The file is first split into its top-level forms (`forms`), so that each operation has its line,
//! a broken one does not hide the next, and no form is nested deeper than a limit before
//! `clojure-reader` sees it. Values are translated to JSON text (`translate`).

pub(crate) mod forms;
pub(crate) mod translate;

use clojure_reader::edn::Edn;
use forms::{Form, Forms};
use std::borrow::Cow;
use testimony_history::native::LINE_BYTES_MAX;
use testimony_history::{Event, EventKind, Problems, Process, RawEvent, Who};

/// Tells the events of an EDN history.
pub(crate) fn each(
    bytes: &[u8],
    sink: &mut dyn FnMut(RawEvent<'_>),
    problems: &mut Problems,
    notes: &mut Vec<String>,
) {
    let Some(text) = crate::lines::text_of(bytes, problems) else { return };
    let mut seen = false;
    for form in Forms::of_history(text) {
        seen = true;
        match form {
            Form::Whole { line, text } => match read_form(line, text, read_event) {
                Ok(event) => sink(event),
                Err(what) => problems.push(line, what),
            },
            Form::Cut { bytes } => notes.push(format!("cut last form, {bytes} bytes ignored")),
            Form::Broken { line, what } => problems.push(line, what),
        }
        if problems.is_hopeless() {
            break;
        }
    }
    if !seen {
        problems.push(0, "the file is empty: expected operation maps");
    }
}

/// Reads one form and gives its fields to `make`.
pub(crate) fn read_form(
    line: u32,
    text: &str,
    make: impl FnOnce(u32, Fields<'_>) -> Result<Event, String>,
) -> Result<Event, String> {
    if text.len() > LINE_BYTES_MAX {
        return Err(format!("{} bytes long: at most {LINE_BYTES_MAX}", text.len()));
    }
    let (form, _) = clojure_reader::edn::read(text).map_err(|error| said(&error))?;
    // Jepsen prints records with a tag before their map.
    let map = match &form {
        Edn::Tagged(_, inner) => inner,
        form => form,
    };
    match map {
        Edn::Map(_) => make(line, Fields(map)),
        other => Err(format!("expected an operation map, found {}", short(other))),
    }
}

/// The fields of an operation map.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'m>(pub(crate) &'m Edn<'m>);

impl<'m> Fields<'m> {
    /// The value of `:name`. `nil` counts as absent.
    pub(crate) fn get(self, name: &str) -> Option<&'m Edn<'m>> {
        let Edn::Map(fields) = self.0 else { return None };
        let found = fields.iter().find(|(key, _)| matches!(key, Edn::Key(key) if key == name));
        found.map(|(_, value)| value).filter(|value| !matches!(value, Edn::Nil))
    }

    fn number<T: TryFrom<i64>>(self, name: &str) -> Result<Option<T>, String> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = match value {
            Edn::Int(number) => T::try_from(*number).ok(),
            _ => None,
        };
        let wrong = || format!(":{name} {}: expected an integer in range", short(value));
        number.map(Some).ok_or_else(wrong)
    }

    /// Whose event it is, and what it says.
    pub(crate) fn who_and_kind(self) -> Result<(Who<'static>, EventKind), String> {
        let who = match self.get("process").ok_or("no :process: expected an integer or :nemesis")? {
            Edn::Key(name) if name == "nemesis" => Who::Nemesis,
            Edn::Int(id) => {
                let id = u32::try_from(*id);
                Who::Client(Process(id.map_err(|_| ":process out of range".to_owned())?))
            }
            other => {
                return Err(format!(":process {}: expected an integer or :nemesis", short(other)));
            }
        };
        let kind = self.get("type").ok_or("no :type: expected :invoke, :ok, :fail or :info")?;
        let known = match kind {
            Edn::Key(name) if name != "observe" => EventKind::named(name),
            _ => None,
        };
        let wrong = || format!(":type {}: expected :invoke, :ok, :fail or :info", short(kind));
        Ok((who, known.ok_or_else(wrong)?))
    }

    /// The name of the operation; empty where the map has none.
    pub(crate) fn f(self) -> Result<String, String> {
        self.get("f").map_or(Ok(String::new()), |f| Ok(translate::words(f)))
    }
}

fn read_event(line: u32, fields: Fields<'_>) -> Result<Event, String> {
    let (who, kind) = fields.who_and_kind()?;
    let value = match fields.get("value") {
        Some(value) => Cow::Owned(translate::json(value)?),
        None => Cow::Borrowed("null"),
    };
    Ok(RawEvent {
        line,
        index: fields.number("index")?,
        // Jepsen's clock may begin a little below zero.
        time_ns: fields.number::<i64>("time")?.map_or(0, |time| time.max(0).unsigned_abs()),
        who,
        kind,
        f: Cow::Owned(fields.f()?),
        value,
        ret: None,
        error: fields.get("error").map(|error| Cow::Owned(translate::words(error))),
    })
}

/// What clojure-reader says, without its positions (which count from the form).
pub(crate) fn said(error: &clojure_reader::error::Error) -> String {
    use clojure_reader::error::Code;
    match &error.code {
        Code::HashMapDuplicateKey => "duplicate key in a map".to_owned(),
        Code::SetDuplicateKey => "duplicate element in a set".to_owned(),
        Code::InvalidNumber => "a number that is unreadable or beyond 64 bits".to_owned(),
        Code::UnexpectedEOF => "ends too early, e.g. a map with a key but no value".to_owned(),
        Code::UnmatchedDelimiter(delimiter) => format!("unmatched `{delimiter}`"),
        other => format!("{other:?}"),
    }
}

/// The beginning of a form, for messages.
pub(crate) fn short(form: &Edn<'_>) -> String {
    let text = form.to_string();
    match text.char_indices().nth(40) {
        Some((cut, _)) => format!("{} ..", &text[..cut]),
        None => text,
    }
}

#[cfg(test)]
mod tests;
