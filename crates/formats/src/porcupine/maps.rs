//! `{:process 0, :type :invoke, :f :append, :key "0", :value "x 0 0 y"}`
//!
//! Porcupine's map begins with the empty text under every key. Ours begins with nothing, and what
//! is appended to nothing is appended to the empty text. So the empty text is translated to
//! nothing: a get of `""` reads null, a put of `""` deletes, and appending `""` is left out, for it
//! changes nothing and observes nothing.

use super::Told;
use crate::edn::{Fields, read_form, short, translate};
use crate::lines::Line;
use clojure_reader::edn::Edn;
use std::borrow::Cow;
use testimony_history::{Event, EventKind, RawEvent, Who};

/// Reads a line that begins like a map.
pub(super) fn read_line(line: &Line<'_>) -> Told<'static> {
    use crate::edn::forms::{Form, Forms};
    let mut forms = Forms::of_line(line.text, line.number);
    let text = match forms.next() {
        Some(Form::Whole { text, .. }) => text,
        Some(Form::Broken { what, .. }) => return Told::Problem(what.to_owned()),
        Some(Form::Cut { .. }) | None if !line.ended => return Told::Cut,
        Some(Form::Cut { .. }) | None => return Told::Problem("the map is not closed".to_owned()),
    };
    if forms.next().is_some() {
        return Told::Problem("something after the map: expected one map a line".to_owned());
    }
    let mut says_nothing = false;
    let read = read_form(line.number, text, |line, fields| {
        let event = read_event(line, fields)?;
        says_nothing = is_empty_append(fields);
        Ok(event)
    });
    match read {
        Ok(_) if says_nothing => Told::Dropped,
        Ok(event) => Told::Event(event),
        Err(what) => Told::Problem(what),
    }
}

fn read_event(line: u32, fields: Fields<'_>) -> Result<Event, String> {
    let (who, kind) = fields.who_and_kind()?;
    let error = fields.get("error").map(|error| Cow::Owned(translate::words(error)));
    let name = fields.f()?;
    let (f, value) = if who == Who::Nemesis {
        let value = fields.get("value").map_or(Ok("null".to_owned()), translate::json)?;
        (Cow::Owned(name), value)
    } else {
        let (f, value) = read_operation(&name, kind, fields)?;
        (Cow::Borrowed(f), format!("[{},{value}]", read_key(fields)?))
    };
    Ok(RawEvent {
        line,
        index: None,
        time_ns: 0,
        who,
        kind,
        f,
        value: Cow::Owned(value),
        ret: None,
        error,
    })
}

/// Our name of the operation, and its value.
fn read_operation(
    name: &str,
    kind: EventKind,
    fields: Fields<'_>,
) -> Result<(&'static str, String), String> {
    let value = match fields.get("value") {
        None => None,
        Some(Edn::Str(text)) => Some(text),
        Some(other) => {
            return Err(format!(":value {}: expected a string or nil", short(other)));
        }
    };
    let text = value.filter(|text| !text.is_empty());
    let json = text.map_or("null".to_owned(), |text| {
        let mut json = String::new();
        translate::write_text(&mut json, text);
        json
    });
    let needs_value = kind == EventKind::Invoke || kind == EventKind::Ok;
    match name {
        "get" => Ok(("read", json)),
        "put" | "append" if value.is_none() && needs_value => {
            Err(format!(":{name} needs a :value, a string"))
        }
        "put" if value.is_some() && text.is_none() => Ok(("delete", json)),
        "put" => Ok(("write", json)),
        "append" => Ok(("append", json)),
        _ => Err(format!("unknown operation `{name}`; known: get, put, append")),
    }
}

fn is_empty_append(fields: Fields<'_>) -> bool {
    let is_append = matches!(fields.get("f"), Some(Edn::Key(name)) if name == "append");
    is_append && matches!(fields.get("value"), Some(Edn::Str(text)) if text.is_empty())
}

fn read_key(fields: Fields<'_>) -> Result<String, String> {
    let mut json = String::new();
    match fields.get("key") {
        Some(Edn::Str(key) | Edn::Key(key)) => translate::write_text(&mut json, key),
        Some(Edn::Int(key)) => translate::write_text(&mut json, &key.to_string()),
        Some(other) => return Err(format!(":key {}: expected a string", short(other))),
        None => return Err("no :key: expected a string".to_owned()),
    }
    Ok(json)
}
