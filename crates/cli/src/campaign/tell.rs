//! What is told about a campaign: a line and some notes for people, one object for programs.

use super::cover;
use super::file::Header;
use super::found::{Fast, Found, Rules, Shown, System};
use super::notes::Notes;
use crate::exit::Exit;
use crate::judging::vouched;
use crate::runs;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use testimony::report::safe::{clean, pad, width};
use testimony::report::units;
use testimony::sim::{Coverage, Family};

/// What stands before the notes on a system.
const INDENT: &str = "        ";

/// Failing seeds that are named, the fastest first.
const FASTEST_SHOWN_MAX: usize = 5;

/// The conclusions about one system, for programs. Its fields are documented in `docs/campaigns.md`.
#[derive(Serialize, Debug)]
pub(crate) struct Summary {
    system: String,
    word: &'static str,
    exit: u8,
    judged: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    breaks: Option<Vec<String>>,
    seeds: u64,
    operations: u64,
    failed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lowest: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fastest: Vec<Fast>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caught: Option<Shown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<Shown>,
    #[serde(skip_serializing_if = "Notes::is_empty")]
    unknown: Notes,
    #[serde(skip_serializing_if = "is_zero")]
    engine_only: u64,
    #[serde(skip_serializing_if = "Notes::is_empty")]
    not_deterministic: Notes,
    #[serde(skip_serializing_if = "Notes::is_empty")]
    findings: Notes,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    weak: Vec<String>,
    /// By family of faults: the phases in which none of it ever struck.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    never_struck: BTreeMap<Family, Vec<String>>,
    /// The conditions of `sometimes` that were never true.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    never_hit: Vec<String>,
    coverage: Coverage,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Summary {
    pub(crate) fn of(system: &System, found: &Found, rules: Rules) -> Summary {
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        let never = found.coverage.never_struck().into_iter();
        Summary {
            never_struck: never.map(|(family, phases)| (family, owned(phases))).collect(),
            never_hit: owned(found.coverage.never_hit()),
            system: system.system.clone(),
            word: verdict(system, found, rules).0,
            exit: found.exit().code(),
            judged: system.judged.clone(),
            breaks: system.breaks.clone(),
            seeds: found.seeds,
            operations: found.operations,
            failed: found.failed,
            lowest: found.lowest.as_ref().map(|lowest| lowest.seed),
            fastest: found.fastest.iter().cloned().collect(),
            caught: found.caught.clone(),
            other: found.other.clone(),
            unknown: found.unknown.clone(),
            engine_only: found.engine_only,
            not_deterministic: found.unstable.clone(),
            findings: found.findings.clone(),
            weak: found.weak.clone(),
            coverage: found.coverage.clone(),
        }
    }
}

/// How a campaign ended.
#[derive(Clone, Serialize, Debug, Default)]
pub(crate) struct End {
    pub(crate) systems: usize,
    pub(crate) as_expected: usize,
    pub(crate) exit: u8,
}

/// The last line of all.
pub(crate) fn as_expected(histories: (usize, usize), systems: (usize, usize)) -> String {
    let ((histories, of), (systems, all)) = (histories, systems);
    format!("as expected: {histories} of {of} histories, {systems} of {all} systems")
}

/// The columns of names.
pub(crate) fn columns(systems: &[System]) -> usize {
    systems.iter().map(|system| width(&clean(&system.system))).max().unwrap_or(0).max(6)
}

/// What people are told about a system: each text is a line or several.
pub(crate) fn lines(
    header: &Header,
    system: &System,
    found: &Found,
    base: &Path,
    coverage: bool,
) -> Vec<String> {
    let rules = Rules { fail_fast: header.fail_fast, whole: header.shard.is_none() };
    let (word, mut rest) = verdict(system, found, rules);
    if header.verify_determinism && found.unstable.is_empty() {
        rest.push_str("  (each seed twice: the same bytes)");
    }
    rest.push_str(&vouched(usize::try_from(found.engine_only).unwrap_or(usize::MAX)));
    let name = pad(&clean(&system.system), columns(&header.systems));
    let mut lines = vec![format!("{word:<7} {name}  {rest}")];
    lines.extend(found.weak.iter().map(|weak| format!("{INDENT}{weak}")));
    if system.breaks.is_none() && rules.whole {
        lines.extend(cover::never(found).iter().map(|line| format!("{INDENT}{line}")));
    }
    if coverage {
        lines.extend(cover::table(&found.coverage).iter().map(|line| format!("{INDENT}{line}")));
    }
    lines.extend(notes("not deterministic", &found.unstable));
    lines.extend(notes("unknown", &found.unknown));
    lines.extend(notes("finding", &found.findings));
    lines.extend(fastest(found));
    lines.extend(report(system, found, base));
    lines
}

fn notes(what: &str, notes: &Notes) -> Vec<String> {
    let one = |note: &super::notes::Note| {
        let text: Vec<String> = note.note.lines().map(clean).collect();
        format!("{INDENT}{what}, seed {}: {}", note.seed, text.join(&format!("\n{INDENT}")))
    };
    let mut lines: Vec<String> = notes.first.iter().map(one).collect();
    if notes.more() > 0 {
        lines.push(format!("{INDENT}{what}: {} more", notes.more()));
    }
    lines
}

/// Where several seeds failed: those that failed fastest, because they are the easiest to read.
fn fastest(found: &Found) -> Option<String> {
    if found.failed < 2 {
        return None;
    }
    let one = |fast: &Fast| format!("{} ({} events, {} ms)", fast.seed, fast.events, fast.ms);
    let seeds: Vec<_> = found.fastest.iter().take(FASTEST_SHOWN_MAX).map(one).collect();
    Some(format!("{INDENT}failed fastest: seeds {}", seeds.join(", ")))
}

/// The report of the lowest failing seed with its place.
fn report(system: &System, found: &Found, base: &Path) -> Option<String> {
    let lowest = found.lowest.as_ref()?;
    let report: Vec<String> = lowest.report.trim_end().lines().map(clean).collect();
    let mut report = format!("\n{}", report.join("\n"));
    let more = lowest.anomalies.saturating_sub(1);
    if more > 0 {
        let more = units::counted(more, "more anomaly").replace("anomalys", "anomalies");
        let id = runs::id(&clean(&system.system), lowest.seed);
        report.push_str(&format!("\n  ({more}: cargo xtask show {id})"));
    }
    if let Some(dir) = &lowest.dir {
        report.push_str(&format!("\n  files: {}", clean(&runs::shown(&base.join(dir)))));
    }
    report.push('\n');
    Some(report)
}

/// One word, and what stands behind the name of the system.
fn verdict(system: &System, found: &Found, rules: Rules) -> (&'static str, String) {
    match &system.breaks {
        Some(_) => hidden_or_caught(system, found, rules),
        None => ok_or_not(system, found),
    }
}

fn counted(count: u64, what: &str) -> String {
    units::counted(usize::try_from(count).unwrap_or(usize::MAX), what)
}

fn named(properties: &[String]) -> String {
    clean(&properties.join(", "))
}

fn ok_or_not(system: &System, found: &Found) -> (&'static str, String) {
    let properties = match &found.lowest {
        None => named(&system.judged),
        Some(lowest) => {
            let what = if lowest.broken.is_empty() {
                "the code under test failed".to_owned()
            } else {
                format!("{} broken", named(&lowest.broken))
            };
            let seeds = counted(found.failed, "seed");
            format!("{what} under {seeds}, the lowest is {}", lowest.seed)
        }
    };
    let word = match found.exit() {
        Exit::Valid => "ok",
        Exit::Unknown => "unknown",
        _ => "FAIL",
    };
    let (seeds, operations) = (counted(found.seeds, "seed"), counted(found.operations, "op"));
    (word, format!("{seeds:>9}  {operations:>12}  {properties}"))
}

fn hidden_or_caught(system: &System, found: &Found, rules: Rules) -> (&'static str, String) {
    let seeds = counted(found.seeds, "seed");
    match (&found.caught, &found.other) {
        (Some(Shown { seed, kind }), _) => ("caught", format!("{}  seed {seed}", clean(kind))),
        (None, Some(Shown { seed, kind })) if rules.whole => (
            "hidden",
            format!("none of its promised anomalies; seed {seed} showed {}", clean(kind)),
        ),
        (None, _) if !rules.whole => {
            ("open", format!("{seeds} of this shard showed nothing; another may"))
        }
        (None, _) if found.exit() == Exit::Valid => {
            ("quiet", format!("shows nothing when judged by {} alone", named(&system.judged)))
        }
        (None, _) => ("hidden", format!("it is broken on purpose, but {seeds} showed nothing")),
    }
}
