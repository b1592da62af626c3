//! Faults as bands under the lanes: what was broken while the operations ran.

use crate::axis::Axis;
use crate::safe::{clean, fit, width};
use crate::units::Unit;
use std::collections::BTreeMap;
use testimony_history::FaultEvent;

/// Bands drawn at most; further faults are counted.
const BANDS_MAX: usize = 4;

/// Columns of a fault's label.
const LABEL_COLUMNS_MAX: usize = 60;

/// One fault from its begin to its end.
struct Interval<'a> {
    begin: &'a FaultEvent,
    end: Option<&'a FaultEvent>,
}

/// Pairs begins with ends by fault id, in the order of the begins.
fn intervals(faults: &[FaultEvent]) -> Vec<Interval<'_>> {
    let mut all: Vec<Interval<'_>> = Vec::new();
    let mut open: BTreeMap<u32, usize> = BTreeMap::new();
    for event in faults {
        if event.begins {
            open.insert(event.fault, all.len());
            all.push(Interval { begin: event, end: None });
        } else if let Some(at) = open.remove(&event.fault) {
            all[at].end = Some(event);
        }
    }
    all
}

/// In words what a kind of fault is, and the lane on which it is drawn.
fn words(name: &str) -> (&str, &'static str) {
    match name {
        "cut" | "partition" => ("partition", "net"),
        "lose" | "loss" => ("messages lost", "net"),
        "slow" | "delay" => ("messages slow", "net"),
        "hot-key" | "burst" | "quiet-window" => (name, "ops"),
        "crash" | "restart" | "pause" | "power-loss" | "amnesia" | "stop" | "rolling"
        | "correlated" | "slow-cpu" | "join" | "leave" => (name, "node"),
        "clock" | "skew" | "jump" | "drift" | "strobe" | "frozen" => (name, "clock"),
        "disk" | "torn" | "stall" | "lying-sync" | "disk-error" | "disk-full" | "slow-disk"
        | "bit-rot" | "misdirect" => (name, "disk"),
        other => (other, "net"),
    }
}

fn times(interval: &Interval<'_>) -> String {
    let from = interval.begin.time_ns;
    let until = interval.end.map_or(from, |end| end.time_ns);
    // Faults last long; microseconds matter only where everything is that short.
    let unit = Unit::for_span(until.saturating_sub(from).max(5_000_000));
    match interval.end {
        Some(_) => format!("{} .. {} {}", unit.number(from), unit.number(until), unit.sign()),
        None => format!("from {} {} on", unit.number(from), unit.sign()),
    }
}

/// The lines of the faults that overlap the drawing: lane name and band.
///
/// Without any, one line says so and names the last fault before.
pub(crate) fn lines(axis: &Axis, faults: &[FaultEvent], columns: usize) -> Vec<(String, String)> {
    let Some((first, last)) = axis.window() else { return Vec::new() };
    let all = intervals(faults);
    let (near, far): (Vec<_>, Vec<_>) = all.into_iter().partition(|interval| {
        interval.begin.rank.0 <= last && interval.end.is_none_or(|end| end.rank.0 >= first)
    });
    if near.is_empty() {
        let before = far.into_iter().rfind(|interval| interval.begin.rank.0 < first);
        return before.map_or_else(Vec::new, |interval| {
            let (_, lane) = words(&interval.begin.name);
            let text = format!("no fault here; the last before: {}", sentence(&interval));
            vec![(lane.to_owned(), fit(&text, columns))]
        });
    }
    let mut lines: Vec<(String, String)> = Vec::new();
    for interval in near.iter().take(BANDS_MAX) {
        let (word, lane) = words(&interval.begin.name);
        lines.push((lane.to_owned(), band(axis, interval, word, columns)));
    }
    if near.len() > BANDS_MAX {
        lines.push((String::new(), format!("... and {} more faults", near.len() - BANDS_MAX)));
    }
    lines
}

/// Columns of the longest name of these lines: with less room their bands would stand too far to the
/// right.
pub(crate) fn name_columns(axis: &Axis, faults: &[FaultEvent], columns: usize) -> usize {
    lines(axis, faults, columns).iter().map(|(name, _)| width(name)).max().unwrap_or(0)
}

/// Times first: whatever is cut at the end, they stay.
fn sentence(interval: &Interval<'_>) -> String {
    let (word, _) = words(&interval.begin.name);
    let label = fit(&interval.begin.label, LABEL_COLUMNS_MAX);
    match interval.begin.name.as_str() {
        // These say themselves what they are: `n2 down`, `10 % lost between n1 n2`.
        "crash" | "lose" | "slow" | "hot-key" | "burst" | "quiet-window" | "join" | "leave"
            if !label.is_empty() =>
        {
            format!("{}: {label}", times(interval))
        }
        _ => format!("{}: {} {label}", times(interval), clean(word)),
    }
}

fn band(axis: &Axis, interval: &Interval<'_>, word: &str, columns: usize) -> String {
    let begin = axis.column_of(interval.begin.rank.0, interval.begin.time_ns);
    let end = interval
        .end
        .map_or(axis.end, |event| axis.column_of(event.rank.0, event.time_ns))
        .max(begin);
    let length = end - begin + 1;
    let label = fit(&interval.begin.label, LABEL_COLUMNS_MAX);
    let inside = width(&label) + 6 <= length && !label.is_empty();
    let mut line = " ".repeat(begin);
    if inside {
        let rest = length - width(&label) - 2;
        line.push_str(&"▒".repeat(rest / 2));
        line.push_str(&format!(" {label} "));
        line.push_str(&"▒".repeat(rest - rest / 2));
    } else {
        line.push_str(&"▒".repeat(length));
    }
    if inside {
        line.push_str(&" ".repeat(axis.end - end + 2));
        line.push_str(&format!("({} {})", clean(word), times(interval)));
    } else {
        line.push_str(&format!("  ({})", sentence(interval)));
    }
    fit(&line, columns)
}
