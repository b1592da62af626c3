//! Collects what the nemesis did: our own events exactly, other people's as well as can be.

use crate::json::Fields;
use crate::{FaultEvent, Rank, RawEvent};
use std::collections::BTreeMap;

/// Labels of foreign events are cut here, in characters.
const LABEL_CHARS_MAX: usize = 120;

/// The fault log of a history while it is read.
#[derive(Debug, Default)]
pub(crate) struct FaultLog {
    events: Vec<FaultEvent>,
    /// Jepsen's nemesis writes each operation twice, as invocation and as completion, both `info`:
    /// those that await their second line, by name, with their place in `events`.
    awaiting: BTreeMap<String, usize>,
    /// The open faults of foreign histories by their kind (`partition` of `start-partition`).
    open: BTreeMap<String, u32>,
    next: u32,
}

impl FaultLog {
    /// Takes an event of the nemesis. Never fails: what has not our form becomes a label.
    pub(crate) fn push(&mut self, event: &RawEvent<'_>, rank: Rank) {
        match ours(event, rank) {
            Some(fault) => {
                self.next = self.next.max(fault.fault.saturating_add(1));
                self.events.push(fault);
            }
            None => self.push_foreign(event, rank),
        }
    }

    pub(crate) fn into_events(self) -> Vec<FaultEvent> {
        self.events
    }

    fn push_foreign(&mut self, event: &RawEvent<'_>, rank: Rank) {
        let label = label_of(event);
        if let Some(at) = self.awaiting.remove(&*event.f) {
            // The second line tells what was really done.
            if let (Some(first), false) = (self.events.get_mut(at), event.value == "null") {
                first.label = label;
            }
            return;
        }
        self.awaiting.insert(event.f.clone().into_owned(), self.events.len());
        let (kind, begins) = match kind_of(&event.f) {
            // Nemeses of databases start what they killed; those of partitions start a partition.
            ("", true) if self.open.contains_key("kill") => ("kill", false),
            kind => kind,
        };
        let fault = if begins { None } else { self.open.remove(kind) };
        let fault = fault.unwrap_or_else(|| {
            self.next = self.next.saturating_add(1);
            self.next - 1
        });
        if begins {
            self.open.insert(kind.to_owned(), fault);
        }
        self.events.push(FaultEvent {
            fault,
            begins,
            name: event.f.clone().into_owned(),
            detail: "{}".to_owned(),
            label,
            rank,
            time_ns: event.time_ns,
        });
    }
}

/// The event in our own form: `{"fault":1,"begins":true,"label":"n1 | n2","pairs":[..]}`.
fn ours(event: &RawEvent<'_>, rank: Rank) -> Option<FaultEvent> {
    if !event.value.starts_with('{') {
        return None;
    }
    let Fields(fields) = serde_json::from_str(&event.value).ok()?;
    let (mut fault, mut begins, mut label, mut detail) = (None, None, String::new(), String::new());
    for (key, value) in fields {
        match &*key {
            "fault" => fault = Some(value.get().parse::<u32>().ok()?),
            "begins" => begins = Some(value.get().parse::<bool>().ok()?),
            "label" => label = serde_json::from_str(value.get()).ok()?,
            _ => {
                detail.push(if detail.is_empty() { '{' } else { ',' });
                crate::json::write_text(&mut detail, &key);
                detail.push(':');
                detail.push_str(value.get());
            }
        }
    }
    detail.push_str(if detail.is_empty() { "{}" } else { "}" });
    let name = event.f.clone().into_owned();
    let time_ns = event.time_ns;
    Some(FaultEvent { fault: fault?, begins: begins?, name, detail, label, rank, time_ns })
}

/// The kind of fault that a foreign name speaks of, and whether it begins.
fn kind_of(f: &str) -> (&str, bool) {
    const BEGINS: [&str; 4] = ["start-", "kill-", "pause-", "begin-"];
    const ENDS: [&str; 6] = ["stop-", "heal-", "resume-", "end-", "restart-", "recover-"];
    if let Some(kind) = ENDS.iter().find_map(|prefix| f.strip_prefix(prefix)) {
        return (kind, false);
    }
    if let Some(kind) = BEGINS.iter().find_map(|prefix| f.strip_prefix(prefix)) {
        return (kind, true);
    }
    match f {
        "start" => ("", true),
        "stop" | "heal" | "recover" => ("", false),
        "resume" => ("pause", false),
        "restart" => ("kill", false),
        _ => (f, true),
    }
}

fn label_of(event: &RawEvent<'_>) -> String {
    let whole = match &*event.value {
        "null" => event.f.clone().into_owned(),
        value => format!("{} {value}", event.f),
    };
    match whole.char_indices().nth(LABEL_CHARS_MAX) {
        Some((cut, _)) => format!("{} ..", &whole[..cut]),
        None => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventKind, Who};
    use std::borrow::Cow;

    fn event<'a>(f: &'a str, value: &'a str) -> RawEvent<'a> {
        RawEvent {
            line: 1,
            index: None,
            time_ns: 5,
            who: Who::Nemesis,
            kind: EventKind::Info,
            f: Cow::Borrowed(f),
            value: Cow::Borrowed(value),
            ret: None,
            error: None,
        }
    }

    fn log(events: &[(&str, &str)]) -> Vec<(u32, bool, String)> {
        let mut log = FaultLog::default();
        for (f, value) in events {
            log.push(&event(f, value), Rank(0));
        }
        log.into_events().into_iter().map(|e| (e.fault, e.begins, e.label)).collect()
    }

    #[test]
    fn our_own_form_keeps_what_it_does_not_know_as_detail() {
        let mut log = FaultLog::default();
        let value = r#"{"fault":3,"begins":true,"label":"n1 | n2","pairs":[["n1","n2"]],"x":1}"#;
        log.push(&event("cut", value), Rank(7));
        let events = log.into_events();
        assert_eq!(events[0].fault, 3);
        assert!(events[0].begins);
        assert_eq!(events[0].label, "n1 | n2");
        assert_eq!(events[0].detail, r#"{"pairs":[["n1","n2"]],"x":1}"#);
        assert_eq!((events[0].rank, events[0].time_ns), (Rank(7), 5));
    }

    #[test]
    fn a_jepsen_nemesis_begins_and_ends_with_two_lines_each() {
        let faults = log(&[
            ("start-partition", "\"majority\""),
            ("start-partition", "[\"isolated\",{}]"),
            ("stop-partition", "null"),
            ("stop-partition", "\"network-healed\""),
            ("start-partition", "null"),
            ("start-partition", "null"),
        ]);
        assert_eq!(
            faults,
            [
                (0, true, "start-partition [\"isolated\",{}]".to_owned()),
                (0, false, "stop-partition \"network-healed\"".to_owned()),
                (1, true, "start-partition".to_owned()),
            ]
        );
    }

    #[test]
    fn nemeses_may_overlap_and_start_what_they_killed() {
        let faults = log(&[
            ("kill", "[\"n1\"]"),
            ("start-partition", "null"),
            ("kill", "{\"n1\":\"\"}"),
            ("start-partition", "\"cut\""),
            ("start", "null"),
            ("start", "null"),
            ("start", "null"),
        ]);
        let shown: Vec<_> =
            faults.iter().map(|(f, begins, label)| (*f, *begins, &**label)).collect();
        let expected = [
            (0, true, "kill {\"n1\":\"\"}"),
            (1, true, "start-partition \"cut\""),
            (0, false, "start"),
            (2, true, "start"),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_is_nearly_our_form_becomes_a_label() {
        let faults = log(&[("cut", r#"{"fault":-1,"begins":true}"#), ("x", "[1]")]);
        assert_eq!(faults[0].2, r#"cut {"fault":-1,"begins":true}"#);
        assert_eq!(faults.len(), 2);
    }

    #[test]
    fn long_labels_are_cut_between_characters() {
        let long = format!("\"{}\"", "é".repeat(500));
        assert_eq!(log(&[("x", &long)])[0].2.chars().count(), LABEL_CHARS_MAX + 3);
    }
}
