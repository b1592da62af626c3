//! Reads native histories, line by line, borrowing what it can.

use super::canonical;
use super::lines::{Line, Lines};
use crate::json::Text;
use crate::{EventKind, Events, Header, Problem, Problems, Process, RawEvent, Who};
use serde::de::{IgnoredAny, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::io::BufRead;

/// Longer lines are refused: no event is that long, and a file without line ends must not be read
/// as one line.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// Values may be nested so deep.
pub const NESTING_MAX: usize = 100;

const EMPTY: &str = "the file is empty: expected a header line or an event a line";

/// A native history, read as a stream: one line is in memory at a time.
#[derive(Clone, Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
}

impl<R: BufRead> Reader<R> {
    /// A reader of these bytes (not compressed): a slice or anything buffered.
    pub fn new(input: R) -> Reader<R> {
        Reader { lines: Lines::new(input) }
    }

    /// What is read from.
    pub fn input(&self) -> &R {
        self.lines.input()
    }

    /// The header, where there is one. To be asked before the events are told, which it leaves all
    /// to come.
    ///
    /// # Errors
    ///
    /// When the first line is neither a header (e.g. one of a newer version) nor an event, or there
    /// is no line, or it cannot be read.
    pub fn header(&mut self) -> Result<Option<Header>, Problem> {
        let first = match self.lines.peek() {
            Ok(Some(first)) => first,
            Ok(None) => return Err(Problem { line: 0, what: EMPTY.to_owned() }),
            Err(error) => return Err(Problem { line: 0, what: error.to_string() }),
        };
        match read_header(&first) {
            Some(header) => header.map(Some),
            None => match read_line(&first) {
                Ok(_) | Err(Wrong::Cut) => Ok(None),
                Err(Wrong::Is(what)) => Err(Problem { line: first.number, what }),
            },
        }
    }
}

impl<R: BufRead> Events for Reader<R> {
    fn each(
        &mut self,
        sink: &mut dyn FnMut(RawEvent<'_>),
        problems: &mut Problems,
        notes: &mut Vec<String>,
    ) {
        let mut seen = 0_usize;
        while !problems.is_hopeless() {
            let line = match self.lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(error) => return problems.push(0, error.to_string()),
            };
            seen += 1;
            if seen == 1
                && let Some(header) = read_header(&line)
            {
                if let Err(problem) = header {
                    problems.merge(Problems::one(problem.line, problem.what));
                }
                continue;
            }
            match read_line(&line) {
                Ok(event) => sink(event),
                Err(Wrong::Cut) => {
                    notes.push(format!("cut last line, {} bytes ignored", line.len));
                }
                Err(Wrong::Is(what)) => problems.push(line.number, what),
            }
        }
        if seen == 0 {
            problems.push(0, EMPTY);
        }
    }
}

/// What is in memory can be read again.
impl Events for &Reader<&[u8]> {
    fn each(
        &mut self,
        sink: &mut dyn FnMut(RawEvent<'_>),
        problems: &mut Problems,
        notes: &mut Vec<String>,
    ) {
        Reader::clone(self).each(sink, problems, notes);
    }
}

/// Why a line cannot be read.
enum Wrong {
    /// It is the beginning of a line, and nothing follows it.
    Cut,
    Is(String),
}

/// The keys of an event line. Whatever else is an error that names the key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventLine<'a> {
    #[serde(default)]
    index: Option<u32>,
    #[serde(default)]
    time: u64,
    #[serde(borrow)]
    process: Who<'a>,
    #[serde(rename = "type")]
    kind: EventKind,
    #[serde(borrow)]
    f: Cow<'a, str>,
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
    #[serde(borrow, default)]
    ret: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<Text<'a>>,
    #[serde(default)]
    extra: IgnoredAny,
}

/// Reads an event: quickly where the line is in canonical form, else by the reference.
fn read_line<'a>(line: &Line<'a>) -> Result<RawEvent<'a>, Wrong> {
    let text = text_of(line)?;
    canonical::read(text, line.number).map_or_else(|| read_any(line, text), Ok)
}

/// The reference: what every event line means, and what is wrong with one that is none.
fn read_any<'a>(line: &Line<'a>, text: &'a str) -> Result<RawEvent<'a>, Wrong> {
    let read: EventLine<'_> = parse(line, text)?;
    let EventLine { index, time, process, kind, f, value, ret, error, extra: IgnoredAny } = read;
    for value in [value, ret].into_iter().flatten() {
        if is_deeper(value.get(), NESTING_MAX) {
            return Err(Wrong::Is(format!("nested deeper than {NESTING_MAX}")));
        }
    }
    Ok(RawEvent {
        line: line.number,
        index,
        time_ns: time,
        who: process,
        kind,
        f,
        value: Cow::Borrowed(value.map_or("null", RawValue::get)),
        ret: ret.map(|ret| Cow::Borrowed(ret.get())),
        error: error.map(|Text(error)| error),
    })
}

/// The header if the line is one: any object with the key `testimony`.
fn read_header(line: &Line<'_>) -> Option<Result<Header, Problem>> {
    #[derive(Deserialize)]
    struct Probe<'a> {
        #[serde(borrow, default)]
        testimony: Option<&'a RawValue>,
    }
    let text = text_of(line).ok()?;
    let found = serde_json::from_str::<Probe<'_>>(text).ok()?.testimony?;
    let problem = |what: String| Problem { line: line.number, what };
    match found.get().parse::<u32>() {
        Ok(Header::VERSION) => {}
        Ok(version) if version > Header::VERSION => {
            return Some(Err(problem(format!(
                "format version {version} is newer than {}, the newest that this build reads",
                Header::VERSION
            ))));
        }
        _ => {
            return Some(Err(problem(format!(
                "format version {found}: expected {}",
                Header::VERSION
            ))));
        }
    }
    let header = serde_json::from_str::<Header>(text);
    Some(header.map_err(|error| problem(format!("header: {}", said(&error)))))
}

/// The text of a line, if it may be read at all.
fn text_of<'a>(line: &Line<'a>) -> Result<&'a str, Wrong> {
    if line.len > LINE_BYTES_MAX {
        return Err(Wrong::Is(format!("{} bytes long: at most {LINE_BYTES_MAX}", line.len)));
    }
    match std::str::from_utf8(line.bytes) {
        Ok(text) => Ok(text),
        Err(error) if !line.ended && error.error_len().is_none() => Err(Wrong::Cut),
        Err(error) => Err(Wrong::Is(format!("not UTF-8 at byte {}", error.valid_up_to() + 1))),
    }
}

fn parse<'a, T: Deserialize<'a>>(line: &Line<'a>, text: &'a str) -> Result<T, Wrong> {
    serde_json::from_str(text).map_err(|error| {
        if !line.ended && is_cut(text) {
            Wrong::Cut
        } else if text.starts_with('\u{feff}') {
            Wrong::Is("begins with a byte order mark: expected plain UTF-8".to_owned())
        } else if line.bytes.contains(&0) {
            Wrong::Is("contains a NUL byte".to_owned())
        } else if text.contains("\"testimony\"") && error.is_data() {
            Wrong::Is("a second header: a file holds one history".to_owned())
        } else {
            Wrong::Is(said(&error))
        }
    })
}

/// Whether the text ends in the middle of its JSON.
fn is_cut(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_err_and(|error| error.is_eof())
}

/// What serde_json says, with the column but without its line (which is always 1).
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, _)) if error.column() > 0 => format!("{what} (column {})", error.column()),
        Some((what, _)) => what.to_owned(),
        None => text,
    }
}

/// Whether brackets outside strings are nested deeper than `max`.
fn is_deeper(json: &str, max: usize) -> bool {
    // Each level takes two bytes.
    if json.len() <= 2 * max {
        return false;
    }
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'[' | b'{' => {
                depth += 1;
                if depth > max {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

impl<'de: 'a, 'a> Deserialize<'de> for Who<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl<'de> Visitor<'de> for Name {
            type Value = Who<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a process: an integer from 0 to {}, \"nemesis\" or a node", u32::MAX)
            }

            fn visit_u64<E: serde::de::Error>(self, id: u64) -> Result<Who<'de>, E> {
                let unexpected = serde::de::Unexpected::Unsigned(id);
                let id = u32::try_from(id);
                id.map(|id| Who::Client(Process(id)))
                    .map_err(|_| E::invalid_value(unexpected, &self))
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Who<'de>, E> {
                Ok(if name == "nemesis" { Who::Nemesis } else { Who::Node(Cow::Borrowed(name)) })
            }

            fn visit_str<E>(self, name: &str) -> Result<Who<'de>, E> {
                Ok(match name {
                    "nemesis" => Who::Nemesis,
                    _ => Who::Node(Cow::Owned(name.to_owned())),
                })
            }
        }
        deserializer.deserialize_any(Name)
    }
}

impl<'de> Deserialize<'de> for EventKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = EventKind;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a type")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<EventKind, E> {
                EventKind::named(name).ok_or_else(|| {
                    E::unknown_variant(name, &["invoke", "ok", "fail", "info", "observe"])
                })
            }
        }
        deserializer.deserialize_str(Name)
    }
}

#[cfg(test)]
mod tests;
