//! Writes native histories in canonical form: fixed order of keys, no spaces, one whole line a call.
//!
//! Lines are appended to a `String`, so that a recorder can hand each of them to a file in one
//! write: a run that is killed leaves whole lines and at most one cut one.

use crate::json::write_text;
use crate::{FaultEvent, Header, Observation, Rank, RawEvent, Who};
use std::fmt::Write as _;

/// Appends the header line.
pub fn write_header(out: &mut String, header: &Header) {
    if let Ok(line) = serde_json::to_string(header) {
        out.push_str(&line);
        out.push('\n');
    }
}

/// Appends an event line. What [`crate::native::Reader`] reads is the same event.
///
/// `value` and `ret` must be JSON texts in one line, as models write them.
///
/// ```
/// use std::borrow::Cow;
/// use testimony_history::{EventKind, Process, RawEvent, Who, native};
///
/// let event = RawEvent {
///     line: 0,
///     index: Some(3),
///     time_ns: 1_000_000,
///     who: Who::Client(Process(0)),
///     kind: EventKind::Info,
///     f: Cow::Borrowed("write"),
///     value: Cow::Borrowed("[\"x\",1]"),
///     ret: None,
///     error: Some(Cow::Borrowed("timeout")),
/// };
/// let mut line = String::new();
/// native::write_event(&mut line, &event);
/// assert_eq!(
///     line,
///     "{\"index\":3,\"time\":1000000,\"process\":0,\"type\":\"info\",\"f\":\"write\",\
///      \"value\":[\"x\",1],\"error\":\"timeout\"}\n"
/// );
/// ```
pub fn write_event(out: &mut String, event: &RawEvent<'_>) {
    out.push('{');
    if let Some(index) = event.index {
        push_number(out, "\"index\":", u64::from(index));
        out.push(',');
    }
    push_number(out, "\"time\":", event.time_ns);
    match &event.who {
        Who::Client(process) => push_number(out, ",\"process\":", u64::from(process.0)),
        Who::Nemesis => out.push_str(",\"process\":\"nemesis\""),
        Who::Node(name) => {
            out.push_str(",\"process\":");
            write_text(out, name);
        }
    }
    out.push_str(",\"type\":\"");
    out.push_str(event.kind.name());
    out.push_str("\",\"f\":");
    write_text(out, &event.f);
    out.push_str(",\"value\":");
    out.push_str(&event.value);
    if let Some(ret) = &event.ret {
        out.push_str(",\"ret\":");
        out.push_str(ret);
    }
    if let Some(error) = &event.error {
        out.push_str(",\"error\":");
        write_text(out, error);
    }
    out.push_str("}\n");
}

/// Appends the begin or the end of a fault. Its `detail` must be a JSON object.
pub fn write_fault(out: &mut String, fault: &FaultEvent) {
    let mut value = String::new();
    push_number(&mut value, "{\"fault\":", u64::from(fault.fault));
    value.push_str(if fault.begins { ",\"begins\":true" } else { ",\"begins\":false" });
    value.push_str(",\"label\":");
    write_text(&mut value, &fault.label);
    let detail = fault.detail.trim();
    let inside = detail.strip_prefix('{').and_then(|detail| detail.strip_suffix('}'));
    if let Some(inside) = inside.map(str::trim).filter(|inside| !inside.is_empty()) {
        value.push(',');
        value.push_str(inside);
    }
    value.push('}');
    nemesis(out, fault.rank, fault.time_ns, &fault.name, &value);
}

/// Appends the line that says that no fault is active from here on.
pub fn write_quiet(out: &mut String, rank: Rank, time_ns: u64) {
    nemesis(out, rank, time_ns, RawEvent::QUIET, "null");
}

/// Appends a fact that a node told.
pub fn write_observation(out: &mut String, observation: &Observation) {
    let Observation { rank, time_ns, node, name, value } = observation;
    let who = Who::Node(node.as_str().into());
    write_event(out, &beside(*rank, *time_ns, who, crate::EventKind::Observe, name, value));
}

fn nemesis(out: &mut String, rank: Rank, time_ns: u64, f: &str, value: &str) {
    write_event(out, &beside(rank, time_ns, Who::Nemesis, crate::EventKind::Info, f, value));
}

fn beside<'a>(
    rank: Rank,
    time_ns: u64,
    who: Who<'a>,
    kind: crate::EventKind,
    f: &'a str,
    value: &'a str,
) -> RawEvent<'a> {
    RawEvent {
        line: 0,
        index: Some(rank.0),
        time_ns,
        who,
        kind,
        f: f.into(),
        value: value.into(),
        ret: None,
        error: None,
    }
}

fn push_number(out: &mut String, before: &str, number: u64) {
    out.push_str(before);
    // Writing into a `String` cannot fail.
    let _ = write!(out, "{number}");
}
