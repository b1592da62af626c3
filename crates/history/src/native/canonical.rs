//! The fast path of the reader: event lines exactly as our writer writes them.
//!
//! Most lines of most files are in canonical form, and for those a parser of all of JSON is several
//! times too much. This one may decline any line, and what it accepts is what the reference (serde
//! and serde_json, in `reader`) gives for the same line; a differential test holds it to that.

use crate::plain::{split_number, split_text, split_value};
use crate::{EventKind, Process, RawEvent, Who};
use std::borrow::Cow;

/// Reads a line in canonical form: fixed order of keys, no blanks, no escapes, plain values.
pub(super) fn read(text: &str, line: u32) -> Option<RawEvent<'_>> {
    let mut rest = text.strip_prefix('{')?;
    let mut index = None;
    if let Some(after) = rest.strip_prefix("\"index\":") {
        let (number, after) = split_number(after)?;
        index = Some(u32::try_from(number).ok()?);
        rest = after.strip_prefix(',')?;
    }
    let (time_ns, rest) = split_number(rest.strip_prefix("\"time\":")?)?;
    let (who, rest) = who(rest.strip_prefix(",\"process\":")?)?;
    let (kind, rest) = split_text(rest.strip_prefix(",\"type\":")?)?;
    let kind = EventKind::named(kind)?;
    let (f, rest) = split_text(rest.strip_prefix(",\"f\":")?)?;
    let (value, mut rest) = split_value(rest.strip_prefix(",\"value\":")?)?;
    let (mut ret, mut error) = (None, None);
    if let Some(after) = rest.strip_prefix(",\"ret\":") {
        let (value, after) = split_value(after)?;
        // The reference takes a `null` there as nothing.
        ret = Some(value).filter(|value| *value != "null");
        rest = after;
    }
    if let Some(after) = rest.strip_prefix(",\"error\":") {
        let (text, after) = split_text(after)?;
        error = Some(text);
        rest = after;
    }
    if rest != "}" {
        return None;
    }
    Some(RawEvent {
        line,
        index,
        time_ns,
        who,
        kind,
        f: Cow::Borrowed(f),
        value: Cow::Borrowed(value),
        ret: ret.map(Cow::Borrowed),
        error: error.map(Cow::Borrowed),
    })
}

fn who(text: &str) -> Option<(Who<'_>, &str)> {
    if text.starts_with('"') {
        let (name, rest) = split_text(text)?;
        let is_nemesis = name == "nemesis";
        return Some((if is_nemesis { Who::Nemesis } else { Who::Node(name.into()) }, rest));
    }
    let (id, rest) = split_number(text)?;
    Some((Who::Client(Process(u32::try_from(id).ok()?)), rest))
}
