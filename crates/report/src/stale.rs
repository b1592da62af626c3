//! How stale reads were, in a sentence.

use crate::safe::clean;
use crate::units::counted;
use testimony_verdict::{Anomaly, Bound, Property, StaleTime, Staleness};

/// What is known about the key of an anomaly of linearizability, or of a level below it that broke, too.
pub(crate) fn note(anomaly: &Anomaly, staleness: &[Staleness]) -> Option<String> {
    if !matches!(anomaly.property, Property::Level(_)) {
        return None;
    }
    let found = staleness.iter().find(|one| one.key == anomaly.key)?;
    let of = found.key.as_ref().map(|key| format!(" of {}", clean(key))).unwrap_or_default();
    let time = found.time.as_ref().map(in_time);
    let versions = found.versions.as_ref().map(|worst| {
        let up_to = if time.is_some() { "" } else { "up to " };
        format!("{up_to}{} ({})", counted(worst.versions, "version"), worst.read)
    });
    let parts: Vec<String> = [time, versions].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("reads{of} were {} behind", parts.join(" and ")))
}

fn in_time(time: &StaleTime) -> String {
    let bound = match time.bound {
        Bound::Exact => "up to",
        Bound::AtLeast => "at least",
        Bound::AtMost => "at most",
    };
    let worst = match (time.read, time.missed) {
        (Some(read), Some(missed)) => format!(" ({read} began so long after {missed} ended)"),
        _ => String::new(),
    };
    format!("{bound} {}{worst}", span(time.ns))
}

/// A span of time in the largest unit that leaves a number above one, with three digits at most
/// behind the point.
fn span(ns: u64) -> String {
    let (unit, name) = match ns {
        0..1_000 => return format!("{ns} ns"),
        1_000..1_000_000 => (1_000, "us"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    let (whole, rest) = (ns / unit, ns % unit * 1_000 / unit);
    let number = format!("{whole}.{rest:03}");
    format!("{} {name}", number.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn spans_have_the_unit_that_fits() {
        for (ns, text) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_500, "1.5 us"),
            (11_000_000, "11 ms"),
            (1_234_567_890, "1.234 s"),
        ] {
            assert_eq!(span(ns), text);
        }
    }
}
